"""The checks of an install that hold for a cluster that is there as well, under the ids of known ailments.

Knows which of them those are, and what a fix of an existing cluster adds to them. It must not judge by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from validators.check import manual
from validators.install.account import trusted_keys, users
from validators.install.home import sharing
from validators.install.names import agreement, clashes, own_name, resolvable, underscores
from validators.install.ports import other_flink
from validators.install.reach import unreachable
from validators.install.resources import space, tmp_writable
from validators.install.system import clocks, login_shell, open_files, pdsh, system, tools
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.spec import ClusterSpec

from .observed import ClusterCheck, Observed

KNOWN_AS: Mapping[str, str] = {
    "user-differs": "wrong-or-missing-user",
    "open-files-low": "ulimits-too-low",
    "name-has-underscore": "hostname-clash-or-underscore",
    "hostname-clash": "hostname-clash-or-underscore",
    "tmp-space": "tmp-or-disk-full",
    "other-flink-running": "two-clusters-one-host",
    "host-unresolved": "name-not-resolvable",
}
"""Id of a check before an install → the ailment that it is on a cluster that is there."""

_IN_HOSTS = frozenset({"name-not-resolvable", "name-is-loopback", "name-differs"})


def as_found(
    look: Callable[[ClusterSpec, ClusterFacts], Iterable[Finding]],
) -> Callable[[Observed], Iterator[Finding]]:
    """A check of an install, on a cluster that is there."""

    def found(seen: Observed) -> Iterator[Finding]:
        for one in look(seen.spec, seen.facts):
            yield _mendable(seen, replace(one, id=KNOWN_AS.get(one.id, one.id)))

    return found


def _mendable(seen: Observed, one: Finding) -> Finding:
    """Where the login may become root, a name that is wrong can be entered, and a mode of /tmp put right."""
    if not one.evidence and one.severity != "info":
        one = replace(one, evidence=tuple(f"{host}: {one.observed}" for host in one.hosts))
    if not all(
        seen.facts[host].reached and seen.facts[host].sudo not in (None, "none") for host in one.hosts
    ):
        return one
    if one.id == "tmp-unusable" and all(_closed_by_mode(seen.facts[host]) for host in one.hosts):
        return replace(one, fix=Fix("asks", "Give it its usual mode, as root", (), "open-tmp"))
    if one.id not in _IN_HOSTS:
        return one
    return replace(
        one, fix=Fix("asks", "Enter the address of every node in /etc/hosts there", (), "write-hosts-file")
    )


def _closed_by_mode(facts: HostFacts) -> bool:
    """Whether the mode of /tmp is what keeps others out; where it is mounted read-only, no mode helps."""
    tmp = facts.paths.get("/tmp")
    return tmp is not None and tmp.mode is not None and tmp.mode & 0o1777 != 0o1777


def reach(seen: Observed) -> Iterator[Finding]:
    for one in unreachable(seen.spec, seen.facts):
        failure = seen.facts[one.hosts[0]].failure
        refused = failure is not None and failure.kind == "refused"
        id = "sshd-down-or-refused" if refused else KNOWN_AS.get(one.id, one.id)
        # The text of nologin, the shell of accounts that are switched off.
        if failure is not None and "account is currently not available" in failure.evidence:
            id = "account-disabled"
        yield replace(one, id=id, evidence=one.evidence or (f"{one.hosts[0]}: {one.observed}",))


def full(seen: Observed) -> Iterator[Finding]:
    """Space for the daemons: in /tmp, and where they log."""
    yield from (
        replace(one, id="tmp-or-disk-full", evidence=(f"{one.hosts[0]}: /tmp: {one.observed}",))
        for one in space(seen.spec, seen.facts)
        if one.id == "tmp-space"
    )
    for host, facts in seen.hosts():
        path = facts.paths.get(f"{seen.spec.flink.home}/log")
        if path is not None and path.exists and path.free_mib is not None and path.free_mib < LOG_MIB:
            yield Finding(
                "tmp-or-disk-full",
                "error" if not path.free_mib else "warning",
                (host.name,),
                f"Hardly any space is left for logs on {host.name}",
                f"{path.free_mib} MiB free on the file system of {path.path}",
                f"{LOG_MIB} MiB",
                "A daemon may run and register without a line of log, and jobs fail when they spill.",
                (f"{host.name}: {path.path}: {path.free_mib} MiB free, {path.fstype}",),
                manual(f"Make room on {host.name}", f"df -h {path.path}", f"du -sh {path.path}/*"),
            )


LOG_MIB = 100
"""MiB below which a log directory is soon full: one log rolls at that size in Flink's own logging."""

