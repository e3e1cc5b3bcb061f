"""What the configurations say of addresses, of the workers, and whether they say the same on every node.

Knows which keys belong to the cluster and which to a host. It must not know whether a daemon runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from validators.check import manual
from validators.values import is_loopback
from wizard.findings import Finding, Fix
from wizard.flink.catalogue import default_of
from wizard.flink.keys import is_secret
from wizard.operations.configure import listed
from wizard.operations.profile import LOGIN_FILES

from .observed import ClusterCheck, Observed, known_as, quoted


def addresses(seen: Observed) -> Iterator[Finding]:
    """Loopback where other hosts must come in: shipped configurations have it in four places."""
    if not seen.several:
        return
    keys = seen.line.keys
    for host, _ in seen.hosts():
        if seen.config(host.name) is None:
            continue
        here = host.name
        value = seen.value(here, keys.rpc_address)
        if is_loopback(value) or value is None:
            yield _loopback(
                seen, here, "jm-rpc-address-localhost", keys.rpc_address, value or "not set",
                seen.master.address, "safe",
                "The TaskManagers of this host look for the JobManager on their own machine.",
            )  # fmt: skip
        binds: list[tuple[str | None, bool]] = [
            (keys.jm_bind_host, host in seen.spec.jobmanagers),
            (keys.tm_bind_host, seen.spec.is_worker(here)),
        ]
        for key, counts in binds:
            bound = seen.value(here, key)
            if counts and key is not None and is_loopback(bound):
                yield _loopback(
                    seen, here, "bind-host-localhost", key, bound or "", "0.0.0.0", "safe",
                    "The daemon listens on its own machine alone: no other host gets an answer.",
                )  # fmt: skip
        told = seen.value(here, keys.tm_host)
        if seen.spec.is_worker(here) and is_loopback(told):
            yield _loopback(
                seen, here, "taskmanager-host-localhost", keys.tm_host, told or "", host.address, "safe",
                "The TaskManager registers and looks healthy, and no other TaskManager can connect to it.",
            )  # fmt: skip
        rest = seen.value(here, keys.rest_bind_address)
        decided = seen.spec.flink.config.get(keys.rest_bind_address or "")
        if host in seen.spec.jobmanagers and keys.rest_bind_address and is_loopback(rest) and decided != rest:
            yield _loopback(
                seen, here, "rest-bound-to-loopback", keys.rest_bind_address, rest or "", "0.0.0.0", "asks",
                "The web interface and bin/flink are refused from any other host. "
                "Whoever reaches this port can run code as Flink's user.",
            )  # fmt: skip


def _loopback(
    seen: Observed, host: str, id: str, key: str, value: str, wanted: str, grade: str, why: str
) -> Finding:
    return Finding(
        id,
        "error",
        (host,),
        f"{key} is {value}",
        f"{key}: {value}",
        wanted,
        why,
        (quoted(seen, host, key),),
        Fix(
            "asks" if grade == "asks" else "safe",
            f"Write {key}: {wanted}",
            (),
            "write-config",
            ((key, wanted),),
        ),
    )


def workers(seen: Observed) -> Iterator[Finding]:
    """The list from which the master's scripts start the workers; what stands in it on other hosts is not read."""
    lists, master = seen.line.lists, seen.master.name
    home = seen.home(master)
    if home is None or not home.conf:
        return
    wanted = seen.desired.worker_entries
    file = home.conf.get(lists.workers)
    path = file.path if file is not None else f"{home.conf_dir}/{lists.workers}"
    fix = Fix("safe", f"List the workers in conf/{lists.workers}", (), f"write-{lists.workers}")
    if file is None:
        stale = "slaves" if lists.workers == "workers" else "workers"
        yield Finding(
            "workers-file-wrong",
            "error",
            (master,),
            f"There is no conf/{lists.workers}",
            f"conf/{stale}, which this Flink does not read" if stale in home.conf else "no file",
            f"conf/{lists.workers} with {len(wanted)} lines",
            "The start script ends with “No workers file”, or starts on the master alone.",
            (f"{master}: {path}",),
            fix,
        )
        return
    if file.text is None:
        return
    known = _workers_known(seen)
    entries = [entry.rstrip("\r") for entry in listed(file.text)]
    names = Counter(known.get(entry, entry) for entry in entries)
    due = Counter(known.get(entry, entry) for entry in wanted)
    lost = [
        f"{master}: {path}: line {number}: {line.strip()}"
        for number, line in enumerate(file.text.splitlines(), start=1)
        if len(line.split("#", 1)[0].split()) > 1
    ]
    if names == due and not lost:
        return
    missing, extra = due - names, names - due
    said = [f"{name} is missing" for name in missing] + [f"{name} does not belong there" for name in extra]
    said += [f"{len(lost)} lines hold more than one host"] if lost and not said else []
    yield Finding(
        "workers-file-wrong",
        "error",
        (master,),
        f"conf/{lists.workers} does not list the workers of this cluster",
        "; ".join(said),
        ", ".join(dict.fromkeys(wanted)),
        "The scripts start and stop what stands there, the first word of each line, and nothing else.",
        (*lost, *(f"{master}: {path}: {' '.join(listed(file.text)) or 'no host at all'}",)),
        fix,
    )


