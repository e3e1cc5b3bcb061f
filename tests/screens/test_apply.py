"""The apply pane: a run on the screen, its questions with each of their answers, and its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from screens.apply import ApplyPane
from screens.review import ReviewPane
from screens.widgets.hostrows import HostRows
from screens.widgets.pane import Pane
from screens.widgets.pause import RunQuestion
from screens.widgets.remedy import step_for
from wizard import events
from wizard.commands import Run
from wizard.events import Event
from wizard.progress import Follower
from wizard.steps import INSTALL, REPAIR
from wizard.walk import Walk

from .panes import HOSTILE, SPLIT, PaneApp, practising, run_to_its_end, screen_of, showing, text_of, until


def reviewed(walk: Walk) -> None:
    """Review and confirm without a screen: the run begins when the pane is shown."""
    walk.review()
    for _ in range(2000):
        if walk.reviewed:
            break
        assert not walk.settled(0.01) or walk.reviewed
    assert walk.confirm() == ""


def asked(app: PaneApp) -> bool:
    """Whether a question is on the screen, with the focus in it."""
    found = app.screen.query(RunQuestion)
    return bool(found) and any(one in (app.screen.focused or app.screen).ancestors for one in found)


async def press(app: PaneApp, pilot, key: str) -> None:
    button = app.screen.query_one(f"#choice-{key}", Button)
    button.focus()
    await pilot.press("enter")


@asynccontextmanager
async def paused() -> AsyncGenerator[tuple[Walk, PaneApp, Pilot[None]]]:
    """A run that waits on the screen for an answer to its failure on node2."""
    with practising(SPLIT) as walk:
        reviewed(walk)
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: asked(app))
            yield walk, app, pilot


async def test_without_a_confirmation_nothing_is_applied() -> None:
    with practising() as walk:
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: asked(app))
            assert "Nothing was applied yet" in text_of(app)
            assert "confirm the plan in Review" in app.pane.may_leave()
            await press(app, pilot, "review")
            await until(pilot, lambda: app.asked == ["review"])
            assert walk.view.applied == "no"


async def test_a_confirmed_plan_is_carried_out_to_its_end() -> None:
    with practising() as walk:
        reviewed(walk)
        async with showing(walk, ApplyPane, (140, 40)) as (app, pilot):
            await until(pilot, lambda: walk.view.applied == "done" and asked(app))
            said = text_of(app) + screen_of(app)
            assert "✓ Done: " in said and "100 %" in said
            assert "✓ Install Flink" in said and "✓ node2" in said
            assert "6 proofs assumed, because nothing was really done." in said
            assert "verified" not in said
            assert app.pane.may_leave() == ""
            await pilot.press("enter")
            await until(pilot, lambda: app.asked)
            assert isinstance(app.asked[0], Pane.NextWanted)


async def test_going_back_and_coming_again_applies_nothing_twice() -> None:
    runs: list[str] = []
    with practising() as walk:
        walk.listen(lambda event: runs.append(event.run_id) if isinstance(event, events.RunStarted) else None)
        reviewed(walk)
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: walk.view.applied == "done")
            for pane in (ReviewPane, ApplyPane, ReviewPane, ApplyPane):
                await app.go(pane)
                await pilot.pause()
            await until(pilot, lambda: walk.reviewed and asked(app))
            assert not walk.confirmed and not walk.start()
            assert "Done: " in text_of(app)
        assert len(runs) == 1


async def test_leaving_while_it_runs_leaves_it_running_and_its_state_is_there_again() -> None:
    async with paused() as (walk, app, pilot):
        assert "going on" in app.pane.may_leave()
        await app.go(ReviewPane)
        await until(pilot, lambda: "A run is going on" in text_of(app))
        assert walk.reviewed is None
        await app.go(ApplyPane)
        await until(pilot, lambda: asked(app))
        assert "node2 waits for you: Install Flink" in text_of(app)
        await press(app, pilot, "retry")
        await until(pilot, lambda: walk.view.applied == "done")


async def test_a_pause_tells_cause_evidence_and_next_action_and_retry_ends_done() -> None:
    async with paused() as (walk, app, pilot):
        said = text_of(app)
        assert "tar ended with status 2." in said
        assert "tar: Unexpected EOF in archive" in said
        assert "[bold red]not markup[/] not obeyed [@click=app.quit]quit[/]" in said
        assert "\x1b" not in said and HOSTILE not in said
        assert "Free 1.2 GB in /home on node2 and retry." in said
        assert str(app.screen.focused.label) == "Retry"
        await pilot.press("enter")
        await until(pilot, lambda: walk.view.applied == "done")
        assert walk.outcome and walk.outcome.good


async def test_skip_goes_on_with_the_host_and_the_failure_is_told_at_the_end() -> None:
    async with paused() as (walk, app, pilot):
        await press(app, pilot, "skip")
        await until(pilot, lambda: walk.view.applied == "failed" and asked(app))
        assert walk.outcome and [one.host for one in walk.outcome.failures][:1] == ["node2"]
        assert "node2: Install Flink" in text_of(app) and "tar ended" in text_of(app)


async def test_a_dropped_host_takes_no_further_part_and_the_others_go_on() -> None:
    async with paused() as (walk, app, pilot):
        await press(app, pilot, "drop")
        await until(pilot, lambda: walk.view.applied == "failed" and asked(app))
        assert walk.outcome and list(walk.outcome.dropped) == ["node2"]
        rows = {host.host: host.state for host in walk.progress.now().hosts}
        assert rows["node2"] == "lost" and rows["node1"] == "done"
        assert "✗ node2" in screen_of(app)


async def test_after_a_failure_try_again_makes_a_fresh_plan_and_ends_done() -> None:
    async with paused() as (walk, app, pilot):
        await press(app, pilot, "drop")
        await until(pilot, lambda: walk.view.applied == "failed" and asked(app))
        assert str(app.screen.focused.label) == "Try again"
        await pilot.press("enter")
        await until(pilot, lambda: walk.view.applied == "done")
        assert walk.outcome and walk.outcome.good
        changed = {host.host: host.changed for host in walk.progress.now().hosts}
        assert changed["node2"] > changed["node1"]  # what was done already is not done again


async def test_stop_ends_the_run_and_says_so() -> None:
    async with paused() as (walk, app, pilot):
        await press(app, pilot, "stop")
        await until(pilot, lambda: walk.view.applied == "failed" and asked(app))
        assert "Not finished" in text_of(app)


async def test_change_answers_stops_the_run_and_leads_to_the_step_that_it_concerns() -> None:
    async with paused() as (walk, app, pilot):
        await press(app, pilot, "edit")
        await until(pilot, lambda: walk.view.applied == "failed")
        assert app.asked == ["flink"]


async def test_cancel_asks_once_and_no_leaves_everything_as_it_was() -> None:
    async with paused() as (walk, app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "Cancel the run?" in text_of(app) and asked(app))
        assert str(app.screen.focused.label) == "Go on with the run"
        await pilot.press("enter")
        await until(pilot, lambda: "waits for you" in text_of(app) and asked(app))
        await pilot.press("x")
        await until(pilot, lambda: "Cancel the run?" in text_of(app) and asked(app))
        await press(app, pilot, "yes")
        await until(pilot, lambda: walk.view.applied == "cancelled" and asked(app))
        assert "Cancelled after" in text_of(app)
        assert "A new run goes on from there." in text_of(app)


async def test_a_run_that_is_being_cancelled_says_so_until_it_has_ended() -> None:
    with practising(tempo=0.3) as walk:
        reviewed(walk)
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: any(host.line for host in walk.progress.now().hosts))
            await pilot.press("x")
            await until(pilot, lambda: asked(app))
            await press(app, pilot, "yes")
            await until(pilot, lambda: walk.view.applied == "cancelled" and asked(app))
            assert not walk.confirmed
            assert {host.state for host in walk.progress.now().hosts} == {"stopped"}


@pytest.mark.parametrize(("key", "faster"), [("plus", True), ("minus", False)])
async def test_the_pace_of_a_rehearsal_can_be_changed(key: str, faster: bool) -> None:
    with practising(SPLIT, tempo=0.05) as walk:
        reviewed(walk)
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: walk.progress.now().asked and asked(app))
            await pilot.press(key)
            await pilot.pause()
            assert walk.tempo is not None
            assert (walk.tempo < 0.05) is faster
            await pilot.press("0")
            await pilot.pause()
            assert walk.tempo == 0
            assert "(at once)" in text_of(app)


async def test_several_pauses_queue_up_and_each_gets_its_own_answer() -> None:
    with practising() as walk:
        async with showing(walk, ApplyPane, (100, 30)) as (app, pilot):
            walk._view = _running(walk)
            for number, host in ((7, "node1"), (8, "node2")):
                walk._hand_on(events.Paused(number, host, "Install Flink", "It broke.", "seen", "Mend it."))
            await until(pilot, lambda: asked(app))
            assert "node1 waits for you" in text_of(app)
            assert "(1 more question after this)" in text_of(app)
            await press(app, pilot, "retry")
            await until(pilot, lambda: "node2 waits for you" in text_of(app) and asked(app))
            assert "more question" not in text_of(app)
            await press(app, pilot, "drop")
            await until(pilot, lambda: not app.screen.query(RunQuestion))


async def test_consent_names_the_jobs_and_no_is_the_default() -> None:
    with practising() as walk:
        async with showing(walk, ApplyPane) as (app, pilot):
            walk._view = _running(walk)
            walk._hand_on(
                events.ConsentAsked(3, "node0", "Restart the JobManager", ("[b]orders[/b]", "clicks"))
            )
            await until(pilot, lambda: asked(app))
            said = text_of(app)
            assert "2 running jobs" in said and "[b]orders[/b]" in said and "clicks" in said
            assert str(app.screen.focused.label) == "No, let them run"


async def test_thousands_of_events_draw_a_few_times_and_nothing_is_lost() -> None:
    """The picture is kept as events come; the screen takes the newest ten times a second."""
    drawn = 0

    class Counting(ApplyPane):
        def _draw(self, progress):
            nonlocal drawn
            drawn += 1
            super()._draw(progress)

    hosts = tuple(f"n{number:03}" for number in range(200))
    command = Run(("true",))
    with practising() as walk:
        async with showing(walk, ApplyPane, (80, 24)) as (app, pilot):
            app.kind = Counting
            await app.go(Counting)
            walk._view = _running(walk)
            walk._hand_on(events.RunStarted("r", "big", "install", ("Copy",), hosts))
            walk._hand_on(events.StageStarted("Copy", 1, 1, len(hosts)))
            drawn = 0
            for host in hosts:
                walk._hand_on(events.OperationStarted(host, "copy", "Copy"))
                walk._hand_on(events.CommandStarted(host, "copy", command, "true"))
                for step in range(50):
                    walk._hand_on(events.BytesMoved(host, step * 1000, 50_000))
            await pilot.pause(0.3)
            assert drawn < 20
            rows = walk.progress.now().hosts
            assert len(rows) == 200 and all(row.moved == 49_000 for row in rows)
            assert app.screen.query_one(HostRows).virtual_size.height == 200


async def test_it_survives_every_size_while_it_asks() -> None:
    with practising(SPLIT) as walk:
        reviewed(walk)
        async with showing(walk, ApplyPane, (62, 15)) as (app, pilot):
            await until(pilot, lambda: asked(app))
            for size in ((62, 15), (140, 40), (62, 18), (100, 24)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert "Retry" in screen_of(app) and "Stop the run" in screen_of(app), size
            await pilot.press("v")
            await pilot.pause()


async def test_a_run_that_is_refused_at_the_last_moment_says_why() -> None:
    with practising() as walk:
        reviewed(walk)
        walk._reach.choose("port")  # somebody has started a program on the port meanwhile
        async with showing(walk, ApplyPane) as (app, pilot):
            await until(pilot, lambda: walk.view.applied == "failed" and asked(app))
            assert "Nothing was changed." in text_of(app)


def test_every_operation_concerns_a_step_that_is_there() -> None:
    for steps in (INSTALL, REPAIR):
        there = tuple(step.id for step in steps)
        for operation in ("install-flink", "install-java", "authorize-key", "write-config", "unheard-of"):
            assert step_for(operation, there) in there
    assert step_for("install-flink", tuple(step.id for step in INSTALL)) == "flink"
    assert step_for("unheard-of", tuple(step.id for step in INSTALL)) == "hosts"


def test_a_rate_is_told_only_once_it_is_known() -> None:
    now = [0.0]
    follower = Follower(lambda: now[0])
    follower(events.RunStarted("r", "c", "install", ("Copy",), ("n",)))
    follower(events.StageStarted("Copy", 1, 1, 1))
    follower(events.OperationStarted("n", "copy", "Copy"))
    follower(events.BytesMoved("n", 1_000_000, 10_000_000))
    assert follower.now().hosts[0].left is None and follower.now().left is None
    now[0] = 2.0
    follower(events.BytesMoved("n", 5_000_000, 10_000_000))
    assert follower.now().hosts[0].rate == 2_000_000
    assert follower.now().left == 2.5
    follower(events.BytesMoved("n", 0, None))  # another transfer, of unknown size
    assert follower.now().left is None


def test_a_retried_operation_is_no_failure_any_more() -> None:
    follower = Follower()
    follower(events.RunStarted("r", "c", "install", ("Copy",), ("n",)))
    follower(events.StageStarted("Copy", 1, 1, 2))
    failed = events.OperationFinished("n", "copy", "Copy", "failed", cause="It broke.")
    follower(failed)
    assert (follower.now().hosts[0].failed, follower.now().failures) == (1, (failed,))
    assert follower.now().done == 0.0
    follower(events.OperationFinished("n", "copy", "Copy", "changed"))
    assert (follower.now().hosts[0].failed, follower.now().failures) == (0, ())
    assert follower.now().done == 0.5


def test_a_stop_answers_every_question_of_the_run() -> None:
    """Two hosts fail side by side; one stop ends the run, and nothing waits for ever."""
    from dataclasses import replace

    numbers: list[int] = []
    with practising(replace(SPLIT, host="node1")) as walk:

        def take(event: Event) -> None:
            if isinstance(event, events.Paused):
                numbers.append(event.number)
                walk.choose(event.number, "stop")

        run_to_its_end(walk, take)
        assert walk.view.applied == "failed" and len(numbers) == 1
        assert walk.progress.now().asked == ()


def _running(walk: Walk):
    from dataclasses import replace

    return replace(walk.view, applied="running")
