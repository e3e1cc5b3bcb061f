"""A sink that prints a run line by line: for a terminal, a serial console, a log file.

Knows events and words. It must not know hosts, plans or what is done with a failure.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from . import events
from .events import Event
from .facts import LoginFailure
from .findings import Finding, blocking
from .showing import Commands
from .terminal import Terminal
from .text import clean
from .words import amount, counted, name_of


class Printer:
    """Prints what matters of a run: what was changed, what failed and why, what was proved.

    With `verbose` every command and satisfied operation is printed too. What goes on just now is drawn over one
    line; where lines cannot be redrawn, bytes that move get a line every `every` seconds.
    """

    def __init__(
        self,
        terminal: Terminal,
        verbose: bool = False,
        every: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._every = every
        self._clock = clock
        self._width = 8
        self._stage = ""
        self._running: dict[str, str] = {}
        self._moving: dict[str, tuple[int, int | None]] = {}
        self._told = clock()
        self._explained: dict[str, str] = {}
        self._commands = Commands()
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
                self._stage = event.title
                self._running.clear()
                self._moving.clear()
            case events.OperationStarted():
                self._head()
                self._running[event.host] = event.title
                self._now()
            case events.OperationFinished():
                self._running.pop(event.host, None)
                self._moving.pop(event.host, None)
                self._operation(event)
                self._now()
            case events.CommandStarted() if self._verbose:
                for line in self._commands.lines(event.command, event.host):
                    self._row(event.host, self._terminal.marks.skip, line, "dim")
            case events.BytesMoved():
                self._moving[event.host] = (event.done, event.total)
                self._now()
            case events.HostDropped() if event.kind != "cancelled":
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
        match event.status:
            case "changed":
                self._row(event.host, marks.good, f"{event.title}  ({event.seconds:.1f} s)", "green")
            case "satisfied":
                if self._verbose:
                    self._row(event.host, marks.skip, f"{event.title}: is so already", "dim")
            case "failed":
                self._row(event.host, marks.bad, event.title, "red")
                self._why(event.cause, event.evidence, event.action)
                self._explained[event.host] = event.cause
            case "pending":
                self._row(event.host, marks.warn, f"{event.title}: pending", "yellow")
                self._why(event.cause, event.evidence, event.action)
            case "skipped":
                self._row(event.host, marks.skip, f"{event.title}: left out, {event.cause}", "yellow")
            case "cancelled":
                self._row(event.host, marks.warn, f"{event.title}: cancelled", "yellow")

    def _head(self) -> None:
        """The stage's title, once something happens in it."""
        if self._stage:
            self._terminal.line(self._terminal.paint(f"== {clean(self._stage)}", "bold"))
            self._stage = ""
            self._told = self._clock()

    def _now(self) -> None:
        """What goes on: drawn over one line, or told now and then."""
        if self._terminal.redraw:
            self._terminal.over(self._going_on(self._terminal.width))
        elif self._moving and self._clock() - self._told >= self._every:
            self._told = self._clock()
            self._terminal.line(self._going_on(200))

    def _going_on(self, width: int) -> str:
        if self._moving:
            many = "  " + "   ".join(
                f"{name_of(host)} {amount(*moved)}" for host, moved in sorted(self._moving.items())
            )
            if len(many) < width:
                return many
            sent = sum(done for done, _ in self._moving.values())
            return f"  {counted(len(self._moving), 'host')}: {amount(sent, sum(of or 0 for _, of in self._moving.values()))}"
        titles = sorted(set(self._running.values()))
        where = ", ".join(name_of(host) for host in sorted(self._running))
        return f"  {where}: {clean('; '.join(titles))} …" if titles else ""

    def _dropped(self, event: events.HostDropped) -> None:
        told = event.kind in {"operation", "proof"} or self._explained.get(event.host) == event.cause
        said = "takes no further part in this run" + ("" if told else f": {event.cause}")
        self._row(event.host, self._terminal.marks.bad, said, "red")
        if not told:
            self._why("", event.evidence, event.action)

    def _proof(self, event: events.ProofMade) -> None:
        marks = self._terminal.marks
        if event.good:
            seen = "" if event.observed in {"", event.wanted} else f": {event.observed}"
            self._row(event.host, marks.good, f"{event.title}{seen}", "green")
        elif event.skipped:
            self._row(event.host, marks.skip, f"{event.title}: left out, {event.observed}", "yellow")
        else:
            wanted = f" (wanted: {event.wanted})" if event.wanted else ""
            self._row(event.host, marks.bad, f"{event.title}: {event.observed}{wanted}", "red")
            self._why("", event.evidence, event.action)

    def unreached(self, host: str, failure: LoginFailure) -> None:
        """A host that could not be looked at, as a row of a table of hosts."""
        with self._lock:
            mark = self._terminal.paint(self._terminal.marks.bad, "red")
            self._terminal.line(f"{mark} {name_of(host)}: {clean(failure.cause)}")
            self._why("", failure.evidence, failure.action)

    def finding(self, finding: Finding) -> None:
        """One finding with its evidence and what mends it."""
        with self._lock:
            colour = {"error": "red", "warning": "yellow", "info": "blue"}[finding.severity]
            planned = finding.severity == "error" and not blocking((finding,))
            label = self._terminal.paint(*("planned", "blue") if planned else (finding.severity, colour))
            where = ", ".join(name_of(host) for host in finding.hosts)
            self._explained |= dict.fromkeys(finding.hosts, finding.observed)
            self._terminal.line(f"{label}  {where}: {clean(finding.title)}  [{clean(finding.id)}]")
            self._told_of("seen", "\n".join((finding.observed.rstrip("."), *finding.evidence[:6])))
            self._told_of("wanted", finding.wanted)
            self._told_of("why", finding.why)
            if finding.fix is not None and planned:
                self._told_of("next", f"{finding.fix.title}: part of this plan")
            elif finding.fix is not None:
                self._told_of("next", "\n  ".join((finding.fix.title, *finding.fix.commands)))

    def _why(self, cause: str, evidence: str, action: str) -> None:
        self._told_of("why", cause)
        self._told_of("seen", evidence)
        self._told_of("next", action)

    def _told_of(self, label: str, text: str) -> None:
        """A labelled part below a row; nothing where there is nothing to say."""
        for line in clean(text).splitlines():
            self._terminal.line(f"      {label + ':' if label else '':<7} {line}".rstrip())
            label = ""

    def _row(self, host: str, mark: str, text: str, colour: str) -> None:
        self._head()
        name = name_of(host).ljust(self._width)
        self._terminal.line(f"  {self._terminal.paint(mark, colour)} {name}  {clean(text)}")
