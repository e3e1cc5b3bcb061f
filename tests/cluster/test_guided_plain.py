"""Line mode in a real terminal on lab hosts: from nothing but a password to a cluster, with a host that fails meanwhile."""

from __future__ import annotations

import re

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import archive_on_desk, operator_of, rest, three_with_desk
from tests.cluster.guiding import ANSWERS, TO_FLINK, TO_REVIEW, changes_printed, go_ahead, guided, logins, say
from tests.cluster.interrupting import copying
from tests.cluster.terminal import Lines
from tests.lab import faults

pytestmark = pytest.mark.timeout(600)

VERSION = "2.3.0"
NOT_STARTED = "version: 1\nstart: {flink: false}\n"


def changes_in(said: str) -> int:
    """How many changes the plan counts."""
    found = re.search(r"The plan: (\d+) changes on 3 machines", said)
    assert found, said
    return int(found[1])


def test_a_host_that_is_out_of_reach_is_mended_and_the_plan_made_anew(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    file = operator.write(NOT_STARTED)
    with guided(operator, "install", "--plain", "--answers", file) as terminal:
        lines = Lines(terminal)
        say(lines, *logins(lab.password), *TO_FLINK)
        say(lines, ("Version", VERSION), ("Source", archive_on_desk(VERSION, small=True)), ("Home", "next"))
        say(lines, ("Number [1]", ""), ("TaskManager memory", "1024m"), ("JobManager memory", "1024m"))
        say(lines, ("Slots", "next"), *TO_REVIEW[:-1])
        planned = changes_in(lines.after("Show the whole plan?"))
        printed = operator.run("apply", file, "--dry-run")
        assert printed.status == 0 and changes_printed(printed.out) == planned > 10, printed
        with faults.stop_sshd(lab["node2"]):
            go_ahead(lines)
            lines.until("Nothing was changed")
            assert "node2 cannot be reached any more" in lines.after("Number:", "2").replace("\n", " ")
            said = lines.after("Show the whole plan?")
            assert "node2: takes no part" in said, said
            lines.asked("Number:")
        say(lines, ("Number:", "4"), ("Number:", "1"))
        lines.after("Go ahead?", "yes")
        lines.until("Done:", seconds=120)
        lines.after("Number [1]")
        assert terminal.ended() == 0
        assert terminal.given_back() == {}
        assert lab.password not in terminal.history()
    again = operator.run("apply", file, "--dry-run")
    assert again.status == 0 and "Nothing to change" in again.out, again


@pytest.mark.long
def test_from_a_password_to_a_cluster_with_two_answers_changed_and_a_host_that_fails_in_the_run(
    make_lab: MakeLab,
) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    with guided(operator, "install", "--plain") as terminal:
        lines = Lines(terminal)
        say(lines, *logins(lab.password), *TO_FLINK)
        say(lines, ("Version", "1.20.1"), ("Source", "back"), ("Version [1.20.1]", VERSION))
        say(lines, ("Source", archive_on_desk(VERSION)), ("Home", "next"), ("Number [1]", ""))
        say(lines, ("TaskManager memory", "1024m"), ("JobManager memory", "1024m"), ("Slots", "1"))
        say(lines, ("Parallelism", "back"), ("Slots per TaskManager [1]", "2"), ("Parallelism", "next"))
        say(lines, *TO_REVIEW[:-1])
        planned = changes_in(lines.after("Show the whole plan?"))
        printed = operator.run("apply", ANSWERS, "--dry-run")
        assert printed.status == 0 and changes_printed(printed.out) == planned > 20, printed
        go_ahead(lines)
        lines.until("Stage 1 of")
        copying(lab["node2"])
        with faults.stop_sshd(lab["node2"]):
            faults.kill_sessions(lab["node2"])
            said = lines.asked("Number [1]", seconds=120)
            assert "The run waits at node2" in said and "FAILED node2" in said, said
        lines.after("Number [1]")
        lines.until("Done:", seconds=180)
        said = lines.after("Number [1]")
        assert "2 TaskManagers with 4 slots are registered" in said, said
        assert terminal.ended() == 0
        assert terminal.given_back() == {}
    overview = rest(lab["node0"])
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)
    again = operator.run("apply", ANSWERS, "--dry-run")
    assert again.status == 0 and "Nothing to change" in again.out, again
