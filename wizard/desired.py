"""What the cluster shall be, with every value known: answers first, then what is recorded, then suggestions.

Pure: facts in, values out. It must not know operations or how facts are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from . import availability
from .facts import ClusterFacts, HostFacts
from .flink.catalogue import line_of, module_flag_list
from .flink.configfile import ConfigUnreadable, read_config
from .flink.java import module_flags
from .flink.line import Line
from .flink.shipped import is_shipped
from .flink.sizes import MIB
from .hadoop.catalogue import join_of
from .hdfs import Hdfs, Joined, joined, settle_hdfs
from .javachoice import JavaWish
from .needs import Need, Quorum, Rest
from .sizing import Disk, HostCapacity, Suggestion, Suggestions, suggest
from .spec import ClusterSpec, HostSpec

ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "taskmanager.memory.process.size": (
        "taskmanager.memory.flink.size",
        "taskmanager.memory.task.heap.size",
        "taskmanager.heap.size",
        "taskmanager.heap.mb",
    ),
    "jobmanager.memory.process.size": (
        "jobmanager.memory.flink.size",
        "jobmanager.memory.heap.size",
        "jobmanager.heap.size",
        "jobmanager.heap.mb",
    ),
}
"""A size that an operator gave in one of these other ways is not contradicted by a suggestion (Flink 1.10 to 2.3)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node's share: its whole wanted configuration, and how many TaskManagers with how many slots each."""

    host: HostSpec
    config: tuple[tuple[str, str], ...]
    taskmanagers: int
    slots: int
    java: JavaWish
    runs_jobmanager: bool


@dataclass(frozen=True, slots=True)
class Desired:
    """The cluster that a plan makes true. `suggestions` are those that were taken, for the record and the operator."""

    spec: ClusterSpec
    line: Line
    nodes: Mapping[str, Node]
    suggestions: tuple[Suggestion, ...]
    fresh: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = field(default=())
    client_flags: str = ""
    """JVM flags for bin/flink on the master, where no configuration key carries them to the client (Flink ≤ 1.9)."""
    hdfs: Hdfs | None = None
    """The HDFS that is made beside Flink."""
    joined: Joined | None = None
    """The HDFS that Flink is told of, made here or not."""

    @property
    def worker_entries(self) -> tuple[str, ...]:
        """The lines of conf/workers: a host stands there once for each of its TaskManagers."""
        return tuple(
            entry
            for worker in self.spec.workers
            for entry in (worker.address,) * self.nodes[worker.name].taskmanagers
        )

    @property
    def taskmanagers(self) -> int:
        return sum(node.taskmanagers for node in self.nodes.values())

    @property
    def slots(self) -> int:
        return sum(node.taskmanagers * node.slots for node in self.nodes.values())

    @property
    def master_entries(self) -> tuple[str, ...]:
        """The lines of conf/masters, each with its port: without one Flink would take a random port."""
        return tuple(f"{host.address}:{self.rest_of(host.name).port}" for host in self.spec.jobmanagers)

    @property
    def web_port(self) -> int:
        return self.rest.port

    @property
    def log_dir(self) -> str:
        """Where daemons log, on every node."""
        master = dict(self.nodes[self.spec.master.name].config)
        return master.get(self.line.keys.log_dir) or f"{self.spec.flink.home}/log"

    @property
    def rest(self) -> Rest:
        """What to ask the JobManager, from the master itself."""
        return self.rest_of(self.spec.master.name)

    def rest_of(self, host: str) -> Rest:
        """What to ask the JobManager of that host, from the host itself. A standby answers for the one that leads."""
        web = self.line.web
        port = _whole(dict(self.nodes[host].config).get(self.line.keys.web_port), 8081)
        paths = (web.overview, web.taskmanagers, web.jobs)
        return Rest(self.spec.host(host).address, port, paths, self.spec.ha is not None and web.redirects)

    @property
    def rests(self) -> tuple[tuple[str, Rest], ...]:
        """(host, what to ask there) of every JobManager, the master first."""
        return tuple((host.name, self.rest_of(host.name)) for host in self.spec.jobmanagers)

    @property
    def asked(self) -> Mapping[str, tuple[Need, ...]]:
        """What to ask each JobManager's host to know how the cluster is."""
        more = (self.quorum,) if self.quorum else ()
        return {host: (rest, *more) for host, rest in self.rests}

    @property
    def quorum(self) -> Quorum | None:
        """What to ask ZooKeeper, None without high availability."""
        return availability.quorum(self.spec, self.line, dict(self.nodes[self.spec.master.name].config))


