"""How the memory of a host divides, drawn as a bar: a piece for each part, with its letter, and a legend with numbers.

Knows parts and their sizes. It must not know how they are computed. Sizes are MiB, shown in GiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from wizard.steps.cells import gib
from wizard.steps.division import Division, Part, divisions
from wizard.steps.typed import names
from wizard.view import View

from .extra import Extra
from .inked import ink, marked

PIECES: Mapping[str, tuple[str, str]] = {
    "heap": ("h", "$secondary"),
    "managed": ("m", "$primary"),
    "network": ("n", "$accent"),
    "off-heap": ("o", "$secondary-lighten-2"),
    "metaspace": ("s", "$success"),
    "overhead": ("v", "$success-darken-2"),
    "JVM": ("v", "$success-darken-2"),
    "JobManager": ("J", "$accent-darken-2"),
    "system": ("·", "$panel"),
}
"""Part → its letter and its colour; the letter tells it where there is no colour."""

MOST = 6
"""Bars that are drawn; more classes of hosts than that are counted."""


class MemoryBar(Widget):
    """One class of hosts: a line that names them, the bar, the legend."""

    DEFAULT_CSS = """
    MemoryBar { height: auto; width: 1fr; margin: 0 0 1 0; }
    """

    def __init__(self, division: Division) -> None:
        super().__init__()
        self.division = division

    def render(self) -> Content:
        one, width = self.division, max(self.size.width, 20)
        parts: list[Content | str] = [_title(one), "\n"]
        if one.problem:
            return Content.assemble(*parts, marked("bad", one.problem))
        parts += [_bar(one.parts, width, self.app.no_color), "\n", *_legend(one.parts, width)]
        if one.short:
            parts += ["\n", marked("bad", f"{gib(one.short)} more than this host has: ask for less")]
        return Content.assemble(*parts)


class MemoryBars(Extra):
    """A bar for each class of hosts that are alike."""

    _shown: tuple[Division, ...] | None = None

    def compose(self) -> ComposeResult:
        yield from ()

    def show(self, view: View) -> None:
        known = tuple(sorted(divisions(view), key=lambda one: not one.taskmanagers)[:MOST])
        if known == self._shown:
            return
        self._shown = known
        self.display = bool(known)
        there = list(self.query(MemoryBar))
        for bar, one in zip(there, known, strict=False):
            bar.division = one
            bar.refresh(layout=True)
        for bar in there[len(known) :]:
            bar.remove()
        self.mount(*(MemoryBar(one) for one in known[len(there) :]))


def _title(one: Division) -> Content:
    runs = [f"{one.taskmanagers} TaskManager{'s' if one.taskmanagers != 1 else ''} of {gib(one.taskmanager)}"]
    runs = runs if one.taskmanagers else []
    runs += [f"JobManager of {gib(one.jobmanager)}"] if one.jobmanager else []
    return Content.assemble(
        ink(names(one.hosts, 4), "bold"),
        ink(f"  {gib(one.total)}: {', '.join(runs) or 'nothing of Flink'}", "$text-muted"),
    )


def _bar(parts: Sequence[Part], width: int, letters: bool) -> Content:
    """The bar; `letters`: each piece is filled with its letter, where no colour tells it from the next."""
    pieces: list[Content] = []
    for part, cells in zip(parts, shares([part.mib for part in parts], width), strict=True):
        letter, colour = PIECES[part.name]
        label = f"{part.name} {part.mib / 1024:.1f}"
        text = f" {label} " if len(label) + 2 <= cells else letter
        fill = letter if letters else " "
        told = f"{text:{fill}<{cells}}"[:cells]
        pieces.append(Content.styled(told, f"auto 90% on {colour}"))
    return Content("").join(pieces)


def _legend(parts: Sequence[Part], width: int) -> list[Content | str]:
    told: list[Content | str] = []
    used = 0
    for part in parts:
        letter, colour = PIECES[part.name]
        name = "left to the system" if part.name == "system" else part.name
        words = f" {name} {gib(part.mib)}"
        length = len(words) + 3
        if used and used + 2 + length > width:
            told.append("\n")
            used = 0
        elif used:
            told.append("  ")
            used += 2
        told += [Content.styled(f" {letter} ", f"auto 90% on {colour}"), ink(words, "$text-muted")]
        used += length
    return told


def shares(sizes: Sequence[int], width: int) -> list[int]:
    """Cells for each size, `width` in all: in proportion, and at least one for each."""
    total = sum(sizes) or 1
    cells = [max(1, round(size * width / total)) for size in sizes]
    while sum(cells) != width and cells:
        by = 1 if sum(cells) < width else -1
        place = max(range(len(cells)), key=lambda number: cells[number])
        if cells[place] + by < 1:
            break
        cells[place] += by
    return cells
