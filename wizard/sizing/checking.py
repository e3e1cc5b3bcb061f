"""Whether the values of one host agree with each other and with what the host has.

Judges one host's effective configuration while it is typed. It must not fetch
anything, and it changes no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.flink.catalogue import default_of
from wizard.flink.line import Line
from wizard.flink.memory import MemoryImpossible, jobmanager_memory, taskmanager_memory
from wizard.flink.sizes import MIB
from wizard.sizing import HostCapacity


@dataclass(frozen=True, slots=True)
class Concern:
    """One value that does not fit. `severity` error: Flink would not start, or the host could not bear it."""

    key: str
    severity: Literal["error", "warning"]
    text: str


def crosscheck(
    line: Line, host: HostCapacity, values: Mapping[str, str], total_slots: int | None = None
) -> tuple[str, ...]:
    """The sentences of `concerns`."""
    return tuple(concern.text for concern in concerns(line, host, values, total_slots))


def concerns(
    line: Line, host: HostCapacity, values: Mapping[str, str], total_slots: int | None = None
) -> tuple[Concern, ...]:
    """What is wrong with `values`, the whole configuration of `host`. `total_slots`: of the cluster."""
    return (
        *_memory(line, host, values),
        *_both_sizes(line, values),
        *_ports(line, host, values),
        *_slots(line, host, values, total_slots),
    )


def _memory(line: Line, host: HostCapacity, values: Mapping[str, str]) -> list[Concern]:
    found: list[Concern] = []
    needed = host.hadoop_mib
    parts: list[str] = []
    if host.runs_jobmanager:
        key = line.memory.jobmanager.key
        try:
            size = jobmanager_memory(line, _with_shipped(key, line, values)).footprint // MIB
            needed += size
            parts.append(f"JobManager {size}")
        except MemoryImpossible as impossible:
            found.append(Concern(key, "error", f"JobManager memory: {impossible}"))
    if host.runs_taskmanager:
        key = line.memory.taskmanager.key
        count = host.taskmanagers or 1
        try:
            size = taskmanager_memory(line, _with_shipped(key, line, values)).footprint // MIB
            needed += size * count
            parts.append(f"{count} x TaskManager {size}" if count > 1 else f"TaskManager {size}")
        except MemoryImpossible as impossible:
            found.append(Concern(key, "error", f"TaskManager memory: {impossible}"))
    if host.hadoop_mib:
        parts.append(f"Hadoop {host.hadoop_mib}")
    key = line.memory.taskmanager.key if host.runs_taskmanager else line.memory.jobmanager.key
    sum_text = " + ".join(parts)
    if needed > host.memory_mib:
        text = f"{host.name} has {host.memory_mib} MiB, less than its daemons would take: {sum_text} MiB"
        found.append(Concern(key, "error", text))
    elif parts and host.memory_mib - needed < host.system_mib:
        left = host.memory_mib - needed
        text = f"{sum_text} MiB leave the system of {host.name} {left} MiB; that is little"
        found.append(Concern(key, "warning", text))
    return found


def _with_shipped(key: str, line: Line, values: Mapping[str, str]) -> Mapping[str, str]:
    """`values`, and where they size nothing the size that the line ships."""
    daemon = key.split(".")[0]
    sizes = ("heap.mb", "heap.size", "memory.process.size", "memory.flink.size", "memory.heap.size",
             "memory.task.heap.size")  # fmt: skip
    if any(f"{daemon}.{size}" in values for size in sizes):
        return values
    known = line.memory.taskmanager if daemon == "taskmanager" else line.memory.jobmanager
    return {**values, key: known.shipped}


def _both_sizes(line: Line, values: Mapping[str, str]) -> list[Concern]:
    found: list[Concern] = []
    for known in (line.memory.taskmanager, line.memory.jobmanager):
        flink = known.key.replace("process.size", "flink.size")
        if known.model == "process" and known.key in values and flink in values:
            text = f"{known.key} and {flink} are both set; set one, Flink derives the other"
            found.append(Concern(known.key, "warning", text))
    return found


def _ports(line: Line, host: HostCapacity, values: Mapping[str, str]) -> list[Concern]:
    keys = line.keys
    jobmanager = [keys.rpc_port, keys.web_port, keys.blob_port]
    taskmanager = [keys.tm_rpc_port, keys.tm_data_port]
    here = (jobmanager if host.runs_jobmanager else []) + (taskmanager if host.runs_taskmanager else [])
    found: list[Concern] = []
    taken: dict[int, str] = {}
    for key in (key for key in here if key is not None):
        text = values.get(key, str(default_of(key) or 0)).strip()
        if not text.lstrip("-").isdigit():
            continue
        port = int(text)
        if not 0 <= port <= 65535 and not (port == -1 and key == keys.web_port):
            found.append(Concern(key, "error", f"{key}: {port} is not a TCP port (0-65535; 0: any free one)"))
        elif port > 0 and port in taken:
            found.append(
                Concern(key, "error", f"{key} and {taken[port]} are both {port}; each needs its own")
            )
        taken.setdefault(port, key)
        several = (host.taskmanagers or 1) > 1 and key in taskmanager
        if several and port > 0:
            text = f"{key} is fixed to {port}, but {host.name} runs {host.taskmanagers} TaskManagers; use 0"
            found.append(Concern(key, "error", text))
    return found


def _slots(line: Line, host: HostCapacity, values: Mapping[str, str], total: int | None) -> list[Concern]:
    found: list[Concern] = []
    slots = _whole(values.get(line.keys.slots, "1"))
    parallelism = _whole(values.get(line.keys.parallelism, "1"))
    if slots is None or slots < 1:
        found.append(Concern(line.keys.slots, "error", f"{line.keys.slots} is a whole number from 1 on"))
    elif host.runs_taskmanager and slots * (host.taskmanagers or 1) > 4 * host.cores:
        every = slots * (host.taskmanagers or 1)
        text = f"{every} slots on the {host.cores} cores of {host.name} are more than four for each core"
        found.append(Concern(line.keys.slots, "warning", text))
    if parallelism is None or parallelism < 1:
        found.append(
            Concern(line.keys.parallelism, "error", f"{line.keys.parallelism} is a whole number from 1 on")
        )
    elif total is not None and parallelism > total:
        text = (
            f"{line.keys.parallelism} is {parallelism}, but there are {total} slots: jobs would wait for ever"
        )
        found.append(Concern(line.keys.parallelism, "warning", text))
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.strip().lstrip("-").isdigit() else None
