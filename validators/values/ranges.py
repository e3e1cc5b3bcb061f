"""Host ranges: `node[01-16]`, `node[1,3-5].rack[1-2]`, what they stand for, and taking one host out again.

Knows the bracket notation. It must not know what is done with the hosts.
"""

from __future__ import annotations

import re

from .names import HostAddress, parse_host_address
from .problem import ValueProblem, shown

MOST_HOSTS = 2000
"""The most hosts that one range may stand for: beyond that it is a slip of the finger."""

_BRACKET = re.compile(r"\[([^\[\]:]*)\]")
_RUN = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


def is_range(text: str) -> bool:
    """Whether the text is meant as a range, good or bad."""
    return "[" in text and not re.search(r"\[[^\[\]]*:[^\[\]]*\]", text)


def parse_hosts(text: str, *, underscores: bool = False) -> tuple[HostAddress, ...]:
    """Every host that one entry stands for, in order: one for a plain name, many for a range."""
    typed = text.strip()
    if not is_range(typed):
        return (parse_host_address(typed, underscores=underscores),)
    return tuple(parse_host_address(name, underscores=underscores) for name in expand(typed))


def parse_hosts_text(text: str) -> str:
    """A host or a range of hosts, judged and kept as it was written."""
    parse_hosts(text, underscores=True)
    return text.strip()


def expand(text: str) -> tuple[str, ...]:
    """The names a range stands for. The width of a first number with leading zeros is kept.

    Raises:
        ValueProblem: the brackets do not hold numbers and ranges of numbers, or it is too many hosts.
    """
    parts = _split(text)
    count = 1
    for part in parts[1::2]:
        count *= _count(part, text)
        if count > MOST_HOSTS:
            raise ValueProblem(f"{shown(text)} stands for more than {MOST_HOSTS} hosts")
    names = [""]
    for index, part in enumerate(parts):
        values = _numbers(part, text) if index % 2 else [part]
        names = [name + value for name in names for value in values]
    return tuple(names)


def without(text: str, name: str) -> tuple[str, ...]:
    """Ranges or names for the same hosts in the same order, but for `name` (as `expand` gives it)."""
    return tuple(_join(parts) for parts in _without(_split(text), name))


def _without(parts: list[str], name: str) -> list[list[str]]:
    if len(parts) == 1:
        return []
    prefix, inside, rest = parts[0], parts[1], parts[2:]
    values = _numbers(inside, inside)
    found = next(
        index
        for index, value in enumerate(values)
        if name.startswith(prefix + value) and name[len(prefix + value) :] in expand(_join(rest))
    )
    if len(rest) == 1:
        kept = values[:found] + values[found + 1 :]
        return [[prefix, _listed(kept), *rest]] if kept else []
    before, after = values[:found], values[found + 1 :]
    pieces: list[list[str]] = []
    if before:
        pieces.append([prefix, _listed(before), *rest])
    for piece in _without(rest, name[len(prefix + values[found]) :]):
        pieces.append([prefix + values[found] + piece[0], *piece[1:]])
    if after:
        pieces.append([prefix, _listed(after), *rest])
    return pieces


def _split(text: str) -> list[str]:
    """Text and bracket contents in turn: `a[1-2]b` gives `a`, `1-2`, `b`."""
    parts = _BRACKET.split(text)
    if any("[" in part or "]" in part for part in parts[::2]):
        raise ValueProblem(f"{shown(text)} has a bracket without its partner")
    return parts


def _join(parts: list[str]) -> str:
    joined = ""
    for index, part in enumerate(parts):
        single = index % 2 and re.fullmatch(r"\d+", part, re.ASCII)
        joined += part if index % 2 == 0 or single else f"[{part}]"
    return joined


def _runs(inside: str, text: str) -> list[tuple[str, str]]:
    runs: list[tuple[str, str]] = []
    for piece in inside.split(","):
        match = _RUN.fullmatch(piece.strip())
        if match is None:
            raise ValueProblem(
                f"{shown(text)} is not a range; write numbers in brackets, like node[1-4] or node[1,3-5]"
            )
        first, last = match[1], match[2] or match[1]
        if int(last) < int(first):
            raise ValueProblem(f"{shown(text)} runs backwards; write [{last}-{first}]")
        runs.append((first, last))
    return runs


def _count(inside: str, text: str) -> int:
    return sum(int(last) - int(first) + 1 for first, last in _runs(inside, text))


def _numbers(inside: str, text: str) -> list[str]:
    return [
        str(number).zfill(len(first))
        for first, last in _runs(inside, text)
        for number in range(int(first), int(last) + 1)
    ]


def _listed(values: list[str]) -> str:
    """The shortest bracket content for these numbers in this order."""
    runs: list[list[str]] = []
    for value in values:
        if runs and str(int(runs[-1][-1]) + 1).zfill(len(runs[-1][0])) == value:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
