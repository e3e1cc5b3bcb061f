"""Practice: healthy hosts have nothing above an info, each trouble is exactly what it says, and nothing is real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.walks import Heard, Hosts, until, walking
from wizard import events
from wizard.findings import Finding
from wizard.scenarios import practice_scenario, typical_host
from wizard.walk import Walk

ROOT = Path(__file__).resolve().parents[2]
WRONG = {
    "nothing": set[tuple[str, str]](),
    "no-java": {("error", "java-missing")},
    "unreachable": {("error", "host-unreachable")},
    "password": {("error", "login-refused")},
    "host-key": {("error", "host-key-unknown")},
    "port": {("error", "port-taken")},
    "name": {("error", "name-is-loopback")},
    "clock": {("warning", "clock-skew")},
    "memory": {("error", "memory-too-large")},
    "disk-full": set[tuple[str, str]](),
}
"""Trouble → what the checks say above an info."""


def said(walk: Walk) -> list[Finding]:
    return [one for one in walk.view.findings if one.severity != "info"]


def test_every_trouble_has_a_title_and_a_sentence() -> None:
    troubles = practice_scenario().troubles
    assert [one.id for one in troubles] == list(WRONG)
    for one in troubles:
        assert one.title and not one.title.endswith(".") and one.detail.endswith(".")
        assert one.host in practice_scenario().hosts or one.id == "nothing"


@pytest.mark.parametrize("trouble", list(WRONG))
def test_a_trouble_is_exactly_what_it_says(trouble: str, tmp_path: Path) -> None:
    with walking(tmp_path, Hosts(trouble), use="practice") as walk:
        assert walk.settled(10)
        assert {(one.severity, one.id) for one in said(walk)} == WRONG[trouble]
        host = practice_scenario().trouble(trouble).host
        assert all(one.hosts == (host,) for one in said(walk))
        assert all(facts.imagined for facts in walk.view.facts)
        assert walk.chosen_trouble == trouble


@pytest.mark.parametrize("trouble", ["unreachable", "password", "port", "name", "clock"])
def test_reading_again_mends_it(trouble: str, tmp_path: Path) -> None:
    with walking(tmp_path, Hosts(trouble), use="practice") as walk:
        assert walk.settled(10) and said(walk)
        walk.look_again([practice_scenario().trouble(trouble).host])
        assert walk.settled(10) and not said(walk)


def test_the_plan_and_the_answers_mend_the_others(tmp_path: Path) -> None:
    with walking(tmp_path, Hosts("no-java"), use="practice") as walk:
        assert walk.settled(10)
        walk.look_again()
        assert walk.settled(10) and said(walk), "nobody installs a Java by looking"
        walk.review()
        assert walk.settled(10)
        walk.apply()
        assert walk.settled(20) and walk.view.applied == "done" and not said(walk)
    with walking(tmp_path / "other", Hosts("memory"), use="practice") as walk:
        assert walk.settled(10) and said(walk)
        walk.decide("flink.config.taskmanager.memory.process.size", "2g")
        assert walk.settled(10) and not said(walk)


def test_a_trouble_can_be_chosen_when_the_walk_has_begun(tmp_path: Path) -> None:
    with walking(tmp_path, use="practice") as walk:
        assert walk.settled(10) and walk.chosen_trouble == "nothing"
        assert [one.value for one in walk.troubles] == list(WRONG)
        walk.choose_trouble("memory")
        assert walk.settled(10) and [one.id for one in said(walk)] == ["memory-too-large"]
        walk.choose_trouble("port")
        assert walk.settled(10) and [one.id for one in said(walk)] == ["port-taken"]
        assert walk.view.answers.pairs_at("flink.config") == {}, "the answers of the other one are gone"
        with pytest.raises(KeyError):
            walk.choose_trouble("flood")


def test_where_hosts_are_real_there_is_no_trouble_to_choose(tmp_path: Path) -> None:
    from wizard.rehearsal import RehearsalReach, Tempo

    with walking(tmp_path, RehearsalReach(Hosts(), typical_host(), Tempo(0)), use="dry-run") as walk:
        assert walk.troubles == () and walk.chosen_trouble == ""
        walk.choose_trouble("port")
        assert walk.settled(10) and not said(walk)


def test_a_host_key_is_confirmed_by_its_fingerprint(tmp_path: Path) -> None:
    from wizard.opening import open_walk

    with open_walk(options(trouble="host-key"), "practice") as walk:
        walk.pace(0)
        assert walk.settled(10)
        walk.look_again()
        assert walk.settled(10), "reading again confirms nothing"
        assert [(key.host, key.key_type) for key in walk.view.new_keys] == [("node1", "ssh-ed25519")]
        walk.approve_keys(walk.view.new_keys)
        assert walk.settled(10) and walk.view.new_keys == () and walk.view.facts["node1"].reached


def test_added_hosts_and_other_accounts_are_imagined_too(tmp_path: Path) -> None:
    with walking(tmp_path, use="practice") as walk:
        for path, value in (("user", "root"), ("cluster", "more")):
            walk.decide(path, value)
        from wizard.questions import question

        assert walk.answer(question("workers"), "node1 node2 hadoop7.example.org 203.0.113.9") == ""
        assert walk.settled(10)
        assert {facts.home for facts in walk.view.facts} == {"/root"}
        assert {one.id for one in said(walk)} <= {"user-is-root"}


def test_values_that_exist_only_later_are_there_after_a_run(tmp_path: Path) -> None:
    with walking(tmp_path, use="practice") as walk:
        assert walk.settled(10)
        walk.review()
        assert walk.settled(10)
        walk.apply()
        assert walk.settled(20)
        shown = repr(walk.view.facts)
        assert "\\x00" not in shown and "pid=0" not in shown
        assert walk.record == "", "a run that was only played leaves no record"


def options(**more: object) -> object:
    import argparse

    return argparse.Namespace(**{"state_dir": None, **more})


ALONE = """
import os, sys
scratch = os.environ["TMPDIR"]
own = ({root!r}, sys.prefix, sys.base_prefix, scratch, "/usr/lib/python", "/usr/local/lib/python")
harmless = {{"/dev/null", "/dev/urandom", "/proc/sys/kernel/random/boot_id", f"/proc/{{os.getpid()}}/stat"}}

