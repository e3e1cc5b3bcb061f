"""How many may do something at once, and waiting that a stop ends.

Knows counts and time. It must not know what the places are for.
"""

from __future__ import annotations

import threading
import time

from wizard.connection import Stop
from wizard.ssh.errors import failed

STEP = 0.1
"""Seconds between two looks at a stop."""


class Places:
    """A bounded number of places, which becomes smaller when fewer turn out to be allowed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._changed = threading.Condition()

    def take(self, host: str, stop: Stop | None) -> None:
        """Wait for a free place.

        Raises:
            ConnectionFailed: `stop` was set (kind "cancelled").
        """
        with self._changed:
            while self._taken >= self._limit:
                self._changed.wait(STEP)
                look(host, stop)
            self._taken += 1

    def give_back(self) -> None:
        """Free a place that was taken."""
        with self._changed:
            self._taken -= 1
            self._changed.notify()

    def narrow(self) -> None:
        """The last place that was taken was one too many; one place always remains."""
        with self._changed:
            self._limit = max(1, min(self._limit, self._taken - 1))


def pause(host: str, seconds: float, stop: Stop | None) -> None:
    """Wait for a time, or until `stop` is set.

    Raises:
        ConnectionFailed: `stop` was set (kind "cancelled").
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        look(host, stop)
        time.sleep(min(left, STEP))


def look(host: str, stop: Stop | None) -> None:
    """Raise ConnectionFailed (kind "cancelled") when `stop` is set."""
    if stop is not None and stop.is_set():
        raise failed(host, "cancelled")
