"""An HDFS that somebody else made and keeps: Flink is joined to it, a job writes and reads, and nothing of it is touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, desk, operator_of, rest
from tests.cluster.endless import bring, job_jar
from tests.cluster.handmade import node
from tests.cluster.hdfs import hadoop_on_desk
from tests.hadoop.byhand import make_by_hand
from tests.lab import Lab

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]

HOME = "/opt/hadoop"
CONF = f"{HOME}/etc/hadoop"
FLINK = "/home/flink/flink-1.9.3"
KEEPER = "store"
"""The user who keeps the HDFS, on a host that Flink's cluster does not know."""


def joining(**hdfs: Any) -> dict[str, Any]:
    wish = {"mode": "existing", "home": HOME, **hdfs}
    return answers("1.9.3", ["node1"], java={"allow_unsupported": True}, hdfs=wish)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    made = make_lab([desk(), node("node0", "flink"), node("node1", "flink"), node("nn", KEEPER)])
    make_by_hand(
        made,
        hadoop_on_desk("2.7.3"),
        namenode="nn",
        datanodes=["nn"],
        clients=["node0", "node1"],
        user=KEEPER,
    )
    return made


def test_flink_is_joined_to_an_hdfs_that_is_there(lab: Lab, tmp_path: Path) -> None:
    operator = operator_of(lab)
    lab["nn"].exec(
        f"{HOME}/bin/hdfs dfs -mkdir /flink && {HOME}/bin/hdfs dfs -chown flink /flink", user=KEEPER
    )
    file = operator.write(joining(address="hdfs://nn:8020", conf_dir=CONF))
    before = lab.snapshot()
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert "NameNode out of safe mode, 1 DataNode live" in applied.out, applied
    assert rest(lab["node0"])["taskmanagers"] == 1
    untouched(lab, before)
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    checked = operator.run("check", file)
    assert checked.status == 0 and checked.out.startswith("Healthy"), checked

    lab["node0"].write("/home/flink/poem", "a rose is a rose\n", owner="flink")
    lab["node0"].exec(f"{HOME}/bin/hdfs dfs -put poem /flink/poem", user="flink")
    bring(lab["node0"], job_jar("HdfsWords", "1.9.3", tmp_path, java=8))
    words = "hdfswords.jar hdfs://nn:8020/flink/poem hdfs:///flink/words"
    said = lab["node0"].exec(["bash", "-lc", f"{FLINK}/bin/flink run {words}"], user="flink", check=False)
    assert "HDFS-WORDS a 2, is 1, rose 2" in said.stdout, said

    stop_namenode(lab)
    before = lab.snapshot()
    checked = operator.run("check", file, "--fix-safe")
    found = re.findall(r"^(\S+) +(.*): .*  \[([\w-]+)\]$", checked.out, re.M)
    assert found == [("error", "node0, node1", "namenode-unreachable")], checked
    untouched(lab, before)


def stop_namenode(lab: Lab) -> None:
    lab["nn"].exec("for pid in $(pgrep java); do kill -9 $pid; tail --pid=$pid -f /dev/null; done")


def untouched(lab: Lab, before: Any) -> None:
    """The NameNode's host as a whole but for its daemons' own logs, and the clients' programs and settings."""
    changed = lab.changes_since(before)
    logs = (f"{HOME}/logs", "/data/hdfs/", "/tmp")
    assert [path for path in changed.get("nn", []) if not path.startswith(logs)] == []
    for name in ("node0", "node1"):
        assert [path for path in changed.get(name, []) if path.startswith((HOME, "/data"))] == []


def test_one_that_does_not_answer_is_named_and_nothing_is_started_for_it(lab: Lab) -> None:
    operator = operator_of(lab)
    file = operator.write(joining(address="hdfs://nn:8020", conf_dir=CONF) | {"start": {"flink": False}})
    stop_namenode(lab)
    before = lab.snapshot()
    ran = operator.run("apply", file, "--yes")
    assert ran.status != 0, ran
    assert "nn:8020" in ran.out and "See that the NameNode runs" in ran.out, ran
    untouched(lab, before)
    assert lab["nn"].exec("pgrep -u store java", check=False).stdout == ""
