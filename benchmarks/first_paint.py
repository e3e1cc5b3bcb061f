"""How soon something is seen: the wizard beside a bare Textual application with a header and a footer.

Runs both as programs on a terminal of their own, 80×24, from the start to the first frame.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Contestant, Expected, Report, Turns, interleaved, rows, timed
from tests.screens.lineterminal import LineTerminal

BARE = "a bare Textual application"
PAINTED = "the wizard's first frame"
READY = "the wizard's first step"

BARE_PROGRAM = """
from textual.app import App
from textual.widgets import Footer, Header

class Bare(App):
    def compose(self):
        yield Header()
        yield Footer()

Bare().run()
"""


def measure(turns: Turns) -> Report:
    wizard = [str(Path(sys.executable).with_name("flink-wizard")), "practice"]
    contestants = [
        Contestant(BARE, _until([sys.executable, "-c", BARE_PROGRAM], "palette")),
        Contestant(PAINTED, _until(wizard, "Quit"), ours=True),
        Contestant(READY, _until(wizard, "Cluster name"), ours=True),
    ]
    interleaved(contestants, Turns(1, 0.0, lambda _: None))  # compiled modules and the file cache
    samples = interleaved(contestants, turns)
    ratio = samples.median(PAINTED) / samples.median(BARE)
    return Report(
        "first-paint",
        "The first thing on the screen",
        ("until", "median s", "fastest – slowest", "ratio to the bare application"),
        rows(samples, BARE),
        (Expected("the first frame, as a multiple of a bare application's", ratio, 1.3),),
        (
            "The first frame is drawn before the engine is loaded: it names the use, and the key that leaves. The first "
            "step is there when its field can be typed in.",
        ),
    )


def _until(argv: list[str], words: str) -> Callable[[], float]:
    """From the start of the program to these words on its terminal."""

    def run() -> float:
        terminals: list[LineTerminal] = []

        def seen() -> None:
            terminals.append(LineTerminal(argv, "xterm-256color", {"LC_ALL": "C.UTF-8"}))
            terminals[0].until(words)

        try:
            return timed(seen)
        finally:
            for terminal in terminals:
                terminal.__exit__()

    return run
