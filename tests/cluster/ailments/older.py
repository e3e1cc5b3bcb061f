"""Ailments that older versions of Flink have otherwise, and those of other clusters of Flink. Data alone."""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, on
from tests.cluster.ailments.bench import Bench
from tests.cluster.ailments.staging import (
    JAVA_25,
    again,
    each,
    flink,
    gone,
    kept,
    line,
    listens,
    loopback,
    registered,
    start,
    stop,
    text,
    without,
)
from tests.cluster.endless import bring
from tests.lab.settings import REPOSITORY

TWENTY = "flink-1.20"
NINE = "flink-1.9"
ON_MASTER = "flink-on-master"


def shuffled(bench: Bench) -> None:
    """Run a job in which every slot sends to every other; how it ends is not asked."""
    jar = REPOSITORY / "assets" / "jobs" / "flink-wizard-proof-1.x.jar"
    bring(bench.node("node0"), jar)
    bench.flink("node0", f"bin/flink run ~/{jar.name} --parallelism 4 --run-id shuffled; true")


AILMENTS: tuple[Ailment, ...] = (
    Ailment(
        3, "bind-host-localhost", "a JobManager bound to localhost", TWENTY,
        how="jobmanager.bind-host: localhost on node0, the JobManager started anew",
        stage=each(
            line("node0", "jobmanager.bind-host: localhost"), again("node0", "jobmanager"), listens("node0", 8081)
        ),
        found=on("bind-host-localhost@node0"), grade="safe",
    ),
    Ailment(
        32, "conf-yaml-syntax", "no blank after the colon", TWENTY,
        how="taskmanager.numberOfTaskSlots:2 on node1",
        stage=line("node1", "taskmanager.numberOfTaskSlots:2"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
    ),
    Ailment(
        34, "both-config-files", "an old configuration that wins", TWENTY,
        how="flink-conf.yaml with seven slots beside config.yaml on node1",
        stage=flink(
            "node1", "sed 's/^taskmanager.numberOfTaskSlots:.*/taskmanager.numberOfTaskSlots: 7/' conf/config.yaml "
            "> conf/flink-conf.yaml", "rm -f conf/flink-conf.yaml*",
        ),
        found=on("both-config-files@node1"), grade="asks",
    ),
    Ailment(
        35, "legacy-memory-keys", "an old total beside the new one", TWENTY,
        how="taskmanager.heap.size: 4000m beside process.size on node1",
        stage=line("node1", "taskmanager.heap.size: 4000m"),
        found=on("memory-config-impossible@node1"), grade="asks",
        after=without("node1", "taskmanager.heap.size"),
    ),
    Ailment(
        36, "java-version-unsupported", "a Java that is too new", TWENTY,
        how="env.java.home: Java 25 on node1, its TaskManager started anew",
        stage=each(line("node1", f"env.java.home: {JAVA_25}"), again("node1"), gone("node1")),
        found=on("java-version-unsupported@node1"), grade="asks",
    ),
    Ailment(
        4, "jm-rpc-address-localhost", "a worker that seeks the JobManager at localhost", NINE,
        how="jobmanager.rpc.address: localhost on node1, its TaskManager started anew",
        stage=each(line("node1", "jobmanager.rpc.address: localhost"), again("node1"), registered(2)),
        found=on("jm-rpc-address-localhost@node1"), grade="safe",
    ),
    Ailment(
        17, "duplicate-daemons", "a second TaskManager", NINE,
        how="bin/taskmanager.sh start on node1, where one runs",
        stage=each(start("node1"), registered(6)),
        found=on("duplicate-daemons@node1"), grade="asks",
    ),
    Ailment(
        22, "workers-file-wrong", "the list under its new name", NINE,
        how="conf/slaves of node0 is renamed to workers",
        stage=flink("node0", "mv conf/slaves conf/workers", "rm -f conf/workers"),
        found=on("workers-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        32, "conf-yaml-syntax", "no blank after the colon", NINE,
        how="taskmanager.numberOfTaskSlots:2 on node1",
        stage=line("node1", "taskmanager.numberOfTaskSlots:2"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
    ),
    Ailment(
        32, "conf-yaml-syntax", "a byte-order mark", NINE,
        how="a byte-order mark before the first key of node1, which is jobmanager.rpc.address",
        stage=flink(
            "node1",
            "{ printf '\\357\\273\\277'; grep ^jobmanager.rpc.address conf/flink-conf.yaml; "
            "grep -v ^jobmanager.rpc.address conf/flink-conf.yaml; } > conf/new && cat conf/new > conf/flink-conf.yaml && "
            "rm conf/new",
        ),
        found=on("conf-yaml-syntax@node1"), grade="asks",
    ),
    Ailment(
        35, "legacy-memory-keys", "a memory key that is read not yet", NINE,
        how="taskmanager.memory.process.size: 1g on node1",
        stage=line("node1", "taskmanager.memory.process.size: 1g"),
        found=on("legacy-memory-keys@node1"), status=0, grade="safe",
        after=without("node1", "taskmanager.memory.process.size"),
    ),
    Ailment(
        70, "crlf-scripts-or-workers", "a list with the line ends of another system", NINE,
        how="carriage returns in conf/slaves of node0",
        stage=text("node0", "conf/slaves", "node1\r\nnode2\r\n"),
        found=on("crlf-scripts-or-workers@node0"), grade="safe",
    ),
    Ailment(
        94, "network-buffers-or-metaspace", "a job that needs more network buffers than there are", NINE,
        how="taskmanager.network.numberOfBuffers: 16 on node1, its TaskManager started anew, and a job with a shuffle",
        stage=each(line("node1", "taskmanager.network.numberOfBuffers: 16"), again("node1"), registered(), shuffled),
        found=on("network-buffers-or-metaspace@node1"), status=0, grade="manual", mend="hand",
        by_hand=each(line("node1", "taskmanager.network.numberOfBuffers"), again("node1"), registered()),
        by_hand_how="the line is taken out, its TaskManager started anew",
    ),
    Ailment(
        28, "tm-on-master-advertises-loopback", "the master's TaskManager at loopback", ON_MASTER,
        how="127.0.1.1 node0 in /etc/hosts of node0, which is a worker too; no taskmanager.host",
        stage=each(
            kept("node0", "/etc/hosts"),
            stop("node0"),
            line("node0", "taskmanager.host"),
            loopback("node0", "node0"),
            again("node0", "jobmanager"),
            start("node0"),
            registered(),
        ),
        found=on("tm-on-master-advertises-loopback@node0"), grade="safe",
    ),
)  # fmt: skip
