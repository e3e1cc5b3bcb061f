"""Events on their way from other threads to the one that speaks: kept while somebody waits for them, else passed over.

Knows queues. It must not know what any event means.
"""

from __future__ import annotations

import queue
from collections.abc import Generator
from contextlib import contextmanager

from wizard.events import Event
from wizard.walk import Walk

Heard = queue.SimpleQueue[Event]


class Ear:
    """The one listener of a conversation."""

    def __init__(self, walk: Walk) -> None:
        self._heard: Heard | None = None
        walk.listen(self._hear)

    @contextmanager
    def listening(self) -> Generator[Heard]:
        """Everything that happens from now on, in order, until the end of the block."""
        self._heard = heard = queue.SimpleQueue[Event]()
        try:
            yield heard
        finally:
            self._heard = None

    def _hear(self, event: Event) -> None:
        heard = self._heard
        if heard is not None:
            heard.put(event)
