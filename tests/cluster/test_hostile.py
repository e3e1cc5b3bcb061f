"""Hosts that answer with terminal escapes, markup, endless lines and broken letters: nothing is obeyed, the screen stays whole.

Both front ends meet the same hosts, one of them a host that fails in the run; the terminal changes its size meanwhile.
"""

from __future__ import annotations

import base64
import time

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, desk, operator_of
from tests.cluster.guiding import BY_LINES, STEPS, confirm, go_ahead, guided, say
from tests.cluster.hostile import OBEYED, TITLE, break_tar, hostile_settings, make_hostile, mend_tar
from tests.cluster.terminal import Lines, Terminal
from tests.lab import HostSettings, Lab

pytestmark = pytest.mark.timeout(300)

WRITTEN = "/home/flink/written"
LONG = "a" * 300
SIZES = ((140, 40), (40, 10), (80, 24))


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    made = make_lab([desk(), HostSettings("node0"), hostile_settings("node1"), HostSettings("node2")])
    make_hostile(made["node1"])
    return made


def nothing_was_obeyed(operator: Operator, terminal: Terminal) -> None:
    """What was written to the terminal holds the words of the host, and none of its escapes."""
    kept = operator.host.exec(["base64", WRITTEN]).stdout
    written = base64.b64decode(kept).decode(errors="replace")
    assert "0WNED" in written
    assert [escape for escape in OBEYED if escape in written] == []
    assert TITLE not in terminal.title()


def is_whole(terminal: Terminal, title: str, columns: int, lines: int) -> None:
    """The frame of the wizard comes to be where it belongs at this size; where there is no room it says so."""
    terminal.resize(columns, lines)
    if lines < 15:
        terminal.until(f"This terminal has {columns}×{lines}", seconds=60)
        return
    until = time.monotonic() + 60
    while not _whole(screen := terminal.screen(), title, lines):
        assert time.monotonic() < until, f"{title} at {columns}×{lines} is not whole:\n{screen}"


def _whole(screen: str, title: str, lines: int) -> bool:
    rows = screen.rstrip("\n").split("\n")
    framed = rows[0].startswith(" demo  install") and "F8 Next" in rows[-1]
    return len(rows) == lines and framed and title in screen and "This terminal has" not in screen


def test_hostile_hosts_a_changing_size_and_a_lost_terminal_leave_the_screens_whole_and_lines_finish(
    lab: Lab,
) -> None:
    operator = operator_of(lab)
    source = archive_on_desk("2.3.0", small=True)
    file = operator.write(answers(flink={"source": source}, start={"flink": False}))
    with guided(operator, "install", "--answers", file, password=True) as terminal:
        terminal.record(WRITTEN)
        terminal.until("Cluster name", seconds=60)
        terminal.press("F8")
        a_long_name_is_refused(terminal)
        for place, title in enumerate(STEPS):
            is_whole(terminal, title, *SIZES[place % 3])
            terminal.press("F8")
        terminal.resize(140, 40)
        terminal.until("changes on 3 machines", seconds=60)
        break_tar(lab["node1"])
        confirm(terminal)
        terminal.until("node1 waits for you", "[red]0WNED[/] [@click=app.quit]quit[/]", seconds=60)
        for columns, lines in (*SIZES, (140, 40)):
            is_whole(terminal, "Apply", columns, lines)
        terminal.until("node1 waits for you", "Retry", "RUN UNDER WAY")
        nothing_was_obeyed(operator, terminal)
        pid = terminal.pid()
        terminal.hang_up()
        operator.host.exec(f"while [ -e /proc/{pid} ]; do :; done", timeout=20)

    with guided(operator, "install", "--plain", "--answers", file, password=True) as terminal:
        terminal.record(WRITTEN)
        lines = Lines(terminal)
        say(lines, ("Cluster name", "next"), ("Master", LONG))
        lines.until("is too long for a host name (300 characters, at most 253)")
        say(lines, *BY_LINES[1:])
        go_ahead(lines)
        said = lines.asked("Number [1]")
        assert "FAILED node1" in said and "[red]0WNED[/] [@click=app.quit]quit[/]" in said, said
        mend_tar(lab["node1"])
        lines.after("Number [1]")
        lines.until("Done:")
        lines.after("Number [1]")
        assert terminal.ended() == 0
        nothing_was_obeyed(operator, terminal)
        assert terminal.given_back() == {}


def a_long_name_is_refused(terminal: Terminal) -> None:
    """The field says why, and the screen around it stays; then the name is as before."""
    terminal.until("▸ Master", "node0")
    terminal.keys("C-u")
    terminal.type(LONG)
    terminal.until("is too long", "for a host name (300 characters, at most 253)")
    is_whole(terminal, "Hosts", 80, 24)
    terminal.keys("C-u")
    terminal.type("node0")
    terminal.until("▸ Master        node0", "✓ 3 hosts read")
