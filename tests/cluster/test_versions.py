"""Bare hosts with nothing but a password become a running cluster, as previewed and not twice, for each kind of Flink.

Each version stands for a way of configuring: `config.yaml` since 2.0 and in 1.19/1.20, `flink-conf.yaml`, `conf/slaves`
and heap keys before.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, desk, operator_of, rest, three_with_desk
from tests.cluster.laws import (
    by_host,
    commands_previewed,
    files_in,
    of_running_flink,
    only_kept_state,
    same_commands,
)
from tests.lab import Host, HostSettings, Lab

pytestmark = pytest.mark.timeout(900)

BY_A_RUN_WITHOUT_CHANGES = {"take-lock", "run-proof-job", "release-lock"}
"""Operations of an apply over daemons that somebody else started: the job has not crossed these yet."""


@pytest.mark.parametrize(
    "version", ["1.9.3", *(pytest.param(version, marks=pytest.mark.long) for version in ("2.3.0", "1.20.5"))]
)
def test_from_outside_bare_hosts_become_a_cluster(make_lab: MakeLab, version: str) -> None:
    lab = make_lab(three_with_desk())
    bare_hosts_become_a_cluster(lab, operator_of(lab), version)


@pytest.mark.parametrize(
    "version", ["2.3.0", *(pytest.param(version, marks=pytest.mark.long) for version in ("1.20.5", "1.9.3"))]
)
def test_from_the_master_bare_hosts_become_a_cluster(make_lab: MakeLab, version: str) -> None:
    lab = make_lab([desk("node0"), HostSettings("node1"), HostSettings("node2")])
    bare_hosts_become_a_cluster(lab, operator_of(lab, "node0"), version)


def bare_hosts_become_a_cluster(lab: Lab, operator: Operator, version: str) -> None:
    file = operator.write(asked(version))
    before = lab.snapshot()
    dry = operator.run("apply", file, "--dry-run")
    assert dry.status == 0, dry
    assert only_kept_state(lab.changes_since(before), operator.host.name)
    preview = commands_previewed(operator, file)
    assert only_kept_state(lab.changes_since(before), operator.host.name)

    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert cluster_of(lab) == (2, 4)
    assert "FLINK-WIZARD-PROOF ok" in what_the_job_said(operator.journal())
    same_commands(preview, by_host(operator.commands()))
    written = [
        line for commands in preview.values() for _, command in commands if (line := files_in(command))
    ]
    assert [line for line in written if line not in dry.out] == []

    nothing_to_change(lab, operator, file)

    the_operators_own_scripts_work(lab["node0"], version)
    later = operator.run("apply", file, "--yes")
    assert later.status == 0, later
    assert {event["operation"] for event in operator.commands()} <= BY_A_RUN_WITHOUT_CHANGES
    assert cluster_of(lab) == (2, 4)


def asked(version: str) -> dict[str, Any]:
    """Two slots a worker; 1.9 knows no Java newer than 8 but runs on this machine's with the operator's word."""
    return answers(version, **({"java": {"allow_unsupported": True}} if version == "1.9.3" else {}))


def nothing_to_change(lab: Lab, operator: Operator, file: str) -> None:
    """A second apply and a dry run after it change nothing, here and on any host."""
    before = lab.snapshot()
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    assert operator.commands() == []
    after = operator.run("apply", file, "--dry-run")
    assert after.status == 0 and "Nothing to change." in after.out, after
    changed = {
        host: [path for path in paths if not of_running_flink(path)]
        for host, paths in lab.changes_since(before).items()
    }
    assert only_kept_state({host: paths for host, paths in changed.items() if paths}, operator.host.name)


def the_operators_own_scripts_work(master: Host, version: str) -> None:
    """bin/stop-cluster.sh and bin/start-cluster.sh by hand, over Flink's own ssh."""
    home = f"/home/flink/flink-{version}"
    stopped = master.exec([f"{home}/bin/stop-cluster.sh"], user="flink")
    assert stopped.stdout.count("Stopping taskexecutor daemon") == 2, stopped
    master.exec("for pid in $(pgrep -u flink java); do tail --pid=$pid -f /dev/null; done")
    started = master.exec([f"{home}/bin/start-cluster.sh"], user="flink")
    assert started.stdout.count("Starting taskexecutor daemon") == 2, started


def cluster_of(lab: Lab) -> tuple[int, int]:
    """TaskManagers and slots, as the JobManager says."""
    overview = rest(lab["node0"])
    return overview["taskmanagers"], overview["slots-total"]


def what_the_job_said(journal: list[dict[str, Any]]) -> str:
    return "\n".join(
        event["tail"]
        for event in journal
        if event["event"] == "CommandFinished" and event["operation"] == "run-proof-job"
    )
