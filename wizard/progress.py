"""How far a run has come: stages, hosts, bytes, and the questions that wait for the operator.

A sink that follows the events of a run and gives an immutable picture of it at any time, from any thread, so that a
front end may look as often as it likes and miss nothing. It must not know who looks, nor decide anything.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from . import events
from .events import ConsentAsked, Event, Paused, ProofMade
from .showing import command_title

WINDOW = 5.0
"""Seconds of a transfer over which its rate is taken."""

LEAST = 0.5
"""Seconds that a transfer must have been watched before a rate is told."""


@dataclass(frozen=True, slots=True)
class StageProgress:
    """`steps` is 0 until the stage begins; `ended` counts those of its steps that came to an end, however."""

    number: int
    title: str
    state: Literal["waiting", "running", "done"] = "waiting"
    steps: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class HostProgress:
    """`title` and `line` are of the operation and the command at hand, "" between two of them; `last` of the change before.

    `moved` bytes of `total` (None: unknown) of the transfer at hand, None when nothing moves; `rate` in bytes a second, 0 while
    it is not known.
    """

    host: str
    state: Literal["waiting", "working", "paused", "lost", "failed", "stopped", "done"] = "waiting"
    title: str = ""
    line: str = ""
    last: str = ""
    moved: int | None = None
    total: int | None = None
    rate: float = 0.0
    changed: int = 0
    satisfied: int = 0
    failed: int = 0
    cause: str = ""

    @property
    def left(self) -> float | None:
        """Seconds until the transfer at hand has ended at its present rate; None where that cannot be said."""
        if self.moved is None or not self.total or self.rate <= 0:
            return None
        return max(self.total - self.moved, 0) / self.rate


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment. `outcome` is "" until it has ended; `seconds` since it began, or that it took."""

    serial: int = 0
    run_id: str = ""
    kind: str = ""
    seconds: float = 0.0
    outcome: str = ""
    note: str = ""
    stages: tuple[StageProgress, ...] = ()
    hosts: tuple[HostProgress, ...] = ()
    asked: tuple[Paused | ConsentAsked, ...] = ()
    proofs: tuple[ProofMade, ...] = ()
    failures: tuple[events.OperationFinished, ...] = ()
    """Operations that failed and did not succeed in a later try."""

    @property
    def done(self) -> float:
        """The share of the run that is behind, 0 to 1: whole stages, and of the one at hand its ended steps."""
        if not self.stages:
            return 0.0
        whole = sum(
            1.0 if stage.state == "done" else stage.ended / stage.steps if stage.steps else 0.0
            for stage in self.stages
        )
        return min(whole / len(self.stages), 1.0)

    @property
    def left(self) -> float | None:
        """Seconds until everything that moves just now has arrived; None where nothing moves or it cannot be said."""
        moving = [host for host in self.hosts if host.moved is not None]
        known = [host.left for host in moving]
        return max((left for left in known if left is not None), default=None) if None not in known else None


@dataclass(slots=True)
class _Host:
    title: str = ""
    line: str = ""
    last: str = ""
    samples: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    total: int | None = None
    changed: int = 0
    satisfied: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """Operation or proof → its cause."""
    lost: str = ""

    def rest(self) -> None:
        self.title = self.line = ""
        self.samples.clear()

    @property
    def rate(self) -> float:
        if len(self.samples) < 2:
            return 0.0
        (first, before), (last, now) = self.samples[0], self.samples[-1]
        return (now - before) / (last - first) if last - first >= LEAST else 0.0


