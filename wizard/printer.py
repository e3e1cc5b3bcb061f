"""A sink that prints a run line by line: for a terminal, a serial console, a log file.

Knows events and words. It must not know hosts, plans or what is done with a failure.
"""

from __future__ import annotations

import threading

from . import events
from .events import Event
from .findings import Finding
from .spec import HERE
from .terminal import Terminal
from .text import clean


class Printer:
    """Prints what matters of a run: what was changed, what failed and why, what was proved.

    With `verbose` every command and satisfied operation is printed too.
    """

    def __init__(self, terminal: Terminal, verbose: bool = False) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._width = 8
        self._moving: dict[str, tuple[int, int | None]] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._print(event)

    def _print(self, event: Event) -> None:
        match event:
            case events.RunStarted():
                self._width = max((len(name_of(host)) for host in event.hosts), default=8)
            case events.HostLooked():
                self._looked(event)
            case events.StageStarted():
                self._moving.clear()
                self._terminal.line(
                    self._terminal.paint(f"[{event.number}/{event.of}] {event.title}", "bold")
                )
            case events.OperationFinished():
                self._operation(event)
            case events.CommandStarted() if self._verbose:
                self._row(event.host, "$", event.line.replace("\n", "\n" + " " * 6), "dim")
            case events.BytesMoved():
                self._bytes(event)
            case events.HostDropped():
                self._dropped(event)
            case events.ProofMade():
                self._proof(event)
            case events.Note():
                self._terminal.line(f"  {clean(event.text)}")
            case _:
                pass

    def _looked(self, event: events.HostLooked) -> None:
        self._width = max(self._width, len(name_of(event.host)))
        if self._verbose and not event.failure:
            self._row(event.host, self._terminal.marks.good, f"read in {event.seconds:.2f} s", "dim")

    def _operation(self, event: events.OperationFinished) -> None:
        marks = self._terminal.marks
        self._moving.pop(event.host, None)
        match event.status:
            case "changed":
                self._row(event.host, marks.good, f"{event.title}  ({event.seconds:.1f} s)", "green")
            case "satisfied":
                if self._verbose:
                    self._row(event.host, marks.skip, f"{event.title}: is so already", "dim")
            case "failed":
                self._row(event.host, marks.bad, event.title, "red")
                self._why(event.cause, event.evidence, event.action)
            case "pending":
                self._row(event.host, marks.warn, f"{event.title}: pending", "yellow")
                self._why(event.cause, event.evidence, event.action)
            case "skipped":
                self._row(event.host, marks.skip, f"{event.title}: left out, {event.cause}", "yellow")
            case "cancelled":
                self._row(event.host, marks.warn, f"{event.title}: cancelled", "yellow")

    def _bytes(self, event: events.BytesMoved) -> None:
        self._moving[event.host] = (event.done, event.total)
        parts = [f"{name_of(host)} {amount(*moved)}" for host, moved in sorted(self._moving.items())]
        self._terminal.over("  " + "   ".join(parts))

    def _dropped(self, event: events.HostDropped) -> None:
        said = f"takes no further part: {event.cause}"
        self._row(event.host, self._terminal.marks.bad, said, "red")
        if event.kind not in {"operation", "proof"}:
            self._why("", event.evidence, event.action)

    def _proof(self, event: events.ProofMade) -> None:
        marks = self._terminal.marks
        if event.good:
            self._row(event.host, marks.good, f"{event.title}: {event.observed}", "green")
        elif event.skipped:
            self._row(event.host, marks.skip, f"{event.title}: left out, {event.observed}", "yellow")
        else:
            wanted = f" (wanted: {event.wanted})" if event.wanted else ""
            self._row(event.host, marks.bad, f"{event.title}: {event.observed}{wanted}", "red")
            self._why("", event.evidence, event.action)

    def finding(self, finding: Finding) -> None:
        """One finding with its evidence and what mends it."""
        with self._lock:
            colour = {"error": "red", "warning": "yellow", "info": "blue"}[finding.severity]
            label = self._terminal.paint(finding.severity, colour)
            where = ", ".join(name_of(host) for host in finding.hosts)
            self._terminal.line(f"{label}  {where}: {clean(finding.title)}  [{finding.id}]")
            self._terminal.line(f"      seen: {clean(finding.observed)}; wanted: {clean(finding.wanted)}")
            for line in finding.evidence[:6]:
                self._terminal.line(f"      {clean(line)}")
            if finding.why:
                self._terminal.line(f"      why: {clean(finding.why)}")
            if finding.fix is not None:
                self._terminal.line(f"      {clean(finding.fix.title)}")
                for command in finding.fix.commands:
                    self._terminal.line(f"        {clean(command)}")

    def _why(self, cause: str, evidence: str, action: str) -> None:
        for label, text in (("why", cause), ("seen", evidence), ("next", action)):
            for line in clean(text).splitlines():
                self._terminal.line(f"      {label}: {line}")
                label = "    "

    def _row(self, host: str, mark: str, text: str, colour: str) -> None:
        name = name_of(host).ljust(self._width)
        self._terminal.line(f"  {self._terminal.paint(mark, colour)} {name}  {clean(text)}")


def name_of(host: str) -> str:
    """How the control machine and the hosts are called in front of people."""
    return "this machine" if host == HERE else clean(host)[:60]


def amount(done: int, total: int | None) -> str:
    """Bytes in MB (10^6), as "120/330 MB"."""
    mega = f"{done / 1e6:.0f}"
    return f"{mega}/{total / 1e6:.0f} MB" if total else f"{mega} MB"
