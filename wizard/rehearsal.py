"""A run without hosts: the plan is carried out in memory, at a pace that can be followed.

For the dry run (hosts are read, and where that fails imagined) and for practice (all hosts are imagined). It must not
know how a host is reached, nor how anything is shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from . import events
from .commands import Command, lines_of
from .connection import ConnectionFailed, Stop
from .events import Sink
from .facts import ClusterFacts, HostFacts, LoginFailure
from .imagined import ImaginedExecutor, ImaginedProber, World, assume_proofs
from .needs import Need
from .operations.operation import Operation
from .parts import CommandFailed, Prober
from .plan import Plan
from .readings import Readings
from .runner import Pace, Performance
from .spec import ClusterSpec


class Tempo:
    """How fast a rehearsal goes: seconds a command, changed at any time; 0 is at once."""

    def __init__(self, seconds: float = 0.15) -> None:
        self.seconds = seconds
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
        self.executor.perform(operation, commands, facts, stop, _nowhere)


@dataclass(slots=True)
class RehearsalParts:
    """Parts whose prober reads (really, or imagined) and whose performance happens in memory."""

    prober: Prober
    tempo: Tempo
    fault: Callable[[Operation], CommandFailed | None] = lambda operation: None

    def performance(self, plan: Plan, readings: Readings, run_id: str, stop: Stop) -> Performance:
        """The plan on an imagined copy of what was read, its proofs taken for good."""
        del run_id
        world = World(readings.facts)
        there = Readings(ImaginedProber(world), stop, readings.facts)
        executor = PacedExecutor(ImaginedExecutor(world), self.tempo, self.fault)
        return Performance(assume_proofs(plan, world), there, executor, Pace(0.0))

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class OrImagined:
    """A prober that imagines what it could not read: a host like one that was read, without any Flink."""

    prober: Prober
    like: HostFacts

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`. A host key that was not confirmed and a refused login stay failures: they can be mended."""
        read = self.prober.read(wanted, stop, report)
        return {name: self._or(facts) for name, facts in read.items()}

    def _or(self, facts: HostFacts) -> HostFacts:
        if facts.failure is None or facts.failure.kind in {
            "auth",
            "host-key-unknown",
            "host-key-changed",
            "cancelled",
        }:
            return facts
        return replace(self.like, name=facts.name, hostname=facts.name, imagined=True)


class RehearsalReach:
    """A dry run's way to the hosts: `reach` reads, nothing writes."""

    def __init__(self, reach: _Reading, like: HostFacts, tempo: Tempo) -> None:
        self._reach = reach
        self._like = like
        self.tempo = tempo

    def parts(self, spec: ClusterSpec) -> RehearsalParts:
        """See `walk.Reach`."""
        return RehearsalParts(OrImagined(self._reach.parts(spec).prober, self._like), self.tempo)

    def identity(self, spec: ClusterSpec, host: str) -> str:
        return self._reach.identity(spec, host)

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        self._reach.forget(spec, hosts)

    def close(self) -> None:
        self._reach.close()


class PracticeReach:
    """Practice: every host is one of the scenario's, or like its last; a login that fails can be mended."""

    def __init__(self, scenario: Scenario, tempo: Tempo) -> None:
        self._scenario = scenario
        self.tempo = tempo
        self._mended = False

    def parts(self, spec: ClusterSpec) -> RehearsalParts:
        """See `walk.Reach`."""
        del spec
        return RehearsalParts(
            _ScenarioProber(self._scenario, self.tempo, lambda: self._mended), self.tempo, self._fault
        )

    def identity(self, spec: ClusterSpec, host: str) -> str:
        del spec
        return host

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        """Reading anew finds the scenario's trouble mended: somebody has gone and seen to it."""
        del spec
        if self._scenario.trouble is not None and self._scenario.trouble.host in hosts:
            self._mended = True

    def close(self) -> None:
        """Nothing is open."""

    def _fault(self, operation: Operation) -> CommandFailed | None:
        trouble = self._scenario.trouble
        if trouble is None or trouble.operation is None or self._mended:
            return None
        if operation.host != trouble.host or not operation.id.startswith(trouble.operation):
            return None
        self._mended = True
        return CommandFailed(operation.host, trouble.cause, trouble.evidence, trouble.action)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong in a scenario.

    It is a failed login (`kind`), an operation that fails once (`operation` is the beginning of its id), or facts
    that a check finds; then it lies in the scenario's hosts themselves.
    """

    id: str
    title: str
    host: str
    kind: str = ""
    operation: str | None = None
    cause: str = ""
    evidence: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An imagined cluster: its hosts before anything was done, and one thing that is wrong."""

    name: str
    hosts: Mapping[str, HostFacts]
    trouble: Trouble | None = None

    def host(self, name: str) -> HostFacts:
        """The facts of that host; one that the scenario does not know is like its last."""
        like = self.hosts.get(name) or tuple(self.hosts.values())[-1]
        return replace(like, name=name, hostname=name, imagined=True)


@dataclass(slots=True)
class _ScenarioProber:
    scenario: Scenario
    tempo: Tempo
    mended: Callable[[], bool]

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`."""
        told = report or _nowhere
        read: dict[str, HostFacts] = {}
        for host in wanted:
            try:
                self.tempo.beat(stop, host)
            except ConnectionFailed as over:
                read[host] = HostFacts(host, LoginFailure(over.kind, over.cause))
                continue
            read[host] = self._one(host)
            failure = read[host].failure
            told(
                events.HostLooked(host, self.tempo.seconds, failure.cause, failure.action, failure.kind)
                if failure
                else events.HostLooked(host, self.tempo.seconds)
            )
        return read

    def _one(self, host: str) -> HostFacts:
        trouble = self.scenario.trouble
        if trouble is not None and trouble.kind and trouble.host == host and not self.mended():
            failure = LoginFailure(trouble.kind, trouble.cause, trouble.evidence, trouble.action)
            return HostFacts(host, failure)
        return self.scenario.host(host)


class _Reading(Protocol):
    """What a rehearsal takes of a real reach."""

    def parts(self, spec: ClusterSpec) -> _WithProber: ...

    def identity(self, spec: ClusterSpec, host: str) -> str: ...

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None: ...

    def close(self) -> None: ...


class _WithProber(Protocol):
    @property
    def prober(self) -> Prober: ...


def _nowhere(event: events.Event) -> None:
    del event
