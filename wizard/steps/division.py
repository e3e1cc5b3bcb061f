"""How the memory of the hosts divides between the daemons and the system: one division for hosts that are alike.

Computed as Flink computes it, from what was settled. It must not know how a bar is drawn. Sizes are MiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..desired import Desired, Node
from ..flink.memory import MemoryImpossible, jobmanager_memory, taskmanager_memory
from ..flink.sizes import MIB
from ..view import View

PartName = Literal[
    "heap", "managed", "network", "off-heap", "metaspace", "overhead", "JVM", "JobManager", "system"
]

Size = tuple[PartName, int]

_NAMES: Mapping[str, PartName] = {
    "framework heap": "heap",
    "task heap": "heap",
    "managed": "managed",
    "network": "network",
    "framework off-heap": "off-heap",
    "task off-heap": "off-heap",
    "metaspace": "metaspace",
    "overhead": "overhead",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the bar, in MiB; those of the TaskManagers are of all of them together."""

    name: PartName
    mib: int


@dataclass(frozen=True, slots=True)
class Division:
    """The memory of hosts that are alike. The parts add up to `total` MiB, unless `short` MiB are missing.

    `taskmanager` is what one TaskManager takes, with everything. `problem` is why Flink would refuse the sizes.
    """

    hosts: tuple[str, ...]
    total: int
    taskmanagers: int
    taskmanager: int
    jobmanager: int
    parts: tuple[Part, ...]
    short: int = 0
    problem: str = ""

    def mib(self, name: PartName) -> int:
        return sum(part.mib for part in self.parts if part.name == name)


def divisions(view: View) -> tuple[Division, ...]:
    """A division for each class of hosts that were read, in the order of the spec."""
    desired = view.desired
    if desired is None:
        return ()
    classes: dict[tuple[object, ...], Division] = {}
    for name, node in desired.nodes.items():
        seen = view.facts[name]
        if not seen.reached or not seen.memory_mib or not seen.cores:
            continue
        one = divide(desired, node, name, seen.memory_mib)
        # Equal machines report a few MiB more or less: what is left to the system may differ within a class.
        daemons = tuple(part for part in one.parts if part.name != "system")
        alike = (daemons, one.problem, one.taskmanagers, bool(one.short), round(one.total / 1024))
        known = classes.get(alike)
        if known is None:
            classes[alike] = one
        else:
            smaller = known if known.total <= one.total else one
            classes[alike] = replace(smaller, hosts=(*known.hosts, name))
    return tuple(classes.values())


def divide(desired: Desired, node: Node, name: str, total: int) -> Division:
    """The division of one host of `total` MiB."""
    config, line, count = dict(node.config), desired.line, node.taskmanagers
    parts: list[Part] = []
    jobmanager = taskmanager = 0
    try:
        if count:
            memory = taskmanager_memory(line, config, desired.spec.flink.version)
            taskmanager = memory.footprint // MIB
            sizes: list[Size] = [(_NAMES[part], size * count) for part, size in memory.parts()]
            room = memory.footprint - sum(size for _, size in memory.parts())
            parts += _whole([*sizes, ("JVM", room * count)])
        if node.runs_jobmanager:
            jobmanager = jobmanager_memory(line, config).footprint // MIB
            parts.append(Part("JobManager", jobmanager))
    except MemoryImpossible as impossible:
        return Division(
            (name,), total, count, taskmanager, jobmanager, (Part("system", total),), 0, str(impossible)
        )
    taken = sum(part.mib for part in parts)
    left = max(total - taken, 0)
    parts += [Part("system", left)] if left else []
    return Division((name,), total, count, taskmanager, jobmanager, tuple(parts), max(taken - total, 0))


def _whole(sizes: Sequence[Size]) -> list[Part]:
    """Bytes as MiB of which the sum is right too; equal names joined."""
    joined: dict[PartName, int] = {}
    for name, size in sizes:
        joined[name] = joined.get(name, 0) + size
    parts: list[Part] = []
    before = 0
    for name, size in joined.items():
        begin, before = before // MIB, before + size
        parts.append(Part(name, before // MIB - begin))
    return [part for part in parts if part.mib > 0]
