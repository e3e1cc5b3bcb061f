"""What stands in the way of an HDFS, staged for real: each is named with its evidence and the next thing to do, nothing
is lost, and a second run finishes.
"""

from __future__ import annotations

import re
from threading import Thread
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, nodes_with_desk, operator_of
from tests.cluster.hdfs import Hadoop, hdfs_answers
from tests.lab import Host, Lab, faults

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]

ALONE = {"flink": False, "hdfs": True}
DISKS: dict[str, Any] = {"name_dirs": ["/data/name"], "data_dirs": ["/data/blocks"], "replication": 2}
OCCUPIED = "import socket; s = socket.create_server(('0.0.0.0', 50070)); s.accept()"

TOLD = {
    "node0": ("Port 50070", "is taken", "python", "End that program"),
    "node1": ("/data/blocks cannot be made", "As root on node1"),
    "node2": ("/data/blocks has no room left", "MiB free", "Make room"),
    "node3": ("is a loopback address on node3", "127.0.1.1", "/etc/hosts"),
}


def world(make_lab: MakeLab) -> tuple[Lab, Operator, Hadoop]:
    lab = make_lab(nodes_with_desk(4))
    for host in lab.hosts[1:]:
        host.exec("install -d -o flink /data")
    return lab, operator_of(lab), Hadoop(lab)


def listener(host: Host) -> faults.Fault:
    """A program that holds the NameNode's web port."""
    running = host.popen(["python3", "-c", OCCUPIED], user="flink")
    host.exec("until ss -ltn | grep -q :50070; do sleep 0.1; done")

    def end() -> None:
        host.exec("kill -9 $(ss -ltnpH 'sport = :50070' | sed 's/.*pid=\\([0-9]*\\).*/\\1/')")
        running.wait()

    return faults.Fault(host, end)


def test_four_hosts_stand_in_the_way_and_a_second_run_finishes(make_lab: MakeLab) -> None:
    lab, operator, hadoop = world(make_lab)
    file = operator.write(hdfs_answers(start=ALONE, hdfs=DISKS))
    hosts = lab["node3"].read("/etc/hosts")
    loopback = re.sub(rf"^{lab['node0'].address}\b", "127.0.1.1", hosts, flags=re.M)
    lab["node3"].write("/etc/hosts", loopback)
    lab["node1"].exec("chown root /data")
    staged = [listener(lab["node0"]), faults.small_disk(lab["node2"], "/data", 200)]
    before = lab.snapshot()
    first = operator.run("apply", file, "--yes")
    assert first.status == 3, first
    for host, words in TOLD.items():
        assert [word for word in words if word not in first.out] == [], f"{host}: {first}"
    changed = {host for host in lab.changes_since(before) if host != "desk"}
    assert changed == set(), first

    for fault in staged:
        fault.undo()
    lab["node1"].exec("chown flink /data")
    lab["node3"].write("/etc/hosts", hosts)
    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert hadoop.live() == 3


def kill_the_format(host: Host) -> Thread:
    """SIGKILL to the JVM that formats, as soon as there is one."""
    running = "pgrep -f '[N]ameNode -format' | head -n 1"

    def kill() -> None:
        host.exec(
            f'until pid=$({running}) && [ -n "$pid" ]; do sleep 0.05; done; kill -9 "$pid"', timeout=300
        )

    thread = Thread(target=kill)
    thread.start()
    return thread


def test_a_format_that_is_killed_is_named_and_the_second_run_formats(make_lab: MakeLab) -> None:
    lab, operator, hadoop = world(make_lab)
    file = operator.write(hdfs_answers(start=ALONE, hdfs=DISKS))
    killing = kill_the_format(lab["node0"])
    first = operator.run("apply", file, "--yes")
    killing.join()
    assert first.status == 1, first
    assert "✗ node0" in first.out and "Format the NameNode" in first.out, first
    assert hadoop.daemons() == {}, first
    # What a kill a moment later leaves: the beginnings of a file system beside the mark of a format.
    lab["node0"].exec(
        "mkdir -p /data/name/current && ls -a /data | grep -q flink-wizard-formatting", user="flink"
    )
    lab["node0"].write("/data/name/current/fsimage.ckpt_0000000000000000000", "torn", owner="flink")
    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert hadoop.live() == 3
    assert "torn" in lab["node0"].exec("cat /data/name.*.bak/current/*").stdout, "moved aside, not removed"
    hadoop.put("/kept", "text")
    third = operator.run("apply", file, "--yes")
    assert third.status == 0 and "Nothing to change" in third.out, third


def test_a_worker_that_is_lost_leaves_two_of_three_and_joins_by_the_second_run(make_lab: MakeLab) -> None:
    lab, operator, hadoop = world(make_lab)
    file = operator.write(hdfs_answers(start=ALONE, hdfs=DISKS))
    with faults.stop_sshd(lab["node3"]):
        first = operator.run("apply", file, "--yes")
    assert first.status in {1, 4}, first
    assert not lab["node0"].exists("/data/name/current"), "what lies on node3 was not known"
    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert hadoop.live() == 3

    hadoop.kill("node2", "DataNode")
    lab["node2"].exec("mv /data/blocks /data/lost")
    lab["node2"].exec("chown root /data")
    third = operator.run("apply", file, "--yes")
    assert third.status == 3 and "/data/blocks cannot be made" in third.out, third
    lab["node2"].exec("mv /data/lost /data/blocks; chown flink /data")
    last = operator.run("apply", file, "--yes")
    assert last.status == 0, last
    assert hadoop.live() == 3


def test_a_datanode_leaves_without_a_block_lost_the_next_one_waits_and_it_comes_back(
    make_lab: MakeLab,
) -> None:
    _, operator, hadoop = world(make_lab)
    four = [f"node{number}" for number in range(4)]
    file = operator.write(hdfs_answers(workers=four, start=ALONE, hdfs=DISKS))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    hadoop.put("/kept", "text")
    out = operator.run("remove-worker", file, "node3", "--yes")
    assert out.status == 0 and "node3" not in hadoop.daemons(), out
    # For the NameNode it is live for ten minutes more: a block of which only node2 has the other copy would be out of reach.
    next_one = operator.run("remove-worker", file, "node2", "--yes")
    assert next_one.status == 1 and "counts a DataNode as live that does not run here" in next_one.out, (
        next_one
    )
    assert "node2" in hadoop.daemons() and "node2" in operator.host.read(file)
    assert hadoop.read("/kept") == "text"
    back = operator.run("add-worker", file, "node3", "--yes")
    assert back.status == 0 and "node3" in hadoop.daemons(), back
    assert hadoop.live() == 4 and hadoop.read("/kept") == "text"


def test_hadoop_3_is_not_run_as_root_and_more_copies_than_datanodes_are_refused(make_lab: MakeLab) -> None:
    lab = make_lab(nodes_with_desk(2, sshd_config=("PermitRootLogin yes",)))
    operator = operator_of(lab)
    for host in lab.hosts[1:]:
        faults.set_password(host, lab.password, "root")
    wish = hdfs_answers("3.3.6", workers=["node1"], start=ALONE, user="root")
    before = lab.snapshot()
    refused = operator.run("apply", operator.write(wish), "--yes")
    assert refused.status == 3, refused
    assert "Hadoop 3.3.6 does not start its daemons as root" in refused.out, refused
    assert "user: flink" in refused.out, refused
    many = operator.run(
        "apply", operator.write(hdfs_answers(workers=["node1"], hdfs={"replication": 3})), "--yes"
    )
    assert many.status == 2 and "replication" in many.err + many.out, many
    assert [host for host in lab.changes_since(before) if host != "desk"] == []
