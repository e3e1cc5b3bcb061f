"""A healthy cluster on which ailments are staged one after another, of each kind that an ailment may ask for.

Brings the cluster up with the program itself, asks `check` and REST about it, and knows when it is as it was.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.cluster.ailments.ailment import Undo
from tests.cluster.driving import (
    Operator,
    Ran,
    answers,
    operator_of,
    overview,
    three_sharing,
    three_with_desk,
    until,
)
from tests.cluster.hdfs import hdfs_answers
from tests.lab import Host, HostSettings, Lab
from tests.lab.faults import Fault

NODES = ("node0", "node1", "node2")
PATIENCE = 90
"""Seconds in which a cluster does by itself what it is going to do."""

Found = frozenset[tuple[str, str]]
Hosts = Iterable[HostSettings]


@dataclass(frozen=True)
class Kind:
    """A kind of cluster: its hosts, and the answers with which the program installs it."""

    version: str
    answers: Callable[[], dict[str, Any]]
    hosts: Callable[[], list[HostSettings]]
    slots: int = 4


def _three() -> list[HostSettings]:
    return three_with_desk(sudo="nopasswd")


SHARED = "/srv/shared"
"""Where nodes see the directory that they have in common."""


@cache
def _shared() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ailments-")


def _sharing() -> list[HostSettings]:
    return three_sharing(Path(_shared().name), SHARED, sudo="nopasswd")


def _highly_available() -> dict[str, Any]:
    """Two JobManagers; a session with ZooKeeper ends soon, so that nobody waits long for one that was ended."""
    session = {"high-availability.zookeeper.client.session-timeout": "8s"}
    base = _light("2.3.0", workers=["node1", "node2"], standby=["node1"])
    base["flink"]["config"] |= session
    return base | {"ha": {"zookeeper": ["node2"], "storage_dir": f"{SHARED}/flink-ha"}}


def _light(version: str, **more: Any) -> dict[str, Any]:
    """Daemons that start with little work: they are started often, and run no job of any size."""
    wanted = answers(version, **more)
    options = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    wanted["flink"]["config"] |= {
        "env.java.opts.jobmanager": options,
        "env.java.opts.taskmanager": options,
    }
    return wanted


KINDS: dict[str, Kind] = {
    "flink": Kind("2.3.0", lambda: _light("2.3.0"), _three),
    "flink-1.20": Kind("1.20.5", lambda: _light("1.20.5"), _three),
    "flink-1.9": Kind("1.9.3", lambda: _light("1.9.3", java={"allow_unsupported": True}), _three),
    "flink-on-master": Kind("2.3.0", lambda: _light("2.3.0", workers=["node0", "node1"]), _three),
    "hdfs": Kind("1.9.3", lambda: hdfs_answers("2.7.3", "1.9.3", ["node1", "node2"]), _three),
    "hdfs-3": Kind("1.9.3", lambda: hdfs_answers("3.3.6", "1.9.3", ["node1", "node2"]), _three),
    "ha": Kind("2.3.0", _highly_available, _sharing),
}
"""The kinds of cluster; who needs another adds it here."""


@dataclass
class Bench:
    """A cluster that is up. `usual` is what `check` says of it while it is healthy: remarks, mostly."""

    name: str
    kind: Kind
    lab: Lab
    operator: Operator
    answers: dict[str, Any]
    file: str
    usual: Found = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def node(self, name: str) -> Host:
        return self.lab[name]

    @property
    def home(self) -> str:
        return f"/home/flink/flink-{self.kind.version}"

    @property
    def config(self) -> str:
        """The configuration that this Flink reads."""
        flat = self.kind.version.startswith("1.9")
        return f"{self.home}/conf/{'flink-conf.yaml' if flat else 'config.yaml'}"

    def root(self, name: str, command: str) -> str:
        return self.node(name).exec(command).stdout

    def flink(self, name: str, command: str) -> str:
        """Run a command as the user of Flink, in its home."""
        return self.node(name).exec(["bash", "-lc", f"cd {self.home} && {command}"], user="flink").stdout

    def check(self, *words: str, file: str = "") -> Ran:
        return self.operator.run("check", file or self.file, *words, **self.environment)

    def report(self, *words: str, file: str = "") -> tuple[int, dict[str, Any]]:
        """The exit status and the report of one `check --format json`."""
        done = self.check("--format", "json", *words, file=file)
        assert done.out.strip().startswith("{"), done
        return done.status, json.loads(done.out)

    def overview(self) -> dict[str, Any]:
        """What the JobManager says of the cluster, {} when it does not answer."""
        return overview(self.node("node0"))

    def registered(self, slots: int | None = None) -> None:
        """Return when this many slots are registered, all of them unless said otherwise."""
        wanted = self.kind.slots if slots is None else slots
        until(
            lambda: self.overview().get("slots-total") == wanted, f"{wanted} slots are registered", PATIENCE
        )

    def registered_or_mended(self) -> None:
        """Return when all slots are registered, after `--fix-safe` has started what is down."""
        if self.overview().get("slots-total") != self.kind.slots:
            done = self.check("--fix-safe")
            assert done.status in (0, 3), done
        self.registered()


def bring_up(name: str, make_lab: Callable[[Hosts], Lab]) -> Bench:
    """A healthy cluster of that kind. When it cannot be had, its lab is taken down before the error goes on."""
    lab = make_lab(KINDS[name].hosts())
    try:
        return _installed(name, lab)
    except BaseException:
        lab.down()
        raise


def _installed(name: str, lab: Lab) -> Bench:
    kind = KINDS[name]
    operator = operator_of(lab)
    wanted = kind.answers()
    file = operator.write(wanted)
    bench = Bench(name, kind, lab, operator, wanted, file)
    done = operator.run("apply", file, "--yes", timeout=600)
    assert done.status == 0, done
    status, report = bench.report()
    assert status == 0, report
    bench.usual = pairs(report)
    return bench


def pairs(report: Mapping[str, Any], state: str = "found") -> Found:
    """(id, host) of every finding in this state, remarks included."""
    return frozenset(
        (one["id"], host) for one in report["findings"] if one["state"] == state for host in one["hosts"]
    )


def take_back(undo: Undo | Iterable[Undo]) -> None:
    """Undo what an act returned, the last first."""
    if undo is None:
        return
    if isinstance(undo, Fault):
        undo.undo()
    elif callable(undo):
        undo()
    else:
        for one in reversed(tuple(undo)):
            take_back(one)
