"""Every check of a cluster that is there: facts in, findings out. The cases are data, in `cluster_checks/*.yaml`.

A case starts from a healthy running cluster of a master m and workers w1 to w3, and says only what differs there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.running import HOME, cluster_of
from tests.unit.worlds import run
from validators.cluster.catalogue import CLUSTER_CHECKS, check_cluster, meanings
from validators.cluster.looking import first_needs, then_needs
from validators.cluster.observed import ClusterCheck, Observed
from wizard.commands import lines_of
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding
from wizard.flink.catalogue import LINES
from wizard.needs import Tcp
from wizard.operations.operation import Proof
from wizard.plan import Plan
from wizard.plans.install import Context
from wizard.plans.repair import picks_of, plan_repair

CASES = Path(__file__).parent / "cluster_checks"
CONTEXT = Context("run1", "~/.flink-wizard/demo", "/cache/flink.tar", (), "run run1 by op")


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


def told(finding: Finding) -> str:
    fix = finding.fix
    grade = f" [{fix.grade}{' ' + fix.operation if fix.operation else ''}]" if fix else ""
    return f"{finding.severity} {finding.id} {','.join(finding.hosts)}{grade}"


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_nothing_is_said_of_a_healthy_cluster_of_any_line(line: Any) -> None:
    desired, facts = cluster_of({"spec": {"version": line.newest}})
    findings = check_cluster(desired, facts)
    assert [told(one) for one in findings if one.severity != "info"] == []


@pytest.mark.parametrize("case", cases())
def test_findings_are_those_of_the_case(case: dict[str, Any]) -> None:
    desired, facts = cluster_of(case)
    findings = check_cluster(desired, facts, case.get("waived", ()), CONTEXT)
    assert sorted(told(one) for one in findings) == sorted(case["findings"])
    for words in case.get("says", ()):
        assert words in "\n".join(str(one) for one in findings)


@pytest.mark.parametrize("case", cases())
def test_every_finding_is_complete_and_has_a_documented_id(case: dict[str, Any]) -> None:
    desired, facts = cluster_of(case)
    for one in check_cluster(desired, facts, (), CONTEXT):
        assert one.id in meanings()
        assert one.title and one.observed and one.wanted and one.hosts
        assert one.severity == "info" or (one.why and one.evidence)
        assert one.severity != "error" or one.fix
        assert "\0" not in str(one)


def plan_of(case: dict[str, Any]) -> tuple[Plan, ClusterFacts]:
    desired, facts = cluster_of(case)
    chosen = [
        one for one in check_cluster(desired, facts, (), CONTEXT) if one.fix is not None and one.fix.operation
    ]
    return plan_repair(desired, CONTEXT, picks_of(desired, chosen, True)), facts


@pytest.mark.parametrize("case", cases())
def test_a_planned_fix_mends_what_was_found_and_nothing_is_left_to_do(case: dict[str, Any]) -> None:
    plan, facts = plan_of(case)
    first = run(plan, facts, consent=lambda operation, jobs: True)
    titles = [done.operation for done in first.done]
    assert all(
        (one.fix is None or one.fix.operation is None) or one.fix.operation in titles
        for one in check_cluster(*cluster_of(case), (), CONTEXT)
    ), titles
    again = run(plan, first.facts, consent=lambda operation, jobs: True)
    # Daemons are ended whatever they are: a plan that ends and starts them is made once.
    ended = any(step.id.startswith("end-") for step in plan.steps)
    renewed = {"start-taskmanager", "start-jobmanager"} if ended else set[str]()
    left = {done.operation for done in again.done if not done.operation.startswith("end-")}
    assert left - renewed <= {"take-lock", "release-lock"}


@pytest.mark.parametrize("case", cases())
def test_no_fix_formats_or_removes_anything_of_hdfs(case: dict[str, Any]) -> None:
    if "hdfs" not in case.get("spec", {}):
        return
    plan, facts = plan_of(case)
    done = run(plan, facts, consent=lambda operation, jobs: True).done
    told = "\n".join(lines_of(command) for one in done for command in one.commands)
    assert "-format" not in told and "-safemode" not in told and "rm -r" not in told
    assert not any(one.operation == "format-namenode" for one in done)


def test_a_fix_changes_the_hosts_that_it_names_alone() -> None:
    plan, _ = plan_of({"conf": {"w2": {"taskmanager.numberOfTaskSlots": "7"}}, "facts": {}})
    changed = {(step.host, step.id) for stage in plan.stages for step in stage.steps}
    assert {host for host, id in changed if id in {"write-config", "start-taskmanager"}} == {"w2"}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
def test_after_a_start_of_zookeeper_a_jobmanager_must_lead_before_the_cluster_is_read_again(
    whole: bool,
) -> None:
    case = next(
        one
        for one in yaml.safe_load((CASES / "ha.yaml").read_text())
        if one["name"] == "ZooKeeper does not run"
    )
    desired, _ = cluster_of(case)
    found = check_cluster(*cluster_of(case), (), CONTEXT)
    plan = plan_repair(desired, CONTEXT, picks_of(desired, found, whole))
    proofs = [(step.host, step.id) for step in plan.stages[-1].steps if isinstance(step, Proof)]
    assert (desired.spec.master.name, "one-leads") in proofs
    assert whole == any(id == "rest-answers" for _, id in proofs)


def test_a_home_that_is_copied_from_the_master_gets_the_configuration_of_its_own_host() -> None:
    case = {"facts": {"w1": {"homes": {HOME: {"path": HOME, "exists": False, "version": None, "jars": {}}}}}}
    desired, _ = cluster_of(case)
    plan, facts = plan_of(case)
    assert {"copy-flink", "write-config"} <= {step.id for step in plan.steps if step.host == "w1"}
    after = run(plan, facts, consent=lambda operation, jobs: True).facts
    assert Observed(desired, after).value("w1", "taskmanager.host") == "w1"


def test_ports_are_asked_of_every_other_node() -> None:
    desired, facts = cluster_of({})
    wanted = then_needs(desired, facts)
    asked = {
        host: {target for need in needs if isinstance(need, Tcp) for target in need.targets}
        for host, needs in wanted.items()
    }
    assert ("m", 6123) in asked["w1"] and ("w2", 401) in asked["w1"] and ("w1", 500) in asked["m"]
    assert not any(address == host for host, targets in asked.items() for address, _ in targets)


def test_nothing_is_said_of_hosts_that_were_not_read() -> None:
    desired, _ = cluster_of({})
    assert check_cluster(desired, ClusterFacts()) == ()
    assert check_cluster(desired, ClusterFacts({name: HostFacts(name) for name in desired.spec.names})) == ()
    assert set(first_needs(desired.spec)) == set(desired.spec.names)


def test_a_crashing_check_is_a_finding_and_silences_no_other() -> None:
    def crash(seen: Observed) -> Iterator[Finding]:
        raise ZeroDivisionError(f"no {seen.spec.cluster}")
        yield  # type: ignore[unreachable]

    desired, facts = cluster_of({"facts": {"w1": {"daemons": []}}})
    shaky = ClusterCheck("shaky", {"shaky": "it shakes"}, crash)
    findings = check_cluster(desired, facts, (), None, (shaky, *CLUSTER_CHECKS))
    assert [one.id for one in findings if one.severity != "info"] == ["taskmanager-down", "check-crashed"]


def test_a_waived_error_only_warns() -> None:
    desired, facts = cluster_of({"facts": {"w1": {"daemons": []}}})
    assert [one.severity for one in check_cluster(desired, facts, ["taskmanager-down"]) if one.waived] == [
        "warning"
    ]


def test_every_id_is_in_the_manual_and_the_manual_has_no_other() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "check.md").read_text()
    rows = [line for line in manual.splitlines() if line.startswith("| `")]
    documented = {row.split("`")[1]: row.split("|")[2].strip() for row in rows}
    assert documented == dict(meanings())
