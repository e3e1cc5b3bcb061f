"""The wizard with something going on behind its screens: `python -m benchmarks.busy SITUATION`, on a terminal.

Knows walks and how hosts may keep them busy. It must not know what is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wizard import events
from wizard.connection import Stop
from wizard.events import Sink
from wizard.facts import HostFacts
from wizard.needs import Need
from wizard.opening import open_walk
from wizard.parts import Prober
from wizard.practice import PracticeReach
from wizard.probes import sections_for
from wizard.probes.prober import _facts
from wizard.probes.script import merged_script, parse_output
from wizard.questions import parse_entries
from wizard.rehearsal import RehearsalParts
from wizard.spec import ClusterSpec
from wizard.walk import Walk

SITUATIONS: Mapping[str, str] = {
    "idle": "nothing goes on, three hosts",
    "burst": "20,000 log lines in a burst, every second",
    "hanging": "one host of three hangs",
    "checking": "200 hosts are read at once, and again as soon as all are read",
    "silent": "200 hosts are read, and none answers",
    "ssh": "the same 200, over ssh",
}

LINES = 20_000

SOONEST, LATEST = 0.1, 1.0
"""Seconds that an imagined host takes to answer, each always as long."""


class DistantHosts(PracticeReach):
    """The hosts of practice far away: each answers after a while of its own, those in `hang` never. What a real host
    printed is parsed at every reading, so that a reading computes as much as a real one does once it is connected."""

    hang: frozenset[str] = frozenset()
    every: bool = False
    printed: str = ""
    _lock_printed = threading.Lock()

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RehearsalParts:
        made = super().parts(spec, stop)
        return replace(made, prober=_DistantProber(self, made.prober))

    def parsed(self, host: str, needs: Sequence[Need]) -> None:
        sections = sections_for(needs)
        script = merged_script(sections)
        with self._lock_printed:
            if not self.printed:
                ran = subprocess.run(["sh", "-s"], input=script.text, capture_output=True, text=True)
                DistantHosts.printed = ran.stdout.replace(script.mark, "@MARK@")
        output = parse_output(self.printed.replace("@MARK@", script.mark).encode(), script.mark)
        _facts(host, sections, output, events.nowhere)


@dataclass
class _DistantProber:
    reach: DistantHosts
    prober: Prober

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        for host, needs in wanted.items():
            share = hashlib.sha256(host.encode()).digest()[0] / 255
            hangs = self.reach.every or host in self.reach.hang
            until = time.monotonic() + (3600.0 if hangs else SOONEST + share * (LATEST - SOONEST))
            while time.monotonic() < until and not stop.is_set():
                time.sleep(min(0.1, max(until - time.monotonic(), 0.0)))
            if not stop.is_set():
                self.reach.parsed(host, needs)
        return self.prober.read(wanted, stop, report)


def _burst(walk: Walk) -> None:
    while True:
        for number in range(LINES):
            walk._tell(events.OutputArrived("node1", "stdout", f"line {number} of a long output\n"))
        time.sleep(1.0)


def _again(walk: Walk) -> None:
    while True:
        walk.settled(60.0)
        walk.look_again()
        time.sleep(0.3)


def _far(walk: Walk, situation: str) -> None:
    """Take the hosts of the walk into the distance."""
    walk._reach.__class__ = DistantHosts
    reach = walk._reach
    assert isinstance(reach, DistantHosts)
    reach.tempo.seconds = 0.0
    reach.every = situation == "silent"
    if situation == "hanging":
        reach.hang = frozenset({"node2"})
        walk.look_again()
    else:
        walk.decide("workers", parse_entries("worker[001-200]"))


def main(situation: str, answers: str = "", state: str = "") -> int:
    from screens.app import run

    if situation == "ssh":
        options = argparse.Namespace(state_dir=state, answers=answers)
        use = "install"
    else:
        options = argparse.Namespace(state_dir=None, trouble="nothing")
        use = "practice"
    with open_walk(options, use) as walk:
        if situation in ("checking", "silent", "hanging"):
            _far(walk, situation)
        does = {"burst": _burst, "checking": _again, "ssh": _again}.get(situation)
        if does is not None:
            threading.Thread(target=does, args=(walk,), daemon=True).start()
        return run(walk)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.exit(main(*sys.argv[1:]))
