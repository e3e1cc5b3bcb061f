"""Our memory arithmetic is Flink's: recorded answers of its calculator, and of the old start scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wizard.flink.catalogue import line_of
from wizard.flink.memory import MemoryImpossible, jobmanager_memory, taskmanager_memory
from wizard.flink.sizes import MIB, SizeUnreadable, parse_size, show_size

GOLDEN = Path(__file__).parent.parent / "golden" / "memory"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{case['daemon']}-{index}")
    for path in sorted(GOLDEN.glob("[0-9]*.json"))
    for index, case in enumerate(json.loads(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("version", "case"), CASES)
def test_every_part_is_what_flinks_own_calculator_answered(version: str, case: dict[str, Any]) -> None:
    divide = taskmanager_memory if case["daemon"] == "TM" else jobmanager_memory
    if "refused" in case:
        with pytest.raises(MemoryImpossible):
            divide(line_of(version), case["config"])
        return
    memory = divide(line_of(version), case["config"])
    assert memory.heap == case["jvm"]["Xmx"]
    assert memory.metaspace == case["jvm"]["XX:MaxMetaspaceSize"]
    derived = case["derived"]
    if case["daemon"] == "JM":
        names = {"heap.size": "heap", "off-heap.size": "off_heap", "jvm-overhead.max": "overhead"}
        ours = {f"jobmanager.memory.{key}": getattr(memory, name) for key, name in names.items()}
    else:
        assert memory.direct == case["jvm"]["XX:MaxDirectMemorySize"]
        names = {
            "framework.heap.size": "framework_heap",
            "framework.off-heap.size": "framework_off_heap",
            "task.heap.size": "task_heap",
            "task.off-heap.size": "task_off_heap",
            "managed.size": "managed",
            "network.min": "network",
            "network.max": "network",
            "jvm-overhead.max": "overhead",
        }
        ours = {f"taskmanager.memory.{key}": getattr(memory, name) for key, name in names.items()}
    assert {key: value for key, value in ours.items() if key in derived} == {
        key: value for key, value in derived.items() if key in ours
    }
    assert sum(size for _, size in memory.parts()) == memory.total_process


@pytest.mark.parametrize("row", json.loads((GOLDEN / "old-scripts.json").read_text(encoding="utf-8")))
def test_the_heap_is_what_the_old_start_scripts_passed_to_java(row: dict[str, Any]) -> None:
    memory = taskmanager_memory(line_of(row["version"]), row["config"])
    assert memory.heap == row["xmx_mib"] * MIB


@pytest.mark.parametrize("row", json.loads((GOLDEN / "worked-examples.json").read_text(encoding="utf-8")))
def test_worked_examples_of_whole_nodes(row: dict[str, Any]) -> None:
    memory = taskmanager_memory(line_of(row["line"]), {"taskmanager.memory.process.size": row["process"]})
    found = [memory.network // MIB, memory.managed // MIB, memory.heap // MIB, (memory.direct or 0) // MIB]
    assert all(
        abs(ours - theirs) <= 1 for ours, theirs in zip(found, row["net_managed_xmx_direct"], strict=True)
    )


@pytest.mark.parametrize(
    ("process", "heap_mib"),
    [("1024m", 448), ("1600m", 1024), ("2048m", 1459), ("4096m", 3302), ("8192m", 6988)],
)
def test_a_jobmanagers_heap(process: str, heap_mib: int) -> None:
    assert (
        jobmanager_memory(line_of("2.3"), {"jobmanager.memory.process.size": process}).heap // MIB == heap_mib
    )


def test_network_memory_is_bounded_up_to_1_16_and_unbounded_after() -> None:
    config = {"taskmanager.memory.process.size": "122880m"}
    assert taskmanager_memory(line_of("1.16"), config).network == 1024 * MIB
    assert taskmanager_memory(line_of("1.17"), config).network // MIB == 12160


def test_metaspace_was_smaller_in_1_10_0() -> None:
    config = {"taskmanager.memory.process.size": "1568m"}
    assert taskmanager_memory(line_of("1.10"), config, "1.10.0").metaspace == 96 * MIB
    assert taskmanager_memory(line_of("1.10"), config, "1.10.3").metaspace == 256 * MIB


@pytest.mark.parametrize(
    ("version", "config", "word"),
    [
        ("1.9.3", {"taskmanager.heap.mb": "700m"}, "not a number"),
        ("1.9.3", {"taskmanager.heap.size": "8192"}, "bytes"),
        ("1.9.3", {"taskmanager.heap.size": "1.5g"}, "1536m"),
        ("1.4.2", {"taskmanager.heap.mb": "2g"}, "not a number"),
        ("1.2.1", {"taskmanager.heap.mb": "60"}, "network"),
        ("2.3.0", {"taskmanager.heap.size": "4g"}, "no size is set"),
        ("2.3.0", {"taskmanager.memory.process.size": "4"}, "metaspace"),
        ("2.3.0", {"taskmanager.memory.process.size": "400m"}, "metaspace"),
        ("2.3.0", {"taskmanager.memory.process.size": "980m"}, "left for Flink"),
        (
            "2.3.0",
            {"taskmanager.memory.process.size": "2g", "taskmanager.memory.managed.fraction": "x"},
            "number",
        ),
    ],
)
def test_an_impossible_size_is_refused_with_the_reason(
    version: str, config: dict[str, str], word: str
) -> None:
    with pytest.raises(MemoryImpossible, match=word):
        taskmanager_memory(line_of(version), config)


def test_the_parts_of_an_old_taskmanager_add_up() -> None:
    memory = taskmanager_memory(line_of("1.9.3"), {"taskmanager.heap.size": "4096m"})
    assert memory.total_flink == 4096 * MIB == sum(size for _, size in memory.parts())
    assert memory.total_process is None
    assert memory.footprint > memory.total_flink


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1728m", 1728 * MIB),
        ("1 gb", 1 << 30),
        ("4096", 4096),
        ("64KB", 65536),
        ("2G", 2 << 30),
        (" 5 mebibytes ", 5 * MIB),
    ],
)
def test_sizes_are_read_as_flink_reads_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "1.5g", "-1m", "1x", "1 m b"])
def test_what_is_not_a_size_is_refused(text: str) -> None:
    with pytest.raises(SizeUnreadable):
        parse_size(text)


def test_sizes_are_shown_for_people() -> None:
    assert [show_size(size) for size in (5, 1536, 192 * MIB, 3 << 29)] == [
        "5 bytes",
        "1.5 KiB",
        "192 MiB",
        "1.5 GiB",
    ]
