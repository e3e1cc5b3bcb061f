"""Keys that come at once, as pasted or typed by a script: each lands where the one before has led."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.step import StepPane

from .conftest import until
from .steps import at


async def at_once(wizard: WizardApp, pilot: Pilot[int], *keys: str) -> None:
    """Press all of these before any of them is handled."""
    assert wizard._driver is not None
    for key in keys:
        event = events.Key(key, key if len(key) == 1 else None)
        event.set_sender(wizard)
        wizard._driver.send_message(event)


@pytest.mark.parametrize("onward", ["tab", "down", "enter"])
async def test_what_is_typed_right_after_a_key_lands_in_the_next_field(
    wizard: WizardApp, onward: str
) -> None:
    async with wizard.run_test(size=(100, 30)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        assert isinstance(pane, StepPane)
        user, port = pane._rows["user"].field, pane._rows["ssh.port"].field
        port.put("")
        user.focus()
        await pilot.pause()
        await at_once(wizard, pilot, "ctrl+u", "o", "p", onward, "2", "2", "0", "2", "up", "s")
        await until(pilot, lambda: (user.text, port.text) == ("ops", "2202"))


async def test_what_is_typed_right_after_next_lands_in_the_first_field_there(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        await at(wizard, pilot, "welcome")
        await at_once(wizard, pilot, "f8", "f7", "f8", "x", "f1", "y")
        await until(pilot, lambda: {"x", "y"} <= set(_first(wizard)))
        assert wizard.step.id == "hosts"


async def test_a_key_whose_field_is_gone_holds_none_up(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(100, 30)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        assert isinstance(pane, StepPane)
        pane._rows["ssh.host_keys"].field.focus()
        await pilot.pause()
        await at_once(wizard, pilot, "enter", "escape", "up", "ctrl+u", "z")
        await until(pilot, lambda: pane._rows["ssh.key"].field.text == "z")


def _first(wizard: WizardApp) -> str:
    pane = wizard.frame.pane
    return pane._rows["master"].field.text if isinstance(pane, StepPane) and "master" in pane._rows else ""
