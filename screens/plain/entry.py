"""The door of line mode: begins the conversation, and takes what ends it from outside.

Knows signals. It must not know any step.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType

from wizard.walk import Walk

from .console import Console
from .talk import Talk
from .walking import Walking

INSIST = 0.5
"""Seconds after which a request to end that went unheard is made again."""


class _HungUp(SystemExit):
    """The terminal is gone, or somebody asked the program to end."""


def run(walk: Walk) -> int:
    """Ask, show and apply line by line; the exit status."""
    try:
        with _hang_up_ends():
            return Walking(walk, Talk(Console(walk.mask))).run()
    except (_HungUp, KeyboardInterrupt, OSError):
        walk.cancel()
        return 130


@contextmanager
def _hang_up_ends() -> Generator[None]:
    """SIGHUP and SIGTERM end the conversation at once, also at a prompt: nobody is there to be asked any more."""
    before: dict[signal.Signals, object] = {}

    def taken(number: int, frame: FrameType | None) -> None:
        del number
        # An exception that is raised within a callback of the interpreter goes nowhere: then it comes again.
        signal.setitimer(signal.ITIMER_REAL, INSIST)
        if not _importing(frame):
            raise _HungUp(130)

    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGALRM):
        # Only the main thread may; elsewhere signals stay whose they are.
        with suppress(ValueError):
            before[number] = signal.signal(number, taken)
    try:
        yield
    finally:
        if before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, old in before.items():
            signal.signal(number, old)  # type: ignore[arg-type]


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported here: an exception in there would leave its lock to nobody, for ever."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
