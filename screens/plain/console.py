"""Lines out and lines in: what can be said on a terminal that only goes forward, and what is typed on it.

Knows the terminal, masks secrets and leaves signs out that cannot be read aloud. It must not know a walk.
"""

from __future__ import annotations

import os
import select
import sys
import textwrap
from collections.abc import Callable
from io import TextIOWrapper
from typing import TextIO

from wizard.terminal import ASCII, Terminal
from wizard.text import clean, one_line

WIDEST = 100
"""Columns after which a sentence goes on in the next line."""

LOOK = 0.2
"""Seconds between two looks whether Ctrl-C was pressed."""


class Interrupted(Exception):
    """Ctrl-C was pressed at a prompt."""


class Ended(Exception):
    """The input has ended: Ctrl-D, or the line is gone."""


class Console:
    """Says and asks. With `simple` nothing but characters and line ends is written, as for TERM=dumb."""

    def __init__(
        self, mask: Callable[[str], str] = str, out: TextIO | None = None, simple: bool | None = None
    ) -> None:
        stream = sys.stdout if out is None else out
        self.simple = is_simple(stream) if simple is None else simple
        self.terminal = Terminal(stream, False, False, ASCII, mask=mask)
        if isinstance(sys.stdin, TextIOWrapper):
            # What is typed in another encoding is no reason to end.
            sys.stdin.reconfigure(errors="replace")
        # A serial console answers no question for the place of its cursor.
        os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")

    def say(self, text: str = "", indent: str = "") -> None:
        """A sentence, with line ends between words. Longer texts keep their own lines."""
        width = max(min(self.terminal.width, WIDEST) - 1, 20)
        for line in self.terminal.mask(clean(text)).split("\n"):
            rows = textwrap.wrap(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
            for row in rows or [""]:
                self.terminal.line(row)

    def line(self, text: str = "") -> None:
        """A line as it is: commands and files, which must not be broken."""
        self.terminal.line(clean(text))

    def read(self, prompt: str) -> str:
        """What is typed after this prompt.

        Raises:
            Interrupted, Ended
        """
        return self._asked(self._spoken(prompt), secret=False)

    def read_secret(self, prompt: str) -> str:
        """What is typed after this prompt, which never appears.

        Raises:
            Interrupted, Ended
        """
        return self._asked(self._spoken(prompt), secret=True)

    def _asked(self, prompt: str, secret: bool) -> str:
        try:
            return self._plainly(prompt, secret) if self.simple else self._comfortably(prompt, secret)
        except KeyboardInterrupt:
            raise Interrupted from None
        except (EOFError, OSError):
            raise Ended from None

    def _plainly(self, prompt: str, secret: bool) -> str:
        if secret:
            from getpass import getpass

            return getpass(f"{prompt} ")
        self.terminal.out.write(f"{prompt} ")
        self.terminal.out.flush()
        # Not input(): a Ctrl-C that comes just before it reads would be seen only after the next line.
        while not select.select([sys.stdin], [], [], LOOK)[0]:
            pass
        typed = sys.stdin.readline()
        if not typed:
            raise EOFError
        return typed.rstrip("\r\n")

    def _comfortably(self, prompt: str, secret: bool) -> str:
        """With the editing keys of a terminal."""
        import questionary
        from prompt_toolkit.output import ColorDepth

        ask = questionary.password if secret else questionary.text
        said = ask(prompt, qmark="", color_depth=ColorDepth.DEPTH_1_BIT).unsafe_ask()
        return str(said or "")

    def _spoken(self, prompt: str) -> str:
        """The prompt in one line of signs that this terminal has."""
        encoding = getattr(self.terminal.out, "encoding", None) or "utf-8"
        return one_line(self.terminal.mask(prompt)).encode(encoding, errors="replace").decode(encoding)


def is_simple(out: TextIO) -> bool:
    """Whether lines cannot be edited here."""
    return os.environ.get("TERM", "") in {"", "dumb"} or not out.isatty()
