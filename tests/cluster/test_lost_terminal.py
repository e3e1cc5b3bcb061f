"""A guided run whose terminal is lost, or that is asked or made to end: nothing stays behind, and the next run finishes.

Every case of this module has the same hosts, bare again.
"""

from __future__ import annotations

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, operator_of, three_with_desk
from tests.cluster.guiding import BY_LINES, confirm, go_ahead, guided, say, to_review
from tests.cluster.interrupting import left_on
from tests.cluster.terminal import Lines, Terminal
from tests.lab import Lab

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]

LOCK = "/home/flink/.flink-wizard/demo/lock/owner"
SECONDS = 20
"""In which the program has to be gone: it gives a run a moment to break off safely."""

FRONT_ENDS = ("screens", "lines")
ENDS = ("hang-up", "TERM", "KILL")


def cases() -> list[object]:
    """Each front end ended in each way; the ways to take up the work again alternate."""
    both = [(front, end) for end in ENDS for front in FRONT_ENDS]
    again = ("apply", "screens", "lines") * 2
    return [
        pytest.param(front, end, after, id=f"{front}-{end}-{after}")
        for (front, end), after in zip(both, again, strict=True)
    ]


@pytest.fixture(scope="module")
def shared(make_module_lab: MakeLab) -> Lab:
    return make_module_lab(three_with_desk())


@pytest.fixture
def lab(shared: Lab) -> Lab:
    for host in shared.hosts:
        kept = "rm -rf ~/.local/state/flink-wizard ~/flink-2.3.0* ~/.flink-2.3.0* ~/.flink-wizard ~/.ssh"
        host.exec(kept, user="flink")
    return shared


def begun(operator: Operator, front: str, file: str) -> Terminal:
    """The walk up to a run that was confirmed just now."""
    if front == "screens":
        terminal = guided(operator, "install", "--answers", file, columns=120, lines=36, password=True)
        to_review(terminal)
        confirm(terminal)
    else:
        terminal = guided(operator, "install", "--plain", "--answers", file, password=True)
        lines = Lines(terminal)
        say(lines, *BY_LINES)
        go_ahead(lines)
    return terminal


def finished(operator: Operator, front: str, file: str) -> None:
    """The same once more, to its good end."""
    if front == "apply":
        ran = operator.run("apply", file, "--yes")
        assert ran.status == 0, ran
        return
    with begun(operator, front, file) as terminal:
        if front == "screens":
            terminal.until("Go on: what was verified", seconds=120)
            terminal.keys("C-q")
        else:
            lines = Lines(terminal)
            lines.until("Done:", seconds=120)
            lines.after("Number [1]")
        assert terminal.ended() == 0
        assert terminal.given_back() == {}


@pytest.mark.parametrize(("front", "end", "again"), cases())
def test_a_run_that_lost_its_operator_is_finished_by_the_next_one(
    lab: Lab, front: str, end: str, again: str
) -> None:
    operator = operator_of(lab)
    source = archive_on_desk("2.3.0", small=True)
    file = operator.write(answers(flink={"source": source}, start={"flink": False}))
    with begun(operator, front, file) as terminal:
        lab["node0"].exec(f"until [ -e {LOCK} ]; do :; done", timeout=60)
        pid = terminal.pid()
        if end == "hang-up":
            terminal.hang_up()
        else:
            operator.host.exec(["kill", f"-{end}", pid])
        operator.host.exec(f"while [ -e /proc/{pid} ]; do :; done", timeout=SECONDS)
        if end == "TERM":
            assert terminal.ended() == 130
            assert terminal.given_back() == {}
    left = operator.host.exec("pgrep -u flink -l 'python|ssh' || true").stdout
    assert left == "", left
    told = operator.journal()
    if end != "KILL":
        assert told[-1]["event"] == "RunFinished" and told[-1]["outcome"] == "cancelled", told[-1]
        assert not lab["node0"].exists(LOCK)
    finished(operator, again, file)
    assert left_on(*lab.hosts) == []
    over = operator.run("apply", file, "--dry-run")
    assert over.status == 0 and "Nothing to change" in over.out, over
