"""Standby JobManagers for real: Flink's own ZooKeeper, a directory in common, and a leader that is killed.

The tests share one cluster and run in this order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, desk, operator_of, rest
from tests.lab import HostSettings, Lab

pytestmark = pytest.mark.timeout(900)

NODES = ("node0", "node1", "node2")
STORAGE = "/srv/shared/flink-ha"
SESSION = "high-availability.zookeeper.client.session-timeout"


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A desk and three nodes with one directory in common, as a network file system would give it."""
    directory = tmp_path_factory.mktemp("shared")
    directory.chmod(0o777)
    shared = [HostSettings(name, binds=((str(directory), "/srv/shared", False),)) for name in NODES]
    return make_module_lab([desk(), *shared])


def with_standby(*standby: str, **more: Any) -> dict[str, Any]:
    """Two JobManagers, and a session that ends soon, so that nobody waits long for a leader that was killed."""
    base = answers(workers=["node1", "node2"])
    base["flink"]["config"][SESSION] = "8s"
    ha = {"zookeeper": ["node2"], "storage_dir": STORAGE}
    return base | {"ha": ha} | ({"standby": list(standby)} if standby else {}) | more


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Ask until it is so: what a cluster does by itself takes a while."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.5)


def commands(operator: Operator) -> list[tuple[str, str]]:
    started = [event for event in operator.journal() if event["event"] == "CommandStarted"]
    return [(event["host"], event["operation"]) for event in started]


def jobmanager(lab: Lab, name: str) -> str:
    return lab[name].exec(["pgrep", "-f", "StandaloneSessionClusterEntrypoint"], check=False).stdout.strip()


def leader(operator: Operator, file: str) -> str:
    """Who leads, as `status` says it; "" while nobody does."""
    said = re.search(r"^\S+ (\S+) leads$", operator.run("status", file).out, re.M)
    return said[1] if said else ""


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
    assert commands(operator) == []
    preview = operator.run("apply", file, "--dry-run")
    assert "Nothing to change." in preview.out, preview

    status = operator.run("status", file)
    assert status.status == 0, status
    led = leader(operator, file)
    other = {"node0": "node1", "node1": "node0"}[led]
    lab[led].exec(["kill", "-9", jobmanager(lab, led)])
    until(lambda: leader(operator, file) == other)
    until(lambda: rest(lab[other])["taskmanagers"] == 2)
    status = operator.run("status", file)
    assert status.status == 1 and "2 of 2 TaskManagers registered" in status.out, status

    mended = operator.run("apply", file, "--yes")
    assert mended.status == 0, mended
    assert {host for host, operation in commands(operator) if operation == "start-jobmanager"} == {led}
    assert leader(operator, file) == other
