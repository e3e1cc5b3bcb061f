"""What the terminal can show: colour or not, marks or ASCII, a line that is drawn over or not.

Knows the stream and the environment. It must not know what is printed.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Marks:
    """One sign for each state; never the only carrier of meaning, the word stands beside it."""

    good: str
    bad: str
    warn: str
    skip: str
    arrow: str


UNICODE = Marks("✓", "✗", "!", "·", "→")
ASCII = Marks("ok", "FAILED", "!", "-", "->")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A text stream with what it can do."""

    out: TextIO
    colour: bool
    redraw: bool
    marks: Marks

    @classmethod
    def of(cls, out: TextIO) -> Terminal:
        """Colour only on a terminal without NO_COLOR; a moving line only there too; ASCII where UTF-8 is not spoken."""
        tty = out.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}
        utf8 = "utf" in (getattr(out, "encoding", "") or "").lower()
        return cls(out, tty and "NO_COLOR" not in os.environ, tty, UNICODE if utf8 else ASCII)

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour else text

    def line(self, text: str = "") -> None:
        """Print a line; characters that the stream cannot encode are replaced, never an error."""
        encoding = getattr(self.out, "encoding", None) or "utf-8"
        safe = text.encode(encoding, errors="replace").decode(encoding)
        self.out.write(("\r\x1b[K" if self.redraw else "") + safe + "\n")
        self.out.flush()

    def over(self, text: str) -> None:
        """Draw over the current line; nothing where lines cannot be redrawn."""
        if self.redraw:
            width = os.get_terminal_size(self.out.fileno()).columns if self.out.isatty() else 80
            self.out.write("\r\x1b[K" + text[: max(width - 1, 10)])
            self.out.flush()


def stdout() -> Terminal:
    return Terminal.of(sys.stdout)
