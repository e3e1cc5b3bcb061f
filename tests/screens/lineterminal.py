"""A pseudo terminal in which line mode runs as a program: text is awaited, lines and keys are typed, the end is seen.

Knows pseudo terminals and practice walks. It must not know what line mode says.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRACTICE = """
import argparse, sys
from wizard.opening import open_walk
from screens.plain import run
trouble, tempo = sys.argv[1:]
with open_walk(argparse.Namespace(state_dir=None, trouble=trouble), "practice") as walk:
    walk.pace(float(tempo))
    status = run(walk)
sys.exit(status)
"""
"""A practice walk in line mode: the trouble, and the seconds that a command takes."""

_BEGINS, _ENDS = "\x1b[?2004h", "\x1b[?2004l"
"""What a line editor writes when it begins to take a line, and when it has got it (bracketed paste)."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _bare(raw: str) -> str:
    return _ESCAPES.sub("", raw).replace("\r", "")


class LineTerminal:
    """A program on a terminal of its own, 80×24. Ends with its `with` block."""

    def __init__(
        self, argv: list[str], term: str = "dumb", environment: Mapping[str, str] | None = None
    ) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        known = {**os.environ, "TERM": term, "PYTHONPATH": str(ROOT), "TZ": "UTC", **(environment or {})}
        self._program = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=known,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._master = master
        self._dumb = term == "dumb"
        self.raw = ""
        """Everything that was written, as it was written."""
        self._seen = 0

    def __enter__(self) -> LineTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._master)

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def text(self) -> str:
        """Everything that was written, without what a terminal obeys."""
        return _bare(self.raw)

    @property
    def new(self) -> str:
        """What was written since the last `until` came to hold."""
        return self.text[self._seen :]

    def until(self, wanted: str, seconds: float = 30.0) -> str:
        """Wait until this is written after what was awaited before; the text up to its end."""
        deadline = time.monotonic() + seconds
        while (at := self.new.find(wanted)) < 0:
            assert self._more(deadline - time.monotonic()), f"{wanted!r} did not come in:\n{self.new}"
        found = self.new[: at + len(wanted)]
        self._seen += at + len(wanted)
        return found

    def type(self, line: str) -> None:
        """A line and Enter."""
        self.keys(f"{line}\r")

    def keys(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def after(self, prompt: str, line: str) -> str:
        """Answer a prompt; the text up to it."""
        said = self.asked(prompt)
        self.type(line)
        return said

    def asked(self, prompt: str, seconds: float = 30.0) -> str:
        """Wait until this prompt waits for a line; the text up to it. Where lines can be edited a prompt is drawn
        more than once, and the line that it gets may only be typed ahead of the next."""
        if self._dumb:
            return self.until(prompt, seconds)
        deadline = time.monotonic() + seconds
        while True:
            before, begins, waiting = self.raw.rpartition(_BEGINS)
            if (
                begins
                and _ENDS not in waiting
                and prompt in _bare(waiting)
                and len(_bare(before)) >= self._seen
            ):
                break
            assert self._more(deadline - time.monotonic()), f"{prompt!r} was not asked in:\n{self.new}"
        said = self.new
        self._seen = len(self.text)
        return said

    def signal(self, number: signal.Signals) -> None:
        self._program.send_signal(number)

    def ended(self, seconds: float = 30.0) -> int:
        """The exit status, once the program has ended."""
        deadline = time.monotonic() + seconds
        while self._more(deadline - time.monotonic()):
            pass
        return self._program.wait(max(deadline - time.monotonic(), 0.1))

    def _more(self, seconds: float) -> bool:
        """Read what comes next; False at the end, or when nothing comes in time."""
        if seconds <= 0 or not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self.raw += data.decode("utf-8", errors="replace")
        return bool(data)


def practice(trouble: str = "nothing", *, tempo: float = 0.0, term: str = "dumb") -> LineTerminal:
    """A practice walk in line mode."""
    return LineTerminal([sys.executable, "-c", PRACTICE, trouble, str(tempo)], term)
