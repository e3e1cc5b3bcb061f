"""Ailments of configurations and of Java, with Flink 2.3.0.

Data alone: node0 is the master, node1 and node2 are workers of two slots each.
"""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, on
from tests.cluster.ailments.fetched import JAVA_11, install_java_11
from tests.cluster.ailments.staging import (
    JAVA_25,
    again,
    each,
    fault,
    flink,
    gone,
    kept,
    line,
    listens,
    registered,
    restarted_with,
    root,
    settled,
    stop,
    text,
    tried,
    without,
)
from tests.lab import faults

BASHRC = "/home/flink/.bashrc"
HIDE_JAVA = (
    "for l in /usr/bin/java /usr/bin/javac; do [ ! -e $l ] || mv $l $l.off; done",
    "for l in /usr/bin/java /usr/bin/javac; do [ ! -e $l.off ] || mv $l.off $l; done",
)


def own_java_only(host: str):
    """The configuration of this host names no Java, and its TaskManager is down: Flink's scripts must find one."""
    return each(stop(host), line(host, "env.java.home"))


AILMENTS: tuple[Ailment, ...] = (
    Ailment(
        3, "bind-host-localhost", "a JobManager bound to localhost",
        how="jobmanager.bind-host: localhost on node0, the JobManager started anew",
        stage=each(line("node0", "jobmanager.bind-host: localhost"), again("node0", "jobmanager"), listens("node0", 8081)),
        found=on("bind-host-localhost@node0"), grade="safe",
    ),
    Ailment(
        4, "jm-rpc-address-localhost", "a worker that seeks the JobManager at localhost",
        how="jobmanager.rpc.address: localhost on node1, its TaskManager started anew",
        stage=each(line("node1", "jobmanager.rpc.address: localhost"), again("node1"), registered(2)),
        found=on("jm-rpc-address-localhost@node1"), grade="safe",
    ),
    Ailment(
        5, "taskmanager-host-localhost", "a TaskManager that tells localhost",
        how="taskmanager.host: localhost on node1, its TaskManager started anew",
        stage=each(restarted_with("node1", "taskmanager.host: localhost"), registered()),
        found=on("taskmanager-host-localhost@node1"), grade="safe",
    ),
    Ailment(
        13, "slots-fewer-than-parallelism", "a default parallelism beyond all slots",
        how="parallelism.default: 6 on node0",
        stage=line("node0", "parallelism.default: 6"),
        found=on("slots-fewer-than-parallelism@node0"), status=0, grade="asks",
    ),
    Ailment(
        14, "memory-config-impossible", "two totals that contradict each other",
        how="taskmanager.memory.flink.size: 2g beside process.size: 1024m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.flink.size: 2g"), tried("node1")),
        found=on("memory-config-impossible@node1"), grade="asks",
    ),
    Ailment(
        14, "memory-config-impossible", "too small a total",
        how="taskmanager.memory.process.size: 400m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size: 400m"), tried("node1")),
        found=on("memory-config-impossible@node1"), grade="asks",
    ),
    Ailment(
        14, "memory-config-impossible", "no size at all",
        how="no taskmanager.memory.process.size on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size"), tried("node1")),
        found=on("memory-config-impossible@node1"), grade="asks",
    ),
    Ailment(
        15, "memory-over-ram", "a TaskManager larger than the host",
        how="taskmanager.memory.process.size: 200g on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size: 200g"), tried("node1"), gone("node1")),
        found=on("memory-over-ram@node1"), grade="asks",
    ),
    Ailment(
        19, "conf-out-of-sync", "other slots on one worker",
        how="taskmanager.numberOfTaskSlots: 7 on node2",
        stage=line("node2", "taskmanager.numberOfTaskSlots: 7"),
        found=on("conf-out-of-sync@node2"), grade="asks", quick=True,
    ),
    Ailment(
        19, "conf-out-of-sync", "another master on one worker",
        how="jobmanager.rpc.address: node2 on node2, its TaskManager started anew",
        stage=each(line("node2", "jobmanager.rpc.address: node2"), again("node2"), registered(2)),
        found=on("conf-out-of-sync@node2"), grade="asks",
    ),
    Ailment(
        19, "restart-pending", "a daemon older than its configuration",
        how="a key is added on node1, nothing is started anew",
        stage=each(registered(), settled("node1", "taskmanager", 4), line("node1", "taskmanager.registration.timeout: 4 min")),
        found=on("restart-pending@node1"), status=0, grade="asks",
        after=without("node1", "taskmanager.registration.timeout"),
    ),
    Ailment(
        19, "conf-out-of-sync", "a worker that tells another worker's name",
        how="taskmanager.host: node2 on node1, its TaskManager started anew",
        stage=each(restarted_with("node1", "taskmanager.host: node2"), registered()),
        found=on("conf-out-of-sync@node1"), grade="asks",
    ),
    Ailment(
        22, "workers-file-wrong", "two workers on one line",
        how="conf/workers of node0: node1 node2",
        stage=text("node0", "conf/workers", "node1 node2\n"),
        found=on("workers-file-wrong@node0"), grade="safe", quick=True,
    ),
    Ailment(
        22, "workers-file-wrong", "the list as it is shipped",
        how="conf/workers of node0: localhost",
        stage=text("node0", "conf/workers", "localhost\n"),
        found=on("workers-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        22, "workers-file-wrong", "the list under its old name",
        how="conf/workers of node0 is renamed to slaves",
        stage=flink("node0", "mv conf/workers conf/slaves", "rm -f conf/slaves"),
        found=on("workers-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        29, "rest-bound-to-loopback", "a web interface for the master alone",
        how="rest.bind-address: localhost on node0, the JobManager started anew",
        stage=each(line("node0", "rest.bind-address: localhost"), again("node0", "jobmanager"), listens("node0", 8081)),
        found=on("rest-bound-to-loopback@node0"), grade="asks",
    ),
    Ailment(
        32, "conf-yaml-syntax", "no blank after the colon",
        how="taskmanager.numberOfTaskSlots:2 on node1",
        stage=line("node1", "taskmanager.numberOfTaskSlots:2"),
        found=on("conf-yaml-syntax@node1"), grade="asks", quick=True,
    ),
    Ailment(
        32, "conf-yaml-syntax", "a tab",
        how="a line of node1 begins with a tab",
        stage=flink("node1", "printf '\\trest.port: 8081\\n' >> conf/config.yaml"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
        after=without("node1", "rest.port"),
    ),
    Ailment(
        32, "conf-yaml-syntax", "a line that is indented",
        how="a line of node1 is indented by two blanks",
        stage=flink("node1", "printf '  rest.port: 8081\\n' >> conf/config.yaml"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
        after=without("node1", "rest.port"),
    ),
    Ailment(
        34, "conf-missing", "a configuration under its old name",
        how="config.yaml of node1 is renamed to flink-conf.yaml",
        stage=flink("node1", "mv conf/config.yaml conf/flink-conf.yaml", "rm -f conf/flink-conf.yaml"),
        found=on("conf-missing@node1"), grade="safe",
    ),
    Ailment(
        35, "legacy-memory-keys", "a memory key that is read no more",
        how="taskmanager.heap.size: 600m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.heap.size: 600m"), again("node1"), registered(2), registered()),
        found=on("legacy-memory-keys@node1"), status=0, grade="safe",
    ),
    Ailment(
        39, "env-java-home-nested", "env.java.home below other keys",
        how="env:, java: and home: on three lines of node1",
        stage=each(
            line("node1", "env.java.home"),
            flink("node1", "printf 'env:\\n  java:\\n    home: /usr/lib/jvm/java-17-openjdk-amd64\\n' >> conf/config.yaml"),
        ),
        found=on("env-java-home-nested@node1"), grade="safe",
    ),
    Ailment(
        95, "checkpoint-dir-not-shared", "checkpoints in a directory of each host",
        how="execution.checkpointing.dir: file:///var/cp on node0",
        stage=each(line("node0", "execution.checkpointing.dir: file:///var/cp"), again("node0", "jobmanager"), registered()),
        found=on("checkpoint-dir-not-shared@node0"), status=0, grade="manual", mend="hand",
        by_hand=each(line("node0", "execution.checkpointing.dir"), again("node0", "jobmanager"), registered()),
        by_hand_how="the key is taken out",
    ),
)  # fmt: skip


JAVAS: tuple[Ailment, ...] = (
    Ailment(
        7, "java-missing-on-worker", "no Java on the path",
        how="java of node1 is renamed, no JAVA_HOME, no TaskManager",
        stage=each(own_java_only("node1"), root("node1", *HIDE_JAVA)),
        found=on("java-missing-on-worker@node1"), grade="safe",
    ),
    Ailment(
        7, "java-missing-on-worker", "no Java at all",
        how="/usr/lib/jvm of node1 is empty, no TaskManager",
        stage=each(own_java_only("node1"), fault("node1", faults.no_java)),
        found=on("java-missing-on-worker@node1"), grade="asks", mend="hand",
        by_hand_how="Java is put back: the lab has no package server",
    ),
    Ailment(
        7, "java-home-wrong", "a Java home that is gone",
        how="env.java.home: /opt/java-gone on node1",
        stage=line("node1", "env.java.home: /opt/java-gone"),
        found=on("java-home-wrong@node1"), grade="safe", quick=True,
    ),
    Ailment(
        8, "java-home-only-interactive", "JAVA_HOME for people alone",
        how="export JAVA_HOME at the end of ~/.bashrc of node1, java renamed, no TaskManager",
        stage=each(
            own_java_only("node1"),
            kept("node1", BASHRC),
            root("node1", f"echo 'export JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64' >> {BASHRC}"),
            root("node1", *HIDE_JAVA),
        ),
        found=on("java-home-only-interactive@node1"), grade="safe",
    ),
    Ailment(
        36, "java-version-unsupported", "a Java that is too new",
        how="env.java.home: Java 25 on node1, its TaskManager started anew",
        stage=each(line("node1", f"env.java.home: {JAVA_25}"), again("node1"), gone("node1")),
        found=on("java-version-unsupported@node1"), grade="asks",
    ),
    Ailment(
        37, "java-mixed-versions", "daemons on different Javas",
        how="env.java.home: Java 11 on node1, its TaskManager started anew",
        stage=each(install_java_11("node1"), restarted_with("node1", f"env.java.home: {JAVA_11}"), registered()),
        found=on("java-mixed-versions@node1"), status=0, grade="asks",
    ),
)  # fmt: skip
