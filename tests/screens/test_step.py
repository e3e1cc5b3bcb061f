"""The step pane: what is typed becomes an answer once it reads well, and nothing that arrives takes it away."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, OptionList

from screens.app import WizardApp
from screens.step import StepPane
from screens.widgets.columns import fitted
from screens.widgets.configeditor import ConfigEditor
from screens.widgets.field import ChoiceField, LineField, LinesField, ManyField
from screens.widgets.hint import Hint
from screens.widgets.hosttable import HostTable
from screens.widgets.hung import hang
from screens.widgets.memorybar import MemoryBar, shares
from screens.widgets.question import QuestionRow
from wizard.answers.answers import HostEntry

from .conftest import app_of, opened, until
from .steps import at, row, screen_of, typed

SIZES = ((80, 24), (140, 40))


async def test_what_is_typed_is_judged_at_once_and_taken_on_enter(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        port = row(pane, "ssh.port")
        port.field.focus()
        await pilot.pause()
        await typed(pilot, "99999")
        assert port.wrong and "99999" in screen_of(wizard)
        await pilot.press("enter")
        assert wizard.walk.view.answers.get("ssh.port") is None
        assert wizard.focused is port.field
        assert "SSH port" in pane.may_leave()
        await pilot.press(*["backspace"] * 5)
        await typed(pilot, "2222")
        assert not port.has_class("-wrong")
        await pilot.press("enter")
        assert wizard.walk.view.answers.get("ssh.port") == 2222
        assert wizard.focused is not port.field


async def test_leaving_a_field_or_resting_in_it_hands_its_text_on(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "flink-config")
        slots = row(pane, "flink.config.taskmanager.numberOfTaskSlots")
        slots.field.focus()
        await typed(pilot, "3")
        await pilot.press("tab")
        answers = wizard.walk.view.answers
        assert answers.pairs_at("flink.config")["taskmanager.numberOfTaskSlots"] == "3"
        await typed(pilot, "5")
        await until(pilot, lambda: "parallelism.default" in wizard.walk.view.answers.pairs_at("flink.config"))


async def test_an_open_question_shows_its_suggestion_and_why(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "flink-config")
        memory = row(pane, "flink.config.taskmanager.memory.process.size")
        await until(pilot, lambda: memory.suggested is not None)
        assert memory.text == ""
        assert isinstance(memory.field, LineField)
        assert memory.suggested is not None and memory.field.placeholder == memory.suggested.value
        memory.field.focus()
        await pilot.pause()
        said = str(pane.query_one(Hint).content)
        assert memory.suggested.value in said and "Formula" in said


async def test_a_pasted_list_of_ranges_becomes_two_hundred_workers(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        field = row(pane, "workers").field
        assert isinstance(field, LinesField)
        field.focus()
        field.text = ""
        field.insert("node[001-150], rack2-[1-40]\n" + "\n".join(f"old{n}" for n in range(10)))
        await until(pilot, lambda: len(wizard.walk.view.answers.hosts_at("workers")) == 12)
        await until(pilot, lambda: wizard.walk.view.spec and len(wizard.walk.view.spec.workers) == 200)
        await until(pilot, lambda: pane.query_one(HostTable).row_count == 201)
        assert field.text.startswith("node[001-150], rack2-[1-40]"), "what was typed stays as it was typed"


async def test_views_that_arrive_leave_what_is_being_typed(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "welcome")
        field = row(pane, "cluster").field
        await typed(pilot, "-x")
        text = field.text
        pane.show(wizard.walk.view)
        wizard.walk.look_again()
        await until(pilot, lambda: wizard.walk.settled(0))
        assert field.text == text


@pytest.mark.parametrize("before", [None, 2022])
async def test_half_a_value_is_no_answer_once_the_whole_one_cannot_be_taken(
    before: int | None, wizard: WizardApp
) -> None:
    wizard.walk.decide("ssh.port", before)
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        port = row(pane, "ssh.port")
        port.field.focus()
        await pilot.pause()
        await pilot.press("ctrl+u")
        await typed(pilot, "9")
        await until(pilot, lambda: wizard.walk.view.answers.get("ssh.port") == 9)
        await typed(pilot, "x")
        await pilot.press("tab")
        assert wizard.walk.view.answers.get("ssh.port") == before
        assert port.text == "9x" and port.has_class("-wrong")
        port.field.focus()
        await pilot.pause()
        await pilot.press("backspace", "0", "tab")
        assert wizard.walk.view.answers.get("ssh.port") == 90 and not port.has_class("-wrong")


async def test_a_key_whose_message_is_still_on_its_way_outlives_a_view(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        port = row(pane, "ssh.port")
        port.field.focus()
        await typed(pilot, "2222")
        port.commit()
        assert isinstance(port.field, LineField)
        port.field.value = "2222222"  # typed, and not told yet
        port.show(port.question, wizard.walk.view)
        assert port.text == "2222222"
        await until(pilot, lambda: port.has_class("-wrong"))


@pytest.mark.parametrize("path", ["ssh.port", "workers"])
async def test_letters_do_not_overtake_an_editing_key(path: str, wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        field = row(pane, path).field
        field.focus()
        await pilot.pause()
        await typed(pilot, "abc")
        for key in ("backspace", "backspace", "x", "y"):  # one burst: nothing is awaited in between
            wizard.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: "y" in field.text)
        await pilot.pause()
        assert "axy" in field.text


async def test_an_answer_from_elsewhere_is_shown(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        wizard.walk.decide("workers", (HostEntry("other[1-2]"),))
        await until(pilot, lambda: row(pane, "workers").text == "other[1-2]")


@pytest.mark.parametrize("text", ["practice-two", "not a name"])
async def test_back_and_forth_keeps_the_text_even_one_that_cannot_be_taken(
    wizard: WizardApp, text: str
) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "welcome")
        before = row(pane, "cluster")
        await pilot.press("ctrl+u")
        await typed(pilot, text)
        await wizard.frame.go(1)
        await wizard.frame.go(0)
        await pilot.pause()
        again = row(wizard.query_one(StepPane), "cluster")
        assert again is not before and again.text == text
        assert again.has_class("-wrong") == (text == "not a name")


async def test_a_choice_turns_and_is_chosen_from_a_list(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        field = row(pane, "ssh.host_keys").field
        assert isinstance(field, ChoiceField)
        field.focus()
        await pilot.press("right")
        assert wizard.walk.view.answers.get("ssh.host_keys") == "accept-new"
        await pilot.press("delete")
        assert wizard.walk.view.answers.get("ssh.host_keys") is None
        await pilot.press("space")
        assert wizard.screen.query(OptionList)
        await pilot.press("down", "down", "enter")
        assert wizard.walk.view.answers.get("ssh.host_keys") == "strict"


async def test_several_of_a_list_are_ticked(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "java-home")
        field = row(pane, "java.set_in").field
        assert isinstance(field, ManyField)
        field.focus()
        await pilot.press("down", "space")
        assert wizard.walk.view.answers.list_at("java.set_in") == ("flink-config", "shell-profile")


async def test_rows_come_and_go_without_taking_the_focus(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        admin = row(pane, "ssh.admin.user")
        admin.field.focus()
        await typed(pilot, "debian")
        await until(
            pilot, lambda: any(one.question.path == "ssh.admin.key" for one in pane.query(QuestionRow))
        )
        assert wizard.focused is admin.field and admin.text == "debian"
        await pilot.press("ctrl+u")
        await until(
            pilot, lambda: all(one.question.path != "ssh.admin.key" for one in pane.query(QuestionRow))
        )
        assert wizard.focused is admin.field


async def test_the_first_field_that_needs_an_answer_has_the_focus() -> None:
    with opened() as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: walk.view.complete)
            walk.decide("workers", None)
            pane = await at(app, pilot, "hosts", read=False)
            assert app.focused is row(pane, "workers").field
            assert "Workers is missing." in pane.may_leave()


@pytest.mark.parametrize("size", SIZES)
async def test_the_field_that_has_the_focus_is_in_sight(wizard: WizardApp, size: tuple[int, int]) -> None:
    async with wizard.run_test(size=size) as pilot:
        for step in ("hosts", "java-home", "flink-config"):
            pane = await at(wizard, pilot, step)
            body = pane.query_one("#step-body")
            for one in list(pane.query(QuestionRow)):
                one.field.focus()
                await pilot.pause()
                await pilot.pause()
                assert body.region.overlaps(one.field.region), (step, one.question.path)


async def test_enter_on_the_last_field_of_a_step_without_a_table_goes_on(tmp_path: Path) -> None:
    with opened("install", state_dir=str(tmp_path)) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await at(app, pilot, "welcome", read=False)
            await pilot.press("enter")
            await until(pilot, lambda: app.step.id == "hosts")


async def test_any_other_key_is_completed_judged_added_and_taken_out(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "flink-config")
        editor = pane.query_one(ConfigEditor)
        editor.query_one("#add-key").focus()
        await pilot.press("enter")
        await typed(pilot, "taskmanager.numberOfTaskSlot")
        await pilot.pause()
        assert "numberOfTaskSlots" in screen_of(wizard)
        dialog = wizard.screen
        dialog.query_one("#key", Input).value = "restart-strategy.type"
        await pilot.press("enter")
        await typed(pilot, "none")
        await pilot.press("enter")
        await until(pilot, lambda: wizard.screen is not dialog)
        assert wizard.walk.view.answers.pairs_at("flink.config")["restart-strategy.type"] == "none"
        await until(pilot, lambda: editor.query_one(OptionList).option_count == 1)
        editor.query_one(OptionList).focus()
        await pilot.press("delete")
        assert "restart-strategy.type" not in wizard.walk.view.answers.pairs_at("flink.config")


async def test_the_value_of_a_secret_key_is_never_drawn(wizard: WizardApp) -> None:
    secret = "planted-keystore-word"
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "flink-config")
        wizard.walk.decide("flink.config.security.ssl.rest.keystore-password", secret)
        editor = pane.query_one(ConfigEditor)
        await until(pilot, lambda: editor.query_one(OptionList).option_count == 1)
        editor.query_one(OptionList).focus()
        await pilot.pause()
        assert secret not in screen_of(wizard)
        await pilot.press("enter")
        await pilot.pause()
        assert secret not in screen_of(wizard)


async def test_the_memory_of_each_kind_of_host_is_drawn(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "flink-config")
        await until(pilot, lambda: len(pane.query(MemoryBar)) == 3)
        bars = pane.query(MemoryBar)
        await until(pilot, lambda: all("left to the system" in bar.render().plain for bar in bars))
        told = [bar.render().plain for bar in bars]
        assert "managed" in told[0] and "JobManager" in told[-1]


@pytest.mark.parametrize("sizes", [[1], [1, 1, 10_000], [0, 5, 5], [3] * 9])
def test_a_bar_is_as_wide_as_its_room_and_every_part_is_seen(sizes: list[int]) -> None:
    cells = shares(sizes, 40)
    assert sum(cells) == 40 and min(cells) >= 1


@pytest.mark.parametrize("room", [40, 60, 80, 120])
def test_columns_never_take_more_than_their_room(room: int) -> None:
    titles = (
        "host",
        "state",
        "java",
        "memory",
        "cores",
        "disk free",
        "clock",
        "open files",
        "user",
        "system",
        "age",
    )
    shown = fitted(titles, [24, 40, 12, 9, 3, 9, 7, 7, 12, 48, 6], room)
    assert sum(one.width + 2 for one in shown) <= room
    assert {0, 1, 10} <= {one.place for one in shown}


@pytest.mark.parametrize(
    ("said", "width", "drawn"),
    [
        ("seen    no space left on it", 16, "seen    no space\n        left on\n        it"),
        ("    why     it is full", 20, "    why     it is\n            full"),
        ("✓ they reach each other", 14, "✓ they reach\n  each other"),
        ("a sentence of two lines", 14, "a sentence of\ntwo lines"),
        ("", 10, ""),
    ],
)
def test_a_long_line_goes_on_below_its_words(said: str, width: int, drawn: str) -> None:
    assert [line.rstrip() for line in hang(Content(said), width).plain.split("\n")] == drawn.split("\n")
