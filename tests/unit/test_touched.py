"""An operation that names what its commands touch names enough: nothing else of the facts changes by it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields

import pytest

from tests.unit.worlds import HOME, cluster, flink_home, host, planned, shipped, spec, with_home
from wizard import needs
from wizard.commands import Command
from wizard.connection import Stop
from wizard.events import Sink
from wizard.facts import ClusterFacts, HostFacts
from wizard.imagined import ImaginedExecutor, ImaginedProber, World, assume_proofs
from wizard.operations.operation import Operation
from wizard.readings import Readings
from wizard.runner import Pace, Runner

READ_BY: dict[type, set[str]] = {
    needs.Account: {"user", "uid", "groups", "home", "shell", "sudo", "ssh"},
    needs.Ask: {"commands"},
    needs.Daemons: {"daemons"},
    needs.Home: {"homes"},
    needs.Known: {"known"},
    needs.Logins: {"logins"},
    needs.LogTail: {"tails"},
    needs.Machine: {"disks", "tools", "pdsh_rcmd"},
    needs.Paths: {"paths"},
}
"""Need → the fields of HostFacts that its reading fills."""

OLD_HOME = flink_home("2.3.0", shipped("2.3.0"), edited=("config.yaml",))
STARTS = {
    "bare hosts": cluster(host("m"), host("w1"), host("w2")),
    "homes to configure": cluster(*(with_home(host(name), OLD_HOME) for name in ("m", "w1", "w2"))),
    "homes to replace": cluster(*(with_home(host(name), flink_home("1.0.0")) for name in ("m", "w1", "w2"))),
}


class Comparing(ImaginedExecutor):
    """Notes, for each operation that says what it touches, the fields that changed beyond that."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.world = world
        self.told: set[str] = set()
        self.beyond: list[tuple[str, str]] = []

    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        before = self.world.facts
        super().perform(operation, commands, facts, stop, report)
        if operation.touched is None:
            return
        self.told.add(operation.id)
        after = self.world.facts
        allowed: set[str] = set().union(*(READ_BY[kind] for kind in operation.touched))
        for name in after.hosts:
            for item in fields(HostFacts):
                same = getattr(before[name], item.name) == getattr(after[name], item.name)
                if not same and (item.name not in allowed or name != operation.host):
                    self.beyond.append((operation.id, f"{name}.{item.name}"))


@pytest.mark.parametrize("start", STARTS)
def test_what_an_operation_changes_is_among_what_it_touches(start: str) -> None:
    facts = STARTS[start]
    world = World(facts)
    executor = Comparing(world)
    stop = threading.Event()
    runner = Runner(
        Readings(ImaginedProber(world), stop, facts),
        executor,
        lambda event: None,
        stop,
        side_by_side=1,
        pace=Pace(0.0),
    )
    outcome = runner.run(assume_proofs(planned(spec(), facts), world))
    assert outcome.good and HOME in world.facts["m"].homes
    assert executor.told >= {"write-config", "authorize-key"}
    assert executor.beyond == []
