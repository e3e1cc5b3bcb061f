"""Workers that are out of reach, and an operator who says no: the others go on, and nothing is changed unasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, nodes_with_desk, operator_of, rest, until
from tests.lab import Lab, faults

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]

NODES = ("node0", "node1", "node2", "node3")


@dataclass(frozen=True)
class Cluster:
    """A cluster of three workers, one of them about to be lost."""

    lab: Lab
    operator: Operator
    file: str

    def daemons(self, host: str) -> list[str]:
        return self.lab[host].exec(["pgrep", "-u", "flink", "java"], check=False).stdout.split()

    def registered(self) -> int:
        return int(rest(self.lab["node0"])["taskmanagers"])


@pytest.fixture(scope="module")
def cluster(make_module_lab: MakeLab) -> Iterator[Cluster]:
    lab = make_module_lab(nodes_with_desk(4))
    operator = operator_of(lab)
    # Flink gives a TaskManager up after 50 s without a sign of life; here sooner.
    flink = {
        "config": {
            "jobmanager.memory.process.size": "1024m",
            "taskmanager.memory.process.size": "1024m",
            "taskmanager.numberOfTaskSlots": 2,
            "heartbeat.timeout": 8000,
            "heartbeat.interval": 2000,
        }
    }
    file = operator.write(answers(workers=["node1", "node2"], flink=flink))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    yield Cluster(lab, operator, file)


def test_a_worker_that_is_declined_changes_neither_file_nor_hosts(cluster: Cluster) -> None:
    before = cluster.operator.host.read(cluster.file)
    snapshot = cluster.lab.snapshot()
    words = ["add-worker", cluster.file, "node3"]
    # `script` gives the program the terminal in which it asks.
    argv = cluster.operator.argv(*words)
    line = " ".join(f"'{word}'" for word in argv)
    said = cluster.lab["desk"].exec(
        ["script", "-qec", line, "/dev/null"], user="flink", stdin="n\n", check=False, timeout=120
    )
    assert said.returncode == 130, said
    assert "Go ahead? [y/N]" in said.stdout and "Nothing was changed." in said.stdout
    assert cluster.operator.host.read(cluster.file) == before
    assert set(cluster.lab.changes_since(snapshot)) <= {"desk"}
    assert cluster.registered() == 2


def test_a_restart_without_a_lost_worker_restarts_the_others_and_says_which_is_lost(cluster: Cluster) -> None:
    before = {name: cluster.daemons(name) for name in NODES[:2]}
    with faults.stop_sshd(cluster.lab["node2"]):
        ran = cluster.operator.run("restart", cluster.file)
        assert ran.status == 4, ran
        assert "node2" in ran.out and "refused" in ran.out.lower(), ran
    for name, pids in before.items():
        after = cluster.daemons(name)
        assert len(after) == 1 and not set(after) & set(pids), (name, ran)
    again = cluster.operator.run("restart", cluster.file)
    assert again.status == 0, again
    assert cluster.registered() == 2


def test_a_dead_worker_can_be_taken_out_once_flink_has_given_it_up(cluster: Cluster) -> None:
    for pid in cluster.daemons("node2"):
        cluster.lab["node2"].exec(["kill", "-KILL", pid])
    until(lambda: cluster.registered() == 1, "Flink has given node2 up", 90)
    with faults.hang(cluster.lab["node2"]):
        ran = cluster.operator.run("remove-worker", cluster.file, "node2", timeout=300)
    assert "node2" not in cluster.operator.host.read(cluster.file), ran
    assert ran.status == 0, ran
    assert cluster.lab["node1"].read("/home/flink/flink-2.3.0/conf/workers") == "node1\n"
    assert cluster.registered() == 1
    back = cluster.operator.run("add-worker", cluster.file, "node2", "--yes")
    assert back.status == 0, back
    assert cluster.registered() == 2
