"""Day-to-day work on a running cluster: each command twice, and with somebody's job running.

The tests share one cluster, run in this order, and each leaves it complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, Ran, archive_on_desk, nodes_with_desk, operator_of, rest
from tests.cluster.endless import endless_jar, submit
from tests.lab import Lab

pytestmark = pytest.mark.timeout(900)

VERSION = "2.3.0"
HOME = f"/home/flink/flink-{VERSION}"
JOB = "the operator's own job"
NODES = ("node0", "node1", "node2", "node3")

ANSWERS = """\
# The cluster of the tests.
version: 1
cluster: demo
user: flink
ssh: {{host_keys: accept-new}}
master: node0
workers:
  - node1   # rack A
  - node2   # rack B
flink:
  version: "{version}"
  source: {source}
  config:
    jobmanager.memory.process.size: 1024m
    taskmanager.memory.process.size: 1024m
    taskmanager.numberOfTaskSlots: 2   # never more
"""


@dataclass(frozen=True)
class Cluster:
    """A running cluster with a fourth host beside it, and its operator."""

    lab: Lab
    operator: Operator
    file: str
    jar: Path

    def run(self, command: str, *words: str, wanted: int = 0) -> Ran:
        done = self.operator.run(command, self.file, *words)
        assert done.status == wanted, done
        return done

    def twice(self, command: str, *words: str) -> Ran:
        """Run it, and again: the second time changes nothing."""
        done = self.run(command, *words)
        again = self.run(command, *words)
        assert self.operator.commands() == [], again
        return done

    def daemons(self) -> Mapping[str, list[str]]:
        """Host → the pids of its Flink JVMs, without hosts that have none."""
        found = {name: self.lab[name].exec(["pgrep", "-u", "flink", "java"], check=False) for name in NODES}
        return {name: said.stdout.split() for name, said in found.items() if said.stdout}

    def counted(self) -> tuple[int, int]:
        overview = rest(self.lab["node0"])
        return overview["taskmanagers"], overview["slots-total"]

    def answers(self) -> str:
        return self.operator.host.read(self.file)

    def running_jobs(self) -> list[str]:
        jobs: list[dict[str, Any]] = rest(self.lab["node0"], "/jobs/overview")["jobs"]
        return [job["name"] for job in jobs if job["state"] in {"RUNNING", "RESTARTING", "CREATED"}]


@pytest.fixture(scope="module")
def cluster(make_module_lab: MakeLab, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    lab = make_module_lab(nodes_with_desk(4))
    operator = operator_of(lab)
    file = operator.write(ANSWERS.format(version=VERSION, source=archive_on_desk(VERSION)))
    made = Cluster(lab, operator, file, endless_jar(VERSION, tmp_path_factory.mktemp("job")))
    made.run("apply", "--yes")
    return made


@pytest.fixture
def job(cluster: Cluster) -> Iterator[str]:
    """A job runs while the test does, unless the test itself ends it."""
    master = cluster.lab["node0"]
    name = submit(master, HOME, cluster.jar, JOB)
    yield name
    if JOB in cluster.running_jobs():
        master.exec([f"{HOME}/bin/flink", "cancel", name], user="flink")


def test_a_worker_that_is_added_leaves_the_others_alone(cluster: Cluster) -> None:
    before = cluster.daemons()
    cluster.twice("add-worker", "node3")
    after = cluster.daemons()
    assert {name: after[name] for name in before} == before
    assert cluster.counted() == (3, 6)
    assert "  - node1   # rack A\n  - node2   # rack B\n  - node3\n" in cluster.answers()
    lists = {cluster.lab[name].read(f"{HOME}/conf/workers") for name in NODES}
    assert lists == {"node1\nnode2\nnode3\n"}
    texts = [cluster.lab[name].read(f"{HOME}/conf/config.yaml") for name in NODES]
    assert len({line for text in texts for line in text.splitlines() if "default: " in line}) == 1


def test_a_worker_that_is_removed_leaves_the_others_alone(cluster: Cluster) -> None:
    before = cluster.daemons()
    cluster.twice("remove-worker", "node3")
    after = cluster.daemons()
    assert after == {name: pids for name, pids in before.items() if name != "node3"}
    assert cluster.counted() == (2, 4)
    assert cluster.answers() == ANSWERS.format(version=VERSION, source=archive_on_desk(VERSION))
    assert {cluster.lab[name].read(f"{HOME}/conf/workers") for name in NODES[:3]} == {"node1\nnode2\n"}


def test_one_host_is_stopped_and_started_without_the_others(cluster: Cluster) -> None:
    before = cluster.daemons()
    cluster.twice("stop", "node1")
    assert cluster.daemons() == {name: pids for name, pids in before.items() if name != "node1"}
    assert "TaskManager 0 of 1" in cluster.run("status", "node1", wanted=1).out
    cluster.twice("start", "node1")
    after = cluster.daemons()
    assert after.pop("node1") and after == {name: before[name] for name in after}
    assert cluster.counted() == (2, 4)


@pytest.mark.long
def test_the_whole_cluster_is_stopped_started_and_restarted(cluster: Cluster) -> None:
    cluster.twice("stop")
    assert cluster.daemons() == {}
    cluster.run("status", wanted=1)
    cluster.twice("start")
    first = cluster.daemons()
    cluster.run("restart")
    second = cluster.daemons()
    assert all(not set(first[name]) & set(second[name]) for name in NODES[:3])
    assert cluster.counted() == (2, 4)
    assert "2 of 2 TaskManagers registered" in cluster.run("status").out


@pytest.mark.parametrize(
    "words",
    [
        ["stop"],
        pytest.param(["restart"], marks=pytest.mark.long),
        pytest.param(["stop", "node1"], marks=pytest.mark.long),
        ["remove-worker", "node2"],
    ],
    ids=" ".join,
)
def test_a_running_job_is_not_ended_unasked(cluster: Cluster, job: str, words: list[str]) -> None:
    before, answers = cluster.daemons(), cluster.answers()
    refused = cluster.run(*words, wanted=1)
    assert JOB in refused.out and "--allow-job-loss" in refused.out
    assert cluster.operator.commands() == []
    assert (cluster.daemons(), cluster.answers()) == (before, answers)
    assert cluster.running_jobs() == [JOB]


def test_a_changed_configuration_waits_for_a_running_job(cluster: Cluster, job: str) -> None:
    before, answers = cluster.daemons(), cluster.answers()
    edited = answers.replace("  config:\n", "  config:\n    akka.ask.timeout: 30 s\n")
    cluster.operator.write(edited)
    pending = cluster.run("apply", "--yes", wanted=1)
    assert "restart pending" in pending.out.lower() and JOB in pending.out
    assert "30 s" in cluster.lab["node1"].read(f"{HOME}/conf/config.yaml")
    assert cluster.daemons() == before
    status = cluster.run("status")
    assert "restart pending" in status.out.lower() and JOB in status.out
    still = cluster.run("apply", "--yes", wanted=1)
    assert "restart pending" in still.out.lower()
    assert cluster.operator.commands() == []
    allowed = cluster.run("apply", "--yes", "--allow-job-loss")
    after = cluster.daemons()
    assert all(not set(before[name]) & set(after[name]) for name in NODES[:3]), allowed
    assert JOB not in cluster.running_jobs()
    assert cluster.counted() == (2, 4)


def test_with_consent_a_job_is_ended(cluster: Cluster, job: str) -> None:
    cluster.run("restart", "--allow-job-loss")
    assert cluster.running_jobs() == []
    assert cluster.counted() == (2, 4)
