"""What high availability adds to a cluster: keys of each node's configuration, zoo.cfg, and where ZooKeeper holds what.

Pure: spec and line in, values out. It must not know facts, nor how a file is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from .flink.catalogue import default_of
from .flink.line import HaSpec, Line
from .needs import Quorum, host_and_port
from .spec import ClusterSpec, HostSpec

CLIENT_PORT = 2181
PEER_PORTS = (2888, 3888)
"""Between ZooKeeper servers: for following and for electing."""

HEAP_KEY, HEAP_MIB = "zookeeper.heap.mb", 256
"""Flink's ZooKeeper holds a few addresses; without a bound its JVM may grow to a quarter of the machine (0.10 to 2.3)."""

ROOT = "/flink"
"""Where Flink keeps everything in ZooKeeper, unless told otherwise (0.10 to 2.3)."""


def keys_of(spec: ClusterSpec, line: Line) -> HaSpec | None:
    """The line's keys where this cluster is highly available, else None."""
    return line.ha if spec.ha is not None else None


def cluster_id(spec: ClusterSpec) -> str:
    """A name of this cluster in ZooKeeper that another cluster of the same name, with another master, does not have."""
    return f"/{spec.cluster}-{hashlib.sha256(spec.master.name.encode()).hexdigest()[:8]}"


def servers(spec: ClusterSpec) -> tuple[tuple[str, int], ...]:
    """(address, port) of every ZooKeeper server."""
    if spec.ha is None:
        return ()
    own = tuple((spec.host(name).address, CLIENT_PORT) for name in spec.ha.nodes)
    return own + tuple(_server(text) for text in spec.ha.zookeeper)


def with_recorded_nodes(spec: ClusterSpec, line: Line, recorded: Mapping[str, str]) -> ClusterSpec:
    """Where no answer names ZooKeeper's nodes, those of the configuration stay: a host more must not move them."""
    keys = keys_of(spec, line)
    if keys is None or spec.ha is None or not spec.ha.suggested:
        return spec
    names = {host_and_port(host.address, CLIENT_PORT): host.name for host in spec.hosts}
    written = [text.strip() for text in recorded.get(keys.quorum, "").split(",")]
    if not all(text in names for text in written):
        return spec
    return replace(spec, ha=replace(spec.ha, nodes=tuple(names[text] for text in written)))


def storage_url(spec: ClusterSpec) -> str:
    """The storage directory as Flink reads it: a plain path must not become one of another default file system."""
    place = spec.ha.storage_dir if spec.ha else ""
    return place if "://" in place else f"file://{place}"


def storage_path(spec: ClusterSpec) -> str | None:
    """The storage directory as a path on the hosts; None where it lies in another file system."""
    if spec.ha is None:
        return None
    place = spec.ha.storage_dir.removeprefix("file://")
    return None if "://" in place else place


def config(
    spec: ClusterSpec, line: Line, host: HostSpec, recorded: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """The keys of high availability for one node.

    `recorded` is what the master's configuration says today, `own` this node's: a cluster keeps the name under which its
    jobs are found, and an operator's ports stay.
    """
    keys = keys_of(spec, line)
    if keys is None:
        return {}
    made = {
        keys.mode: "zookeeper",
        keys.quorum: ",".join(host_and_port(address, port) for address, port in servers(spec)),
        keys.storage: storage_url(spec),
    }
    if keys.cluster_id:
        made[keys.cluster_id] = recorded.get(keys.cluster_id) or cluster_id(spec)
    else:
        made[keys.root] = recorded.get(keys.root) or f"{ROOT}{cluster_id(spec)}"
        # Up to 1.1 a standby finds running jobs only where checkpoints are kept in a file system.
        backend, directory = line.keys.state_backend, line.keys.checkpoint_dir
        made[backend] = own.get(backend) or "filesystem"
        made[directory] = own.get(directory) or f"{storage_url(spec)}/checkpoints"
    if keys.rpc_port:
        rpc = spec.flink.config.get(line.keys.rpc_port) or str(default_of(line.keys.rpc_port) or 6123)
        made[keys.rpc_port] = own.get(keys.rpc_port) or rpc
    if spec.ha and host.name in spec.ha.nodes:
        made[HEAP_KEY] = own.get(HEAP_KEY) or str(HEAP_MIB)
    if host in spec.jobmanagers:
        made[line.keys.rpc_address] = host.address
        if line.keys.rest_address:
            made[line.keys.rest_address] = host.address
    return made


def data_dir(spec: ClusterSpec, host: HostSpec) -> str:
    """Where ZooKeeper keeps its data on this node: its own also where home directories are shared, and not below /tmp."""
    home = "/root" if spec.user == "root" else f"/home/{spec.user}"
    return f"{home}/.flink-wizard/{spec.cluster}/zookeeper-{host.name}"


def zoo_settings(spec: ClusterSpec, host: HostSpec) -> tuple[tuple[str, str], ...]:
    """What zoo.cfg of this node must say; the servers have their ids by their order."""
    nodes = spec.ha.nodes if spec.ha else ()
    peers = ":".join(str(port) for port in PEER_PORTS)
    return (
        ("dataDir", data_dir(spec, host)),
        ("clientPort", str(CLIENT_PORT)),
        *((f"server.{number}", f"{spec.host(name).address}:{peers}") for number, name in enumerate(nodes, 1)),
    )


def quorum(spec: ClusterSpec, line: Line, values: Mapping[str, str]) -> Quorum | None:
    """What to ask ZooKeeper: whether it serves, and where the leader's address stands in this configuration."""
    keys = keys_of(spec, line)
    if keys is None:
        return None
    root = values.get(keys.root) or ROOT
    name = (values.get(keys.cluster_id) or "/default") if keys.cluster_id else ""
    base = "/".join(part.strip("/") for part in (root, name) if part.strip("/"))
    return Quorum(servers(spec), tuple(f"/{base}/{path}" for path in keys.leader))


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
