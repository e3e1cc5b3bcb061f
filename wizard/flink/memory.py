"""How Flink divides the memory of a TaskManager and of a JobManager, computed as Flink computes it.

Mirrors Flink's own calculator (1.10+: byte for byte) and its start scripts (up to 1.9). It must not know any
host, and it decides no value. Sizes are bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from wizard.flink.catalogue import metaspace_mib
from wizard.flink.heapmemory import heap_jobmanager, heap_taskmanager
from wizard.flink.line import Line
from wizard.flink.parts import JobManagerMemory, MemoryImpossible, TaskManagerMemory
from wizard.flink.sizes import MIB, SizeUnreadable, parse_size, show_size

__all__ = [
    "JobManagerMemory",
    "MemoryImpossible",
    "TaskManagerMemory",
    "jobmanager_memory",
    "taskmanager_memory",
]

Config = Mapping[str, str]

_UNBOUNDED = (1 << 63) - 1
_TM = "taskmanager.memory."
_JM = "jobmanager.memory."
_OLD_NAMES = {
    _TM + "managed.size": "taskmanager.memory.size",
    _TM + "network.fraction": "taskmanager.network.memory.fraction",
    _TM + "network.min": "taskmanager.network.memory.min",
    _TM + "network.max": "taskmanager.network.memory.max",
}


@dataclass(frozen=True, slots=True)
class _Share:
    """A part that is a fraction of something, kept between bounds."""

    name: str
    fraction: float
    low: int
    high: int

    def of(self, base: int) -> int:
        return self._within(_times(base, self.fraction))

    def beside(self, base: int) -> int:
        """The part when `base` is all the rest."""
        return self._within(_times(base, self.fraction / (1 - self.fraction)))

    def check(self, size: int) -> None:
        if not self.low <= size <= self.high:
            bounds = f"{show_size(self.low)} to {'any' if self.high == _UNBOUNDED else show_size(self.high)}"
            raise MemoryImpossible(
                f"{self.name} would be {show_size(size)}, which is outside its bounds ({bounds})"
            )

    def _within(self, size: int) -> int:
        return max(self.low, min(self.high, size))


def taskmanager_memory(line: Line, config: Config, version: str | None = None) -> TaskManagerMemory:
    """How a TaskManager of `line` with `config` divides its memory. `version` matters to 1.10.0 only.

    Raises MemoryImpossible, with Flink's reason, when Flink would refuse to start it.
    """
    if line.memory.taskmanager.model != "process":
        return heap_taskmanager(line, config)
    if "taskmanager.memory.flink.size" not in config and line.memory.environment == "flink-size":
        config = _with_legacy(config, "taskmanager", "taskmanager.memory.flink.size")
    return _TaskManager(config, line, version or line.newest).divide()


def jobmanager_memory(line: Line, config: Config) -> JobManagerMemory:
    """How a JobManager of `line` with `config` divides its memory. Raises MemoryImpossible."""
    if line.memory.jobmanager.model != "process":
        return heap_jobmanager(line, config)
    if _JM + "heap.size" not in config and line.memory.environment == "flink-size":
        config = _with_legacy(config, "jobmanager", _JM + "heap.size")
    return _JobManager(config).divide()


class _Values:
    """Typed reading of a configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def has(self, key: str) -> bool:
        return key in self.config or _OLD_NAMES.get(key) in self.config

    def size(self, key: str, default: int | None = None) -> int:
        text = self._text(key)
        if text is None:
            return default if default is not None else 0
        try:
            return parse_size(text)
        except SizeUnreadable as unreadable:
            raise MemoryImpossible(f"{key}: {unreadable}") from unreadable

    def fraction(self, key: str, default: float) -> float:
        text = self._text(key)
        try:
            given = default if text is None else float(text)
        except ValueError as unreadable:
            raise MemoryImpossible(f"{key}: {text!r} is not a number") from unreadable
        if not 0 <= given < 1:
            raise MemoryImpossible(f"{key}: {text} is not between 0 and 1")
        return _float32(given)

    def share(self, name: str, stem: str, default: float, low: int, high: int) -> _Share:
        share = _Share(
            name,
            self.fraction(stem + "fraction", default),
            self.size(stem + "min", low),
            self.size(stem + "max", high),
        )
        if share.low > share.high:
            raise MemoryImpossible(
                f"{stem}min ({show_size(share.low)}) is more than {stem}max ({show_size(share.high)})"
            )
        return share

    def _text(self, key: str) -> str | None:
        text = self.config.get(key)
        if text is None:
            text = self.config.get(_OLD_NAMES.get(key, ""))
        return text


