"""A repair: the operations that chosen fixes name, in the order of an install, then what must be started, then proofs.

Read REPAIR for the order and BRINGS for what a fix brings along. It must not know how a fault was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..desired import Desired
from ..findings import Finding
from ..operations.configure import WriteConfig
from ..operations.copyhome import CopyHome
from ..operations.daemons import Kind
from ..operations.hdfsprove import NameNodeReady
from ..operations.hostsfile import WriteHostsFile
from ..operations.leftovers import RemoveLeftovers
from ..operations.mending import (
    EndDaemons,
    MakeExecutable,
    MakeOwn,
    MendSyntax,
    OpenTmp,
    SetAsideConfig,
    StripReturns,
)
from ..operations.operation import Operation
from ..operations.selinux import RestoreContext
from ..operations.zookeeper import OneLeads
from ..plan import Plan
from ..spec import HostSpec
from .availability import RUN_ZOOKEEPER
from .daemons import start_jobmanager, start_taskmanagers
from .hdfs import (
    configure_hdfs,
    data_dirs,
    join_flink,
    start_datanodes,
    start_namenode,
    verify_hdfs,
)
from .install import (
    authorize,
    cluster_key,
    java_everywhere,
    known_hosts,
    logins,
    names_of,
    plan_of,
    requirements,
    verify,
)
from .install import configure as configure_all
from .operate import verify_hosts
from .stages import Context, StageMaker, Steps

Where = Literal["same", "master", "every"]

BRINGS: Mapping[str, tuple[tuple[Where, str], ...]] = {
    "install-java": (("same", "start"),),
    "generate-key": (("every", "authorize-key"), ("every", "fix-modes"), ("every", "prove-login")),
    "authorize-key": (("same", "fix-modes"), ("same", "prove-login")),
    "fix-modes": (("same", "prove-login"),),
    "restore-context": (("same", "prove-login"),),
    "pin-host-keys": (("every", "prove-login"),),
    "write-ssh-config": (("every", "prove-login"),),
    "make-executable": (("same", "start"),),
    "strip-returns": (("same", "start"),),
    "copy-flink": (("same", "end"), ("same", "start")),
    "write-config": (("same", "start"),),
    "mend-syntax": (("same", "start"),),
    "set-aside-config": (("same", "end"), ("same", "start")),
    "open-tmp": (("same", "start"), ("same", "start-hadoop")),
    "make-own": (("same", "start"), ("same", "start-hadoop")),
    "write-core-site": (("same", "start-hadoop"),),
    "write-hdfs-site": (("same", "start-hadoop"),),
    "write-hadoop-env": (("same", "start-hadoop"),),
    "make-data-dirs": (("same", "start-hadoop"),),
    "set-hadoop-classpath": (("same", "end"), ("same", "start")),
    "end-jobmanagers": (("same", "start"), ("master", "start-jobmanager")),
    "end-taskmanagers": (("same", "start"),),
    "start-zookeeper": (("every", "zookeeper-serves"),),
}
"""Operation → what goes with it: on the same host, on the master, or on every node. "start" and "end" are of whatever
daemons belong on that host; one that runs and is not older than its configuration is left alone by "start". So does
"start-hadoop" with those of HDFS.
"""

STARTS: tuple[str, ...] = ("start-zookeeper", "start-jobmanager", "start-taskmanager")
HADOOP_STARTS: tuple[str, ...] = ("start-namenode", "start-datanode")


@dataclass(frozen=True, slots=True)
class Picks:
    """What shall be mended: (host, operation), and the configuration that "write-config" sets, by host.

    `paths` are the directories that "make-own" gives away, by host. `whole` when nothing that is an error was left out,
    so that the whole cluster can be proved afterwards.
    """

    steps: frozenset[tuple[str, str]]
    settings: Mapping[str, Mapping[str, str | None]]
    paths: Mapping[str, tuple[str, ...]]
    whole: bool = False

    @property
    def starts(self) -> bool:
        return any(step in STARTS for _, step in self.steps)

    @property
    def starts_hadoop(self) -> bool:
        return any(step in HADOOP_STARTS for _, step in self.steps)


def picks_of(wish: Desired, chosen: Iterable[Finding], whole: bool) -> Picks:
    """The steps that these findings' fixes name, with all that they bring along."""
    steps: set[tuple[str, str]] = set()
    settings: dict[str, dict[str, str | None]] = {}
    paths: dict[str, tuple[str, ...]] = {}
    for finding in chosen:
        fix = finding.fix
        if fix is None or fix.operation is None:
            continue
        for host in finding.hosts:
            _add(wish, steps, host, fix.operation)
            if fix.operation == "make-own":
                paths[host] = tuple(dict.fromkeys((*paths.get(host, ()), *(key for key, _ in fix.settings))))
            elif fix.settings:
                _add(wish, steps, host, "write-config")
                settings.setdefault(host, {}).update(fix.settings)
    return Picks(frozenset(steps), settings, paths, whole)


