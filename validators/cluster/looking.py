"""What must be read of a cluster to judge it: everything at once, then what only the first reading could name.

Knows requests. It must not know what is made of the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.availability import storage_path
from wizard.desired import Desired
from wizard.facts import ClusterFacts
from wizard.flink.catalogue import default_of, line_of
from wizard.hdfs import hdfs_survey
from wizard.needs import (
    Account,
    Daemons,
    Home,
    Javas,
    Known,
    Listening,
    Logins,
    Machine,
    Names,
    Need,
    Paths,
    Rest,
    Storage,
    Tcp,
)
from wizard.operations.hostsfile import HOSTS_FILE
from wizard.operations.leftovers import listing
from wizard.operations.profile import LOGIN_FILES, UseSshInPdsh
from wizard.operations.selinux import contexts
from wizard.operations.sshclient import known_name
from wizard.plan import merged_needs
from wizard.spec import ClusterSpec, HostSpec

from .files import temporary, written
from .hdfs import kinds_on
from .hdfsconf import java_home_of
from .hdfsdata import used_dirs
from .killed import kernel
from .logs import log_needs, more_logs
from .network import matrix
from .observed import Observed

SHELL_FILES = (*LOGIN_FILES, "~/.bashrc")


def first_needs(spec: ClusterSpec) -> dict[str, tuple[Need, ...]]:
    """The first reading of every node, in one round trip each."""
    home, line = spec.flink.home, line_of(spec.flink.version)
    names = tuple(dict.fromkeys(host.address for host in spec.hosts))
    everywhere: tuple[Need, ...] = (
        Machine(),
        Account(),
        Javas(),
        Daemons(),
        Listening(),
        Home(home, spec.conf_dir),
        Names(names),
        listing(),
        contexts(),
        Paths(
            (home, home.rstrip("/").rpartition("/")[0] or "/", f"{home}/log", "/tmp"),
            (*SHELL_FILES, HOSTS_FILE),
        ),
    )
    hadoop = hdfs_survey(spec, ClusterFacts())
    own = {
        host.name: (*everywhere, *hadoop.get(host.name, ()), *log_needs(spec, host.name))
        for host in spec.hosts
    }
    own = merged_needs((own, {worker.name: (kernel(home),) for worker in spec.workers}))
    if len(spec.hosts) == 1 and spec.master.local:
        return merged_needs((own, {spec.master.name: (_rest(spec, spec.master),)}))
    known = tuple(
        known_name(name, host.port or spec.ssh.port)
        for host in spec.hosts
        for name in {host.address, host.name}
    )
    outside = tuple(one.address for one in spec.workers if one.address not in line.lists.local_names)
    ssh: tuple[Need, ...] = (Logins(outside), Known(tuple(sorted(known)))) if outside else ()
    rests = {host.name: (_rest(spec, host),) for host in spec.jobmanagers}
    place = storage_path(spec)
    shared = {host.name: (Paths((place,)),) for host in spec.jobmanagers} if place else {}
    return merged_needs((own, rests, shared, {spec.master.name: ssh}, UseSshInPdsh(spec.master.name).needs()))


def _rest(spec: ClusterSpec, host: HostSpec) -> Rest:
    """Where a JobManager answers as far as the answers tell; its own configuration may say otherwise."""
    line = line_of(spec.flink.version)
    said = spec.flink.config.get(line.keys.web_port, "")
    port = int(said) if said.isdigit() and int(said) else default_of(line.keys.web_port) or 8081
    web = line.web
    paths = (web.overview, web.taskmanagers, web.jobs)
    return Rest(host.address, port, paths, spec.ha is not None and web.redirects)


def then_needs(desired: Desired, facts: ClusterFacts) -> dict[str, tuple[Need, ...]]:
    """What the first reading has shown to be worth a look: ports of daemons, a Java and directories that are named.

    What is asked does not depend on whether it was read before: a second look must see it anew.
    """
    seen = Observed(desired, facts)
    wanted: list[Mapping[str, tuple[Need, ...]]] = []
    for name, rest in desired.rests:
        if facts[name].reached and rest.key not in facts[name].rest:
            wanted.append({name: (rest,)})
    quorum = desired.quorum
    if quorum is not None:
        # The TaskManagers ask ZooKeeper for the leader too.
        wanted += [{host.name: (quorum,)} for host, _ in seen.hosts()]
    for host, found in seen.hosts():
        java = seen.value(host.name, seen.line.keys.java_home)
        if java and java.startswith("/") and found.java_major(java) is None:
            wanted.append({host.name: (Javas((java,)), Paths((f"{java}/bin/java",)))})
        dirs = tuple(
            path
            for path in (*written(seen, host.name), *temporary(seen, host.name))
            if path.startswith("/") and path not in found.paths
        )
        if dirs:
            wanted.append({host.name: (Paths(dirs),)})
        if logs := more_logs(desired, host.name, found):
            wanted.append({host.name: logs})
    for name, targets in matrix(seen).items():
        if targets:
            wanted.append({name: (Tcp(targets),)})
    wanted += _of_hdfs(seen)
    return merged_needs(wanted)


def _of_hdfs(seen: Observed) -> Iterator[Mapping[str, tuple[Need, ...]]]:
    """What the NameNode says, what lies in its and the DataNodes' directories, and the Java that their files name."""
    hdfs, joined = seen.desired.hdfs, seen.desired.joined
    if hdfs is None:
        if joined is not None:
            for host, _ in seen.hosts():
                if host.name == seen.master.name and joined.webs:
                    yield {host.name: joined.webs}
                if joined.rpc is not None:
                    yield {host.name: (Tcp((joined.rpc,)),)}
        return
    for host, found in seen.hosts():
        if host.name == hdfs.namenode.name:
            yield {host.name: (hdfs.web,)}
        kinds = kinds_on(hdfs, host.name)
        used = tuple(path for kind in kinds for path in used_dirs(hdfs, host.name, found, kind))
        dirs = tuple(dict.fromkeys((*hdfs.nodes[host.name].directories, *used)))
        if dirs:
            yield {host.name: (Storage(dirs), Paths(dirs))}
        file = found.conf_file(hdfs.home, hdfs.hadoop.env_file)
        java, _ = java_home_of(file.text or "") if file is not None else ("", "")
        if java and java.startswith("/"):
            yield {host.name: (Javas((java,)), Paths((f"{java}/bin/java",)))}
