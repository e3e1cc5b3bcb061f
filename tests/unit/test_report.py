"""A look at a cluster as text, JSON and Markdown: the documented form, its verdict, and nothing that must not stand there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.running import cluster_of
from validators.cluster.catalogue import check_cluster
from wizard.facts import LoginFailure
from wizard.findings import Finding, Fix
from wizard.report import Report, as_json, as_markdown, text_lines
from wizard.session import Look

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"
DOWN = {"facts": {"w1": {"daemons": []}}, "listed": ["w2", "w3"]}


def report(case: dict[str, object], waived: tuple[str, ...] = (), before: tuple[Finding, ...] = ()) -> Report:
    desired, facts = cluster_of(case)
    look = Look(facts, check_cluster(desired, facts, waived), desired)
    return Report(desired.spec, look, "2026-01-01T00:00:00+00:00", before)


def test_a_finding_has_every_documented_field() -> None:
    plain = json.loads(json.dumps(as_json(report(DOWN))))
    assert set(plain) == {"version", "cluster", "healthy", "leader", "hosts", "findings"}
    (one,) = plain["findings"]
    fields = ("id", "severity", "hosts", "title", "observed", "wanted", "evidence", "why", "fix", "state")
    assert tuple(one) == fields
    assert one["fix"]["grade"] == "safe" and "taskmanager.sh start" in " ".join(one["fix"]["commands"])
    assert (one["id"], one["hosts"], one["state"]) == ("taskmanager-down", ["w1"], "found")
    assert plain["hosts"][1]["daemons"] == [] and plain["hosts"][0]["roles"] == ["jobmanager"]


def test_an_error_is_unhealthy_a_waived_one_is_not_and_a_fixed_one_is_told() -> None:
    assert not report(DOWN).healthy
    waived = report(DOWN, ("taskmanager-down",))
    assert waived.healthy and [one.state for one in waived.stated] == ["waived"]
    mended = report({}, before=report(DOWN).now.findings)
    assert mended.healthy and [(one.finding.id, one.state) for one in mended.stated] == [
        ("taskmanager-down", "fixed")
    ]
    assert list(text_lines(mended))[-1] == "Healthy: 1 fixed; 4 hosts looked at."


def test_a_host_that_was_not_reached_is_never_healthy() -> None:
    lost = report(
        {"facts": {"w1": {"failure": {"kind": "timeout", "cause": "no answer"}}}, "listed": ["w2", "w3"]}
    )
    assert not lost.healthy and lost.lost == ("w1",)
    assert as_json(lost)["hosts"][1]["failure"] == "no answer"


def test_who_leads_is_said_where_several_could() -> None:
    two = report({"spec": {"ha": {}}})
    assert as_json(two)["leader"] == "m" and "The JobManager of m leads." in list(text_lines(two))
    assert "The JobManager of m leads." in as_markdown(two)
    one = report({})
    assert as_json(one)["leader"] is None and "leads" not in "\n".join(text_lines(one))
    nobody = {"all": {"znodes": {"/flink/demo-62c66a7a/leader/resource_manager/connection_info": ""}}}
    assert "No JobManager leads." in list(text_lines(report({"spec": {"ha": {}}, "facts": nobody})))


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "| `code` <b> [x](y)", "```\nfence", KEY])
def test_what_a_host_printed_is_obeyed_by_nobody_and_keys_are_never_told(hostile: str) -> None:
    seen = report({})
    finding = Finding(
        "x", "error", ("w1",), hostile, hostile, "y", "z", (hostile,), Fix("manual", hostile, (hostile,))
    )
    facts = seen.now.facts.changed("w2", failure=LoginFailure("auth", hostile))
    said = replace(seen, now=Look(facts, (finding,), seen.now.desired))
    whole = as_markdown(said)
    assert "\x1b" not in whole and "b3BlbnNzaC1rZXk" not in whole
    assert "````text" in whole or "```" not in hostile
    assert "\x1b" not in "".join(text_lines(said)) and "\x1b" not in json.dumps(
        as_json(said), ensure_ascii=False
    )
