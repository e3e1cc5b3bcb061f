"""The done pane: what was verified, what is still to do, and how to go on from here."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from screens.done import DonePane
from wizard import events
from wizard.events import Event
from wizard.walk import Walk

from .panes import HOSTILE, SPLIT, practising, run_to_its_end, screen_of, showing, text_of, until


def answering(walk: Walk, choice: str):
    """Answers every pause with this choice."""

    def take(event: Event) -> None:
        if isinstance(event, events.Paused):
            walk.choose(event.number, choice)

    return take


async def test_before_a_run_it_says_that_nothing_was_applied() -> None:
    with practising() as walk:
        async with showing(walk, DonePane) as (app, _):
            assert "Nothing was applied yet." in text_of(app)


async def test_it_shows_every_proof_with_its_numbers() -> None:
    with practising(use="install") as walk:
        run_to_its_end(walk)
        async with showing(walk, DonePane, (140, 40)) as (app, _):
            said = text_of(app)
            assert "Verified  6 of 6" in said
            assert "2 TaskManagers with 12 slots are registered" in said
            assert "2 data ports, each open to 2 of 2 workers" in said
            assert "http://node0:8081" in said


async def test_the_next_commands_name_the_file_quoted() -> None:
    with practising(use="install") as walk:
        run_to_its_end(walk)
        walk._view = replace(walk.view, file="/srv/my answers/c.yaml")
        async with showing(walk, DonePane, (140, 40)) as (app, _):
            said = text_of(app)
            for command in ("status", "stop", "start", "apply"):
                assert f"flink-wizard {command} '/srv/my answers/c.yaml'" in said
            assert "flink-wizard add-worker '/srv/my answers/c.yaml' HOST" in said
            assert shlex.split(said.split("status ")[1].splitlines()[0]) == ["/srv/my answers/c.yaml"]


async def test_the_web_address_can_be_copied() -> None:
    with practising(use="install") as walk:
        run_to_its_end(walk)
        async with showing(walk, DonePane) as (app, pilot):
            await pilot.press("y")
            await pilot.pause()
            assert app.clipboard == "http://node0:8081"


async def test_a_dry_run_says_that_nothing_was_changed_and_how_to_do_it_for_real() -> None:
    with practising(use="dry-run") as walk:
        run_to_its_end(walk)
        async with showing(walk, DonePane, (140, 40)) as (app, _):
            said = text_of(app)
            assert "none of them made" in said and "Nothing was changed" in said
            assert f"flink-wizard apply {shlex.quote(walk.view.file)}" in said
            assert "The cluster runs" not in said and "Verified" not in said
            assert "http://" not in said


async def test_practice_says_that_nothing_was_real_and_how_to_begin() -> None:
    with practising() as walk:
        run_to_its_end(walk)
        async with showing(walk, DonePane, (140, 40)) as (app, _):
            said = text_of(app)
            assert "none of them real" in said and "flink-wizard install" in said
            assert "The cluster runs" not in said and "http://" not in said


@pytest.mark.parametrize("choice", ["skip", "drop", "stop"])
async def test_what_failed_is_listed_with_its_cause_and_the_next_action(choice: str) -> None:
    with practising(SPLIT, use="install") as walk:
        run_to_its_end(walk, answering(walk, choice))
        async with showing(walk, DonePane, (140, 40)) as (app, pilot):
            said = text_of(app)
            assert "Not finished" in said and "Still to do" in said
            assert "node2: Install Flink" in said
            assert "tar ended with status 2." in said and "Free 1.2 GB" in said
            assert "[bold red]not markup[/]" in said and HOSTILE not in said
            assert "The cluster runs" not in said
            await pilot.press("t")
            await until(pilot, lambda: app.asked == ["apply"])


async def test_a_secret_in_the_evidence_is_masked() -> None:
    failure = replace(SPLIT.failure, evidence="password was planted-Secret-77")
    with practising(replace(SPLIT, failure=failure), use="install") as walk:
        walk.password("planted-Secret-77")
        assert walk.settled(20)
        run_to_its_end(walk, answering(walk, "drop"))
        async with showing(walk, DonePane, (140, 40)) as (app, _):
            assert "password was •••" in text_of(app)
            assert "planted" not in screen_of(app)


async def test_it_scrolls_with_the_arrows_where_there_is_little_room() -> None:
    with practising(use="install") as walk:
        run_to_its_end(walk)
        async with showing(walk, DonePane, (62, 12)) as (app, pilot):
            assert "answers.yaml" not in screen_of(app)
            await pilot.press("end")
            await pilot.pause()
            assert "answers.yaml" in screen_of(app)
