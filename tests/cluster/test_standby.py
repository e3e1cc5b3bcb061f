"""Standby JobManagers for real: Flink's own ZooKeeper, a directory in common, and a leader that is killed.

The tests share one cluster; each first sees that it runs.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, operator_of, rest, three_sharing, three_with_desk, until
from tests.lab import Lab

pytestmark = pytest.mark.timeout(900)

NODES = ("node0", "node1", "node2")
SHARED = "/srv/shared"
STORAGE = f"{SHARED}/flink-ha"
SESSION = "high-availability.zookeeper.client.session-timeout"


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_module_lab(three_sharing(tmp_path_factory.mktemp("shared"), SHARED))


def with_standby(*standby: str, **more: Any) -> dict[str, Any]:
    """Two JobManagers, and a session that ends soon, so that nobody waits long for a leader that was killed."""
    base = answers(workers=["node1", "node2"])
    base["flink"]["config"][SESSION] = "8s"
    ha = {"zookeeper": ["node2"], "storage_dir": STORAGE}
    return base | {"ha": ha} | ({"standby": list(standby)} if standby else {}) | more


def java(lab: Lab, name: str, what: str) -> str:
    """The pids of this host's JVMs whose command line names this."""
    return lab[name].exec(["pgrep", "-u", "flink", "-f", f"java.*{what}"], check=False).stdout.strip()


def jobmanager(lab: Lab, name: str) -> str:
    return java(lab, name, "StandaloneSessionClusterEntrypoint")


def leader(operator: Operator, file: str) -> str:
    """Who leads, as `status` says it; "" while nobody does."""
    said = re.search(r"^\S+ (\S+) leads$", operator.run("status", file).out, re.M)
    return said[1] if said else ""


def running(operator: Operator) -> str:
    """The file of a cluster with a standby that runs, whichever tests came before."""
    file = operator.write(with_standby("node1"))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    return file


def test_the_standby_answers_with_all_taskmanagers_when_the_leader_is_killed(lab: Lab) -> None:
    operator = operator_of(lab)
    file = operator.write(with_standby("node1"))
    before = lab.snapshot()
    preview = operator.run("apply", file, "--dry-run")
    assert preview.status == 0 and "zookeeper.sh" in preview.out, preview
    assert set(lab.changes_since(before)) <= {"desk"}

    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert lab["node0"].exec(["ls", "-A", STORAGE]).stdout.count(".flink-wizard") == 0
    masters = {lab[name].read("/home/flink/flink-2.3.0/conf/masters") for name in NODES}
    assert masters == {"node0:8081\nnode1:8081\n"}

    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    assert operator.commands() == []
    preview = operator.run("apply", file, "--dry-run")
    assert "Nothing to change." in preview.out, preview

    status = operator.run("status", file)
    assert status.status == 0, status
    led = leader(operator, file)
    other = {"node0": "node1", "node1": "node0"}[led]
    checked = operator.run("check", file)
    assert checked.status == 0 and f"The JobManager of {led} leads." in checked.out, checked
    lab[led].exec(["kill", "-9", jobmanager(lab, led)])
    until(lambda: leader(operator, file) == other, f"{other} leads", 120)
    until(lambda: rest(lab[other])["taskmanagers"] == 2, "2 TaskManagers are registered", 120)
    status = operator.run("status", file)
    assert status.status == 1 and "2 of 2 TaskManagers registered" in status.out, status
    checked = operator.run("check", file)
    assert checked.status == 3 and f"The JobManager of {other} leads." in checked.out, checked
    assert re.findall(r"  \[([\w-]+)\]$", checked.out, re.M) == ["jobmanager-down"], checked

    mended = operator.run("apply", file, "--yes")
    assert mended.status == 0, mended
    assert {one["host"] for one in operator.commands() if one["operation"] == "start-jobmanager"} == {led}
    assert leader(operator, file) == other


@pytest.mark.long
def test_a_standby_goes_and_comes_back_while_the_cluster_runs(lab: Lab) -> None:
    operator = operator_of(lab)
    file = running(operator)
    other = java(lab, "node2", "TaskManagerRunner")

    gone = operator.run("remove-jobmanager", file, "node1", "--yes")
    assert gone.status == 0 and not jobmanager(lab, "node1"), gone
    assert lab["node0"].read("/home/flink/flink-2.3.0/conf/masters") == "node0:8081\n"
    until(lambda: leader(operator, file) == "node0", "node0 leads", 120)
    alone = operator.run("status", file)
    assert alone.status == 0 and "2 of 2 TaskManagers registered" in alone.out, alone

    back = operator.run("add-jobmanager", file, "node1", "--yes")
    assert back.status == 0 and jobmanager(lab, "node1"), back
    assert operator.commands() and "standby:" in operator.host.read(file)
    again = operator.run("add-jobmanager", file, "node1", "--yes")
    assert again.status == 0 and operator.commands() == [], again
    # On node1 the configuration is another one now, so its TaskManager was started anew; no other was.
    assert java(lab, "node2", "TaskManagerRunner") == other


@pytest.mark.long
def test_a_stop_ends_every_daemon_and_a_start_brings_all_back(lab: Lab) -> None:
    operator = operator_of(lab)
    file = running(operator)
    stopped = operator.run("stop", file)
    assert stopped.status == 0, stopped
    assert not any(java(lab, name, "") for name in NODES)
    down = operator.run("status", file)
    assert down.status == 1 and "ZooKeeper 0 of 1" in down.out, down
    started = operator.run("start", file)
    assert started.status == 0, started
    up = operator.run("status", file)
    assert up.status == 0 and leader(operator, file), up


@pytest.mark.long
def test_a_directory_of_each_host_alone_is_refused_before_a_jobmanager_starts(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    own = {"zookeeper": ["node0"], "storage_dir": "/home/flink/ha"}
    refused = operator.run("apply", operator.write(with_standby("node1", ha=own)), "--yes")
    assert refused.status == 1 and "does not see what node" in refused.out, refused
    assert not any(jobmanager(lab, name) for name in NODES)
    for name in ("node0", "node1"):
        assert lab[name].exec(["ls", "-A", "/home/flink/ha"]).stdout == ""


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.9.3", "1.20.5"])
def test_older_lines_have_a_standby_too(
    make_lab: MakeLab, tmp_path_factory: pytest.TempPathFactory, version: str
) -> None:
    lab = make_lab(three_sharing(tmp_path_factory.mktemp("shared"), SHARED))
    operator = operator_of(lab)
    wanted = answers(version, java={"allow_unsupported": True}, standby=["node1"])
    wanted["ha"] = {"zookeeper": list(NODES), "storage_dir": STORAGE}
    file = operator.write(wanted)
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    led = leader(operator, file)
    lab[led].exec(["kill", jobmanager(lab, led)])
    other = {"node0": "node1", "node1": "node0"}[led]
    until(lambda: leader(operator, file) == other, f"{other} leads", 120)
    until(lambda: rest(lab[other])["taskmanagers"] == 2, "2 TaskManagers are registered", 120)
