"""The application as a program on a terminal: signals, a terminal that is lost, and what is printed at the end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .lineterminal import LineTerminal

PROGRAM = """
import argparse, sys
from screens.app import run
from wizard.opening import open_walk
kept, start = sys.argv[1:]
with open_walk(argparse.Namespace(state_dir=None, trouble="nothing"), "practice") as walk:
    assert walk.settled(20)
    if start == "run":
        walk.review()
        assert walk.settled(20)
        walk.pace(0.3)
        assert walk.confirm() == "" and walk.start()
    status = run(walk)
with open(kept, "w") as file:
    file.write(f"{status} {walk.view.applied}")
"""
"""A practice walk on the screen, with or without a run that goes on."""


def program(kept: Path, start: str, **environment: str) -> LineTerminal:
    return LineTerminal(
        [sys.executable, "-c", PROGRAM, str(kept), start],
        "xterm-256color",
        {"LC_ALL": "C.UTF-8", **environment},
    )


def lose(terminal: LineTerminal) -> None:
    """The other end of the terminal is closed."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, terminal._master)
    os.close(nowhere)


@pytest.mark.parametrize(
    "end", [lose, lambda terminal: terminal.signal(signal.SIGTERM)], ids=["a lost terminal", "SIGTERM"]
)
def test_it_ends_and_the_run_with_it(tmp_path: Path, end: Callable[[LineTerminal], None]) -> None:
    kept = tmp_path / "kept"
    with program(kept, "run") as terminal:
        terminal.until("RUN UNDER WAY")
        end(terminal)
        deadline = time.monotonic() + 20
        while not kept.exists() or not kept.read_text():
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.02)
        assert kept.read_text() == "130 cancelled"


def test_two_interrupts_from_outside_end_it_and_the_terminal_is_as_before(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with program(kept, "look") as terminal:
        terminal.until("^Q")
        terminal.signal(signal.SIGINT)
        terminal.until("again")
        terminal.signal(signal.SIGINT)
        terminal.until("Practice is over.")
        assert terminal.ended() == 0
        assert "\x1b[?1049l" in terminal.raw, "the screen of before is shown again"
    assert kept.read_text() == "130 no"


def test_neither_colour_nor_signs_beyond_ascii_reach_a_terminal_without_them(tmp_path: Path) -> None:
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"}
    with program(tmp_path / "kept", "look", **plain) as terminal:
        terminal.until("^Q")
        terminal.keys("\x11")
        assert terminal.ended() == 0
        assert terminal.raw.isascii()


def test_answers_that_cannot_be_used_are_told_below_the_terminal_of_before(tmp_path: Path) -> None:
    answers = tmp_path / "cluster.yaml"
    answers.write_text("version: 1\nclustre: demo\n")
    argv = [
        sys.executable,
        "-m",
        "wizard.cli",
        "install",
        "--answers",
        str(answers),
        "--state-dir",
        str(tmp_path),
    ]
    with LineTerminal(argv, "xterm-256color", {"LC_ALL": "C.UTF-8"}) as terminal:
        assert terminal.ended() == 2
        after = terminal.raw.rpartition("\x1b[?1049l")[2]
        assert "clustre" in after and "Traceback" not in terminal.raw
