"""Hosts that differ: each gets the sizes of its own hardware, and Java comes from where there is one."""

from __future__ import annotations

import re

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, archive_on_desk, desk, nodes_with_desk, operator_of, rest
from tests.lab import Host, HostSettings

pytestmark = pytest.mark.timeout(900)

HOME = "/home/flink/flink-2.3.0"


def value_of(host: Host, key: str) -> str:
    """A key of the host's configuration, as it stands there."""
    found = re.search(rf"^{re.escape(key)}: (.*)$", host.read(f"{HOME}/conf/config.yaml"), re.MULTILINE)
    assert found, f"{host.name} has no {key}"
    return found[1]


def test_a_small_and_a_large_worker_get_different_sizes_and_flink_accepts_both(make_lab: MakeLab) -> None:
    lab = make_lab(
        [
            desk(),
            HostSettings("node0", memory_mib=4096, cores=2),
            HostSettings("node1", memory_mib=8192, cores=2),
            HostSettings("node2", memory_mib=32768, cores=8),
        ]
    )
    operator = operator_of(lab)
    file = operator.write(answers(flink={"config": {}}))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    small, large = lab["node1"], lab["node2"]
    size, slots = "taskmanager.memory.process.size", "taskmanager.numberOfTaskSlots"
    assert (value_of(small, slots), value_of(large, slots)) == ("2", "8")
    sizes = [int(value_of(host, size).removesuffix("m")) for host in (small, large)]
    assert 4096 < sizes[0] < 8192 and 20480 < sizes[1] < 32768
    calculated = [event for event in operator.journal() if event["event"] == "CommandFinished"]
    asked = [event for event in calculated if "own memory calculation" in str(event["command"])]
    assert {event["host"]: event["status"] for event in asked} == {"node0": 0, "node1": 0, "node2": 0}
    listed = rest(lab["node0"], "/taskmanagers")["taskmanagers"]
    seen = {one["path"].partition("@")[2].partition(":")[0]: one for one in listed}
    assert {name: one["slotsNumber"] for name, one in seen.items()} == {"node1": 2, "node2": 8}
    assert {value_of(host, "parallelism.default") for host in lab.hosts[1:]} == {"10"}


def test_a_worker_without_java_is_served_from_the_master(make_lab: MakeLab) -> None:
    lab = make_lab([desk(), HostSettings("node0"), HostSettings("node1", java=None)])
    operator = operator_of(lab)
    file = operator.write(answers(workers=["node1"]))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert rest(lab["node0"])["taskmanagers"] == 1
    home = value_of(lab["node1"], "env.java.home")
    assert home.startswith("/home/flink/")
    running = lab["node1"].exec("readlink /proc/$(pgrep -u flink -f TaskManagerRunner)/exe").stdout.strip()
    assert running.startswith(home)
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again


def test_without_java_anywhere_and_without_sudo_nothing_is_changed_and_the_command_is_named(
    make_lab: MakeLab,
) -> None:
    lab = make_lab(nodes_with_desk(2, java=None))
    operator = operator_of(lab)
    file = operator.write(answers(workers=["node1"], flink={"source": archive_on_desk("2.3.0", small=True)}))
    before = lab.snapshot()
    refused = operator.run("apply", file, "--yes")
    assert refused.status == 3, refused
    assert re.search(r"apt-get .*install .*openjdk-\d+", refused.out), refused
    assert set(lab.changes_since(before)) <= {"desk"}
