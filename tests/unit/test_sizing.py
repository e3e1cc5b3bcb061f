"""Suggestions follow the hardware, stay inside it, and explain themselves; values that clash are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.flink.catalogue import LINES, line_of
from wizard.flink.line import Line
from wizard.flink.memory import jobmanager_memory, taskmanager_memory
from wizard.flink.sizes import MIB
from wizard.sizing import (
    Disk,
    HostCapacity,
    Suggestions,
    concerns,
    crosscheck,
    suggest,
    temporary_directories,
)

GIB = 1 << 30
V23 = line_of("2.3")


def host(name: str = "node1", gib: float = 8, cores: int = 4, **more: object) -> HostCapacity:
    return HostCapacity(name, int(gib * 1024), cores, **more)  # type: ignore[arg-type]


def planned_mib(line: Line, where: HostCapacity, found: Suggestions) -> int:
    values = found.for_host(where.name)
    needed = where.hadoop_mib * MIB
    if where.runs_jobmanager:
        needed += jobmanager_memory(line, values).footprint
    if where.runs_taskmanager:
        needed += taskmanager_memory(line, values).footprint * found.taskmanagers[where.name]
    return needed // MIB


@pytest.mark.parametrize(
    ("gib", "more", "process"),
    [
        (8, {}, "7168m"),
        (8, {"runs_jobmanager": True}, "5504m"),
        (32, {}, "28672m"),
        (32, {"taskmanagers": 2}, "14336m"),
        (128, {}, "61440m"),
        (4, {"runs_jobmanager": True}, "1408m"),
        (3, {"runs_jobmanager": True}, "1024m"),
        (8, {"runs_datanode": True, "runs_namenode": True}, "4352m"),
    ],
)
def test_a_taskmanager_gets_what_its_host_has_left(gib: float, more: dict[str, object], process: str) -> None:
    found = suggest(V23, [host(gib=gib, **more)]).find("taskmanager.memory.process.size")
    assert found is not None
    assert found.value == process


def test_hosts_that_differ_get_their_own_memory_and_slots() -> None:
    hosts = [host("small", 8, 2), host("big", 32, 8), host("small2", 8, 2)]
    found = suggest(V23, hosts)
    assert found.for_host("small") == found.for_host("small2") == found.common()
    assert found.for_host("big")["taskmanager.memory.process.size"] == "28672m"
    assert found.for_host("big")["taskmanager.numberOfTaskSlots"] == "8"
    assert found.common()["taskmanager.numberOfTaskSlots"] == "2"
    assert found.common()["parallelism.default"] == "12"


def test_big_nodes_run_several_taskmanagers_and_share_their_cores() -> None:
    found = suggest(V23, [host(gib=128, cores=32)])
    assert found.taskmanagers == {"node1": 2}
    assert found.common()["taskmanager.numberOfTaskSlots"] == "16"
    assert found.common()["parallelism.default"] == "32"


@pytest.mark.parametrize(("version", "bounded"), [("1.16", False), ("1.17", True), ("2.3", True)])
def test_network_memory_of_big_nodes_is_bounded_where_flink_leaves_it_open(
    version: str, bounded: bool
) -> None:
    found = suggest(line_of(version), [host(gib=32)]).common()
    assert (found.get("taskmanager.memory.network.max") == "1gb") is bounded
    assert "taskmanager.memory.network.max" not in suggest(line_of(version), [host(gib=8)]).common()


@pytest.mark.parametrize(
    ("version", "key", "value", "jobmanager"),
    [
        ("0.9", "taskmanager.heap.mb", "6144", ("jobmanager.heap.mb", "1024")),
        ("1.5", "taskmanager.heap.mb", "6144", ("jobmanager.heap.mb", "1024")),
        ("1.9", "taskmanager.heap.size", "6144m", ("jobmanager.heap.size", "1024m")),
        ("1.10", "taskmanager.memory.process.size", "7168m", ("jobmanager.heap.size", "1024m")),
        ("1.11", "taskmanager.memory.process.size", "7168m", ("jobmanager.memory.process.size", "1600m")),
    ],
)
def test_each_line_gets_its_own_keys_and_units(
    version: str, key: str, value: str, jobmanager: tuple[str, str]
) -> None:
    master = host("master", 4, runs_jobmanager=True, runs_taskmanager=False)
    found = suggest(line_of(version), [master, host()]).common()
    assert found[key] == value
    assert found[jobmanager[0]] == jobmanager[1]


def test_the_oldest_lines_get_buffers_for_a_wide_shuffle() -> None:
    found = suggest(line_of("1.0"), [host(f"n{index}", cores=8) for index in range(20)]).common()
    assert found["taskmanager.network.numberOfBuffers"] == "5120"
    assert "taskmanager.network.numberOfBuffers" not in suggest(line_of("1.0"), [host()]).common()


def test_a_host_that_is_too_small_gets_the_least_and_a_warning() -> None:
    found = suggest(V23, [host(gib=2, runs_jobmanager=True)])
    assert found.common()["taskmanager.memory.process.size"] == "1024m"
    assert found.common()["jobmanager.memory.process.size"] == "1024m"
    assert len(found.warnings) == 1
    assert "node1 has 2048 MiB" in found.warnings[0]


def test_every_suggestion_explains_itself() -> None:
    disks = (Disk("/", 8 * GIB, 20 * GIB, "ext4"), Disk("/data", 900 * GIB, 1000 * GIB, "xfs"))
    master = host("master", 8, runs_jobmanager=True, runs_taskmanager=False)
    found = suggest(V23, [master, host(gib=64, disks=disks)])
    assert {s.key for s in found.values} == {
        "jobmanager.memory.process.size",
        "taskmanager.memory.process.size",
        "taskmanager.numberOfTaskSlots",
        "parallelism.default",
        "taskmanager.memory.network.max",
        "io.tmp.dirs",
    }
    for suggestion in found.values:
        assert suggestion.inputs
        assert suggestion.formula
        assert suggestion.bounds
        assert suggestion.reason.endswith(".")


@pytest.mark.parametrize(
    ("disks", "directories"),
    [
        ((), ()),
        ((Disk("/", 50 * GIB, 100 * GIB, "ext4"),), ()),
        ((Disk("/", 50 * GIB, 100 * GIB, "ext4"), Disk("/data", 100 * GIB, 200 * GIB, "xfs")), ()),
        (
            (Disk("/", 8 * GIB, 20 * GIB, "ext4"), Disk("/data", 100 * GIB, 200 * GIB, "xfs")),
            ("/data/flink-tmp",),
        ),
        ((Disk("/", 8 * GIB, 20 * GIB, "ext4"), Disk("/data", 900 * GIB, 900 * GIB, "nfs4")), ()),
        ((Disk("/", 8 * GIB, 20 * GIB, "ext4"), Disk("/mnt/ram", 900 * GIB, 900 * GIB, "tmpfs")), ()),
        (
            (Disk("/", 80 * GIB, 99 * GIB, "ext4"), Disk("/tmp", 2 * GIB, 2 * GIB, "tmpfs")),
            ("/var/tmp/flink",),
        ),
        (
            (
                Disk("/", 8 * GIB, 20 * GIB, "ext4"),
                Disk("/d2", 300 * GIB, 400 * GIB, "xfs"),
                Disk("/d1", 400 * GIB, 400 * GIB, "xfs"),
                Disk("/d3", 90 * GIB, 400 * GIB, "xfs"),
            ),
            ("/d1/flink-tmp", "/d2/flink-tmp"),
        ),
    ],
)
def test_temporary_files_go_to_the_largest_local_disks(
    disks: tuple[Disk, ...], directories: tuple[str, ...]
) -> None:
    assert temporary_directories(disks) == directories


# --- properties

HOSTS = st.builds(
    HostCapacity,
    name=st.just("h"),
    memory_mib=st.integers(512, 400_000),
    cores=st.integers(1, 128),
    runs_jobmanager=st.booleans(),
    runs_datanode=st.booleans(),
    taskmanagers=st.one_of(st.none(), st.integers(1, 4)),
)


@given(st.sampled_from(LINES), HOSTS)
def test_a_suggestion_never_exceeds_what_the_host_has_or_says_so(line: Line, where: HostCapacity) -> None:
    found = suggest(line, [where])
    if not found.warnings:
        assert planned_mib(line, where, found) <= where.memory_mib - where.system_mib


@given(st.sampled_from(LINES), HOSTS)
def test_flink_accepts_every_suggestion(line: Line, where: HostCapacity) -> None:
    values = suggest(line, [where]).for_host("h")
    errors = [c for c in concerns(line, where, values) if c.severity == "error"]
    assert not [c for c in errors if "memory:" in c.text]


@pytest.mark.parametrize("gib", [4, 8, 16, 23.5, 32, 64, 256])
@pytest.mark.parametrize("line", [V23, line_of("1.20"), line_of("1.9")])
def test_what_was_suggested_for_a_host_with_room_is_not_warned_of(line: Line, gib: float) -> None:
    where = host(gib=gib, runs_jobmanager=True)
    assert concerns(line, where, suggest(line, [where]).for_host(where.name)) == ()


@given(st.sampled_from(LINES), HOSTS, st.integers(0, 100_000))
def test_more_memory_never_gives_less(line: Line, where: HostCapacity, more: int) -> None:
    key = line.memory.taskmanager.key
    count = where.taskmanagers or 1
    fixed = HostCapacity(
        "h", where.memory_mib, where.cores, runs_jobmanager=where.runs_jobmanager, taskmanagers=count
    )
    bigger = HostCapacity(
        "h", where.memory_mib + more, where.cores, runs_jobmanager=where.runs_jobmanager, taskmanagers=count
    )
    small, large = suggest(line, [fixed]), suggest(line, [bigger])
    for each in (key, line.memory.jobmanager.key) if where.runs_jobmanager else (key,):
        assert number(small.common()[each]) <= number(large.common()[each])


def number(value: str) -> int:
    return int(value.removesuffix("m"))


# --- checking

GOOD = {"jobmanager.memory.process.size": "1600m", "taskmanager.memory.process.size": "4096m"}


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({"taskmanager.memory.process.size": "200g"}, "error", "node1 has 8192 MiB"),
        ({"taskmanager.memory.process.size": "6g"}, "warning", "that is little"),
        ({"taskmanager.memory.process.size": "400m"}, "error", "TaskManager memory: metaspace"),
        ({"jobmanager.memory.process.size": "512m"}, "error", "JobManager memory:"),
        ({"taskmanager.memory.flink.size": "3500m"}, "warning", "both set"),
        ({"rest.port": "6123"}, "error", "both 6123"),
        ({"taskmanager.rpc.port": "8081"}, "error", "both 8081"),
        ({"rest.port": "99999"}, "error", "99999 is not a TCP port"),
        ({"taskmanager.numberOfTaskSlots": "17"}, "warning", "17 slots on the 4 cores"),
        ({"taskmanager.numberOfTaskSlots": "0"}, "error", "whole number"),
        ({"parallelism.default": "9"}, "warning", "there are 8 slots"),
        ({"parallelism.default": "many"}, "error", "whole number"),
    ],
)
def test_values_that_clash_are_named(changes: dict[str, str], severity: str, words: str) -> None:
    where = host(runs_jobmanager=True)
    assert crosscheck(V23, where, GOOD, total_slots=8) == ()
    found = concerns(V23, where, {**GOOD, **changes}, total_slots=8)
    assert [(c.severity, words in c.text) for c in found] == [(severity, True)]
    assert crosscheck(V23, where, {**GOOD, **changes}, 8) == tuple(c.text for c in found)


def test_a_fixed_port_and_several_taskmanagers_on_one_host_clash() -> None:
    values = {**GOOD, "taskmanager.memory.process.size": "2g", "taskmanager.data.port": "6121"}
    assert any("fixed to 6121" in text for text in crosscheck(V23, host(gib=32, taskmanagers=2), values))


def test_a_range_of_ports_is_no_concern() -> None:
    assert crosscheck(V23, host(), {**GOOD, "taskmanager.rpc.port": "50100-50200"}) == ()
