"""Plans over a cluster that is installed: start, stop, restart, and taking a worker out of service.

The same operations as in an install, in other lists.
"""

from __future__ import annotations

from ..desired import Desired
from ..operations.daemons import Kind, StopDaemon
from ..operations.prove import TaskManagerRegistered
from .hdfs import (
    configure_hdfs,
    retire_datanodes,
    start_datanodes,
    start_namenode,
    stop_datanodes,
    stop_namenode,
    verify_hdfs,
)
from .install import (
    RUN_ZOOKEEPER,
    TRY_STORAGE,
    Context,
    StageMaker,
    Steps,
    configure,
    record,
    start_jobmanager,
    start_taskmanagers,
    verify,
)


def stop_daemon(wish: Desired, host: str, kind: Kind) -> StopDaemon:
    spec, home = wish.spec, wish.spec.flink.home
    return StopDaemon(host, home, wish.line, kind, spec.conf_dir, wish.rest, spec.master.name, wish.rests[1:])


def stop_taskmanagers(wish: Desired, context: Context) -> Steps:
    del context
    spec = wish.spec
    for worker in spec.workers:
        yield stop_daemon(wish, worker.name, "taskmanager")


def stop_jobmanager(wish: Desired, context: Context) -> Steps:
    del context
    spec = wish.spec
    for host in spec.jobmanagers:
        yield stop_daemon(wish, host.name, "jobmanager")


def stop_zookeeper(wish: Desired, context: Context) -> Steps:
    """Flink's own, and last: a JobManager that loses it gives up what it does."""
    del context
    spec = wish.spec
    for name in spec.ha.nodes if spec.ha else ():
        yield stop_daemon(wish, name, "zookeeper")


def verify_hosts(wish: Desired, context: Context) -> Steps:
    """One proof a worker, so that a plan of some hosts keeps theirs."""
    del context
    spec, line = wish.spec, wish.line
    for worker in spec.workers:
        yield TaskManagerRegistered(
            worker.name,
            line,
            wish.rest,
            spec.flink.home,
            spec.master.name,
            worker.address,
            wish.log_dir,
            wish.nodes[worker.name].taskmanagers,
        )


START: tuple[tuple[str, StageMaker], ...] = (
    *RUN_ZOOKEEPER,
    ("Start the NameNode", start_namenode),
    ("Start the DataNodes", start_datanodes),
    ("Verify HDFS", verify_hdfs),
    ("Start the JobManager", start_jobmanager),
    ("Start the TaskManagers", start_taskmanagers),
    ("Verify", verify),
)

START_HOSTS: tuple[tuple[str, StageMaker], ...] = (*START[:-1], ("Verify", verify_hosts))
"""Some hosts of a cluster: what was left stopped elsewhere is nobody's failure."""

STOP: tuple[tuple[str, StageMaker], ...] = (
    ("Stop the TaskManagers", stop_taskmanagers),
    ("Stop the JobManager", stop_jobmanager),
    ("Stop ZooKeeper", stop_zookeeper),
    ("Stop the DataNodes", stop_datanodes),
    ("Stop the NameNode", stop_namenode),
)

STOP_JOBMANAGERS: tuple[tuple[str, StageMaker], ...] = (("Stop the JobManager", stop_jobmanager),)

TAKE_OUT: tuple[tuple[str, StageMaker], ...] = (
    ("Retire the DataNodes", retire_datanodes),
    ("Stop the TaskManagers", stop_taskmanagers),
)
"""For hosts that go: where a DataNode must stay, its TaskManager is not stopped either."""

RELIST: tuple[tuple[str, StageMaker], ...] = (
    ("Configure HDFS", configure_hdfs),
    ("Start the NameNode", start_namenode),
    ("Start the DataNodes", start_datanodes),
    ("Verify HDFS", verify_hdfs),
    ("Configure Flink", configure),
    *RUN_ZOOKEEPER,
    *TRY_STORAGE,
    ("Start the JobManager", start_jobmanager),
    ("Start the TaskManagers", start_taskmanagers),
    ("Verify", verify),
    ("Record", record),
)
"""After a worker or a standby has gone: the others list one less, and the cluster is proved with what it has now."""
