"""High availability: ZooKeeper serves every node, one JobManager leads, and what a standby needs is one directory of all.

Knows the keys of high availability, ZooKeeper's answers and the storage directory. It must not know registration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from validators.check import manual
from wizard import availability
from wizard.findings import Finding, Fix
from wizard.operations.configure import listed
from wizard.spec import HostSpec
from wizard.words import ownership

from .observed import ClusterCheck, Observed, quoted

_MODES = ("high-availability.type", "high-availability", "recovery.mode")
"""Names of one setting in different lines (0.10 to 2.3)."""


def configuration(seen: Observed) -> Iterator[Finding]:
    """The keys of high availability, which must say the same on every node."""
    keys = seen.line.ha
    if keys is None:
        return
    if seen.spec.ha is None:
        yield from _unexpected(seen)
        return
    shared = tuple(key for key in (keys.mode, keys.quorum, keys.storage, keys.cluster_id or keys.root) if key)
    for host, _ in seen.hosts():
        config = seen.config(host.name)
        if config is None:
            continue
        node = dict(seen.desired.nodes[host.name].config)
        odd: dict[str, str | None] = {}
        for key in shared:
            said = config.values.get(key)
            if key == keys.mode and said is None:
                said = next((config.values[name] for name in _MODES if name in config.values), None)
            if key in node and _plain(key, said, keys.quorum) != _plain(key, node[key], keys.quorum):
                odd[key] = node[key]
        if odd:
            yield Finding(
                "ha-misconfigured",
                "error",
                (host.name,),
                "The keys of high availability are not what they should be",
                "; ".join(f"{key}: {config.values.get(key, 'not set')}" for key in odd),
                "; ".join(f"{key}: {value}" for key, value in odd.items()),
                "With another ZooKeeper, another id or none, this host belongs to a cluster of its own: "
                "its JobManager leads alone, its TaskManager finds no leader.",
                tuple(quoted(seen, host.name, key) for key in odd),
                Fix("asks", "Write these keys as they should be", (), "write-config", tuple(odd.items())),
            )


def _plain(key: str, value: str | None, quorum: str) -> str:
    """A value without what makes no difference: blanks, and the order of servers."""
    said = (value or "").strip()
    if key == quorum:
        return ",".join(sorted(part.strip() for part in said.split(",")))
    return said.rstrip("/").lower() if key in _MODES else said.rstrip("/")


def _unexpected(seen: Observed) -> Iterator[Finding]:
    """High availability in a configuration whose answers know none."""
    for host, _ in seen.hosts():
        config = seen.config(host.name)
        named = next((key for key in _MODES if config is not None and key in config.values), None)
        if config is None or named is None or config.values[named].lower() in {"none", "standalone", ""}:
            continue
        if named in seen.spec.flink.config:
            continue
        yield Finding(
            "ha-misconfigured",
            # As long as a JobManager answers it does no harm that anybody sees.
            "error" if seen.overview is None and host in seen.spec.jobmanagers else "warning",
            (host.name,),
            "High availability is on, and the answers say nothing of it",
            f"{named}: {config.values[named]}",
            "ha in the answers, or no such key",
            "The JobManager waits for ZooKeeper without end where that does not answer, and TaskManagers ask it for the leader.",
            (quoted(seen, host.name, named),),
            manual(f"Write ha in the answers, or take {named} out on every node and start Flink anew"),
        )


def masters(seen: Observed) -> Iterator[Finding]:
    """The list from which the scripts start JobManagers, each with its port."""
    name = seen.line.lists.masters
    home = seen.home(seen.master.name)
    if seen.spec.ha is None or name is None or home is None or not home.conf:
        return
    file = home.conf.get(name)
    if file is not None and file.text is None:
        return
    said = listed(file.text or "") if file is not None else ()
    wanted = seen.desired.master_entries
    if sorted(entry.rstrip("\r") for entry in said) == sorted(wanted):
        return
    path = file.path if file is not None else f"{home.conf_dir}/{name}"
    yield Finding(
        "masters-file-wrong",
        "error",
        (seen.master.name,),
        f"conf/{name} does not list the JobManagers of this cluster",
        ", ".join(said) or "no host at all",
        ", ".join(wanted),
        "The scripts start and stop a JobManager on the hosts that stand there; one without a port takes any.",
        (f"{seen.master.name}: {path}: {' '.join(said) or 'empty or missing'}",),
        Fix("safe", f"List the JobManagers in conf/{name}", (), f"write-{name}"),
    )


def zookeeper(seen: Observed) -> Iterator[Finding]:
    """Flink's own ZooKeeper runs where it belongs, and every node gets an answer from a server."""
    ha, quorum = seen.spec.ha, seen.desired.quorum
    if ha is None or quorum is None:
        return
    for name in ha.nodes:
        facts = seen.facts[name]
        if not facts.reached or facts.daemons is None or not seen.spec.start.flink:
            continue
        home, conf = seen.spec.flink.home, seen.spec.conf_dir
        if not facts.daemons_of("zookeeper", home, conf):
            yield Finding(
                "zookeeper-down",
                "error",
                (name,),
                "ZooKeeper does not run",
                "0 running",
                "1 running",
                "Without more than half of its servers nobody is chosen to lead, and TaskManagers find no JobManager.",
                (f"{name}: no ZooKeeper of {home}; logs in {seen.desired.log_dir}",),
                Fix("safe", "Start ZooKeeper", (), "start-zookeeper"),
            )
    deaf: dict[str, tuple[str, ...]] = {}
    for host, facts in seen.hosts():
        answers = {server: facts.zookeeper[server] for server in quorum.servers if server in facts.zookeeper}
        if answers and not any(one.serves for one in answers.values()):
            deaf[host.name] = tuple(
                f"{host.name} → {address}:{port}: {one.evidence or 'does not serve'}"
                for (address, port), one in answers.items()
            )
    if deaf:
        yield Finding(
            "zookeeper-unreachable",
            "error",
            tuple(deaf),
            "ZooKeeper does not answer",
            next(iter(deaf.values()))[0],
            "a ZooKeeper server that serves",
            "A JobManager waits for it without end, and a TaskManager finds no leader.",
            tuple(line for lines in deaf.values() for line in lines)[:12],
            manual(
                "Start it, open its port to these hosts, or correct ha.zookeeper in the answers",
                f"timeout 3 bash -c '</dev/tcp/{quorum.servers[0][0]}/{quorum.servers[0][1]}'; echo $?",
            ),
        )


