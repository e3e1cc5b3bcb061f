"""The install as one list: read `INSTALL` and the whole run is explained.

Every stage is a function from what is desired to its steps. It must not know facts, nor how a step is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import availability
from ..desired import Desired
from ..operations.confdir import MakeConfDir, ProveConfDir
from ..operations.configure import WriteConfig, WriteList
from ..operations.home import InstallHome, Obtain, SeeSharedHome, archive_counts
from ..operations.java import InstallJava, ProveJava
from ..operations.lock import ReleaseLock, TakeLock
from ..operations.logins import ProveLogin
from ..operations.packages import InstallTools
from ..operations.profile import SetJavaHomeInProfile, SetProfileVariable, UseSshInPdsh
from ..operations.proofjob import NoProofJob, RunProofJob, proof_jar
from ..operations.prove import AddressesReachable, RestAnswers, TaskManagersRegistered
from ..operations.record import WriteRecord
from ..operations.sshclient import PinHostKeys, SshEntry, WriteSshConfig, known_name
from ..operations.sshenvironment import SetJavaHomeInSshEnvironment
from ..operations.sshkeys import AuthorizeKey, GenerateKey
from ..operations.sshmodes import FixModes
from ..operations.storage import MarkStorage, UnmarkStorage
from ..operations.zookeeper import OneLeads, WriteZooConfig
from ..plan import Plan, Stage
from ..spec import HERE, HostSpec
from .availability import RUN_ZOOKEEPER, TRY_STORAGE
from .daemons import start_jobmanager, start_taskmanagers
from .hdfs import (
    configure_hdfs,
    data_dirs,
    format_namenode,
    hadoop_java,
    install_hadoop,
    join_flink,
    obtain_hadoop,
    start_datanodes,
    start_namenode,
    verify_hdfs,
)
from .stages import Context, StageMaker, Steps


def requirements(wish: Desired, context: Context) -> Steps:
    del context
    master = wish.spec.master.name
    for host in wish.spec.hosts:
        tools = (
            ("bash", "tar", "gzip", "ssh", "ssh-keygen") if host.name == master else ("bash", "tar", "gzip")
        )
        yield InstallTools(host.name, tools)
    yield InstallJava(master, wish.nodes[master].java, "", wish.spec.java.archive, HERE)


def java_everywhere(wish: Desired, context: Context) -> Steps:
    """After the master, so that a worker without a package source is served from it."""
    del context
    master = wish.spec.master.name
    for host in wish.spec.hosts:
        if host.name != master:
            yield InstallJava(host.name, wish.nodes[host.name].java, master, wish.spec.java.archive, HERE)


def cluster_key(wish: Desired, context: Context) -> Steps:
    del context
    if needs_ssh(wish):
        yield GenerateKey(wish.spec.master.name, wish.spec.ssh.cluster_key, wish.spec.ssh.cluster_key_type)


def authorize(wish: Desired, context: Context) -> Steps:
    del context
    if not needs_ssh(wish):
        return
    master = wish.spec.master.name
    for host in wish.spec.hosts:
        yield AuthorizeKey(host.name, master, wish.spec.ssh.cluster_key)
        yield FixModes(host.name, wish.spec.ssh.cluster_key if host.name == master else "")


def known_hosts(wish: Desired, context: Context) -> Steps:
    del context
    if not needs_ssh(wish):
        return
    spec, master = wish.spec, wish.spec.master.name
    names = tuple(
        (known_name(name, port_of(wish, host)), host.name) for host in spec.hosts for name in names_of(host)
    )
    yield PinHostKeys(master, names)
    entries = tuple(entry for host in spec.hosts for entry in ssh_entries(wish, host))
    if entries:
        yield WriteSshConfig(master, entries)


def logins(wish: Desired, context: Context) -> Steps:
    """In a stage of their own: each node's proof needs what the master was told of all nodes before."""
    del context
    if not needs_ssh(wish):
        return
    spec, master = wish.spec, wish.spec.master.name
    asked = tuple(host.address for host in spec.hosts)
    for host in spec.hosts:
        user = host.user or spec.user
        yield ProveLogin(host.name, master, (host.address,), user, asked, spec.ssh.cluster_key)


