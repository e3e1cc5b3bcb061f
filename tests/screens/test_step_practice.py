"""Practice on the screen: the trouble of one's choosing."""

from __future__ import annotations

from pathlib import Path

from screens.app import WizardApp
from screens.widgets.trouble import PracticeTrouble

from .conftest import app_of, opened, until
from .steps import at, screen_of


async def test_in_practice_a_trouble_is_chosen_on_the_first_step(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "welcome")
        part = pane.query_one(PracticeTrouble)
        assert part.display and "Nothing goes wrong" in screen_of(wizard)
        await pilot.press("down", "right")
        await until(pilot, lambda: wizard.walk.chosen_trouble == "no-java")
        await until(pilot, lambda: "The plan brings it the Java of node0." in screen_of(wizard))
        await pilot.press("space")
        await until(pilot, lambda: "The disk of node2 is full" in screen_of(wizard))
        await pilot.press("down", "enter")
        await until(pilot, lambda: wizard.walk.chosen_trouble == "unreachable")
        await until(pilot, lambda: wizard.walk.settled(0) and not wizard.walk.view.facts["node2"].reached)
        await pilot.press("f8", "f7")
        await until(pilot, lambda: "node2 does not answer" in screen_of(wizard))


async def test_where_hosts_are_real_no_trouble_is_offered(tmp_path: Path) -> None:
    with opened("install", state_dir=str(tmp_path)) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            pane = await at(app, pilot, "welcome", read=False)
            assert not pane.query_one(PracticeTrouble).display
