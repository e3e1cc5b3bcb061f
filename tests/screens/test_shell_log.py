"""The log: what each event becomes, what a burst does to it, and what can be done with it on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from screens import walking as shell
from screens.app import WizardApp
from screens.logbook import LogBook
from screens.mailbox import PIECE, Mailbox
from screens.widgets.loglines import LogLines
from screens.widgets.pane import Pane
from wizard import events
from wizard.commands import Run
from wizard.events import Event

from .conftest import MOMENT, until
from .panes import HOSTILE, screen_of

LONG = "h" * 300
"""A host name that no column holds."""

TRUE = Run(("true",))
SCRIPT = Run(("sh", "-c", "set -e\necho one\necho two\n", "sh"))


def book_of(*happened: Event) -> LogBook:
    book = LogBook()
    for event in happened:
        book.take(MOMENT, event)
    return book


def output(host: str, count: int) -> list[events.OutputArrived]:
    return [events.OutputArrived(host, "stdout", f"line {number}\n") for number in range(count)]


# The book


def test_a_command_gets_its_status_and_time_on_its_own_line_and_its_output_below() -> None:
    book = book_of(
        events.CommandStarted("node1", "try", TRUE, "true"),
        events.CommandStarted("node2", "try", TRUE, "true"),
        events.CommandFinished("node1", "try", TRUE, "true", 127, 0.25, "not found"),
        events.CommandFinished("node2", "try", TRUE, "true", 0, 1.5),
    )
    assert book.text(lambda line: not line.detail).splitlines() == [
        "15:06:40 node1 ✗ 127 0.25 s  $ true",
        "15:06:40 node2 ✓     1.50 s  $ true",
        "15:06:40 node1                 not found",
    ]
    assert book.count == "2 commands · 1 failed"


def test_output_that_was_told_as_it_came_is_not_told_again() -> None:
    book = book_of(
        events.CommandStarted("node1", "try", TRUE, "true"),
        events.OutputArrived("node1", "stdout", "first\nsec"),
        events.OutputArrived("node1", "stdout", "ond\nlast"),
        events.CommandFinished("node1", "try", TRUE, "true", 0, 0.1, "first\nsecond\nlast"),
    )
    assert [line.text.strip() for line in book.lines if line.text.startswith("  ") and not line.detail] == [
        "first",
        "second",
        "last",
    ]


def test_a_script_is_named_by_its_operation_and_its_lines_are_details() -> None:
    book = book_of(
        events.OperationStarted("node1", "install", "Install Flink"),
        events.CommandStarted("node1", "install", SCRIPT, "sh -c …"),
    )
    assert book.lines[0].text == "$ sh  # Install Flink"
    assert any("echo two" in line.text for line in book.lines[1:])
    assert all(line.detail for line in book.lines[1:])


def test_every_kind_of_event_says_what_happened_and_why() -> None:
    why = ("It broke.", "No space left", "Free some.")
    book = book_of(
        events.RunStarted("run-1", "demo", "install", ("One",), ("node1",)),
        events.StageStarted("One", 1, 3, 2),
        events.HostLooked("node1", 0.1, "No route to host.", "Mend the network.", "unreachable"),
        events.OperationFinished("node1", "a", "Do a", "failed", 1.0, *why),
        events.HostDropped("node1", "operation", *why),
        events.ProofMade("node1", "p", "It answers", False, "nothing", "200", "", "Start it."),
        events.Paused(1, "node1", "Do a", *why),
        events.ConsentAsked(2, "node1", "Stop it", ("wordcount",)),
        events.Note("Something\nelse"),
        events.RunFinished("run-1", "failed", 1, 1, 2.0, "See above."),
    )
    said = book.text()
    for words in ("One (1 of 3)", "No route to host", "Do a: failed", "It broke.", "No space left", "Free some.",
                  "takes no further part", "It answers: nothing (wanted: 200)", "waits here", "1 running job",
                  "else", "run-1: failed", "See above."):  # fmt: skip
        assert words in said


def test_the_book_keeps_the_newest_lines_and_loses_none_below_its_size() -> None:
    book = LogBook(most=1_000)
    for event in output("node1", 1_000):
        book.take(MOMENT, event)
    assert len(book.lines) == 1_000
    for event in output("node1", 5_000):
        book.take(MOMENT, event)
    book.trim()
    assert [line.text.strip() for line in book.lines] == [f"line {number}" for number in range(4_000, 5_000)]


# The mailbox


def test_of_bytes_that_move_only_the_newest_waits_and_the_order_is_kept() -> None:
    mail = Mailbox(lambda: MOMENT)
    for done in range(1_000):
        mail.put(events.BytesMoved("node1", done, 1_000))
        mail.put(events.BytesMoved("node2", done, 1_000))
    mail.put(events.OperationFinished("node1", "copy", "Copy", "changed"))
    mail.put(events.BytesMoved("node1", 5, 10))
    mail.put(events.ViewChanged(1))
    assert [event for _, event in mail.take(100)] == [
        events.BytesMoved("node1", 999, 1_000),
        events.BytesMoved("node2", 999, 1_000),
        events.OperationFinished("node1", "copy", "Copy", "changed"),
        events.BytesMoved("node1", 5, 10),
    ]
    assert len(mail) == 0


def test_a_flood_of_output_is_bounded_and_told_and_a_question_is_never_lost() -> None:
    pieces = output("node1", 150)
    mail = Mailbox(lambda: MOMENT, most=sum(len(one.text) for one in pieces[:100]))
    for event in pieces:
        mail.put(event)
    question = events.Paused(1, "node1", "Do a", "It broke.", "", "")
    mail.put(question)
    first, second, third = (event for _, event in mail.take(1_000))
    assert isinstance(first, events.OutputArrived) and first.text == "".join(one.text for one in pieces[:100])
    assert second == question
    assert isinstance(third, events.Note) and third.text.startswith("50 pieces of output")
    mail.put(pieces[0])
    assert [event for _, event in mail.take(1)] == [pieces[0]]


def test_output_that_follows_on_output_is_one_piece_of_bounded_size_and_nothing_is_lost() -> None:
    mail = Mailbox(lambda: MOMENT)
    for event in output("node1", 2_000):
        mail.put(event)
    mail.put(events.OutputArrived("node1", "stderr", "oh\n"))
    mail.put(events.OutputArrived("node2", "stderr", "oh\n"))
    mail.put(events.OutputArrived("node1", "stderr", "again\n"))
    taken = [event for _, event in mail.take(2_000) if isinstance(event, events.OutputArrived)]
    assert len(taken) < 20 and max(len(one.text) for one in taken) <= PIECE
    assert "".join(one.text for one in taken[:-3]) == "".join(one.text for one in output("node1", 2_000))
    assert [(one.host, one.text) for one in taken[-3:]] == [
        ("node1", "oh\n"),
        ("node2", "oh\n"),
        ("node1", "again\n"),
    ]


# On the screen


def burst(app: WizardApp, happened: list[Event]) -> None:
    for event in happened:
        app.frame.mail.put(event)


async def opened(pilot: Pilot[int], app: WizardApp) -> LogLines:
    """The log on the whole screen, with the keys in it."""
    await until(pilot, lambda: app.frame.pane is not None)
    await until(pilot, lambda: app.walk.view.complete and not len(app.frame.mail))
    await pilot.press("f3")
    return app.frame.log_pane.lines


async def test_a_burst_comes_in_portions_and_complete(
    wizard: WizardApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "SHARE", 0.0)
    async with wizard.run_test(size=(140, 40)) as pilot:
        lines = await opened(pilot, wizard)
        before = len(wizard.frame.book.lines)
        burst(wizard, [*output("node1", 20_000)])
        wizard.frame.bring()
        taken = sum(len(line.text) - 1 for line in wizard.frame.book.lines[before:])
        assert 0 < taken <= shell.BATCH * PIECE, "one delivery is bounded"
        monkeypatch.setattr(shell, "SHARE", 60.0)
        await until(pilot, lambda: not len(wizard.frame.mail))
        await until(pilot, lambda: "line 19999" in screen_of(wizard))
        assert len(wizard.frame.book.lines) == before + 20_000
        assert len(lines.shown) == before + 20_000


async def test_it_follows_the_end_until_it_is_scrolled_and_again_at_the_end(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await opened(pilot, wizard)
        burst(wizard, [*output("node1", 100)])
        await until(pilot, lambda: "line 99" in screen_of(wizard))
        await pilot.press("pageup")
        await until(pilot, lambda: "stopped here" in screen_of(wizard))
        seen = [line[:70].rstrip() for line in screen_of(wizard).splitlines()[2:-1]]
        burst(wizard, [*output("node1", 50)])
        await until(pilot, lambda: len(wizard.frame.book.lines) >= 150)
        await pilot.pause(0.1)
        assert [line[:70].rstrip() for line in screen_of(wizard).splitlines()[2:-1]] == seen
        await pilot.press("end")
        await until(pilot, lambda: "line 49" in screen_of(wizard) and "stopped here" not in screen_of(wizard))
        burst(wizard, [events.OutputArrived("node1", "stdout", "the newest\n")])
        await until(pilot, lambda: "the newest" in screen_of(wizard))


async def test_it_is_searched_forwards_and_backwards(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        lines = await opened(pilot, wizard)
        burst(wizard, [*output("node1", 100)])
        await until(pilot, lambda: "line 99" in screen_of(wizard))
        await pilot.press("slash", *"LINE 1", "enter")
        await until(pilot, lambda: "11 of 11" in screen_of(wizard))
        assert "line 19" in screen_of(wizard)
        await pilot.press("n")
        await until(pilot, lambda: "1 of 11" in screen_of(wizard))
        await pilot.press("N", "N")
        await until(pilot, lambda: "10 of 11" in screen_of(wizard))
        await pilot.press("escape")
        assert not lines.needle and wizard.frame.log_pane.mode == "large"
        await pilot.press("slash", *"nowhere")
        await until(pilot, lambda: "not found" in screen_of(wizard))
        await pilot.press("escape", "escape")
        assert wizard.frame.log_pane.mode == "line"


async def test_it_shows_one_host_alone_and_details_on_demand(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        lines = await opened(pilot, wizard)
        burst(wizard, [events.CommandStarted(LONG, "a", SCRIPT, ""), *output("node2", 3), *output(LONG, 2)])
        await until(pilot, lambda: len(lines.shown) >= 6)
        assert all(cell_len(line) <= 80 for line in screen_of(wizard).splitlines())
        await pilot.press("h")
        await pilot.press(*"hhh")
        await pilot.press("enter")
        await until(pilot, lambda: lines.host == LONG)
        assert {line.host for line in lines.shown} == {LONG}
        assert "echo two" not in screen_of(wizard)
        await pilot.press("d")
        await until(pilot, lambda: "echo two" in screen_of(wizard))
        burst(wizard, [*output("node2", 1)])
        await pilot.pause(0.1)
        assert {line.host for line in lines.shown} == {LONG}
        await pilot.press("h", "enter")
        await until(pilot, lambda: lines.host is None)


async def test_what_a_host_says_is_shown_and_never_obeyed(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        await opened(pilot, wizard)
        burst(
            wizard,
            [
                events.CommandStarted(HOSTILE, "a", TRUE, HOSTILE),
                events.OutputArrived(HOSTILE, "stdout", f"{HOSTILE}\n"),
                events.Note(HOSTILE, HOSTILE),
                events.HostDropped(HOSTILE, "operation", HOSTILE, HOSTILE, HOSTILE),
            ],
        )
        await until(pilot, lambda: screen_of(wizard).count("[bold red]not markup[/] not obeyed") >= 4)
        assert "\x1b" not in screen_of(wizard)
        await pilot.press("h")
        await until(pilot, lambda: "[bold red]not markup" in screen_of(wizard))
        await pilot.press("escape", "f3")
        await until(pilot, lambda: wizard.frame.log_pane.mode != "large")
        assert wizard.is_running


async def test_it_is_saved_where_one_says_and_nothing_is_overwritten(
    wizard: WizardApp, tmp_path: Path
) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await opened(pilot, wizard)
        burst(wizard, [events.CommandStarted("node1", "a", SCRIPT, "")])
        await until(pilot, lambda: wizard.frame.book.commands == 1)
        await pilot.press("s")
        field = wizard.screen.query_one("#path", Input)
        assert field.value == "flink-wizard-practice.log"
        there = tmp_path / "there.log"
        there.write_text("mine")
        field.value = str(there)
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in screen_of(wizard).replace("\n", " "))
        field.value = str(tmp_path / "none" / "new.log")
        await pilot.press("enter")
        await until(pilot, lambda: "No such file" in screen_of(wizard))
        new = tmp_path / "new.log"
        field.value = str(new)
        await pilot.press("enter")
        await until(pilot, new.exists)
        await until(pilot, lambda: wizard.screen is wizard.frame)
        assert there.read_text() == "mine"
        assert "echo two" in new.read_text() and new.stat().st_mode & 0o777 == 0o600


async def test_it_is_copied(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await opened(pilot, wizard)
        burst(wizard, [*output("node1", 3)])
        await until(pilot, lambda: "line 2" in screen_of(wizard))
        await pilot.press("c")
        assert wizard.clipboard.endswith("line 2\n")


class Slow(Pane):
    """A pane that counts what reaches it."""

    def on_mount(self) -> None:
        self.taken = 0

    def take(self, event: Event) -> None:
        self.taken += event.text.count("\n") if isinstance(event, events.OutputArrived) else 1


async def test_the_pane_gets_every_event_that_is_not_replaced_by_a_newer_one(
    wizard: WizardApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "StepPane", Slow)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: wizard.frame.pane is not None and wizard.walk.view.complete)
        await until(pilot, lambda: not len(wizard.frame.mail))
        pane = wizard.frame.pane
        assert isinstance(pane, Slow)
        before = pane.taken
        burst(wizard, [*output("node1", 2_000)])
        await until(pilot, lambda: pane.taken == before + 2_000)
