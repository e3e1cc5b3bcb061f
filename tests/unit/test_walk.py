"""A walk while answers are given: the newest count, hosts are read beside the typing, and nothing is waited for in vain."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from tests.unit.walks import Heard, Hosts, until, walking
from wizard import events
from wizard.questions import question
from wizard.secrets import Secret
from wizard.steps import WALKS

MANY = "version: 1\ncluster: many\nuser: flink\nmaster: node0\nworkers: ['node[1-199]']\n"


def test_what_was_answered_is_read_judged_and_kept(tmp_path: Path) -> None:
    with walking(tmp_path, answers="") as walk:
        assert walk.settled(10) and walk.view.spec is None
        for path, text in (("cluster", "demo"), ("master", "node0"), ("workers", "node1 node2")):
            assert walk.answer(question(path), text) == ""
        assert walk.settled(10)
        view = walk.view
        assert view.spec is not None and view.spec.names == ("node0", "node1", "node2")
        assert view.complete and view.desired is not None and not view.looking
        assert Path(view.file).read_text().startswith("version: 1") and view.saving == ""


def test_a_wrong_answer_says_what_to_change_and_changes_nothing(tmp_path: Path) -> None:
    with walking(tmp_path) as walk:
        assert walk.settled(10)
        before = walk.view.answers
        assert walk.answer(question("ssh.port"), "99999") == "99999 is not a TCP port (1-65535)"
        assert walk.view.answers == before


def test_a_host_that_hangs_keeps_neither_the_others_nor_the_judging(tmp_path: Path) -> None:
    hosts = Hosts("clock", hang={"node2"})
    with walking(tmp_path, hosts) as walk:
        until(lambda: {"node0", "node1"} <= set(walk.view.read_at))
        until(lambda: [one for one in walk.view.findings if one.id == "trusted-keys"])
        assert walk.view.reading == {"node2"} and not walk.settled(0)
        hosts.hang.clear()
        assert walk.settled(10) and walk.view.complete
        assert [one.hosts for one in walk.view.findings if one.id == "clock-skew"] == [("node1",)]


def test_a_login_that_was_answered_anew_does_not_wait_for_the_old_one(tmp_path: Path) -> None:
    hosts = Hosts(hang={"node0", "node1", "node2"})
    with walking(tmp_path, hosts) as walk:
        until(lambda: len(hosts.asked) == 3)
        walk.decide("user", "alice")
        until(lambda: len(hosts.given_up) == 3)
        hosts.hang.clear()
        assert walk.settled(10)
        assert {facts.user for facts in walk.view.facts} == {"alice"}


def test_hosts_that_were_taken_out_are_not_waited_for(tmp_path: Path) -> None:
    hosts = Hosts(hang={"node2"})
    with walking(tmp_path, hosts) as walk:
        until(lambda: walk.view.reading == {"node2"})
        walk.answer(question("workers"), "node1")
        assert walk.settled(10)
        assert walk.view.complete and hosts.given_up == ["node2"]


def test_facts_of_another_login_are_void(tmp_path: Path) -> None:
    hosts = Hosts()
    with walking(tmp_path, hosts) as walk:
        assert walk.settled(10)
        asked = len(hosts.asked)
        walk.decide("flink.config.parallelism.default", "3")
        assert walk.settled(10)
        assert len(hosts.asked) == asked, "what was read holds while the login is the same"
        walk.decide("ssh.port", 2222)
        assert walk.settled(10)
        assert {login.rsplit(":", 1)[1] for _, login in hosts.asked[asked:]} == {"2222"}


def test_a_reading_that_breaks_is_told_and_ends(tmp_path: Path) -> None:
    hosts, heard = Hosts(breaks={"node1"}), Heard()
    with walking(tmp_path, hosts) as walk:
        walk.listen(heard)
        assert walk.settled(10) and walk.view.complete
        failure = walk.view.facts["node1"].failure
        assert failure is not None and "not what was thought" in failure.cause
        hosts.breaks.clear()
        walk.look_again(["node1"])
        assert walk.settled(10) and walk.view.facts["node1"].reached


def test_judging_that_breaks_is_told_and_the_walk_goes_on(tmp_path: Path) -> None:
    hosts, heard = Hosts(), Heard()
    hosts.changes["node1"] = lambda facts: dataclasses.replace(facts, memory_mib="much")  # type: ignore[arg-type]
    with walking(tmp_path, hosts) as walk:
        walk.listen(heard)
        assert walk.settled(10)
        walk.look_again()
        assert walk.settled(10)
        notes = [event.text for event in heard.of(events.Note) if isinstance(event, events.Note)]
        assert any("a fault of the wizard itself: TypeError" in note for note in notes)
        hosts.changes.clear()
        walk.look_again()
        assert walk.settled(10) and walk.view.desired is not None


def test_two_hundred_hosts_are_read_beside_some_that_hang(tmp_path: Path) -> None:
    hang = {f"node{number}" for number in range(5, 40)}
    hosts = Hosts(hang=hang)
    with walking(tmp_path, hosts, answers=MANY) as walk:
        until(lambda: len(walk.view.read_at) == 200 - len(hang))
        hosts.hang.clear()
        assert walk.settled(20) and walk.view.complete


@pytest.mark.parametrize("phase", ["reading", "typing", "reviewing", "nothing"])
def test_closing_ends_everything_at_once(phase: str, tmp_path: Path) -> None:
    hosts = Hosts(hang={"node2"} if phase == "reading" else set())
    threads = set(threading.enumerate())
    with walking(tmp_path, hosts) as walk:
        if phase == "reading":
            until(lambda: walk.view.reading == {"node2"})
        else:
            assert walk.settled(10)
        if phase == "typing":
            walk.decide("cluster", "other")
        if phase == "reviewing":
            hosts.hang = {"node1"}
            walk.look_again(["node1"])
            walk.review()
    assert walk.settled(0), "whoever waits is let go"
    until(lambda: not set(threading.enumerate()) - threads, 5.0)
    walk.close()  # a second time is nothing


def test_passwords_try_again_whoever_refused_one(tmp_path: Path) -> None:
    hosts = Hosts("password")
    with walking(tmp_path, hosts) as walk:
        assert walk.settled(10)
        assert [one.id for one in walk.view.findings if one.severity == "error"] == ["login-refused"]
        asked = len(hosts.asked)
        walk.password("hunter2-is-secret", "node1")
        assert walk.settled(10) and walk.view.facts["node1"].reached
        assert {host for host, _ in hosts.asked[asked:]} == {"node1"}
        assert walk.desk.passwords.login("node1") == Secret("hunter2-is-secret")
        assert walk.mask("it is hunter2-is-secret") != "it is hunter2-is-secret"


def test_an_earlier_file_is_taken_over(tmp_path: Path) -> None:
    with walking(tmp_path) as first:
        assert first.settled(10)
        file = first.view.file
    with walking(tmp_path, answers="") as walk:
        assert [one.path for one in walk.view.earlier] == [file]
        assert walk.open(str(tmp_path / "nowhere.yaml")) != ""
        assert walk.open(file) == "" and walk.settled(10)
        assert walk.view.spec is not None and walk.view.spec.cluster == "practice"


def test_the_walk_of_a_repair_may_be_played_too(tmp_path: Path) -> None:
    with walking(tmp_path, use="dry-run", repairing=True) as walk:
        assert walk.use == "dry-run" and walk.steps == WALKS["repair"]


def test_everybody_who_listens_hears_everything(tmp_path: Path) -> None:
    one, other = Heard(), Heard()
    with walking(tmp_path) as walk:
        walk.listen(one)
        walk.listen(other)
        assert walk.settled(10)
        walk.review()
        assert walk.settled(10)
    assert one.of(events.ReviewMade) == other.of(events.ReviewMade) == [events.ReviewMade()]


def test_an_answer_that_is_the_same_changes_nothing(tmp_path: Path) -> None:
    hosts = Hosts()
    with walking(tmp_path, hosts) as walk:
        assert walk.settled(10)
        serial = walk.view.serial
        walk.decide("cluster", "practice")
        walk.visited("welcome")
        assert walk.settled(0)
        assert walk.view.serial == serial + 1
