"""Flink's older configuration format, one `key: value` a line: up to 1.18, and in 1.19-1.20 where it lies.

Reads it by the rules of Flink's own parser and edits it line by line. It must not know which keys exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What Java's trim() cuts, but for NUL, which marks a value that is not known yet.
BLANKS = "".join(chr(code) for code in range(1, 33))
MARK = "# Set by flink-wizard"

_ENDING = re.compile(r"\r\n|\n|\r")


class ValueNotWritable(ValueError):
    """This format has no way to write the value so that Flink reads it back."""

    def __init__(self, key: str, value: str, why: str) -> None:
        super().__init__(f"{key}: {value!r} cannot be written: {why}")
        self.key = key
        self.value = value


@dataclass(frozen=True, slots=True)
class Problem:
    """A place of a configuration file that Flink skips or refuses. `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    value: str
    value_start: int
    """Column of the value in its line."""


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their endings, split at \\n, \\r\\n and \\r only (as Java reads lines)."""
    lines: list[str] = []
    start = 0
    for match in _ENDING.finditer(text):
        lines.append(text[start : match.end()])
        start = match.end()
    if start < len(text):
        lines.append(text[start:])
    return lines


def line_ending(text: str) -> str:
    """The ending that `text` uses: of its first line, or \\n."""
    match = _ENDING.search(text)
    return match.group() if match else "\n"


def read_flat(text: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Keys and values as Flink's parser takes them (GlobalConfiguration of 0.9-1.20), and what it skips."""
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(split_lines(text.removeprefix("\ufeff")), start=1):
        entry = _entry(line)
        if isinstance(entry, _Entry):
            values[entry.key] = entry.value
        elif entry:
            problems.append(Problem(number, entry))
    return values, tuple(problems)


def _entry(line: str) -> _Entry | str | None:
    """The pair in `line`, None for a blank or comment line, or why Flink skips it."""
    content = line.rstrip("\r\n").split("#", 1)[0]
    trimmed = content.strip(BLANKS)
    if not trimmed:
        return None
    key, separator, rest = trimmed.partition(": ")
    if not separator:
        missing = "no value" if trimmed.endswith(":") else "no space after the colon"
        return f"{trimmed!r} is not a key and a value ({missing}); Flink skips this line"
    key, value = key.strip(BLANKS), rest.strip(BLANKS)
    if not key or not value:
        return f"{trimmed!r} lacks a key or a value; Flink skips this line"
    start = content.index(": ") + 2
    return _Entry(key, value, start + len(content[start:]) - len(content[start:].lstrip(BLANKS)))


def check_flat_value(key: str, value: str) -> None:
    """Raises ValueNotWritable when Flink's flat parser would read something else than `value`."""
    if "#" in value:
        raise ValueNotWritable(key, value, "in this format everything after # is a comment")
    if not value:
        raise ValueNotWritable(key, value, "this format has no empty value; leave the key out")
    if "\n" in value or "\r" in value:
        raise ValueNotWritable(key, value, "a value is one line")
    if value != value.strip(BLANKS):
        raise ValueNotWritable(key, value, "blanks at its ends are lost")
    if not key or key != key.strip(BLANKS) or re.search(r"[#\r\n]|: ", key + " "):
        raise ValueNotWritable(key, value, "that is not a key")


def flat_line(key: str, value: str) -> str:
    """One line of the format, without an ending. Raises ValueNotWritable."""
    check_flat_value(key, value)
    return f"{key}: {value}"


def edit_flat(text: str, changes: Mapping[str, str | None]) -> str:
    """`text` with `changes` made: a value is replaced where it takes effect (the last line of that key), None
    removes every line of the key, a new key joins a marked section at the end. Raises ValueNotWritable.
    """
    lines = split_lines(text)
    ending = line_ending(text)
    places: dict[str, list[tuple[int, _Entry]]] = {}
    for index, line in enumerate(lines):
        entry = _entry(line.removeprefix("\ufeff") if index == 0 else line)
        if isinstance(entry, _Entry):
            places.setdefault(entry.key, []).append((index, entry))
    gone: set[int] = set()
    added: list[str] = []
    for key, value in changes.items():
        found = places.get(key, [])
        if value is None:
            gone.update(index for index, _ in found)
        elif not found:
            added.append(flat_line(key, value))
        elif found[-1][1].value != value:
            check_flat_value(key, value)
            index, entry = found[-1]
            start = entry.value_start + (1 if index == 0 and lines[0].startswith("\ufeff") else 0)
            lines[index] = lines[index][:start] + value + lines[index][start + len(entry.value) :]
    kept = [line for index, line in enumerate(lines) if index not in gone]
    return append_section("".join(kept), added, ending)


def append_section(text: str, added: list[str], ending: str) -> str:
    """`text` with the lines `added` at its end, under one mark; a missing last line ending stays missing."""
    if not added:
        return text
    terminated = not text or text.endswith(("\n", "\r"))
    words = split_lines(text)
    marks = [index for index, line in enumerate(words) if line.strip(BLANKS) == MARK]
    joins = bool(marks) and all(line.strip(BLANKS) for line in words[marks[-1] :])
    blank_before = not text.strip(BLANKS) or not words[-1].strip(BLANKS)
    parts = added if joins else [*([] if blank_before else [""]), MARK, *added]
    body = ending.join(parts)
    return f"{text}{'' if terminated else ending}{body}{ending if terminated else ''}"
