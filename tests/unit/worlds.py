"""Specs and observed clusters for tests of plans: whole, bare, old, stale, as small functions with names.

Everything is imagined; a run happens on `wizard/imagined.py`, as previews and practice do.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from wizard import events
from wizard.commands import FetchChoice
from wizard.desired import Desired, settle
from wizard.facts import (
    ClusterFacts,
    DaemonFacts,
    HomeFacts,
    HostFacts,
    JavaFacts,
    JavaSeen,
    LoginFailure,
    OsFacts,
    PathFacts,
    PublicKey,
    SshFacts,
)
from wizard.flink.catalogue import line_of
from wizard.imagined import Done, ImaginedExecutor, ImaginedProber, World, assume_proofs
from wizard.plan import Plan
from wizard.plans.install import INSTALL, Context, StageMaker, plan_of
from wizard.readings import Readings
from wizard.runner import Consent, Outcome, Pace, Runner, no_job_loss
from wizard.spec import HERE, ClusterSpec, FlinkSpec, HostSpec, JavaSpec

HOME = "/home/flink/flink"
TAR = "/home/op/.cache/flink-wizard/flink.tar"
STATE = "~/.flink-wizard/demo"
DEBIAN = OsFacts("Linux", "x86_64", "debian", "12", "Debian GNU/Linux 12", "debian")
JAVAS = {major: JavaFacts(f"/usr/lib/jvm/java-{major}", f"{major}.0.1", major) for major in (8, 11, 17, 21)}
KEY = PublicKey(
    "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIB0JmKkQzM8mVd4mY0bS9w0u2uUqOqvG0e3m3sJb6t0p", "flink@m"
)
LOST = LoginFailure("refused", "nothing listens on port 22", "Connection refused", "Start sshd there.")


def spec(version: str = "2.3.0", workers: int = 2, **changes: Any) -> ClusterSpec:
    config = changes.pop("config", {})
    flink = FlinkSpec(version, HOME, config=MappingProxyType(config), source=changes.pop("source", "auto"))
    flink = replace(flink, distribute=changes.pop("distribute", "copy"))
    values: dict[str, Any] = {
        "cluster": "demo",
        "user": "flink",
        "master": HostSpec("m", "m"),
        "workers": tuple(HostSpec(f"w{number}", f"w{number}") for number in range(1, workers + 1)),
        "flink": flink,
        "java": JavaSpec(),
    }
    return ClusterSpec(**{**values, **changes})


def host(name: str, **changes: Any) -> HostFacts:
    """A Debian host with Java 17, every tool, and nothing of Flink."""
    values: dict[str, Any] = {
        "os": DEBIAN,
        "memory_mib": 8192,
        "cores": 4,
        "disks": (),
        "tools": frozenset({"bash", "tar", "gzip", "ssh", "ssh-keygen"}),
        "user": "flink",
        "uid": 1000,
        "groups": ("flink",),
        "home": "/home/flink",
        "shell": "/bin/bash",
        "sudo": "nopasswd",
        "hostname": name,
        "ssh": SshFacts(
            0o755, "flink", 0o700, 0o600, host_keys=(PublicKey("ssh-ed25519", f"AAAA{name}", ""),)
        ),
        "javas": (JAVAS[17],),
        "java_command": JavaSeen("", "/usr/lib/jvm/java-17/bin/java"),
        "java_login": JavaSeen("", "/usr/lib/jvm/java-17/bin/java"),
        "login_environment": MappingProxyType({}),
        "daemons": (),
        "homes": MappingProxyType({HOME: HomeFacts(HOME, exists=False, conf_dir=f"{HOME}/conf")}),
    }
    return HostFacts(name, **{**values, **changes})


def cluster(*hosts: HostFacts) -> ClusterFacts:
    return ClusterFacts(MappingProxyType({one.name: one for one in (HostFacts(HERE), *hosts)}))


def flink_home(
    version: str,
    texts: dict[str, str] | None = None,
    edited: Iterable[str] = (),
    manifest: bool = True,
    **more: Any,
) -> HomeFacts:
    """A home with these files in conf/; those in `edited` are not as the distribution brought them."""
    files = texts or {}
    conf = {
        name: PathFacts(f"{HOME}/conf/{name}", "file", mode=0o644, owner="flink", mtime=1000.0, text=text)
        for name, text in files.items()
    }
    shipped = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items() if name not in edited
    }
    record = {"version": version, "archive_sha": "a" * 128, "shipped_conf": shipped, "files": {}}
    return HomeFacts(
        HOME,
        exists=True,
        version=version,
        manifest=MappingProxyType(record) if manifest else None,
        changed_files=() if manifest else None,
        conf=MappingProxyType(conf),
        conf_dir=f"{HOME}/conf",
        executable=True,
        **more,
    )


def daemon(kind: str, pid: int, started: float = 2000.0) -> DaemonFacts:
    return DaemonFacts(kind, pid, "flink", started, f"{HOME}/conf", HOME)  # type: ignore[arg-type]


def with_home(facts: HostFacts, home: HomeFacts, *daemons: DaemonFacts) -> HostFacts:
    return replace(facts, homes=MappingProxyType({HOME: home}), daemons=daemons)


def shipped(version: str) -> dict[str, str]:
    """The conf files of a distribution, as far as a plan touches them."""
    line = line_of(version)
    files = {
        line.config.file: "# shipped\njobmanager.rpc.address: localhost\n",
        line.lists.workers: "localhost\n",
    }
    return {**files, **({line.lists.masters: "localhost:8081\n"} if line.lists.masters else {})}


def install_plan(
    desired: Desired,
    makers: Iterable[tuple[str, StageMaker]] = INSTALL,
    stale: str = "",
    run_id: str = "run1",
) -> Plan:
    choices = (
        FetchChoice("apache", "https://mirror.example/flink.tgz", "https://mirror.example/flink.tgz.sha512"),
    )
    owner = f"run {run_id} by op on desk/boot as process 1/2 since 2026-01-01T00:00:00+00:00"
    context = Context(run_id, STATE, TAR, choices, owner, stale, (("answers.yaml", "version: 1\n"),))
    return plan_of("install", makers, desired, context)


def planned(wish: ClusterSpec, facts: ClusterFacts, **more: Any) -> Plan:
    return install_plan(settle(wish, facts), **more)


@dataclass(frozen=True)
class Ran:
    done: tuple[Done, ...]
    outcome: Outcome
    facts: ClusterFacts
    events: tuple[events.Event, ...]


def run(
    plan: Plan,
    facts: ClusterFacts,
    *,
    threads: int = 4,
    consent: Consent = no_job_loss,
    change: Callable[[World], None] | None = None,
) -> Ran:
    """The plan on an imagined cluster, by the real runner."""
    world = World(facts)
    executor = ImaginedExecutor(world)
    seen: list[events.Event] = []
    readings = Readings(ImaginedProber(world), threading.Event(), facts)
    runner = Runner(
        readings,
        executor,
        seen.append,
        threading.Event(),
        consent=consent,
        side_by_side=threads,
        pace=Pace(0.0),
    )
    outcome = runner.run(assume_proofs(plan, world))
    return Ran(tuple(executor.done), outcome, world.facts, tuple(seen))
