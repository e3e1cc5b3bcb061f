"""Marked blocks in files that belong to the operator: between two marks is ours, the rest stays as it was.

Knows text alone. It must not know which file it is, or what the lines mean.
"""

from __future__ import annotations

from collections.abc import Sequence


def _marks(name: str) -> tuple[str, str]:
    return f"# >>> flink-wizard {name} >>>", f"# <<< flink-wizard {name} <<<"


def block(name: str, lines: Sequence[str]) -> str:
    """The block as it stands in a file, with its final newline."""
    first, last = _marks(name)
    return "\n".join((first, *lines, last)) + "\n"


def has_block(text: str, name: str, lines: Sequence[str]) -> bool:
    """Whether exactly this block stands in the text, once."""
    return (
        text.count(block(name, lines)) == 1 and _span(text, name, text.index(block(name, lines)) + 1) is None
    )


def with_block(text: str, name: str, lines: Sequence[str], top: bool) -> str:
    """The text with this block: in the place of an older one of that name, else at the top or at the end."""
    new = block(name, lines)
    span = _span(text, name)
    if span is not None:
        return text[: span[0]] + new + text[span[1] :]
    if top:
        return new + text
    return text + ("" if not text or text.endswith("\n") else "\n") + new


def _span(text: str, name: str, start: int = 0) -> tuple[int, int] | None:
    """From where to where the block reaches; a first mark without its last is a torn line."""
    first, last = _marks(name)
    begin = _line_start(text, first, start)
    if begin is None:
        return None
    end = _line_start(text, last, begin)
    if end is None:
        return None
    while (later := _line_start(text, first, begin + 1)) is not None and later < end:
        begin = later
    stop = text.find("\n", end)
    return begin, len(text) if stop < 0 else stop + 1


def _line_start(text: str, line: str, start: int) -> int | None:
    position = text.find(line, start)
    while position >= 0:
        after = text[position + len(line) : position + len(line) + 1]
        if (position == 0 or text[position - 1] == "\n") and after in ("", "\n", "\r"):
            return position
        position = text.find(line, position + 1)
    return None
