"""Proofs say only what was observed: REST answers of every line, ports between workers, causes from logs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from tests.unit.worlds import HOME, LOST, cluster, daemon, flink_home, host, with_home
from wizard.facts import ClusterFacts, HostFacts
from wizard.flink.catalogue import line_of
from wizard.needs import Rest, Tcp
from wizard.operations.confdir import LOGGING, MakeConfDir, ProveConfDir
from wizard.operations.home import SeeSharedHome
from wizard.operations.operation import NotNow, Verdict
from wizard.operations.proofjob import NoProofJob, RunProofJob, proof_jar
from wizard.operations.prove import (
    AddressesReachable,
    RestAnswers,
    TaskManagerRegistered,
    TaskManagersRegistered,
    explained,
)
from wizard.operations.restanswers import taskmanagers
from wizard.servicefacts import RestFacts

REST = Rest("m", 8081, ())
WORKERS = (("w1", "w1"), ("w2", "w2"))
V23 = line_of("2.3.0")
CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data/rest-answers.yaml").read_text(encoding="utf-8")
)


def said(facts: ClusterFacts, answers: dict[str, Any] | None, evidence: str = "") -> ClusterFacts:
    value = RestFacts(answers is not None, MappingProxyType(answers or {}), evidence)
    return facts.changed("m", rest=MappingProxyType({REST.key: value}))


def observed(case: dict[str, Any]) -> ClusterFacts:
    """A master with its answers, and as many TaskManager processes as are alive, one a worker."""
    version = str(case["version"])
    web = line_of(version).web
    alive = case.get("alive", 2)
    seen: list[HostFacts] = [with_home(host("m"), flink_home(version), daemon("jobmanager", 1))]
    for number, (name, _) in enumerate(WORKERS, 1):
        running = (daemon("taskmanager", 5),) if number <= alive else ()
        seen.append(with_home(host(name), flink_home(version), *running))
    listed = {"taskmanagers": case.get("taskmanagers", [])}
    return said(cluster(*seen), {web.overview: case["overview"], web.taskmanagers: listed})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_rest_answers_is_what_is_said(case: dict[str, Any]) -> None:
    version = str(case["version"])
    line, facts = line_of(version), observed(case)
    if "answers" in case:
        verdict = RestAnswers("m", line, version, REST, HOME).judge(facts)
        wrong = case.get("wrong", False)
        assert (verdict.observed, verdict.good) == (case["answers"], not wrong)
        assert verdict.final or verdict.good
    if "registered" in case:
        verdict = TaskManagersRegistered("m", line, REST, HOME, 2, 8, WORKERS).judge(facts)
        assert [verdict.good, verdict.observed] == case["registered"]
        assert verdict.wanted == "2 TaskManagers, 8 slots" and verdict.final is case.get("final", False)
    if "hosts" in case:
        assert [one.host for one in taskmanagers(facts, "m", REST, line)] == case["hosts"]


def test_a_jobmanager_that_does_not_answer_yet_is_waited_for_and_a_dead_one_is_not() -> None:
    proof = RestAnswers("m", V23, "2.3.0", REST, HOME)
    alive = said(cluster(with_home(host("m"), flink_home("2.3.0"), daemon("jobmanager", 1))), None, "refused")
    verdict = proof.judge(alive)
    assert (verdict.good, verdict.final, verdict.evidence) == (False, False, "refused")
    assert verdict.observed == "the JobManager runs but does not answer"
    assert proof.judge(alive.changed("m", daemons=())).final
    assert not proof.judge(alive.changed("m", daemons=None)).final
    assert proof.judge(proof.expected(alive)).good


def test_an_unreachable_worker_never_lowers_what_is_wanted() -> None:
    facts = cluster(host("m"), with_home(host("w1"), flink_home("2.3.0"), daemon("taskmanager", 1)))
    facts = facts.with_host(HostFacts("w2", failure=LOST))
    proof = TaskManagersRegistered("m", V23, REST, HOME, 2, 8, WORKERS)
    verdict = proof.judge(proof.expected(facts))
    assert (verdict.good, verdict.observed) == (False, "1 of 2 TaskManagers, 4 of 8 slots")
    job = RunProofJob("m", HOME, V23, REST, 8, 2, ("m",), "~/s", "r")
    with pytest.raises(NotNow, match="only 4 of 8 slots"):
        job.commands(proof.expected(facts))


def test_busy_slots_leave_the_job_out() -> None:
    case = {"version": "2.3.0", "overview": {"taskmanagers": 2, "slots-total": 8, "slots-available": 5}}
    with pytest.raises(NotNow, match="3 of 8 slots are busy"):
        RunProofJob("m", HOME, V23, REST, 8, 2, ("m",), "~/s", "r").commands(observed(case))


def addresses(*names: str) -> ClusterFacts:
    listed = [
        {"id": name, "path": f"pekko.tcp://flink@{name}:1/x", "dataPort": 42, "slotsNumber": 4}
        for name in names
    ]
    return observed({"version": "2.3.0", "overview": {"taskmanagers": 2}, "taskmanagers": listed})


def opened(facts: ClusterFacts, host_: str, **states: str) -> ClusterFacts:
    return facts.changed(host_, tcp=MappingProxyType({(name, 42): state for name, state in states.items()}))


PROOF = AddressesReachable("m", V23, REST, WORKERS)


def test_every_worker_is_asked_to_open_every_address() -> None:
    facts = addresses("w1", "w2")
    wanted = (Tcp((("w1", 42), ("w2", 42))),)
    assert PROOF.then_needs(facts) == {"w1": wanted, "w2": wanted}
    facts = opened(opened(facts, "w1", w1="open", w2="open"), "w2", w1="open", w2="open")
    verdict = PROOF.judge(facts)
    assert verdict.good and verdict.observed == "2 data ports, each open to 2 of 2 workers"


def test_closed_ports_are_named_from_where_to_where() -> None:
    facts = opened(
        opened(addresses("w1", "w2"), "w1", w1="open", w2="timeout"), "w2", w1="refused", w2="open"
    )
    verdict = PROOF.judge(facts)
    assert not verdict.good and verdict.final
    assert verdict.evidence == "w1 → w2:42: timeout\nw2 → w1:42: refused"


def test_a_worker_that_could_not_be_asked_is_not_counted() -> None:
    facts = opened(addresses("w1", "w2"), "w1", w1="open", w2="open").changed("w2", failure=LOST)
    assert PROOF.judge(facts).observed == "2 data ports, each open to 1 of 2 workers"
    assert not PROOF.judge(addresses("w1", "w2")).good


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.0.1.1", "localhost.localdomain"])
def test_an_address_of_the_loopback_is_a_failure_of_several_workers_only(name: str) -> None:
    verdict = PROOF.judge(addresses(name, "w2"))
    assert not verdict.good and name in verdict.observed and "taskmanager.host" in verdict.action
    alone = AddressesReachable("m", V23, REST, (("w1", name),))
    assert alone.judge(addresses(name)).good
    assert alone.then_needs(addresses(name)) == {}


def test_no_registered_taskmanager_is_final() -> None:
    verdict = PROOF.judge(addresses())
    assert not verdict.good and verdict.final


@pytest.mark.parametrize(
    ("tail", "evidence", "action"),
    [
        (
            "INFO starting\nCaused by: java.net.BindException: Could not start rest endpoint on any port in port range 8081",
            "Could not start rest endpoint",
            "rest.port",
        ),
        (
            "WARN x\nRegistration failed: UnknownHostException: m: Name not known\n",
            "UnknownHostException",
            "/etc/hosts",
        ),
        ("one\ntwo\nthree\n", "three", "Read these logs"),
    ],
)
def test_a_failed_proof_shows_the_log_and_the_known_cause(tail: str, evidence: str, action: str) -> None:
    file = f"{HOME}/log/flink-flink-taskexecutor-0-w1.log"
    tails = MappingProxyType({file: tail, "/elsewhere/x.log": "No space left on device"})
    facts = cluster(host("m"), host("w1", tails=tails), host("w2"))
    proof = TaskManagersRegistered("m", V23, REST, HOME, 2, 8, WORKERS)
    verdict = proof.explain(facts, Verdict(False, "0 of 2 TaskManagers"))
    assert evidence in verdict.evidence and f"w1:{file}" in verdict.evidence and action in verdict.action
    assert "/elsewhere" not in verdict.evidence
    untold = Verdict(False, "x")
    assert explained(cluster(host("w1")), ["w1"], untold, f"{HOME}/log") == untold


def test_only_silent_workers_are_asked_for_their_logs_cause() -> None:
    facts = addresses("w1")
    tails = MappingProxyType({f"{HOME}/log/a.log": "No route to host"})
    facts = facts.changed("w1", tails=tails).changed("w2", tails=tails)
    proof = TaskManagersRegistered("m", V23, REST, HOME, 2, 8, WORKERS)
    assert proof.explain(facts, Verdict(False, "x")).evidence.startswith("w2:")
    assert set(proof.evidence_needs()) == {"w1", "w2"}


def test_a_shared_home_must_be_seen_by_each_node() -> None:
    facts = cluster(with_home(host("m"), flink_home("2.3.0")), host("w1"))
    proof = SeeSharedHome("w1", HOME, "2.3.0", "m")
    verdict = proof.judge(facts)
    assert not verdict.good and "distribute" in verdict.action
    after = proof.expected(facts)
    assert proof.judge(after).good
    own = replace(after["w1"].homes[HOME], conf_dir="/var/conf")
    kept = proof.expected(after.changed_home("w1", own))
    assert kept["w1"].homes[HOME].conf_dir == "/var/conf"


def test_a_line_without_a_proved_job_says_so_without_failing() -> None:
    verdict = NoProofJob("m", "no job has been proved on it yet").judge(cluster(host("m")))
    assert verdict.skipped and not verdict.good and "no job" in verdict.observed
    assert proof_jar(V23) is not None


def test_one_worker_is_registered_whatever_the_others_do() -> None:
    proof = TaskManagerRegistered("w1", V23, REST, HOME, "m", "w1")
    nobody = said(cluster(host("m"), host("w1")), {})
    assert proof.judge(nobody).final
    runs = said(cluster(host("m"), host("w1", daemons=(daemon("taskmanager", 5),))), {})
    assert not proof.judge(runs).good and not proof.judge(runs).final
    assert proof.judge(proof.expected(runs)).good
    assert not replace(proof, host="w2", address="w2").judge(proof.expected(runs)).good
    both = replace(proof, count=2)
    assert not both.judge(proof.expected(runs)).good and both.judge(both.expected(runs)).good


def test_a_node_of_a_shared_home_has_its_own_configuration_and_flinks_ssh_sees_it() -> None:
    made = MakeConfDir("w1", HOME, "/home/flink/own/conf", "/home/flink/own/log")
    bare = cluster(host("m"), with_home(host("w1"), flink_home("2.3.0")))
    assert not made.satisfied(bare)
    after = made.expected(bare)
    assert made.satisfied(after) and set(LOGGING) <= set(after["w1"].homes[HOME].conf)
    proof = ProveConfDir("w1", "m", "w1", "/home/flink/own/conf")
    assert not proof.judge(after).good
    assert proof.judge(proof.expected(after)).good


def test_a_taskmanager_that_was_killed_and_is_still_listed_does_not_count() -> None:
    listed = [
        {"id": name, "path": f"pekko.tcp://flink@{name}:41/rpc", "dataPort": 42, "slotsNumber": 2}
        for name in ("w1", "w2")
    ]
    overview = {"taskmanagers": 2, "slots-total": 4}
    case = {"version": "2.3.0", "overview": overview, "taskmanagers": listed}
    facts = observed(case).changed("m", tcp=MappingProxyType({("w1", 42): "refused", ("w2", 42): "open"}))
    all_of_them = TaskManagersRegistered("m", V23, REST, HOME, 2, 4, WORKERS)
    assert all_of_them.then_needs(facts) == {"m": (Tcp((("w1", 42), ("w2", 42))),)}
    verdict = all_of_them.judge(facts)
    assert not verdict.good and not verdict.final and "1 of 2 TaskManagers, 2 of 4 slots" in verdict.observed
    first, second = (TaskManagerRegistered(name, V23, REST, HOME, "m", name) for name in ("w1", "w2"))
    assert not first.judge(facts).good and second.judge(facts).good
    again = facts.changed("m", tcp=MappingProxyType({("w1", 42): "open", ("w2", 42): "open"}))
    assert all_of_them.judge(again).good and first.judge(again).good
