"""What the tables of all steps have in common: a host that is being read, one that failed, and a verdict on the rest.

Knows cells and findings. It must not know any step. A row whose first cell alone holds text says something of the
whole host, and may be drawn across the columns. Sizes are MiB, times seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..facts import HostFacts
from ..findings import Finding
from ..spec import HostSpec
from ..text import one_line
from ..view import View
from .step import Cell, State

Cells = Callable[[View, HostSpec, HostFacts], tuple[Cell, ...]]
Row = Callable[[View, HostSpec], tuple[Cell, ...]]

UNKNOWN = Cell("-", "dim")
"""Not read, which is no claim."""
EMPTY = Cell("", "dim")

STATE = "state"
"""The first column of most tables: the verdict of the step on this host."""


def row_of(width: int, cells: Cells) -> Row:
    """Rows of `width` cells: `cells` for a host that was read, else one that says how far it is."""

    def row(view: View, host: HostSpec) -> tuple[Cell, ...]:
        seen = view.facts_of(host.name)
        said = unread(view, host.name)
        if said is not None or seen is None:
            return (said or EMPTY, *(EMPTY,) * (width - 1))
        return marked(view, seen, cells(view, host, seen))

    return row


def unread(view: View, host: str) -> Cell | None:
    """What to say of a host that was not read, or could not be; None when it was."""
    seen = view.facts_of(host)
    if seen is None:
        return Cell("reading" if host in view.reading else "waiting", "wait")
    if seen.failure is not None:
        return Cell(one_line(seen.failure.cause, 90) or "cannot be read", "bad")
    return None


def marked(view: View, seen: HostFacts, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The row with a word on a host that is imagined. In practice all are, and every screen says so."""
    if not seen.imagined or view.use == "practice" or not cells:
        return cells
    first = cells[0]
    state: State = "warn" if first.state == "good" else first.state
    return (replace(first, text=f"imagined, {first.text}", state=state), *cells[1:])


def verdict(view: View, host: str, concerns: frozenset[str], within: str = "") -> Cell:
    """The worst that the checks of a step say of this host, "ok" when they say nothing that matters.

    `within` is how the ids of a step may begin: what stands there need not be said again.
    """
    if view.desired is None:
        return Cell("checking", "wait")
    said = [one for one in view.findings if matters(one, host, concerns)]
    if not said:
        return Cell("ok", "good")
    worst = next((one for one in said if one.severity == "error" and not mended(one)), None)
    worst = worst or next((one for one in said if one.severity == "error"), said[0])
    rest = f" +{len(said) - 1}" if len(said) > 1 else ""
    label = worst.id.removeprefix(within).replace("-", " ")
    if worst.severity == "error" and not mended(worst):
        return Cell(label + rest, "bad")
    return Cell(f"{label}, will be mended{rest}" if mended(worst) else label + rest, "warn")


def matters(finding: Finding, host: str, concerns: frozenset[str]) -> bool:
    """Whether a finding is more than a remark, and about this host."""
    return finding.id in concerns and host in finding.hosts and finding.severity != "info"


def mended(finding: Finding) -> bool:
    """Whether an operation of the plan mends it without being asked."""
    return bool(finding.fix and finding.fix.operation and finding.fix.grade == "safe")


def state_by(view: View, host: str, *ids: str, else_: State = "plain") -> State:
    """How a value stands by what the checks with these ids say of this host."""
    said = [one for one in view.findings if one.id in ids and host in one.hosts]
    if any(one.severity == "error" and not mended(one) for one in said):
        return "bad"
    return "warn" if any(one.severity != "info" for one in said) else else_


def gib(mib: int | None) -> str:
    """A size for a table: "15.6 GiB", "512 MiB", "-" when it was not read."""
    if mib is None:
        return "-"
    if mib < 1024:
        return f"{mib} MiB"
    return f"{mib / 1024:.1f}".removesuffix(".0") + " GiB"


def size_cell(mib: int | None, state: State = "plain") -> Cell:
    return UNKNOWN if mib is None else Cell(gib(mib), state)


def number_cell(number: int | None, state: State = "plain") -> Cell:
    return UNKNOWN if number is None else Cell(str(number), state)


def age_of(view: View, host: str, now: float) -> str:
    """How long ago a host was read: "now", "12 s", "3 min", "" while it was not. `now` is seconds since the epoch."""
    when = view.read_at.get(host)
    if when is None:
        return ""
    seconds = max(0, int(now - when))
    if seconds < 2:
        return "now"
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
