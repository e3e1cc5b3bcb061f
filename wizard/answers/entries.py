"""Hosts as an operator types or pastes them, as entries of the answers.

Knows names, ranges, `user@host:port`, maps in braces and the lines of /etc/hosts. It must not know a file, and
resolves no name.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any, cast

from validators.values import ValueProblem, did_you_mean, is_range, parse_host_name, parse_hosts, shown

from .answers import HostEntry
from .declared import HOST
from .keys import Key

_TOKEN = re.compile(
    r"""(?P<gap>[\s,;]+)
      | (?P<comment>\#[^\n]*)
      | (?P<map>\{(?:[^{}"']|"(?:\\.|[^"\\])*"|'(?:''|[^'])*')*\})
      | (?P<brace>\{[^\n]*)
      | (?P<quoted>"[^"\s]*"|'[^'\s]*')(?=[\s,;]|$)
      | (?P<word>(?:[^\s,;\[\]]|\[[^\[\]\n]*\]|[\[\]])+)""",
    re.VERBOSE,
)
_PAIR = re.compile(
    r"""\s*+(?P<name>[A-Za-z_]+)\s*+:\s*+
        (?P<value>"(?:\\.|[^"\\])*+"\s*+|'(?:''|[^'])*+'\s*+|(?:[^,\[\]"']|\[[^\[\]]*\])*+)(?:,|$)""",
    re.VERBOSE,
)
_KEYS = {key.name: key for key in HOST.keys if isinstance(key, Key)}


def parse_host_entries(text: str) -> tuple[HostEntry, ...]:
    """The entries of a typed or pasted list, separated by blanks, commas, semicolons or line ends.

    An entry is a name, a range, `user@host:port`, or a map in braces as in the answers file. `#` begins a comment, and
    the dashes of a pasted YAML list are passed over. A line that begins with an IP address and goes on with names is one
    of /etc/hosts: one host, known by the first name, at that address; those of loopback are passed over.

    Raises:
        ValueProblem: an entry reads badly, or there is none.
    """
    entries: list[HostEntry] = []
    passed_over = ""
    for line in _lines(text):
        named = _named_address(line)
        if named is None:
            entries.extend(_entry(word) for word in line)
        elif _serves_others(line[0]):
            entries.append(named)
        else:
            passed_over = " ".join(line)
    if not entries and passed_over:
        raise ValueProblem(
            f"{shown(passed_over)} is a machine's name for itself; name a host that others reach"
        )
    if not entries:
        raise ValueProblem("name at least one host")
    return tuple(entries)


class _Line(list[str]):
    """The words of one line; `plain` when blanks alone stand between them."""

    plain = True


def _lines(text: str) -> Iterator[_Line]:
    line = _Line()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None, "every character is of one kind or another"
        at = token.end()
        if token["gap"] is not None:
            line.plain = line.plain and not re.search("[,;]", token["gap"])
            if "\n" in token["gap"] and line:
                yield line
                line = _Line()
        elif token["comment"] is None and token[0] != "-":
            line.append(token["quoted"][1:-1] if token["quoted"] else token[0])
    if line:
        yield line


def _named_address(line: _Line) -> HostEntry | None:
    """The host of a line of /etc/hosts, None when the line is none."""
    if len(line) < 2 or not line.plain or not _is_address(line[0]):
        return None
    for name in line[1:]:
        if _is_address(name) or is_range(name) or not re.fullmatch(r"[A-Za-z0-9._-]+", name, re.ASCII):
            return None
        parse_host_name(name, underscores=True)
    return HostEntry(line[1], address=line[0])


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return "%" not in word


def _serves_others(word: str) -> bool:
    address = ipaddress.ip_address(word)
    return not (address.is_loopback or address.is_multicast or address.is_unspecified)


def _entry(word: str) -> HostEntry:
    if word.startswith("{"):
        if not word.endswith("}"):
            raise ValueProblem(_unlike(word))
        return _from_map(word)
    if word.removesuffix(":") in _KEYS and word.endswith(":"):
        raise ValueProblem(
            f"{shown(word)} is a setting; write those of a host in braces, like {{host: node2, slots: 4}}"
        )
    _judge(word, underscores=False)
    return HostEntry(word)


def _judge(word: str, *, underscores: bool) -> None:
    """Raises ValueProblem with a sentence that names the word, but for what stands before an @: people type passwords."""
    try:
        parse_hosts(word, underscores=underscores)
    except ValueProblem as problem:
        host = shown(word.rpartition("@")[2])
        if host in problem.sentence:
            raise
        raise ValueProblem(f"{host}: {problem.sentence}") from None


def _from_map(text: str) -> HostEntry:
    given: dict[str, Any] = {}
    inner, at = text[1:-1].rstrip().removesuffix(","), 0
    while at < len(inner):
        pair = _PAIR.match(inner, at)
        if pair is None:
            raise ValueProblem(_unlike(text))
        at = pair.end()
        name, value = pair["name"], _value(text, pair["value"].rstrip())
        key = _KEYS.get(name)
        if key is None:
            raise ValueProblem(
                f"{shown(text)}: {shown(name)} is not a setting of a host{did_you_mean(name, _KEYS)}"
            )
        if name in given:
            raise ValueProblem(f"{shown(text)}: {name} is given twice")
        if not value:
            raise ValueProblem(f"{shown(text)}: {name} has no value")
        given[name] = value.strip() if name == "host" else _parsed(text, key, value)
    if "host" not in given:
        raise ValueProblem(f"{shown(text)} names no host; begin with host: NAME")
    _judge(given["host"], underscores="address" in given)
    entry = HostEntry(**given)
    if entry.address is not None and len(entry.addresses()) > 1:
        raise ValueProblem(f"{shown(text)}: one address cannot serve a range of hosts; list them one by one")
    return entry


def _parsed(text: str, key: Key, value: str) -> Any:
    try:
        return key.parse(value)
    except ValueProblem as problem:
        raise ValueProblem(f"{shown(text)}: {key.name}: {problem.sentence}") from None


def _value(text: str, written: str) -> str:
    """What a value says without its quotes."""
    if written.startswith('"'):
        try:
            return cast(str, json.loads(written))
        except ValueError:
            raise ValueProblem(_unlike(text)) from None
    return written[1:-1].replace("''", "'") if written.startswith("'") else written


def _unlike(text: str) -> str:
    return f"{shown(text)} is not a host with its settings; write it like {{host: node2, slots: 4}}"
