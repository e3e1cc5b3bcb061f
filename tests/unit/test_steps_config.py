"""The step Flink config: suggestions with their reasons, values as each line wants them, divisions, any other key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.values import ValueProblem
from wizard.facts import HostFacts
from wizard.flink.catalogue import VERSIONS, line_of
from wizard.questions import parse_entries, written
from wizard.steps.config_keys import completions, judge, key_question, other_keys
from wizard.steps.config_suggest import suggested
from wizard.steps.config_values import memory_parser, parse_directories
from wizard.steps.division import divisions
from wizard.steps.flink import FLINK, java_range, support_of
from wizard.steps.flink_config import FLINK_CONFIG, gets
from wizard.steps.workers import WORKERS

from . import worlds
from .stepviews import LINES, view_of

EACH_LINE = pytest.mark.parametrize("version", LINES)


def sized(name: str, memory: int, cores: int = 4) -> HostFacts:
    return worlds.host(name, memory_mib=memory, cores=cores)


@EACH_LINE
def test_the_questions_are_the_keys_of_the_line_that_is_asked_for(version: str) -> None:
    line, view = line_of(version), view_of(version)
    paths = [one.path.removeprefix("flink.config.") for one in FLINK_CONFIG.asks(view)]
    keys = line.keys
    assert paths == [
        line.memory.taskmanager.key,
        line.memory.jobmanager.key,
        keys.slots,
        keys.parallelism,
        keys.tmp_dirs,
        keys.web_port,
        keys.rpc_port,
    ]
    assert all(judge(view, path).fine for path in paths)


@EACH_LINE
def test_every_suggestion_says_why(version: str) -> None:
    view = view_of(version)
    line = line_of(version)
    for key in (
        line.memory.taskmanager.key,
        line.memory.jobmanager.key,
        line.keys.slots,
        line.keys.parallelism,
    ):
        said = suggested(view, key)
        assert said is not None and said.reason
        assert [text.partition(":")[0] for text in said.detail[:3]] == ["From", "Formula", "Bounds"]


def test_a_host_that_gets_another_value_is_named_beside_the_common_one() -> None:
    facts = worlds.cluster(
        sized("m", 8192), sized("full", 32768), sized("bare", 32768), sized("failed", 8192)
    )
    said = suggested(view_of("2.3.0", facts=facts), "taskmanager.memory.process.size")
    assert said is not None and said.value == "28672m"
    assert "failed gets 7168m" in said.reason
    assert any(line.startswith("failed: 7168m") for line in said.detail)


def test_the_suggestion_stays_to_be_seen_beside_a_value_of_ones_own() -> None:
    key = "taskmanager.memory.process.size"
    open_ = suggested(view_of("2.3.0"), key)
    own = view_of("2.3.0", config={key: "4096m"})
    assert open_ is not None and suggested(own, key) == open_


def test_a_value_that_stands_in_the_configuration_of_the_hosts_is_suggested_as_such() -> None:
    text = "taskmanager.numberOfTaskSlots: 3\njobmanager.rpc.address: m\n"
    home = worlds.flink_home("2.3.0", {"config.yaml": text}, edited=("config.yaml",))
    hosts = [worlds.with_home(sized(name, 8192), home) for name in ("m", "full", "bare")]
    said = suggested(view_of("2.3.0", facts=worlds.cluster(*hosts)), "taskmanager.numberOfTaskSlots")
    assert said is not None and said.value == "3"


@given(st.sampled_from(VERSIONS), st.integers(1, 512))
def test_a_size_is_written_as_the_line_wants_it_and_read_back(version: str, gib: int) -> None:
    key = line_of(version).memory.taskmanager
    parse = memory_parser(key)
    value = parse(f"{gib}g")
    assert value == key.text(gib * 1024)
    assert parse(value) == value


def test_a_size_without_a_unit_is_only_read_where_it_means_mib() -> None:
    assert memory_parser(line_of("1.4.2").memory.taskmanager)("2048") == "2048"
    with pytest.raises(ValueProblem, match="no unit"):
        memory_parser(line_of("2.3.0").memory.taskmanager)("2048")


def test_directories_are_absolute_and_named_once() -> None:
    assert parse_directories("/data1/tmp, /data2/tmp:/data1/tmp") == "/data1/tmp,/data2/tmp"
    for text in ("tmp", ",", "/a b"):
        with pytest.raises(ValueProblem):
            parse_directories(text)


@given(
    version=st.sampled_from(LINES),
    memory=st.lists(st.integers(300, 200_000), min_size=3, max_size=3),
    own=st.none() | st.integers(512, 300_000),
    several=st.none() | st.integers(1, 3),
)
def test_the_parts_of_a_division_add_up_to_the_memory_of_the_host(
    version: str, memory: list[int], own: int | None, several: int | None
) -> None:
    facts = worlds.cluster(
        *(sized(name, size) for name, size in zip(("m", "full", "bare"), memory, strict=True))
    )
    view = view_of(version, facts=facts)
    assert view.spec is not None and view.desired is not None
    if own or several:
        from wizard.desired import settle

        workers = tuple(replace(host, memory_mib=own, taskmanagers=several) for host in view.spec.workers[:2])
        spec = replace(view.spec, workers=workers)
        view = replace(view, spec=spec, desired=settle(spec, facts))
    seen: list[str] = []
    for one in divisions(view):
        assert all(part.mib > 0 for part in one.parts)
        assert len({part.name for part in one.parts}) == len(one.parts)
        assert sum(part.mib for part in one.parts) == one.total + one.short
        assert not (one.short and one.mib("system"))
        seen += one.hosts
    assert sorted(seen) == ["bare", "full", "m"]


def test_a_division_is_that_of_flinks_own_calculator() -> None:
    facts = worlds.cluster(sized("m", 8192), sized("full", 32768), sized("bare", 32768 + 9))
    by_hosts = {one.hosts: one for one in divisions(view_of("1.13.6", facts=facts))}
    alike = by_hosts["full", "bare"]
    # What BashJavaUtils of Flink 1.13.6 prints for a process of 28672m; the rest is the smaller host's.
    assert {part.name: part.mib for part in alike.parts} == {
        "heap": 15283,
        "managed": 10957,
        "network": 1024,
        "off-heap": 128,
        "metaspace": 256,
        "overhead": 1024,
        "system": 4096,
    }
    assert (alike.total, alike.taskmanager) == (32768, 28672)
    assert by_hosts["m",].mib("JobManager") == 1600


def test_sizes_that_flink_refuses_are_told_and_not_drawn() -> None:
    view = view_of("2.3.0", config={"taskmanager.memory.process.size": "300m"})
    told = [one for one in divisions(view) if "full" in one.hosts]
    assert told[0].problem and [part.name for part in told[0].parts] == ["system"]


def test_what_flink_gets_counts_its_taskmanagers() -> None:
    view = view_of("2.3.0")
    assert view.desired is not None
    node = replace(
        view.desired.nodes["full"],
        taskmanagers=2,
        config=(("taskmanager.memory.process.size", "4g"),),
        slots=3,
    )
    assert gets(view.desired.line, node) == "2 x 4g, 3 slots each"


def test_known_keys_complete_what_is_typed() -> None:
    view = view_of("2.3.0")
    found = [one.key for one in completions(view, "taskmanager.mem")]
    assert found and all(key.startswith("taskmanager.mem") for key in found)
    assert "taskmanager.numberOfTaskSlots" in [one.key for one in completions(view, "numberoftask")]
    assert completions(view, "no such key at all") == ()
    assert next(one.default for one in completions(view, "parallelism.default")) == "1"


def test_a_mistyped_key_is_answered_with_the_one_that_was_meant() -> None:
    said = judge(view_of("2.3.0"), "taskmanager.numberOfTaskSlot")
    assert not said.fine and said.other == "taskmanager.numberOfTaskSlots" and "did you mean" in said.sentence
    assert judge(view_of("2.3.0"), "taskmanager.heap.size").other
    assert judge(view_of("2.3.0"), "").sentence


def test_a_secret_is_never_shown() -> None:
    key = "security.ssl.rest.keystore-password"
    view = view_of("2.3.0", config={key: "hunter2"}, more=f"  config:\n    {key}: hunter2\n")
    assert other_keys(view, FLINK_CONFIG.asks(view)) == (key,)
    assert all(one.secret and not one.value for one in completions(view, key))
    said = [line for part in FLINK_CONFIG.by_hand(view) for line in part.lines]
    assert f"{key}: ****" in said and not any("hunter2" in line for line in said)


def test_any_key_can_be_asked_for() -> None:
    one = key_question(view_of("2.3.0"), "state.backend.type")
    assert one.path == "flink.config.state.backend.type" and one.parse(" rocksdb ") == "rocksdb"


def test_totals_stand_below_the_workers() -> None:
    facts = worlds.cluster(sized("m", 8192), *(sized(name, 16384) for name in ("full", "bare")))
    lines = WORKERS.summary(view_of("2.3.0", facts=facts))
    assert lines[0] == "6 TaskManagers on 6 hosts, 24 slots in all."
    assert lines[1] == "A job that names no parallelism takes all 24 slots."
    assert "4 hosts were not read" in lines[-1]
    asked = WORKERS.summary(view_of("2.3.0", facts=facts, config={"parallelism.default": "99"}))
    assert asked[1] == "A job that names no parallelism asks for 99 of 24 slots: it would wait."


def test_a_master_that_also_works_runs_both() -> None:
    view = view_of("2.3.0")
    assert view.spec is not None
    both = replace(view, spec=replace(view.spec, workers=(view.spec.master,)))
    assert both.spec is not None
    assert WORKERS.row(both, both.spec.master)[1].text == "JobManager and TaskManager"


@pytest.mark.parametrize(
    "version,support,java",
    [
        ("2.3.0", "newest line", "Java 11, 17 (21 as an experiment)"),
        ("2.2.1", "still gets fixes", "Java 11, 17 (21 as an experiment)"),
        ("1.20.5", "long-term support", "Java 11 (8 discouraged; 17, 21 as an experiment)"),
        ("1.9.3", "no more fixes", "Java 8"),
        ("0.9.1", "no more fixes", "Java 6, 7, 8"),
    ],
)
def test_each_version_says_its_java_and_its_support(version: str, support: str, java: str) -> None:
    assert (support_of(line_of(version)), java_range(line_of(version))) == (support, java)


def test_all_releases_are_offered_newest_first_and_builds_only_where_there_are_several() -> None:
    asked = {version: [one.path for one in FLINK.asks(view_of(version))] for version in LINES}
    assert "flink.build.hadoop" in asked["0.9.1"] and "flink.build.scala" in asked["1.13.6"]
    assert not [path for path in asked["2.3.0"] if "build" in path]
    view = view_of("2.3.0")
    versions = next(one for one in FLINK.asks(view) if one.path == "flink.version")
    assert [option.value for option in versions.options(view)] == list(reversed(VERSIONS))


@pytest.mark.parametrize(
    "text,entries",
    [
        ("{host: node3, slots: 2}", 1),
        ("node1, {host: node[1-4], memory: 8g} flink@n9:22 # the rest", 3),
        ('{host: "node[1-4]", key: "~/.ssh/a b, c"}\nnode9', 2),
    ],
)
def test_hosts_that_differ_are_typed_in_braces_and_read_back(text: str, entries: int) -> None:
    read = parse_entries(text)
    assert len(read) == entries
    assert parse_entries(written("workers", read)) == read


@pytest.mark.parametrize(
    "text,said",
    [
        ("{slots: 2}", "names no host"),
        ("{host: a, slot: 3}", "did you mean slots"),
        ("{host: a, slots: x}", "is not a number of slots"),
        ("{host a}", "write it like"),
        ('{host: a, key: "~/x\\u0"}', "write it like"),
        ("{}", "names no host"),
    ],
)
def test_braces_that_read_badly_say_what_to_change(text: str, said: str) -> None:
    with pytest.raises(ValueProblem, match=said):
        parse_entries(text)
