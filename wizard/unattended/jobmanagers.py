"""add-jobmanager and remove-jobmanager: JobManagers that stand by, where ZooKeeper can tell which one leads.

Knows why a second JobManager without that is refused. It must not know how hosts come and go (that is `workers`).
"""

from __future__ import annotations

import argparse
import shlex

from ..answers.editing import add_standby, remove_standby
from ..exits import Exit
from ..flink.catalogue import line_of
from ..plans.operate import STOP_JOBMANAGERS
from ..spec import ClusterSpec
from .opening import Refused, read_file, spec_of
from .workers import Role, add_as, remove_as

STANDBY = Role(
    "jobmanager",
    "standby JobManager",
    lambda spec: spec.standby,
    add_standby,
    remove_standby,
    STOP_JOBMANAGERS,
)


def add(options: argparse.Namespace) -> Exit:
    """Add standby JobManagers to the file, then apply it.

    Raises:
        Refused: the file says nothing of high availability.
    """
    spec = spec_of(read_file(options.file), options.file)
    if spec.ha is None:
        raise Refused(_second_cluster(options.file, spec, options.hosts))
    return add_as(STANDBY, options)


def remove(options: argparse.Namespace) -> Exit:
    """Stop the JobManagers of these standby hosts, take them out of the file, and tell the others."""
    return remove_as(STANDBY, options)


def _second_cluster(file: str, spec: ClusterSpec, hosts: list[str]) -> str:
    """Why a JobManager more is refused, what would make it a standby, and how one is started by hand nevertheless."""
    line = line_of(spec.flink.version)
    program, *words = line.jobmanager_start(spec.start.mode)
    command = shlex.join((f"{spec.flink.home}/bin/{program}", *words))
    way = (
        "For a standby that takes over, write ha: {zookeeper: [HOST…], storage_dir: SHARED-DIRECTORY} into the file, "
        "and run this command again."
        if line.ha is not None
        else f"Flink {line.name} knows no standby JobManagers; they came with 0.10."
    )
    return (
        f"{file}: add-jobmanager needs ha, which is not there. Nothing was changed.\n"
        "Without it a second JobManager would be a second cluster, and an empty one: the TaskManagers stay with the "
        f"JobManager of {spec.master.name}, and neither would know the jobs of the other.\n"
        f"{way}\n"
        f"If a second cluster is what you want, by hand on {', '.join(hosts)}: {command}"
    )
