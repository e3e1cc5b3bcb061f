"""Reads many hosts side by side, one round trip each, and turns what they printed into facts.

Knows threads, the script and its output. It must not know how a connection is made (`open` gives one) nor
what any section asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wizard.connection import Connection, ConnectionFailed, Result, Stop
from wizard.events import HostLooked, Note, Sink, nowhere
from wizard.facts import HostFacts, LoginFailure
from wizard.keysfirst import KEYS
from wizard.needs import Need
from wizard.probes import sections_for
from wizard.probes.script import Output, Section, merged_script, parse_output

AT_ONCE = 24
"""Hosts that are read at the same time: more than log in at a time, for most of a reading is waiting for the host."""

_GRACE = 30
"""Seconds a host may need beyond the longest section: a slow machine, a slow login."""


class HostProber:
    """The Prober of real hosts. `open` gives a host's pooled connection by name, or raises ConnectionFailed.

    `own` are the names that stand for the control machine itself, whose clock has no offset.
    """

    def __init__(
        self, open: Callable[[str], Connection], own: Collection[str] = (), at_once: int = AT_ONCE
    ) -> None:
        self._open = open
        self._own = frozenset(own)
        self._at_once = max(1, at_once)

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`. A host with no requests is asked only whether it can be reached."""
        if not wanted:
            return {}
        told = report or nowhere
        with ThreadPoolExecutor(min(self._at_once, len(wanted)), "probe") as threads:
            reading = {
                name: threads.submit(self._host, name, tuple(needs), stop, told)
                for name, needs in wanted.items()
            }
            return {name: one.result() for name, one in reading.items()}

    def _host(self, name: str, needs: Sequence[Need], stop: Stop, report: Sink) -> HostFacts:
        KEYS.give_way()
        begun = time.monotonic()
        try:
            if stop.is_set():
                raise ConnectionFailed(name, "cancelled", "The reading was cancelled before it began.")
            sections = sections_for(needs)
            script = merged_script(sections)
            clock = _Clock(script.mark)
            result = self._open(name).run(
                "sh -s",
                stdin=script.text.encode("utf-8", "surrogateescape"),
                timeout=script.seconds + _GRACE,
                on_output=clock.arrived,
                stop=stop,
            )
            KEYS.give_way()
            output = parse_output(result.stdout, script.mark)
            if output.clock is None and not output.whole:
                raise _no_shell(name, result)
            facts = _facts(name, sections, output, report)
        except ConnectionFailed as lost:
            failure = LoginFailure(lost.kind, lost.cause, lost.evidence, lost.action)
            report(HostLooked(name, time.monotonic() - begun, lost.cause, lost.action, lost.kind))
            return HostFacts(name, failure=failure)
        if output.clock is not None:
            offset = 0.0 if name in self._own else clock.offset(output.clock)
            facts = facts.merged(HostFacts(name, now=output.clock, clock_offset=offset))
        report(HostLooked(name, time.monotonic() - begun))
        return facts


class _Clock:
    """Compares the host's clock with ours: its first line was printed between the sending and the arrival."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._sent = time.time()
        self._seen = b""
        self._arrival: float | None = None

    def arrived(self, stream: str, piece: bytes) -> None:
        if self._arrival is None and stream == "stdout":
            self._seen = self._seen[-len(self._mark) :] + piece
            if self._mark in self._seen:
                self._arrival = time.time()

    def offset(self, host: float) -> float | None:
        """Seconds that the host is ahead; half of the way there and back is the error."""
        if self._arrival is None:
            return None
        return host - (self._sent + self._arrival) / 2


def _facts(name: str, sections: Sequence[Section], output: Output, report: Sink) -> HostFacts:
    facts = HostFacts(name)
    for number, section in enumerate(sections):
        KEYS.give_way()
        reading = output.readings.get(number)
        if reading is None:
            status = output.ended.get(number)
            late = status in {124, 137} or status is None
            how = f"did not end within {section.seconds} s" if late else f"ended with status {status}"
            report(Note(f"Reading {section.title} on {name} {how}; it stays unknown.", name))
            continue
        try:
            fields: Mapping[str, Any] = section.read(reading)
        except (ValueError, LookupError) as wrong:
            report(
                Note(f"Reading {section.title} on {name} gave no sense ({wrong}); it stays unknown.", name)
            )
            continue
        facts = facts.merged(HostFacts(name, **fields))
    return facts


def _no_shell(name: str, result: Result) -> ConnectionFailed:
    return ConnectionFailed(
        name,
        "lost",
        f"The login on {name} works, but its shell ran nothing.",
        result.tail() or f"exit status {result.status}",
        f"Run by hand on {name}: sh -c 'echo ok'. A forced command or an exiting profile prevents it.",
    )
