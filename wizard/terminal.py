"""What the terminal can show: colour or not, marks or ASCII, a line that is drawn over or not.

Knows the stream and the environment. It must not know what is printed.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from .text import clean

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Marks:
    """One sign for each state; never the only carrier of meaning, the word stands beside it."""

    good: str
    bad: str
    warn: str
    skip: str


_PLAINER = str.maketrans(
    {"‹": "<", "›": ">", "…": "...", "→": "->", "≤": "<=", "≥": ">=", "×": "x", "–": "-", "—": "-"}
)
"""Signs of our own texts where only ASCII is spoken."""

UNICODE = Marks("✓", "✗", "!", "·")
ASCII = Marks("ok", "FAILED", "!", "-")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A text stream with what it can do."""

    out: TextIO
    colour: bool
    redraw: bool
    marks: Marks
    copy: TextIO | None = None
    """Where every printed line is also written, without colours."""
    mask: Callable[[str], str] = str
    """What hides secrets in every text that is printed."""

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
        text = self.mask(text)
        self.out.write(("\r\x1b[K" if self.redraw else "") + self._safe(text) + "\n")
        self.out.flush()
        if self.copy is not None:
            self.copy.write(clean(text) + "\n")
            self.copy.flush()

    def over(self, text: str) -> None:
        """Draw over the current line; nothing where lines cannot be redrawn."""
        if self.redraw:
            self.out.write("\r\x1b[K" + self._safe(self.mask(text)[: max(self.width - 1, 10)]))
            self.out.flush()

    @property
    def width(self) -> int:
        """Columns of the terminal, 80 where that cannot be known."""
        try:
            return os.get_terminal_size(self.out.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def agreed(self, question: str, stop: threading.Event) -> bool:
        """Ask on the terminal; only a spoken yes is one. The end of input is a no, and so is `stop` while it waits."""
        self.out.write(("\r\x1b[K" if self.redraw else "") + self._safe(f"{question} [y/N] "))
        self.out.flush()
        while not stop.is_set():
            if select.select([sys.stdin], [], [], 0.2)[0]:
                said = sys.stdin.readline()
                if not said:
                    self.line()
                return said.strip().lower() in {"y", "yes"}
        self.line()
        return False

    def _safe(self, text: str) -> str:
        encoding = getattr(self.out, "encoding", None) or "utf-8"
        plain = text if self.marks is UNICODE else text.translate(_PLAINER)
        return plain.encode(encoding, errors="replace").decode(encoding)


def stdout() -> Terminal:
    return Terminal.of(sys.stdout)