def _workers_known(seen: Observed) -> Mapping[str, str]:
    """Every name that an entry may have → the address of the worker that it means; of several the first."""
    found: dict[str, str] = {}
    for worker in seen.spec.workers:
        local = seen.line.lists.local_names if worker.name == seen.master.name else ()
        for name in (*known_as(worker, seen.facts[worker.name]), *local):
            found.setdefault(name, worker.address)
    return found


def drift(seen: Observed) -> Iterator[Finding]:
    """Configurations that differ from what the answers say, or from the master's where they should not."""
    master = seen.config(seen.master.name)
    alike = _alike(seen)
    for host, _ in seen.hosts():
        config = seen.config(host.name)
        if config is None:
            continue
        wanted = _wanted(seen, host.name, master.values if master is not None else {}, alike)
        odd = {key: value for key, value in wanted.items() if config.values.get(key) != value}
        if not odd:
            continue
        shown = {key: "•••" if is_secret(key) else config.values.get(key, "not set") for key in odd}
        file, _ = seen.file(host.name)
        yield Finding(
            "conf-out-of-sync",
            "error",
            (host.name,),
            "The configuration is not what it should be",
            "; ".join(f"{key}: {shown[key]}" for key in odd),
            "; ".join(
                f"{key}: {'•••' if is_secret(key) else value if value is not None else 'not set'}"
                for key, value in odd.items()
            ),
            "Every daemon reads the file of its own host: an edit elsewhere has no effect on it.",
            tuple(quoted(seen, host.name, key) for key in odd)
            if file is not None
            else (f"{host.name}: no configuration",),
            Fix("asks", "Write these keys as they should be", (), "write-config", tuple(odd.items())),
        )


def _wanted(seen: Observed, host: str, master: Mapping[str, str], alike: Alike) -> dict[str, str | None]:
    """What this host should say, of the keys that are decided or belong to the whole cluster."""
    node = dict(seen.desired.nodes[host].config)
    keys, spec = seen.line.keys, seen.spec
    wanted: dict[str, str | None] = {key: node[key] for key in spec.flink.config if key in node}
    worker = next((one for one in spec.workers if one.name == host), None)
    if worker is not None and worker.slots is not None:
        wanted[keys.slots] = str(worker.slots)
    if worker is not None and worker.memory_mib is not None:
        wanted[seen.line.memory.taskmanager.key] = node[seen.line.memory.taskmanager.key]
    mine = seen.config(host)
    if mine is not None and worker is not None:
        told = mine.values.get(keys.tm_host)
        others = {name for one in spec.hosts if one.name != host for name in (one.name, one.address)}
        if keys.tm_host not in wanted and told in others - {worker.name, worker.address}:
            wanted[keys.tm_host] = worker.address
    if host == spec.master.name or mine is None:
        return wanted
    standby = any(one.name == host for one in spec.standby)
    for key in (keys.rpc_address, keys.rpc_port, keys.web_port):
        if standby and key == keys.rpc_address:
            continue  # A standby's address is its own.
        theirs, ours = master.get(key), mine.values.get(key)
        default = default_of(key)
        same = theirs == ours or {theirs, ours} == {None, str(default)}
        if (
            key not in wanted
            and not same
            and not is_loopback(theirs)
            and not is_loopback(ours)
            and ours is not None
        ):
            wanted[key] = theirs
    for key, value in _shared_by_workers(seen, host, alike).items():
        wanted.setdefault(key, value)
    return wanted


Alike = Mapping[tuple[object, ...], Counter[str]]
"""(what makes workers alike, key) → how many of them have which value."""


def _shared_by_workers(seen: Observed, host: str, alike: Alike) -> dict[str, str]:
    """Sizes that workers of equal hardware have in common, where most of them agree and this one does not."""
    mine = seen.config(host)
    if not seen.spec.is_worker(host) or mine is None:
        return {}
    found: dict[str, str] = {}
    for key in _sizes(seen):
        own = mine.values.get(key)
        others = Counter(alike.get((*_likeness(seen, host), key), {}))
        if own is not None:
            others[own] -= 1
        others = +others
        # One other worker proves nothing about which of the two is right.
        if len(others) == 1 and others.total() > 1 and own not in others:
            found[key] = next(iter(others))
    return found


