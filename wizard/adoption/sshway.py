"""How the master's own ssh reaches the other nodes: what env.ssh.opts and its ~/.ssh/config say of a name.

Knows as much of both as names a port, a user, a key or an address. It must not connect to anything.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from validators.values import ValueProblem, parse_port


@dataclass(frozen=True, slots=True)
class SshWay:
    """What is said of one name; None where nothing is. `key` is a path on the master."""

    port: int | None = None
    user: str | None = None
    key: str | None = None
    address: str | None = None

    def over(self, other: SshWay) -> SshWay:
        """These words first, the other's where these are silent."""
        return SshWay(
            self.port or other.port,
            self.user or other.user,
            self.key or other.key,
            self.address or other.address,
        )


def way_to(name: str, options: str, config: str) -> SshWay:
    """Options win over the configuration, as on ssh's command line."""
    return from_options(options).over(from_config(config, name))


def from_options(text: str) -> SshWay:
    """The words of env.ssh.opts, such as `-p 2222 -i ~/.ssh/cluster -o User=flink`."""
    way = SshWay()
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    rest = iter(words)
    for word in rest:
        flag, value = word[:2], word[2:]
        if flag not in {"-p", "-l", "-i", "-o"}:
            continue
        value = value or next(rest, "")
        if flag == "-o":
            key, _, value = re.sub(r"\s*=\s*|\s+", "=", value.strip(), count=1).partition("=")
            way = way.over(_said(key, value))
        else:
            way = way.over(_said({"-p": "port", "-l": "user", "-i": "identityfile"}[flag], value))
    return way


def from_config(text: str, name: str) -> SshWay:
    """The first value of each key whose Host block fits the name. Match blocks and includes are passed over."""
    way, fits = SshWay(), True
    for key, value in _entries(text):
        if key == "host":
            fits = _fits(value, name)
        elif key == "match":
            fits = value.strip().lower() == "all"
        elif fits:
            way = way.over(_said(key, value))
    if way.address is not None:
        way = replace(way, address=way.address.replace("%h", name))
    return way


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        bare = line.strip()
        if bare and not bare.startswith("#"):
            key, _, value = re.sub(r"\s*=\s*|\s+", "=", bare, count=1).partition("=")
            yield key.lower(), value.strip().strip('"')


def _fits(patterns: str, name: str) -> bool:
    words = patterns.replace('"', " ").split()
    if any(word.startswith("!") and fnmatch.fnmatchcase(name, word[1:]) for word in words):
        return False
    return any(not word.startswith("!") and fnmatch.fnmatchcase(name, word) for word in words)


def _said(key: str, value: str) -> SshWay:
    match key.lower():
        case "port":
            try:
                return SshWay(port=parse_port(value))
            except ValueProblem:
                return SshWay()
        case "user":
            return SshWay(user=value or None)
        case "identityfile":
            return SshWay(key=value or None)
        case "hostname":
            return SshWay(address=value or None)
        case _:
            return SshWay()
