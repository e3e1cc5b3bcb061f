"""Views for tests of steps: on several Flink lines, with hosts that are full, bare, imagined, failed and unread."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from wizard.answers import parse_answers
from wizard.facts import (
    ClusterFacts,
    DiskFacts,
    HostFacts,
    PathFacts,
    PublicKey,
    TrustedKey,
)
from wizard.servicefacts import ListenFacts, LoginFacts
from wizard.session import judge
from wizard.spec import ClusterSpec, HostSpec
from wizard.view import Use, View

from . import worlds

LINES = ("0.9.1", "1.9.3", "1.13.6", "1.20.5", "2.3.0")
FILE = "/home/op/.local/share/flink-wizard/demo/m/answers.yaml"
WORKERS = ("full", "bare", "imagined", "failed", "unread", "reading")
"""Six workers, each as its name says."""


def cluster_spec(version: str, **changes: Any) -> ClusterSpec:
    spec = worlds.spec(version, **changes)
    return replace(spec, workers=tuple(HostSpec(name, name) for name in WORKERS))


def full(name: str, **changes: Any) -> HostFacts:
    """A host of which everything was read that a table could show."""
    home = PathFacts("/home/flink", "directory", 0o755, "flink", True, free_mib=90_000)
    seen = worlds.host(
        name,
        memory_mib=32_000,
        memory_total_mib=64_000,
        cores=8,
        cores_total=16,
        clock_offset=-0.3,
        nofile=65536,
        javas=tuple(worlds.JAVAS.values()),
        disks=(DiskFacts("/", "/dev/sda", "ext4", 200_000, 90_000),),
        paths=MappingProxyType({"/home/flink": home}),
        listening=(ListenFacts("", 22),),
        daemons=(worlds.daemon("taskmanager", 77),),
        homes=MappingProxyType({worlds.HOME: worlds.flink_home("1.20.5")}),
        logins=MappingProxyType({"full": LoginFacts(True, "flink", "full"), "bare": LoginFacts(False)}),
    )
    assert seen.ssh is not None
    keys = (TrustedKey("ssh-rsa", "AAAA", "op@desk", "", "~/.ssh/authorized_keys"),)
    ssh = replace(
        seen.ssh,
        trusted=keys,
        key_files=MappingProxyType({"/home/flink/.ssh/id_ed25519": worlds.KEY})
        if name == "m"
        else seen.ssh.key_files,
        host_keys=(PublicKey("ssh-ed25519", f"AAAA{name}"),),
    )
    return replace(seen, ssh=ssh, **changes)


def cluster_facts() -> ClusterFacts:
    return worlds.cluster(
        full("m"),
        full("full"),
        HostFacts("bare"),
        replace(worlds.host("imagined"), imagined=True),
        HostFacts("failed", worlds.LOST),
    )


def view_of(
    version: str, use: Use = "install", facts: ClusterFacts | None = None, more: str = "", **changes: Any
) -> View:
    """A view as a walk would publish it, `more` being further lines of the answers file."""
    spec = cluster_spec(version, **changes)
    facts = cluster_facts() if facts is None else facts
    text = (
        f"version: 1\ncluster: demo\nuser: flink\nmaster: m\nworkers: [{', '.join(WORKERS)}]\n"
        f'flink:\n  version: "{version}"\n  home: {worlds.HOME}\n{more}'
    )
    look = judge(spec, facts)
    return View(
        use,
        parse_answers(text, complete=False),
        spec=spec,
        facts=facts,
        findings=look.findings,
        desired=look.desired,
        reading=frozenset({"reading"}),
        read_at=MappingProxyType({"m": 100.0}),
        file=FILE,
    )
