"""Hosts that fail in every way while a cluster is installed: each is named with its cause, the others go on, and a
second run after mending finishes the job.
"""

from threading import Thread

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, desk, nodes_with_desk, operator_of, rest
from tests.cluster.interrupting import STAGING, Running, copying, left_on
from tests.lab import Host, HostSettings, faults

HOME = "/home/flink/flink-2.3.0"
WORKERS = ("good", "down", "silent", "barred", "other", "full", "cut")

TOLD = {
    "down": ("refuses connections on port 22", "Start sshd on down"),
    "silent": ("does not answer on port 22 within 10 s", "Check that silent is up"),
    "barred": ("refused the password of flink", "Check user and password"),
    "other": ("is not the known one", "ssh-keygen -R 'other'"),
    "full": ("No space left on device", "Make room on full"),
    "cut": ("The connection to cut was lost", "Check that cut is up"),
}
"""What the operator must read of each host: cause or evidence, and the next thing to do."""


def know(operator: Operator, host: Host) -> None:
    """The operator has logged in to that host before."""
    kind, key, *_ = host.read("/etc/ssh/ssh_host_ed25519_key.pub").split()
    operator.host.write("/home/flink/.ssh/known_hosts", f"{host.name} {kind} {key}\n", operator.user)


def fill_while_copying(host: Host, staged: list[faults.Fault]) -> Thread:
    """The host's disk gets full as soon as the copy of the distribution grows there."""

    def fill() -> None:
        copying(host)
        staged.append(faults.fill_disk(host, leave_kib=512))

    thread = Thread(target=fill)
    thread.start()
    return thread


def told_of(text: str, host: str) -> str:
    """What the program printed of a host: its rows, and the lines that are indented below them."""
    kept: list[str] = []
    ours = False
    for line in text.splitlines():
        if not line.startswith("      "):
            ours = f" {host} " in f"{line} ".replace(":", " ")
        if ours:
            kept.append(line)
    return "\n".join(kept)


@pytest.mark.parametrize("start", [False, pytest.param(True, marks=pytest.mark.long)])
def test_six_hosts_fail_each_in_its_way_and_a_second_run_finishes(make_lab: MakeLab, start: bool) -> None:
    lab = make_lab([desk(), HostSettings("node0"), *(HostSettings(name) for name in WORKERS)])
    operator = operator_of(lab)
    file = operator.write(answers(workers=WORKERS, start={"flink": start}))
    operator.host.write(
        "/home/flink/passwords", f"*: {lab.password}\nbarred: wr0ng\n", operator.user, mode=0o600
    )
    know(operator, lab["other"])
    staged: list[faults.Fault] = [
        faults.stop_sshd(lab["down"]),
        faults.hang(lab["silent"]),
        faults.change_host_key(lab["other"]),
        faults.reset_midway(lab["cut"], 20_000_000),
    ]
    filling = fill_while_copying(lab["full"], staged)
    first = operator.run("apply", file, "--yes", "--password-file", "/home/flink/passwords")
    filling.join()

    assert first.status == 4, first
    for host, words in TOLD.items():
        assert all(word in told_of(first.out, host) for word in words), f"{host}: {first}"
    assert "takes no further part" not in told_of(first.out, "good")
    assert lab["good"].exists(f"{HOME}/conf/workers")
    assert not any(lab[name].exists(HOME) for name in TOLD)
    assert left_on(lab["node0"], lab["good"], lab["full"]) == [], first
    if start:
        assert "1 of 7 TaskManagers" in first.out and "wanted: 7 TaskManagers" in first.out, first
        assert rest(lab["node0"])["taskmanagers"] == 1

    for fault in staged:
        fault.undo()
    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert left_on(*lab.hosts) == []
    assert all(lab[name].exists(f"{HOME}/conf/workers") for name in WORKERS)
    if start:
        assert rest(lab["node0"])["taskmanagers"] == len(WORKERS)
    else:
        again = operator.run("apply", file, "--yes")
        assert again.status == 0 and "Nothing to change" in again.out, again


@pytest.mark.long
def test_a_worker_lost_in_the_copy_leaves_one_of_two_and_joins_by_the_second_run(make_lab: MakeLab) -> None:
    lab = make_lab([desk(), *(HostSettings(name) for name in ("node0", "good", "cut"))])
    operator = operator_of(lab)
    file = operator.write(answers(workers=("good", "cut")))
    with faults.reset_midway(lab["cut"], 20_000_000):
        first = operator.run("apply", file, "--yes")
        assert first.status == 4, first
        assert "1 of 2 TaskManagers" in first.out and "wanted: 2 TaskManagers" in first.out, first
        assert rest(lab["node0"])["taskmanagers"] == 1
    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert rest(lab["node0"])["taskmanagers"] == 2


def test_a_failing_master_stops_the_run_and_nothing_else_is_changed(make_lab: MakeLab) -> None:
    lab = make_lab(nodes_with_desk(2))
    operator = operator_of(lab)
    file = operator.write(answers(workers=["node1"], start={"flink": False}))

    before = lab.snapshot()
    with faults.stop_sshd(lab["node0"]):
        lost = operator.run("apply", file, "--yes")
    assert lost.status == 4, lost
    assert all(word in told_of(lost.out, "node0") for word in ("refuses connections", "Start sshd on node0"))
    assert "Nothing was changed" in lost.out, lost
    assert set(lab.changes_since(before)) <= {"desk", "node0"}
    assert not lab["node0"].exists("/home/flink/.flink-wizard")

    staged: list[faults.Fault] = []
    filling = fill_while_copying(lab["node0"], staged)
    full = operator.run("apply", file, "--yes")
    filling.join()
    assert full.status == 1, full
    assert all(word in told_of(full.out, "node0") for word in ("No space left", "Make room on node0")), full
    assert "Configure" not in full.out, full
    assert (
        "WriteConfig"
        not in lab["node1"].exec("cat /home/flink/.flink-wizard/changes.log", check=False).stdout
    )
    staged[0].undo()
    finished = operator.run("apply", file, "--yes")
    assert finished.status == 0, finished
    assert left_on(*lab.hosts) == []


def test_a_second_wizard_is_refused_and_an_interrupted_one_leaves_no_lock(make_lab: MakeLab) -> None:
    lab = make_lab(nodes_with_desk(2))
    operator = operator_of(lab)
    file = operator.write(answers(workers=["node1"], start={"flink": False}))
    for name in ("INT", "TERM", "HUP"):
        lab["node1"].exec(["rm", "-rf", STAGING])
        with Running.started(operator, "apply", file, "--yes") as first:
            copying(lab["node1"])
            if name == "INT":
                # Held where it is, it cannot end before the second one has looked.
                first.signal("STOP")
                before = lab.snapshot()
                second = operator.run("apply", file, "--yes")
                changed = lab.changes_since(before)
                first.go_on()
                assert second.status == 1, second
                wanted = ("Somebody else is changing this cluster", "by flink on desk", "since 20")
                assert all(word in second.out for word in wanted), second
                # What the first one had sent before it was held may still arrive in its own copy.
                others = {path for host in ("node0", "node1") for path in changed.get(host, ())}
                assert all(path.startswith(STAGING) for path in others), others
            first.signal(name)
            ended = first.ended(20)
        assert ended.status == 130, ended
        assert "Cancelled" in ended.out and "run again" in ended.out, ended
        assert not any("lock" in path for path in left_on(lab["node0"])), ended
        assert not lab["node1"].exists(HOME), ended
    last = operator.run("apply", file, "--yes")
    assert last.status == 0, last
    assert left_on(*lab.hosts) == []
