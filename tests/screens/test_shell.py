"""The shell of the application: its keys, its way from step to step, its sizes, and what stands on every screen."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget

from screens.app import WizardApp
from screens.plainer import plainer
from screens.themes import DARK, LIGHT
from screens.widgets.header import header_line
from wizard.answers import Answers
from wizard.answers.answers import HostEntry
from wizard.view import Use, View
from wizard.walk import Walk, spec_of

from .conftest import MOMENT, app_of, opened, until
from .panes import SPLIT, practising, screen_of

SIZES = ((60, 15), (80, 24), (140, 40))


def shown(app: WizardApp, line: int) -> str:
    return screen_of(app).splitlines()[line]


async def at(pilot: Pilot[int], app: WizardApp, step: str) -> None:
    await until(pilot, lambda: app.frame.pane is not None and app.frame.pane.step.id == step)
    await pilot.pause()


async def confirmed(walk: Walk) -> None:
    """Review and confirm behind the screen."""
    walk.review()
    await asyncio.to_thread(walk.settled, 20)
    assert walk.confirm() == ""


async def test_every_key_of_the_line_at_the_bottom_does_what_it_says(wizard: WizardApp) -> None:
    walk, frame = wizard.walk, wizard.frame
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, wizard, "welcome")
        assert "F7 Back" not in shown(wizard, -1)
        await pilot.press("f8")
        await at(pilot, wizard, "hosts")
        await until(pilot, lambda: walk.view.complete)
        for key in ("F1 Help", "F2 Log", "F5 Read again", "F7 Back", "F8 Next", "^Q Quit"):
            assert key in shown(wizard, -1)
        await pilot.press("f7")
        await at(pilot, wizard, "welcome")
        await pilot.press("f8", "escape")
        await at(pilot, wizard, "welcome")

        await pilot.press("f1")
        assert "By hand" in screen_of(wizard) and not frame.query_one("#middle").is_on_screen
        await pilot.press("f1")
        assert "By hand" not in screen_of(wizard)
        await pilot.press("f1", "escape")
        assert not frame.teaching and frame.pane in wizard.focused.ancestors

        await pilot.press("f2")
        assert frame.log_pane.mode == "open" and wizard.focused is frame.log_pane.lines
        await pilot.press("f3")
        assert frame.log_pane.mode == "large" and not frame.query_one("#body").display
        await pilot.press("f3")
        assert frame.log_pane.mode == "open"
        await pilot.press("f2")
        assert frame.log_pane.mode == "line" and frame.pane in wizard.focused.ancestors

        await until(pilot, lambda: walk.view.complete)
        before = dict(walk.view.read_at)
        await pilot.press("f5")
        await until(pilot, lambda: all(walk.view.read_at.get(host, 0) > before[host] for host in before))

        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Show or hide the log" in screen_of(wizard))
        await pilot.press("f8")
        assert wizard.step.id == "welcome", "a key of the walk counts only when nothing lies over it"
        await pilot.press("escape", "ctrl+q")
    assert wizard.return_value == 130


async def test_something_is_seen_before_the_walk_is_there(practice: Walk) -> None:
    there = threading.Event()

    def opening() -> Walk:
        assert there.wait(20)
        return practice

    app = WizardApp(clock=lambda: MOMENT, opening=opening, use="practice")
    async with app.run_test(size=(80, 24)) as pilot:
        assert "PRACTICE: nothing here is real" in screen_of(app) and "Opening the wizard" in screen_of(app)
        await pilot.press("f8", "a", "down", "f1")
        there.set()
        await until(pilot, lambda: "Cluster name" in screen_of(app))
        assert app.step.id == "welcome"


async def test_a_walk_that_cannot_be_opened_ends_the_application_with_the_reason() -> None:
    def opening() -> Walk:
        raise ValueError("no such answers")

    app = WizardApp(opening=opening, use="install")
    async with app.run_test(size=(80, 24)):
        while app.return_value is None:
            await asyncio.sleep(0.01)
    assert isinstance(app.fault, ValueError)


async def test_a_click_on_a_key_presses_it(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, wizard, "welcome")
        await pilot.click("#keys", offset=(shown(wizard, -1).index("F8"), 0))
        await at(pilot, wizard, "hosts")
        await pilot.click("#back")
        await at(pilot, wizard, "welcome")
        await pilot.click("#log-bar")
        await until(pilot, lambda: wizard.frame.log_pane.mode == "open")


async def test_arrows_space_and_enter_suffice(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, wizard, "welcome")
        for _ in range(20):
            if getattr(wizard.focused, "id", "") == "next":
                break
            await pilot.press("down")
        await pilot.press("enter")
        await at(pilot, wizard, "hosts")
        for _ in range(40):
            if wizard.focused is wizard.frame.rail:
                break
            await pilot.press("up")
        await pilot.press("up", "space")
        await at(pilot, wizard, "welcome")


async def test_going_back_and_forth_loses_no_answer(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, wizard, "welcome")
        await pilot.press("end", *"-two", "f8")
        await at(pilot, wizard, "hosts")
        await pilot.press("f7")
        await at(pilot, wizard, "welcome")
        assert wizard.walk.view.answers.text_at("cluster") == "practice-two"
        assert "practice-two" in screen_of(wizard)


async def test_the_rail_leads_to_steps_that_were_visited_and_says_why_not_to_others(
    wizard: WizardApp,
) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, wizard, "welcome")
        await pilot.press("f8")
        await at(pilot, wizard, "hosts")
        assert shown(wizard, 1).startswith(" ✓ Welcome") and shown(wizard, 2).startswith(" ▸ Hosts")
        await pilot.click("#rail", offset=(4, 5))
        await until(pilot, lambda: "Flink comes later" in screen_of(wizard))
        await pilot.click("#rail", offset=(4, 0))
        await at(pilot, wizard, "welcome")
        assert shown(wizard, 2).startswith(" ✓ Hosts")


async def test_next_is_refused_with_a_sentence_until_the_plan_is_confirmed() -> None:
    with practising() as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            while app.step.id != "review":
                await pilot.press("f8")
                await pilot.pause()
            await until(pilot, lambda: walk.reviewed)
            await pilot.press("f8")
            assert app.step.id == "review"
            assert "! " in screen_of(app) and "first" in screen_of(app)


async def test_what_a_step_begins_is_told_to_it_however_soon_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened("install", state_dir=str(tmp_path)) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await at(pilot, app, "welcome")
            mount = app.frame.place.mount

            async def slowly(pane: Widget) -> None:
                await mount(pane)
                assert await asyncio.to_thread(walk.settled, 20)  # the review that it began is over
                app.frame._deliver()

            monkeypatch.setattr(app.frame.place, "mount", slowly)
            await app.frame.go(next(place for place, one in enumerate(walk.steps) if one.id == "review"))
            await until(pilot, lambda: "Name a master and at least one worker first." in screen_of(app))


async def test_a_question_of_a_run_brings_its_step_onto_the_screen() -> None:
    with practising(SPLIT) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await at(pilot, app, "welcome")
            await confirmed(walk)
            assert walk.start()
            await at(pilot, app, "apply")
            await until(pilot, lambda: "RUN UNDER WAY" in shown(app, 0))
            assert walk.progress.now().asked
            await pilot.press("f7")
            await at(pilot, app, "review")
            assert "RUN UNDER WAY" in shown(app, 0)
            walk.cancel()
            await until(pilot, lambda: walk.view.applied == "cancelled")


@pytest.mark.parametrize("size", SIZES)
async def test_it_fits_every_size_and_says_that_nothing_is_real(
    wizard: WizardApp, size: tuple[int, int]
) -> None:
    async with wizard.run_test(size=size) as pilot:
        await at(pilot, wizard, "welcome")
        lines = screen_of(wizard).splitlines()
        assert "PRACTICE: nothing here is real" in lines[0]
        assert "F1 Help" in lines[-1] and "^Q Quit" in lines[-1]
        assert len(lines) == size[1] and all(cell_len(line) <= size[0] for line in lines)
        wide = size == (140, 40)
        assert ("By hand" in screen_of(wizard)) is wide
        assert wizard.frame.log_pane.mode == ("open" if wide else "line")


async def test_a_run_goes_on_through_every_size() -> None:
    with practising(SPLIT) as walk:
        app = app_of(walk)
        async with app.run_test(size=(140, 40)) as pilot:
            await at(pilot, app, "welcome")
            await confirmed(walk)
            assert walk.start()
            await at(pilot, app, "apply")
            await pilot.resize_terminal(40, 10)
            await until(pilot, lambda: "This terminal has 40×10. The wizard" in screen_of(app))
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: "RUN UNDER WAY" in shown(app, 0))
            walk.choose(walk.progress.now().asked[0].number, "retry")
            await until(pilot, lambda: walk.view.applied == "done")
            assert app.frame.book.commands and app.frame.book.failed == 1


async def test_our_themes_and_textuals_can_be_chosen(wizard: WizardApp) -> None:
    assert wizard.theme == DARK
    assert {DARK, LIGHT, "nord", "textual-light"} <= set(wizard.available_themes)
    async with wizard.run_test(size=(80, 24)) as pilot:
        wizard.theme = LIGHT
        await at(pilot, wizard, "welcome")


async def test_a_terminal_without_utf8_gets_ascii_alone(practice: Walk) -> None:
    app = WizardApp(practice, clock=lambda: MOMENT, ascii=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await at(pilot, app, "welcome")
        await pilot.press("f8")
        await at(pilot, app, "hosts")
        assert screen_of(app).isascii()
        assert "+ Welcome" in screen_of(app)


@pytest.mark.parametrize("text", ["✓ ✗ ▸ · …", "│┌─┐└┘ ▁█", "héllo wörld", "日本語", "[red]x[/]"])
def test_ascii_is_as_wide_as_what_it_stands_for(text: str) -> None:
    assert plainer(text).isascii()
    assert cell_len(plainer(text)) == cell_len(text)


USES: tuple[tuple[Use, str], ...] = (
    ("install", "install"),
    ("repair", "repair"),
    ("dry-run", "DRY RUN: no host is changed"),
    ("practice", "PRACTICE: nothing here is real"),
)


@pytest.mark.parametrize(("use", "badge"), USES)
@pytest.mark.parametrize("width", [60, 80, 110, 140])
@pytest.mark.parametrize("name", ["demo", "[bold]a-rather-long-name-of-a-cluster[/]"])
def test_the_header_says_what_is_at_stake_at_every_width(use: Use, badge: str, width: int, name: str) -> None:
    answers = (
        Answers()
        .with_value("cluster", name)
        .with_value("flink.version", "2.3.0")
        .with_value("master", (HostEntry(".".join(["m" * 60] * 4)),))
        .with_value("workers", (HostEntry("w1"), HostEntry("w2")))
    )
    for applied in ("no", "running"):
        view = View(use, answers, spec=spec_of(answers.with_value("cluster", "demo")), applied=applied)
        said = header_line(view, 7, 12, width).plain
        assert badge in said and cell_len(said) <= width
        assert name[:15] in said
        assert ("RUN UNDER WAY" in said) is (applied == "running") or width == 60
    assert "2 workers" in header_line(view, 7, 12, 140).plain or use in {"dry-run", "practice"}
