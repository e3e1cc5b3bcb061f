"""Looks for a secret wherever it might have leaked on lab hosts: files, command lines, environments, in any encoding of it.

Knows hosts. It must not know what ran on them.
"""

from __future__ import annotations

import base64
import re

from tests.lab import Host

SAMPLES = "/run/samples"

_SAMPLE = """
: >"$2.ready"
while [ -e "$2.ready" ]; do
  for p in /proc/[0-9]*; do
    [ "$p" != /proc/$$ ] || continue
    { tr '\\0' ' ' <$p/cmdline; tr '\\0' ' ' <$p/environ; } 2>/dev/null | grep -E -- "$1" >>"$2"
  done
done
: >"$2.over"
"""


def forms(secret: str) -> list[str]:
    """The secret as it is, and the part of its base64 that stays the same wherever it lies in what was encoded."""
    found = [secret]
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + secret.encode()).decode()
        found.append(encoded[-(-offset * 8 // 6) : (offset + len(secret)) * 8 // 6])
    return found


def pattern(secret: str) -> str:
    """A regular expression that does not match itself, for those who look through command lines."""
    return "|".join(f"[{form[0]}]{re.escape(form[1:])}" for form in forms(secret))


def files_with(host: Host, secret: str, *allowed: str) -> list[str]:
    """Files which this host has and the outer machine has not, and which hold the secret."""
    paths = [path for path in host.changed_files() if path not in allowed]
    found = host.exec(
        ["sh", "-c", 'xargs -0 grep -lsaE -d skip -D skip -e "$1"', "sh", pattern(secret)],
        stdin="\0".join(paths),
        check=False,
    )
    return found.stdout.splitlines()


class Watched:
    """While this lasts, every process of these hosts is looked at, again and again."""

    def __init__(self, hosts: list[Host], secret: str) -> None:
        self._hosts = hosts
        self._loops = [
            host.popen(["bash", "-c", _SAMPLE, "bash", pattern(secret), SAMPLES]) for host in hosts
        ]

    def __enter__(self) -> Watched:
        for host in self._hosts:
            host.exec(f"until [ -e {SAMPLES}.ready ]; do :; done")
        return self

    def __exit__(self, *_: object) -> None:
        for host, loop in zip(self._hosts, self._loops, strict=True):
            host.exec(["rm", "-f", f"{SAMPLES}.ready"])
            loop.wait(60)

    def seen(self) -> list[str]:
        texts = (host.exec(["cat", SAMPLES], check=False).stdout for host in self._hosts)
        return [text for text in texts if text]
