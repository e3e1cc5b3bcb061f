"""What the JobManager itself says: it answers, every TaskManager that runs is registered, at an address of its own.

Registered is not yet working: an address of loopback looks healthy and is not. Knows REST answers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from validators.check import manual
from validators.values import is_loopback
from wizard.findings import Finding, Fix
from wizard.operations.restanswers import answer

from .observed import ClusterCheck, Observed, quoted


def rest(seen: Observed) -> Iterator[Finding]:
    """A JobManager that runs and does not answer where it should; a standby answers for the one that leads."""
    for host, address in seen.desired.rests:
        if not seen.running(host, "jobmanager"):
            continue
        answered = seen.facts[host].rest.get(address.key)
        if answered is None:
            continue
        overview = answer(seen.facts, host, address, seen.line.web.overview)
        if overview is None or seen.line.web.taskmanager_count not in overview:
            yield Finding(
                "rest-unreachable",
                "error",
                (host,),
                f"The JobManager does not answer on port {address.port}",
                answered.evidence or "an answer that is not Flink's",
                f"an answer from {address.url}",
                "Neither bin/flink nor anybody else learns what the cluster does.",
                (f"{host}: {address.url}: {answered.evidence or 'not Flink'}",),
                manual(f"Read the newest log of the JobManager in {seen.desired.log_dir} on {host}"),
            )
            continue
        said = overview.get("flink-version")
        if said is not None and said != seen.spec.flink.version:
            yield Finding(
                "mixed-flink-versions",
                "error",
                (host,),
                f"The JobManager that runs is Flink {said}",
                f"Flink {said}",
                f"Flink {seen.spec.flink.version}",
                "A TaskManager of another version runs, and is refused again and again.",
                (f"{host}: {address.url}: flink-version {said}",),
                Fix("asks", "Start it anew from the home that is there now", (), "end-jobmanagers"),
            )


def taskmanagers(seen: Observed) -> Iterator[Finding]:
    """TaskManagers that run and are not registered."""
    if seen.overview is None or (not seen.registered and seen.line.number < (0, 10)):
        return
    here = Counter(seen.worker_of(one) for one in seen.registered)
    # An address that tells no worker may be any of theirs.
    unknown = here.pop("", 0)
    for host, _ in seen.workers():
        running = len(seen.running(host.name, "taskmanager"))
        missing = running - here.get(host.name, 0)
        if missing <= 0 or unknown >= missing:
            unknown -= max(0, missing)
            continue
        there = ", ".join(sorted(one.host for one in seen.registered)) or "none"
        yield Finding(
            "taskmanager-not-registered",
            "error",
            (host.name,),
            f"The TaskManager on {host.name} runs and is not registered",
            f"{here.get(host.name, 0)} of {running} registered",
            f"{running} registered",
            "Its slots are missing, and its process looks healthy.",
            (f"{seen.asked_at}{seen.line.web.taskmanagers}: {there}",),
            manual(f"Read the newest log of the TaskManager in {seen.desired.log_dir} on {host.name}"),
        )


def advertised(seen: Observed) -> Iterator[Finding]:
    """The address at which a TaskManager tells the others to find it."""
    if len(seen.spec.workers) < 2:
        return
    keys = seen.line.keys
    guilty = any(is_loopback(seen.value(host.name, keys.tm_host)) for host, _ in seen.workers())
    for one in seen.registered:
        if not is_loopback(one.host):
            continue
        if guilty:
            continue  # The configuration says so: that check has spoken.
        on_master = seen.spec.is_worker(seen.master.name)
        names = (seen.master.name,) if on_master else tuple(host.name for host, _ in seen.workers())
        yield Finding(
            "tm-on-master-advertises-loopback" if on_master else "taskmanager-host-localhost",
            "error",
            names,
            f"A TaskManager tells the others to find it at {one.host}",
            one.host,
            "an address that the other hosts reach",
            "It is registered, and a job that crosses TaskManagers fails to connect to it.",
            (f"{seen.asked_at}{seen.line.web.taskmanagers}: {one.host}, data port {one.data_port}",),
            Fix(
                "safe",
                f"Write {keys.tm_host}: {_reached_at(seen, names[0])}",
                (),
                "write-config",
                ((keys.tm_host, _reached_at(seen, names[0])),),
            )
            if len(names) == 1
            else manual(f"Set {keys.tm_host} on each worker to its own name"),
        )
        return
    for one in seen.registered:
        if one.host.replace(".", "").isdigit() and not is_loopback(one.host) and not seen.worker_of(one):
            yield Finding(
                "ipv6-or-multihomed",
                "error",
                (seen.master.name,),
                f"A TaskManager tells the others to find it at {one.host}, which no worker has",
                one.host,
                "an address of a worker in the cluster's network",
                "Behind address translation, or on a network of containers, the others cannot connect to it.",
                (f"{seen.asked_at}{seen.line.web.taskmanagers}: {one.host}, data port {one.data_port}",),
                manual(f"Set {keys.tm_host} on each worker to its name in the cluster's network"),
            )


def _reached_at(seen: Observed, host: str) -> str:
    """Where the others find a host: as an address, because its name may be a loopback address on itself."""
    name = seen.spec.host(host).address
    for other, facts in seen.hosts():
        for address in facts.names.get(name, ()) if other.name != host else ():
            if not is_loopback(address):
                return address
    return name


def other_network(seen: Observed) -> Iterator[Finding]:
    """A TaskManager that tells an address of a network that the others do not reach: it registers not, or is cut off."""
    key = seen.line.keys.tm_host
    here = Counter(seen.worker_of(one) for one in seen.registered)
    for host, _ in seen.workers():
        told = (seen.value(host.name, key) or "").strip()
        known = seen.facts[seen.master.name].names.get(host.address, ())
        running = len(seen.running(host.name, "taskmanager"))
        if not told.replace(".", "").isdigit() or is_loopback(told) or told in known or not known:
            continue
        closed = any(
            state != "open"
            for _, facts in seen.hosts()
            for (address, _), state in facts.tcp.items()
            if address == told
        )
        if seen.overview is None or (here.get(host.name, 0) >= running and not closed) or not running:
            continue
        yield Finding(
            "ipv6-or-multihomed",
            "error",
            (host.name,),
            f"The TaskManager tells the others to find it at {told}, where they do not reach it",
            f"{key}: {told}",
            f"{host.address}, which is {', '.join(known)} for {seen.master.name}",
            "It runs on a network of its own: it is not registered, or jobs that cross TaskManagers hang.",
            (quoted(seen, host.name, key), f"{seen.master.name}: {host.address} is {', '.join(known)}"),
            Fix("safe", f"Write {key}: {host.address}", (), "write-config", ((key, host.address),)),
        )


_OTHER = "a TaskManager tells an address that no worker has, or that the others do not reach"


REGISTRATION = (
    ClusterCheck(
        "rest",
        {
            "rest-unreachable": "the JobManager runs and does not answer",
            "mixed-flink-versions": "another version than the others have",
        },
        rest,
    ),
    ClusterCheck(
        "registered", {"taskmanager-not-registered": "a TaskManager runs and is not registered"}, taskmanagers
    ),
    ClusterCheck(
        "advertised",
        {
            "tm-on-master-advertises-loopback": "the master's TaskManager tells the others a loopback address",
            "taskmanager-host-localhost": "TaskManagers tell the others to find them at localhost",
            "ipv6-or-multihomed": _OTHER,
        },
        advertised,
    ),
    ClusterCheck(
        "networks",
        {"ipv6-or-multihomed": _OTHER},
        other_network,
    ),
)
