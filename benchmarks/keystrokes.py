"""How long a key waits until its letter is on the screen, while much goes on; and the memory that it takes.

Runs the wizard on a terminal of its own, 140×40 with the log open, and types letters that stand nowhere else.
"""

from __future__ import annotations

import fcntl
import statistics
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Expected, Report, Turns
from tests.screens.lineterminal import LineTerminal

LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
"""Typed one by one, each taken back again: they stand nowhere else."""

KEYS: Mapping[str, str] = {
    "": "",
    "left": "\x1b[D",
    "right": "\x1b[C",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "Tab": "\t",
    "Shift+Tab": "\x1b[Z",
    "F1": "\x1bOP",
    "F1 again": "\x1bOP",
    "F5": "\x1b[15~",
}
"""Pressed at once before a letter, in this order and again: the letter waits for whatever they bring about."""

STROKES = 3 * len(KEYS)

EVERY = 0.1
"""Seconds between two keys."""

LIMIT = 0.1
"""Seconds that a key may wait."""

MEMORY = 200.0
"""MB (10^6) that the wizard may take."""


@dataclass(frozen=True)
class Typed:
    """Seconds that each key waited, and the largest resident set in MB."""

    waits: tuple[float, ...]
    memory: float


def measure(turns: Turns) -> Report:
    table: list[tuple[str, ...]] = []
    worst, memory = 0.0, 0.0
    for situation, words in SITUATIONS.items():
        waits: list[float] = []
        most = 0.0
        for _ in range(turns.rounds):
            turns.quiet()
            typed = _typed(situation)
            waits += typed.waits
            most = max(most, typed.memory)
        turns.say(f"  {situation}: {max(waits) * 1000:.0f} ms at worst, {most:.0f} MB")
        late = sum(wait > LIMIT for wait in waits)
        figures = (statistics.median(waits), statistics.quantiles(waits, n=100)[98], max(waits))
        table.append(
            (words, str(len(waits)), *(f"{one * 1000:.0f}" for one in figures), str(late), f"{most:.0f}")
        )
        worst, memory = max(worst, *waits), max(memory, most)
    return Report(
        "keystrokes",
        "Keys while much goes on",
        ("meanwhile", "keys", "median ms", "99th percentile", "worst", "later than 100 ms", "memory MB"),
        tuple(table),
        (
            Expected("the key that waited longest", worst, LIMIT, " s"),
            Expected("the largest resident set", memory, MEMORY, " MB"),
        ),
        (
            "A round of readings takes seven seconds or more, about half of what it takes over ssh on two cores. "
            "From the key to its letter on the terminal: taking it, drawing it and writing it. What makes the bursts and the "
            "readings runs in the same process and shares its interpreter.",
        ),
    )


def _typed(situation: str, more: Sequence[str] = ()) -> Typed:
    argv = [sys.executable, "-m", "benchmarks.busy", situation, *more]
    with LineTerminal(argv, "xterm-256color", {"LC_ALL": "C.UTF-8"}) as terminal:
        fcntl.ioctl(terminal._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        terminal.until("Cluster name")
        _listen(terminal, 1.0)
        terminal.keys("\x1b[19~")
        terminal.until("Administrator")
        _listen(terminal, 1.0)
        waits: list[tuple[str, float]] = []
        for number in range(STROKES):
            name, key = list(KEYS.items())[number % len(KEYS)]
            letter = LETTERS[number % len(LETTERS)]
            began = time.perf_counter()
            terminal.keys(key + letter)
            while letter not in terminal.raw:
                assert terminal._more(30.0), f"{letter} was not drawn after {name}"
            waits.append((name, time.perf_counter() - began))
            _listen(terminal, EVERY)
            terminal.keys("\x7f")
            _listen(terminal, EVERY)
        return Typed(tuple(waits), _resident(terminal.pid))


def _listen(terminal: LineTerminal, seconds: float) -> None:
    """Read what is drawn meanwhile and forget it: a slow reader would be what is measured."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        terminal._more(left)
        terminal.raw = ""


def _resident(pid: int) -> float:
    """The largest resident set of a process so far, in MB (10^6)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