def settle(spec: ClusterSpec, facts: ClusterFacts) -> Desired:
    """Fill in what the answers leave open: with what is recorded, else with a suggestion.

    Raises:
        UnknownVersion: there is no such Flink.
        UnknownHadoop: there is no such Hadoop.
    """
    line = line_of(spec.flink.version)
    of_cluster = _recorded(spec, line, facts[spec.master.name])
    spec = availability.with_recorded_nodes(spec, line, of_cluster)
    hdfs = settle_hdfs(spec, facts)
    told = joined(spec, facts, hdfs)
    seen = [host for host in spec.hosts if facts[host.name].memory_mib and facts[host.name].cores]
    suggestions = suggest(line, [capacity_of(spec, host, facts[host.name]) for host in seen])
    taken: list[Suggestion] = []
    nodes = {
        host.name: _node(spec, line, host, facts[host.name], suggestions, taken, of_cluster, told)
        for host in spec.hosts
    }
    nodes = _with_one_parallelism(spec, line, of_cluster, nodes, taken)
    fresh: list[tuple[str, str]] = []
    if line.java.flags_shipped:
        fresh.append((line.java.opts_key, " ".join(module_flag_list(line.java.flags_shipped))))
    return Desired(
        spec,
        line,
        MappingProxyType(nodes),
        tuple(taken),
        tuple(fresh),
        tuple(suggestions.warnings),
        _client_flags(line, nodes[spec.master.name].java, facts[spec.master.name]),
        hdfs,
        told,
    )


def _with_one_parallelism(
    spec: ClusterSpec,
    line: Line,
    of_cluster: Mapping[str, str],
    nodes: Mapping[str, Node],
    taken: list[Suggestion],
) -> dict[str, Node]:
    """The default parallelism belongs to the cluster: what the master's record says, else all slots as settled.

    A job with more than there are would wait for slots; a worker more or less leaves the recorded value alone.
    """
    key = line.keys.parallelism
    if key in spec.flink.config:
        return dict(nodes)
    recorded = of_cluster.get(key)
    slots = sum(node.taskmanagers * node.slots for node in nodes.values())
    value = recorded or str(slots)
    taken[:] = [
        replace(
            one,
            value=value,
            inputs={"slots": slots},
            bounds=f"1 to {slots} (a job with more would wait for slots)",
        )
        if one.key == key
        else one
        for one in taken
        if one.key != key or recorded is None
    ]
    return {
        name: replace(node, config=tuple((each, value if each == key else old) for each, old in node.config))
        for name, node in nodes.items()
    }


def _client_flags(line: Line, wish: JavaWish, facts: HostFacts) -> str:
    choice = wish.choose(facts)
    flags = module_flags(line, choice.major or 0) if choice else None
    return " ".join(flags.client) if flags and not flags.client_key else ""


def _node(
    spec: ClusterSpec,
    line: Line,
    host: HostSpec,
    facts: HostFacts,
    suggestions: Suggestions,
    taken: list[Suggestion],
    of_cluster: Mapping[str, str],
    told: Joined | None,
) -> Node:
    worker = next((one for one in spec.workers if one.name == host.name), None)
    config = addresses(spec, line, host)
    recorded = _recorded(spec, line, facts)
    answers = dict(spec.flink.config)
    theirs = _is_theirs(spec, line, facts, recorded)
    if theirs:
        # What is wrong is put right; what their Flink finds by itself is not written down for it.
        config = {
            key: value for key, value in config.items() if key in recorded or key == line.keys.rpc_address
        }
    if line.keys.web_port in recorded:
        # Nothing is suggested here, but the proofs must ask where Flink really listens.
        config[line.keys.web_port] = recorded[line.keys.web_port]
    if worker is not None and worker.slots is not None:
        answers[line.keys.slots] = str(worker.slots)
    if worker is not None and worker.memory_mib is not None:
        answers[line.memory.taskmanager.key] = line.memory.taskmanager.text(worker.memory_mib)
    for suggestion in _suggested(spec, suggestions, host.name):
        key = suggestion.key
        if key in answers or any(
            other in answers or other in recorded for other in ALTERNATIVES.get(key, ())
        ):
            continue
        if theirs and key not in recorded and key not in ALTERNATIVES:
            continue
        if key in recorded:
            config[key] = recorded[key]
        else:
            config[key] = suggestion.value
            taken.append(suggestion)
    config |= availability.config(spec, line, host, of_cluster, recorded)
    if spec.local_dir and line.daemons.log_dir_settable:
        config[line.keys.log_dir] = f"{spec.local_dir}/log"
    if told is not None and told.conf_dir:
        config[join_of(spec.flink.version).conf_key] = told.conf_dir
    config |= answers
    count = 0
    if worker is not None:
        count = worker.taskmanagers or suggestions.taskmanagers.get(host.name, 1)
    wish = JavaWish.of(
        line.java,
        host.java_home or (worker.java_home if worker else None) or spec.java.wished,
        spec.java.allow_unsupported,
    )
    return Node(
        host,
        tuple(config.items()),
        count,
        _whole(config.get(line.keys.slots), 1),
        wish,
        host in spec.jobmanagers,
    )


