"""An HDFS beside Flink: made once, previewed as it is made, joined to Flink, and stopped and started in order."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.hdfsworlds import (
    DATA,
    HADOOP_HOME,
    NAME,
    bare,
    formatted,
    hdfs_cluster,
    hdfs_host,
    hdfs_plan,
    hdfs_spec,
    holding,
)
from tests.unit.worlds import LOST, run
from validators.install import hdfs as install_checks
from wizard.commands import Run, lines_of
from wizard.desired import settle
from wizard.facts import ClusterFacts, DaemonFacts, DiskFacts, HostFacts, PathFacts
from wizard.hadoop.jmx import JMX_PATHS
from wizard.hadoop.sitexml import read_site
from wizard.hdfs import CORE, hdfs_survey
from wizard.needs import Paths
from wizard.plans.operate import START, STOP, TAKE_OUT
from wizard.preview import preview
from wizard.runner import Outcome
from wizard.servicefacts import RestFacts
from wizard.session import restricted
from wizard.spec import ClusterSpec, HdfsSpec

VERSIONS = ("1.2.1", "2.7.3", "3.3.6")


def lines(done: Any, host: str = "") -> list[str]:
    return [lines_of(command) for one in done if host in ("", one.host) for command in one.commands]


def formats(done: Any) -> list[str]:
    """Commands that would format anything, however they are wrapped."""
    return [
        line
        for one in done
        for command in one.commands
        for line in ([" ".join(command.argv)] if isinstance(command, Run) else [])
        if "namenode -format " in line
    ]


def failed(outcome: Outcome) -> dict[str, str]:
    return {name: failure.step for name, failure in outcome.dropped.items()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flink", ["1.3.2", "1.9.3", "2.3.0"])
def test_a_bare_cluster_gets_an_hdfs_once(version: str, flink: str) -> None:
    wish = hdfs_spec(version, flink=flink, more={})
    facts = hdfs_cluster(wish)
    plan = hdfs_plan(wish, facts)
    before = preview(plan, facts)
    ran = run(plan, facts)
    assert ran.outcome.good, (ran.outcome.dropped, ran.outcome.failures)
    assert lines(before.done) == lines(ran.done) or sorted(lines(before.done)) == sorted(lines(ran.done))
    assert len(formats(ran.done)) == 1
    order = [one.operation for one in ran.done if one.host == "m"]
    assert order.index("install-hadoop") < order.index("write-core-site") < order.index("format-namenode")
    assert order.index("format-namenode") < order.index("start-namenode") < order.index("hdfs-write-and-read")
    assert order.index("start-namenode") < order.index("start-jobmanager")
    again = preview(hdfs_plan(wish, ran.facts, run_id="run2"), ran.facts)
    assert [one.operation for one in again.done if one.operation not in {"take-lock", "release-lock"}] == []


@pytest.mark.parametrize(
    ("flink", "key", "classes"),
    [
        ("1.3.2", "fs.hdfs.hadoopconf", False),
        ("1.4.2", "fs.hdfs.hadoopconf", True),
        ("1.9.3", "env.hadoop.conf.dir", True),
        ("2.3.0", "env.hadoop.conf.dir", True),
    ],
)
def test_each_flink_line_is_told_of_the_hdfs_in_its_own_way(flink: str, key: str, classes: bool) -> None:
    wish = hdfs_spec(flink=flink)
    facts = hdfs_cluster(wish)
    desired = settle(wish, facts)
    assert dict(desired.nodes["w1"].config)[key] == f"{HADOOP_HOME}/etc/hadoop"
    ran = run(hdfs_plan(wish, facts), facts)
    profile = ran.facts["w1"].paths.get("~/.profile")
    said = (profile.text or "") if profile else ""
    assert ("hadoop' --config" in said) == classes


@st.composite
def stores(draw: st.DrawFn, path: str, kind: str) -> Any:
    which = draw(
        st.sampled_from(
            (
                "missing",
                "missing",
                "empty",
                "formatted",
                "alien",
                "partial",
                "begun",
                "other",
                "unreadable",
                "fixed",
            )
        )
    )
    match which:
        case "missing":
            return bare(path)
        case "empty":
            return replace(bare(path), state="empty")
        case "formatted":
            return formatted(path, kind=kind)
        case "alien":
            return formatted(path, "CID-b", kind)
        case "begun":
            return holding(path, draw(st.sampled_from(("partial", "formatted"))), interrupted=True)
        case "fixed":
            return replace(bare(path), writable=False)
        case _:
            return holding(path, which, "photos" if which == "other" else "current", writable=True)


@st.composite
def states(draw: st.DrawFn) -> tuple[ClusterSpec, ClusterFacts]:
    version = draw(st.sampled_from(VERSIONS))
    names = (NAME, "/disk2/name") if draw(st.booleans()) else (NAME,)
    wish = hdfs_spec(
        version,
        workers=draw(st.integers(1, 3)),
        name_dirs=names,
        format=draw(st.sampled_from(("if-empty", "if-empty", "never"))),
    )
    seen: dict[str, HostFacts] = {}
    for name in wish.names:
        paths = names if name == "m" else (DATA,)
        kind = "NAME_NODE" if name == "m" else "DATA_NODE"
        facts = hdfs_host(name, *(draw(stores(path, kind)) for path in paths), version=version)
        seen[name] = HostFacts(name, failure=LOST) if name != "m" and draw(st.integers(0, 7)) == 0 else facts
    return wish, hdfs_cluster(wish, **seen)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(states())
def test_nothing_is_formatted_unless_every_directory_of_the_cluster_is_bare(
    state: tuple[ClusterSpec, ClusterFacts],
) -> None:
    wish, facts = state
    plan = hdfs_plan(wish, facts)
    before = preview(plan, facts)
    ran = run(plan, facts)
    assert sorted(lines(before.done)) == sorted(lines(ran.done))
    found = formats(ran.done)
    assert len(found) <= 1
    everywhere = [store for name in wish.names for store in facts[name].storage.values()]
    unknown = any(not facts[name].reached for name in wish.hdfs.datanodes)
    held = [store for store in everywhere if not store.bare]
    ours = all(store.interrupted and store.path in wish.hdfs.name_dirs for store in held)
    if found:
        assert wish.hdfs.format == "if-empty" and not unknown and ours
        assert "-nonInteractive" in found[0] and "</dev/null" in found[0] and "-force" not in found[0]
    for line in lines(ran.done):
        for path in {store.path for store in everywhere}:
            assert f"rm -rf {path}" not in line
    again = preview(hdfs_plan(wish, ran.facts, run_id="run2"), ran.facts)
    assert formats(again.done) == []


@pytest.mark.parametrize(
    ("m", "w1", "says", "evidence"),
    [
        (formatted(NAME), formatted(DATA, "CID-b", "DATA_NODE"), "belongs to another HDFS", "CID-b"),
        (bare(NAME), formatted(DATA, kind="DATA_NODE"), "data was found", "7 files, 3 MiB"),
        (holding(NAME, "other", "photos"), bare(DATA), "data was found", "photos"),
        (holding(NAME, "partial"), bare(DATA), "half formatted", "without VERSION"),
        (formatted(NAME), holding(DATA, "partial", "current"), "lost its VERSION", "current"),
        (formatted(NAME), replace(bare(DATA), writable=False), "cannot be made", "may not be written"),
    ],
)
def test_what_would_lose_data_is_refused_with_what_is_there(
    m: Any, w1: Any, says: str, evidence: str
) -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish, m=hdfs_host("m", m), w1=hdfs_host("w1", w1))
    ran = run(hdfs_plan(wish, facts), facts)
    failures = list(ran.outcome.dropped.values())
    assert any(says in one.cause and evidence in one.evidence and one.action for one in failures), failures
    assert formats(ran.done) == []


def test_a_format_is_never_made_without_the_answer_that_allows_it() -> None:
    wish = hdfs_spec(format="never")
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    assert failed(ran.outcome) == {"m": "format-namenode"}
    assert "hdfs.format: if-empty" in ran.outcome.dropped["m"].action


def test_a_host_that_is_out_of_reach_puts_the_format_off_and_flink_goes_on() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish, w2=HostFacts("w2", failure=LOST))
    ran = run(hdfs_plan(wish, facts), facts)
    assert formats(ran.done) == []
    assert "start-jobmanager" in [one.operation for one in ran.done]
    assert not ran.outcome.good


def test_an_interrupted_format_is_moved_aside_and_made_anew() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish, m=hdfs_host("m", holding(NAME, "partial", interrupted=True)))
    ran = run(hdfs_plan(wish, facts), facts)
    assert ran.outcome.good and len(formats(ran.done)) == 1


def test_directories_that_were_recorded_stay_when_a_larger_disk_comes() -> None:
    wish = hdfs_spec(data_dirs=(), name_dirs=())
    facts = hdfs_cluster(wish)
    for name in wish.names:
        store = bare(f"/home/flink/hdfs/{'name' if name == 'm' else 'data'}")
        facts = facts.changed(name, storage=MappingProxyType({store.path: store}))
    ran = run(hdfs_plan(wish, facts), facts)
    assert ran.outcome.good
    disk = DiskFacts("/big", "/dev/sdb", "ext4", 9_000_000, 8_000_000)
    later = ran.facts.changed("w1", disks=(disk,))
    hdfs = settle(wish, later).hdfs
    assert hdfs is not None and hdfs.nodes["w1"].data_dirs == ("/home/flink/hdfs/data",)
    fresh = settle(wish, hdfs_cluster(wish, w1=replace(hdfs_host("w1"), disks=(disk,)))).hdfs
    assert fresh is not None and fresh.nodes["w1"].data_dirs == ("/big/hdfs/data",)


def test_new_answers_do_not_leave_blocks_behind_nor_format_beside_them() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    filled = ran.facts.changed_storage("w1", formatted(DATA, "new", "DATA_NODE"), bare("/other/data"))
    filled = filled.changed_storage("m", bare("/other/name"))
    filled = filled.changed_storage("w2", formatted(DATA, "new", "DATA_NODE"), bare("/other/data"))
    moved = replace(wish, hdfs=replace(wish.hdfs, name_dirs=("/other/name",), data_dirs=("/other/data",)))
    again = run(hdfs_plan(moved, filled, run_id="run2"), filled)
    assert formats(again.done) == []
    assert failed(again.outcome)["m"] == "format-namenode"
    assert NAME in again.outcome.dropped["m"].evidence and DATA in again.outcome.dropped["m"].evidence


def test_a_disk_that_is_not_mounted_is_not_formatted_over() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    gone = ran.facts.changed_storage("m", bare(NAME)).changed("m", daemons=())
    again = run(hdfs_plan(wish, gone, run_id="run2"), gone)
    assert formats(again.done) == [] and "mounted" in again.outcome.dropped["m"].action


def test_what_hadoop_reads_is_what_was_looked_at() -> None:
    wish = hdfs_spec(version="2.7.3")
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    home = ran.facts["m"].homes[HADOOP_HOME]
    site = read_site(home.conf["hdfs-site.xml"].text or "")
    assert site.values["dfs.namenode.name.dir"] == f"file://{NAME}"
    assert "export JAVA_HOME='/usr/lib/jvm/java-8'" in (home.conf["hadoop-env.sh"].text or "")
    assert home.conf["slaves"].text == "w1\nw2\n"


def test_starting_and_stopping_keep_hdfs_beneath_flink() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    stopped = run(hdfs_plan(wish, ran.facts, STOP, "run2"), ran.facts)
    assert [one.operation for one in stopped.done if one.host == "m"][1:-1] == [
        "stop-jobmanager",
        "stop-namenode",
    ]
    started = run(hdfs_plan(wish, stopped.facts, START, "run3"), stopped.facts)
    order = [one.operation for one in started.done if one.host == "m"]
    assert order.index("start-namenode") < order.index("start-jobmanager")
    assert "format-namenode" not in order


def test_an_existing_hdfs_is_joined_and_nothing_of_it_is_changed() -> None:
    existing = HdfsSpec(
        mode="existing", address="hdfs://nn:8020", conf_dir="/etc/hadoop/conf", home="/opt/hadoop"
    )
    wish = replace(hdfs_spec(), hdfs=existing)
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    assert ran.outcome.good, ran.outcome
    mine = {one.operation for one in ran.done}
    assert "set-hadoop-classpath" in mine
    assert not mine & {
        "format-namenode",
        "start-namenode",
        "start-datanode",
        "write-core-site",
        "make-data-dirs",
    }
    assert not any("/etc/hadoop/conf/" in line for line in lines(ran.done) if line.startswith("write "))


@pytest.mark.parametrize("place", ["/opt/hadoop/etc/hadoop", "/etc/hadoop/conf", ""])
def test_an_existing_hdfs_that_no_answer_names_is_the_one_whose_namenode_runs(place: str) -> None:
    wish = replace(hdfs_spec(), hdfs=HdfsSpec(mode="existing"))
    site = "<configuration><property><name>fs.defaultFS</name><value>hdfs://w1:9000</value></property></configuration>"
    files = [PathFacts(f"{place}/{CORE}", "file", text=site)] if place else []
    files.append(PathFacts("/opt/hadoop/bin/hadoop", "file"))
    seen = {
        name: replace(
            hdfs_host(name),
            paths=MappingProxyType({file.path: file for file in files}),
            daemons=(DaemonFacts("namenode", 7, "hdfs", 1.0, "", "/opt/hadoop"),) if name == "w1" else (),
        )
        for name in wish.names
    }
    facts = ClusterFacts(MappingProxyType(seen))
    told = settle(wish, facts).joined
    asked = {
        path for need in hdfs_survey(wish, facts)["w2"] if isinstance(need, Paths) for path in need.texts
    }
    found = {one.id for one in install_checks.existing(wish, facts)}
    assert told is not None and told.client == "/opt/hadoop"
    assert f"/opt/hadoop/etc/hadoop/{CORE}" in asked and f"/etc/hadoop/conf/{CORE}" in asked
    if place:
        assert (told.address, told.conf_dir, found) == ("hdfs://w1:9000", place, set())
    else:
        assert (told.address, found) == ("", {"hdfs-not-found"})


def test_a_cluster_without_hdfs_knows_nothing_of_it() -> None:
    wish = replace(hdfs_spec(), hdfs=HdfsSpec())
    facts = hdfs_cluster(wish)
    steps = [step.id for step in hdfs_plan(wish, facts).steps]
    assert not any("hadoop" in step or "hdfs" in step or "node" in step for step in steps)


@pytest.mark.parametrize(
    ("workers", "copies", "leaving", "told", "says"),
    [
        (3, 2, ("w3",), {}, ""),
        (3, 3, ("w3",), {}, "fewer DataNodes than copies"),
        (3, 1, ("w3",), {}, "one copy only"),
        (4, 2, ("w3", "w4"), {}, "one DataNode is retired at a time"),
        (3, 2, ("w3",), {"UnderReplicatedBlocks": 4}, "too few copies already"),
        (3, 2, ("w3",), {"NumLiveDataNodes": 4}, "that does not run here"),
        (3, 2, ("w3",), None, "does not say how many copies"),
    ],
)
def test_a_datanode_is_retired_only_where_no_block_can_be_lost(
    workers: int, copies: int, leaving: tuple[str, ...], told: dict[str, int] | None, says: str
) -> None:
    wish = hdfs_spec(workers=workers, replication=copies)
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    assert ran.outcome.good
    seen = ran.facts["m"].rest["m:50070"]
    answers: dict[str, Any] = {path: dict(answer) for path, answer in seen.answers.items()}
    answers[JMX_PATHS[0]] = {"beans": [{**answers[JMX_PATHS[0]]["beans"][0], **(told or {})}]}
    rest = {
        **ran.facts["m"].rest,
        "m:50070": RestFacts(told is not None, answers if told is not None else {}),
    }
    there = ran.facts.changed("m", rest=rest)
    plan = restricted(hdfs_plan(wish, there, TAKE_OUT, "run2", frozenset(leaving)), frozenset(leaving))
    out = run(plan, there)
    stopped = {one.host for one in out.done if one.operation == "stop-taskmanager"}
    if says:
        assert {failure.step for failure in out.outcome.dropped.values()} == {"retire-datanode"}
        assert all(says in failure.cause for failure in out.outcome.dropped.values())
        assert stopped == set()
    else:
        assert out.outcome.good and stopped == set(leaving)
        assert [one.kind for one in out.facts["w3"].daemons or ()] == []


def test_no_way_starts_a_datanode_on_a_directory_that_it_would_clear() -> None:
    wish = hdfs_spec()
    facts = hdfs_cluster(wish)
    ran = run(hdfs_plan(wish, facts), facts)
    stopped = run(hdfs_plan(wish, ran.facts, STOP, "run2"), ran.facts).facts
    lost = stopped.changed_storage("w1", holding(DATA, "partial", "current", "in_use.lock"))
    started = run(hdfs_plan(wish, lost, START, "run3"), lost)
    assert failed(started.outcome) == {"w1": "start-datanode"}
    assert "would clear it" in started.outcome.dropped["w1"].cause
    assert {one.host for one in started.done if one.operation == "start-datanode"} == {"w2"}
