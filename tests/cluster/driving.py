"""Drives the real program on lab hosts as an operator would: from a desk of their own, or on the master.

Knows the command line, the answers file and how to look at a cluster from outside the product.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.distributions import cache_root, flink_archive, small_archive
from tests.lab import Host, HostSettings, Lab, repository_binds

CACHE = "/var/cache/flink-wizard-test"
"""Where a desk keeps the wizard's own cache: shared by all labs of this machine, so that archives are unpacked once."""

ARCHIVES = "/srv/archives"
"""Where hosts see the archives of the tests."""


def desk(name: str = "desk", user: str = "flink", **settings: Any) -> HostSettings:
    """A host from which the wizard can be run: it sees the repository, its Python, and the test archives."""
    shared = cache_root() / "wizard"
    shared.mkdir(parents=True, exist_ok=True)
    shared.chmod(0o777)
    binds = (*repository_binds(), (str(cache_root()), ARCHIVES, True), (str(shared), CACHE, False))
    return HostSettings(name, users=(user,), binds=binds, **settings)


def as_seen(path: Path) -> str:
    """Where a host sees this file of the test archives."""
    return f"{ARCHIVES}/{path.relative_to(cache_root())}"


def archive_on_desk(version: str, small: bool = False) -> str:
    """Build the archive where it is missing; the answer is its path as a desk sees it."""
    path = small_archive(version) if small else flink_archive(version)
    return as_seen(path)


def answers(
    version: str = "2.3.0", workers: Iterable[Any] = ("node1", "node2"), **more: Any
) -> dict[str, Any]:
    """Answers for a lab: small memory, so that several clusters fit on one machine."""
    flink: dict[str, Any] = {
        "version": version,
        "source": archive_on_desk(version),
        "config": small_memory(version) | {"taskmanager.numberOfTaskSlots": 2},
    }
    flink |= more.pop("flink", {})
    base: dict[str, Any] = {
        "version": 1,
        "cluster": "demo",
        "user": "flink",
        "ssh": {"host_keys": "accept-new"},
        "master": "node0",
        "workers": list(workers),
        "flink": flink,
    }
    return base | more


def small_memory(version: str) -> dict[str, Any]:
    """Keys with which a JobManager and a TaskManager of that version take little memory."""
    if version.startswith(("1.9", "1.8")):
        return {"jobmanager.heap.size": "400m", "taskmanager.heap.size": "600m"}
    return {"jobmanager.memory.process.size": "1024m", "taskmanager.memory.process.size": "1024m"}


@dataclass
class Ran:
    """What one run of the program came to."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"status {self.status}\n{self.out}\n{self.err}"


@dataclass
class Operator:
    """Somebody at a host with the wizard, with a password and nothing else."""

    host: Host
    user: str = "flink"
    password: str = ""
    directory: str = "/home/flink"

    def environment(self, **more: str) -> Mapping[str, str]:
        return {
            "XDG_CACHE_HOME": CACHE,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "FLINK_WIZARD_PASSWORD": self.password,
            **more,
        }

    def write(self, answers: Mapping[str, Any] | str, name: str = "cluster.yaml") -> str:
        """Save answers; the file's path."""
        text = answers if isinstance(answers, str) else yaml.safe_dump(dict(answers), sort_keys=False)
        path = f"{self.directory}/{name}"
        self.host.write(path, text, owner=self.user)
        return path

    def argv(self, *words: str, **environment: str) -> list[str]:
        pairs = [f"{name}={value}" for name, value in self.environment(**environment).items()]
        return ["env", *pairs, sys.executable, "-m", "wizard.cli", *words]

    def run(self, *words: str, timeout: float = 300.0, **environment: str) -> Ran:
        done = self.host.exec(
            self.argv(*words, **environment), user=self.user, timeout=timeout, check=False, stdin=""
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return self.host.popen(self.argv(*words, **environment), user=self.user)

    def journal(self) -> list[dict[str, Any]]:
        """The events of the newest run that kept a journal."""
        found = self.host.exec(
            ["sh", "-c", "ls -t ~/.local/state/flink-wizard/*/*/*.jsonl | head -n 1 | xargs cat"],
            user=self.user,
        )
        return [json.loads(line) for line in found.stdout.splitlines()]

    def commands(self) -> list[dict[str, Any]]:
        """The events of the commands that this run started."""
        return [event for event in self.journal() if event["event"] == "CommandStarted"]


def rest(host: Host, path: str = "/overview", port: int = 8081) -> Any:
    """What the JobManager on this host answers, asked from the outer machine."""
    with urllib.request.urlopen(f"http://{host.address}:{port}{path}", timeout=10) as response:
        return json.load(response)


def overview(host: Host, port: int = 8081) -> dict[str, Any]:
    """What the JobManager on this host says of the cluster, {} when it does not answer."""
    try:
        return rest(host, port=port)
    except (OSError, ValueError):
        return {}


def until(true: Callable[[], object], what: str, seconds: float) -> None:
    """Ask until it is so: what a cluster does by itself takes a while."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.2)


def nodes_with_desk(count: int, **settings: Any) -> list[HostSettings]:
    """A desk, and node0, node1 and so on, all of these with the same settings."""
    return [desk(), *(HostSettings(f"node{number}", **settings) for number in range(count))]


def three_with_desk(**settings: Any) -> list[HostSettings]:
    return nodes_with_desk(3, **settings)


def three_sharing(directory: Path, place: str, **settings: Any) -> list[HostSettings]:
    """Three nodes that see this directory at one place, as a network file system would give it, and a desk."""
    directory.chmod(0o777)
    return three_with_desk(binds=((str(directory), place, False),), **settings)


def operator_of(lab: Lab, host: str = "desk") -> Operator:
    return Operator(lab[host], password=lab.password)
