"""What a plan would do, found by running it on an imagined copy of the observed cluster.

Reading becomes projecting what operations expect, executing becomes recording: the runner is the same. A preview
cannot change a host, because nothing in it can reach one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from . import events
from .commands import Command
from .facts import ClusterFacts
from .imagined import Done, ImaginedExecutor, ImaginedProber, World, assume_proofs
from .operations.operation import Proof
from .plan import Plan
from .readings import Readings
from .runner import Consent, Outcome, Pace, Runner, no_job_loss


@dataclass(frozen=True, slots=True)
class Previewed:
    """One stage of a preview: operations that would change something, in the plan's order, and what is proved."""

    title: str
    done: tuple[Done, ...]
    proofs: tuple[tuple[str, str], ...]
    """(host, title) of each proof."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that would happen. `left` holds what would not: operations with their reason."""

    plan: Plan
    stages: tuple[Previewed, ...]
    closing: tuple[Done, ...]
    outcome: Outcome
    left: tuple[events.OperationFinished, ...]

    @property
    def done(self) -> Iterator[Done]:
        for stage in self.stages:
            yield from stage.done
        yield from self.closing

    @property
    def changes(self) -> int:
        return sum(1 for _ in self.done)

    def commands(self, host: str) -> tuple[Command, ...]:
        """Every command on that host, in order."""
        return tuple(command for done in self.done if done.host == host for command in done.commands)


def preview(plan: Plan, facts: ClusterFacts, consent: Consent = no_job_loss) -> Preview:
    """Run the plan on an imagined copy of these facts and say what happened there."""
    world = World(facts)
    executor = ImaginedExecutor(world)
    left: list[events.OperationFinished] = []

    def note(event: events.Event) -> None:
        if isinstance(event, events.OperationFinished) and event.status in {"failed", "skipped", "pending"}:
            left.append(event)

    stop = threading.Event()
    readings = Readings(ImaginedProber(world), stop, facts)
    runner = Runner(readings, executor, note, stop, consent=consent, pace=Pace(0.0), side_by_side=1)
    outcome = runner.run(assume_proofs(plan, world))
    by_step = {(done.host, done.operation): done for done in executor.done}
    stages = tuple(
        Previewed(
            stage.title,
            tuple(by_step[step.host, step.id] for step in stage.steps if (step.host, step.id) in by_step),
            tuple((step.host, step.title) for step in stage.steps if isinstance(step, Proof)),
        )
        for stage in plan.stages
    )
    closing = tuple(by_step[step.host, step.id] for step in plan.closing if (step.host, step.id) in by_step)
    return Preview(plan, stages, closing, outcome, tuple(left))
