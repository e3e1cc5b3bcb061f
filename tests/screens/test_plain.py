"""Line mode as somebody at a terminal meets it: a program on a terminal of its own, lines typed, the end awaited."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wizard.steps import INSTALL

from .lineterminal import ROOT, LineTerminal, practice

QUICKLY = (
    ("Number [1]:", ""),
    ("Cluster name [practice]:", "next"),
    ("Master [node0]:", "next"),
    ("Number [1]:", ""),
    ("Number [1]:", ""),
    ("Cluster key [~/.ssh/id_ed25519]:", "next"),
    ("Number [1]:", ""),
    ("Java home [auto]:", "next"),
    ("Number [1]:", ""),
    ("Version [2.3.0]:", "next"),
    ("Number [1]:", ""),
    ("TaskManager memory [6912m]:", "next"),
    ("Key, or Enter to go on:", ""),
    ("Number [1]:", ""),
    ("Workers [node1, node2]:", "next"),
    ("Number [1]:", ""),
    ("HDFS [none]:", "next"),
    ("Number [1]:", ""),
    ("Show the whole plan? yes or no [no]:", ""),
)
"""A practice walk from its first prompt to the review, everything taken as it is suggested."""


def walk_to_review(line: LineTerminal, trouble: str = "1") -> None:
    for prompt, typed in (("Number [", trouble), *QUICKLY[1:]):
        line.after(prompt, typed)


def walk_to(line: LineTerminal, prompt: str) -> None:
    """Up to this prompt, which then waits."""
    for asked, typed in QUICKLY:
        line.until(asked)
        if asked == prompt:
            return
        line.type(typed)
    raise AssertionError(f"no {prompt}")


def go_ahead(line: LineTerminal) -> None:
    line.after("Number:", "1")
    line.after("Go ahead? yes or no [no]:", "yes")


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_practice_walk_goes_from_welcome_to_done(term: str) -> None:
    with practice(term=term) as line:
        walk_to_review(line)
        go_ahead(line)
        line.until("Done: 26 changes.")
        line.after("Number [1]:", "")
        assert line.ended() == 0
        for number, step in enumerate(INSTALL, 1):
            assert f"Step {number} of 12: {step.title}\nPractice: nothing here is real.\n" in line.text
        assert "2 TaskManagers with 12 slots are registered" in line.text
        if term == "dumb":
            assert "\x1b" not in line.raw


def test_every_line_of_a_dumb_terminal_is_plain_ascii() -> None:
    with practice() as line:
        walk_to_review(line)
        line.until("Number:")
        assert line.text.isascii()


def test_going_back_twice_loses_no_answer_and_lets_one_be_changed() -> None:
    with practice() as line:
        walk_to(line, "Java home [auto]:")
        line.type("back")
        line.after("Cluster key [~/.ssh/id_ed25519]:", "~/.ssh/other")
        line.after("Type of a new key [ed25519]:", "back")
        line.after("Cluster key [~/.ssh/other]:", "back")
        line.until("Step 3 of 12: Requirements")
        line.after("Number [1]:", "back")
        line.until("Step 2 of 12: Hosts")
        line.after("Master [node0]:", "")
        line.after("Workers [node1, node2]:", "node[1-3]")
        line.after("User [flink]:", "next")
        said = line.until("Number [1]:")
        assert "node3: login flink@node3:22" in said.replace("\n", " ")
        line.type("")
        line.after("Number [1]:", "")
        line.until("Cluster key [~/.ssh/other]:")


def test_a_failing_host_waits_for_a_choice_and_is_tried_again() -> None:
    with practice("disk-full") as line:
        walk_to_review(line, "")
        go_ahead(line)
        said = line.until("What shall be done about node2?")
        assert "FAILED node2" in said and "No space left on device" in said
        line.after("Number [1]:", "?")
        line.until("What to do: Make room on node2, then try again.")
        line.after("Number [1]:", "7")
        line.until("Please type a number from 1 to 4.")
        line.after("Number [1]:", "1")
        line.until("ok node2         Install Flink")
        line.until("Done: 26 changes.")
        line.after("Number [1]:", "quit")
        assert line.ended() == 0


def test_a_host_that_is_left_out_makes_the_run_not_finished() -> None:
    with practice("disk-full") as line:
        walk_to_review(line, "")
        go_ahead(line)
        line.until("What shall be done about node2?")
        line.after("Number [1]:", "3")
        line.until("Not finished")
        line.after("Number:", "1")
        assert line.ended() == 1


def test_a_host_key_is_shown_and_confirmed_once() -> None:
    with practice("host-key") as line:
        for prompt, typed in (("Number [", ""), *QUICKLY[1:3]):
            line.after(prompt, typed)
        said = line.until("Is it the right one? yes or no:")
        assert "node1, address 192.0.2.11, port 22, ssh-ed25519:\n  SHA256:" in said
        line.type("perhaps")
        line.after("Please type yes or no.", "yes")
        assert "(problem)" not in line.until("Number [1]:")


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_password_is_asked_for_and_never_seen(term: str) -> None:
    secret = "Correct-Horse 7"
    with practice("password", term=term) as line:
        for prompt, typed in (("Number [", ""), *QUICKLY[1:3]):
            line.after(prompt, typed)
        line.after("Password for node1, or Enter for none:", secret)
        said = line.until("Number [1]:")
        assert "node1: login flink@node1:22" in said
        assert secret not in line.raw and "Horse" not in line.raw


def test_a_password_that_was_declined_is_not_asked_for_at_every_step() -> None:
    with practice("password") as line:
        for prompt, typed in (("Number [", ""), *QUICKLY[1:3]):
            line.after(prompt, typed)
        line.after("Password for node1, or Enter for none:", "")
        line.after("Number [1]:", "")
        line.until("Step 3 of 12: Requirements")
        said = line.until("Number [1]:")
        assert "Password" not in said and "type a password" in said


def test_ctrl_c_at_any_prompt_asks_first() -> None:
    with practice(term="xterm") as line:
        for prompt, typed in QUICKLY:
            line.asked(prompt)
            line.keys("\x03")
            line.after("Leave the wizard? yes or no [no]:", "no")
            line.after(prompt, typed)
        line.asked("Number:")
        line.keys("\x03")
        line.after("Leave the wizard? yes or no [no]:", "yes")
        line.until("Nothing was real, and nothing was kept.")
        assert line.ended() == 130


@pytest.mark.parametrize(("term", "key"), [("dumb", "\x03"), ("dumb", "\x04"), ("xterm", "\x04")])
def test_a_second_ctrl_c_or_ctrl_d_leaves(term: str, key: str) -> None:
    with practice(term=term) as line:
        line.asked("Number [1]:")
        line.keys(key)
        line.asked("Leave the wizard? yes or no [no]:")
        line.keys(key)
        assert line.ended() == 130
        assert "Traceback" not in line.text


def test_ctrl_c_during_a_run_stops_it_safely() -> None:
    with practice(tempo=0.3) as line:
        walk_to_review(line)
        go_ahead(line)
        line.until("Stage 2 of 14: Obtain Flink")
        line.keys("\x03")
        line.until("Stopping.")
        line.until("Stopped. Each host is as its last finished line says.")
        line.after("Number:", "1")
        assert line.ended() == 130


def test_ctrl_c_where_a_run_waits_asks_whether_to_stop_it() -> None:
    with practice("disk-full", term="xterm") as line:
        walk_to_review(line, "")
        go_ahead(line)
        line.until("What shall be done about node2?")
        line.asked("Number [1]:")
        line.keys("\x03")
        line.after("A run is under way. Stop it? yes or no [no]:", "no")
        line.asked("Number [1]:")
        line.keys("\x03")
        line.after("A run is under way. Stop it? yes or no [no]:", "yes")
        line.until("Stopped. Each host is as its last finished line says.")
        line.after("Number:", "quit")
        assert line.ended() == 130


def test_a_lost_terminal_ends_the_walk_at_a_prompt() -> None:
    with practice(term="xterm") as line:
        line.asked("Number [1]:")
        line.signal(signal.SIGHUP)
        assert line.ended() == 130
        assert "Traceback" not in line.text


def test_a_lost_terminal_ends_the_walk_in_a_run() -> None:
    with practice(tempo=0.3) as line:
        walk_to_review(line)
        go_ahead(line)
        line.until("Stage 2 of 14: Obtain Flink")
        line.signal(signal.SIGHUP)
        assert line.ended() == 130
        assert "Traceback" not in line.text


def test_the_question_mark_tells_what_one_would_type_by_hand() -> None:
    with practice() as line:
        walk_to(line, "Cluster key [~/.ssh/id_ed25519]:")
        line.type("?")
        said = line.until("Cluster key [~/.ssh/id_ed25519]:")
        assert "By hand one would type:" in said
        assert "ssh-keygen -t ed25519" in said
        assert "back goes one question back" in said


def test_quit_says_where_the_answers_are_and_they_are_there(tmp_path: Path) -> None:
    words = ["install", "--plain", "--state-dir", str(tmp_path)]
    with LineTerminal([sys.executable, "-m", "wizard.cli", *words]) as line:
        line.after("Cluster name [flink]:", "demo")
        line.after("Master:", "")
        line.after("Master: an answer is needed here.", "node0.invalid")
        line.after("Workers:", "quit")
        line.until("Your answers are in:")
        assert line.ended() == 130
        kept = tmp_path / "demo" / "node0.invalid" / "answers.yaml"
        assert str(kept) in line.text and "demo" in kept.read_text()
    with LineTerminal([sys.executable, "-m", "wizard.cli", *words]) as line:
        line.until("2. Go on with demo, master node0.invalid, last changed ")
        line.after("Number [1]:", "2")
        line.after("Cluster name [demo]:", "")
        line.until("Master [node0.invalid]:")


def test_without_a_terminal_it_names_the_command_that_needs_none() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "wizard.cli", "practice", "--plain"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "flink-wizard apply FILE" in ended.stderr


def test_a_dumb_terminal_gets_line_mode_unasked() -> None:
    with LineTerminal([sys.executable, "-m", "wizard.cli", "practice"]) as line:
        line.until("flink-wizard, line by line.")
        line.after("Number [1]:", "quit")
        assert line.ended() == 130