_NAMES = {
    "name-not-resolvable": "a name has no address on a host",
    "name-is-loopback": "another host's name is this machine itself",
}

REACH = ClusterCheck(
    "reach",
    {
        "host-unreachable": "a host cannot be reached",
        "sshd-down-or-refused": "a host refuses connections to sshd",
        "login-refused": "a host refuses the login of this machine",
        "account-disabled": "the account lets nobody in",
        "login-key-unreadable": "the operator's key cannot be read",
        "host-key-changed": "a host shows another key than the one that is known",
        "host-key-unknown": "a host shows a key that nobody has confirmed",
        "name-not-resolvable": "a name has no address on a host",
    },
    reach,
)

ACCOUNTS = (
    ClusterCheck(
        "users",
        {
            "wrong-or-missing-user": "another user than the one that runs Flink",
            "user-is-root": "Flink runs as root",
        },
        as_found(users),
    ),
    ClusterCheck(
        "trusted keys", {"trusted-keys": "other keys that open the account"}, as_found(trusted_keys)
    ),
)

MACHINES = (
    ClusterCheck(
        "system",
        {
            "system-unknown": "a system that the wizard does not know",
            "system-untried": "a system on which the wizard was not tried",
        },
        as_found(system),
    ),
    ClusterCheck(
        "tools", {"tools-missing": "programs that Flink's scripts call are missing"}, as_found(tools)
    ),
    ClusterCheck(
        "login shell",
        {"login-profile-hijacks": "the shell profile ends or takes over before a command runs"},
        as_found(login_shell),
    ),
    ClusterCheck("pdsh", {"pdsh-uses-rsh": "pdsh is installed and would use rsh"}, as_found(pdsh)),
)

NAMES = (
    ClusterCheck("resolution", _NAMES, as_found(resolvable)),
    ClusterCheck(
        "own name",
        {"own-name-is-loopback": "the master's name is a loopback address on the master itself"},
        as_found(own_name),
    ),
    ClusterCheck(
        "one address",
        {"name-differs": "a name has different addresses on different hosts"},
        as_found(agreement),
    ),
    ClusterCheck(
        "underscores",
        {"hostname-clash-or-underscore": "two machines of one name, or a name with an underscore"},
        as_found(underscores),
    ),
    ClusterCheck(
        "machines",
        {
            "same-machine": "two names of one machine",
            "hostname-clash-or-underscore": "two machines of one name, or a name with an underscore",
        },
        as_found(clashes),
    ),
)

RESOURCES = (
    ClusterCheck(
        "tmp",
        {"tmp-unusable": "/tmp, or another directory for temporary files, is not writable"},
        as_found(tmp_writable),
    ),
    ClusterCheck("space", {"tmp-or-disk-full": "hardly any space is left"}, full),
    ClusterCheck("limits", {"ulimits-too-low": "few open files are allowed"}, as_found(open_files)),
    ClusterCheck("clocks", {"clock-skew": "clocks differ between hosts"}, as_found(clocks)),
    ClusterCheck(
        "sharing",
        {
            "home-is-shared": "hosts share one home, and the answers say copy",
            "home-not-shared": "the home is not the shared directory that the answers name",
        },
        as_found(sharing),
    ),
    ClusterCheck(
        "other clusters",
        {"two-clusters-one-host": "another Flink runs on a host"},
        as_found(other_flink),
    ),
)
