"""All checks of an existing cluster: reading the tuple tells what is looked at, in the order of diagnosis.

Runs every check, leaves out what another finding explains, and says what each fix would do. It must not know how facts
were read. CAUSES is the order of diagnosis as data: one cause is not reported as five.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from validators.check import CRASHED, looked, manual, ranked
from wizard.commands import lines_of
from wizard.desired import Desired
from wizard.facts import ClusterFacts
from wizard.findings import Finding, Fix
from wizard.operations.configure import WriteConfig
from wizard.operations.mending import MakeOwn
from wizard.operations.operation import CannotOperate, NotNow, Operation
from wizard.plans.install import Context
from wizard.plans.repair import operations_of

from .agreement import AGREEMENT
from .configuration import CONFIGURATION
from .files import FILES
from .ha import HA
from .hdfs import HDFS_DAEMONS
from .hdfsconf import HDFS
from .hdfsdata import HDFS_DATA
from .java import JAVA
from .killed import KILLED
from .logins import LOGINS
from .logs import LOGS, VAGUE
from .machines import ACCOUNTS, MACHINES, NAMES, REACH, RESOURCES
from .network import NETWORK
from .observed import ClusterCheck, Observed
from .processes import PROCESSES
from .registration import REGISTRATION
from .temporary import TEMPORARIES

CLUSTER_CHECKS: tuple[ClusterCheck, ...] = (
    REACH,
    *ACCOUNTS,
    LOGINS,
    *MACHINES,
    *FILES,
    JAVA,
    *CONFIGURATION,
    *AGREEMENT,
    *HA,
    *NAMES,
    *RESOURCES,
    KILLED,
    *PROCESSES,
    NETWORK,
    *REGISTRATION,
    *TEMPORARIES,
    *HDFS,
    *HDFS_DATA,
    *HDFS_DAEMONS,
    LOGS,
)

_LEADERLESS = frozenset({"ha-no-leader", "rest-unreachable", "taskmanager-not-registered"})
_HADOOP_DOWN = frozenset({"namenode-down", "datanode-down", "restart-pending", "hdfs-no-live-datanodes"})

CAUSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "login-profile-hijacks": frozenset(
            {"java-missing-on-worker", "login-profile-hijacks", "key-options-restrict", "taskmanager-down"}
        ),
        "install-path-missing-on-worker": frozenset(
            {"conf-missing", "missing-exec-bits", "taskmanager-down", "jobmanager-down", "conf-out-of-sync"}
        ),
        "mixed-flink-versions": frozenset(
            {"flink-jars-damaged", "taskmanager-not-registered", "taskmanager-down", "conf-missing"}
        ),
        "flink-jars-damaged": frozenset(
            {"taskmanager-down", "jobmanager-down", "taskmanager-not-registered"}
        ),
        "crlf-scripts-or-workers": frozenset({"taskmanager-down", "jobmanager-down"}),
        "missing-exec-bits": frozenset({"taskmanager-down", "jobmanager-down"}),
        "install-or-log-dir-not-writable": frozenset({"taskmanager-down", "jobmanager-down"}),
        "tmp-unusable": frozenset({"taskmanager-down", "jobmanager-down", "tmp-or-disk-full"}),
        "java-missing-on-worker": frozenset({"taskmanager-down", "jobmanager-down"}),
        "java-home-only-interactive": frozenset({"taskmanager-down", "jobmanager-down"}),
        "java-home-wrong": frozenset({"taskmanager-down", "jobmanager-down", "restart-pending"}),
        "java-version-unsupported": frozenset(
            {"taskmanager-down", "jobmanager-down", "restart-pending", "java-mixed-versions"}
        ),
        "env-java-home-nested": frozenset({"java-mixed-versions", "restart-pending"}),
        "conf-yaml-syntax": frozenset(
            {"taskmanager-down", "jobmanager-down", "conf-out-of-sync", "restart-pending"}
        ),
        "both-config-files": frozenset({"conf-out-of-sync", "restart-pending"}),
        "conf-missing": frozenset({"taskmanager-down", "jobmanager-down"}),
        "memory-config-impossible": frozenset(
            {"taskmanager-down", "jobmanager-down", "restart-pending", "conf-out-of-sync"}
        ),
        "memory-over-ram": frozenset(
            {"taskmanager-down", "jobmanager-down", "restart-pending", "conf-out-of-sync"}
        ),
        "legacy-memory-keys": frozenset({"restart-pending"}),
        "bind-host-localhost": frozenset({"restart-pending", "taskmanager-not-registered"}),
        "jm-rpc-address-localhost": frozenset(
            {"conf-out-of-sync", "restart-pending", "taskmanager-not-registered"}
        ),
        "taskmanager-host-localhost": frozenset({"restart-pending", "tm-on-master-advertises-loopback"}),
        "rest-bound-to-loopback": frozenset({"rest-unreachable", "restart-pending"}),
        "conf-out-of-sync": frozenset({"restart-pending", "taskmanager-not-registered"}),
        "name-not-resolvable": frozenset({"taskmanager-not-registered", "master-login-refused"}),
        "name-is-loopback": frozenset(
            {"taskmanager-not-registered", "name-differs", "namenode-is-loopback", "hdfs-no-live-datanodes"}
        ),
        "name-differs": frozenset({"taskmanager-not-registered"}),
        "host-unreachable": frozenset({"ssh-between-nodes-closed"}),
        "tm-oom-killed": frozenset({"taskmanager-down"}),
        "port-in-use": frozenset({"jobmanager-down", "taskmanager-down", "rest-unreachable"}),
        "firewall-tm-ports": frozenset({"taskmanager-not-registered"}),
        "ipv6-or-multihomed": frozenset({"taskmanager-not-registered", "firewall-tm-ports"}),
        "slots-fewer-than-parallelism": frozenset({"restart-pending"}),
        "jobmanager-down": frozenset({"taskmanager-not-registered", "jm-on-wrong-host", "ha-no-leader"}),
        "ha-misconfigured": frozenset(
            {"restart-pending", "taskmanager-not-registered", "rest-unreachable", "conf-out-of-sync"}
        ),
        "ha-storage-unusable": frozenset({"jobmanager-down", "ha-no-leader"}),
        "ha-storage-not-shared": frozenset({"jobmanager-down"}),
        "hdfs-root-refused": _HADOOP_DOWN,
        "hadoop-missing": _HADOOP_DOWN
        | {
            "hadoop-java-home-not-set",
            "hdfs-workers-file-wrong",
            "hdfs-not-formatted",
            "hdfs-datanode-dir-bad",
        }
        | {"hdfs-conf-out-of-sync", "flink-hadoop-classpath-missing", "hdfs-dirs-in-tmp"},
        "hadoop-java-home-not-set": _HADOOP_DOWN | {"flink-hadoop-classpath-missing"},
        "hdfs-java-unsupported": _HADOOP_DOWN,
        "hdfs-config-broken": _HADOOP_DOWN | {"hdfs-conf-out-of-sync", "flink-hadoop-classpath-missing"},
        "fs-defaultfs-wrong": _HADOOP_DOWN | {"namenode-unreachable", "hdfs-conf-out-of-sync"},
        "hdfs-conf-out-of-sync": frozenset({"restart-pending"}),
        "namenode-is-loopback": frozenset(
            {"namenode-unreachable", "namenode-down", "hdfs-no-live-datanodes"}
        ),
        "hdfs-not-formatted": frozenset({"namenode-down", "namenode-unreachable", "hdfs-safe-mode"}),
        "hdfs-clusterid-mismatch": _HADOOP_DOWN | {"hdfs-datanode-dir-bad"},
        "hdfs-datanode-dir-bad": frozenset({"datanode-down", "hdfs-no-live-datanodes"}),
        "restart-pending": frozenset({"hdfs-ports-by-version"}),
        "hdfs-port-taken": _HADOOP_DOWN | {"namenode-unreachable"},
    }
)
"""Finding → findings of the same hosts that follow from it, and are said only when it is gone."""

EVERYWHERE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # Without a key on the master every key that a node trusts is another one.
        "ssh-key-not-authorized": frozenset({"trusted-keys"}),
        "bind-host-localhost": frozenset({"taskmanager-not-registered"}),
        "own-name-is-loopback": frozenset({"taskmanager-not-registered"}),
        "jm-on-wrong-host": frozenset({"taskmanager-not-registered", "jobmanager-down"}),
        "firewall-jm-port": frozenset({"taskmanager-not-registered", "rest-unreachable"}),
        "hostname-clash-or-underscore": frozenset({"rest-unreachable", "taskmanager-not-registered"}),
        "zookeeper-down": _LEADERLESS | {"zookeeper-unreachable"},
        "zookeeper-unreachable": _LEADERLESS,
        "ha-no-leader": frozenset({"rest-unreachable", "taskmanager-not-registered"}),
        "namenode-down": frozenset({"hdfs-no-live-datanodes", "hdfs-safe-mode"}),
        "namenode-is-loopback": frozenset({"hdfs-no-live-datanodes", "hdfs-safe-mode"}),
        "hdfs-not-formatted": frozenset({"hdfs-no-live-datanodes"}),
        "datanode-down": frozenset({"hdfs-safe-mode"}),
        "hdfs-clusterid-mismatch": frozenset({"hdfs-safe-mode"}),
        "hdfs-datanode-dir-bad": frozenset({"hdfs-safe-mode"}),
        "firewall-hdfs-ports": frozenset({"hdfs-no-live-datanodes"}),
    }
)
"""The same for what follows on any host."""


@cache
def meanings() -> Mapping[str, str]:
    """Every id that a check of an existing cluster may find, with its meaning in one line."""
    found: dict[str, str] = {}
    for check in CLUSTER_CHECKS:
        for id, meaning in check.ids.items():
            found.setdefault(id, meaning)
    return {**found, CRASHED: "a check could not be made, by a fault of the wizard"}


def nearest(id: str) -> str:
    """The known id that this was most likely meant to be, "" when none looks like it."""
    near = difflib.get_close_matches(id, meanings(), n=1, cutoff=0.6)
    return near[0] if near else ""


def check_cluster(
    desired: Desired,
    facts: ClusterFacts,
    waived: Iterable[str] = (),
    context: Context | None = None,
    checks: Iterable[ClusterCheck] = CLUSTER_CHECKS,
) -> tuple[Finding, ...]:
    """What is wrong with this cluster: errors first, then in the order of diagnosis."""
    seen = Observed(desired, facts)
    name = desired.spec.names[0]
    found = [
        one
        for check in checks
        for one in looked(f"“{check.name}”", lambda check=check: check.look(seen), name)
    ]
    said = with_evidence(found)
    known = operations_of(desired, context or Context("RUN", "~/.flink-wizard", "", (), ""))
    said = [_with_commands(one, seen, known) for one in said]
    return ranked(said, desired.spec, waived)


def with_evidence(found: Iterable[Finding]) -> list[Finding]:
    """What is to be said of these findings, each with the lines of logs that it explains.

    Such a line is no finding of its own then, also where what it belongs to is explained itself. What has no id is
    evidence and nothing else.
    """
    listed = list(found)
    plain = [one for one in listed if not (one.evidence_of or one.anywhere)]
    kept = explained(plain)
    alone: list[Finding] = []
    for line in listed:
        if not (line.evidence_of or line.anywhere):
            continue
        place, here = _explained_by(line, kept)
        if place is None:
            if line.id and _explained_by(line, plain)[0] is None:
                alone.append(replace(line, evidence_of=(), anywhere=()))
            continue
        one = kept[place]
        why = one.why
        if here and one.id in VAGUE and line.fix is not None and line.title not in why:
            why = f"{why} The log says why: {line.title}. {line.fix.title}"
        kept[place] = replace(one, evidence=(*one.evidence, *line.evidence), why=why)
    return [*kept, *alone]


def _explained_by(line: Finding, found: list[Finding]) -> tuple[int | None, bool]:
    """The place of the finding of which this line is evidence: of its own host (True) first, then of any."""
    for id in line.evidence_of:
        for place, one in enumerate(found):
            if one.id == id and set(line.hosts) & set(one.hosts):
                return place, True
    for id in line.anywhere:
        for place, one in enumerate(found):
            if one.id == id:
                return place, False
    return None, False


def explained(found: Iterable[Finding]) -> list[Finding]:
    """The findings without those that another one explains; what follows from a mere remark stays."""
    listed = list(found)
    on: dict[str, set[str]] = {}
    anywhere: set[str] = set()
    for one in listed:
        if one.severity == "info":
            continue
        anywhere |= EVERYWHERE.get(one.id, frozenset())
        for host in one.hosts:
            on.setdefault(host, set()).update(CAUSES.get(one.id, frozenset()) - {one.id})
    kept: list[Finding] = []
    said: set[tuple[str, str]] = set()
    for one in listed:
        hosts = tuple(
            host
            for host in one.hosts
            if one.id not in on.get(host, ()) and one.id not in anywhere and (one.id, host) not in said
        )
        # Two findings of one id on one host that differ are two; a second check's word on the first one's is not.
        if hosts or not one.hosts:
            kept.append(replace(one, hosts=hosts))
        if one.id in _ONCE:
            said.update((one.id, host) for host in one.hosts)
    return kept


_ONCE = frozenset(
    {"login-profile-hijacks", "host-key-changed", "wrong-or-missing-user", "name-not-resolvable"}
)
"""Ids of which one finding a host is enough, whichever check speaks first."""


def _with_commands(one: Finding, seen: Observed, known: Mapping[tuple[str, str], Operation]) -> Finding:
    """The finding with the commands of its fix; a fix that has no way from here is left to the operator."""
    fix = one.fix
    if fix is None or fix.operation is None:
        return one
    commands: list[str] = []
    for host in one.hosts:
        operation = _operation(host, fix, seen, known)
        if operation is None:
            continue
        try:
            if not operation.satisfied(seen.facts):
                commands += [lines_of(command) for command in operation.commands(seen.facts)]
        except NotNow:
            continue  # Another fix comes first; what it leaves to do is known then.
        except CannotOperate as refusal:
            return replace(one, fix=manual(refusal.action or refusal.cause))
    return replace(one, fix=replace(fix, commands=tuple(dict.fromkeys(commands))))


def _operation(
    host: str, fix: Fix, seen: Observed, known: Mapping[tuple[str, str], Operation]
) -> Operation | None:
    spec = seen.spec
    if fix.operation == "write-config":
        values = tuple((key, value) for key, value in fix.settings if value is not None)
        unset = tuple(key for key, value in fix.settings if value is None)
        return WriteConfig(host, spec.flink.home, seen.line, values, unset, conf_dir=spec.conf_dir)
    if fix.operation == "make-own":
        return MakeOwn(host, tuple(key for key, _ in fix.settings))
    return known.get((host, fix.operation or ""))
