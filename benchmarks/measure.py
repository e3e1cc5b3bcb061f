"""How something is measured: contestants take turns, round after round, and medians and ratios are what counts.

Knows clocks and the machine's load. It must not know what is measured.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

QUIET = 0.9
"""The share of the CPU that is idle on a machine that has nothing else to do."""

Measured = Callable[[], float | None]
"""Does the work once; the answer is its seconds, or None where this contestant cannot run here."""


@dataclass(frozen=True)
class Contestant:
    """One way of doing the work. `before` runs untimed ahead of each round."""

    name: str
    run: Measured
    before: Callable[[], None] = lambda: None
    ours: bool = False


@dataclass
class Samples:
    """The seconds of every round, by contestant, in the order of their names."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def has(self, name: str) -> bool:
        return bool(self.seconds.get(name))


@dataclass(frozen=True)
class Expected:
    """An expectation and what was measured for it. `limit` and `measured` have one unit."""

    sentence: str
    measured: float
    limit: float
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.measured <= self.limit

    def line(self) -> str:
        word = "met" if self.met else "**missed**"
        return f"- {self.sentence}: {number(self.measured)}{self.unit} (limit {number(self.limit)}{self.unit}), {word}."


@dataclass(frozen=True)
class Report:
    """What one benchmark found. `columns` and `rows` are its table, `notes` what a reader must know to judge it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    expected: tuple[Expected, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """How busy the machine was before anything was measured: load averages, and the share of CPU that was idle."""

    one: float
    five: float
    idle: float

    @classmethod
    def now(cls, seconds: float = 1.0) -> Load:
        one, five, _ = os.getloadavg()
        before = _ticks()
        time.sleep(seconds)
        after = _ticks()
        total = sum(after) - sum(before)
        return cls(one, five, (after[3] + after[4] - before[3] - before[4]) / max(total, 1))

    def __str__(self) -> str:
        return f"load average {self.one:.1f} (5 minutes: {self.five:.1f}), CPU {self.idle:.0%} idle"


def _ticks() -> list[int]:
    first = Path("/proc/stat").read_text().splitlines()[0]
    return [int(word) for word in first.split()[1:9]]


@dataclass(frozen=True)
class Turns:
    """How often each way takes its turn, and how many seconds a turn waits at most for the machine to be quiet."""

    rounds: int
    patience: float
    say: Callable[[str], None]

    def quiet(self) -> None:
        """Return when nine tenths of the CPU are idle, or when the patience is over; that is then told."""
        deadline = time.monotonic() + self.patience
        while self.patience and (load := Load.now(0.5)).idle < QUIET:
            if time.monotonic() > deadline:
                self.say(f"  not quiet: {load}")
                return


def interleaved(contestants: Sequence[Contestant], turns: Turns) -> Samples:
    """Every contestant once a round; who begins moves on by one each round, so that no place is an advantage."""
    samples = Samples({one.name: [] for one in contestants})
    for turn in range(turns.rounds):
        order = [*contestants[turn % len(contestants) :], *contestants[: turn % len(contestants)]]
        for one in order:
            one.before()
            turns.quiet()
            seconds = one.run()
            if seconds is not None:
                samples.seconds[one.name].append(seconds)
                turns.say(f"  round {turn + 1}: {one.name}: {seconds:.3f} s")
    return samples


def timed(work: Callable[[], object]) -> float:
    """The seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rows(samples: Samples, reference: str) -> tuple[tuple[str, ...], ...]:
    """Name, median, fastest and slowest in seconds, and the median as a multiple of the reference's."""
    base = samples.median(reference)
    return tuple(
        (
            name,
            f"{statistics.median(seconds):.2f}",
            f"{min(seconds):.2f} – {max(seconds):.2f}",
            f"{statistics.median(seconds) / base:.2f}",
        )
        for name, seconds in samples.seconds.items()
        if seconds
    )


def number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def machine() -> str:
    """Cores, memory and versions: what a figure depends on besides the code."""
    import paramiko

    cores = len(os.sched_getaffinity(0))
    kib = int(Path("/proc/meminfo").read_text().split()[1])
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{cores} cores ({model}), {kib / 2**20:.0f} GiB; Python {sys.version.split()[0]}, "
        f"paramiko {paramiko.__version__}"
    )
