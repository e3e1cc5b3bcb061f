"""Keys go first: while one is brought to the screen, the threads that read and judge hosts let it pass.

All threads share one interpreter: with a dozen that compute, a key would get a thirteenth of it. Knows until when a key
is under way. It must not know who types, nor who waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LONGEST = 0.1
"""Seconds that anybody waits for a key at most: what is read and judged goes on while a key is held down."""


class KeysFirst:
    """`begin` and `end` by the thread that takes keys, `give_way` by any other between two pieces of work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came = self._until = 0.0
        self._taker = 0
        self._over = threading.Event()
        self._over.set()

    def begin(self) -> None:
        """A key has come."""
        self._came = self._clock()
        self._until = self._came + LONGEST
        self._taker = threading.get_ident()
        self._over.clear()

    def end(self) -> None:
        """What the key brought about is on the screen."""
        self._over.set()

    @property
    def under_way(self) -> bool:
        return not self._over.is_set() and self._clock() < self._until

    @property
    def quiet(self) -> float:
        """Seconds since the last key came, 0 while one is under way."""
        return 0.0 if self.under_way else self._clock() - self._came

    def give_way(self) -> None:
        """Wait while a key is under way, at most `LONGEST`. Whoever holds a lock that the screen needs must not call it."""
        if not self._over.is_set() and threading.get_ident() != self._taker:
            left = self._until - self._clock()
            if left > 0:
                self._over.wait(left)


KEYS = KeysFirst()
"""Those of this process: it has one terminal and one interpreter."""
