"""How long a key waits until its letter is on the screen, while much goes on; and the memory that it takes.

Runs the wizard on a terminal of its own, 140×40 with the log open, and types letters that stand nowhere else.
"""

from __future__ import annotations

import fcntl
import os
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.busy import SITUATIONS
from benchmarks.keys import OperatorKey
from benchmarks.measure import Expected, Report, Turns
from tests.lab import Host, HostSettings, Lab, missing
from tests.screens.lineterminal import LineTerminal
from wizard.answers import build_spec, read_answers
from wizard.local import is_here
from wizard.probes import sections_for
from wizard.probes.script import merged_script
from wizard.session import survey

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

RECORDED, REPEATER = "/srv/recorded", "/srv/repeater"
REPEATS = f"""
mark=$(sed -n 's/^FW_MARK=\\([^;]*\\);.*/\\1/p' | head -n 1)
sleep 0.3
exec sed "s/@MARK@/$mark/" {RECORDED}
"""
"""What the lab host does at every login: its own work would be done on the wizard's cores, that of real hosts is not."""

LIMIT = 0.1
"""Seconds that a key may wait."""

MANY = 201
"""The master and 200 workers."""

MEMORY = 200.0
"""MB (10^6) that the wizard may take."""


@dataclass(frozen=True)
class Typed:
    """Of each stroke the name of the key before the letter, the seconds that it waited, and how many of them the thread
    of the screen was ready and had no core; the largest resident set in MB."""

    waits: tuple[tuple[str, float, float], ...]
    memory: float


def measure(turns: Turns) -> Report:
    table: list[tuple[str, ...]] = []
    every: list[float] = []
    memory = 0.0
    for situation, words in SITUATIONS.items():
        with _hosts(situation) as more:
            if more is None:
                turns.say(f"  {situation}: left out, there is no lab here")
                continue
            runs = [_quietly(turns, situation, more) for _ in range(turns.rounds)]
        waits = [wait for run in runs for _, wait, _ in run.waits]
        most = max(run.memory for run in runs)
        slowest = max((wait, name) for run in runs for name, wait, _ in run.waits)
        turns.say(
            f"  {situation}: {slowest[0] * 1000:.0f} ms at worst (after {slowest[1] or 'none'}), {most:.0f} MB"
        )
        late = sum(wait > LIMIT for wait in waits)
        own = sum(wait - queued > LIMIT for run in runs for _, wait, queued in run.waits)
        figures = (statistics.median(waits), statistics.quantiles(waits, n=100)[98], max(waits))
        table.append(
            (
                words,
                str(len(waits)),
                *(f"{one * 1000:.0f}" for one in figures),
                str(late),
                str(own),
                f"{most:.0f}",
            )
        )
        every += waits
        memory = max(memory, most)
    return Report(
        "keystrokes",
        "Keys while much goes on",
        (
            "meanwhile",
            "strokes",
            "median ms",
            "99th percentile",
            "worst",
            "later than 100 ms",
            "without the waits for a core",
            "memory MB",
        ),
        tuple(table),
        (
            Expected("the stroke that waited longest", max(every), LIMIT, " s"),
            Expected("99 of 100 strokes", statistics.quantiles(every, n=100)[98], LIMIT, " s"),
            Expected("the largest resident set", memory, MEMORY, " MB"),
        ),
        (
            "On the step Hosts, whose table has a row a host. A stroke is a letter, and in nine of ten cases an arrow, Tab, "
            "F1 or F5 right before it, so that it waits for whatever that brings about: another field, another layout, "
            "every host read anew. It ends when the letter is on the terminal.",
            "An imagined host answers after 0.1 to 1 s, and what a real one printed is parsed at every reading; 12 that are "
            "at it for less than a second are read at a time, and those beyond a second besides. Over ssh the logins are "
            "real, to 201 addresses of one lab host that prints after 0.3 s what it printed once: its sshd is on the same "
            "cores, what real hosts compute is not: with or without real-time priority the wizard has a core before sshd. What "
            "the thread of the screen waited for a core all the same (`/proc/PID/schedstat`) is taken off in the last column "
            "but one. What makes the bursts runs in the wizard's own process.",
        ),
    )


def _quietly(turns: Turns, situation: str, more: Sequence[str]) -> Typed:
    turns.quiet()
    return _typed(situation, more)


