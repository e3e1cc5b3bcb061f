"""Where time and chance enter a walk: what o'clock it is, how long something took, and what tells two runs apart.

Knows the clocks of this machine. It must not know what is dated with them; whoever needs the same picture twice gives
others.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """`now` is in seconds since the epoch, `elapsed` in seconds since some moment and never set back; `token` ends the
    name of a run."""

    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic
    token: Callable[[], str] = lambda: secrets.token_hex(2)


REAL = Times()
"""Those of this machine."""
