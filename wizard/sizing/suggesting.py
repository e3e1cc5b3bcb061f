"""Suggested sizes for a cluster, out of what its hosts have, each with inputs, formula, bounds and reason.

Pure arithmetic over capacities; the share left to the system and the split between daemons are judgement, the
memory model is Flink's. It must not know how a host was measured, nor what an operator chose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.flink.line import HeapKey, Line
from wizard.flink.memory import MemoryImpossible, taskmanager_memory
from wizard.flink.sizes import GIB, MIB
from wizard.sizing.capacity import HostCapacity
from wizard.sizing.disks import temporary_directories

Value = int | float | str

SMALLEST_TASKMANAGER = 1024
"""MiB of a process: with Flink's defaults it starts from 982 MiB on."""
COMFORTABLE_TASKMANAGER = 1408
SMALLEST_JOBMANAGER = 1024
SMALLEST_HEAP = 512
"""MiB of taskmanager.heap.* up to 1.9."""
LARGEST_PROCESS = 61440
"""MiB: a larger process has a heap beyond 32 GB and loses compressed pointers."""
LARGEST_HEAP = 28672
JVM_MIB = 256
"""Up to 1.9: what a JVM takes beside a tenth of its heap (metaspace, stacks, direct buffers)."""
HEAP_SHARE = 0.86
"""Up to 1.9: the part of a TaskManager's memory that its heap may take."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One value. `host` None: for every host that has no value of its own."""

    key: str
    host: str | None
    value: str
    inputs: Mapping[str, Value]
    formula: str
    bounds: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All values for a cluster, the TaskManagers of each host, and sentences on what does not fit."""

    values: tuple[Suggestion, ...]
    taskmanagers: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def find(self, key: str, host: str | None = None) -> Suggestion | None:
        """The value of `key` for `host`: its own, else the common one."""
        own = next((s for s in self.values if s.key == key and s.host == host), None)
        return own or next((s for s in self.values if s.key == key and s.host is None), None)

    def common(self) -> dict[str, str]:
        """Keys and values that go to every host."""
        return {s.key: s.value for s in self.values if s.host is None}

    def for_host(self, host: str) -> dict[str, str]:
        """Keys and values of one host, the common ones included."""
        return {**self.common(), **{s.key: s.value for s in self.values if s.host == host}}


@dataclass(frozen=True, slots=True)
class _Split:
    """How one host's memory is divided, in MiB of whole processes."""

    jobmanager: int
    taskmanager: int
    taskmanagers: int
    available: int
    fits: bool


