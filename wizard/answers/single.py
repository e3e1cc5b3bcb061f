"""One host of a list of entries by itself: what was decided for it alone, and deciding that anew.

A range that holds the host is split as little as needed. Knows entries. It must not know a file, nor hosts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from validators.values import HostAddress, expand, is_range, parse_host_address, without

from .answers import Answers, HostEntry
from .judging import same_name

ROLES = ("master", "workers")
"""Where a host may be named."""


def entry_of(answers: Answers, name: str) -> HostEntry | None:
    """What was decided for this host, as an entry of its own: `host` holds its name, user and port stand apart."""
    for role in ROLES:
        for entry in answers.hosts_at(role):
            word = word_for(entry, name)
            if word is not None:
                address = _read(word)
                return replace(
                    entry, host=address.host, user=entry.user or address.user, port=entry.port or address.port
                )
    return None


def with_host(
    answers: Answers, name: str, user: str | None, port: int | None
) -> dict[str, tuple[HostEntry, ...]]:
    """The lists that change when this host is reached as this user and on this port: role → its entries then."""
    changed: dict[str, tuple[HostEntry, ...]] = {}
    for role in ROLES:
        before = answers.hosts_at(role)
        after = tuple(one for entry in before for one in _entries(entry, name, user, port))
        if after != before:
            changed[role] = after
    return changed


def added(entries: tuple[HostEntry, ...], names: tuple[str, ...]) -> tuple[HostEntry, ...]:
    """The entries with these hosts at the end, but for those that are there already."""
    known = {same_name(address.host) for entry in entries for address in entry.addresses()}
    return (*entries, *(HostEntry(name) for name in names if same_name(name) not in known))


def _entries(entry: HostEntry, name: str, user: str | None, port: int | None) -> Iterator[HostEntry]:
    word = word_for(entry, name)
    if word is None:
        yield entry
        return
    address = _read(word)
    if (entry.user or address.user, entry.port or address.port) == (user, port):
        yield entry
        return
    if word != entry.host:
        yield from (replace(entry, host=rest) for rest in without(entry.host, word))
    yield replace(entry, host=address.host, user=user, port=port)


def word_for(entry: HostEntry, name: str) -> str | None:
    """The host in the words of the entry, such as flink@node3:22; None when the entry does not stand for it."""
    words = expand(entry.host) if is_range(entry.host) else (entry.host,)
    return next((word for word in words if same_name(_read(word).host) == same_name(name)), None)


def _read(word: str) -> HostAddress:
    return parse_host_address(word, underscores=True)
