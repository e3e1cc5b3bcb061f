"""Ailments of an HDFS beside Flink: node0 keeps the NameNode, node1 and node2 a DataNode each. Data alone."""

from __future__ import annotations

from tests.cluster.ailments.ailment import Act, Ailment, Undo, on
from tests.cluster.ailments.bench import NODES, Bench
from tests.cluster.ailments.staging import (
    each,
    fault,
    gone,
    healed,
    hold,
    kept,
    kill,
    listens,
    own_firewall,
    root,
    settled,
    sshd,
)
from tests.lab import faults

HOME = "/home/flink/hadoop-2.7.3"
CONF = f"{HOME}/etc/hadoop"
NAME, DATA = "/home/flink/hdfs/name", "/home/flink/hdfs/data"


def up(host: str, kind: str) -> Act:
    """Start one with Hadoop's own script; whether it stays up is not waited for."""
    return as_flink(host, f"cd {HOME} && USER=flink sbin/hadoop-daemon.sh --config {CONF} start {kind}; true")


def as_flink(host: str, command: str) -> Act:
    def act(bench: Bench) -> None:
        bench.node(host).exec(["bash", "-c", command], user="flink")

    return act


def mended(bench: Bench) -> Undo:
    """What is down is started, and the NameNode counts both DataNodes."""
    bench.check("--fix-safe")
    healed()(bench)
    return None


def dfs(words: str, user: str = "flink") -> Act:
    """A command of HDFS, as its user or in the name of another."""
    name = f"HADOOP_USER_NAME={user} " if user != "flink" else ""
    return as_flink("node0", f"{name}{HOME}/bin/hdfs --config {CONF} {words} || true")


HOME_3 = "/home/flink/hadoop-3.3.6"
CONF_3 = f"{HOME_3}/etc/hadoop"
OLD_PORT = "<property><name>dfs.namenode.http-address</name><value>0.0.0.0:50070</value></property>"


def up_3(host: str, kind: str) -> Act:
    """Start one with Hadoop 3's own script."""
    return as_flink(host, f"cd {HOME_3} && bin/hdfs --config {CONF_3} --daemon start {kind}; true")


def as_root_too(host: str) -> Act:
    """Root may log in with the password of flink, and has its keys and its profile."""
    return each(
        kept(host, "/root/.ssh", "/root/.profile"),
        sshd(host, "PermitRootLogin yes"),
        fault(host, lambda node: faults.set_password(node, node.settings.password, "root")),
        root(
            host,
            "rm -rf /root/.ssh; cp -r /home/flink/.ssh /home/flink/.profile /root/ && chown -R root:root /root/.ssh",
        ),
    )