def suggest(line: Line, hosts: Sequence[HostCapacity]) -> Suggestions:
    """Values for `line` on `hosts`. A host without TaskManagers gets none of their values."""
    workers = [host for host in hosts if host.runs_taskmanager]
    target = _jobmanager_target(sum(host.taskmanagers or 1 for host in workers))
    splits = {host.name: _split(line, host, target) for host in hosts}
    counts = {host.name: splits[host.name].taskmanagers for host in workers}
    slots = {host.name: max(1, host.cores // counts[host.name]) for host in workers}
    values: list[Suggestion] = []
    masters = [host for host in hosts if host.runs_jobmanager]
    values += _shared([_jobmanager(line, host, splits[host.name], target) for host in masters])
    values += _shared([_taskmanager(line, host, splits[host.name]) for host in workers])
    values += _shared([_slots(line, host, slots[host.name], counts[host.name]) for host in workers])
    if workers:
        values.append(_parallelism(line, slots, counts))
        values += _network(line, workers, splits, slots, counts)
        values += _shared([found for host in workers if (found := _directories(line, host))])
    warnings = [_does_not_fit(host, splits[host.name]) for host in hosts if not splits[host.name].fits]
    return Suggestions(tuple(values), counts, tuple(warnings))


def _jobmanager_target(taskmanagers: int) -> int:
    """MiB of a JobManager's process for so many TaskManagers."""
    return 1600 if taskmanagers <= 10 else 2048 if taskmanagers <= 50 else 4096


def _split(line: Line, host: HostCapacity, target: int) -> _Split:
    """TaskManagers get what is left; on a small host the JobManager gives way first, down to 1 GiB."""
    budget = host.flink_mib
    smallest_jm = SMALLEST_JOBMANAGER if host.runs_jobmanager else 0
    smallest_tm = SMALLEST_TASKMANAGER * (host.taskmanagers or 1) if host.runs_taskmanager else 0
    fits = budget >= smallest_jm + smallest_tm
    jobmanager = 0
    if host.runs_jobmanager:
        comfortable = max(smallest_tm, COMFORTABLE_TASKMANAGER) if host.runs_taskmanager else 0
        beside = min(comfortable, max(smallest_tm, _down(budget - smallest_jm, 128)))
        jobmanager = max(SMALLEST_JOBMANAGER, min(target, _down(budget - beside, 64)))
    if not host.runs_taskmanager:
        return _Split(jobmanager, 0, 0, 0, fits)
    available = max(budget - jobmanager, 0)
    count = host.taskmanagers or _count(line, available)
    taskmanager = max(SMALLEST_TASKMANAGER, _down(available // count, 128))
    return _Split(jobmanager, taskmanager, count, available, fits)


def _count(line: Line, available: int) -> int:
    if not line.lists.repeats_start_more:
        return 1
    if line.memory.taskmanager.model == "process":
        return max(1, -(-available // LARGEST_PROCESS))
    return max(1, -(-int(available * HEAP_SHARE) // LARGEST_HEAP))


def _down(size: int, step: int) -> int:
    return size // step * step


def _sized(key: HeapKey, process: int, share: float, smallest: int, step: int) -> int:
    """MiB for a key: the process, or the part of it that a heap may take beside the JVM's own needs."""
    if key.model == "process":
        return process
    beside_the_jvm = (process - JVM_MIB) / 1.1
    return max(smallest, _down(int(min(process * share, beside_the_jvm)), step))


def _jobmanager(line: Line, host: HostCapacity, split: _Split, target: int) -> Suggestion:
    key = line.memory.jobmanager
    mib = _sized(key, split.jobmanager, 0.64, SMALLEST_HEAP, 64)
    process = key.model == "process"
    return Suggestion(
        key=key.key,
        host=host.name,
        value=key.text(mib),
        inputs={"memory MiB": host.memory_mib, "system MiB": host.system_mib, "Hadoop MiB": host.hadoop_mib},
        formula="1600 MiB up to 10 TaskManagers, 2048 up to 50, 4096 beyond"
        + ("" if process else "; heap 0.64 of it"),
        bounds=f"{SMALLEST_JOBMANAGER if process else SMALLEST_HEAP} MiB to what the host has left",
        reason=(
            f"{mib} MiB is enough for the jobs of a cluster of this size."
            if split.jobmanager >= target
            else f"{host.name} is small, so its JobManager gets {mib} MiB, less than usual."
        ),
    )


def _taskmanager(line: Line, host: HostCapacity, split: _Split) -> Suggestion:
    key = line.memory.taskmanager
    mib = _heap_mib(line, split)
    share = "" if key.model == "process" else f" x {HEAP_SHARE} for the heap"
    several = f", shared by {split.taskmanagers} TaskManagers" if split.taskmanagers > 1 else ""
    return Suggestion(
        key=key.key,
        host=host.name,
        value=key.text(mib),
        inputs={
            "memory MiB": host.memory_mib,
            "system MiB": host.system_mib,
            "JobManager MiB": split.jobmanager,
            "Hadoop MiB": host.hadoop_mib,
            "TaskManagers": split.taskmanagers,
        },
        formula=f"(memory - system - JobManager - Hadoop) / TaskManagers{share}, rounded down to 128 MiB",
        bounds=f"{SMALLEST_TASKMANAGER if share == '' else SMALLEST_HEAP} MiB to what the host has left",
        reason=f"{host.name} has {split.available} MiB left for TaskManagers{several}."
        if split.fits
        else f"{host.name} is too small; this is the least that Flink starts with.",
    )


def _slots(line: Line, host: HostCapacity, slots: int, count: int) -> Suggestion:
    return Suggestion(
        key=line.keys.slots,
        host=host.name,
        value=str(slots),
        inputs={"cores": host.cores, "TaskManagers": count},
        formula="cores / TaskManagers, rounded down",
        bounds=f"1 to {4 * host.cores} (four times the cores)",
        reason=f"One slot for each of the {slots} cores of a TaskManager keeps them busy without crowding."
        if slots > 1
        else "A TaskManager has at least one slot.",
    )


def _parallelism(line: Line, slots: Mapping[str, int], counts: Mapping[str, int]) -> Suggestion:
    total = sum(slots[name] * counts[name] for name in slots)
    return Suggestion(
        key=line.keys.parallelism,
        host=None,
        value=str(total),
        inputs={"TaskManagers": sum(counts.values()), "slots": total},
        formula="the sum of all slots",
        bounds=f"1 to {total} (a job with more would wait for slots)",
        reason="A job that names no parallelism uses the whole cluster.",
    )


def _network(
    line: Line,
    workers: Sequence[HostCapacity],
    splits: Mapping[str, _Split],
    slots: Mapping[str, int],
    counts: Mapping[str, int],
) -> list[Suggestion]:
    known = line.memory.network
    if known.fraction is None and line.keys.network_buffers is not None:
        most, total = max(slots.values()), sum(counts.values())
        least = min(_heap_mib(line, splits[host.name]) for host in workers)
        ceiling = least * MIB // 4 // known.segment_bytes
        buffers = min(most * most * total * 4, ceiling)
        if buffers <= known.buffers:
            return []
        return [
            Suggestion(
                key=line.keys.network_buffers,
                host=None,
                value=str(buffers),
                inputs={"slots": most, "TaskManagers": total},
                formula="slots x slots x TaskManagers x 4",
                bounds=f"{known.buffers} (Flink's default) to {ceiling} (a quarter of the smallest heap)",
                reason="Every slot talks to every other one while data is shuffled.",
            )
        ]
    if known.fraction is None or known.max_mib is not None or line.keys.network_max is None:
        return []
    largest = max(workers, key=lambda host: splits[host.name].taskmanager)
    process = splits[largest.name].taskmanager
    try:
        network = taskmanager_memory(line, {line.memory.taskmanager.key: f"{process}m"}).network
    except MemoryImpossible:
        return []
    if network <= GIB:
        return []
    return [
        Suggestion(
            key=line.keys.network_max,
            host=None,
            value="1gb",
            inputs={"process MiB": process, "network MiB": network // MIB},
            formula="1 GiB where a tenth of Flink's memory is more",
            bounds="64 MiB to a tenth of Flink's memory",
            reason=f"Without it {network // MIB} MiB of {largest.name} would go to network buffers.",
        )
    ]


def _heap_mib(line: Line, split: _Split) -> int:
    return _sized(line.memory.taskmanager, split.taskmanager, HEAP_SHARE, SMALLEST_HEAP, 128)


def _directories(line: Line, host: HostCapacity) -> Suggestion | None:
    found = temporary_directories(host.disks)
    if not found:
        return None
    return Suggestion(
        key=line.keys.tmp_dirs,
        host=host.name,
        value=",".join(found),
        inputs={disk.mount: f"{disk.free_bytes // GIB} GiB free" for disk in host.disks},
        formula="the local disks with most free space, where they have four times that of /tmp",
        bounds="local disks only; not in memory",
        reason=f"Spilled data goes where {host.name} has most room, instead of /tmp.",
    )


def _shared(own: list[Suggestion]) -> list[Suggestion]:
    """One common suggestion for the value most hosts have, and one for each host that differs."""
    if not own:
        return []
    if own[0].key.endswith("tmp.dirs"):
        counted = Counter(s.value for s in own)
        if len(counted) > 1:
            return own
    ranked = Counter(s.value for s in own).most_common()
    common = min(ranked, key=lambda pair: (-pair[1], _digits(pair[0])))[0]
    first = next(s for s in own if s.value == common)
    shared = Suggestion(first.key, None, common, first.inputs, first.formula, first.bounds, first.reason)
    return [shared, *(s for s in own if s.value != common)]


def _digits(value: str) -> int:
    return int("".join(letter for letter in value if letter.isdigit()) or "0")


def _does_not_fit(host: HostCapacity, split: _Split) -> str:
    least = (SMALLEST_JOBMANAGER if host.runs_jobmanager else 0) + SMALLEST_TASKMANAGER * split.taskmanagers
    return (
        f"{host.name} has {host.memory_mib} MiB; {host.system_mib} MiB for the system"
        + (f" and {host.hadoop_mib} MiB for Hadoop" if host.hadoop_mib else "")
        + f" leave {max(host.flink_mib, 0)} MiB, and Flink's daemons need {least} MiB: "
        "expect swapping or killed processes, or run fewer daemons there"
    )