def java_home(wish: Desired, context: Context) -> Steps:
    del context
    ways = wish.spec.java.set_in
    for host in wish.spec.hosts:
        java = wish.nodes[host.name].java
        if "shell-profile" in ways:
            yield SetJavaHomeInProfile(host.name, java)
        if "ssh-environment" in ways:
            yield SetJavaHomeInSshEnvironment(host.name, java)
        outside = tuple(way for way in ways if way != "flink-config")
        if outside:
            through = wish.spec.master.name if needs_ssh(wish) else ""
            yield ProveJava(host.name, java, outside, through, host.address)
    if wish.client_flags:
        yield SetProfileVariable(wish.spec.master.name, "JVM_ARGS", wish.client_flags)


def obtain(wish: Desired, context: Context) -> Steps:
    flink = wish.spec.flink
    targets = tuple((host.name, flink.home) for host in wish.spec.hosts)
    yield Obtain(HERE, flink.version, context.choices, context.tar, targets, wish.spec.conf_dir)


def install_homes(wish: Desired, context: Context) -> Steps:
    flink = wish.spec.flink
    named = archive_counts(context.choices)
    hosts = wish.spec.hosts if flink.distribute == "copy" else (wish.spec.master,)
    for host in hosts:
        yield InstallHome(
            host.name, flink.home, flink.version, context.tar, context.run_id, named, wish.spec.conf_dir
        )


def see_shared(wish: Desired, context: Context) -> Steps:
    del context
    flink = wish.spec.flink
    if flink.distribute == "shared":
        for host in wish.spec.hosts:
            if host.name != wish.spec.master.name:
                yield SeeSharedHome(
                    host.name, flink.home, flink.version, wish.spec.master.name, wish.spec.conf_dir
                )


def configure(wish: Desired, context: Context) -> Steps:
    del context
    line, spec = wish.line, wish.spec
    for host in spec.hosts:
        node = wish.nodes[host.name]
        conf = spec.conf_dir
        if conf:
            yield MakeConfDir(host.name, spec.flink.home, conf, wish.log_dir)
        in_config = "flink-config" in spec.java.set_in
        yield WriteConfig(
            host.name, spec.flink.home, line, node.config, (), wish.fresh, node.java, in_config, conf
        )
        yield WriteList(host.name, spec.flink.home, line.lists.workers, wish.worker_entries, conf)
        if line.lists.masters:
            yield WriteList(host.name, spec.flink.home, line.lists.masters, wish.master_entries, conf)
        if spec.ha and spec.ha.nodes and host.name in (spec.master.name, *spec.ha.nodes):
            settings = availability.zoo_settings(spec, host)
            yield WriteZooConfig(host.name, spec.flink.home, settings, conf)
        if conf:
            yield SetProfileVariable(host.name, "FLINK_CONF_DIR", conf)
            if needs_ssh(wish):
                yield ProveConfDir(host.name, spec.master.name, host.address, conf)
    if line.pdsh and needs_ssh(wish):
        yield UseSshInPdsh(spec.master.name)


def verify(wish: Desired, context: Context) -> Steps:
    spec, line = wish.spec, wish.line
    if not spec.start.flink:
        return
    master, home = spec.master.name, spec.flink.home
    workers = tuple((worker.name, worker.address) for worker in spec.workers)
    for host, rest in wish.rests:
        yield RestAnswers(host, line, spec.flink.version, rest, home, wish.log_dir)
    if wish.quorum:
        jobmanagers = tuple((host.name, host.address) for host in spec.jobmanagers)
        yield OneLeads(master, wish.quorum, home, jobmanagers, spec.conf_dir)
    yield TaskManagersRegistered(
        master, line, wish.rest, home, wish.taskmanagers, wish.slots, workers, wish.log_dir
    )
    yield AddressesReachable(master, line, wish.rest, workers)
    if proof_jar(line) is None:
        yield NoProofJob(master, f"no job has been proved on Flink {line.name} yet")
        return
    yield RunProofJob(
        master,
        home,
        line,
        wish.rest,
        wish.slots,
        wish.taskmanagers,
        tuple(dict.fromkeys((*(host.name for host in spec.jobmanagers), *(name for name, _ in workers)))),
        context.state,
        context.run_id,
        wish.client_flags,
        spec.conf_dir,
    )