AILMENTS: tuple[Ailment, ...] = (
    Ailment(
        23, "hdfs-clusterid-mismatch", "a DataNode of another HDFS", kind="hdfs",
        how="another clusterID in VERSION of the DataNode's directory on node1",
        stage=each(
            kill("node1", "datanode"),
            root("node1", f"cp -p {DATA}/current/VERSION /root/"),
            root("node1", f"sed -i 's/^clusterID=.*/clusterID=CID-other/' {DATA}/current/VERSION"),
            up("node1", "datanode"), gone("node1", "datanode"),
        ),
        found=on("hdfs-clusterid-mismatch@node1"), grade="manual", mend="hand", quick=True,
        by_hand=each(root("node1", f"cp -p /root/VERSION {DATA}/current/"), mended),
        by_hand_how="the directory that belongs to this NameNode is brought back",
    ),
    Ailment(
        24, "hadoop-java-home-not-set", "no JAVA_HOME in hadoop-env.sh", kind="hdfs",
        how="the lines with JAVA_HOME on node2 become comments, its DataNode is ended",
        stage=each(
            root("node2", f"sed -i 's/^export JAVA_HOME/#&/' {CONF}/hadoop-env.sh"), kill("node2", "datanode"),
        ),
        found=on("hadoop-java-home-not-set@node2"), grade="safe", quick=True,
    ),
    Ailment(
        24, "hadoop-java-home-not-set", "a Java home that is gone in hadoop-env.sh", kind="hdfs",
        how="JAVA_HOME=/opt/gone on node1, its DataNode is ended",
        stage=each(
            root("node1", f"sed -i \"s|^export JAVA_HOME='.*|export JAVA_HOME=/opt/gone|\" {CONF}/hadoop-env.sh"),
            kill("node1", "datanode"),
        ),
        found=on("hadoop-java-home-not-set@node1"), grade="safe",
    ),
    Ailment(
        25, "flink-hadoop-classpath-missing", "a worker whose login shell has no HADOOP_CLASSPATH", kind="hdfs",
        how="the block is taken out of ~/.profile on node2",
        stage=root("node2", "sed -i '/>>> .* HADOOP_CLASSPATH/,/<<< .* HADOOP_CLASSPATH/d' /home/flink/.profile"),
        found=on("flink-hadoop-classpath-missing@node2"), status=0, grade="safe",
    ),
    Ailment(
        26, "hdfs-permission-denied", "a user who may not write in HDFS", kind="hdfs",
        how="hdfs dfs -mkdir /x in the name of games, in an HDFS of flink",
        stage=dfs("dfs -mkdir /x", "games"),
        found=on("hdfs-permission-denied@node0"), status=0, grade="manual", mend="hand",
        by_hand=each(
            dfs("dfs -mkdir -p /user/games"), dfs("dfs -chown games /user/games"), dfs("dfs -touchz /user/games/y", "games"),
            kill("node0", "namenode"), mended,
        ),
        by_hand_how="a directory of their own; the NameNode starts anew, so that its log begins anew",
    ),
    Ailment(
        58, "datanode-down", "no DataNode", kind="hdfs",
        how="both DataNodes are ended",
        stage=each(kill("node1", "datanode"), kill("node2", "datanode")),
        found=on("datanode-down@node1", "datanode-down@node2"), grade="safe",
    ),
    Ailment(
        58, "namenode-down", "no NameNode", kind="hdfs",
        how="the NameNode is ended",
        stage=kill("node0", "namenode"),
        found=on("namenode-down@node0"), grade="safe",
    ),
    Ailment(
        59, "hdfs-not-formatted", "a NameNode that has lost its directory", kind="hdfs",
        how="the NameNode is ended, its directory moved away",
        stage=each(kill("node0", "namenode"), root("node0", f"mv {NAME} {NAME}.away"), up("node0", "namenode"),
                   gone("node0", "namenode")),
        found=on("hdfs-not-formatted@node0"), grade="manual", mend="hand",
        by_hand=each(root("node0", f"rm -rf {NAME}; mv {NAME}.away {NAME}"), mended),
        by_hand_how="its directory is brought back",
    ),
    Ailment(
        60, "hdfs-dirs-in-tmp", "blocks below /tmp", kind="hdfs",
        how="the directory of the DataNode on node2 is moved to /tmp/hdfs, and hdfs-site.xml names it",
        stage=each(
            kill("node2", "datanode"),
            root("node2", f"mkdir -p /tmp/hdfs && chown flink /tmp/hdfs && mv {DATA} /tmp/hdfs/data && "
                 f"cp -p {CONF}/hdfs-site.xml /root/ && sed -i 's|file://{DATA}|file:///tmp/hdfs/data|' {CONF}/hdfs-site.xml"),
            up("node2", "datanode"), mended,
        ),
        found=on("hdfs-dirs-in-tmp@node2"), status=0, grade="manual", mend="hand",
        by_hand=each(
            kill("node2", "datanode"),
            root("node2", f"mv /tmp/hdfs/data {DATA} && rmdir /tmp/hdfs && cp -p /root/hdfs-site.xml {CONF}/"),
            mended,
        ),
        by_hand_how="HDFS is stopped there, the directory moved back, and named in hdfs-site.xml",
    ),
    Ailment(
        61, "hdfs-datanode-dir-bad", "a directory of somebody else", kind="hdfs",
        how="chown root on the DataNode's directory of node1, its DataNode is ended",
        stage=each(kill("node1", "datanode"), root("node1", f"chown root {DATA}")),
        found=on("hdfs-datanode-dir-bad@node1"), grade="asks",
    ),
    Ailment(
        63, "hdfs-safe-mode", "safe mode that somebody turned on", kind="hdfs",
        how="hdfs dfsadmin -safemode enter",
        stage=dfs("dfsadmin -safemode enter"),
        found=on("hdfs-safe-mode@node0"), grade="manual", mend="hand",
        by_hand=dfs("dfsadmin -safemode leave"), by_hand_how="whoever turned it on turns it off",
    ),
    Ailment(
        63, "datanode-down", "safe mode for want of DataNodes", kind="hdfs",
        how="a file is written, the DataNodes are ended, the NameNode starts anew",
        stage=each(
            as_flink("node0", f"echo kept | {HOME}/bin/hdfs --config {CONF} dfs -put - /kept"),
            kill("node1", "datanode"), kill("node2", "datanode"), kill("node0", "namenode"), up("node0", "namenode"),
            listens("node0", 50070),
        ),
        found=on("datanode-down@node1", "datanode-down@node2"), grade="safe",
        after=dfs("dfs -rm -skipTrash /kept"),
    ),
    Ailment(
        66, "fs-defaultfs-wrong", "a DataNode that looks on another port", kind="hdfs",
        how="fs.defaultFS: hdfs://node0:9999 on node2, its DataNode starts anew",
        stage=each(
            root("node2", f"sed -i 's|node0:8020|node0:9999|' {CONF}/core-site.xml"),
            kill("node2", "datanode"), up("node2", "datanode"),
        ),
        found=on("fs-defaultfs-wrong@node2"), grade="safe",
    ),
    Ailment(
        66, "fs-defaultfs-wrong", "no file system named", kind="hdfs",
        how="fs.defaultFS: file:/// on node0, its NameNode starts anew and ends",
        stage=each(
            root("node0", f"sed -i 's|hdfs://node0:8020|file:///|' {CONF}/core-site.xml"),
            kill("node0", "namenode"), up("node0", "namenode"), gone("node0", "namenode"),
        ),
        found=on("fs-defaultfs-wrong@node0"), grade="safe",
    ),
    Ailment(
        97, "hdfs-config-broken", "a file that does not parse", kind="hdfs",
        how="the last line of core-site.xml on node1 is taken out, its DataNode starts anew and ends",
        stage=each(
            kept("node1", f"{CONF}/core-site.xml"),
            root("node1", f"sed -i '$d' {CONF}/core-site.xml"),
            kill("node1", "datanode"), up("node1", "datanode"),
            gone("node1", "datanode"),
        ),
        found=on("hdfs-config-broken@node1"), grade="manual", mend="hand",
        by_hand=each(root("node1", f"cp -p {CONF}/core-site.xml.kept {CONF}/core-site.xml"), mended),
        by_hand_how="the line is mended",
    ),
    Ailment(
        22, "hdfs-workers-file-wrong", "a list without a DataNode", kind="hdfs",
        how="node2 is taken out of Hadoop's slaves on node0",
        stage=root("node0", f"sed -i /node2/d {CONF}/slaves"),
        found=on("hdfs-workers-file-wrong@node0"), status=0, grade="safe",
    ),
    Ailment(
        19, "restart-pending", "a DataNode older than its configuration", kind="hdfs",
        how="touch core-site.xml on node1",
        stage=root("node1", f"touch {CONF}/core-site.xml"),
        found=on("restart-pending@node1"), status=0, grade="asks",
    ),
    Ailment(
        18, "hdfs-port-taken", "a port of the NameNode that somebody holds", kind="hdfs",
        how="python3 -m http.server 50070 on node0, and the NameNode starts anew",
        stage=each(kill("node0", "namenode"), hold("node0", 50070), up("node0", "namenode"), gone("node0", "namenode")),
        found=on("hdfs-port-taken@node0"), grade="manual", mend="hand",
        by_hand=each(
            root("node0", "pkill -f '[h]ttp.server'; while ss -ltn | grep -q ':50070 '; do sleep 0.1; done"), mended,
        ),
        by_hand_how="that program is ended",
    ),
    Ailment(
        10, "firewall-hdfs-ports", "a firewall before the NameNode", kind="hdfs",
        how="nft on node0: what comes to port 8020 is dropped",
        stage=own_firewall("node0", 'iifname "eth0" tcp dport 8020 drop'),
        found=on("firewall-hdfs-ports@node0"), grade="manual", mend="hand",
        by_hand_how="the rule is taken out",
    ),
    Ailment(
        65, "hdfs-ports-by-version", "a NameNode that an old guide was followed for", kind="hdfs-3",
        how="dfs.namenode.http-address: 0.0.0.0:50070 in hdfs-site.xml of node0, its NameNode starts anew",
        stage=each(
            kept("node0", f"{CONF_3}/hdfs-site.xml"),
            root("node0", f"sed -i 's|</configuration>|{OLD_PORT}&|' {CONF_3}/hdfs-site.xml"),
            kill("node0", "namenode"), up_3("node0", "namenode"), listens("node0", 50070),
        ),
        found=on("hdfs-ports-by-version@node0"), status=0, grade="manual", mend="hand",
        by_hand=each(
            root("node0", f"cp -p {CONF_3}/hdfs-site.xml.kept {CONF_3}/hdfs-site.xml"), kill("node0", "namenode"), mended,
        ),
        by_hand_how="the property is taken out, and the NameNode is started anew",
    ),
    Ailment(
        64, "hdfs-root-refused", "Hadoop 3 in the hands of root", kind="hdfs-3",
        how="user: root in the answers, who may log in on every node",
        stage=each(settled("node1", "taskmanager"), *(as_root_too(host) for host in NODES)),
        answers={
            "user": "root",
            "flink": {"home": "/home/flink/flink-1.9.3"},
            "hdfs": {"home": HOME_3, "name_dirs": [NAME], "data_dirs": [DATA]},
        },
        found=on(*(f"{id}@{host}" for id in ("hdfs-root-refused", "user-is-root") for host in NODES)),
        grade="manual", mend="hand",
        by_hand_how="the answers name the ordinary user again",
    ),
)  # fmt: skip
