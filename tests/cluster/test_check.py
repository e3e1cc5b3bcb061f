"""`check` on a real cluster: a healthy one is clean, each ailment is found with its id and host alone, and mended.

The tests share one cluster, and each leaves it as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, Ran, answers, desk, operator_of, rest
from tests.lab import Host, HostSettings, Lab

pytestmark = pytest.mark.timeout(900)

VERSION = "2.3.0"
HOME = f"/home/flink/flink-{VERSION}"
NODES = ("node0", "node1", "node2")


@dataclass(frozen=True)
class Cluster:
    lab: Lab
    operator: Operator
    file: str

    def check(self, *words: str, wanted: int | None = None) -> Ran:
        done = self.operator.run("check", self.file, *words)
        assert wanted is None or done.status == wanted, done
        return done

    def found(self, *words: str, wanted: int | None = None) -> dict[str, Any]:
        done = self.check("--format", "json", *words, wanted=wanted)
        return json.loads(done.out)

    def node(self, name: str) -> Host:
        return self.lab[name]

    def flink(self, name: str, command: str) -> None:
        self.node(name).exec(["bash", "-lc", f"cd {HOME} && {command}"], user="flink")


@pytest.fixture(scope="module")
def cluster(make_module_lab: MakeLab) -> Cluster:
    lab = make_module_lab([desk(), *(HostSettings(name, sudo="nopasswd") for name in NODES)])
    operator = operator_of(lab)
    file = operator.write(answers(VERSION))
    done = operator.run("apply", file, "--yes")
    assert done.status == 0, done
    return Cluster(lab, operator, file)


def serious(report: dict[str, Any], state: str = "found") -> set[tuple[str, str]]:
    """(id, host) of every finding above info."""
    return {
        (one["id"], host)
        for one in report["findings"]
        if one["severity"] != "info" and one["state"] == state
        for host in one["hosts"]
    }


def test_a_healthy_cluster_is_clean_and_is_left_as_it_is(cluster: Cluster) -> None:
    before = cluster.lab.snapshot()
    report = cluster.found(wanted=0)
    assert serious(report) == set(), report
    assert report["healthy"] and [one["reachable"] for one in report["hosts"]] == [True] * 3
    assert set(cluster.lab.changes_since(before)) <= {"desk"}


def edit(name: str, line: str) -> Callable[[Cluster], None]:
    """Write a key of the configuration of a host as this line, wherever it stood."""
    key = line.partition(":")[0]

    def stage(cluster: Cluster) -> None:
        cluster.flink(name, f"sed -i '/^{key}:/d' conf/config.yaml && echo '{line}' >> conf/config.yaml")

    return stage


def kill_taskmanager(cluster: Cluster) -> None:
    cluster.node("node1").exec(
        "pkill -KILL -f '[T]askManagerRunner'; while pgrep -f '[T]askManagerRunner'; do sleep 0.1; done"
    )


def bind_to_localhost(cluster: Cluster) -> None:
    edit("node0", "jobmanager.bind-host: localhost")(cluster)
    cluster.flink("node0", "bin/jobmanager.sh stop && bin/jobmanager.sh start")
    cluster.node("node0").exec("until (exec 3<>/dev/tcp/node0/8081) 2>/dev/null; do sleep 0.1; done")


def write(name: str, path: str, text: str) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.node(name).write(path, text, owner="flink")


def empty_trust(cluster: Cluster) -> None:
    cluster.node("node2").exec(": > /home/flink/.ssh/authorized_keys")


def loopback_mapping(cluster: Cluster) -> None:
    host = cluster.node("node1")
    lines = [line for line in host.read("/etc/hosts").splitlines() if "node0" not in line.split()]
    host.write("/etc/hosts", "\n".join(["127.0.1.1 node0", *lines]) + "\n")


def drop_execute_bits(cluster: Cluster) -> None:
    cluster.flink("node1", "chmod a-x bin/*.sh")


AILMENTS: dict[str, tuple[Callable[[Cluster], None], str, str]] = {
    "the workers on one line": (
        write("node0", f"{HOME}/conf/workers", "node1 node2\n"),
        "workers-file-wrong",
        "node0",
    ),
    "a TaskManager that was killed": (kill_taskmanager, "taskmanager-down", "node1"),
    "other slots on one worker": (
        edit("node2", "taskmanager.numberOfTaskSlots: 7"),
        "conf-out-of-sync",
        "node2",
    ),
    "a Java home that is gone": (edit("node1", "env.java.home: /opt/java-gone"), "java-home-wrong", "node1"),
    "a key that was taken out": (empty_trust, "ssh-key-not-authorized", "node2"),
    "the master's name as loopback": (loopback_mapping, "name-is-loopback", "node1"),
    "scripts without execute bits": (drop_execute_bits, "missing-exec-bits", "node1"),
    "a list from another system": (
        write("node0", f"{HOME}/conf/workers", "node1\r\nnode2\r\n"),
        "crlf-scripts-or-workers",
        "node0",
    ),
    "a JobManager bound to localhost": (bind_to_localhost, "bind-host-localhost", "node0"),
}


@pytest.mark.parametrize("name", AILMENTS)
def test_an_ailment_is_found_alone_and_mended(cluster: Cluster, name: str) -> None:
    stage, id, host = AILMENTS[name]
    stage(cluster)
    found = cluster.found(wanted=3)
    assert serious(found) == {(id, host)}, found
    fixed = cluster.found("--fix", id, wanted=0)
    assert serious(fixed) == set() and serious(fixed, "fixed") == {(id, host)}, fixed
    assert serious(cluster.found(wanted=0)) == set()
    assert rest(cluster.node("node0"))["slots-total"] == 4


def test_a_port_that_somebody_holds_is_named_and_left_to_the_operator(cluster: Cluster) -> None:
    master = cluster.node("node0")
    cluster.flink("node0", "bin/jobmanager.sh stop")
    holder = master.popen(["python3", "-m", "http.server", "8081"], user="flink")
    master.exec(
        "until ss -ltn | grep -q :8081; do sleep 0.1; done; while pgrep -f '[S]tandaloneSession'; do sleep 0.1; done"
    )
    try:
        found = cluster.found(wanted=3)
        assert serious(found) == {("port-in-use", "node0")}, found
        refused = cluster.check("--fix", "port-in-use", wanted=3)
        assert "left to you" in refused.out
    finally:
        holder.kill()
        holder.wait()
        master.exec("pkill -f '[h]ttp.server'; true")
    assert serious(cluster.found(wanted=3)) == {("jobmanager-down", "node0")}
    cluster.check("--fix-safe", wanted=0)


def test_three_ailments_at_once_are_three_findings(cluster: Cluster) -> None:
    for name in ("a TaskManager that was killed", "a key that was taken out", "a list from another system"):
        AILMENTS[name][0](cluster)
    wanted = {
        ("taskmanager-down", "node1"),
        ("ssh-key-not-authorized", "node2"),
        ("crlf-scripts-or-workers", "node0"),
    }
    assert serious(cluster.found(wanted=3)) == wanted
    mended = cluster.found("--fix-safe", wanted=0)
    assert serious(mended, "fixed") == wanted


def test_a_host_that_is_down_and_a_misspelt_id_have_their_own_status(cluster: Cluster) -> None:
    assert "Did you mean taskmanager-down?" in cluster.check("--fix", "taskmanager-dow", wanted=2).err
    waived = cluster.found("--waive", "trusted-keys", wanted=0)
    assert waived["healthy"]


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.20.5", "1.9.3"])
def test_a_healthy_cluster_of_an_older_line_is_clean_too(make_lab: MakeLab, version: str) -> None:
    lab = make_lab([desk(), *(HostSettings(name) for name in NODES)])
    operator = operator_of(lab)
    java = {"allow_unsupported": True} if version == "1.9.3" else {}
    file = operator.write(answers(version, java=java))
    assert operator.run("apply", file, "--yes").status == 0
    done = operator.run("check", file, "--format", "json")
    assert done.status == 0 and serious(json.loads(done.out)) <= {
        ("java-version-unsupported", name) for name in NODES if version == "1.9.3"
    }, done
