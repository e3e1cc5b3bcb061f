"""Leaving a guided walk at each step, in a real terminal: it is given back, the answers stay, the walk is taken up again."""

from __future__ import annotations

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, operator_of, three_with_desk
from tests.cluster.guiding import BY_LINES, STEPS, confirm, go_ahead, guided, say, to_review
from tests.cluster.terminal import Lines, Terminal
from tests.lab import Lab

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]

LOCK = "/home/flink/.flink-wizard/demo/lock/owner"
AGAIN = "Press Ctrl+C again to quit"


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab) -> Lab:
    return make_module_lab(three_with_desk())


@pytest.fixture
def operator(lab: Lab) -> Operator:
    return operator_of(lab)


@pytest.fixture
def file(operator: Operator) -> str:
    source = archive_on_desk("2.3.0", small=True)
    return operator.write(answers(flink={"source": source}, start={"flink": False}))


def left(operator: Operator, terminal: Terminal, file: str, before: str) -> None:
    """The program has ended as cancelled, the terminal is as a shell wants it, and the file says what it said."""
    assert terminal.ended() == 130
    assert terminal.given_back() == {}
    assert file in terminal.history()
    assert operator.host.read(file) == before


def test_the_screens_are_left_at_every_step_by_ctrl_q_and_by_ctrl_c(operator: Operator, file: str) -> None:
    before = operator.host.read(file)
    steps = ("Welcome", *STEPS)
    for place, title in enumerate(steps):
        with guided(operator, "install", "--answers", file, columns=120, lines=36, password=True) as terminal:
            terminal.until("▸ Welcome", seconds=60)
            for step in steps[1 : place + 1]:
                terminal.press("F8")
                terminal.until(f"▸ {step}")
            if place % 2:
                terminal.keys("C-q")
            else:
                terminal.keys("C-c")
                terminal.until(AGAIN, f"▸ {title}")
                terminal.keys("C-c")
            left(operator, terminal, file, before)


def test_a_plan_and_a_run_are_not_left_without_a_question(lab: Lab, operator: Operator, file: str) -> None:
    before = operator.host.read(file)
    with guided(operator, "install", "--answers", file, columns=120, lines=36, password=True) as terminal:
        to_review(terminal)
        terminal.keys("C-q")
        terminal.until("The plan was not carried out", "Nothing was changed on any host", "Stay")
        terminal.press("Escape")
        terminal.keys("C-c", "C-c")
        terminal.until("The plan was not carried out")
        terminal.press("Right")
        terminal.keys("Enter")
        left(operator, terminal, file, before)
    with guided(operator, "install", "--answers", file, columns=120, lines=36, password=True) as terminal:
        to_review(terminal)
        confirm(terminal)
        lab["node0"].exec(f"until [ -e {LOCK} ]; do :; done", timeout=60)
        terminal.keys("C-q")
        terminal.until("A run is under way", "Leaving cancels it")
        terminal.press("Right")
        terminal.keys("Enter")
        left(operator, terminal, file, before)
    assert not lab["node0"].exists(LOCK)
    finished = operator.run("apply", file, "--yes")
    assert finished.status == 0, finished


def test_line_mode_is_left_at_every_prompt(lab: Lab, operator: Operator, file: str) -> None:
    before = operator.host.read(file)
    for place, (prompt, _) in enumerate(BY_LINES):
        with guided(operator, "install", "--plain", "--answers", file, password=True) as terminal:
            lines = Lines(terminal)
            say(lines, *BY_LINES[:place])
            lines.asked(prompt)
            terminal.keys("C-c")
            lines.after("Leave the wizard? yes or no [no]", "no")
            lines.asked(prompt)
            terminal.keys("C-c")
            lines.asked("Leave the wizard? yes or no [no]")
            if place % 2:
                terminal.keys("C-c")
            else:
                lines.after("Leave the wizard? yes or no [no]", "yes")
            left(operator, terminal, file, before)
    for host in lab.hosts[1:]:
        host.exec("rm -rf ~/flink-2.3.0* ~/.flink-wizard ~/.ssh", user="flink")
    with guided(operator, "install", "--plain", "--answers", file, password=True) as terminal:
        lines = Lines(terminal)
        say(lines, *BY_LINES)
        go_ahead(lines)
        lab["node0"].exec(f"until [ -e {LOCK} ]; do :; done", timeout=60)
        terminal.keys("C-c")
        lines.until("Stopping. What is under way is broken off safely")
        lines.after("Number:", "1")
        left(operator, terminal, file, before)
    finished = operator.run("apply", file, "--yes")
    assert finished.status == 0, finished