class Follower:
    """Follows the newest run. Events may come from any thread; `now` may be asked by any other."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._serial = 0
        self._reset("", "", (), ())

    def begin(self) -> None:
        """A run is about to begin: what was followed before is over."""
        with self._lock:
            self._reset("", "", (), ())
            self._serial += 1

    def answered(self, number: int) -> None:
        """The operator has chosen: the question does not wait any more."""
        with self._lock:
            if self._asked.pop(number, None) is not None:
                self._serial += 1

    def dismiss(self) -> None:
        """No question waits any more: the run was asked to end."""
        with self._lock:
            self._asked.clear()
            self._serial += 1

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._follow(event):
                self._serial += 1

    @property
    def serial(self) -> int:
        """Changes whenever `now` would."""
        with self._lock:
            return self._serial

    def now(self) -> Progress:
        """The run as it stands."""
        with self._lock:
            paused = {one.host for one in self._asked.values()}
            seconds = self._seconds
            if self._run_id and not self._outcome:
                seconds = self._clock() - self._started
            return Progress(
                self._serial,
                self._run_id,
                self._kind,
                seconds,
                self._outcome,
                self._note,
                tuple(self._stage(number, title) for number, title in enumerate(self._stages, 1)),
                tuple(self._host(name, one, name in paused) for name, one in self._hosts.items()),
                tuple(self._asked[number] for number in sorted(self._asked)),
                tuple(self._proofs.values()),
                tuple(self._failures.values()),
            )

    def _reset(self, run_id: str, kind: str, stages: tuple[str, ...], hosts: tuple[str, ...]) -> None:
        self._run_id, self._kind, self._stages = run_id, kind, stages
        self._hosts = {host: _Host() for host in hosts}
        self._started = self._clock()
        self._seconds = 0.0
        self._outcome = self._note = ""
        self._at, self._steps = 0, 0
        self._over = False
        self._ended: set[tuple[str, str]] = set()
        self._asked: dict[int, Paused | ConsentAsked] = {}
        self._proofs: dict[tuple[str, str], ProofMade] = {}
        self._failures: dict[tuple[str, str], events.OperationFinished] = {}

    def _stage(self, number: int, title: str) -> StageProgress:
        if number < self._at or (number == self._at and self._over):
            return StageProgress(number, title, "done")
        if number > self._at:
            return StageProgress(number, title)
        return StageProgress(number, title, "running", self._steps, min(len(self._ended), self._steps))

    def _host(self, name: str, one: _Host, paused: bool) -> HostProgress:
        if one.lost:
            state = "lost"
        elif paused:
            state = "paused"
        elif one.title:
            state = "working"
        elif self._outcome:
            whole = self._over and self._at == len(self._stages)
            state = "failed" if one.failed else "done" if whole else "stopped"
        else:
            state = "waiting"
        return HostProgress(
            name,
            state,
            one.title,
            one.line,
            one.last,
            one.samples[-1][1] if one.samples else None,
            one.total,
            one.rate,
            one.changed,
            one.satisfied,
            len(one.failed),
            one.lost or next(iter(one.failed.values()), ""),
        )

    def _of(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())

    def _follow(self, event: Event) -> bool:
        match event:
            case events.RunStarted():
                self._reset(event.run_id, event.kind, event.stages, event.hosts)
            case events.StageStarted():
                self._at, self._steps, self._over = event.number, event.operations, False
                self._ended.clear()
            case events.StageFinished():
                self._over = True
            case events.OperationStarted():
                self._of(event.host).title = event.title
                self._ended.discard((event.host, event.operation))
            case events.CommandStarted():
                self._of(event.host).line = command_title(event.command)
            case events.CommandFinished():
                one = self._of(event.host)
                one.line = ""
                one.samples.clear()
            case events.BytesMoved():
                self._moved(event)
            case events.OperationFinished():
                self._finished(event)
            case events.ProofMade():
                self._proved(event)
            case events.HostDropped():
                one = self._of(event.host)
                one.rest()
                if event.kind != "cancelled":  # what the operator breaks off is no failure of a host
                    one.lost = event.cause or "Takes no further part in this run."
            case events.Paused() | events.ConsentAsked():
                self._asked[event.number] = event
            case events.RunFinished():
                self._run_id = event.run_id
                self._outcome, self._seconds, self._note = event.outcome, event.seconds, event.note
                self._asked.clear()
                for one in self._hosts.values():
                    one.rest()
            case _:
                return False
        return True

    def _moved(self, event: events.BytesMoved) -> None:
        one, now = self._of(event.host), self._clock()
        if one.samples and event.done < one.samples[-1][1]:
            one.samples.clear()
        one.total = event.total
        one.samples.append((now, event.done))
        while len(one.samples) > 2 and now - one.samples[0][0] > WINDOW:
            one.samples.popleft()

    def _finished(self, event: events.OperationFinished) -> None:
        one = self._of(event.host)
        one.rest()
        key = (event.host, event.operation)
        if event.status == "failed":
            one.failed[event.operation] = event.cause
            self._failures[key] = event
            return  # it has not ended: it may be tried again
        one.failed.pop(event.operation, None)
        self._failures.pop(key, None)
        one.changed += event.status == "changed"
        one.satisfied += event.status == "satisfied"
        if event.status == "changed":
            one.last = event.title
        self._ended.add(key)

    def _proved(self, event: ProofMade) -> None:
        one = self._of(event.host)
        self._proofs[event.host, event.proof] = event
        self._ended.add((event.host, event.proof))
        if event.good or event.skipped:
            one.failed.pop(event.proof, None)
            one.satisfied += event.good
        else:
            one.failed[event.proof] = event.observed
