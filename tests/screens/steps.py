"""The pane of a step in the running application, for its tests: going there, its rows, typing, what is drawn."""

from __future__ import annotations

from textual.pilot import Pilot

from screens.app import WizardApp
from screens.step import StepPane
from screens.widgets.question import QuestionRow

from .conftest import until


async def at(app: WizardApp, pilot: Pilot[int], step: str, *, read: bool = True) -> StepPane:
    """The pane of this step, with the focus in it, and what it shows is the newest view; `read`: once every host was read."""
    app.walk._settle = 0.02
    await until(pilot, lambda: not read or app.walk.view.complete)
    await app.frame.go(next(number for number, one in enumerate(app.walk.steps) if one.id == step))
    await pilot.pause()
    pane = app.query_one(StepPane)
    await until(pilot, lambda: pane in (getattr(app.focused, "ancestors", ()) or ()))
    await until(pilot, lambda: app.frame._viewed == app.walk.view.serial)
    return pane


def row(pane: StepPane, path: str) -> QuestionRow:
    return next(one for one in pane.query(QuestionRow) if one.question.path == path)


def screen_of(app: WizardApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def typed(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*("space" if one == " " else one for one in text))
