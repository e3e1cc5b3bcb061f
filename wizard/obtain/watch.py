"""What every way of obtaining shares: a look at the stop flag, throttled progress, and the refusal of one place.

It must not know any place, archive or file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from ..connection import ConnectionFailed, Stop
from ..spec import HERE

CHUNK = 1024 * 1024
POLL = 0.1
"""Seconds between two looks at the stop flag while something else is waited for."""


class Readable(Protocol):
    """What members and archives are read from: at most `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class NotUsable(Exception):
    """One place gave no distribution; the text says why in a phrase. Another place may still be tried."""


@dataclass(slots=True)
class Watch:
    """Looks at `stop`, and reports at most ten times a second through `moved` (bytes done, bytes in all or None)."""

    stop: Stop
    moved: Callable[[int, int | None], None]
    _last: float = 0.0

    def check(self) -> None:
        """Raises ConnectionFailed (kind "cancelled") when a stop is asked for."""
        if self.stop.is_set():
            raise ConnectionFailed(HERE, "cancelled", "Stopped while Flink was being obtained.")

    def at(self, done: int, total: int | None) -> None:
        """Report where it stands, and `check`."""
        self.check()
        now = time.monotonic()
        if now - self._last >= POLL or done == total:
            self._last = now
            self.moved(done, total)

    def pause(self, seconds: float) -> None:
        """Wait, and `check` meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(POLL, left))


def shown_address(address: str) -> str:
    """The address without what may be secret in it: a login, and everything after a question mark."""
    if "://" not in address:
        return address
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