class _TaskManager(_Values):
    """The process model of 1.10+ (TaskExecutorFlinkMemoryUtils and ProcessMemoryUtils)."""

    def __init__(self, config: Config, line: Line, version: str) -> None:
        super().__init__(config)
        self.line = line
        self.metaspace = self.size(_TM + "jvm-metaspace.size", (metaspace_mib(version) or 0) * MIB)
        self.overhead = self.share("JVM overhead", _TM + "jvm-overhead.", 0.1, 192 * MIB, 1024 * MIB)
        top = line.memory.network.max_mib
        self.network = self.share(
            "network memory", _TM + "network.", 0.1, 64 * MIB, _UNBOUNDED if top is None else top * MIB
        )
        self.framework_heap = self.size(_TM + "framework.heap.size", 128 * MIB)
        self.framework_off_heap = self.size(_TM + "framework.off-heap.size", 128 * MIB)
        self.task_off_heap = self.size(_TM + "task.off-heap.size", 0)

    def divide(self) -> TaskManagerMemory:
        if self.has(_TM + "task.heap.size") and self.has(_TM + "managed.size"):
            parts = self._from_parts()
        elif self.has(_TM + "flink.size"):
            parts = self._from_flink(self.size(_TM + "flink.size"))
        elif self.has(_TM + "process.size"):
            process = self.size(_TM + "process.size")
            overhead = _overhead_within(process, self.metaspace, self.overhead)
            flink = process - self.metaspace - overhead
            return self._made(*self._from_flink(flink), overhead=overhead)
        else:
            raise MemoryImpossible(
                "no size is set: one of taskmanager.memory.process.size, taskmanager.memory.flink.size, or "
                "taskmanager.memory.task.heap.size with taskmanager.memory.managed.size is needed"
            )
        total = sum(parts) + self.framework_heap + self.framework_off_heap + self.task_off_heap
        process = self.size(_TM + "process.size") if self.has(_TM + "process.size") else None
        return self._made(*parts, overhead=_overhead_outside(process, total, self.metaspace, self.overhead))

    def _from_parts(self) -> tuple[int, int, int]:
        task_heap = self.size(_TM + "task.heap.size")
        managed = self.size(_TM + "managed.size")
        rest = task_heap + managed + self.framework_heap + self.framework_off_heap + self.task_off_heap
        if not self.has(_TM + "flink.size"):
            fixed = self._fixed_network()
            return task_heap, managed, self.network.beside(rest) if fixed is None else fixed
        flink = self.size(_TM + "flink.size")
        if rest > flink:
            raise MemoryImpossible(
                f"task heap, managed and framework memory together are {show_size(rest)}, more than "
                f"taskmanager.memory.flink.size ({show_size(flink)})"
            )
        network = self._checked_network(flink - rest)
        return task_heap, managed, network

    def _from_flink(self, flink: int) -> tuple[int, int, int]:
        frame = self.framework_heap + self.framework_off_heap + self.task_off_heap
        fraction = self.fraction(_TM + "managed.fraction", 0.4)
        managed = (
            self.size(_TM + "managed.size") if self.has(_TM + "managed.size") else _times(flink, fraction)
        )
        if self.has(_TM + "task.heap.size"):
            task_heap = self.size(_TM + "task.heap.size")
            self._check_sum(frame + task_heap + managed, flink, "task heap and managed memory")
            return task_heap, managed, self._checked_network(flink - frame - task_heap - managed)
        fixed = self._fixed_network()
        network = self.network.of(flink) if fixed is None else fixed
        self._check_sum(frame + managed + network, flink, "managed and network memory")
        return flink - frame - managed - network, managed, network

    def _checked_network(self, network: int) -> int:
        """What is left for the network, when that is inside its bounds."""
        fixed = self._fixed_network()
        if fixed is None:
            self.network.check(network)
        elif fixed != network:
            raise MemoryImpossible(
                f"network memory would be {show_size(network)}, but taskmanager.network.numberOfBuffers "
                f"makes it {show_size(fixed)}"
            )
        return network

    def _check_sum(self, needed: int, flink: int, with_what: str) -> None:
        if needed > flink:
            raise MemoryImpossible(
                f"framework memory with {with_what} needs {show_size(needed)}, but only "
                f"{show_size(flink)} is left for Flink; give the TaskManager more memory"
            )

    def _fixed_network(self) -> int | None:
        """Network memory counted in buffers, the old way that 1.10-1.20 still take."""
        stems = ("fraction", "min", "max")
        if self.line.memory.environment != "flink-size" or any(self.has(_TM + "network." + s) for s in stems):
            return None
        count = self.config.get("taskmanager.network.numberOfBuffers")
        if count is None:
            return None
        if not count.strip().isdigit():
            raise MemoryImpossible(f"taskmanager.network.numberOfBuffers: {count!r} is not a number")
        return int(count) * self.size(_TM + "segment-size", self.line.memory.network.segment_bytes)

    def _made(self, task_heap: int, managed: int, network: int, overhead: int) -> TaskManagerMemory:
        return TaskManagerMemory(
            heap=task_heap + self.framework_heap,
            task_heap=task_heap,
            framework_heap=self.framework_heap,
            managed=managed,
            managed_on_heap=False,
            network=network,
            network_on_heap=False,
            framework_off_heap=self.framework_off_heap,
            task_off_heap=self.task_off_heap,
            metaspace=self.metaspace,
            overhead=overhead,
            direct=self.framework_off_heap + self.task_off_heap + network,
        )