def _add(wish: Desired, steps: set[tuple[str, str]], host: str, operation: str) -> None:
    if operation in {"start", "end"}:
        spec = wish.spec
        kinds = ["jobmanager"] if any(one.name == host for one in spec.jobmanagers) else []
        kinds += ["taskmanager"] if spec.is_worker(host) else []
        for kind in kinds:
            if operation == "end" or spec.start.flink:
                steps.add((host, f"{operation}-{kind}" + ("s" if operation == "end" else "")))
        return
    if operation == "start-hadoop":
        hdfs = wish.hdfs
        if hdfs is not None and wish.spec.start.hdfs:
            if host == hdfs.namenode.name:
                steps.add((host, "start-namenode"))
            if any(one.name == host for one in hdfs.datanodes):
                steps.add((host, "start-datanode"))
        return
    if (host, operation) in steps:
        return
    steps.add((host, operation))
    for where, more in BRINGS.get(operation, ()):
        hosts = {"same": (host,), "master": (wish.spec.master.name,), "every": wish.spec.names}[where]
        for other in hosts:
            _add(wish, steps, other, more)


def plan_repair(wish: Desired, context: Context, picks: Picks) -> Plan:
    """The plan of these picks; without one it is empty but for the lock."""
    makers = tuple((title, _picked(maker, picks)) for title, maker in _repair(picks))
    proofs: tuple[tuple[str, StageMaker], ...] = ()
    if picks.starts_hadoop:
        proofs = (("Verify HDFS", verify_hdfs if picks.whole else _ready),)
    if picks.starts:
        proofs = (*proofs, ("Verify", verify if picks.whole else _of_what_starts(picks)))
    plan = plan_of("repair", (*makers, *proofs), wish, context)
    return replace(plan, essential=frozenset({wish.spec.master.name}))


def _repair(picks: Picks) -> tuple[tuple[str, StageMaker], ...]:
    """All that a repair may do, in order."""

    def own(wish: Desired, context: Context) -> Steps:
        del context
        for host in wish.spec.hosts:
            yield OpenTmp(host.name)
        for host, paths in picks.paths.items():
            yield MakeOwn(host, paths)

    def configure(wish: Desired, context: Context) -> Steps:
        spec = wish.spec
        for host in spec.hosts:
            values = picks.settings.get(host.name, {})
            yield WriteConfig(
                host.name,
                spec.flink.home,
                wish.line,
                tuple((key, value) for key, value in values.items() if value is not None),
                tuple(key for key, value in values.items() if value is None),
                conf_dir=spec.conf_dir,
            )
        for step in configure_all(wish, context):
            if not isinstance(step, WriteConfig):
                yield step

    return (
        ("Requirements", requirements),
        ("Java", java_everywhere),
        ("Names", hosts_files),
        ("Cluster key", cluster_key),
        ("Authorize the key", authorize),
        ("SELinux", restore_contexts),
        ("Known hosts", known_hosts),
        ("Logins of the master", logins),
        ("End daemons", end_daemons),
        ("Flink's files", mend_homes),
        ("Directories", own),
        ("Syntax", mend_syntax),
        ("Configure HDFS", configure_hdfs),
        ("DataNode directories", data_dirs),
        ("Start the NameNode", start_namenode),
        ("Start the DataNodes", start_datanodes),
        ("Join Flink to HDFS", join_flink),
        ("Configure Flink", configure),
        *RUN_ZOOKEEPER,
        ("Start the JobManager", start_jobmanager),
        ("Start the TaskManagers", start_taskmanagers),
        ("Temporary files", remove_leftovers),
    )