def _suggested(spec: ClusterSpec, suggestions: Suggestions, host: str) -> Iterator[Suggestion]:
    """What is suggested for this host; one that was not seen is taken to be like the first worker that was."""
    like = host
    if host not in suggestions.taskmanagers and any(worker.name == host for worker in spec.workers):
        like = next((name for name in suggestions.taskmanagers if name != spec.master.name), host)
    return (one for one in suggestions.values if one.host in (None, like))


def _whole(text: str | None, default: int) -> int:
    """A whole number; the default for what is none: a wrong value is for the checks to tell."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else default


def addresses(spec: ClusterSpec, line: Line, host: HostSpec) -> dict[str, str]:
    """The keys that name addresses, for one node. A cluster of one machine stays on its loopback."""
    keys, master = line.keys, spec.master.address
    alone = all(one.local for one in spec.hosts) and master in {"localhost", "127.0.0.1"}
    config = {keys.rpc_address: master}
    everywhere = "localhost" if alone else "0.0.0.0"
    for key in (keys.jm_bind_host, keys.tm_bind_host):
        if key and line.shipped_localhost:
            config[key] = everywhere
    if keys.rest_address:
        config[keys.rest_address] = master
    if keys.rest_bind_address and (line.shipped_localhost or alone):
        config[keys.rest_bind_address] = everywhere
    config[keys.tm_host] = host.address
    return config


def capacity_of(
    spec: ClusterSpec, host: HostSpec, facts: HostFacts, taskmanagers: int | None = None
) -> HostCapacity:
    """What this host has and what runs on it, as sizing counts it; `taskmanagers` when their number is settled."""
    worker = next((one for one in spec.workers if one.name == host.name), None)
    return HostCapacity(
        name=host.name,
        memory_mib=facts.memory_mib or 0,
        cores=facts.cores or 0,
        disks=tuple(
            Disk(disk.mount, disk.free_mib * MIB, disk.total_mib * MIB, disk.fstype, disk.rotational)
            for disk in facts.disks or ()
            if not disk.read_only
        ),
        runs_jobmanager=host in spec.jobmanagers,
        runs_taskmanager=worker is not None,
        runs_zookeeper=spec.ha is not None and host.name in spec.ha.nodes,
        runs_namenode=spec.hdfs.mode == "new" and host.name == spec.hdfs.namenode,
        runs_datanode=spec.hdfs.mode == "new" and host.name in spec.hdfs.datanodes,
        taskmanagers=taskmanagers if taskmanagers is not None else worker.taskmanagers if worker else None,
    )


def _is_theirs(spec: ClusterSpec, line: Line, facts: HostFacts, recorded: Mapping[str, str]) -> bool:
    """Whether somebody else installed this Flink and has configured it: then what they left open was meant so."""
    home = facts.homes.get(spec.flink.home)
    return (
        home is not None
        and home.manifest is None
        and any(not is_shipped(line, key, value) for key, value in recorded.items())
    )


def _recorded(spec: ClusterSpec, line: Line, facts: HostFacts) -> Mapping[str, str]:
    """What this node's configuration says today, when somebody has written it: an earlier run, or an operator."""
    file, form = line.config.in_use(lambda name: facts.conf_file(spec.flink.home, name))
    home = facts.homes.get(spec.flink.home)
    if file is None or file.text is None or home is None or home.brought(file):
        return {}
    try:
        return read_config(file.text, form).values
    except ConfigUnreadable:
        return {}
