"""Text from other machines, made safe to print.

Knows what a terminal would obey. It must not know who prints, nor any markup of a screen.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"""
      (?:\x1b\[|\x9b) [0-?]* [ -/]* [@-~]?                    # CSI: colours, cursor
    | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]) [^\x07\x1b\x9c\n]* (?:\x07|\x1b\\|\x9c)?   # OSC: titles
    | \x1b [ -/]* [0-~]?                                      # other escapes: charsets, reset
    """,
    re.VERBOSE,
)
_LINE_ENDS = re.compile(r"\r+\n|\r+(?=.)|[\u2028\u2029]", re.DOTALL)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # invisible, or they reverse what is read
    "\ud800-\udfff]"
)


def clean(text: str) -> str:
    """The text without terminal escapes and control characters; newlines and tabs stay.

    A carriage return inside a line (progress meters) becomes a newline.
    """
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))


def one_line(text: str, width: int = 200) -> str:
    """`clean` text on one line, cut after `width` characters: evidence in a sentence or a table."""
    joined = " ".join(clean(text).split())
    return joined if len(joined) <= width else joined[: width - 1] + "…"
