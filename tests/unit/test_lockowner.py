"""Whether the run that holds a lock can still be alive: certain only about this machine."""

from __future__ import annotations

import os
import subprocess

import pytest

from wizard.lockowner import is_dead, machine, owner_line, started, told

WHEN = "2026-01-01T00:00:00+00:00"


def line(place: str, pid: int, begun: str) -> str:
    return f"run r1 by op on {place} as process {pid}/{begun} since {WHEN}"


def test_our_own_run_is_alive() -> None:
    own = owner_line("r1", WHEN)
    assert not is_dead(own) and f"process {os.getpid()}/" in own and own.endswith(WHEN)


def test_a_run_whose_process_has_ended_is_dead() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        held = line(machine(), process.pid, started(process.pid))
        assert not is_dead(held)
        process.kill()
        process.wait()
    assert is_dead(held)


def test_another_process_with_the_same_number_does_not_keep_a_lock() -> None:
    assert is_dead(line(machine(), os.getpid(), "1"))


def test_every_run_from_before_the_last_boot_is_dead() -> None:
    name = machine().rsplit("/", 1)[0]
    assert is_dead(line(f"{name}/another-boot", os.getpid(), started(os.getpid())))


@pytest.mark.parametrize(
    "text",
    ["", "somebody", line("elsewhere/boot", 1, "1"), "run x by y on z as process", line("a b/c", 1, "1")],
)
def test_of_a_run_elsewhere_or_an_unknown_line_nothing_is_certain(text: str) -> None:
    assert not is_dead(text)


def test_people_are_told_who_holds_a_lock_and_not_what_tells_processes_apart() -> None:
    assert told(line("desk/3f1c-22", 7, "8812")) == f"run r1 by op on desk as process 7 since {WHEN}"
    assert told("somebody's own words") == "somebody's own words"


def test_a_process_that_is_not_there_has_no_start() -> None:
    assert started(2**30) == ""
