"""A cluster in memory: a Prober and an Executor that read and change facts instead of hosts.

A preview runs a plan on it, practice and unit tests live on it. It believes what operations say of themselves
(`expected`) and knows nothing else: no command is interpreted here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from . import events
from .commands import Command, lines_of
from .connection import Stop
from .events import Sink
from .facts import ClusterFacts, HostFacts
from .needs import Need
from .operations.operation import Operation, Proof, Verdict
from .plan import Plan, Step


class World:
    """Facts that can be changed, by one change at a time."""

    def __init__(self, facts: ClusterFacts) -> None:
        self._facts = facts
        self._lock = threading.Lock()

    @property
    def facts(self) -> ClusterFacts:
        with self._lock:
            return self._facts

    def become(self, step: Step) -> None:
        """Make true what the step says will be true."""
        with self._lock:
            self._facts = step.expected(self._facts)


class ImaginedProber:
    """Reads the world. Every need is answered by the whole facts of its host."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        del stop, report
        facts = self._world.facts
        return {host: facts[host] for host in wanted}


@dataclass(frozen=True, slots=True)
class Done:
    """One operation as it was carried out: where, what, and with which commands."""

    host: str
    operation: str
    title: str
    commands: tuple[Command, ...]


class ImaginedExecutor:
    """Records the commands of each operation and makes its expectation true."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self.done: list[Done] = []

    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        del facts, stop
        for command in commands:
            line = lines_of(command)
            report(events.CommandStarted(operation.host, operation.id, command, line))
            report(events.CommandFinished(operation.host, operation.id, command, line, 0, 0.0))
        with self._lock:
            self.done.append(Done(operation.host, operation.id, operation.title, tuple(commands)))
        self._world.become(operation)


def assume_proofs(plan: Plan, world: World) -> Plan:
    """The plan with each proof made good beforehand in turn: what a preview assumes of what it cannot observe."""
    stages = tuple(
        replace(
            stage,
            steps=tuple(
                _Assumed(step.host, step, world) if isinstance(step, Proof) else step for step in stage.steps
            ),
        )
        for stage in plan.stages
    )
    return replace(plan, stages=stages)


@dataclass(frozen=True)
class _Assumed(Proof):
    """A proof in a preview: it makes its own expectation true and is then judged as ever."""

    proof: Proof
    world: World

    @property
    def id(self) -> str:
        return self.proof.id

    @property
    def title(self) -> str:
        return self.proof.title

    @property
    def fatal(self) -> bool:
        return self.proof.fatal

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return self.proof.needs()

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        del facts
        self.world.become(self.proof)
        return {}

    def judge(self, facts: ClusterFacts) -> Verdict:
        del facts
        return self.proof.judge(self.world.facts)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return self.proof.expected(facts)
