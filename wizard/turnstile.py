"""How many hosts are read at once: few that compute here, many that hang.

Knows a count and a clock. It must not know what is read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Turnstile:
    """Lets `at_once` in, a number that may change, and one more for each that has been inside for `patience` (s): that
    one only waits by now.

    A login and what a host printed are computed by this program. All at once they would leave the keyboard no time,
    and none of them would be done sooner.
    """

    def __init__(
        self,
        at_once: int | Callable[[], int],
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        self._inside: dict[object, float] = {}

    @contextmanager
    def turn(self, given_up: threading.Event) -> Generator[None]:
        """Wait for a turn and have it; whoever is given up meanwhile waits no longer."""
        token = object()
        with self._changed:
            while not given_up.is_set() and (left := self._left()) > 0:
                self._changed.wait(left)
            self._inside[token] = self._clock()
        try:
            yield
        finally:
            with self._changed:
                del self._inside[token]
                self._changed.notify()

    def nudge(self) -> None:
        """Somebody was given up."""
        with self._changed:
            self._changed.notify_all()

    def _left(self) -> float:
        """Seconds until there is room for one more, if nobody leaves."""
        now = self._clock()
        fresh = sorted(since for since in self._inside.values() if now - since < self._patience)
        at_once = self._at_once if isinstance(self._at_once, int) else self._at_once()
        if len(fresh) < at_once:
            return 0.0
        return max(fresh[len(fresh) - at_once] + self._patience - now, 0.001)
