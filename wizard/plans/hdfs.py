"""HDFS beside Flink as stages: obtained, put on every node, configured, formatted where nothing is, started, proved.

Every stage is a function from what is desired to its steps, and empty without an HDFS. It must not know facts.
"""

from __future__ import annotations

from ..desired import Desired
from ..hadoop.catalogue import Daemon, join_of
from ..hdfs import CORE, SITE, Hdfs, note_of
from ..operations.configure import WriteList
from ..operations.hadoopconf import WriteHadoopEnv, WriteSite
from ..operations.hdfsdaemons import RetireDataNode, StartHadoop, StopHadoop
from ..operations.hdfsfile import FileCameBack, WriteAndReadBack
from ..operations.hdfsformat import FormatNameNode
from ..operations.hdfsjoin import ProveHadoopClasses, SetHadoopClassPath
from ..operations.hdfsprove import DataNodesLive, ExistingAnswers, NameNodeReady
from ..operations.hdfsstorage import MakeDataDirs
from ..operations.home import InstallHome, Obtain, archive_counts
from ..operations.java import InstallJava
from ..product import HADOOP
from ..spec import HERE
from .stages import Context, Steps


def obtain_hadoop(wish: Desired, context: Context) -> Steps:
    hdfs = wish.hdfs
    if hdfs is not None:
        targets = tuple((host.name, hdfs.home) for host in wish.spec.hosts)
        version, tar = hdfs.hadoop.version, context.hadoop_tar
        yield Obtain(HERE, version, context.hadoop_choices, tar, targets, hdfs.conf_dir, HADOOP)


def hadoop_java(wish: Desired, context: Context) -> Steps:
    """A Java of its own where none that is there suits both; the master's is no source, it may be Flink's alone."""
    del context
    if wish.hdfs is not None:
        for name, node in wish.hdfs.nodes.items():
            yield InstallJava(name, node.java, purpose="Hadoop")


def install_hadoop(wish: Desired, context: Context) -> Steps:
    """On every node: a DataNode runs from it, and Flink takes its classes from it."""
    hdfs = wish.hdfs
    if hdfs is not None:
        named = archive_counts(context.hadoop_choices)
        for host in wish.spec.hosts:
            yield InstallHome(
                host.name,
                hdfs.home,
                hdfs.hadoop.version,
                context.hadoop_tar,
                context.run_id,
                named,
                hdfs.conf_dir,
                HADOOP,
            )


def configure_hdfs(wish: Desired, context: Context) -> Steps:
    del context
    hdfs = wish.hdfs
    if hdfs is None:
        return
    entries = tuple(host.address for host in hdfs.datanodes)
    for name, node in hdfs.nodes.items():
        home, conf = hdfs.home, hdfs.conf_dir
        yield WriteSite(name, home, conf, CORE, node.core)
        yield WriteSite(name, home, conf, SITE, node.site)
        yield WriteHadoopEnv(name, home, conf, hdfs.hadoop, node.java)
        yield WriteList(name, home, hdfs.hadoop.workers_file, entries, conf, HADOOP)
        if hdfs.hadoop.masters_file:
            # On 1.2 this names the hosts of a SecondaryNameNode for start-dfs.sh.
            yield WriteList(name, home, hdfs.hadoop.masters_file, (hdfs.namenode.address,), conf, HADOOP)


def format_of(hdfs: Hdfs, state: str, run_id: str) -> FormatNameNode:
    """The guarded format of this HDFS."""
    own = hdfs.nodes[hdfs.namenode.name].name_dirs
    return FormatNameNode(
        hdfs.namenode.name,
        hdfs.hadoop,
        hdfs.home,
        hdfs.conf_dir,
        own,
        tuple((name, node.directories) for name, node in hdfs.nodes.items() if node.directories),
        hdfs.may_format,
        note_of(state),
        run_id,
        tuple(name for name, node in hdfs.nodes.items() if node.unreadable),
    )


def data_dirs_of(hdfs: Hdfs, name: str) -> MakeDataDirs:
    """The directories of the DataNode on that host."""
    node, namenode = hdfs.nodes[name], hdfs.namenode.name
    return MakeDataDirs(
        name, hdfs.hadoop, node.data_dirs, namenode, hdfs.nodes[namenode].name_dirs, node.left
    )


def format_namenode(wish: Desired, context: Context) -> Steps:
    if wish.hdfs is not None:
        yield format_of(wish.hdfs, context.state, context.run_id)


