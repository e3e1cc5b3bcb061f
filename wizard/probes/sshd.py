"""sshd's settings for one account, from `sshd -T` where it answers (root) or from the configuration files.

Knows the grammar of sshd_config: the first value wins, a Match block holds for those it names. It must not
know which setting is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from wizard.probes.script import Reading

_LISTS = frozenset(
    {"allowusers", "denyusers", "allowgroups", "denygroups", "acceptenv", "port", "listenaddress", "hostkey"}
)


def settings(reading: Reading, user: str) -> dict[str, str]:
    """Lower-case keyword → value; the lines of a keyword that may be repeated are joined by a blank."""
    effective = reading.body("sshd-effective")
    if effective.strip():
        return _collected(_words(effective))
    files = {block.rest: block.body for block in reading.all("sshd-config")}
    main = files.pop("/etc/ssh/sshd_config", None)
    if main is None:
        return {}
    return _collected(_matching(_included(main, files), user))


def _words(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, _, value = (
            line.replace("\t", " ")
            .replace("=", " ", 1 if "=" in line.split(None, 1)[0] else 0)
            .partition(" ")
        )
        yield key.lower(), value.strip().lstrip("=").strip().strip('"')


def _included(main: str, files: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in _words(main):
        if key != "include":
            yield key, value
            continue
        for pattern in value.split():
            full = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
            for name in sorted(files):
                if fnmatchcase(name, full):
                    yield from _words(files[name])
                    # A Match block ends with the file that opened it.
                    yield "match", "all"


def _matching(words: Iterator[tuple[str, str]], user: str) -> Iterator[tuple[str, str]]:
    """Blocks by user name are judged; those by address, group or host are left out."""
    holds = True
    for key, value in words:
        if key == "match":
            tests = value.split()
            holds = [word.lower() for word in tests] == ["all"] or (
                len(tests) == 2
                and tests[0].lower() == "user"
                and any(fnmatchcase(user, pattern) for pattern in tests[1].split(","))
            )
        elif holds:
            yield key, value


def _collected(words: Iterator[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words:
        if key not in found:
            found[key] = value
        elif key in _LISTS:
            found[key] = f"{found[key]} {value}"
    return found
