"""Walks for tests: on the imagined cluster of practice, with hosts that may hang, break or wait to be told.

with walking(tmp_path, Hosts(hang={"node2"})) as walk: ...
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wizard.answers import Answers, Passwords, parse_answers
from wizard.connection import Stop
from wizard.events import Event, Sink
from wizard.facts import HostFacts, LoginFailure
from wizard.needs import Need
from wizard.parts import Prober
from wizard.practice import PracticeReach
from wizard.rehearsal import RehearsalParts, Tempo
from wizard.scenarios import practice_scenario
from wizard.secrets import Masker
from wizard.shelf import Shelf
from wizard.spec import ClusterSpec
from wizard.view import Use
from wizard.walk import Desk, Walk


class Hosts(PracticeReach):
    """The hosts of practice, without a pause. Those in `hang` answer only once they are given up or let go; reading one
    in `breaks` is a fault of the program; `changes` are laid over what is read."""

    def __init__(
        self,
        trouble: str = "nothing",
        *,
        hang: set[str] | None = None,
        breaks: set[str] | None = None,
        tempo: float = 0.0,
    ) -> None:
        super().__init__(practice_scenario(), Tempo(tempo), lambda key: False, trouble)
        self.hang = hang or set()
        self.breaks = breaks or set()
        self.changes: dict[str, Callable[[HostFacts], HostFacts]] = {}
        self.asked: list[tuple[str, str]] = []
        """(host, login) of every reading that began."""
        self.given_up: list[str] = []
        self.closed = False

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RehearsalParts:
        made = super().parts(spec, stop)
        return replace(made, prober=_Prober(self, spec, made.prober))

    def close(self) -> None:
        self.closed = True


@dataclass
class _Prober:
    hosts: Hosts
    spec: ClusterSpec
    prober: Prober

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        hosts = self.hosts
        names = set(self.spec.names)
        for host in wanted:
            hosts.asked.append((host, hosts.identity(self.spec, host) if host in names else ""))
            if host in hosts.breaks:
                raise RuntimeError("not what was thought")
            while host in hosts.hang and not hosts.closed:
                if stop.is_set():
                    hosts.given_up.append(host)
                    failure = LoginFailure("cancelled", "it was given up")
                    return {name: HostFacts(name, failure, imagined=True) for name in wanted}
                time.sleep(0.005)
        read = self.prober.read(wanted, stop, report)
        return {
            name: hosts.changes[name](facts) if name in hosts.changes else facts
            for name, facts in read.items()
        }


@dataclass
class Heard:
    """Every event of a walk."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, *kinds: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]


@contextmanager
def walking(
    place: Path,
    reach: PracticeReach | None = None,
    *,
    use: Use = "install",
    answers: str | None = None,
    **more: Any,
) -> Generator[Walk]:
    """A walk over these hosts, its files below `place`. It is an install, but nothing is real."""
    masker = Masker(())
    text = practice_scenario().answers if answers is None else answers
    given = parse_answers(text, complete=False) if text else Answers()
    walk = Walk(
        use,
        reach or Hosts(),
        Desk(Passwords(), masker),
        Shelf(masker, place / "state"),
        masker,
        answers=given,
        settle=0.02,
        **more,
    )
    with closing(walk):
        yield walk


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for what will come to hold."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.005)
