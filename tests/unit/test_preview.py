"""A preview is honest from any starting state, and nothing is left to do after what it showed was done."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.worlds import (
    HOME,
    JAVAS,
    KEY,
    LOST,
    Ran,
    cluster,
    daemon,
    flink_home,
    host,
    planned,
    run,
    shipped,
    spec,
    with_home,
)
from wizard.commands import lines_of
from wizard.facts import ClusterFacts, HomeFacts, HostFacts
from wizard.flink.catalogue import line_of
from wizard.operations.operation import CannotOperate, NotNow, Operation
from wizard.plan import Plan
from wizard.plans.install import INSTALL
from wizard.plans.operate import RELIST, START, STOP
from wizard.preview import Preview, preview
from wizard.servicefacts import RestFacts
from wizard.session import without_needless_lock
from wizard.showing import preview_lines
from wizard.spec import ClusterSpec, JavaSpec

VERSIONS = ("0.9.1", "0.10.2", "1.4.2", "1.9.3", "1.20.0", "2.3.0")
WAYS = (("flink-config",), ("shell-profile",), ("ssh-environment",), ("flink-config", "shell-profile"))


def agree(operation: Operation, jobs: tuple[str, ...]) -> bool:
    del operation, jobs
    return True


@st.composite
def homes(draw: st.DrawFn, version: str) -> HomeFacts:
    kind = draw(st.sampled_from(("absent", "old", "good", "own", "broken", "foreign", "interrupted")))
    files = shipped(version)
    line = line_of(version)
    if kind == "absent":
        return HomeFacts(HOME, exists=False, conf_dir=f"{HOME}/conf")
    if kind == "interrupted":
        return HomeFacts(HOME, False, leftovers=(".flink.flink-wizard-ready",), conf_dir=f"{HOME}/conf")
    if kind == "foreign":
        return HomeFacts(HOME, True, operator_files=("photos",), conf_dir=f"{HOME}/conf")
    if kind == "old":
        return flink_home("1.0.0", files, operator_files=("lib/connector.jar",))
    config = draw(st.sampled_from(("shipped", "edited", "gone", "unreadable")))
    if config == "gone":
        files.pop(line.config.file)
    if config == "edited":
        files[line.config.file] += draw(st.sampled_from(("", "# mine\n", "parallelism.default: 3\n")))
    home = flink_home(version, files, edited=files if config == "edited" else (), manifest=kind != "own")
    if config == "unreadable" and draw(st.booleans()):
        conf = dict(home.conf)
        conf[line.config.file] = replace(conf[line.config.file], text=None, owner="root")
        home = replace(home, conf=MappingProxyType(conf))
    return replace(home, changed_files=("lib/x.jar",)) if kind == "broken" else home


@st.composite
def hosts(draw: st.DrawFn, name: str, version: str, kinds: tuple[str, ...]) -> HostFacts:
    facts = host(
        name,
        sudo=draw(st.sampled_from(("nopasswd", "password", "none"))),
        tools=draw(st.sampled_from((frozenset({"bash", "tar"}), host(name).tools))),
        javas=tuple(JAVAS[major] for major in draw(st.sets(st.sampled_from((8, 11, 17, 21))))),
    )
    if draw(st.booleans()) and facts.ssh is not None:
        ssh = replace(facts.ssh, key_files=MappingProxyType({"/home/flink/.ssh/id_ed25519": KEY}))
        facts = replace(facts, ssh=ssh)
    running = tuple(
        daemon(kind, 100 + 10 * place + number, draw(st.sampled_from((500.0, 2000.0))))
        for place, kind in enumerate(kinds)
        for number in range(draw(st.integers(0, 2)))
    )
    return with_home(facts, draw(homes(version)), *running)


@st.composite
def states(draw: st.DrawFn) -> tuple[ClusterSpec, ClusterFacts]:
    version = draw(st.sampled_from(VERSIONS))
    java = JavaSpec(set_in=draw(st.sampled_from(WAYS)), allow_unsupported=draw(st.booleans()))  # type: ignore[arg-type]
    shared = draw(st.sampled_from(("copy", "copy", "shared")))
    wish = spec(version, draw(st.integers(1, 3)), java=java, distribute=shared)
    seen = [draw(hosts("m", version, ("jobmanager",)))]
    for worker in wish.workers:
        lost = draw(st.integers(0, 5)) == 0
        facts = draw(hosts(worker.name, version, ("taskmanager",)))
        seen.append(HostFacts(worker.name, failure=LOST) if lost else facts)
    if draw(st.booleans()):
        jobs = {
            "jobs": [{"jid": "1", "name": "clicks", "state": "RUNNING"}],
            "running": [{"jid": "1", "name": "c"}],
        }
        web = line_of(version).web
        overview = {web.taskmanager_count: 1, web.slot_count: 4, "slots-available": 0}
        said = RestFacts(True, MappingProxyType({web.overview: overview, web.jobs: jobs}))
        seen[0] = replace(seen[0], rest=MappingProxyType({"m:8081": said}))
    return wish, cluster(*seen)


def lines_by_host(done: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in done:
        found.setdefault(one.host, []).extend(lines_of(command) for command in one.commands)
    return found


def same(before: Preview, ran: Ran) -> None:
    assert lines_by_host(before.done) == lines_by_host(ran.done)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(states(), st.booleans())
def test_a_preview_is_honest_from_any_starting_state(
    state: tuple[ClusterSpec, ClusterFacts], loses: bool
) -> None:
    wish, facts = state
    consent = agree if loses else (lambda operation, jobs: False)
    plan = planned(wish, facts)
    before = preview(plan, facts, consent)
    ran = run(plan, facts, consent=consent)
    same(before, ran)
    assert {name: one.cause for name, one in before.outcome.dropped.items()} == {
        name: one.cause for name, one in ran.outcome.dropped.items()
    }
    if ran.outcome.pending:
        return
    again = run(plan, ran.facts, consent=consent)
    fresh = [one for one in again.done if one.operation not in {"take-lock", "release-lock"}]
    assert fresh == []
    anew = planned(wish, ran.facts)
    after = preview(without_needless_lock(anew, ran.facts, consent), ran.facts, consent)
    assert list(after.done) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(states(), st.sampled_from((INSTALL, START, STOP, RELIST)))
def test_what_an_operation_expects_satisfies_it(state: tuple[ClusterSpec, ClusterFacts], makers: Any) -> None:
    wish, facts = state
    for step in planned(wish, facts, makers=makers).steps:
        if not isinstance(step, Operation) or not facts[step.host].reached:
            continue
        try:
            if step.satisfied(facts):
                continue
            commands = step.commands(facts)
        except (CannotOperate, NotNow):
            continue
        assert commands, step
        after = step.expected(facts)
        assert step.satisfied(after), step
        facts = after


def whole(version: str = "2.3.0") -> tuple[ClusterSpec, Plan, Ran]:
    wish = spec(version)
    javas = (JAVAS[8], JAVAS[11], JAVAS[17])
    facts = cluster(*(host(name, javas=javas) for name in wish.names))
    plan = planned(wish, facts)
    return wish, plan, run(plan, facts)


@pytest.mark.parametrize("version", VERSIONS)
def test_bare_hosts_become_a_good_cluster_in_one_run(version: str) -> None:
    _, plan, ran = whole(version)
    assert ran.outcome.good, (ran.outcome.failures, ran.outcome.dropped)
    assert all(proof.good or proof.skipped for proof in ran.outcome.proofs)
    assert {one.operation for one in ran.done if one.host == plan.master} >= {
        "take-lock",
        "install-flink",
        "write-config",
        "start-jobmanager",
        "release-lock",
    }


def test_the_lock_is_neither_taken_nor_shown_when_nothing_changes() -> None:
    wish, _, ran = whole()
    plan = planned(wish, ran.facts)
    bare = without_needless_lock(plan, ran.facts)
    assert "Lock" not in [stage.title for stage in bare.stages] and bare.closing == ()
    assert "Nothing to change." in list(preview_lines(preview(bare, ran.facts)))


def test_the_lock_of_a_run_that_is_gone_is_taken_over_even_when_nothing_else_changes() -> None:
    wish, _, ran = whole()
    plan = planned(wish, ran.facts, stale="run r0 by op on desk/boot as process 7/1 since 2026-01-01")
    kept = preview(without_needless_lock(plan, ran.facts), ran.facts)
    assert [one.operation for one in kept.done] == ["take-lock", "release-lock"]


def test_a_shared_home_keeps_each_nodes_configuration_in_a_preview() -> None:
    wish = spec(distribute="shared")
    facts = cluster(*(host(name) for name in wish.names))
    ran = run(planned(wish, facts), facts)
    assert ran.outcome.good
    again = planned(wish, ran.facts)
    assert preview(without_needless_lock(again, ran.facts), ran.facts).changes == 0


def test_a_preview_with_an_unreachable_worker_promises_no_job() -> None:
    wish = spec()
    facts = cluster(host("m"), host("w1"), HostFacts("w2", failure=LOST))
    before = preview(planned(wish, facts), facts)
    assert "run-proof-job" not in {one.operation for one in before.done}
    assert [left.cause for left in before.left if left.operation == "run-proof-job"] == [
        "only 4 of 8 slots are there"
    ]
    assert any("w2: takes no part: nothing listens on port 22" in line for line in preview_lines(before))


def test_a_preview_obeys_no_terminal_escape_of_a_host() -> None:
    wish = spec(workers=1)
    text = "# \x1b]0;owned\x07\nparallelism.default: 1\n"
    files = {**shipped("2.3.0"), "config.yaml": text}
    bad = with_home(host("w1"), flink_home("2.3.0", files, edited=files))
    dead = HostFacts("m", failure=replace(LOST, cause="\x1b[2Jgone"))
    for facts in (cluster(host("m"), bad), cluster(dead, host("w1"))):
        shown = "\n".join(preview_lines(preview(planned(wish, facts), facts)))
        assert "\x1b" not in shown and "\x07" not in shown
