"""What Ctrl-C, SIGTERM and SIGHUP mean: while a session is open they ask it to stop, else they end the program."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Cancelled(Exception):
    """The operator asked to end, and nothing was under way."""


class Interrupt:
    """The one place that signals go to. The second signal during a session ends the program at once."""

    def __init__(self) -> None:
        self._stop: threading.Event | None = None

    def install(self) -> None:
        """Take the signals. Only the main thread may."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._taken)

    def begin(self) -> threading.Event:
        """A session is open from now on; the event is set when it shall stop."""
        self._stop = threading.Event()
        return self._stop

    def end(self) -> None:
        self._stop = None

    def _taken(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._stop is None or self._stop.is_set():
            raise Cancelled
        self._stop.set()


INTERRUPT = Interrupt()
