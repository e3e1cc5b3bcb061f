"""A plan: stages of operations and proofs in the order in which they happen. Reading the tuple explains the run.

Knows order and nothing else. The plans themselves are made in `wizard/plans/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .needs import Need
from .operations.operation import Operation, Proof

Step = Operation | Proof


@dataclass(frozen=True, slots=True)
class Stage:
    """Hosts run side by side within a stage; on one host its steps run in order. All hosts end a stage together."""

    title: str
    steps: tuple[Step, ...]

    def by_host(self) -> Mapping[str, tuple[Step, ...]]:
        hosts: dict[str, list[Step]] = {}
        for step in self.steps:
            hosts.setdefault(step.host, []).append(step)
        return {host: tuple(steps) for host, steps in hosts.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """`kind` is install, repair, add-worker …; `master` is the host whose failure ends the run.

    `essential` hosts end the run when they fail (the master, the control machine). `closing` runs at the end, come what may.
    """

    run_id: str
    kind: str
    cluster: str
    master: str
    stages: tuple[Stage, ...]
    closing: tuple[Step, ...] = ()
    essential: frozenset[str] = frozenset()

    @property
    def steps(self) -> Iterator[Step]:
        for stage in self.stages:
            yield from stage.steps
        yield from self.closing

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.host for step in self.steps))

    def needs(self) -> dict[str, tuple[Need, ...]]:
        """Everything that any step needs, per host, once: the first reading of a run."""
        return merged_needs(step.needs() for step in self.steps)


def merged_needs(many: Iterable[Mapping[str, tuple[Need, ...]]]) -> dict[str, tuple[Need, ...]]:
    wanted: dict[str, dict[Need, None]] = {}
    for needs in many:
        for host, items in needs.items():
            wanted.setdefault(host, {}).update(dict.fromkeys(items))
    return {host: tuple(items) for host, items in wanted.items()}
