"""Plans over a cluster that is installed: start, stop, restart, and taking a worker out of service.

The same operations as in an install, in other lists.
"""

from __future__ import annotations

from ..desired import Desired
from ..operations.prove import TaskManagerRegistered
from .availability import RUN_ZOOKEEPER, TRY_STORAGE, stop_zookeeper
from .daemons import start_jobmanager, start_taskmanagers, stop_jobmanager, stop_taskmanagers
from .hdfs import (
    configure_hdfs,
    retire_datanodes,
    start_datanodes,
    start_namenode,
    stop_datanodes,
    stop_namenode,
    verify_hdfs,
)
from .install import configure, record, verify
from .stages import Context, StageMaker, Steps


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