def watch(event, args):
    if event.startswith("socket.") and event != "socket.gethostname" or event in ("subprocess.Popen", "os.exec"):
        os.write(2, f"{{event}} {{args}}\\n".encode()); os._exit(7)
    if event == "open" and isinstance(args[0], str):
        path = os.path.abspath(args[0])
        if not path.startswith(own) and path not in harmless and not path.startswith("/proc/self"):
            os.write(2, f"{{event}} {{args}}\\n".encode()); os._exit(8)

import argparse
from wizard.opening import open_walk
from wizard.scenarios import practice_scenario
sys.addaudithook(watch)
with open_walk(argparse.Namespace(state_dir=None, trouble="disk-full"), "practice") as walk:
    walk.pace(0)
    heard = []
    walk.listen(heard.append)
    assert walk.settled(20)
    walk.decide("user", "alice")
    walk.password("whatever")
    assert walk.ssh_names() == ()
    walk.review()
    assert walk.settled(20)
    walk.apply()
    while not walk.settled(0.05):
        for event in [one for one in heard if type(one).__name__ == "Paused"]:
            walk.choose(event.number, "retry")
    assert walk.view.applied == "done", walk.view.applied
print("played")
"""


def test_practice_touches_nothing_of_this_machine(tmp_path: Path) -> None:
    """Without a socket, a program, or a file outside of its own code and its scratch directory."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(root=str(ROOT))],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "played\n", "")
    assert not (tmp_path / "home").exists() and not list(scratch.iterdir())


def test_the_pace_can_be_changed_in_the_middle_of_a_run(tmp_path: Path) -> None:
    heard = Heard()
    with walking(tmp_path, use="practice") as walk:
        walk.listen(heard)
        assert walk.settled(10) and walk.tempo == 0
        walk.review()
        assert walk.settled(10)
        walk.pace(0.05)
        walk.apply()
        until(lambda: heard.of(events.CommandFinished))
        assert not walk.settled(0)
        walk.pace(0)
        assert walk.settled(20) and walk.view.applied == "done"
