"""The wizard in a real terminal on lab hosts: from nothing but a password to a verified cluster, by the keyboard alone."""

from __future__ import annotations

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import archive_on_desk, operator_of, rest, three_with_desk
from tests.cluster.guiding import ANSWERS, changes_printed, confirm, guided, to_review, trust_and_log_in
from tests.lab import faults

pytestmark = pytest.mark.timeout(600)

VERSION = "2.3.0"


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), pytest.param(140, 40, marks=pytest.mark.long)])
def test_from_a_password_to_a_cluster_with_a_host_that_fails_meanwhile(
    make_lab: MakeLab, columns: int, lines: int
) -> None:
    lab = make_lab(three_with_desk())
    with guided(operator_of(lab), "install", columns=columns, lines=lines) as terminal:
        terminal.until("Cluster name")
        terminal.type("demo")
        terminal.keys("F8")
        terminal.until("▸ Master")
        terminal.type("node0")
        terminal.keys("Down")
        terminal.until("▸ Workers")
        terminal.type("node[1-2]")
        terminal.until("3 new host keys")
        trust_and_log_in(terminal, lab.password)

        for title in ("Requirements", "SSH keys", "JAVA_HOME", "Flink"):
            terminal.press("F8")
            terminal.until(f"▸ {title}")
        terminal.until("▸ Version")
        terminal.keys("Down")
        terminal.until("▸ Source")
        terminal.type(archive_on_desk(VERSION))
        terminal.keys("F8")
        terminal.until("▸ TaskManager memory")
        for value in ("1024m", "1024m", "1"):
            terminal.type(value)
            terminal.press("Down")
        # Back, to change an answer, and forth again: nothing that was typed is lost.
        terminal.keys("F7")
        terminal.until("▸ Version", "/srv/archives")
        terminal.keys("F8")
        terminal.until("1024m")
        for _ in range(2):
            terminal.press("Down")
        terminal.until("▸ Slots per TaskManager")
        terminal.keys("BSpace")
        terminal.type("2")
        for title in ("Workers", "HDFS"):
            terminal.press("F8")
            terminal.until(f"▸ {title}")
        terminal.keys("F8")
        terminal.until("changes on 3 machines", seconds=60)

        with faults.stop_sshd(lab["node2"]):
            confirm(terminal)
            terminal.until("Nothing was changed", "Try again", seconds=60)
        terminal.keys("Enter")
        terminal.until("Go on: what was verified", seconds=120)
        terminal.keys("Enter")
        terminal.until("The cluster runs", "Verified")
        terminal.keys("C-q")
        assert terminal.ended() == 0
        assert terminal.given_back() == {}
    overview = rest(lab["node0"])
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)
    again = operator_of(lab).run("apply", ANSWERS, "--dry-run")
    assert again.status == 0 and "Nothing to change" in again.out, again
    log = lab["desk"].exec("grep -rl correct-horse ~/.local/state || true", user="flink").stdout
    assert log == ""


@pytest.mark.long
def test_a_dry_run_walk_changes_nothing_and_reviews_as_many_changes_as_apply_would_make(
    make_lab: MakeLab,
) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    file = operator.write(
        "version: 1\ncluster: demo\nuser: flink\nssh: {host_keys: accept-new}\nmaster: node0\n"
        f'workers: [node1, node2]\nflink: {{version: "{VERSION}", source: {archive_on_desk(VERSION)}}}\n'
    )
    printed = operator.run("apply", file, "--dry-run")
    before = lab.snapshot()
    with guided(operator, "dry-run", "--answers", file, columns=140, lines=40, password=True) as terminal:
        terminal.until("DRY RUN")
        reviewed = to_review(terminal)
        confirm(terminal)
        terminal.until("changes played, none made", "proofs assumed", seconds=120)
        terminal.keys("C-q")
        terminal.ended()
    assert set(lab.changes_since(before)) <= {"desk"}
    reviewed_changes = int(reviewed.split(" changes on 3 machines")[0].split()[-1])
    assert reviewed_changes == changes_printed(printed.out) > 20, printed.out
