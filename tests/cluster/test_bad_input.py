"""Hosts and wishes that cannot become a cluster: each says why with its evidence and what to do, and no host changes."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, desk, operator_of
from tests.lab import Host, HostSettings, Lab, faults
from tests.lab.settings import PASSWORD

HOME = "/home/flink/flink-2.3.0"


def taken(host: Host) -> AbstractContextManager[object]:
    """Another program listens on the port of the web interface."""
    script = (
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8081, Listen => 5, ReuseAddr => 1) or die;"
        ' print "ready\\n"; $| = 1; while (my $c = $s->accept) { close $c }'
    )
    program = host.popen(["perl", "-e", f"$| = 1; {script}"], user="flink", stdout=subprocess.PIPE)
    assert program.stdout is not None and program.stdout.readline().strip() == "ready"
    return _Ending(program)


class _Ending(AbstractContextManager[object]):
    def __init__(self, program: Any) -> None:
        self._program = program

    def __exit__(self, *error: object) -> None:
        os.killpg(self._program.pid, signal.SIGKILL)
        self._program.wait()
        self._program.stdout.close()


@dataclass(frozen=True)
class Case:
    """What is wished (`more` of the answers), what is staged on which host, and what must be read then."""

    name: str
    status: int
    says: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)
    fault: Any = None
    on: str = ""
    password: str = PASSWORD


CASES = (
    Case(
        "a heap above the memory of the host",
        3,
        ("node1: ", "[memory-too-large]", "TaskManager 65536 MiB", "less in the answers"),
        {"workers": [{"host": "node1", "memory": "64g"}]},
    ),
    Case(
        "a wrong password for every host",
        4,
        ("node0: ", "node1: ", "node2: ", "refused the password of flink", "sshd's log on node0"),
        password="wr0ng",
    ),
    Case("an unknown master", 4, ("nowhere", "cannot be resolved"), {"master": "nowhere"}),
    Case("an unknown worker alone", 4, ("nowhere", "cannot be resolved"), {"workers": ["nowhere"]}),
    Case(
        "a host that was renamed: the others do not know the name",
        3,
        ("node0", "node1", "[name-not-resolvable]", "/etc/hosts"),
        fault=lambda host: faults.forget_name(host, "node1"),
        on="node0",
    ),
    Case(
        "no Java, no sudo to install it",
        3,
        ("bare: ", "[java-missing]", "openjdk"),
        {"master": "bare"},
    ),
    Case(
        "no space for the distribution",
        3,
        ("node1: ", "[home-space]", "/home/flink"),
        fault=lambda host: faults.small_disk(host, "/home/flink", 20),
        on="node1",
    ),
    Case(
        "a home in a directory of root",
        3,
        ("node0", "[home-not-writable]", "/opt: owner root, mode 0755", "install -d -o flink /opt/flink"),
        {"flink": {"home": "/opt/flink-2.3.0"}},
    ),
    Case(
        "a port that another program holds", 3, ("node0: ", "[port-taken]", "8081"), fault=taken, on="node0"
    ),
)


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab) -> Lab:
    nodes = (
        HostSettings("node0"),
        HostSettings("node1", memory_mib=2048),
        HostSettings("node2"),
        HostSettings("bare", java=None),
    )
    return make_module_lab([desk(), *nodes])


@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "-") for case in CASES])
def test_what_cannot_work_is_said_before_anything_is_changed(case: Case, lab: Lab) -> None:
    operator: Operator = operator_of(lab)
    operator.password = case.password
    flink = {"home": HOME, "source": archive_on_desk("2.3.0", small=True)}
    more = dict(case.more)
    flink |= more.pop("flink", {})
    file = operator.write(answers("2.3.0", more.pop("workers", ["node1", "node2"]), flink=flink, **more))
    with case.fault(lab[case.on]) if case.fault else nullcontext():
        before = lab.snapshot()
        ran = operator.run("apply", file, "--yes")
        changed = lab.changes_since(before)
    assert ran.status == case.status, ran
    for words in case.says:
        assert words in ran.out, (words, str(ran))
    assert set(changed) <= {"desk"}, changed
    assert "Traceback" not in ran.out + ran.err
    assert case.password not in ran.out + ran.err


def test_a_local_install_without_java_or_sudo_ends_with_the_command_that_installs_it(
    make_lab: MakeLab,
) -> None:
    lab = make_lab([desk("alone", java=None)])
    before = lab.snapshot()
    ran = operator_of(lab, "alone").run("install", "--local", "--yes")
    assert ran.status == 3, ran
    assert "[java-missing]" in ran.out and "openjdk-17-jre-headless" in ran.out
    state = "/home/flink/.local"
    assert [
        path for path in lab.changes_since(before)["alone"] if not f"{path}/".startswith(f"{state}/")
    ] == ["/home/flink"]