def leadership(seen: Observed) -> Iterator[Finding]:
    """Exactly one JobManager leads, and it is one of this cluster."""
    found = seen.leading
    if found is None or not seen.spec.start.flink:
        return
    up = tuple(host.name for host in seen.spec.jobmanagers if seen.running(host.name, "jobmanager"))
    quorum = seen.desired.quorum
    where = f"ZooKeeper: {', '.join(quorum.paths) if quorum else ''}"
    if not found.address and up:
        yield Finding(
            "ha-no-leader",
            "error",
            up,
            "No JobManager leads",
            "nobody holds the leadership",
            f"one of {', '.join(host.name for host in seen.spec.jobmanagers)}",
            "Each waits to be chosen; meanwhile no job runs and no TaskManager is registered.",
            (f"{where}: nobody",),
            manual(
                f"Wait a minute and look again; then read the newest logs of the JobManagers in {seen.desired.log_dir}"
            ),
        )
    elif found.address and not found.host:
        yield Finding(
            "ha-misconfigured",
            "error",
            (seen.master.name,),
            f"{found.address} leads, which is no JobManager of this cluster",
            found.address,
            f"one of {', '.join(host.name for host in seen.spec.jobmanagers)}",
            "Another cluster has the same id in the same ZooKeeper: TaskManagers of both go to that one.",
            (f"{where}: {found.address}",),
            manual("Give this cluster an id of its own, or stop that JobManager"),
        )
    elif found.host and seen.facts[found.host].daemons is not None and found.host not in up:
        yield Finding(
            "ha-no-leader",
            "error",
            (found.host,),
            f"{found.host} led, and its JobManager has ended",
            f"{found.host} stands in ZooKeeper, and no JobManager runs there",
            "a leader that runs",
            "Another takes over when its session with ZooKeeper has ended, within a minute.",
            (f"{where}: {found.address}",),
            manual("Wait a minute and look again"),
        )


def storage(seen: Observed) -> Iterator[Finding]:
    """The directory that all JobManagers must share and write."""
    place = availability.storage_path(seen.spec)
    if place is None:
        return
    inodes: Mapping[str, str] = {}
    for host, facts in seen.hosts():
        if host not in seen.spec.jobmanagers:
            continue
        path = facts.paths.get(place)
        if path is None:
            continue
        if not path.writable or path.kind not in {"directory", "missing", "link"}:
            yield _unusable(host, place, path.owner, path.mode, path.exists)
        elif path.exists:
            inodes = {**inodes, host.name: path.inode.partition(":")[2]}
    if len(set(inodes.values())) > 1:
        yield Finding(
            "ha-storage-not-shared",
            "warning",
            tuple(inodes),
            f"{place} does not look like one directory of all JobManagers",
            ", ".join(f"{host}: inode {inode}" for host, inode in inodes.items()),
            "one directory, from a network file system",
            "A standby that takes over finds there what the other has left: jobs, jars and checkpoints.",
            tuple(f"{host}: {place}: inode {inode}" for host, inode in inodes.items()),
            manual(
                "Mount one network directory there on every JobManager's host, or name one as ha.storage_dir"
            ),
        )


def _unusable(host: HostSpec, place: str, owner: str, mode: int | None, exists: bool) -> Finding:
    return Finding(
        "ha-storage-unusable",
        "error",
        (host.name,),
        f"The JobManager may not write {place}",
        ownership(owner, mode) if exists else "it is missing and may not be made",
        "a directory that Flink's user may write",
        "A JobManager ends when it cannot keep there what another needs to take over.",
        (f"{host.name}: {place}: {ownership(owner, mode)}",),
        Fix("asks", "Give it to the user that runs Flink", (), "make-own", ((place, None),)),
    )


HA = (
    ClusterCheck(
        "ha configuration",
        {"ha-misconfigured": "the keys of high availability are not right, or not the same everywhere"},
        configuration,
    ),
    ClusterCheck("masters", {"masters-file-wrong": "the list of JobManagers is not right"}, masters),
    ClusterCheck(
        "ha storage",
        {
            "ha-storage-unusable": "a JobManager may not write the storage directory of high availability",
            "ha-storage-not-shared": "the storage directory is not one for all JobManagers",
        },
        storage,
    ),
    ClusterCheck(
        "zookeeper",
        {
            "zookeeper-down": "Flink's own ZooKeeper does not run on a node",
            "zookeeper-unreachable": "no ZooKeeper server answers a node",
        },
        zookeeper,
    ),
    ClusterCheck(
        "leadership",
        {
            "ha-no-leader": "no JobManager leads, or the one that led has ended",
            "ha-misconfigured": "the keys of high availability are not right, or not the same everywhere",
        },
        leadership,
    ),
)