def hosts_files(wish: Desired, context: Context) -> Steps:
    del context
    nodes = tuple((name, host.name) for host in wish.spec.hosts for name in _entered(host))
    for host in wish.spec.hosts:
        yield WriteHostsFile(host.name, nodes)


def _entered(host: HostSpec) -> tuple[str, ...]:
    """The names by which Flink finds a node; an address needs no entry."""
    return tuple(
        name for name in names_of(host)[:1] if not name.replace(".", "").isdigit() and ":" not in name
    )


def end_daemons(wish: Desired, context: Context) -> Steps:
    del context
    spec, line = wish.spec, wish.line
    kinds: tuple[Kind, ...] = ("taskmanager", "jobmanager")
    for host in spec.hosts:
        for kind in kinds:
            yield EndDaemons(host.name, spec.flink.home, line, kind, spec.conf_dir, wish.rests)


def mend_homes(wish: Desired, context: Context) -> Steps:
    spec, line = wish.spec, wish.line
    for host in spec.hosts:
        if host.name != spec.master.name:
            yield CopyHome(host.name, spec.flink.home, spec.master.name, context.run_id, spec.conf_dir)
        yield SetAsideConfig(host.name, spec.flink.home, context.run_id, spec.conf_dir)
        yield MakeExecutable(host.name, spec.flink.home, spec.conf_dir)
        lists = tuple(name for name in (line.lists.workers, line.lists.masters) if name)
        yield StripReturns(host.name, spec.flink.home, lists, context.run_id, spec.conf_dir)


def mend_syntax(wish: Desired, context: Context) -> Steps:
    del context
    for host in wish.spec.hosts:
        yield MendSyntax(host.name, wish.spec.flink.home, wish.line, wish.spec.conf_dir)


def restore_contexts(wish: Desired, context: Context) -> Steps:
    del context
    for host in wish.spec.hosts:
        yield RestoreContext(host.name)


def remove_leftovers(wish: Desired, context: Context) -> Steps:
    del context
    for host in wish.spec.hosts:
        yield RemoveLeftovers(host.name)


def _ready(wish: Desired, context: Context) -> Steps:
    """That the NameNode answers; what was not mended may still be wrong with its DataNodes."""
    return (step for step in verify_hdfs(wish, context) if isinstance(step, NameNodeReady))


def _picked(maker: StageMaker, picks: Picks) -> StageMaker:
    return lambda wish, context: (
        step for step in maker(wish, context) if (step.host, step.id) in picks.steps
    )


def _of_what_starts(picks: Picks) -> StageMaker:
    """What was started is proved: workers are registered, and with a ZooKeeper that is back one JobManager leads."""
    workers = {host for host, step in picks.steps if step == "start-taskmanager"}
    zookeeper = any(step == "start-zookeeper" for _, step in picks.steps)

    def proofs(wish: Desired, context: Context) -> Steps:
        if zookeeper:
            yield from (step for step in verify(wish, context) if isinstance(step, OneLeads))
        yield from (step for step in verify_hosts(wish, context) if step.host in workers)

    return proofs


def operations_of(wish: Desired, context: Context) -> Mapping[tuple[str, str], Operation]:
    """Every operation that a fix may name, by host and id: what a finding says will be done is what they do."""
    nothing = Picks(frozenset(), {}, {})
    found: dict[tuple[str, str], Operation] = {}
    for _, maker in _repair(nothing):
        for step in maker(wish, context):
            if isinstance(step, Operation):
                found[step.host, step.id] = step
    return found
