"""Which columns of a table fit into a width, and how wide each is.

Columns that matter less go first where it is narrow; the others are cut with an ellipsis. Knows names and widths. It
must not know hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.text import one_line

PADDING = 2
"""Columns between two cells."""

LEAST = 6
"""A column is not cut to less than this."""

ENOUGH = 16
"""A column that would be cut below this makes others leave first."""

MOST = 60
"""A column is not made wider than this."""

GOES_FIRST = (
    "open files",
    "user",
    "system",
    "clock",
    "modes",
    "bash -l sees",
    "may write",
    "left to the system",
    "cores",
    "java",
    "disk free",
    "found",
)
"""Columns that are left out where it is narrow, the first one first. What they hold is told of the highlighted row."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is shown: its place in the row, its title, its width."""

    place: int
    title: str
    width: int


def fitted(
    titles: Sequence[str], widths: Sequence[int], room: int, held: Sequence[int] = ()
) -> tuple[Column, ...]:
    """The columns that are shown in a room so wide. `widths` are what their cells would take; the columns at the
    places `held` are never left out.
    """
    shown = [Column(place, title, _natural(title, widths[place])) for place, title in enumerate(titles)]
    if _total(shown) > room:
        folds = [folded(title) for title in titles]
        shown = [Column(place, title, _natural(title, widths[place])) for place, title in enumerate(folds)]
    for leaving in GOES_FIRST:
        if _least(shown) <= room:
            break
        shown = [one for one in shown if one.title.replace("\n", " ") != leaving or one.place in held]
    whole = [
        Column(one.place, titles[one.place], _natural(titles[one.place], widths[one.place])) for one in shown
    ]
    if _total(whole) <= room:
        return tuple(whole)
    while _total(shown) > room:
        widest = max(shown, key=lambda one: one.width)
        if widest.width <= LEAST:
            break
        shown = [Column(one.place, one.title, one.width - 1) if one == widest else one for one in shown]
    return tuple(shown)


def cut(text: str, width: int) -> str:
    """The text on one line, with an ellipsis where it is cut."""
    return one_line(text, max(width, 1))


def folded(title: str) -> str:
    """The title in two lines, as narrow as can be."""
    words = title.split(" ")
    ways = [f"{' '.join(words[:at])}\n{' '.join(words[at:])}" for at in range(1, len(words))]
    return min(ways, key=_across, default=title)


def _across(title: str) -> int:
    return max(map(len, title.split("\n")))


def _natural(title: str, width: int) -> int:
    return min(max(_across(title), width), MOST)


def _least(shown: Sequence[Column]) -> int:
    return sum(min(one.width, max(_across(one.title), ENOUGH)) + PADDING for one in shown)


def _total(shown: Sequence[Column]) -> int:
    return sum(one.width + PADDING for one in shown)
