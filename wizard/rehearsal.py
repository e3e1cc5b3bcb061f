"""A run without hosts: the plan is carried out in memory, at a pace that can be followed.

For the dry run (hosts are read, and where that fails imagined) and for practice (`practice.py`). It must not know how
a host is reached, nor how anything is shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from . import events
from .commands import Command, lines_of
from .connection import ConnectionFailed, Stop
from .events import Sink, nowhere
from .facts import ClusterFacts, HostFacts
from .imagined import ImaginedExecutor, ImaginedProber, World, assume_proofs
from .imaginedhost import answered, home_of
from .needs import Need
from .operations.operation import Operation
from .parts import CommandFailed, Prober
from .plan import Plan
from .readings import Readings
from .runner import Pace, Performance
from .spec import ClusterSpec
from .times import REAL

MENDABLE = frozenset(
    {
        "auth",
        "host-key-unknown",
        "host-key-changed",
        "host-key-revoked",
        "key-unreadable",
        "key-locked",
        "cancelled",
    }
)
"""Failures that an operator can mend at once: a host with one of them is not imagined."""


class Tempo:
    """How fast a rehearsal goes: seconds a command, changed at any time; 0 is at once. `clock` tells how long it took."""

    def __init__(self, seconds: float = 0.15, clock: Callable[[], float] = REAL.elapsed) -> None:
        self.seconds = seconds
        self.clock = clock
        self._wait = threading.Event()

    def beat(self, stop: Stop, host: str) -> None:
        """Let one command take its time. Raises ConnectionFailed (cancelled) once `stop` is set."""
        left = self.seconds
        while left > 0 and self.seconds > 0:
            if stop.is_set():
                break
            self._wait.wait(min(left, 0.05))
            left -= 0.05
        if stop.is_set():
            raise ConnectionFailed(host, "cancelled", "The run was cancelled.")


@dataclass(slots=True)
class PacedExecutor:
    """Records commands and makes expectations true, each command in its own time. `fault` may fail one."""

    executor: ImaginedExecutor
    tempo: Tempo
    fault: Callable[[Operation], CommandFailed | None] = lambda operation: None

    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        """See `parts.Executor`."""
        wrong = self.fault(operation)
        for number, command in enumerate(commands):
            line = lines_of(command)
            report(events.CommandStarted(operation.host, operation.id, command, line))
            self.tempo.beat(stop, operation.host)
            status = 1 if wrong and number == len(commands) - 1 else 0
            tail = wrong.evidence if wrong and status else ""
            report(
                events.CommandFinished(
                    operation.host, operation.id, command, line, status, self.tempo.seconds, tail
                )
            )
        if wrong is not None:
            raise wrong
        self.executor.perform(operation, commands, facts, stop, nowhere)


@dataclass(slots=True)
class RehearsalParts:
    """Parts whose prober reads (really, or imagined) and whose performance happens in memory."""

    prober: Prober
    tempo: Tempo
    fault: Callable[[Operation], CommandFailed | None] = lambda operation: None
    world: Callable[[ClusterFacts], World] = World

    def performance(self, plan: Plan, readings: Readings, run_id: str, stop: Stop) -> Performance:
        """The plan on an imagined copy of what was read, its proofs taken for good."""
        del run_id
        world = self.world(readings.facts)
        there = Readings(ImaginedProber(world), stop, readings.facts)
        executor = PacedExecutor(ImaginedExecutor(world), self.tempo, self.fault)
        return Performance(assume_proofs(plan, world), there, executor, Pace(0.0, self.tempo.clock))

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class OrImagined:
    """A prober that imagines what it could not read: `like` gives a host of that name, without any Flink."""

    prober: Prober
    like: Callable[[str], HostFacts]

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`. A host key that was not confirmed and a refused login stay failures: they can be mended."""
        read = self.prober.read(wanted, stop, report)
        return {name: self._or(facts, wanted[name]) for name, facts in read.items()}

    def _or(self, facts: HostFacts, needs: Sequence[Need]) -> HostFacts:
        if facts.failure is None or facts.failure.kind in MENDABLE:
            return facts
        return answered(self.like(facts.name), needs)


class RehearsalReach:
    """A dry run's way to the hosts: `reach` reads, nothing writes."""

    def __init__(self, reach: _Reading, like: HostFacts, tempo: Tempo) -> None:
        self._reach = reach
        self._like = like
        self.tempo = tempo

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RehearsalParts:
        """See `walk.Reach`."""
        prober = OrImagined(self._reach.parts(spec, stop).prober, lambda name: self._host(spec, name))
        return RehearsalParts(prober, self.tempo)

    def identity(self, spec: ClusterSpec, host: str) -> str:
        return self._reach.identity(spec, host)

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        self._reach.forget(spec, hosts)

    def close(self) -> None:
        self._reach.close()

    def _host(self, spec: ClusterSpec, name: str) -> HostFacts:
        """A typical host of that name, with the account that the answers name."""
        one = next((host for host in spec.hosts if host.name == name), None)
        user = (one.user if one else None) or spec.user
        ssh = replace(self._like.ssh, home_owner=user) if self._like.ssh else None
        account = {"user": user, "groups": (user,), "home": home_of(user), "ssh": ssh}
        uid = 0 if user == "root" else self._like.uid
        return replace(self._like, name=name, hostname=name, imagined=True, uid=uid, **account)


class _Reading(Protocol):
    """What a rehearsal takes of a real reach."""

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> _WithProber: ...

    def identity(self, spec: ClusterSpec, host: str) -> str: ...

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None: ...

    def close(self) -> None: ...


class _WithProber(Protocol):
    @property
    def prober(self) -> Prober: ...
