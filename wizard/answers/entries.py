"""Hosts as an operator types or pastes them, as entries of the answers.

Knows names, ranges, `user@host:port` and maps in braces. It must not know a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from validators.values import ValueProblem, did_you_mean, parse_hosts, shown

from .answers import HostEntry
from .declared import HOST
from .keys import Key

_BRACES = re.compile(r"\{[^{}]*\}")
_PAIR = re.compile(
    r"""\s*(\w+)\s*:\s*("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|'(?:[^']|'')*'|[^\s,\[\]"'][^,\[\]]*(?:\[[^\]]*\][^,\[\]]*)*)\s*(?:,|$)"""
)
"""A key and its value: quoted, or plain with ranges in brackets."""
_BETWEEN = re.compile(r"[\s,;]+(?![^\[]*\])")


def parse_host_entries(text: str) -> tuple[HostEntry, ...]:
    """The entries of a pasted list: separated by blanks, commas or line ends; `#` begins a comment; a map in braces
    says what differs on a host, as in {host: node3, slots: 2}.

    Raises:
        ValueProblem: an entry reads badly, or there is none.
    """
    entries = tuple(_entries(re.sub(r"(^|\s)#.*", r"\1", text)))
    if not entries:
        raise ValueProblem("name at least one host")
    return entries


def _entries(text: str) -> Iterator[HostEntry]:
    at = 0
    for braces in _BRACES.finditer(text):
        yield from _plain(text[at : braces.start()])
        yield _mapped(braces[0])
        at = braces.end()
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[HostEntry]:
    for word in _BETWEEN.split(text):
        if word:
            parse_hosts(word, underscores=True)
            yield HostEntry(word)


def _mapped(text: str) -> HostEntry:
    """One host with what differs on it, by the keys of the answers file."""
    keys = {item.name: item for item in HOST.keys if isinstance(item, Key)}
    inner, at = text[1:-1].rstrip(), 0
    values: dict[str, Any] = {}
    while at < len(inner):
        pair = _PAIR.match(inner, at)
        if pair is None:
            raise ValueProblem(f"{shown(text)} is not a host; write it like {{host: node3, slots: 2}}")
        name, value, at = pair[1], pair[2].strip(), pair.end()
        if name not in keys:
            raise ValueProblem(f"{shown(name)} is nothing that is said of a host{did_you_mean(name, keys)}")
        values[name] = keys[name].parse(_unquoted(value))
    if "host" not in values:
        raise ValueProblem(f"{shown(text)} names no host; begin it with host:")
    return HostEntry(**values)


def _unquoted(value: str) -> str:
    if value[:1] == '"':
        return str(json.loads(value))
    return value[1:-1].replace("''", "'") if value[:1] == "'" else value
