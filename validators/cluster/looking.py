"""What must be read of a cluster to judge it: everything at once, then what only the first reading could name.

Knows requests. It must not know what is made of the answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.desired import Desired
from wizard.facts import ClusterFacts
from wizard.flink.catalogue import default_of, line_of
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
    Tcp,
)
from wizard.operations.hostsfile import HOSTS_FILE
from wizard.operations.leftovers import listing
from wizard.operations.profile import LOGIN_FILES, UseSshInPdsh
from wizard.operations.selinux import contexts
from wizard.operations.sshclient import known_name
from wizard.plan import merged_needs
from wizard.spec import ClusterSpec

from .files import temporary, written
from .killed import kernel
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
    own = {host.name: everywhere for host in spec.hosts}
    own = merged_needs((own, {worker.name: (kernel(home),) for worker in spec.workers}))
    if len(spec.hosts) == 1 and spec.master.local:
        return merged_needs((own, {spec.master.name: (_rest(spec),)}))
    known = tuple(
        known_name(name, host.port or spec.ssh.port)
        for host in spec.hosts
        for name in {host.address, host.name}
    )
    outside = tuple(one.address for one in spec.workers if one.address not in line.lists.local_names)
    # Flink's scripts hand these words to ssh as the shell splits them.
    options = tuple(str(spec.flink.config.get(line.keys.ssh_opts, "")).split())
    ssh: tuple[Need, ...] = (Logins(outside, options), Known(tuple(sorted(known)))) if outside else ()
    return merged_needs(
        (own, {spec.master.name: (_rest(spec), *ssh)}, UseSshInPdsh(spec.master.name).needs())
    )


def _rest(spec: ClusterSpec) -> Rest:
    """Where the JobManager answers as far as the answers tell; its own configuration may say otherwise."""
    line = line_of(spec.flink.version)
    said = spec.flink.config.get(line.keys.web_port, "")
    port = int(said) if said.isdigit() and int(said) else default_of(line.keys.web_port) or 8081
    web = line.web
    return Rest(spec.master.address, port, (web.overview, web.taskmanagers, web.jobs))


def then_needs(desired: Desired, facts: ClusterFacts) -> dict[str, tuple[Need, ...]]:
    """What the first reading has shown to be worth a look: ports of daemons, a Java and directories that are named."""
    seen = Observed(desired, facts)
    spec = desired.spec
    wanted: list[Mapping[str, tuple[Need, ...]]] = []
    master = facts[spec.master.name]
    if master.reached and desired.rest.key not in master.rest:
        wanted.append({spec.master.name: (desired.rest,)})
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
    for name, targets in matrix(seen).items():
        if targets:
            wanted.append({name: (Tcp(targets),)})
    return merged_needs(wanted)
