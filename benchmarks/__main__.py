"""`python -m benchmarks [NAME…]`: measures, prints Markdown, and puts it into docs/performance.md.

Knows which benchmarks there are; each is a module beside this one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks import check, cluster, distribute, first_paint, keystrokes, starting, survey
from benchmarks.measure import Load, Report, Turns, machine
from benchmarks.report import markdown, write
from tests.lab import missing

Measure = Callable[[argparse.Namespace, Turns], Report]

BENCHMARKS: dict[str, tuple[int, Measure]] = {
    "start": (20, lambda chosen, turns: starting.measure(turns)),
    "first-paint": (15, lambda chosen, turns: first_paint.measure(turns)),
    "keystrokes": (3, lambda chosen, turns: keystrokes.measure(turns)),
    "again": (7, lambda chosen, turns: cluster.measure_again(turns)),
    "check-3": (7, lambda chosen, turns: check.measure_three(turns)),
    "check-100": (3, lambda chosen, turns: check.measure_many(100, turns)),
    "distribute-4": (3, lambda chosen, turns: distribute.measure(4, turns, chosen.small)),
    "distribute-8": (3, lambda chosen, turns: distribute.measure(8, turns, chosen.small)),
    "survey-100": (3, lambda chosen, turns: survey.measure(100, turns, chosen.ansible)),
    "install": (3, lambda chosen, turns: cluster.measure_install(turns)),
}
"""Name → rounds where none are asked for, and what measures it; in the order of the document."""

ALONE = {"start", "first-paint", "keystrokes"}
"""Those that need no hosts."""

BESIDE = {"distribute-4": "rsync", "distribute-8": "rsync", "install": "sshpass"}
"""Programs of other ways that a benchmark takes."""

FIRST = "Measured with real-time priority (`chrt -f`), before the other work of this machine: the load below is that of others."

SMALL: dict[str, Measure] = {
    "check-100": lambda chosen, turns: check.measure_many(8, turns),
    "distribute-4": lambda chosen, turns: distribute.measure(2, turns, True),
    "survey-100": lambda chosen, turns: survey.measure(8, turns, chosen.ansible),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", description="Measure the wizard beside other ways."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when left out"
    )
    parser.add_argument("--rounds", type=int, help="how often each way takes its turn")
    parser.add_argument(
        "--ansible", default=shutil.which("ansible"), metavar="PROGRAM", help="the ansible program"
    )
    parser.add_argument(
        "--small", action="store_true", help="small sizes, one round, nothing written: tries it out"
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how long each turn may wait for a quiet machine",
    )
    parser.add_argument("--print", action="store_true", help="print only; leave docs/performance.md as it is")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    names = set(chosen.names or BENCHMARKS)
    programs = sorted({program for name, program in BESIDE.items() if name in names})
    reasons = missing() if names - ALONE else []
    reasons += [f"{program} is not installed" for program in programs if not shutil.which(program)]
    if reasons:
        print(f"benchmarks: {'; '.join(reasons)}", file=sys.stderr)
        return 3
    for name in chosen.names or BENCHMARKS:
        _one(name, chosen)
    return 0


def _one(name: str, chosen: argparse.Namespace) -> None:
    rounds, measure = BENCHMARKS[name]
    if chosen.small:
        rounds, measure = 1, SMALL.get(name, measure)
    turns = Turns(chosen.rounds or rounds, chosen.wait, lambda line: print(line, file=sys.stderr, flush=True))
    turns.quiet()
    load = Load.now()
    print(f"{name} ({load})", file=sys.stderr)
    report = measure(chosen, turns)
    if name == "survey-100" and chosen.ansible:
        report = replace(report, notes=(*report.notes, f"Ansible: {survey.ansible_version(chosen.ansible)}."))
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        report = replace(report, notes=(*report.notes, FIRST))
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    circumstances = f"{machine()}, {_openssh()}, commit {_commit()}"
    text = markdown(report, date, load, circumstances, f"{turns.rounds} rounds")
    print(f"\n{text}\n", flush=True)
    if not (chosen.print or chosen.small):
        write(report.name, text)


def _openssh() -> str:
    return subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr.split(",")[0].strip()


def _commit() -> str:
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
