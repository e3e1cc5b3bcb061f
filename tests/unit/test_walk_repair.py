"""The walk of a repair on an imagined running cluster: what is ticked is mended, and measured again."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.running import HOME, cluster_of
from tests.unit.walks import until, walking
from wizard.facts import ClusterFacts
from wizard.imagined import ImaginedProber, World
from wizard.practice import PracticeReach
from wizard.rehearsal import RehearsalParts, Tempo
from wizard.scenarios import practice_scenario
from wizard.spec import HERE, ClusterSpec

ANSWERS = f"""version: 1
cluster: demo
user: flink
master: m
workers: [w1, w2, w3]
flink:
  version: "2.3.0"
  home: {HOME}
  config: {{taskmanager.memory.process.size: 1600m, taskmanager.numberOfTaskSlots: 2}}
"""


@dataclass
class Running(PracticeReach):
    """Hosts that hold the facts of a case, and keep what a run did to them."""

    case: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        super().__init__(practice_scenario(), Tempo(0.0), lambda key: False, "nothing")
        _, facts = cluster_of(self.case)
        self.world = World(ClusterFacts({**facts.hosts, HERE: facts["m"].__class__(HERE)}))

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RehearsalParts:
        del spec, stop
        return RehearsalParts(ImaginedProber(self.world), Tempo(0.0), world=lambda facts: self.world)

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        del spec, hosts


BROKEN = {
    "facts": {"w1": {"daemons": []}},
    "workers_file": {"m": "w1\n"},
    "conf": {"w2": {"taskmanager.numberOfTaskSlots": "7"}},
}


def serious(walk: Any) -> set[str]:
    return {one.id for one in walk.view.findings if one.severity != "info"}


@pytest.mark.parametrize("tick", [False, True])
def test_what_is_safe_is_ticked_and_what_asks_is_mended_once_it_is(tmp_path: Path, tick: bool) -> None:
    with walking(tmp_path, Running(case=BROKEN), use="repair", answers=ANSWERS) as walk:
        until(lambda: serious(walk) == {"taskmanager-down", "workers-file-wrong", "conf-out-of-sync"})
        asks = next(one for one in walk.view.findings if one.id == "conf-out-of-sync")
        assert not walk.is_ticked(asks) and all(
            walk.is_ticked(one) for one in walk.view.findings if one.id == "taskmanager-down"
        )
        walk.tick("conf-out-of-sync", tick)
        walk.review()
        until(lambda: walk.reviewed is not None)
        made = walk.reviewed
        assert made is not None and not made.refused
        done = {(step.host, step.title) for step in made.outline.steps if not step.proof}
        assert ("w1", "Start the TaskManager") in done and ("m", "List the workers in conf/workers") in done
        assert (("w2", "Write conf/config.yaml") in done) is tick
        assert not any(host == "w3" for host, _ in done)
        assert walk.confirm() == "" and walk.start()
        until(lambda: walk.view.applied in {"done", "failed"})
        walk.look_again()
        assert walk.settled(20)
        # An imagined JobManager says no more than the proofs of the plan expect of it.
        assert serious(walk) - {"rest-unreachable"} == (set() if tick else {"conf-out-of-sync"})
