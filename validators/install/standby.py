"""What standby JobManagers need of the hosts: a storage directory that can be written, and a ZooKeeper.

Judges what is there before anything is changed. Whether the directory is shared is seen only when it is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, Needs, manual, reached, refused
from wizard import availability
from wizard.facts import ClusterFacts
from wizard.findings import Finding
from wizard.flink.catalogue import line_of
from wizard.needs import Daemons, Home, Listening, Paths, Quorum
from wizard.operations.storage import MarkStorage, Storage
from wizard.operations.zookeeper import QuorumServes
from wizard.spec import ClusterSpec


def _storage_needs(spec: ClusterSpec) -> Needs:
    place = availability.storage_path(spec)
    return dict.fromkeys((host.name for host in spec.jobmanagers), (Paths((place,)),)) if place else {}


def storage(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    place = availability.storage_path(spec)
    if place is None:
        return
    names = tuple(host.name for host in spec.jobmanagers)
    for name in names:
        if facts[name].reached and place in facts[name].paths:
            yield from refused(
                "storage-unwritable",
                MarkStorage(name, Storage(place, names, "", "")),
                facts,
                "a directory that the user who runs Flink may write",
                "A JobManager that cannot write there ends at its start.",
            )


def _port_needs(spec: ClusterSpec) -> Needs:
    own = (Listening(), Daemons(), Home(spec.flink.home, spec.conf_dir))
    return dict.fromkeys(spec.ha.nodes, own) if spec.ha else {}


def ports(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    nodes = spec.ha.nodes if spec.ha else ()
    for host, seen in reached(spec, facts):
        ours = {daemon.pid for daemon in seen.daemons_of("zookeeper", spec.flink.home, spec.conf_dir)}
        for listener in seen.listening or () if host.name in nodes else ():
            wanted = (availability.CLIENT_PORT, *availability.PEER_PORTS)
            if listener.port not in wanted or listener.pid in ours or (listener.pid is None and ours):
                continue
            who = f"{listener.program or 'a program of another user'}" + (
                f" (process {listener.pid})" if listener.pid is not None else ""
            )
            yield Finding(
                "zookeeper-port-taken",
                "error",
                (host.name,),
                f"Port {listener.port}, which ZooKeeper needs, is taken on {host.name}",
                f"{listener.address or '*'}:{listener.port} by {who}",
                "nobody listens there",
                "Flink's own ZooKeeper would end at once.",
                fix=manual(
                    f"End that program. If it is a ZooKeeper to be used, write {host.name}:{availability.CLIENT_PORT}"
                    " under ha.zookeeper",
                    f"ss -ltnp | grep :{listener.port}",
                ),
            )


def _quorum(spec: ClusterSpec) -> Quorum | None:
    """The servers that are there already."""
    return Quorum(availability.servers(spec)) if spec.ha and spec.ha.zookeeper else None


def _quorum_needs(spec: ClusterSpec) -> Needs:
    quorum = _quorum(spec)
    return dict.fromkeys((host.name for host in spec.jobmanagers), (quorum,)) if quorum else {}


def servers(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    quorum = _quorum(spec)
    for host in spec.jobmanagers if quorum else ():
        seen = facts[host.name]
        if quorum is None or not seen.reached or not set(quorum.servers) <= set(seen.zookeeper):
            continue
        proof = QuorumServes(host.name, quorum, line_of(spec.flink.version), spec.flink.home)
        verdict = proof.judge(facts)
        if not verdict.good:
            yield Finding(
                "zookeeper-unreachable",
                "error",
                (host.name,),
                f"No ZooKeeper serves {host.name}",
                verdict.observed,
                verdict.wanted,
                "A JobManager waits for ZooKeeper without end.",
                tuple(verdict.evidence.splitlines()),
                manual(verdict.action),
            )


STANDBY = (
    Check("storage-unwritable", _storage_needs, storage),
    Check("zookeeper-port-taken", _port_needs, ports),
    Check("zookeeper-unreachable", _quorum_needs, servers),
)
