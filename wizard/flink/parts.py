"""The parts of a daemon's memory, and what it means that they cannot be had.

Values and sums only. It must not know how a part is computed. Sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.flink.sizes import MIB


class MemoryImpossible(ValueError):
    """Flink would refuse to start with these sizes; the text is its reason in our words."""


@dataclass(frozen=True, slots=True)
class TaskManagerMemory:
    """One TaskManager. `heap` is -Xmx. On <= 1.9 metaspace, overhead and direct are unlimited (None).

    `managed` up to 1.9 is what Flink aims at when half an empty heap is free for it, not a promise.
    """

    heap: int
    task_heap: int
    framework_heap: int
    managed: int
    managed_on_heap: bool
    network: int
    network_on_heap: bool
    framework_off_heap: int
    task_off_heap: int
    metaspace: int | None
    overhead: int | None
    direct: int | None

    @property
    def total_flink(self) -> int:
        """What the operator's size of Flink itself is: without metaspace and overhead."""
        outside = (0 if self.managed_on_heap else self.managed) + (
            0 if self.network_on_heap else self.network
        )
        return self.heap + outside + self.framework_off_heap + self.task_off_heap

    @property
    def total_process(self) -> int | None:
        """The size Flink plans for the whole process, None on lines that plan none (<= 1.9)."""
        return _process(self.total_flink, self.metaspace, self.overhead)

    @property
    def footprint(self) -> int:
        """The memory to set aside on the host: the planned process, or Flink's part and room for the JVM."""
        planned = self.total_process
        return self.total_flink + jvm_room(self.total_flink) if planned is None else planned

    def parts(self) -> tuple[tuple[str, int], ...]:
        """What to draw as one bar: names and sizes that add up to the process (<= 1.9: to Flink's part)."""
        heap = self.task_heap - (self.managed if self.managed_on_heap else 0)
        heap -= self.network if self.network_on_heap else 0
        named = (
            ("framework heap", self.framework_heap),
            ("task heap", heap),
            ("managed", self.managed),
            ("network", self.network),
            ("framework off-heap", self.framework_off_heap),
            ("task off-heap", self.task_off_heap),
            ("metaspace", self.metaspace or 0),
            ("overhead", self.overhead or 0),
        )
        return tuple((name, size) for name, size in named if size)


@dataclass(frozen=True, slots=True)
class JobManagerMemory:
    """One JobManager. `heap` is -Xmx. Up to 1.10 there is no plan for metaspace and overhead (None)."""

    heap: int
    off_heap: int
    metaspace: int | None
    overhead: int | None

    @property
    def total_flink(self) -> int:
        return self.heap + self.off_heap

    @property
    def total_process(self) -> int | None:
        """The size Flink plans for the whole process, None on lines that plan none."""
        return _process(self.total_flink, self.metaspace, self.overhead)

    @property
    def footprint(self) -> int:
        """The memory to set aside on the host."""
        planned = self.total_process
        return self.heap + jvm_room(self.heap) if planned is None else planned

    def parts(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes that add up to the process."""
        named = (
            ("heap", self.heap),
            ("off-heap", self.off_heap),
            ("metaspace", self.metaspace or 0),
            ("overhead", self.overhead or 0),
        )
        return tuple((name, size) for name, size in named if size)


def _process(flink: int, metaspace: int | None, overhead: int | None) -> int | None:
    return None if metaspace is None or overhead is None else flink + metaspace + overhead


def jvm_room(heap: int) -> int:
    """What a JVM takes beside its heap where Flink plans nothing: a tenth and 256 MiB."""
    return heap // 10 + 256 * MIB
