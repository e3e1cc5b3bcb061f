"""Bare hosts become a cluster with an HDFS beside Flink, as previewed and not twice, in the layout of each generation.

The classes are those of 2.7.3 in every layout; what is imitated of a generation, tests/hadoop/scripts/README.md says.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, nodes_with_desk, operator_of
from tests.cluster.endless import bring, job_jar
from tests.cluster.hdfs import Hadoop, hdfs_answers
from tests.cluster.laws import (
    by_host,
    commands_previewed,
    files_in,
    of_running_flink,
    only_kept_state,
    same_commands,
)
from tests.lab import Lab

pytestmark = pytest.mark.timeout(900)

FLINK = "/home/flink/flink-1.9.3"
POEM = "the rose is a rose\nand the rose is red\n"


def test_an_hdfs_is_made_beside_flink_and_a_job_writes_to_it_and_reads_it_back(
    make_lab: MakeLab, tmp_path: Path
) -> None:
    lab = make_lab(nodes_with_desk(4))
    operator = operator_of(lab)
    hadoop = Hadoop(lab, "2.7.3")
    file = operator.write(hdfs_answers("2.7.3"))
    as_previewed_and_not_twice(lab, operator, hadoop, file)

    hadoop.put("/poem", POEM)
    bring(lab["node0"], job_jar("HdfsWords", "1.9.3", tmp_path, java=8))
    said = lab["node0"].exec(
        [
            "bash",
            "-l",
            f"{FLINK}/bin/flink",
            "run",
            "hdfswords.jar",
            "hdfs://node0:8020/poem",
            "hdfs:///words",
        ],
        user="flink",
        check=False,
    )
    assert "HDFS-WORDS a 1, and 1, is 2, red 1, rose 3, the 2" in said.stdout, said
    assert "rose 3" in hadoop.fs("-cat", "/words", "/words/*", check=False)


@pytest.mark.parametrize("version", ["1.2.1", pytest.param("3.3.6", marks=pytest.mark.long)])
def test_another_generation_is_made_alike_and_obeys_its_own_scripts(make_lab: MakeLab, version: str) -> None:
    lab = make_lab(nodes_with_desk(4))
    operator = operator_of(lab)
    hadoop = Hadoop(lab, version)
    file = operator.write(hdfs_answers(version, start={"flink": False}))
    as_previewed_and_not_twice(lab, operator, hadoop, file)

    hadoop.put("/kept", POEM)
    stopped = lab["node0"].exec([f"{hadoop.scripts}/stop-dfs.sh"], user="flink", check=False)
    assert stopped.stdout.count("stopping datanode") == 3, stopped
    assert hadoop.daemons() == {}
    started = operator.run("start", file)
    assert started.status == 0, started
    assert hadoop.live() == 3 and hadoop.read("/kept") == POEM


def as_previewed_and_not_twice(lab: Lab, operator: Operator, hadoop: Hadoop, file: str) -> None:
    before = lab.snapshot()
    dry = operator.run("apply", file, "--dry-run")
    assert dry.status == 0, dry
    preview = commands_previewed(operator, file)
    assert only_kept_state(lab.changes_since(before), operator.host.name)

    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    same_commands(preview, by_host(operator.commands()))
    written = [line for commands in preview.values() for _, one in commands if (line := files_in(one))]
    assert [line for line in written if line not in dry.out] == []
    assert hadoop.live() == 3
    assert {host: [kind.split()[1] for kind in found] for host, found in hadoop.daemons().items()} == {
        "node0": ["NameNode"],
        "node1": ["DataNode"],
        "node2": ["DataNode"],
        "node3": ["DataNode"],
    }
    assert hadoop.fs("-ls", "/") == "", "the file of the proof is gone"
    nothing_to_change(lab, operator, file)


def nothing_to_change(lab: Lab, operator: Operator, file: str) -> None:
    """A second apply and a dry run after it change nothing, here and on any host."""
    before = lab.snapshot()
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    assert operator.commands() == []
    after = operator.run("apply", file, "--dry-run")
    assert after.status == 0 and "Nothing to change." in after.out, after
    changed = {
        host: kept
        for host, paths in lab.changes_since(before).items()
        if (kept := [path for path in paths if not of_running_flink(path) and not of_running_hdfs(path)])
    }
    assert only_kept_state(changed, operator.host.name)


def of_running_hdfs(path: str) -> bool:
    """Logs, the journal of the NameNode and the usage cache of a DataNode, which daemons write at any time."""
    return path.startswith(("/home/flink/hdfs/", "/tmp/")) or "/logs/" in path or path.endswith("/logs")
