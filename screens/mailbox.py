"""Events on their way from the engine's threads to the screen: bounded, in order, and never waiting for a reader.

Knows which events replace older ones. It must not know who shows them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from wizard import events
from wizard.events import Event

MOST = 4_000_000
"""Characters of output that may wait; beyond that new pieces are counted and left out."""

PIECE = 4_096
"""Characters up to which output of one host that follows on other output of it becomes one piece."""

Stamped = tuple[float, Event]


class Mailbox:
    """`put` from any thread, `take` from one.

    Of the bytes that move on a host only the newest waits. Output that follows on output is one event with it. Output
    beyond `most` is dropped, everything else is kept: a question of the run or its end is never lost.
    """

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[list[Stamped]] = deque()
        self._moving: dict[str, list[Stamped]] = {}
        self._lost = 0
        self._output = 0

    def put(self, event: Event) -> None:
        """Take an event in, stamped with the time (s since the epoch)."""
        if isinstance(event, events.ViewChanged):
            return  # whoever shows a view takes the newest
        stamped: Stamped = (self._clock(), event)
        letter: list[Stamped] = [stamped]
        with self._lock:
            if isinstance(event, events.OutputArrived):
                if self._output >= self._most:
                    self._lost += 1
                    return
                self._output += len(event.text)
                if self._joined(event):
                    return
            if isinstance(event, events.BytesMoved):
                older = self._moving.get(event.host)
                if older is not None:
                    older[0] = stamped
                    return
                self._moving[event.host] = letter
            else:
                self._settle(getattr(event, "host", ""))
            self._waiting.append(letter)

    def take(self, most: int) -> Iterator[Stamped]:
        """The oldest events that wait, at most so many."""
        with self._lock:
            letters = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            for letter in letters:
                event = letter[0][1]
                if isinstance(event, events.BytesMoved):
                    self._moving.pop(event.host, None)
                elif isinstance(event, events.OutputArrived):
                    self._output -= len(event.text)
            lost, self._lost = self._lost, 0
        yield from (letter[0] for letter in letters)
        if lost:
            words = f"{lost} pieces of output came faster than they can be shown and were left out."
            yield self._clock(), events.Note(words)

    def __len__(self) -> int:
        return len(self._waiting)

    def _joined(self, event: events.OutputArrived) -> bool:
        """Whether this output could be put behind what came last."""
        if not self._waiting:
            return False
        at, last = self._waiting[-1][0]
        if not isinstance(last, events.OutputArrived) or len(last.text) + len(event.text) > PIECE:
            return False
        if (last.host, last.stream) != (event.host, event.stream):
            return False
        self._waiting[-1][0] = at, events.OutputArrived(event.host, event.stream, last.text + event.text)
        return True

    def _settle(self, host: str) -> None:
        """Bytes that move after this event are told after it."""
        if host:
            self._moving.pop(host, None)
        else:
            self._moving.clear()
