"""Memory and disk space: what was asked for against what the hosts have. Sizes are MiB.

Knows sizes that answers and configuration name. It must not know how a size is suggested: that is sizing's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from validators.check import Check, Needs, everywhere, manual, reached
from wizard.facts import ClusterFacts, HostFacts, PathFacts
from wizard.findings import Finding
from wizard.flink.catalogue import line_of
from wizard.flink.line import HeapKey
from wizard.flink.sizes import SizeUnreadable, mib, parse_size
from wizard.needs import Home, Machine, Paths
from wizard.spec import ClusterSpec, HostSpec

HOME_MIB = 450
"""An unpacked Flink home: 2.3.0 takes about 420 MiB with opt/ and plugins/, older ones less."""

NEEDED_MIB = 2 * HOME_MIB
"""The new home grows beside the old one until it is whole, and the old one is kept."""

TMP_MIB = 500
"""Each start unpacks Flink's RPC jars, and jobs spill: with less, TaskManagers have died of a full /tmp."""

LEAST_MIB = 1024
"""Below it neither daemon of any line starts with sizes that do any work."""


def size_mib(text: str, key: HeapKey) -> int | None:
    """The MiB that this value of a memory key means, None for a value that Flink would not read."""
    if key.unit == "mb":
        return int(text) if text.strip().isdigit() else None
    try:
        return mib(parse_size(text))
    except SizeUnreadable:
        return None


def asked_mib(spec: ClusterSpec, host: HostSpec) -> Mapping[str, int]:
    """What the answers ask for on this host, by daemon; a daemon whose size is left open is not in it."""
    line = line_of(spec.flink.version)
    asked: dict[str, int] = {}
    config = spec.flink.config
    tm = host.memory_mib
    if tm is None and line.memory.taskmanager.key in config:
        tm = size_mib(config[line.memory.taskmanager.key], line.memory.taskmanager)
    if tm is not None and spec.is_worker(host.name):
        asked["TaskManager"] = tm * (host.taskmanagers or 1)
    jm = config.get(line.memory.jobmanager.key)
    if jm is not None and (host.name == spec.master.name or host in spec.standby):
        size = size_mib(jm, line.memory.jobmanager)
        if size is not None:
            asked["JobManager"] = size
    return asked


def memory(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.memory_mib is None:
            continue
        asked = asked_mib(spec, host)
        total = sum(asked.values())
        if total > seen.memory_mib:
            parts = " + ".join(f"{name} {size} MiB" for name, size in asked.items())
            yield Finding(
                "memory-too-large",
                "error",
                (host.name,),
                f"The answers ask for more memory than {host.name} has",
                f"{parts} of {seen.memory_mib} MiB",
                f"at most {seen.memory_mib} MiB",
                "The system would kill the daemons as soon as they use what they were given.",
                tuple(_limits(seen)),
                manual("Ask for less in the answers, or leave memory out to have it suggested"),
            )
        elif seen.memory_mib < LEAST_MIB:
            yield Finding(
                "memory-too-small",
                "warning",
                (host.name,),
                f"Little memory: {seen.memory_mib} MiB",
                f"{seen.memory_mib} MiB",
                f"at least {LEAST_MIB} MiB",
                "Flink's daemons hardly start with less.",
                tuple(_limits(seen)),
            )


def _limits(seen: HostFacts) -> Iterator[str]:
    if seen.memory_total_mib is not None and seen.memory_total_mib != seen.memory_mib:
        yield f"{seen.name}: {seen.memory_total_mib} MiB of RAM, limited by a cgroup to {seen.memory_mib} MiB"


def _home_needs(spec: ClusterSpec) -> Needs:
    home = spec.flink.home
    paths = (home, home.rstrip("/").rpartition("/")[0] or "/", "/tmp")
    return dict.fromkeys(spec.names, (Home(home, spec.conf_dir), Paths(paths)))


def holds_wanted(seen: HostFacts, spec: ClusterSpec) -> bool:
    """Whether the home is that version already, so that nothing large is written."""
    home = seen.homes.get(spec.flink.home)
    return home is not None and home.version == spec.flink.version


def space(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        place = _parent(seen, spec.flink.home)
        free = place.free_mib if place is not None and not holds_wanted(seen, spec) else None
        if free is not None and free < NEEDED_MIB:
            yield _full("home-space", host, spec.flink.home, free, NEEDED_MIB, "error")
        tmp = seen.paths.get("/tmp")
        if tmp is not None and tmp.free_mib is not None and tmp.free_mib < TMP_MIB:
            yield _full("tmp-space", host, "/tmp", tmp.free_mib, TMP_MIB, "warning")


def _parent(seen: HostFacts, home: str) -> PathFacts | None:
    return seen.paths.get(home.rstrip("/").rpartition("/")[0] or "/") or seen.paths.get(home)


def _full(check: str, host: HostSpec, path: str, free: int, wanted: int, severity: str) -> Finding:
    return Finding(
        check,
        "error" if severity == "error" else "warning",
        (host.name,),
        f"Too little space for {path}",
        f"{free} MiB free",
        f"{wanted} MiB",
        "A new Flink grows beside the old one before it takes its place."
        if check == "home-space"
        else "Each start unpacks jars there; a TaskManager dies when it is full.",
        fix=manual(f"Make room on the file system of {path}, or name another one", f"df -h {path}"),
    )


def tmp_writable(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        tmp = seen.paths.get("/tmp")
        if tmp is not None and not tmp.writable:
            yield Finding(
                "tmp-unusable",
                "error",
                (host.name,),
                f"/tmp is not writable for {seen.user or spec.user}",
                f"/tmp: {tmp.kind}, mode {tmp.mode or 0:04o}, owner {tmp.owner or 'unknown'}",
                "mode 1777, writable",
                "Flink's scripts keep their process ids there, and a daemon that cannot write there dies.",
                fix=manual("As root", "chmod 1777 /tmp"),
            )


RESOURCES = (
    Check("memory-too-large", everywhere(Machine()), memory),
    Check("home-space", _home_needs, space),
    Check("tmp-unusable", _home_needs, tmp_writable),
)