def data_dirs(wish: Desired, context: Context) -> Steps:
    """After the format: then it is known which HDFS a directory must belong to."""
    del context
    if wish.hdfs is not None:
        for host in wish.hdfs.datanodes:
            yield data_dirs_of(wish.hdfs, host.name)


def _start(wish: Desired, hdfs: Hdfs, host: str, kind: Daemon) -> StartHadoop:
    names = hdfs.nodes[hdfs.namenode.name].name_dirs
    return StartHadoop(
        host,
        hdfs.home,
        wish.line,
        rests=wish.rests[:1],
        hadoop=hdfs.hadoop,
        kind=kind,
        conf_dir=hdfs.conf_dir,
        dirs=names if kind == "namenode" else (),
        namenode="" if kind == "namenode" else hdfs.namenode.name,
        data=None if kind == "namenode" else data_dirs_of(hdfs, host),
    )


def start_namenode(wish: Desired, context: Context) -> Steps:
    del context
    if wish.hdfs is not None and wish.spec.start.hdfs:
        yield _start(wish, wish.hdfs, wish.hdfs.namenode.name, "namenode")


def start_datanodes(wish: Desired, context: Context) -> Steps:
    del context
    if wish.hdfs is not None and wish.spec.start.hdfs:
        for host in wish.hdfs.datanodes:
            yield _start(wish, wish.hdfs, host.name, "datanode")


def verify_hdfs(wish: Desired, context: Context) -> Steps:
    hdfs = wish.hdfs
    if hdfs is not None and wish.spec.start.hdfs:
        name = hdfs.namenode.name
        datanodes = tuple(host.name for host in hdfs.datanodes)
        yield NameNodeReady(name, hdfs.web, hdfs.logs)
        yield DataNodesLive(name, hdfs.web, hdfs.logs, datanodes)
        trip = WriteAndReadBack(
            name,
            hdfs.hadoop,
            hdfs.home,
            hdfs.conf_dir,
            hdfs.web,
            name,
            datanodes,
            context.state,
            context.run_id,
        )
        yield trip
        yield FileCameBack(name, trip)
    told = wish.joined
    if hdfs is None and told is not None:
        nodes = tuple(host.name for host in wish.spec.hosts)
        yield ExistingAnswers(wish.spec.master.name, told.webs, told.rpc, told.address, nodes)


def join_flink(wish: Desired, context: Context) -> Steps:
    """Before Flink starts, so that its daemons see the classes; its configuration is written with Flink's own."""
    del context
    told = wish.joined
    if told is not None and join_of(wish.spec.flink.version).class_path:
        for host in wish.spec.hosts:
            yield SetHadoopClassPath(host.name, told.client, told.conf_dir)
            yield ProveHadoopClasses(host.name)


def _stop(wish: Desired, hdfs: Hdfs, host: str, kind: Daemon) -> StopHadoop:
    return StopHadoop(
        host,
        hdfs.home,
        wish.line,
        rests=wish.rests[:1],
        hadoop=hdfs.hadoop,
        kind=kind,
        conf_dir=hdfs.conf_dir,
    )


def stop_datanodes(wish: Desired, context: Context) -> Steps:
    del context
    if wish.hdfs is not None:
        for host in wish.hdfs.datanodes:
            yield _stop(wish, wish.hdfs, host.name, "datanode")


def retire_datanodes(wish: Desired, context: Context) -> Steps:
    """Each DataNode; the plan keeps those of the hosts that go. How many these are is in `context.leaving`."""
    hdfs = wish.hdfs
    if hdfs is None:
        return
    together = sum(host.name in context.leaving for host in hdfs.datanodes)
    for host in hdfs.datanodes:
        if host.name in context.leaving:
            yield RetireDataNode(
                host.name,
                hdfs.home,
                wish.line,
                rests=wish.rests[:1],
                hadoop=hdfs.hadoop,
                kind="datanode",
                conf_dir=hdfs.conf_dir,
                web=hdfs.web,
                namenode=hdfs.namenode.name,
                replication=hdfs.replication,
                together=together,
                datanodes=tuple(one.name for one in hdfs.datanodes),
            )


def stop_namenode(wish: Desired, context: Context) -> Steps:
    del context
    if wish.hdfs is not None:
        yield _stop(wish, wish.hdfs, wish.hdfs.namenode.name, "namenode")
