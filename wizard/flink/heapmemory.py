"""Memory of the lines up to 1.9 (TaskManager) and 1.10 (JobManager): a heap, from which parts are taken.

Mirrors the arithmetic of the start scripts (taskmanager.sh and config.sh of 0.9-1.9). It must not know the
process model of newer lines. Sizes are bytes; the scripts count in MiB.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.flink.line import Line
from wizard.flink.parts import JobManagerMemory, MemoryImpossible, TaskManagerMemory
from wizard.flink.sizes import MIB, SizeUnreadable, parse_size, show_size

Config = Mapping[str, str]


def heap_taskmanager(line: Line, config: Config) -> TaskManagerMemory:
    """A TaskManager of a line up to 1.9. Raises MemoryImpossible."""
    total = _heap(line, config, "taskmanager", line.memory.taskmanager.shipped)
    network = _network(line, config, total)
    off_heap = line.number >= (0, 10) and config.get("taskmanager.memory.off-heap", "false").strip() == "true"
    outside = line.memory.taskmanager.model == "heap+network" or (off_heap and line.number >= (1, 3))
    usable = total - network if outside else total
    if network >= total:
        raise MemoryImpossible(
            f"network memory ({show_size(network)}) leaves nothing of the TaskManager's {show_size(total)}"
        )
    managed = _managed(
        config, usable if outside or off_heap else usable - network, line.memory.managed_fraction
    )
    heap = usable - managed if off_heap else usable
    if heap <= 0 or managed < 0:
        raise MemoryImpossible(
            f"managed memory ({show_size(managed)}) leaves no heap of the TaskManager's {show_size(usable)}"
        )
    return TaskManagerMemory(
        heap=heap,
        task_heap=heap,
        framework_heap=0,
        managed=managed,
        managed_on_heap=not off_heap,
        network=network,
        network_on_heap=not outside and not off_heap,
        framework_off_heap=0,
        task_off_heap=0,
        metaspace=None,
        overhead=None,
        direct=None,
    )


def heap_jobmanager(line: Line, config: Config) -> JobManagerMemory:
    """A JobManager of a line up to 1.10. Raises MemoryImpossible."""
    heap = _heap(line, config, "jobmanager", line.memory.jobmanager.shipped)
    return JobManagerMemory(heap=heap, off_heap=0, metaspace=None, overhead=None)


def _heap(line: Line, config: Config, daemon: str, default: str) -> int:
    """The configured heap; in whole MiB, as the scripts count."""
    sized = line.number >= (1, 6)
    key = f"{daemon}.heap.size" if sized else f"{daemon}.heap.mb"
    text = config.get(key)
    if text is None and sized:
        old = config.get(f"{daemon}.heap.mb")
        key, text = (f"{daemon}.heap.mb", old) if old is not None else (key, default)
    text = default if text is None else text
    if key.endswith(".mb"):
        if not text.strip().isdigit():
            raise MemoryImpossible(f"{key}: {text!r} is not a number of MiB (no unit here)")
        size = int(text) * MIB
    else:
        try:
            size = parse_size(text) // MIB * MIB
        except SizeUnreadable as unreadable:
            raise MemoryImpossible(f"{key}: {unreadable}") from unreadable
    if size <= 0:
        raise MemoryImpossible(f"{key}: {text} is less than 1 MiB; a number without a unit means bytes here")
    return size


def _network(line: Line, config: Config, total: int) -> int:
    known = line.memory.network
    count = config.get("taskmanager.network.numberOfBuffers")
    if known.fraction is None or count is not None:
        segment = _size(config, "taskmanager.memory.segment-size", known.segment_bytes)
        return _count("taskmanager.network.numberOfBuffers", count, known.buffers) * segment
    stem = "taskmanager.network.memory."
    low = _size(config, stem + "min", (known.min_mib or 0) * MIB)
    high = _size(config, stem + "max", (known.max_mib or 0) * MIB)
    if low > high:
        raise MemoryImpossible(f"{stem}min ({show_size(low)}) is more than {stem}max ({show_size(high)})")
    fraction = _fraction(config, stem + "fraction", known.fraction)
    return max(low, min(high, int(total * fraction))) // MIB * MIB


def _managed(config: Config, free: int, default: float) -> int:
    """Managed memory: the size in MiB where one is set, else a fraction of what is free."""
    text = config.get("taskmanager.memory.size", "0").strip()
    number = text.lstrip("-").isdigit()
    wanted = int(text) * MIB if number else _size(config, "taskmanager.memory.size", 0)
    if wanted > 0:
        return wanted
    return round(free / MIB * _fraction(config, "taskmanager.memory.fraction", default)) * MIB


def _fraction(config: Config, key: str, default: float) -> float:
    text = config.get(key)
    try:
        value = default if text is None else float(text)
    except ValueError as unreadable:
        raise MemoryImpossible(f"{key}: {text!r} is not a number") from unreadable
    if not 0 < value < 1:
        raise MemoryImpossible(f"{key}: {text} is not between 0 and 1")
    return value


def _count(key: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.strip().isdigit():
        raise MemoryImpossible(f"{key}: {text!r} is not a number")
    return int(text)


def _size(config: Config, key: str, default: int) -> int:
    text = config.get(key)
    if text is None:
        return default
    try:
        return parse_size(text)
    except SizeUnreadable as unreadable:
        raise MemoryImpossible(f"{key}: {unreadable}") from unreadable
