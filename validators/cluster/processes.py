"""The daemons of this cluster: each where it belongs, as many as are wanted, none older than its configuration.

Knows what runs, from /proc. It must not know whether what runs is registered.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import manual
from validators.values import is_loopback
from wizard.facts import DaemonFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.flink.catalogue import default_of
from wizard.operations.daemons import is_stale
from wizard.servicefacts import ListenFacts
from wizard.words import DAEMONS

from .observed import KINDS, ClusterCheck, Kind, Observed


def wanted(seen: Observed, host: str, kind: Kind) -> int:
    """How many daemons of a kind belong on a host."""
    spec = seen.spec
    if kind == "jobmanager":
        return int(host == spec.master.name or any(one.name == host for one in spec.standby))
    return seen.desired.nodes[host].taskmanagers if spec.is_worker(host) else 0


def daemons(seen: Observed) -> Iterator[Finding]:
    for host, facts in seen.hosts():
        if facts.daemons is None:
            continue
        for kind in KINDS:
            running = seen.running(host.name, kind)
            due = wanted(seen, host.name, kind)
            if len(running) > due and kind == "jobmanager" and not due:
                yield _elsewhere(seen, host.name, running)
            elif len(running) > due:
                yield _too_many(seen, host.name, kind, running, due)
            elif len(running) < due and seen.spec.start.flink:
                yield _too_few(seen, host.name, kind, running, due)
            elif any(is_stale(facts, one, seen.spec.flink.home, seen.line) for one in running):
                yield _stale(seen, host.name, kind, running)


def _told(host: str, running: tuple[DaemonFacts, ...]) -> tuple[str, ...]:
    return tuple(f"{host}: process {one.pid}: {one.kind}, user {one.user}" for one in running)


def _too_few(seen: Observed, host: str, kind: Kind, running: tuple[DaemonFacts, ...], due: int) -> Finding:
    log = seen.value(host, seen.line.keys.log_dir) or f"{seen.spec.flink.home}/log"
    name = DAEMONS[kind]
    return Finding(
        f"{kind}-down",
        "error",
        (host,),
        f"No {name} runs" if due == 1 else f"{len(running)} of {due} {name}s run",
        f"{len(running)} running",
        f"{due} running",
        "Without it no job runs."
        if kind == "jobmanager"
        else "Its slots are missing: jobs wait for them or fail.",
        (
            *_told(host, running),
            f"{host}: no process of {seen.spec.flink.home}" if not running else f"{host}: logs in {log}",
        ),
        Fix("safe", f"Start the {name}", (), f"start-{kind}"),
    )


def _too_many(seen: Observed, host: str, kind: Kind, running: tuple[DaemonFacts, ...], due: int) -> Finding:
    name = DAEMONS[kind]
    return Finding(
        "duplicate-daemons",
        "error",
        (host,),
        f"{len(running)} {name}s run instead of {due}",
        f"processes {', '.join(str(one.pid) for one in running)}",
        f"{due} running",
        "They share memory and ports, and the stop script ends only the one whose process id it kept.",
        _told(host, running),
        Fix("asks", f"End them all, and start {due}" if due else "End them", (), f"end-{kind}s"),
    )


def _elsewhere(seen: Observed, host: str, running: tuple[DaemonFacts, ...]) -> Finding:
    return Finding(
        "jm-on-wrong-host",
        "error",
        (host,),
        f"A JobManager runs on {host}, which is not the master",
        f"process {running[0].pid} on {host}",
        f"one JobManager, on {seen.master.name}",
        f"The TaskManagers look for it on {seen.master.name}: somebody ran the start script on another host.",
        _told(host, running),
        Fix("asks", f"End it here, and start one on {seen.master.name}", (), "end-jobmanagers"),
    )


def _stale(seen: Observed, host: str, kind: Kind, running: tuple[DaemonFacts, ...]) -> Finding:
    file, _ = seen.file(host)
    return Finding(
        "restart-pending",
        "warning",
        (host,),
        f"The {DAEMONS[kind]} on {host} is older than its configuration",
        "started before the file was changed",
        "a daemon that has read the file as it is",
        "What was changed has no effect until the daemon starts anew.",
        (*_told(host, running), f"{host}: {file.path if file else ''} was changed later"),
        Fix("asks", "Start it anew", (), f"start-{kind}"),
    )


def ports(seen: Observed) -> Iterator[Finding]:
    """A port of a daemon that is down, held by somebody else."""
    keys = seen.line.keys
    for host, facts in seen.hosts():
        for kind, names in (
            ("jobmanager", (keys.rpc_port, keys.web_port, keys.blob_port)),
            ("taskmanager", (keys.tm_rpc_port, keys.tm_data_port)),
        ):
            kind_: Kind = "jobmanager" if kind == "jobmanager" else "taskmanager"
            if not wanted(seen, host.name, kind_) or seen.running(host.name, kind_):
                continue
            for key in names:
                port = port_of(seen, host.name, key)
                holder = _holder(facts, port) if port else None
                if key is not None and holder is not None:
                    yield _taken(seen, host.name, key, holder, facts)


def port_of(seen: Observed, host: str, key: str | None) -> int | None:
    """The one port that a key names on this host, None for a range, 0, or what is no port."""
    if key is None:
        return None
    said = seen.value(host, key) or seen.spec.flink.config.get(key)
    if said is None:
        return default_of(key) or None
    return int(said) if said.strip().isdigit() and int(said) else None


def _holder(facts: HostFacts, port: int | None) -> ListenFacts | None:
    return next((one for one in facts.listening or () if one.port == port), None)


def _taken(seen: Observed, host: str, key: str, holder: ListenFacts, facts: HostFacts) -> Finding:
    other = next(
        (one for one in facts.daemons or () if holder.pid is not None and one.pid == holder.pid), None
    )
    who = holder.program or "a program of another user"
    if holder.pid is not None:
        who = f"{who} (process {holder.pid})"
    if other is not None:
        who = f"the {other.kind} of {other.home} (process {other.pid}, user {other.user})"
    return Finding(
        "port-in-use",
        "error",
        (host,),
        f"Port {holder.port} ({key}) is taken on {host}",
        f"{holder.address or '*'}:{holder.port} by {who}",
        f"a free port for {key}",
        "The daemon ends at once with “Could not start … on any port in port range”.",
        (f"{host}: {holder.address or '*'}:{holder.port} {who}",),
        manual(
            f"End that program, or set {key} to a free port in the answers; then flink-wizard check --fix",
            f"ss -ltnp | grep :{holder.port}",
        ),
    )


def listening(seen: Observed) -> Iterator[Finding]:
    """A JobManager that listens on its own machine alone, whatever its configuration says now."""
    if not seen.several:
        return
    for host, facts in seen.hosts():
        pids = {one.pid for one in seen.running(host.name, "jobmanager")}
        port = port_of(seen, host.name, seen.line.keys.rpc_port)
        own = [one for one in facts.listening or () if one.pid in pids and one.port == port]
        if own and all(is_loopback(one.address) for one in own) and not _said(seen, host.name):
            yield Finding(
                "bind-host-localhost",
                "error",
                (host.name,),
                f"The JobManager listens on {own[0].address} alone",
                f"{own[0].address}:{port}",
                f"an address that the other hosts reach, port {port}",
                "No other host gets an answer from it.",
                (f"{host.name}: LISTEN {own[0].address}:{port}, process {own[0].pid}",),
                Fix("asks", "Start it anew", (), "end-jobmanagers")
                if seen.line.keys.jm_bind_host
                else manual(f"See which address {seen.master.address} has on {host.name} itself"),
            )


def _said(seen: Observed, host: str) -> bool:
    """Whether the configuration says so too: then that check has spoken."""
    return is_loopback(seen.value(host, seen.line.keys.jm_bind_host))


PROCESSES = (
    ClusterCheck("ports", {"port-in-use": "another program holds a port of a daemon that is down"}, ports),
    ClusterCheck(
        "daemons",
        {
            "jobmanager-down": "no JobManager runs on the master or on a standby",
            "taskmanager-down": "a TaskManager is missing on a worker",
            "duplicate-daemons": "more daemons than are wanted",
            "jm-on-wrong-host": "a JobManager runs on a host that is neither the master nor a standby",
            "restart-pending": "a daemon is older than its configuration",
        },
        daemons,
    ),
    ClusterCheck(
        "listening", {"bind-host-localhost": "a daemon listens on its own machine alone"}, listening
    ),
)
