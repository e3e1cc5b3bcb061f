"""The log as lines: every command with its host, status, time and output, the newest tens of thousands.

Knows events and how a line of the log is worded. It must not know how lines are drawn; it outlives every pane.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from wizard import events
from wizard.events import Event
from wizard.showing import Commands, command_title
from wizard.text import clean, one_line
from wizard.words import counted, name_of

MOST = 50_000
"""Lines that are kept; the oldest go first."""

LONGEST = 2_000
"""Characters of a line that are kept."""

State = Literal["plain", "dim", "running", "good", "bad", "warn", "said", "stage"]

MARKS = {"running": "…", "good": "✓", "bad": "✗", "warn": "!"}


@dataclass(slots=True)
class Line:
    """One line. `detail` are the lines of a script or a diff, shown on demand alone. `at`: s since the epoch."""

    serial: int
    at: float
    host: str
    text: str
    state: State = "plain"
    status: str = ""
    seconds: float | None = None
    detail: bool = False
    low: str = ""
    """The text in small letters, once it was searched."""

    @property
    def mark(self) -> str:
        """Mark and exit status, as in "✗ 127"; at most five columns."""
        return f"{MARKS.get(self.state, '')} {self.status}".strip()[:5]

    @property
    def took(self) -> str:
        return "" if self.seconds is None else duration(self.seconds)

    @property
    def time(self) -> str:
        return time.strftime("%H:%M:%S", time.localtime(self.at))

    def written(self, width: int) -> str:
        """The line as it is copied and saved, the host in a column of this width."""
        host = name_of(self.host)[:width] if self.host else ""
        return f"{self.time} {host:<{width}} {self.mark:<5} {self.took:>6}  {self.text}".rstrip()


@dataclass(slots=True)
class _Open:
    """A command that runs: its line, and whether its output was already told."""

    line: Line
    told: bool = False


@dataclass(slots=True)
class LogBook:
    """Takes events in order and keeps their lines; `changes` grows with every change, for whoever draws."""

    most: int = MOST
    lines: list[Line] = field(default_factory=list[Line])
    commands: int = 0
    failed: int = 0
    changes: int = 0
    width: int = 5
    """Columns for the longest host name, within bounds."""
    hosts: dict[str, int] = field(default_factory=dict[str, int])
    """Host → lines that were ever written about it, in the order of appearance."""
    _serial: int = 0
    _open: dict[str, _Open] = field(default_factory=dict[str, _Open])
    _titles: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _rests: dict[str, str] = field(default_factory=dict[str, str])
    _shown: Commands = field(default_factory=Commands)

    def take(self, at: float, event: Event) -> None:
        """Write down what this event tells, if anything."""
        writer = _WRITERS.get(type(event))
        if writer is not None:
            writer(self, at, event)
            self.changes += 1
            if len(self.lines) > self.most + self.most // 10:
                self.trim()

    def trim(self) -> None:
        """Let the oldest lines go."""
        if len(self.lines) > self.most:
            del self.lines[: len(self.lines) - self.most]

    def text(self, wanted: Callable[[Line], bool] = lambda line: True) -> str:
        """The lines as text, to copy and to save."""
        return "".join(f"{line.written(self.width)}\n" for line in self.lines if wanted(line))

    @property
    def count(self) -> str:
        """As in "14 commands · 0 failed"."""
        return f"{counted(self.commands, 'command')} · {self.failed} failed"

    # What each event becomes

    def _add(self, at: float, host: str, text: str, state: State = "plain", **more: object) -> Line:
        self._serial += 1
        text = clean(text).expandtabs(4)
        if len(text) > LONGEST:
            text = text[: LONGEST - 1] + "…"
        line = Line(self._serial, at, host, text, state, **more)  # pyright: ignore[reportArgumentType]
        self.lines.append(line)
        if host not in self.hosts:
            self.hosts[host] = 0
            self.width = min(max(self.width, len(name_of(host))), 16)
        self.hosts[host] += 1
        return line

    def _because(self, at: float, host: str, cause: str, evidence: str, action: str) -> None:
        for label, text in (("why", cause), ("seen", evidence), ("next", action)):
            for part in clean(text).splitlines():
                self._add(at, host, f"{label + ':' if label else '':<5} {part}")
                label = ""

    def _started(self, at: float, event: events.CommandStarted) -> None:
        self.commands += 1
        self._open[event.host] = _Open(self._add(at, event.host, self._head(event), "running"))
        for detail in self._shown.lines(event.command, event.host):
            self._add(at, event.host, f"    {detail}", "dim", detail=True)

    def _head(self, event: events.CommandStarted | events.CommandFinished) -> str:
        """A command in one line; a script by what it is for, or what its operation is."""
        head = command_title(event.command)
        if head.startswith("run a script"):
            return f"$ sh  # {self._titles.get((event.host, event.operation), head)}"
        return head

    def _finished(self, at: float, event: events.CommandFinished) -> None:
        self._rest(at, event.host)
        opened = self._open.pop(event.host, None)
        if opened is None:
            self.commands += 1
            opened = _Open(self._add(at, event.host, self._head(event)))
        good = event.status == 0
        self.failed += not good
        opened.line.state = "good" if good else "bad"
        opened.line.status = "" if good or event.status is None else str(event.status)
        opened.line.seconds = event.seconds
        if not opened.told:
            for part in event.tail.splitlines():
                self._add(at, event.host, f"  {part}", "plain" if good else "said")

    def _output(self, at: float, event: events.OutputArrived) -> None:
        opened = self._open.get(event.host)
        if opened is not None:
            opened.told = True
        *whole, rest = (self._rests.pop(event.host, "") + event.text).split("\n")
        for part in whole:
            self._add(at, event.host, f"  {part}")
        if len(rest) > LONGEST:
            self._add(at, event.host, f"  {rest}")
        elif rest:
            self._rests[event.host] = rest

    def _rest(self, at: float, host: str) -> None:
        """The last line of an output need not end."""
        rest = self._rests.pop(host, "")
        if rest:
            self._add(at, host, f"  {rest}")

    def _looked(self, at: float, event: events.HostLooked) -> None:
        if event.failure:
            self._add(at, event.host, f"not read: {one_line(event.failure)}", "bad", seconds=event.seconds)
            self._because(at, event.host, "", "", event.action)
        else:
            self._add(at, event.host, "read", "good", seconds=event.seconds)

    def _began(self, at: float, event: events.OperationStarted) -> None:
        self._titles[event.host, event.operation] = event.title

    def _operation(self, at: float, event: events.OperationFinished) -> None:
        self._titles.pop((event.host, event.operation), None)
        words, state = _OUTCOMES[event.status]
        self._add(at, event.host, f"{event.title}: {words}", state, seconds=event.seconds or None)
        if event.status != "satisfied":
            self._because(at, event.host, event.cause, event.evidence, event.action)

    def _proof(self, at: float, event: events.ProofMade) -> None:
        seen = f": {event.observed}" if event.observed else ""
        if event.skipped:
            self._add(at, event.host, f"{event.title}: left out{seen}", "warn")
        elif event.good:
            self._add(at, event.host, f"{event.title}{seen}", "good")
        else:
            wanted = f" (wanted: {event.wanted})" if event.wanted else ""
            self._add(at, event.host, f"{event.title}{seen or ': not so'}{wanted}", "bad")
            self._because(at, event.host, "", event.evidence, event.action)

    def _dropped(self, at: float, event: events.HostDropped) -> None:
        self._rest(at, event.host)
        self._open.pop(event.host, None)
        self._add(at, event.host, "takes no further part in this run", "bad")
        self._because(at, event.host, event.cause, event.evidence, event.action)

    def _run(self, at: float, event: events.RunStarted) -> None:
        self._add(at, "", f"Run {event.run_id} of cluster {event.cluster} begins.", "stage")

    def _stage(self, at: float, event: events.StageStarted) -> None:
        self._add(at, "", f"{event.title} ({event.number} of {event.of})", "stage")

    def _ended(self, at: float, event: events.RunFinished) -> None:
        state: State = {"done": "good", "cancelled": "warn"}.get(event.outcome, "bad")  # type: ignore[assignment]
        words = f"Run {event.run_id}: {event.outcome}, {event.changed} changed, {event.failed} failed"
        self._add(at, "", f"{words}. {event.note}".rstrip(), state, seconds=event.seconds)

    def _note(self, at: float, event: events.Note) -> None:
        for part in clean(event.text).splitlines():
            self._add(at, event.host, part)

    def _paused(self, at: float, event: events.Paused) -> None:
        self._add(at, event.host, f"{event.title}: failed, the run waits here for your choice", "warn")

    def _consent(self, at: float, event: events.ConsentAsked) -> None:
        jobs = counted(len(event.jobs), "running job")
        self._add(at, event.host, f"{event.title}: would end {jobs}, the run waits for a yes or a no", "warn")


_OUTCOMES: dict[str, tuple[str, State]] = {
    "changed": ("changed", "good"),
    "satisfied": ("is so already", "dim"),
    "failed": ("failed", "bad"),
    "skipped": ("left out", "warn"),
    "pending": ("pending", "warn"),
    "cancelled": ("cancelled", "warn"),
}

_WRITERS: dict[type, Callable[[LogBook, float, Event], None]] = {
    events.RunStarted: LogBook._run,
    events.HostLooked: LogBook._looked,
    events.StageStarted: LogBook._stage,
    events.OperationStarted: LogBook._began,
    events.OperationFinished: LogBook._operation,
    events.CommandStarted: LogBook._started,
    events.CommandFinished: LogBook._finished,
    events.OutputArrived: LogBook._output,
    events.HostDropped: LogBook._dropped,
    events.ProofMade: LogBook._proof,
    events.RunFinished: LogBook._ended,
    events.Note: LogBook._note,
    events.Paused: LogBook._paused,
    events.ConsentAsked: LogBook._consent,
}  # type: ignore[assignment]
"""The events that are written down, and how."""


def duration(seconds: float) -> str:
    """As in "0.07 s", "12 s" or "3:05"."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def found(lines: list[Line], words: str) -> Iterator[int]:
    """The places of the lines that hold these words, in capital or small letters."""
    small = words.lower()
    for place, line in enumerate(lines):
        if not line.low:
            line.low = f"{line.host} {line.text}".lower()
        if small in line.low:
            yield place
