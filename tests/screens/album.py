"""Pictures of screens that are the same each time, and their comparison with those that were accepted.

A walk here stands outside time: its clocks do not move, its hosts are read one after the other, so that even the log
says the same in the same order. A picture is kept as text with the style of every run of cells below it: a fiftieth of
an SVG, readable in a diff, and without ids or fonts that change for no reason. Accepting a change of any of them:

    .venv/bin/pytest tests/screens/test_snapshots.py --snapshot-update
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from string import ascii_letters

from rich.color import Color
from rich.style import Style
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import DataTable

from screens.app import WizardApp
from screens.step import StepPane
from wizard.opening import open_walk
from wizard.runner import Runner
from wizard.scenarios import Trouble, practice_scenario
from wizard.steps import WALKS
from wizard.times import Times
from wizard.view import Use

from .conftest import MOMENT, until

STILL = Times(now=lambda: MOMENT, elapsed=lambda: 0.0, token=lambda: "0000")
"""It is always the same moment."""

SCRATCH = re.compile(r"flink-wizard-\w{8}")
"""The directory of a practice walk: its name is another each time, yet always as long."""


@contextmanager
def one_by_one() -> Iterator[None]:
    """Hosts are read, and changed, one after the other while this lasts."""
    import wizard.lookout

    defaults = Runner.__init__.__kwdefaults__
    before = wizard.lookout.AT_ONCE, defaults["side_by_side"]
    wizard.lookout.AT_ONCE, defaults["side_by_side"] = 1, 1
    try:
        yield
    finally:
        wizard.lookout.AT_ONCE, defaults["side_by_side"] = before


@contextmanager
def imagined(
    trouble: str = "nothing",
    use: Use = "practice",
    *,
    tempo: float = 0.0,
    answers: str | None = None,
    ascii: bool = False,
    more: Trouble | None = None,
) -> Iterator[WizardApp]:
    """The application on the imagined cluster with this trouble, as if for this use, outside time.

    `tempo` is in seconds a command, `answers` are those to begin with, `more` is a trouble that practice does not offer.
    """
    scenario = practice_scenario()
    if answers is not None:
        scenario = replace(scenario, answers=answers)
    if more is not None:
        scenario, trouble = replace(scenario, troubles=(*scenario.troubles, more)), more.id
    options = argparse.Namespace(state_dir=None, trouble=trouble)
    with one_by_one(), open_walk(options, "practice", scenario, STILL) as walk:
        walk.pace(tempo)
        if use != "practice":
            walk.use, walk.steps = use, WALKS[use]
            walk._view = replace(walk.view, use=use)
        yield WizardApp(walk, clock=STILL.now, ascii=ascii)


SIZES = ((80, 24), (140, 40))


class Drawn(SingleFileSnapshotExtension):
    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


class Album:
    """The pictures of one test. All are looked at before the test fails, so that one run shows every change."""

    def __init__(self, snapshot: SnapshotAssertion, pictures: Path | None) -> None:
        self._snapshot = snapshot.use_extension(Drawn)
        self._wrong: list[str] = []
        self._kept: set[tuple[str, tuple[int, int]]] = set()
        self._pictures = pictures

    async def keep(self, pilot: Pilot[int], name: str, *, settled: bool = True) -> None:
        """Compare the screen with the picture of that name, once nothing moves any more."""
        app = pilot.app
        assert isinstance(app, WizardApp)
        await still(app, pilot, settled)
        drawn = drawing(app)
        index = f"{name}-{app.size.width}x{app.size.height}"
        if self._pictures is not None:
            svg = without_fonts(app.export_screenshot())
            (self._pictures / f"{index}.svg").write_text(svg, encoding="utf-8")
        where = Path(
            self._snapshot.extension.get_location(test_location=self._snapshot.test_location, index=index)
        )
        before = where.read_text(encoding="utf-8") if where.exists() else ""
        if not self._snapshot(name=index) == drawn:  # noqa: SIM201 - syrupy compares, and accepts, in its ==
            changes = difflib.unified_diff(
                before.split("\n"), drawn.split("\n"), "accepted", "now", "", "", 0, ""
            )
            self._wrong.append("\n".join((index, *changes)))

    async def both(self, pilot: Pilot[int], name: str, *, settled: bool = True) -> None:
        """The same at both sizes, the small one first and last."""
        for size in (*SIZES, SIZES[0]):
            if tuple(pilot.app.size) != size:
                await pilot.resize_terminal(*size)
            if (index := (name, size)) not in self._kept:
                self._kept.add(index)
                await self.keep(pilot, name, settled=settled)

    def close(self) -> None:
        assert not self._wrong, "\n\n".join(self._wrong)


async def still(app: WizardApp, pilot: Pilot[int], settled: bool = True) -> None:
    """Until everything that has happened is on the screen; `settled`: and nothing more will happen by itself."""
    walk, frame = app.walk, app.frame

    def all_drawn() -> bool:
        measured = not any(table._require_update_dimensions for table in app.screen.query(DataTable))
        told = not len(frame.mail) and frame._viewed == walk.view.serial and not frame._going.locked()
        return told and measured

    before = ""
    for _ in range(100):  # what is shown may itself begin something, as Review does
        await pilot.pause()
        if settled:
            assert await asyncio.to_thread(walk.settled, 30)
        await until(pilot, all_drawn)
        await pilot.pause(0.06)
        drawn = drawing(app) if all_drawn() and (not settled or walk.settled(0)) else ""
        if drawn and drawn == before:
            break
        before = drawn
    else:
        raise AssertionError("it never came to rest")
    await pilot.pause()


async def at(pilot: Pilot[int], step: str, settled: bool = True) -> StepPane:
    """Every step before it was visited, and this one is shown."""
    app = pilot.app
    assert isinstance(app, WizardApp)
    await until(pilot, lambda: app.frame.pane is not None)
    place = next(number for number, one in enumerate(app.walk.steps) if one.id == step)
    for one in app.walk.steps[:place]:
        app.walk.visited(one.id)
    await still(app, pilot, settled)
    await app.frame.go(place)
    await still(app, pilot, settled)
    return app.frame.pane  # type: ignore[return-value]


# How a screen is written down


def drawing(app: App[int]) -> str:
    """The screen as text, then for every line the style of each run of cells, then what these styles are."""
    styles: dict[str, str] = {}
    text: list[str] = []
    runs: list[str] = []
    for strip in app.screen._compositor.render_strips():
        text.append(strip.text.rstrip())
        line: list[tuple[str, int]] = []
        for segment in strip:
            look = look_of(segment.style)
            letter = styles.setdefault(look, letter_of(len(styles)))
            if line and line[-1][0] == letter:
                line[-1] = (letter, line[-1][1] + segment.cell_length)
            else:
                line.append((letter, segment.cell_length))
        runs.append(" ".join(f"{letter}{cells}" for letter, cells in line))
    numbered = [f"{number:>2} {run}" for number, run in enumerate(runs, 1)]
    named = [f"{letter} {look}" for look, letter in styles.items()]
    said = "\n".join((*text, "", *numbered, "", *named, ""))
    return SCRATCH.sub("flink-wizard-practice", said)


def letter_of(number: int) -> str:
    first, second = divmod(number, len(ascii_letters))
    return ascii_letters[second] + "'" * first


def look_of(style: Style | None) -> str:
    if style is None:
        return "plain"
    words = [
        word for word in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, word)
    ]
    return " ".join((*words, hue_of(style.color), "on", hue_of(style.bgcolor)))


def hue_of(colour: Color | None) -> str:
    if colour is None or colour.is_default:
        return "default"
    return colour.triplet.hex if colour.triplet else colour.name


def without_fonts(svg: str) -> str:
    """An SVG that fetches nothing from anywhere."""
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def pictures_wanted() -> Path | None:
    """Where one wants to look at every picture as SVG too: FLINK_WIZARD_PICTURES names a directory."""
    named = os.environ.get("FLINK_WIZARD_PICTURES")
    if not named:
        return None
    Path(named).mkdir(parents=True, exist_ok=True)
    return Path(named)
