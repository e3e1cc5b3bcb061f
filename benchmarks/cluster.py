"""A cluster of three hosts from nothing, and the same command again: the real program at an operator's desk.

Every install begins on a fresh lab, with a password and an archive. The script beside it does the least that ends
with registered TaskManagers; it looks at nothing and proves nothing.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.keys import OperatorKey
from benchmarks.measure import Contestant, Expected, Report, Samples, Turns, interleaved, rows, timed
from tests.cluster.driving import Operator, answers, archive_on_desk, operator_of, rest, three_with_desk
from tests.lab import Lab

VERSION = "2.3.0"
NODES = ("node0", "node1", "node2")
COLD, WARM = "flink-wizard apply", "flink-wizard apply, archive already in its cache"
TURN, ONCE = "script, one host after another", "script, all hosts at once"
LOGINS = "`ssh HOST true`, three times"
SCRIPT = Path(__file__).with_name("by_hand.sh")

WATCHED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
"""Runs a program and notes the largest resident set among it and its children, in KiB."""


def measure_install(turns: Turns) -> Report:
    race = _Installs()
    samples = interleaved(
        [
            Contestant(COLD, lambda: race.ours(cold=True), ours=True),
            Contestant(ONCE, lambda: race.script("once")),
            Contestant(TURN, lambda: race.script("turn")),
            Contestant(WARM, lambda: race.ours(cold=False), ours=True),
        ],
        turns,
    )
    peak = max(race.peaks) / 1024
    after = [race.proved[name] for name in sorted(race.proved)]
    notes = (
        "Both end with two TaskManagers and four slots registered. The wizard's time also holds the checks before, "
        "the preview, Flink's memory calculation on every node, the proof of every login, of the ports between the "
        "workers, and a job that runs across all slots; the script's holds nothing of this. The archive is compressed "
        "at the lowest level; the wizard unpacks it once and sends it unpacked, the script sends it as it is.",
        f"Of the wizard's time, verification (REST, registration, ports, the job) took {_middle(after):.1f} s.",
    )
    return Report(
        "install",
        f"Flink {VERSION} on three hosts, from nothing to a verified cluster",
        ("way", "median s", "fastest – slowest", f"ratio to {ONCE}"),
        rows(samples, ONCE),
        (
            Expected("Over the script that takes one host after another", _ratio(samples, COLD, TURN), 1.3),
            Expected("Over the script that takes all hosts at once", _ratio(samples, COLD, ONCE), 1.3),
            Expected("Largest resident set of the wizard", peak, 150, " MiB"),
        ),
        notes,
    )


def _ratio(samples: Samples, one: str, other: str) -> float:
    return samples.median(one) / samples.median(other)


def _middle(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


class _Installs:
    """One install a call, each on a lab of its own."""

    def __init__(self) -> None:
        self.peaks: list[int] = []
        self.proved: dict[int, float] = {}
        self.archive = archive_on_desk(VERSION)

    def ours(self, *, cold: bool) -> float:
        with Lab.up(three_with_desk()) as lab:
            operator = operator_of(lab)
            file = operator.write(answers(VERSION))
            more = {"XDG_CACHE_HOME": "/home/flink/.cache"} if cold else {}
            command = [
                sys.executable,
                "-c",
                WATCHED,
                "/home/flink/peak",
                *operator.argv("apply", file, "--yes", **more),
            ]
            seconds = timed(lambda: lab["desk"].exec(command, user="flink", timeout=600, stdin=""))
            self._check(lab)
            self.peaks.append(int(lab["desk"].read("/home/flink/peak")))
            self.proved[len(self.proved)] = verification_seconds(operator)
            return seconds

    def script(self, how: str) -> float:
        with Lab.up(three_with_desk()) as lab:
            line = shlex.join(["bash", str(SCRIPT), how, self.archive, VERSION, *NODES])
            command = ["env", f"SSHPASS={lab.password}", "sh", "-c", line]
            seconds = timed(lambda: lab["desk"].exec(command, user="flink", timeout=600, stdin=""))
            self._check(lab)
            return seconds

    def _check(self, lab: Lab) -> None:
        seen: Mapping[str, int] = rest(lab["node0"])
        if (seen["taskmanagers"], seen["slots-total"]) != (2, 4):
            raise RuntimeError(f"the cluster is not as it should be: {seen}")


def verification_seconds(operator: Operator) -> float:
    """From the first event of the last proofs to their end, as the journal has it."""
    return stage_seconds(operator).get("Verify", 0.0)


def stage_seconds(operator: Operator) -> dict[str, float]:
    """Stage → seconds between its start and its end."""
    began: dict[str, float] = {}
    spent: dict[str, float] = {}
    for event in operator.journal():
        if event.get("event") == "StageStarted":
            began[event["title"]] = event["at"]
        elif event.get("event") == "StageFinished" and event["title"] in began:
            spent[event["title"]] = event["at"] - began[event["title"]]
    return spent


def measure_again(turns: Turns) -> Report:
    """The same answers once more on a cluster that is as they say, beside three logins that do nothing."""
    ours = "flink-wizard apply, nothing to change"
    with three_installed() as (lab, operator, file):

        def again() -> float:
            ran = None

            def work() -> None:
                nonlocal ran
                ran = operator.run("apply", file, "--yes")

            seconds = timed(work)
            if ran is None or ran.status != 0 or "Nothing to change" not in ran.out:
                raise RuntimeError(str(ran))
            return seconds

        samples = interleaved(
            [
                Contestant(ours, again, ours=True),
                Contestant(LOGINS, lambda: logins(lab)),
            ],
            turns,
        )
    return Report(
        "again",
        "A second apply of an unchanged three-host cluster",
        ("way", "median s", "fastest – slowest", "ratio to the logins"),
        rows(samples, LOGINS),
        (Expected("Second apply", samples.median(ours), 3.0, " s"),),
        (
            "All checks, all facts, every file of every home compared with its manifest, and the cluster asked anew.",
        ),
    )


def logins(lab: Lab) -> float:
    """The seconds of three logins by the ssh program that do nothing, one after another."""
    line = "for host in node0 node1 node2; do ssh -o BatchMode=yes $host true || exit 1; done"
    return timed(lambda: lab["desk"].exec(line, user="flink"))


@contextmanager
def three_installed() -> Generator[tuple[Lab, Operator, str]]:
    """Three hosts with a healthy cluster, an operator whose key is let in there, and the answers file."""
    with Lab.up(three_with_desk()) as lab, tempfile.TemporaryDirectory(prefix="fw-bench-") as name:
        key = OperatorKey.made(Path(name))
        for node in NODES:
            key.authorize([lab[node]], [node])
        give_to_desk(key, lab)
        operator = operator_of(lab)
        file = operator.write(answers(VERSION))
        first = operator.run("apply", file, "--yes")
        if first.status != 0:
            raise RuntimeError(str(first))
        yield lab, operator, file


def give_to_desk(key: OperatorKey, lab: Lab) -> None:
    """The operator's key and the hosts' keys that are known, on the desk."""
    desk = lab["desk"]
    desk.exec(["install", "-d", "-m", "700", "-o", "flink", "-g", "flink", "/home/flink/.ssh"])
    desk.write("/home/flink/.ssh/id_ed25519", key.private.read_text(), owner="flink", mode=0o600)
    desk.write("/home/flink/.ssh/known_hosts", key.known_hosts.read_text(), owner="flink", mode=0o600)
