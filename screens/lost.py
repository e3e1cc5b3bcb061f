"""A terminal that is lost while something is written to it: what is written then goes nowhere, and nothing waits.

Knows drivers of terminals. It must not know what is written.
"""

from __future__ import annotations

from typing import IO

from textual.driver import Driver


class Unheard:
    """A file that goes on taking text after its other end is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._gone = False

    def write(self, text: str) -> int:
        if not self._gone:
            try:
                return self._file.write(text)
            except (OSError, ValueError):
                self._gone = True
        return len(text)

    def flush(self) -> None:
        if not self._gone:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self._gone = True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()


def bearing_loss(driver: type[Driver]) -> type[Driver]:
    """The same driver over an `Unheard` file: its writer would end at the first error, and everything would wait for
    it (Textual 8.2)."""

    class Bearing(driver):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)  # type: ignore[arg-type]
            file = getattr(self, "_file", None)
            if file is not None:
                self._file = Unheard(file)

    return Bearing
