"""Flink's own daemons as stages: started where they belong, and stopped.

Every stage is a function from what is desired to its steps. It must not know facts, nor what comes before or after.
"""

from __future__ import annotations

from ..desired import Desired
from ..operations.daemons import Kind, StartDaemon, StopDaemon
from .stages import Context, Steps


def start_daemon(
    wish: Desired, host: str, kind: Kind, count: int = 1, at: tuple[str, int] | None = None, peer: int = 0
) -> StartDaemon:
    spec, home = wish.spec, wish.spec.flink.home
    mode = spec.start.mode
    return StartDaemon(
        host, home, wish.line, kind, spec.conf_dir, wish.rests, count, mode, at, peer, wish.log_dir
    )


def stop_daemon(wish: Desired, host: str, kind: Kind) -> StopDaemon:
    spec, home = wish.spec, wish.spec.flink.home
    return StopDaemon(host, home, wish.line, kind, spec.conf_dir, wish.rests)


def start_jobmanager(wish: Desired, context: Context) -> Steps:
    del context
    spec = wish.spec
    if spec.start.flink:
        for host in spec.jobmanagers:
            at = (host.address, wish.rest_of(host.name).port) if spec.ha else None
            yield start_daemon(wish, host.name, "jobmanager", at=at)


def start_taskmanagers(wish: Desired, context: Context) -> Steps:
    del context
    spec = wish.spec
    if spec.start.flink:
        for worker in spec.workers:
            count = wish.nodes[worker.name].taskmanagers
            yield start_daemon(wish, worker.name, "taskmanager", count)


def stop_taskmanagers(wish: Desired, context: Context) -> Steps:
    del context
    for worker in wish.spec.workers:
        yield stop_daemon(wish, worker.name, "taskmanager")


def stop_jobmanager(wish: Desired, context: Context) -> Steps:
    del context
    for host in wish.spec.jobmanagers:
        yield stop_daemon(wish, host.name, "jobmanager")