@contextmanager
def _hosts(situation: str) -> Iterator[Sequence[str] | None]:
    """What the program is told of the hosts; None where they cannot be had."""
    if situation != "ssh":
        yield ()
    elif missing():
        yield None
    else:
        settings = HostSettings(
            "many", sshd_config=("MaxStartups 200:30:400", "MaxSessions 50", f"ForceCommand sh {REPEATER}")
        )
        with tempfile.TemporaryDirectory(prefix="fw-bench-") as name, Lab.up([settings]) as lab:
            folder = Path(name)
            key = OperatorKey.made(folder)
            master, *workers = lab.many_addresses(lab["many"], MANY)
            key.authorize(lab.hosts, (master, *workers))
            answers = folder / "cluster.yaml"
            listed = "".join(f"  - {worker}\n" for worker in workers)
            answers.write_text(
                f"version: 1\ncluster: many\nuser: flink\nssh: {{key: {key.private}, host_keys: accept-new}}\n"
                f'master: {master}\nworkers:\n{listed}flink: {{version: "2.3.0"}}\n'
            )
            _record(lab["many"], answers, workers[0])
            yield str(answers), str(folder / "state")


def _record(host: Host, answers: Path, worker: str) -> None:
    """Have the host print what it printed once, whatever it is asked."""
    spec = build_spec(read_answers(answers, complete=False), is_here=is_here)
    script = merged_script(sections_for(survey(spec)[worker]))
    printed = host.exec(["sh", "-s"], user="flink", stdin=script.text, check=False).stdout
    host.write(RECORDED, printed.replace(script.mark, "@MARK@"))
    host.write(REPEATER, REPEATS)


def _typed(situation: str, more: Sequence[str] = ()) -> Typed:
    argv = [sys.executable, "-m", "benchmarks.busy", situation, *more]
    with (
        tempfile.TemporaryDirectory(prefix="fw-bench-", ignore_cleanup_errors=True) as scratch,
        LineTerminal(argv, "xterm-256color", {"LC_ALL": "C.UTF-8", "TMPDIR": scratch}) as terminal,
    ):
        fcntl.ioctl(terminal._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        if more:
            _come_first(terminal.pid)
        terminal.until("Cluster name")
        _listen(terminal, 1.0)
        terminal.keys("\x1b[19~")
        terminal.until("Administrator")
        _listen(terminal, 1.0)
        waits: list[tuple[str, float, float]] = []
        for number in range(STROKES):
            name, key = list(KEYS.items())[number % len(KEYS)]
            letter = LETTERS[number % len(LETTERS)]
            queued = _queued(terminal.pid)
            began = time.perf_counter()
            terminal.keys(key + letter)
            while letter not in terminal.raw:
                assert terminal._more(30.0), f"{letter} was not drawn after {name}"
            waits.append((name, time.perf_counter() - began, _queued(terminal.pid) - queued))
            _listen(terminal, EVERY)
            terminal.keys("\x7f")
            _listen(terminal, EVERY)
        return Typed(tuple(waits), _resident(terminal.pid))


def _come_first(pid: int) -> None:
    """Let this program and ours have the cores before the lab host's sshd, as though it had cores of its own."""
    policy = os.sched_getscheduler(0)
    if policy in (os.SCHED_FIFO, os.SCHED_RR):
        # With real-time priority all would be alike, and a key exchange of sshd would hold its core to the end.
        before = os.sched_param(os.sched_getparam(0).sched_priority + 1)
        for one in (*(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()), os.getpid()):
            os.sched_setscheduler(one, policy, before)
        return
    for one in (pid, os.getpid()):
        os.setpriority(os.PRIO_PROCESS, one, -15)
        group = Path(f"/proc/{one}/autogroup")
        if group.exists():
            group.write_text("-15")


def _listen(terminal: LineTerminal, seconds: float) -> None:
    """Read what is drawn meanwhile and forget it: a slow reader would be what is measured."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        terminal._more(left)
        terminal.raw = ""


def _queued(pid: int) -> float:
    """Seconds that the first thread of a process, which draws, was ready to run and had no core."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9


def _resident(pid: int) -> float:
    """The largest resident set of a process so far, in MB (10^6)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
