"""High availability as stages: Flink's own ZooKeeper, and the storage directory that the JobManagers share.

Every stage is a function from what is desired to its steps, and empty without high availability. It must not know facts.
"""

from __future__ import annotations

from .. import availability
from ..desired import Desired
from ..operations.storage import (
    MarkStorage,
    NoStorageProof,
    NoteStorage,
    Storage,
    StorageShared,
    UnmarkStorage,
)
from ..operations.zookeeper import QuorumServes
from .daemons import start_daemon, stop_daemon
from .stages import Context, StageMaker, Steps


def start_zookeeper(wish: Desired, context: Context) -> Steps:
    del context
    spec = wish.spec
    if spec.start.flink and spec.ha:
        for number, name in enumerate(spec.ha.nodes, 1):
            yield start_daemon(wish, name, "zookeeper", peer=number)


def see_zookeeper(wish: Desired, context: Context) -> Steps:
    """Before a JobManager is started: it would wait for ZooKeeper without end."""
    del context
    spec = wish.spec
    if spec.start.flink and spec.ha and wish.quorum:
        for host in spec.jobmanagers:
            yield QuorumServes(
                host.name, wish.quorum, wish.line, spec.flink.home, spec.ha.nodes, wish.log_dir
            )


def try_storage(wish: Desired, context: Context) -> Steps:
    storage = storage_of(wish, context)
    if storage:
        for host in storage.hosts:
            yield MarkStorage(host, storage)
    elif wish.spec.ha:
        yield NoStorageProof(wish.spec.master.name, wish.spec.ha.storage_dir)


def see_storage(wish: Desired, context: Context) -> Steps:
    storage = storage_of(wish, context)
    if storage:
        yield StorageShared(storage.master, storage)


def leave_storage(wish: Desired, context: Context) -> Steps:
    storage = storage_of(wish, context)
    if storage:
        yield NoteStorage(storage.master, storage)
        for host in storage.hosts:
            yield UnmarkStorage(host, storage)


def storage_of(wish: Desired, context: Context) -> Storage | None:
    """The storage directory that the JobManagers share, None where there is none or it is no path of theirs."""
    place = availability.storage_path(wish.spec)
    hosts = tuple(host.name for host in wish.spec.jobmanagers)
    return Storage(place, hosts, context.run_id, f"{context.state}/storage.json") if place else None


def stop_zookeeper(wish: Desired, context: Context) -> Steps:
    """Flink's own, and last: a JobManager that loses it gives up what it does."""
    del context
    spec = wish.spec
    for name in spec.ha.nodes if spec.ha else ():
        yield stop_daemon(wish, name, "zookeeper")


RUN_ZOOKEEPER: tuple[tuple[str, StageMaker], ...] = (
    ("Start ZooKeeper", start_zookeeper),
    ("ZooKeeper", see_zookeeper),
)

TRY_STORAGE: tuple[tuple[str, StageMaker], ...] = (
    ("Try the storage directory", try_storage),
    ("Storage directory", see_storage),
    ("Leave the storage directory", leave_storage),
)