class _JobManager(_Values):
    """The process model of 1.11+ (JobManagerFlinkMemoryUtils and ProcessMemoryUtils)."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.metaspace = self.size(_JM + "jvm-metaspace.size", 256 * MIB)
        self.overhead = self.share("JVM overhead", _JM + "jvm-overhead.", 0.1, 192 * MIB, 1024 * MIB)
        self.off_heap = self.size(_JM + "off-heap.size", 128 * MIB)

    def divide(self) -> JobManagerMemory:
        if self.has(_JM + "heap.size"):
            heap, off_heap = self._from_heap(self.size(_JM + "heap.size"))
        elif self.has(_JM + "flink.size"):
            heap, off_heap = self._from_flink(self.size(_JM + "flink.size"))
        elif self.has(_JM + "process.size"):
            process = self.size(_JM + "process.size")
            overhead = _overhead_within(process, self.metaspace, self.overhead)
            heap, off_heap = self._from_flink(process - self.metaspace - overhead)
            return JobManagerMemory(heap, off_heap, self.metaspace, overhead)
        else:
            raise MemoryImpossible(
                "no size is set: one of jobmanager.memory.process.size, jobmanager.memory.flink.size or "
                "jobmanager.memory.heap.size is needed"
            )
        process = self.size(_JM + "process.size") if self.has(_JM + "process.size") else None
        overhead = _overhead_outside(process, heap + off_heap, self.metaspace, self.overhead)
        return JobManagerMemory(heap, off_heap, self.metaspace, overhead)

    def _from_heap(self, heap: int) -> tuple[int, int]:
        if not self.has(_JM + "flink.size"):
            return heap, self.off_heap
        flink = self.size(_JM + "flink.size")
        if heap > flink:
            raise MemoryImpossible(
                f"jobmanager.memory.heap.size ({show_size(heap)}) is more than jobmanager.memory.flink.size "
                f"({show_size(flink)})"
            )
        left = flink - heap
        if self.has(_JM + "off-heap.size") and left != self.off_heap:
            raise MemoryImpossible(
                f"jobmanager.memory.flink.size less heap.size is {show_size(left)}, but off-heap.size says "
                f"{show_size(self.off_heap)}"
            )
        return heap, left

    def _from_flink(self, flink: int) -> tuple[int, int]:
        if flink <= self.off_heap:
            raise MemoryImpossible(
                f"only {show_size(flink)} is left for Flink, no more than off-heap memory "
                f"({show_size(self.off_heap)}); give the JobManager more memory"
            )
        return flink - self.off_heap, self.off_heap


def _overhead_within(process: int, metaspace: int, share: _Share) -> int:
    """The overhead when the whole process is given."""
    overhead = share.of(process)
    if metaspace + overhead > process:
        raise MemoryImpossible(
            f"metaspace ({show_size(metaspace)}) and JVM overhead ({show_size(overhead)}) are more than the "
            f"whole process ({show_size(process)})"
        )
    return overhead


def _overhead_outside(process: int | None, flink: int, metaspace: int, share: _Share) -> int:
    """The overhead when Flink's part is given, and the process perhaps as well."""
    if process is None:
        return share.beside(flink + metaspace)
    overhead = process - flink - metaspace
    if overhead < 0:
        raise MemoryImpossible(
            f"the process ({show_size(process)}) is smaller than what is set inside it ({show_size(flink)}) "
            f"with metaspace ({show_size(metaspace)}); set one of the two sizes only"
        )
    share.check(overhead)
    return overhead


def _with_legacy(config: Config, daemon: str, new: str) -> Config:
    """The heap keys of 1.9 as 1.10-1.20 take them: heap.size first, then heap.mb."""
    size = config.get(f"{daemon}.heap.size")
    count = config.get(f"{daemon}.heap.mb")
    if size is None and count is None:
        return config
    return {**config, new: size if size is not None else f"{count}m"}


def _times(size: int, factor: float) -> int:
    """`size` times `factor` as Java's BigDecimal does it, cut to whole bytes."""
    return int(Decimal(size) * Decimal(repr(factor)))


def _float32(number: float) -> float:
    """`number` as a Java float sees it: 0.1 is 0.10000000149011612."""
    return float(struct.unpack("f", struct.pack("f", number))[0])
