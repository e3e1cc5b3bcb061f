"""Leaving the wizard: what is asked first, what the hosts are in, the exit status, and the last words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import get_args

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from screens.app import WizardApp
from screens.widgets.leaving import farewell, leave_question
from wizard.view import Use, View
from wizard.walk import Walk

from .conftest import app_of, until
from .panes import SPLIT, practising, screen_of


async def reviewed(walk: Walk) -> None:
    walk.review()
    await asyncio.to_thread(walk.settled, 20)
    assert walk.reviewed is not None


async def begun(pilot: Pilot[int], app: WizardApp) -> None:
    """A run that waits for a choice, on the screen."""
    await until(pilot, lambda: app.frame.pane is not None)
    await reviewed(app.walk)
    assert app.walk.confirm() == "" and app.walk.start()
    await until(pilot, lambda: app.step.id == "apply" and app.walk.progress.now().asked)


async def test_without_anything_to_lose_it_leaves_at_once(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+q")
    assert wizard.return_value == 130


async def test_ctrl_c_twice_leaves_and_once_says_so(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: wizard.frame.pane is not None)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Press Ctrl+C again" in screen_of(wizard))
        assert wizard.is_running
        await pilot.press("ctrl+c")
    assert wizard.return_value == 130


async def test_a_plan_that_was_not_carried_out_is_asked_about() -> None:
    with practising() as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.frame.pane is not None)
            await reviewed(walk)
            await pilot.press("ctrl+q")
            await until(pilot, lambda: "The plan was not carried out" in screen_of(app))
            await pilot.press("ctrl+q")  # the question is not asked twice
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.frame)
            await pilot.press("ctrl+q", "escape")
            await until(pilot, lambda: app.screen is app.frame)
            await pilot.press("ctrl+q", "right", "enter")
        assert app.return_value == 130


async def test_a_run_is_cancelled_before_the_wizard_ends() -> None:
    with practising(SPLIT) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await begun(pilot, app)
            await pilot.press("ctrl+q")
            await until(pilot, lambda: "A run is under way" in screen_of(app))
            assert "Nothing is real here" in screen_of(app)
            await pilot.press("escape")
            assert walk.view.applied == "running"
            await pilot.press("ctrl+q", "right")
            assert app.focused is app.screen.query_one("#yes")
            app.screen.query_one("#yes", Button).press()
            while app.return_value is None:
                await asyncio.sleep(0.02)  # the pilot cannot wait for an application that ends
        assert walk.view.applied == "cancelled"
        assert app.return_value == 130


async def test_a_failed_run_ends_with_1() -> None:
    with practising(SPLIT) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await begun(pilot, app)
            walk.choose(walk.progress.now().asked[0].number, "drop")
            await until(pilot, lambda: walk.view.applied == "failed")
            await asyncio.to_thread(walk.settled, 20)
            await pilot.press("ctrl+q")
        assert app.return_value == 1


async def test_a_lost_terminal_cancels_the_run_and_asks_nobody() -> None:
    with practising(SPLIT) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await begun(pilot, app)
            app.ended()
        assert app.return_value == 130
        assert walk.settled(20)
        assert walk.view.applied == "cancelled"


async def test_a_fault_of_the_program_is_told_without_secrets_or_values(wizard: WizardApp) -> None:
    secret = "planted-password"
    wizard.walk.password(secret)

    def broken() -> None:
        held = secret
        raise RuntimeError(f"unexpected {held}")

    with pytest.raises(RuntimeError):
        async with wizard.run_test(size=(80, 24)) as pilot:
            wizard.call_later(broken)
            await pilot.pause()
    told = "".join(str(one) for one in wizard._exit_renderables)
    assert not told or (secret not in told and "flink-wizard" in told)


# Words


@pytest.mark.parametrize("use", get_args(Use))
def test_the_question_says_what_state_the_hosts_are_in(use: Use) -> None:
    view = View(use, file="/state/demo/answers.yaml")
    assert leave_question(view, waiting=False) is None
    waiting = leave_question(view, waiting=True)
    running = leave_question(replace(view, applied="running"), waiting=False)
    assert waiting and running
    for asked in (waiting, running):
        assert ("changed" in asked.words) or "last finished line in the log" in asked.words
    assert (view.file in waiting.words) is (use != "practice")


def test_the_last_words_name_the_answers_and_the_record() -> None:
    view = View("install", file="/state/demo/answers.yaml", applied="failed")
    said = farewell(view, "/state/demo/run.jsonl")
    assert "Answers: /state/demo/answers.yaml" in said and "Record: /state/demo/run.jsonl" in said
    assert said[0].startswith("The run failed")
    assert farewell(View("practice", file="/tmp/x"), "/tmp/y")[0].startswith("Practice is over")
    assert "kept in memory" in "".join(
        farewell(View("install", saving="Disk full. kept in memory alone."), "")
    )
