"""Ports between the nodes as the nodes themselves see them: open, refused, or swallowed by a firewall.

Knows which daemon listens where and what each other node got for an answer. It must not know who registered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validators.check import manual
from validators.values import is_loopback
from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.words import DAEMONS

from .observed import ClusterCheck, Observed
from .processes import port_of

_SAID = {
    "timeout": "no answer",
    "unreachable": "rejected, or no route",
    "refused": "refused",
    "unresolved": "the name has no address",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A port that others must be able to open. `pid` is the daemon that listens there, None where it is not known."""

    host: str
    address: str
    port: int
    what: str
    id: str


def targets(seen: Observed) -> Iterator[Target]:
    """The ports of the running daemons: as their sockets tell for the JobManager and HDFS, as REST tells for the rest."""
    spec = seen.spec
    for master in spec.jobmanagers:
        pids = {one.pid: "JobManager" for one in seen.running(master.name, "jobmanager")}
        if not pids:
            continue
        keys = seen.line.keys
        names = {
            port_of(seen, master.name, keys.rpc_port): "RPC",
            port_of(seen, master.name, keys.web_port): "REST",
        }
        found = {
            one.port
            for one in seen.facts[master.name].listening or ()
            # Where processes cannot be seen, the ports that are configured are taken for its own.
            if not is_loopback(one.address) and (one.pid in pids or (one.pid is None and one.port in names))
        }
        for port in sorted(found):
            what = f"JobManager ({names.get(port, 'blob or metrics')})"
            yield Target(master.name, master.address, port, what, "firewall-jm-port")
    for one in seen.registered:
        worker = seen.worker_of(one)
        if is_loopback(one.host) or not worker or not seen.running(worker, "taskmanager"):
            continue
        own = seen.facts[worker].listening
        heard = {each.port for each in own or () if not is_loopback(each.address)}
        for port, what in ((one.data_port, "TaskManager (data)"), (one.rpc_port, "TaskManager (RPC)")):
            if port > 0 and (own is None or port in heard):
                yield Target(worker, one.host, port, what, "firewall-tm-ports")
    for host in spec.hosts:
        facts = seen.facts[host.name]
        hadoop = {
            one.pid: DAEMONS[one.kind] for one in facts.daemons or () if one.kind in {"namenode", "datanode"}
        }
        for one in facts.listening or ():
            if one.pid in hadoop and not is_loopback(one.address):
                yield Target(host.name, host.address, one.port, hadoop[one.pid], "firewall-hdfs-ports")


def closed(seen: Observed) -> Iterator[Finding]:
    """A port that listens on its own host and that another host cannot open: something between them forbids it."""
    by: dict[tuple[str, str], list[tuple[Target, str, str]]] = {}
    for target in targets(seen):
        for host, facts in seen.hosts():
            state = facts.tcp.get((target.address, target.port))
            if host.name == target.host or state in (None, "open", "unresolved"):
                continue
            if not _meant(facts, target.address, seen.facts[target.host]):
                continue  # The name leads elsewhere: the check of names has spoken.
            by.setdefault((target.id, target.host), []).append((target, host.name, state or ""))
    for (id, host), shut in by.items():
        what = tuple(dict.fromkeys(f"{one.what} {one.port}" for one, _, _ in shut))
        sides = tuple(dict.fromkeys(name for _, name, _ in shut))
        lines = tuple(
            f"{name} → {one.address}:{one.port} ({one.what}): {state}, {_SAID[state]}"
            for one, name, state in shut
        )
        yield Finding(
            id,
            "error",
            (host,),
            f"{', '.join(what[:3])} of {host} cannot be reached from {', '.join(sides[:4])}",
            lines[0],
            "open to every node of the cluster",
            "The daemon listens there, so a firewall or a route is between. "
            + (
                "TaskManagers register all the same, and jobs hang without an error."
                if id == "firewall-tm-ports"
                else "TaskManagers cannot register."
                if id == "firewall-jm-port"
                else "Files cannot be read or written from there."
            ),
            lines[:12],
            _opened(seen, host, seen.facts[host], tuple(dict.fromkeys(one.port for one, _, _ in shut))),
        )


def _meant(source: HostFacts, name: str, target: HostFacts) -> bool:
    """Whether a name is the target's own address for the source, as far as both were read."""
    answer, own = source.names.get(name), target.addresses
    return answer is None or not own or bool(set(answer) & set(own))


def _opened(seen: Observed, host: str, facts: HostFacts, ports: tuple[int, ...]) -> Fix:
    """How these ports are opened with the firewall that is there. It is never switched off."""
    tools = facts.tools or frozenset[str]()
    others = tuple(
        address for one, other in seen.hosts() if one.name != host for address in (other.addresses or ())[:1]
    )
    if "firewall-cmd" in tools:
        words = " ".join(f"--add-port={port}/tcp" for port in ports)
        commands = (f"sudo firewall-cmd --permanent {words}", "sudo firewall-cmd --reload")
    elif "ufw" in tools:
        commands = tuple(
            f"sudo ufw allow proto tcp from {address} to any port {','.join(map(str, ports))}"
            for address in others
        )
    else:
        commands = ("sudo nft list ruleset",)
    return manual(
        f"Open these ports on {host} to the other nodes; in a cloud, in its security group. "
        "Ports of TaskManagers change with every start unless taskmanager.rpc.port, taskmanager.data.port and "
        "blob.server.port name them.",
        *commands,
    )


def matrix(seen: Observed) -> Mapping[str, tuple[tuple[str, int], ...]]:
    """What each node shall try to open: every target of another node."""
    found = tuple(targets(seen))
    return {
        host.name: tuple(dict.fromkeys((one.address, one.port) for one in found if one.host != host.name))
        for host, _ in seen.hosts()
    }


NETWORK = ClusterCheck(
    "network",
    {
        "firewall-jm-port": "a port of the JobManager cannot be reached from a node",
        "firewall-tm-ports": "a port of a TaskManager cannot be reached from a node",
        "firewall-hdfs-ports": "a port of HDFS cannot be reached from a node",
    },
    closed,
)
