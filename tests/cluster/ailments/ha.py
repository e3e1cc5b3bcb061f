"""Ailments of two JobManagers, on node0 and node1, with Flink's own ZooKeeper on node2 and one directory of all. Data alone."""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, on
from tests.cluster.ailments.bench import PATIENCE, SHARED, Bench
from tests.cluster.ailments.staging import each, flink, healed, kept, kill, line, own_firewall, root, stop
from tests.cluster.driving import until


def leader_again(bench: Bench) -> None:
    """Wait until a JobManager leads and speaks for the cluster."""
    until(lambda: bench.report()[1]["leader"], "a JobManager leads", PATIENCE)
    until(bench.overview, "the JobManager of node0 answers", PATIENCE)


AILMENTS: tuple[Ailment, ...] = (
    Ailment(
        96, "jobmanager-down", "a standby that does not run", kind="ha",
        how="the JobManager of node1 is ended",
        stage=each(stop("node1", "jobmanager"), leader_again),
        found=on("jobmanager-down@node1"), grade="safe",
    ),
    Ailment(
        96, "zookeeper-down", "ZooKeeper does not run", kind="ha",
        how="ZooKeeper of node2 is ended",
        stage=kill("node2", "zookeeper"),
        found=on("zookeeper-down@node2"), grade="safe", after=healed(),
    ),
    Ailment(
        96, "zookeeper-unreachable", "a firewall before ZooKeeper", kind="ha",
        how="nft on node2: what comes to port 2181 is dropped",
        stage=own_firewall("node2", 'iifname "eth0" tcp dport 2181 drop'),
        found=on("zookeeper-unreachable@node0", "zookeeper-unreachable@node1"), grade="manual", mend="hand",
        by_hand_how="the rule is taken out", after=healed(),
    ),
    Ailment(
        96, "ha-misconfigured", "another id on the standby", kind="ha",
        how="high-availability.cluster-id: /other on node1",
        stage=line("node1", "high-availability.cluster-id: /other"),
        found=on("ha-misconfigured@node1"), grade="asks", after=healed(),
    ),
    Ailment(
        96, "masters-file-wrong", "a list without the standby", kind="ha",
        how="node1 is taken out of conf/masters on node0",
        stage=root("node0", "sed -i /node1/d /home/flink/flink-2.3.0/conf/masters"),
        found=on("masters-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        96, "ha-storage-unusable", "a storage directory of root", kind="ha",
        how=f"chown root and chmod 755 on {SHARED}/flink-ha",
        stage=root(
            "node0", f"chown root {SHARED}/flink-ha; chmod 755 {SHARED}/flink-ha", f"chown -R flink {SHARED}/flink-ha"
        ),
        found=on("ha-storage-unusable@node0", "ha-storage-unusable@node1"), grade="asks",
    ),
    Ailment(
        96, "ha-misconfigured", "high availability without a ZooKeeper", kind="flink",
        how="high-availability.type: zookeeper with a quorum that is not there, on node0; its JobManager started anew",
        stage=each(
            kept("node0", "/home/flink/flink-2.3.0/conf/config.yaml"),
            line(
                "node0", "high-availability.type: zookeeper", "high-availability.zookeeper.quorum: node0:2181",
                "high-availability.storageDir: file:///tmp/flink-ha",
            ),
            stop("node0", "jobmanager"), root("node0", "rm -rf /tmp/flink-ha", "rm -rf /tmp/flink-ha"),
            flink("node0", "bin/jobmanager.sh start; true"),
        ),
        found=on("ha-misconfigured@node0"), grade="manual", mend="hand",
        by_hand=each(
            line("node0", "high-availability.type", "high-availability.zookeeper.quorum", "high-availability.storageDir"),
            stop("node0", "jobmanager"),
        ),
        by_hand_how="these keys are taken out, and Flink is started anew",
    ),
)  # fmt: skip
