"""The exit status of every command, by the table of the manual: the first that applies wins."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    """An operation or the verification failed."""
    USAGE = 2
    """Bad usage or bad answers."""
    BLOCKED = 3
    """A blocking finding before a change, or findings remain."""
    UNREACHABLE = 4
    """A needed host could not be reached or refused the login."""
    CANCELLED = 130


_ORDER = (Exit.CANCELLED, Exit.USAGE, Exit.UNREACHABLE, Exit.FAILED, Exit.BLOCKED)


def first_of(*statuses: Exit) -> Exit:
    """The status that counts when several apply."""
    return next((status for status in _ORDER if status in statuses), Exit.DONE)
