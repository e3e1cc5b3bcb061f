"""Ailments of Flink's files and of its daemons, with Flink 2.3.0.

Data alone: node0 is the master, node1 and node2 are workers of two slots each.
"""

from __future__ import annotations

from tests.cluster.ailments.ailment import Act, Ailment, on
from tests.cluster.ailments.bench import Bench
from tests.cluster.ailments.staging import (
    each,
    flink,
    gone,
    hold,
    kill,
    listens,
    registered,
    root,
    start,
    stop,
    text,
)
from tests.distributions import flink_archive
from tests.lab import faults


def starve(host: str, mib: int) -> Act:
    """Start a TaskManager where the kernel grants only so much memory, and see it killed.

    By ssh: what sshd starts is bound by the limit, what comes from outside is not.
    """

    def act(bench: Bench) -> None:
        with faults.limit_memory(bench.node(host), mib):
            flink("node0", f"ssh -n {host} bash -l {bench.home}/bin/taskmanager.sh start")(bench)
            gone(host)(bench)

    return act


def moved_away(host: str) -> Act:
    """Flink's home is renamed; taking it back removes the renamed one."""
    return root(host, "mv /home/flink/flink-2.3.0 /home/flink/away", "rm -rf /home/flink/away")


def other_flink(bench: Bench, host: str, version: str) -> None:
    """Another Flink at this cluster's path."""
    node = bench.node(host)
    with open(flink_archive(version), "rb") as archive:
        node.popen(
            [
                "sh",
                "-ec",
                f"mkdir -p {bench.home} && tar -xzf - --strip-components=1 -C {bench.home} && chown -R flink: {bench.home}",
            ],
            stdin=archive,
        ).wait()


AILMENTS: tuple[Ailment, ...] = (
    Ailment(
        20, "install-path-missing-on-worker", "no Flink at the path of the master",
        how="the home of node2 is renamed, its TaskManager ended",
        stage=each(stop("node2"), moved_away("node2")),
        found=on("install-path-missing-on-worker@node2"), grade="safe", quick=True,
    ),
    Ailment(
        30, "install-or-log-dir-not-writable", "a log directory of root",
        how="chown root log; chmod 755 log on node1, its TaskManager ended",
        stage=each(stop("node1"), root("node1", "cd /home/flink/flink-2.3.0 && chown root log && chmod 755 log")),
        found=on("install-or-log-dir-not-writable@node1"), grade="asks",
    ),
    Ailment(
        54, "mixed-flink-versions", "another Flink at the path of the master",
        how="Flink 1.20.5 with the same configuration at the path of 2.3.0 on node1, its TaskManager ended",
        stage=each(
            stop("node1"),
            moved_away("node1"),
            lambda bench: other_flink(bench, "node1", "1.20.5"),
            flink("node1", "cp -p ../away/conf/* conf/"),
        ),
        found=on("mixed-flink-versions@node1"), grade="asks",
    ),
    Ailment(
        69, "missing-exec-bits", "scripts without execute bits",
        how="chmod a-x bin/*.sh on node1",
        stage=flink("node1", "chmod a-x bin/*.sh"),
        found=on("missing-exec-bits@node1"), grade="safe", quick=True,
    ),
    Ailment(
        70, "crlf-scripts-or-workers", "a list with the line ends of another system",
        how="carriage returns in conf/workers of node0",
        stage=text("node0", "conf/workers", "node1\r\nnode2\r\n"),
        found=on("crlf-scripts-or-workers@node0"), grade="safe",
    ),
    Ailment(
        70, "crlf-scripts-or-workers", "scripts with the line ends of another system",
        how="carriage returns in bin/taskmanager.sh of node1, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "sed -i 's/$/\\r/' bin/taskmanager.sh")),
        found=on("crlf-scripts-or-workers@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "a distribution jar that is gone",
        how="flink-dist of node1 is removed, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "rm lib/flink-dist*.jar")),
        found=on("flink-jars-damaged@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "a distribution jar that was cut short",
        how="flink-dist of node1 is truncated to one MB, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "truncate -s 1000000 lib/flink-dist*.jar")),
        found=on("flink-jars-damaged@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "two distribution jars",
        how="a second flink-dist jar in lib/ of node1, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "cp lib/flink-dist*.jar lib/flink-dist-1.20.5.jar")),
        found=on("flink-jars-damaged@node1"), grade="asks",
    ),
)  # fmt: skip


DAEMONS: tuple[Ailment, ...] = (
    Ailment(
        17, "duplicate-daemons", "a second TaskManager",
        how="bin/taskmanager.sh start on node1, where one runs",
        stage=each(start("node1"), registered(6)),
        found=on("duplicate-daemons@node1"), grade="asks", quick=True,
    ),
    Ailment(
        18, "port-in-use", "a port that another program holds",
        how="the JobManager is ended, python3 -m http.server 8081 on node0",
        stage=each(stop("node0", "jobmanager"), hold("node0", 8081)),
        found=on("port-in-use@node0"), grade="manual", mend="hand", quick=True,
        by_hand=root("node0", "pkill -f '[h]ttp.server'; true"), by_hand_how="that program is ended",
    ),
    Ailment(
        0, "taskmanager-down", "a TaskManager that was killed",
        how="kill -9 on node1",
        stage=kill("node1"),
        found=on("taskmanager-down@node1"), grade="safe", quick=True,
    ),
    Ailment(
        55, "tm-oom-killed", "a TaskManager that the kernel killed",
        how="node1 may take 120 MiB while its TaskManager starts; then the limit is gone",
        stage=each(stop("node1"), starve("node1", 120)),
        found=on("tm-oom-killed@node1"), grade="asks",
    ),
    Ailment(
        68, "jm-on-wrong-host", "a JobManager on a worker",
        how="bin/jobmanager.sh start on node1",
        stage=each(start("node1", "jobmanager"), listens("node1", 8081)),
        found=on("jm-on-wrong-host@node1"), grade="asks",
    ),
    Ailment(
        92, "two-clusters-one-host", "another Flink on a host",
        how="a copy of the home of node1 starts a TaskManager of its own",
        stage=each(
            flink(
                "node1",
                "cp -r . ../other && cd ../other && sed -i '/^jobmanager.rpc.address:/d' conf/config.yaml && "
                "echo 'jobmanager.rpc.address: localhost' >> conf/config.yaml && "
                "FLINK_PID_DIR=/home/flink/other FLINK_CONF_DIR=/home/flink/other/conf bin/taskmanager.sh start",
                "pkill -KILL -f '/home/flink/othe[r]/'; rm -rf ../other",
            ),
        ),
        found=on("two-clusters-one-host@node1"), status=0, grade="manual", mend="hand",
        by_hand_how="the other one is ended",
    ),
)  # fmt: skip
