"""With data in HDFS nothing that the wizard is asked formats it or removes a block, whatever was done to it before.

Each way is tried on one HDFS with `format: if-empty` in the answers: prepared, applied, judged by the blocks and the
identity that lie on the disks, mended, and finished by a second run. docs/hdfs-data-safety.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, nodes_with_desk, operator_of
from tests.cluster.hdfs import Hadoop, blocks, hdfs_answers
from tests.lab import Lab, faults

pytestmark = pytest.mark.timeout(900)

NAME, DATA = "/home/flink/hdfs/name", "/home/flink/hdfs/data"
OTHER_NAME, OTHER_DATA, OTHER_HOME = (
    "/home/flink/other/name",
    "/home/flink/other/data",
    "/home/flink/other-hadoop",
)
CONF = "/home/flink/hadoop-2.7.3/etc/hadoop"
LINE = "what nobody wants to lose"
ANOTHER = "CID-of-another"
TEXT = f"{LINE}\n" * 400
NODES = ("node0", "node1", "node2", "node3", "node4")
ALONE = {"flink": False, "hdfs": True}


@dataclass(frozen=True)
class World:
    """An HDFS of one NameNode and three DataNodes with a file in it, a host beside it, and their operator."""

    lab: Lab
    operator: Operator
    hadoop: Hadoop
    cluster_id: str
    blocks: Mapping[str, list[str]]

    def sh(self, host: str, script: str) -> None:
        self.lab[host].exec(f"cd /home/flink; {script}", user="flink")

    def everywhere(self, script: str) -> None:
        for name in NODES:
            self.sh(name, script)

    def kill_all(self) -> None:
        for host, found in self.hadoop.daemons().items():
            for line in found:
                pid = line.split()[0]
                self.lab[host].exec(f"kill -9 {pid}; tail --pid={pid} -f /dev/null")

    def runs(self) -> None:
        """A second run makes it what the answers say."""
        applied = self.operator.run("apply", self.answers(), "--yes")
        assert applied.status == 0, applied

    def identities(self) -> set[str]:
        """Every clusterID that lies in a directory of a NameNode on any host; a format would have made another."""
        script = (
            "grep -rls storageType=NAME_NODE --include=VERSION hdfs* other* | xargs -r grep -h ^clusterID="
        )
        said = "\n".join(
            self.lab[name].exec(f"cd /home/flink; {script}", check=False).stdout for name in NODES
        )
        return {line.partition("=")[2] for line in said.splitlines() if line}

    def formats(self) -> list[str]:
        """Commands of the last run that format."""
        return [
            line for one in self.operator.commands() if "-format " in (line := str(one["command"]["line"]))
        ]

    def restore(self) -> None:
        """Directories, configuration and records as they were when the file had been written."""
        self.kill_all()
        for name in NODES:
            self.lab[name].exec(
                "cd /home/flink && rm -rf hdfs other* hadoop-* .flink-wizard .*flink-wizard-formatting"
                " && cp -a kept/. /home/flink"
            )

    def answers(self, **more: Any) -> str:
        return self.operator.write(hdfs_answers(**{"start": ALONE, **more}))


@pytest.fixture(scope="module")
def world(make_module_lab: MakeLab) -> Iterator[World]:
    lab = make_module_lab(nodes_with_desk(5))
    operator, hadoop = operator_of(lab), Hadoop(lab, "2.7.3")
    made = World(lab, operator, hadoop, "", {})
    applied = operator.run("apply", made.answers(), "--yes")
    assert applied.status == 0, applied
    hadoop.put("/kept", TEXT)
    hadoop.fs("-setrep", "-w", "3", "/kept")
    hadoop.fs("-mkdir", "/empty-directory")
    made.kill_all()
    made.everywhere("mkdir kept && cp -a hdfs hadoop-2.7.3 .flink-wizard kept/ 2>/dev/null; true")
    found = blocks(lab, LINE)
    assert set(found) == {"node1", "node2", "node3"}, found
    whole = World(lab, operator, hadoop, hadoop.cluster_id(), found)
    yield whole


@dataclass(frozen=True)
class Way:
    """Something that happened, the answers that are applied then, and what the operator must read."""

    name: str
    prepare: Callable[[World], object] = lambda world: None
    hdfs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 3
    told: tuple[str, ...] = ()
    running: bool = False
    command: Callable[[World, str], tuple[str, ...]] = lambda world, file: ("apply", file, "--yes")


def other_id(directory: str) -> str:
    return f"sed -i 's/^clusterID=.*/clusterID={ANOTHER}/' {directory}/current/VERSION"


WAYS = (
    Way("nothing-happened", status=0, running=True, told=("Nothing to change",)),
    Way("all-were-killed", status=0, told=("Start the NameNode",)),
    Way("name-dir-emptied", lambda w: w.sh("node0", f"rm -rf {NAME}/*"), told=("data was found", DATA)),
    Way("name-dir-gone", lambda w: w.sh("node0", f"mv {NAME} other"), told=("data was found", DATA)),
    Way("name-dir-not-mounted", lambda w: w.sh("node0", f"mv {NAME} other; mkdir {NAME} {NAME}/lost+found"),
        told=("lost+found",)),
    Way("version-gone", lambda w: w.sh("node0", f"rm {NAME}/current/VERSION"), told=("half formatted", "VERSION")),
    Way("version-gone-while-it-runs", lambda w: w.sh("node0", f"rm {NAME}/current/VERSION"), running=True,
        told=("VERSION",)),
    Way("version-empty", lambda w: w.sh("node0", f": > {NAME}/current/VERSION"), told=("VERSION",)),
    Way("image-gone", lambda w: w.sh("node0", f"rm {NAME}/current/fsimage*"), told=("half formatted", "no image")),
    Way("name-dir-unreadable", lambda w: w.lab["node0"].exec(f"chown root {NAME}; chmod 700 {NAME}"),
        told=("cannot be looked into",)),
    Way("name-dir-is-a-file", lambda w: w.sh("node0", f"mv {NAME} other; echo x > {NAME}"), told=("not a directory",)),
    Way("name-dir-is-a-dead-link", lambda w: w.sh("node0", f"mv {NAME} other; ln -s /nowhere {NAME}"),
        told=(NAME,)),
    Way("namenode-of-another-cluster", lambda w: w.sh("node0", other_id(NAME)), told=("belongs to another HDFS", ANOTHER)),
    Way("datanode-of-another-cluster", lambda w: w.sh("node2", other_id(DATA)), told=("belongs to another HDFS", ANOTHER)),
    Way("datanode-lost-its-version", lambda w: w.sh("node2", f"rm {DATA}/current/VERSION"), told=("has lost its VERSION",)),
    Way("datanode-dir-holds-other-files", lambda w: w.sh("node2", f"mv {DATA}/current/VERSION {DATA}/notes.txt"),
        told=("notes.txt",)),
    Way("mark-of-a-format", lambda w: w.sh("node0", ": > hdfs/.name.flink-wizard-formatting"), status=0),
    Way("mark-of-a-format-and-no-image",
        lambda w: w.sh("node0", f": > hdfs/.name.flink-wizard-formatting; rm {NAME}/current/fsimage*"),
        told=("Nothing is formatted",)),
    Way("other-name-dir", hdfs={"name_dirs": [OTHER_NAME]}, told=("data was found",)),
    Way("other-name-dir-while-it-runs", hdfs={"name_dirs": [OTHER_NAME]}, running=True, told=("data was found",)),
    Way("one-more-name-dir", hdfs={"name_dirs": [NAME, OTHER_NAME]}, told=("is empty, while", "cp -a")),
    Way("other-data-dir", hdfs={"data_dirs": [OTHER_DATA]}, told=("would leave its blocks behind",)),
    Way("other-directories", hdfs={"name_dirs": [OTHER_NAME], "data_dirs": [OTHER_DATA]},
        told=("data was found",)),
    Way("other-namenode", hdfs={"namenode": "node4"},
        more={"workers": ["node1", "node2", "node3", "node4"]}, told=("data was found",)),
    Way("other-home", hdfs={"home": OTHER_HOME}, status=0),
    Way("other-home-and-directories",
        hdfs={"home": OTHER_HOME, "name_dirs": [OTHER_NAME], "data_dirs": [OTHER_DATA]},
        told=("was formatted before",)),
    Way("other-home-and-directories-while-it-runs", running=True,
        hdfs={"home": OTHER_HOME, "name_dirs": [OTHER_NAME], "data_dirs": [OTHER_DATA]},
        told=("A NameNode runs on node0",)),
    Way("other-cluster-name", more={"cluster": "another"}, status=0),
    Way("site-gone", lambda w: w.sh("node0", f"rm {CONF}/hdfs-site.xml"), status=0),
    Way("site-broken", lambda w: w.sh("node0", f"echo '<oops' >> {CONF}/hdfs-site.xml"), told=("hdfs-site.xml", "line")),
    Way("home-gone", lambda w: w.everywhere("rm -rf hadoop-2.7.3"), status=0),
    Way("records-gone", lambda w: w.sh("node0", "rm -rf .flink-wizard"), status=0),
    Way("records-and-name-dir-gone", lambda w: w.sh("node0", f"rm -rf .flink-wizard; mv {NAME} other"), told=("data was found",)),
    Way("a-datanode-fewer", more={"workers": ["node1", "node2"]}, status=0, running=True),
    Way("no-hdfs-any-more", hdfs={"mode": "none"}, status=0, running=True),
    Way("stop", status=0, running=True, command=lambda w, file: ("stop", file)),
    Way("restart", status=0, running=True, command=lambda w, file: ("restart", file)),
    Way("add-a-worker", status=0, running=True, command=lambda w, file: ("add-worker", file, "node4", "--yes")),
    Way("remove-a-worker", status=1, running=True, told=("Retire the DataNode",),
        command=lambda w, file: ("remove-worker", file, "node3", "--yes")),
)  # fmt: skip

BY_DEFAULT = {"name-dir-emptied", "other-directories"}


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, id=way.name, marks=() if way.name in BY_DEFAULT else pytest.mark.long)
        for way in WAYS
    ],
)
def test_data_stays(world: World, way: Way) -> None:
    if way.running:
        world.runs()
    else:
        world.kill_all()
    way.prepare(world)
    file = world.answers(hdfs=dict(way.hdfs), **way.more)
    ran = world.operator.run(*way.command(world, file))
    try:
        assert blocks(world.lab, LINE) == world.blocks, ran
        assert world.identities() <= {world.cluster_id, ANOTHER}, ran
        assert world.formats() == [], ran
        assert ran.status == way.status, ran
        assert [word for word in way.told if word not in ran.out + ran.err] == [], ran
    finally:
        world.restore()
    if way.status == 0 or way.name in BY_DEFAULT:
        world.runs()
        assert world.hadoop.read("/kept") == TEXT


@pytest.mark.long
def test_an_exported_script_from_before_formats_nothing(world: World) -> None:
    """A plan that was made when everything was empty is run by hand when it is not."""
    world.kill_all()
    world.everywhere("mv hdfs other; mv .flink-wizard other-records 2>/dev/null; true")
    exported = world.operator.run("export", world.answers(), "--format", "sh")
    assert exported.status == 0 and "-format" in exported.out, exported
    world.restore()
    world.operator.host.write("/home/flink/plan.sh", exported.out, owner="flink")
    ran = world.operator.host.exec(["bash", "plan.sh"], user="flink", check=False, stdin="", timeout=300)
    try:
        assert ran.returncode != 0, ran
        assert blocks(world.lab, LINE) == world.blocks, ran
        assert world.hadoop.cluster_id() == world.cluster_id, ran
    finally:
        world.restore()


@pytest.mark.long
def test_what_cannot_be_looked_at_is_not_formatted(world: World) -> None:
    """A DataNode that is out of reach may hold all the blocks."""
    world.kill_all()
    world.sh("node0", f"rm -rf {NAME}/* .flink-wizard")
    for name in ("node1", "node2"):
        world.sh(name, f"rm -rf {DATA}")
    with faults.refuse(world.lab["node3"]):
        ran = world.operator.run("apply", world.answers(), "--yes")
    try:
        assert ran.status in {1, 3, 4}, ran
        assert not world.lab["node0"].exists(f"{NAME}/current"), ran
        assert blocks(world.lab, LINE) == {"node3": world.blocks["node3"]}, ran
    finally:
        world.restore()