def _alike(seen: Observed) -> Alike:
    found: dict[tuple[object, ...], Counter[str]] = {}
    for host, _ in seen.workers():
        for key in _sizes(seen):
            value = seen.value(host.name, key)
            if value is not None:
                found.setdefault((*_likeness(seen, host.name), key), Counter())[value] += 1
    return found


def _sizes(seen: Observed) -> tuple[str, ...]:
    """The keys that workers may have in common and that the answers do not decide."""
    keys = (seen.line.keys.slots, seen.line.memory.taskmanager.key)
    return tuple(key for key in keys if key not in seen.spec.flink.config)


def _likeness(seen: Observed, host: str) -> tuple[object, ...]:
    """What makes two workers alike: hardware, whether it is the master too, what is wished for it."""
    facts, worker = seen.facts[host], seen.spec.host(host)
    return (
        facts.cores,
        facts.memory_mib,
        host == seen.master.name,
        worker.taskmanagers,
        worker.slots,
        worker.memory_mib,
    )


def shared_state(seen: Observed) -> Iterator[Finding]:
    """Checkpoints in a directory of each host's own: after a failure they are on the wrong machine."""
    if len(seen.spec.workers) < 2:
        return
    key = seen.line.keys.checkpoint_dir
    value = seen.value(seen.master.name, key)
    if value is None or not value.startswith(("file:", "/")):
        return
    yield Finding(
        "checkpoint-dir-not-shared",
        "info",
        (seen.master.name,),
        "Checkpoints go to a directory of each host",
        f"{key}: {value}",
        "a directory that every host sees, such as one in HDFS",
        "A job that starts anew on another host does not find them, unless this directory is shared.",
        (quoted(seen, seen.master.name, key),),
        manual(f"Set {key} to a shared directory, unless {value} is one"),
    )


def hadoop(seen: Observed) -> Iterator[Finding]:
    """A Flink that is to use HDFS and has no Hadoop classes (1.8 and newer bring none)."""
    joined = seen.desired.joined
    if seen.line.number < (1, 8):
        return
    for host, facts in seen.hosts():
        config, home = seen.config(host.name), seen.home(host.name)
        if config is None or home is None or facts.login_environment is None:
            continue
        used = [key for key, value in config.values.items() if value.startswith("hdfs:")]
        inside = any(name.startswith(("flink-shaded-hadoop", "hadoop-")) for name in home.jars)
        if not (used or joined) or inside or facts.login_environment.get("HADOOP_CLASSPATH"):
            continue
        told = [
            f"{host.name}: {path}: {line}"
            for path in LOGIN_FILES
            if (file := facts.paths.get(path)) is not None
            for line in (file.text or "").splitlines()
            if "HADOOP_CLASSPATH" in line and not line.lstrip().startswith("#")
        ]
        if told:
            fix = manual(
                "The login profile asks Hadoop for it, and Hadoop gives none: it says why",
                "bash -l -c 'hadoop classpath'" if not joined or not joined.client else
                f"{joined.client}/bin/hadoop classpath",
            )  # fmt: skip
        elif joined is not None:
            title = "Set it in the login profile, and start Flink's daemons anew"
            fix = Fix("safe", title, (), "set-hadoop-classpath")
        else:
            fix = manual(
                f"Set it in the login profile of {host.name}, then restart",
                "export HADOOP_CLASSPATH=$(hadoop classpath)",
            )
        yield Finding(
            "flink-hadoop-classpath-missing",
            "error" if used else "warning",
            (host.name,),
            "Flink is to use HDFS, and has no Hadoop classes",
            "HADOOP_CLASSPATH is empty in a login shell",
            "HADOOP_CLASSPATH with Hadoop's jars, on every host",
            "A job fails with “Could not find a file system implementation for scheme 'hdfs'”.",
            (
                *(quoted(seen, host.name, key) for key in used),
                *(told or (f"{host.name}: bash -l: HADOOP_CLASSPATH is empty",)),
            ),
            fix,
        )


AGREEMENT = (
    ClusterCheck(
        "addresses",
        {
            "jm-rpc-address-localhost": "the JobManager's address is each host's own machine",
            "bind-host-localhost": "a daemon listens on its own machine alone",
            "taskmanager-host-localhost": "TaskManagers tell the others to find them at localhost",
            "rest-bound-to-loopback": "the web interface answers on the master alone",
        },
        addresses,
    ),
    ClusterCheck("workers", {"workers-file-wrong": "the list of workers is not right"}, workers),
    ClusterCheck(
        "agreement", {"conf-out-of-sync": "a host's configuration differs where it should not"}, drift
    ),
    ClusterCheck(
        "checkpoints",
        {"checkpoint-dir-not-shared": "checkpoints go to a directory of each host"},
        shared_state,
    ),
    ClusterCheck("hadoop", {"flink-hadoop-classpath-missing": "hdfs:// without Hadoop's classes"}, hadoop),
)
