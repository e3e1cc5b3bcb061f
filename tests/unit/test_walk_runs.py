"""Review and run of a walk: what was reviewed is what is done or nothing is, a run waits for the operator, and it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.walks import Heard, Hosts, until, walking
from wizard import events
from wizard.facts import HostFacts, LoginFailure, PathFacts
from wizard.practice import PracticeReach
from wizard.questions import question
from wizard.runner import Choice
from wizard.walk import Walk


@contextmanager
def reviewed(place: Path, hosts: PracticeReach, **more: bool) -> Iterator[tuple[Walk, Heard]]:
    """A walk whose plan was reviewed."""
    heard = Heard()
    with walking(place, hosts, **more) as walk:
        walk.listen(heard)
        assert walk.settled(10)
        walk.review()
        assert walk.settled(10)
        yield walk, heard


def paused(walk: Walk, heard: Heard, number: int = 1) -> events.Paused:
    until(lambda: len(heard.of(events.Paused)) >= number)
    event = heard.of(events.Paused)[number - 1]
    assert isinstance(event, events.Paused)
    return event


def finished(heard: Heard) -> events.RunFinished:
    event = heard.of(events.RunFinished)[-1]
    assert isinstance(event, events.RunFinished)
    return event


def done(walk: Walk) -> list[tuple[str, str]]:
    assert walk.preview is not None
    return [(one.host, one.operation) for one in walk.preview.done]


def test_what_was_reviewed_is_what_is_done(tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts()) as (walk, heard):
        assert walk.preview is not None and walk.reviewed is not None and walk.reviewed.refused == ""
        wanted = {host: walk.preview.commands(host) for host in ("@here", "node0", "node1", "node2")}
        assert walk.confirm() == "" and walk.start() and walk.settled(20)
        assert walk.view.applied == "done" and finished(heard).outcome == "done"
        assert walk.status == 0
        ran = [event for event in heard.of(events.CommandStarted) if isinstance(event, events.CommandStarted)]
        for host, commands in wanted.items():
            assert len([event for event in ran if event.host == host]) == len(commands)
        assert Path(walk.record).read_text().count("OperationFinished") > 20
        walk.review()
        assert walk.settled(10) and walk.preview.changes == 0, "twice is once"


def test_a_confirmation_is_good_for_one_run(tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts()) as (walk, _):
        assert not walk.start(), "nobody said yes"
        assert walk.status == 130, "left before anything was done"
        assert walk.confirm() == "" and walk.start() and walk.settled(20)
        assert not walk.start() and "reviewed again" in walk.confirm()


def test_without_a_review_nothing_is_applied(tmp_path: Path) -> None:
    heard = Heard()
    with walking(tmp_path) as walk:
        walk.listen(heard)
        assert walk.settled(10)
        walk.apply()
        assert walk.settled(10)
        assert (
            finished(heard).note == "The plan must be reviewed again first." and walk.view.applied == "failed"
        )


@pytest.mark.parametrize("trouble", ["port", "name", "memory"])
def test_findings_that_forbid_a_change_forbid_it_in_both_places(trouble: str, tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts(trouble)) as (walk, heard):
        assert walk.reviewed is not None and walk.reviewed.blockers
        assert walk.confirm() == "1 finding must be mended first." and walk.status == 3
        walk.apply()
        assert walk.settled(10) and walk.status == 3
        assert (finished(heard).outcome, finished(heard).changed) == ("blocked", 0)
        assert finished(heard).note == "Nothing was changed. 1 finding must be mended first."
        assert not heard.of(events.CommandStarted)


def test_a_finding_that_was_waived_forbids_nothing(tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts("port")) as (walk, _):
        walk.waive("port-taken")
        walk.review()
        assert walk.settled(10) and walk.reviewed is not None and walk.reviewed.refused == ""


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        (("node0",), "Without the master node0 nothing can be done"),
        (("node1", "node2"), "No worker could be reached"),
    ],
)
def test_without_the_master_or_any_worker_nothing_is_changed(
    lost: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    hosts = Hosts()
    for name in lost:
        hosts.changes[name] = lambda facts: HostFacts(
            facts.name, LoginFailure("refused", "nobody"), imagined=True
        )
    with reviewed(tmp_path, hosts) as (walk, heard):
        assert walk.reviewed is not None and walk.reviewed.refused.startswith(sentence)
        assert walk.status == 4
        walk.apply()
        assert walk.settled(10) and walk.status == 4
        assert finished(heard).note.startswith(f"Nothing was changed. {sentence}")


def test_a_host_that_changed_since_the_review_stops_the_run_before_it_changes_anything(
    tmp_path: Path,
) -> None:
    hosts = Hosts()
    with reviewed(tmp_path, hosts) as (walk, heard):
        hosts.changes["node1"] = lambda facts: replace(facts, javas=())
        walk.apply()
        assert walk.settled(10)
        assert finished(heard).outcome == "blocked" and not heard.of(events.CommandStarted)
        assert "not as the review saw them (node1: install Java" in finished(heard).note
        assert walk.view.facts["node1"].javas == (), "what was seen is known"
        walk.review()
        assert walk.settled(10)
        assert ("node1", "install-java") in done(walk)
        walk.apply()
        assert walk.settled(20) and walk.view.applied in {"done", "failed"}
        assert heard.of(events.CommandStarted)


def test_a_host_that_was_lost_since_the_review_is_named(tmp_path: Path) -> None:
    hosts = Hosts()
    with reviewed(tmp_path, hosts) as (walk, heard):
        hosts.changes["node2"] = lambda facts: HostFacts(
            facts.name, LoginFailure("refused", ""), imagined=True
        )
        walk.apply()
        assert walk.settled(10)
        assert "review saw them (node2 cannot be reached any more)" in finished(heard).note


def test_somebody_else_who_changes_the_cluster_is_named_in_the_review(tmp_path: Path) -> None:
    hosts = Hosts()
    owner = "run 1 by eve on elsewhere/boot as process 1/2 since 2026-01-01T00:00:00+00:00"
    lock = PathFacts("~/.flink-wizard/practice/lock/owner", "file", text=owner)
    hosts.changes["node0"] = lambda facts: replace(facts, paths={**facts.paths, lock.path: lock})
    with reviewed(tmp_path, hosts) as (walk, heard):
        assert walk.preview is not None and "eve" in walk.preview.left[0].evidence
        walk.apply()
        paused_at = paused(walk, heard)
        walk.choose(paused_at.number, "stop")
        assert walk.settled(20) and walk.view.applied == "failed"


def test_answers_that_were_changed_after_the_review_are_reviewed_again(tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts()) as (walk, heard):
        assert walk.confirm() == ""
        walk.decide("flink.config.parallelism.default", "1")
        assert walk.reviewed is None and not walk.confirmed and not walk.start()
        walk.apply()
        assert walk.settled(10)
        assert finished(heard).outcome == "blocked" and not heard.of(events.CommandStarted)


@pytest.mark.parametrize(("path", "text"), [("master", "node0"), ("flink.version", "2.3.0")])
def test_an_answer_that_is_given_again_as_it_was_does_not_hold_the_review_up(
    path: str, text: str, tmp_path: Path
) -> None:
    with walking(tmp_path) as walk:
        for _ in range(2):
            assert walk.answer(question(path), text) == "" and walk.settled(10)
        walk.review()
        assert walk.settled(10) and walk.reviewed is not None


def test_answers_that_do_not_fit_together_are_named_in_the_review(tmp_path: Path) -> None:
    heard = Heard()
    with walking(tmp_path) as walk:
        walk.listen(heard)
        assert walk.settled(10)
        assert walk.answer(question("workers"), "node1 node2 node1") == ""
        walk.review()
        assert walk.settled(10)
        made = heard.of(events.ReviewMade)[-1]
        assert isinstance(made, events.ReviewMade)
        assert "workers" in made.fault and "twice" in made.fault and walk.reviewed is None


def test_a_review_without_hosts_says_what_is_missing(tmp_path: Path) -> None:
    heard = Heard()
    with walking(tmp_path, answers="") as walk:
        walk.listen(heard)
        walk.review()
        assert walk.settled(10)
        assert heard.of(events.ReviewMade) == [
            events.ReviewMade("Name a master and at least one worker first.")
        ]


def test_a_review_that_breaks_is_told(tmp_path: Path) -> None:
    hosts = Hosts()
    heard = Heard()
    with walking(tmp_path, hosts) as walk:
        walk.listen(heard)
        assert walk.settled(10)
        hosts.breaks.add("@here")
        walk.review()
        assert walk.settled(10)
        made = heard.of(events.ReviewMade)[-1]
        assert isinstance(made, events.ReviewMade) and "RuntimeError: not what was thought" in made.fault
        hosts.breaks.clear()
        walk.review()
        assert walk.settled(10) and walk.reviewed is not None
        hosts.breaks.add("node1")
        walk.apply()
        assert walk.settled(10) and walk.view.applied == "failed"
        assert "RuntimeError: not what was thought" in finished(heard).note


@pytest.mark.parametrize(
    ("choice", "word", "dropped"),
    [
        ("retry", "done", set()),
        ("skip", "failed", set()),
        ("drop", "failed", {"node2"}),
        ("stop", "failed", {"node2"}),
    ],
)
def test_a_run_waits_for_the_operators_choice(
    choice: Choice, word: str, dropped: set[str], tmp_path: Path
) -> None:
    with reviewed(tmp_path, Hosts("disk-full")) as (walk, heard):
        walk.apply()
        asked = paused(walk, heard)
        assert (asked.host, asked.operation) == ("node2", "install-flink")
        assert walk.view.applied == "running" and not walk.settled(0)
        walk.choose(asked.number + 7, "stop")  # nobody asked that
        walk.choose(asked.number, choice)
        assert walk.settled(20)
        assert walk.view.applied == word and walk.outcome is not None
        assert walk.status == (0 if word == "done" else 1)
        assert set(walk.outcome.dropped) == dropped
        if choice == "drop":
            others = {event.host for event in heard.of(events.CommandFinished)}  # type: ignore[attr-defined]
            assert {"node0", "node1"} <= others


def test_a_run_that_waits_can_be_cancelled_and_taken_up_again(tmp_path: Path) -> None:
    with reviewed(tmp_path, Hosts("disk-full")) as (walk, heard):
        walk.apply()
        paused(walk, heard)
        walk.cancel()
        assert walk.settled(20) and walk.view.applied == "cancelled"
        assert finished(heard).outcome == "cancelled" and walk.status == 130
        walk.review()
        assert walk.settled(10) and walk.preview is not None
        left = done(walk)
        assert ("node2", "install-flink") in left and ("node0", "install-flink") not in left
        walk.apply()
        assert walk.settled(20) and walk.view.applied == "done"


def test_a_run_that_is_under_way_can_be_cancelled(tmp_path: Path) -> None:
    hosts = Hosts()
    with reviewed(tmp_path, hosts) as (walk, heard):
        walk.pace(60.0)
        walk.apply()
        until(lambda: walk.view.applied == "running")
        walk.cancel()
        assert walk.settled(20) and walk.view.applied == "cancelled"
        assert not heard.of(events.CommandFinished)


def test_a_run_that_waits_its_turn_can_be_cancelled(tmp_path: Path) -> None:
    """A review is under way, and an apply waits behind it: both hear of the cancel."""
    hosts = Hosts()
    with reviewed(tmp_path, hosts) as (walk, heard):
        hosts.hang = {"node0", "node1", "node2", "@here"}
        walk.look_again()
        walk.review()
        walk.apply()
        walk.cancel()
        hosts.hang.clear()
        assert walk.settled(20) and walk.view.applied in {"cancelled", "failed"}
        assert not heard.of(events.CommandStarted)


@pytest.mark.parametrize("phase", ["paused", "working"])
def test_closing_in_the_middle_of_a_run_ends_it(phase: str, tmp_path: Path) -> None:
    hosts = Hosts("disk-full")
    with reviewed(tmp_path, hosts) as (walk, heard):
        if phase == "working":
            hosts.tempo.seconds = 60.0
        walk.apply()
        if phase == "paused":
            paused(walk, heard)
        else:
            until(lambda: walk.view.applied == "running")
    assert walk.view.applied == "cancelled" and hosts.closed
    assert finished(heard).outcome == "cancelled"
    assert walk.settled(0)


@pytest.mark.parametrize("answer", [True, False, "cancel"])
def test_running_jobs_are_only_ended_by_a_yes(answer: bool | str, tmp_path: Path) -> None:
    hosts = Hosts()
    with reviewed(tmp_path, hosts) as (walk, heard):
        restarts_with_a_job(walk, hosts)
        assert walk.preview is not None and {left.status for left in walk.preview.left} == {"pending"}
        heard.events.clear()
        walk.apply()
        told = 0
        while not walk.settled(0.01):
            for event in heard.of(events.ConsentAsked)[told:]:
                assert isinstance(event, events.ConsentAsked) and event.jobs == ("orders (1)",)
                told += 1
                if answer == "cancel":
                    walk.cancel()
                else:
                    walk.choose(event.number, answer is True)
        assert told and walk.outcome is not None
        started = {
            (one.host, one.operation) for one in heard.events if isinstance(one, events.OperationStarted)
        }
        assert (("node0", "start-jobmanager") in started) is (answer is True)
        assert walk.view.applied == {True: "done", False: "failed", "cancel": "cancelled"}[answer]


def test_a_loss_of_jobs_that_was_allowed_is_not_asked_about(tmp_path: Path) -> None:
    hosts = Hosts()
    with reviewed(tmp_path, hosts, job_loss=True) as (walk, heard):
        restarts_with_a_job(walk, hosts)
        assert ("node0", "start-jobmanager") in done(walk)
        walk.apply()
        assert walk.settled(20) and walk.view.applied == "done" and not heard.of(events.ConsentAsked)


def restarts_with_a_job(walk: Walk, hosts: Hosts) -> None:
    """Install, then change what needs a restart while a job runs, and review that."""
    walk.apply()
    assert walk.settled(20) and walk.view.applied == "done"
    jobs = {"/jobs/overview": {"jobs": [{"jid": "1", "name": "orders", "state": "RUNNING"}]}}
    hosts.changes["node0"] = lambda facts: replace(
        facts, rest={key: replace(one, answers={**one.answers, **jobs}) for key, one in facts.rest.items()}
    )
    walk.decide("flink.config.parallelism.default", "2")
    walk.look_again()
    walk.review()
    assert walk.settled(10)
