"""The ports that Flink will listen on: free, distinct, and not those of another cluster.

Knows the line's port keys and defaults. It must not know how ports are probed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from validators.check import Check, Needs, manual, nothing, reached
from wizard.facts import ClusterFacts, DaemonFacts, HostFacts
from wizard.findings import Finding
from wizard.flink.catalogue import default_of, line_of
from wizard.needs import Daemons, Home, Listening
from wizard.servicefacts import ListenFacts
from wizard.spec import ClusterSpec, HostSpec


def _port(spec: ClusterSpec, key: str) -> int | None:
    """The one port that a key names, None for 0, a range, a list, or what is no port."""
    said = spec.flink.config.get(key)
    port = int(said) if said is not None and said.strip().isdigit() else None if said else default_of(key)
    return port if port else None


def _master_ports(spec: ClusterSpec) -> Mapping[str, int]:
    keys = line_of(spec.flink.version).keys
    wanted = (keys.rpc_port, keys.web_port, keys.blob_port)
    return {key: port for key in wanted if key is not None and (port := _port(spec, key)) is not None}


def _worker_ports(spec: ClusterSpec) -> Mapping[str, int]:
    keys = line_of(spec.flink.version).keys
    wanted = (keys.tm_rpc_port, keys.tm_data_port)
    return {key: port for key in wanted if (port := _port(spec, key)) is not None}


def equal_ports(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    del facts
    ports = list(_master_ports(spec).items())
    for index, (key, port) in enumerate(ports):
        for other, same in ports[:index]:
            if same == port:
                yield Finding(
                    "ports-equal",
                    "error",
                    (spec.master.name,),
                    f"{other} and {key} are both {port}",
                    f"{other} = {key} = {port}",
                    "two different ports",
                    "The JobManager could open only one of them and would end.",
                    fix=manual("Change one of them under flink.config in the answers"),
                )
    fixed = _worker_ports(spec)
    several = tuple(worker.name for worker in spec.workers if (worker.taskmanagers or 1) > 1)
    if fixed and several:
        key, port = next(iter(fixed.items()))
        yield Finding(
            "ports-equal",
            "error",
            several,
            "Several TaskManagers of one host would want the same port",
            f"{key} = {port}",
            f"{key}: 0, or one TaskManager a host",
            "Only the first of them would start.",
            fix=manual(f"Take {key} out of flink.config, or make it a range"),
        )


def taken_ports(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        wanted: list[tuple[str, int, str]] = []
        if host.name == spec.master.name or host in spec.standby:
            wanted += [(key, port, "jobmanager") for key, port in _master_ports(spec).items()]
        if spec.is_worker(host.name):
            wanted += [(key, port, "taskmanager") for key, port in _worker_ports(spec).items()]
        for key, port, kind in wanted:
            for listener in seen.listening or ():
                if listener.port == port and not _ours(listener, kind, seen, spec):
                    yield _taken(host, key, listener, seen)
                    break


def _ours(listener: ListenFacts, kind: str, seen: HostFacts, spec: ClusterSpec) -> bool:
    """Whether our own daemon listens there. A listener without a process is taken for ours when ours runs."""
    own = [daemon for daemon in seen.daemons or () if daemon.kind == kind and _same_home(daemon, seen, spec)]
    if listener.pid is None:
        return bool(own)
    return any(daemon.pid == listener.pid for daemon in own)


def _same_home(daemon: DaemonFacts, seen: HostFacts, spec: ClusterSpec) -> bool:
    """A home that is reached through a link goes by its real name on the daemon's command line."""
    return not daemon.home or seen.runs_from(daemon, spec.flink.home, spec.conf_dir)


def _taken(host: HostSpec, key: str, listener: ListenFacts, seen: HostFacts) -> Finding:
    other = next((d for d in seen.daemons or () if d.pid == listener.pid and listener.pid is not None), None)
    who = listener.program or "a program of another user"
    if listener.pid is not None:
        who = f"{who} (process {listener.pid})"
    if other is not None:
        who = f"the {other.kind} of {other.home} (process {other.pid}, user {other.user})"
    return Finding(
        "other-cluster-on-port" if other is not None else "port-taken",
        "error",
        (host.name,),
        f"Port {listener.port} ({key}) is taken on {host.name}",
        f"{listener.address or '*'}:{listener.port} by {who}",
        "nobody listens there",
        "The daemon would end at once with “Address already in use”.",
        fix=manual(
            f"Set {key} under flink.config to a free port, or end that program",
            f"ss -ltnp | grep :{listener.port}",
        ),
    )


def other_flink(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Another Flink on these hosts that takes memory, and that Flink's own stop scripts may confuse with
    ours.
    """
    for host, seen in reached(spec, facts):
        for daemon in seen.daemons or ():
            if daemon.kind in ("jobmanager", "taskmanager") and not _same_home(daemon, seen, spec):
                yield Finding(
                    "other-flink-running",
                    "warning",
                    (host.name,),
                    f"Another Flink runs here, from {daemon.home}",
                    f"{daemon.kind} of {daemon.home}, user {daemon.user}",
                    "one Flink a host, or memory for both",
                    "Both take memory, and with one user they share process-id files below /tmp.",
                    (f"{host.name}: process {daemon.pid}: {daemon.kind}",),
                    manual("Stop it if it is not wanted", f"{daemon.home}/bin/stop-cluster.sh"),
                )


def _needs(spec: ClusterSpec) -> Needs:
    return dict.fromkeys(spec.names, (Listening(), Daemons(), Home(spec.flink.home, spec.conf_dir)))


PORTS = (
    Check("ports-equal", nothing, equal_ports),
    Check("port-taken", _needs, taken_ports),
    Check("other-flink-running", _needs, other_flink),
)
