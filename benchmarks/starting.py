"""How soon the program speaks: --help and --version beside the interpreter that does nothing.

Runs the installed program, as an operator does.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Contestant, Expected, Report, Turns, interleaved, rows, timed

BARE = "`python -c pass`"


def measure(turns: Turns) -> Report:
    program = str(Path(sys.executable).with_name("flink-wizard"))
    commands = {
        BARE: [sys.executable, "-c", "pass"],
        "`flink-wizard --help`": [program, "--help"],
        "`flink-wizard --version`": [program, "--version"],
        "`flink-wizard apply --help`": [program, "apply", "--help"],
    }

    def runner(command: list[str]) -> Callable[[], float]:
        def run() -> float:
            return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))

        return run

    contestants = [Contestant(name, runner(command)) for name, command in commands.items()]
    interleaved(contestants, Turns(1, 0.0, lambda _: None))  # compiled modules and the file cache
    samples = interleaved(contestants, turns)
    milliseconds = tuple(
        (name, *(f"{float(seconds) * 1000:.0f}" for seconds in _numbers(samples.seconds[name])), ratio)
        for name, *_, ratio in rows(samples, BARE)
    )
    return Report(
        "start",
        "The program's own start",
        ("command", "median ms", "fastest", "slowest", "ratio to the interpreter"),
        milliseconds,
        tuple(Expected(name, samples.median(name), 0.15, " s") for name in list(commands)[1:3]),
    )


def _numbers(seconds: list[float]) -> tuple[float, float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[0], ordered[-1]
