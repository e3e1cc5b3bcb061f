"""HDFS in the wizard, in a real terminal on lab hosts: a new one behind the typed name of the cluster, and one that is found."""

from __future__ import annotations

import re
import time

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import operator_of, three_with_desk
from tests.cluster.guiding import STEPS, confirm, guided
from tests.cluster.hdfs import Hadoop, hdfs_answers
from tests.cluster.terminal import Terminal

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]


def to_hdfs(terminal: Terminal) -> None:
    terminal.until("▸ Welcome", seconds=60)
    for title in STEPS:
        terminal.press("F8")
        terminal.until(f"▸ {title}")


def choose(terminal: Terminal, mode: str, downs: int) -> None:
    """One of the modes, from the first one."""
    terminal.press("Space")
    for _ in range(downs):
        terminal.press("Down")
    terminal.press("Enter")
    terminal.until(f"‹ {mode} ›")


def field(terminal: Terminal, title: str, key: str = "Down") -> None:
    """Go by this key to the field of this title, one field after the other."""
    for _ in range(20):
        before = marked(terminal)
        if any(one.startswith(title) for one in before):
            return
        terminal.keys(key)
        end = time.monotonic() + 10
        while marked(terminal) == before and time.monotonic() < end:
            pass
    raise AssertionError(f"{title} was not found on:\n{terminal.screen()}")


def marked(terminal: Terminal) -> list[str]:
    """What has a mark before it: the step in the list of steps, and the field that has the keys."""
    return re.findall(r"▸[ !](\S+(?: \S+)*)", terminal.screen())


def enter(terminal: Terminal, title: str, text: str) -> None:
    """Type this into the field of this title, and see it there."""
    field(terminal, title)
    terminal.type(text)
    terminal.until(text[-16:])


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (140, 40)])
def test_a_new_hdfs_by_typing_the_name_and_then_found_by_a_second_walk(
    make_lab: MakeLab, columns: int, lines: int
) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    answers = hdfs_answers(workers=["node1", "node2"])
    source = answers.pop("hdfs")["source"]
    file = operator.write(answers)
    with guided(
        operator, "install", "--answers", file, columns=columns, lines=lines, password=True
    ) as terminal:
        to_hdfs(terminal)
        choose(terminal, "new", 2)
        terminal.until("DataNode dirs")
        field(terminal, "Version", "Up")
        enter(terminal, "Version", "2.7.3")
        enter(terminal, "Source", source)
        enter(terminal, "Allow the format", "dem")
        terminal.until("nothing will be formatted")
        terminal.type("o")
        terminal.gone("nothing will be formatted")
        terminal.press("F8")
        terminal.until("changes on 3 machines", seconds=60)
        terminal.keys("/")
        terminal.type("core-site.xml")
        terminal.press("Enter")
        terminal.until("match 1 of", "<configuration>")
        confirm(terminal)
        terminal.until("Format the NameNode", seconds=120)
        terminal.until("Go on: what was verified", seconds=180)
        terminal.keys("Enter")
        proved = ("2 DataNodes are live", "A file was written into HDFS and read back")
        terminal.until("The cluster runs", "http://node0:50070", *proved)
        terminal.keys("C-q")
        assert terminal.ended() == 0
    hadoop = Hadoop(lab)
    assert hadoop.live() == 2
    assert "format: if-empty" in operator.host.read(file)
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again

    other = operator.write({**answers, "cluster": "other"}, "other.yaml")
    before = hadoop.cluster_id()
    with guided(
        operator, "install", "--answers", other, columns=columns, lines=lines, password=True
    ) as terminal:
        to_hdfs(terminal)
        terminal.until("a NameNode runs on node0")
        choose(terminal, "existing", 1)
        terminal.until("hdfs://node0:8020", hadoop.home)
        terminal.press("F8")
        terminal.until("proof: The HDFS at hdfs://node0:8020")
        terminal.keys("C-q")
        terminal.press("Enter")
    assert hadoop.cluster_id() == before and hadoop.live() == 2
