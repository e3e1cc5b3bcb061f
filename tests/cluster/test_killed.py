"""SIGKILL of the wizard at random moments of an install: the next run takes over, finishes, and nothing is lost.

A moment is a number of commands begun and a fraction of a second after the last of them, both drawn from a seed.
"""

import random
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, operator_of, rest, three_with_desk
from tests.cluster.interrupting import Running, left_on
from tests.lab import Lab

HOME = "/home/flink/flink-2.3.0"
STATE = "/home/flink/.local/state/flink-wizard"
NODES = ("node0", "node1", "node2")
TRUSTED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5CMDpT0d3YpaPlantedPlantedPlantedPlantedPla admin@example\n"
OWN_LINES = "# tuned by hand, ask Ada\ntaskmanager.memory.jvm-metaspace.size: 200m\n"
WHOLE = (
    f"[ ! -e {HOME} ] || {{ [ -s {HOME}/.flink-wizard/manifest.json ] && [ -x {HOME}/bin/start-cluster.sh ]"
    f' && [ -n "$(ls {HOME}/lib/flink-dist-*.jar)" ]; }}'
)

COMMANDS = {(False, False): 18, (True, False): 8, (False, True): 29, (True, True): 16}
"""(replaced, start) → commands of an undisturbed run."""


@dataclass(frozen=True)
class Case:
    """`replaced`: a home stands there that has to be replaced, with files of the operator in it."""

    seed: int
    replaced: bool = False
    start: bool = False

    def __str__(self) -> str:
        words = ["replaced" if self.replaced else "bare", *(["started"] if self.start else [])]
        return "-".join([*words, str(self.seed)])

    @property
    def commands(self) -> int:
        """Commands that such a run begins; the last moments find it at its end."""
        return COMMANDS[self.replaced, self.start]

    @property
    def moment(self) -> tuple[int, float]:
        draw = random.Random(self.seed)
        return draw.randint(0, self.commands), round(draw.random() ** 2 * 0.6, 3)


def cases() -> list[Any]:
    many = [Case(seed, replaced=seed % 3 == 0, start=seed % 5 == 1) for seed in range(1, 21)]
    return [Case(7, replaced=True), *(pytest.param(case, marks=pytest.mark.long) for case in many)]


def plant(lab: Lab) -> None:
    """Keys that the nodes trust already, without an end of the last line, as editors leave it."""
    for name in NODES:
        lab[name].write("/home/flink/.ssh/authorized_keys", TRUSTED.rstrip("\n"), owner="flink", mode=0o600)


def installed_and_changed(lab: Lab, operator: Operator, file: str) -> None:
    """An install of ours to which the operator added, and from which a file of the distribution is gone."""
    first = operator.run("apply", file, "--yes")
    assert first.status == 0, first
    for name in NODES:
        lab[name].write(f"{HOME}/lib/our-connector.jar", f"a jar on {name}", owner="flink")
        script = f"printf '%s' '{OWN_LINES}' >>{HOME}/conf/config.yaml; rm {HOME}/bin/flink"
        lab[name].exec(["sh", "-c", script], user="flink")


def stage_of(operator: Operator) -> str:
    """Where the killed run stood, by its journal."""
    events = operator.journal()
    titles = [event["title"] for event in events if event["event"] in {"StageStarted", "OperationStarted"}]
    return titles[-1] if titles else "before the first stage"


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_killed_run_is_finished_by_the_next_one(make_lab: MakeLab, case: Case) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    source = archive_on_desk("2.3.0", small=not case.start)
    plant(lab)
    if case.replaced:
        stopped = answers(flink={"source": source}, start={"flink": False})
        installed_and_changed(lab, operator, operator.write(stopped))
        operator.host.exec(["sh", "-c", f"rm -f {STATE}/*/*/*.jsonl"])

    file = operator.write(answers(flink={"source": source}, start={"flink": case.start}))
    with Running.started(operator, "apply", file, "--yes") as run:
        run.kill_at(*case.moment, STATE)
        killed = run.ended()
    stage = stage_of(operator)
    left = left_on(*lab.hosts)
    locked = any("/lock" in path for path in left)
    print(f"{case}: status {killed.status}, at {case.moment}, in: {stage}, locked: {locked}, left: {left}")
    for name in NODES:
        assert lab[name].exec(["sh", "-c", WHOLE], check=False).returncode == 0, f"{name}: half a home"
        assert lab[name].read("/home/flink/.ssh/authorized_keys").startswith(TRUSTED.rstrip("\n"))

    second = operator.run("apply", file, "--yes")
    assert second.status == 0, second
    assert ("Take over the lock" in second.out) == locked, second
    assert left_on(*lab.hosts) == [], second
    for name in NODES:
        assert lab[name].exists(f"{HOME}/bin/flink")
        trusted = lab[name].read("/home/flink/.ssh/authorized_keys").splitlines()
        assert trusted[0] == TRUSTED.strip() and len(trusted) == 2, trusted
        if case.replaced:
            assert lab[name].read(f"{HOME}/lib/our-connector.jar") == f"a jar on {name}"
            assert OWN_LINES in lab[name].read(f"{HOME}/conf/config.yaml")
            backups = lab[name].exec(f"ls -d {HOME}.*.bak").stdout.split()
            assert backups, name
            assert lab[name].read(f"{backups[0]}/lib/our-connector.jar") == f"a jar on {name}"
    if case.start:
        overview = rest(lab["node0"])
        assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