def record(wish: Desired, context: Context) -> Steps:
    for name, text in context.records:
        yield WriteRecord(wish.spec.master.name, f"{context.state}/{name}", text)


INSTALL: tuple[tuple[str, StageMaker], ...] = (
    ("Obtain Flink", obtain),
    ("Obtain Hadoop", obtain_hadoop),
    ("Requirements", requirements),
    ("Java", java_everywhere),
    ("Java for Hadoop", hadoop_java),
    ("Cluster key", cluster_key),
    ("Authorize the key", authorize),
    ("Known hosts", known_hosts),
    ("Logins of the master", logins),
    ("JAVA_HOME", java_home),
    ("Install Flink", install_homes),
    ("Shared directory", see_shared),
    ("Install Hadoop", install_hadoop),
    ("Configure HDFS", configure_hdfs),
    ("Format the NameNode", format_namenode),
    ("Start the NameNode", start_namenode),
    ("DataNode directories", data_dirs),
    ("Start the DataNodes", start_datanodes),
    ("Verify HDFS", verify_hdfs),
    ("Join Flink to HDFS", join_flink),
    ("Configure Flink", configure),
    *RUN_ZOOKEEPER,
    *TRY_STORAGE,
    ("Start the JobManager", start_jobmanager),
    ("Start the TaskManagers", start_taskmanagers),
    ("Verify", verify),
    ("Record", record),
)


def plan_of(kind: str, makers: Iterable[tuple[str, StageMaker]], wish: Desired, context: Context) -> Plan:
    """A plan of these stages; stages without a step are left out. The lock is taken first and released last."""
    master = wish.spec.master.name
    lock = f"{context.state}/lock"
    stages = [Stage("Lock", (TakeLock(master, lock, context.lock_owner, context.stale_lock),))]
    for title, maker in makers:
        steps = tuple(maker(wish, context))
        if steps:
            stages.append(Stage(title, steps))
    marked = (step for stage in stages for step in stage.steps if isinstance(step, MarkStorage))
    left = tuple(UnmarkStorage(step.host, step.storage, closing=True) for step in marked)
    return Plan(
        context.run_id,
        kind,
        wish.spec.cluster,
        master,
        tuple(stages),
        (*left, ReleaseLock(master, lock, context.lock_owner)),
        frozenset({master, HERE}),
    )


def needs_ssh(wish: Desired) -> bool:
    """Whether the master logs in anywhere: Flink's scripts use no ssh when every host is this machine."""
    local = set(wish.line.lists.local_names)
    return any(host.address not in local for host in (*wish.spec.standby, *wish.spec.workers))


def names_of(host: HostSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys((host.address, host.name)))


def port_of(wish: Desired, host: HostSpec) -> int | None:
    return host.port or wish.spec.ssh.port


def ssh_entries(wish: Desired, host: HostSpec) -> Iterable[SshEntry]:
    """What the master's ssh must be told of a node: another port or user, or a key that is not a default one."""
    spec = wish.spec
    port = port_of(wish, host)
    named = spec.ssh.cluster_key not in {"~/.ssh/id_ed25519", "~/.ssh/id_rsa", "~/.ssh/id_ecdsa"}
    key = spec.ssh.cluster_key if named else ""
    other_port = None if port in (None, 22) else port
    user = host.user or spec.user
    other_user = "" if user == (spec.master.user or spec.user) else user
    if key or other_port or other_user:
        for name in names_of(host):
            yield SshEntry(name, host.address if name != host.address else "", other_port, other_user, key)
