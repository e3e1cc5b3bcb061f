"""A cluster that was made by hand and never seen before: what it implies is what was set up, and nothing is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, desk, overview, until
from tests.cluster.handmade import Handmade, node
from tests.cluster.hdfs import hadoop_on_desk
from tests.hadoop.byhand import CONF, DATA, make_by_hand
from tests.hadoop.byhand import HOME as HADOOP
from tests.lab import Lab
from tests.lab.lab import Snapshot

pytestmark = pytest.mark.timeout(600)

HOME = "/srv/flink/flink-1.20.5"
JAVA = next(
    iter(sorted(str(path) for path in Path("/usr/lib/jvm").glob("java-1.17*"))), "/usr/lib/jvm/java-17"
)
PORT = 2222
CLUSTER = Handmade(
    version="1.20.5",
    home=HOME,
    link="/srv/flink/current",
    user="stream",
    master="node0",
    workers=("node1", "node2"),
    config={
        "jobmanager.rpc.address": "node0",
        "jobmanager.rpc.port": "6123",
        "jobmanager.bind-host": "0.0.0.0",
        "jobmanager.memory.process.size": "1024m",
        "taskmanager.bind-host": "0.0.0.0",
        "taskmanager.memory.process.size": "1024m",
        "rest.address": "node0",
        "rest.bind-address": "0.0.0.0",
        "rest.port": "18081",
        "parallelism.default": "1",
        "execution.checkpointing.interval": "30s",
        "env.java.home": JAVA,
        "env.ssh.opts": f"-p {PORT} -o BatchMode=yes",
    },
    own={
        "node1": {"taskmanager.host": "node1", "taskmanager.numberOfTaskSlots": "2"},
        "node2": {"taskmanager.host": "node2", "taskmanager.numberOfTaskSlots": "3"},
    },
    listed="# by hand\n\n/rack1/node1\nnode2   # the large one",
)
ADOPT = """
import argparse, sys
from wizard.unattended.adopting import cluster_of_master
from wizard.unattended.opening import Refused
options = argparse.Namespace(master=sys.argv[1], flink_home=None, state_dir=None, password_file=None)
try:
    found = cluster_of_master(options)
except Refused as refused:
    print(refused, file=sys.stderr)
    sys.exit(int(refused.status))
print(found.text)
for note in found.adopted.notes:
    print("#", note)
"""


def test_a_cluster_made_by_hand_is_adopted_from_one_host_alone(make_lab: MakeLab) -> None:
    lab = make_lab([desk(), *(node(name, "stream", ssh_port=PORT) for name in CLUSTER.names)])
    CLUSTER.make(lab)
    make_by_hand(lab, hadoop_on_desk("2.7.3"), "node0", CLUSTER.workers, (), "stream")
    said = CLUSTER.start(lab)
    assert said.count("Starting taskexecutor daemon") == 2, said
    until(
        lambda: overview(lab["node0"], 18081).get("taskmanagers") == 2, "2 TaskManagers are registered", 120
    )
    operator = Operator(lab["desk"], password=lab.password)
    trust(operator, lab)
    before = lab.snapshot()

    checked = operator.run("check", "--master", f"stream@node0:{PORT}", "--format", "json")
    assert checked.status == 0, checked.out + checked.err
    told = {one["id"]: one["severity"] for one in json.loads(checked.out)["findings"]}
    told = {id: severity for id, severity in told.items() if severity != "info"}
    # Nobody has joined this Flink to the HDFS beside it: true, and worth a word.
    assert told == {"flink-hadoop-classpath-missing": "warning"}, checked.out
    text = adopted(operator)
    assert yaml.safe_load(text) == {
        "version": 1,
        "cluster": "node0",
        "user": "stream",
        "ssh": {"port": PORT, "cluster_key": "~/.ssh/id_rsa", "cluster_key_type": "rsa"},
        "master": "node0",
        "workers": [{"host": "node1", "slots": 2}, {"host": "node2", "slots": 3}],
        "java": {"home": JAVA},
        "flink": {
            "version": "1.20.5",
            "home": HOME,
            "config": {
                "jobmanager.memory.process.size": "1024m",
                "taskmanager.memory.process.size": "1024m",
                "rest.port": 18081,
                "execution.checkpointing.interval": "30s",
                "env.ssh.opts": f"-p {PORT} -o BatchMode=yes",
            },
        },
        "hdfs": {"mode": "existing", "home": HADOOP, "address": "hdfs://node0:8020", "conf_dir": CONF},
    }, text
    untouched(lab, before)

    file = operator.write(text.replace("ssh:\n", "ssh:\n  host_keys: accept-new\n", 1))
    planned = operator.run("apply", file, "--dry-run")
    assert planned.status == 0, planned
    titles = {line.partition(": ")[2] for line in planned.out.splitlines() if line.startswith("node")}
    joined = {
        "Write conf/config.yaml",
        "Put Hadoop's classes on Flink's class path",
        "Start the JobManager",
        "Start the TaskManager",
    }
    planned_titles = {
        title for title in titles if not title.startswith(("check that", "Keep a record", "Run a job"))
    }
    assert planned_titles - joined == {
        "Lock the cluster against a second change",
        "Name 3 nodes in ~/.ssh/config",
        "List the master in conf/masters",
        "Release the lock",
    }, sorted(planned_titles)
    assert joined <= planned_titles, "Flink is joined to the HDFS beside it"
    untouched(lab, before)


def untouched(lab: Lab, before: Snapshot) -> None:
    """The hosts are as they were, but for what the daemons of HDFS write by themselves."""
    own = (DATA, f"{HADOOP}/logs", "/tmp")
    changed = {
        name: [path for path in paths if not path.startswith(own)]
        for name, paths in lab.changes_since(before).items()
        if name != "desk"
    }
    assert not any(changed.values()), changed


def test_workers_that_only_the_master_sees_are_reached_through_it(make_lab: MakeLab) -> None:
    lab = make_lab([desk(), *(node(name, "stream", ssh_port=PORT) for name in CLUSTER.names)])
    CLUSTER.make(lab)
    operator = Operator(lab["desk"], password=lab.password)
    trust(operator, lab)
    for name in CLUSTER.workers:
        lab["desk"].exec(f"ip route add blackhole {lab[name].address}/32")
    text = adopted(operator)
    assert yaml.safe_load(text)["ssh"]["jump"] == "node0", text
    status = operator.run("status", operator.write(text))
    assert all(f"{name}: TaskManager 0 of 1" in status.out for name in CLUSTER.workers), status
    assert status.status == 1, "they were reached, and nothing runs yet"


def adopted(operator: Operator) -> str:
    """The text of the answers that the master implies, read from the operator's desk."""
    argv = [*operator.argv()[:-2], "-c", ADOPT, f"stream@node0:{PORT}"]
    found = operator.host.exec(argv, user="flink", timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def trust(operator: Operator, lab: Lab) -> None:
    """The operator has logged in on these hosts before."""
    names = " ".join(CLUSTER.names)
    operator.host.exec(
        f"mkdir -p -m 700 .ssh; for h in {names}; do ssh-keyscan -p {PORT} $h 2>/dev/null; done > .ssh/known_hosts",
        user="flink",
    )
