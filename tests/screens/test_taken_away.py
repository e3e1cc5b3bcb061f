"""Whatever comes and goes while the application runs may be taken away at any moment, before it is whole too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.screen import Screen
from textual.widget import Widget

from screens.app import WizardApp
from screens.apply import ApplyPane
from screens.done import DonePane
from screens.findings import FindingsPane
from screens.review import ReviewPane
from screens.step import StepPane
from screens.widgets.configeditor import ConfigDialog
from screens.widgets.confirm import Confirm
from screens.widgets.export import Export
from screens.widgets.hostform import HostForm
from screens.widgets.optionlist import OptionsDialog
from screens.widgets.passwords import PasswordDialog
from screens.widgets.pause import CANCEL, RunQuestion
from screens.widgets.pick import Pick
from screens.widgets.savefile import SaveFile
from screens.widgets.sshimport import ImportDialog
from wizard.answers import HostEntry
from wizard.questions import Option
from wizard.steps import INSTALL, REPAIR
from wizard.walk import Walk

TURNS = 4
"""Turns of the loop within which all of these are mounted."""

STEPS = {step.id: step for step in (*REPAIR, *INSTALL)}


def _pane(kind: type[ApplyPane | DonePane | FindingsPane | ReviewPane | StepPane], step: str):
    return lambda walk: kind(walk, STEPS[step])


COMES_AND_GOES: dict[str, Callable[[Walk], Widget]] = {
    "a question of the run": lambda walk: RunQuestion(CANCEL),
    "the hosts step": _pane(StepPane, "hosts"),
    "findings": _pane(FindingsPane, "findings"),
    "review": _pane(ReviewPane, "review"),
    "apply": _pane(ApplyPane, "apply"),
    "done": _pane(DonePane, "done"),
    "sure?": lambda walk: Confirm("End?", "It ends.", "Yes", "No"),
    "values of a field": lambda walk: OptionsDialog([Option("a", "A")]),
    "many values of a field": lambda walk: OptionsDialog([Option(str(one), "A") for one in range(99)]),
    "a password": lambda walk: PasswordDialog("password", ["node1"]),
    "a host": lambda walk: HostForm("node1", HostEntry("node1"), "flink", 22),
    "names of ~/.ssh/config": lambda walk: ImportDialog(["node1"]),
    "no name in ~/.ssh/config": lambda walk: ImportDialog([]),
    "a key of the configuration": lambda walk: ConfigDialog(walk.view, "", lambda key, text: ""),
    "whose log": lambda walk: Pick("Show", [("node1", "node1")]),
    "where to save": lambda walk: SaveFile("Save", "text", "x.log"),
    "where to export": lambda walk: Export("plan"),
}


async def test_it_can_be_taken_away_before_it_is_whole(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for name, make in COMES_AND_GOES.items():
            for turns in range(TURNS):
                widget = make(wizard.walk)
                if isinstance(widget, Screen):
                    wizard.push_screen(widget)
                else:
                    wizard.frame.query_one("#middle").mount(widget)
                for _ in range(turns):
                    await asyncio.sleep(0)
                await (wizard.pop_screen() if isinstance(widget, Screen) else widget.remove())
                assert wizard.is_running and wizard.return_code is None, f"{name} after {turns} turns"
