"""One pane of a walk by itself, for its tests: views and events reach it as they do in the application.

async with showing(walk, ReviewPane) as (app, pilot): ...
"""

from __future__ import annotations

import argparse
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Footer, Static

from screens.themes import DARK, THEMES
from screens.widgets.pane import Pane
from wizard.events import Event, ReviewMade, ViewChanged
from wizard.facts import LoginFailure
from wizard.opening import open_walk
from wizard.practice import PracticeReach
from wizard.scenarios import Trouble, practice_scenario
from wizard.steps import WALKS
from wizard.view import Use
from wizard.walk import Walk

HOSTILE = "[bold red]not markup[/] \x1b[31mnot obeyed\x1b[0m [@click=app.quit]quit[/]"
"""What a host may say: markup and terminal escapes."""

SPLIT = Trouble(
    "split",
    "The copy breaks off",
    "It does so once.",
    "node2",
    fails="install-flink",
    failure=LoginFailure(
        "operation",
        "tar ended with status 2.",
        f"tar: Unexpected EOF in archive\n{HOSTILE}",
        "Free 1.2 GB in /home on node2 and retry.",
    ),
)
"""A copy that breaks off once."""


@contextmanager
def practising(
    trouble: Trouble | str = "nothing", *, use: Use = "practice", tempo: float = 0.0
) -> Iterator[Walk]:
    """A walk on the imagined cluster with this trouble in it, as if for this use; every host was read."""
    scenario = practice_scenario()
    if isinstance(trouble, Trouble):
        scenario = replace(scenario, troubles=(trouble,))
        trouble = trouble.id
    with open_walk(argparse.Namespace(state_dir=None), "practice") as walk:
        walk._settle = 0.02
        reach = walk._reach
        assert isinstance(reach, PracticeReach)
        reach.scenario, reach.tempo.seconds = scenario, tempo
        reach.choose(trouble)
        walk.use, walk.steps = use, WALKS[use]
        walk._view = replace(walk._view, use=use)
        read_anew(walk)
        yield walk


def read_anew(walk: Walk) -> None:
    """Have every host read once more, and wait for it."""
    assert walk.settled(20)
    walk._lookout.void(walk.view.spec.names)
    walk._touch()
    assert walk.settled(20)


def run_to_its_end(walk: Walk, take: Callable[[Event], None] = lambda event: None) -> None:
    """Review, confirm and apply without a screen; `take` gets every event and may answer what the run asks."""
    made = threading.Event()

    def note(event: Event) -> None:
        if isinstance(event, ReviewMade):
            made.set()
        take(event)

    walk.listen(note)
    walk.review()
    assert made.wait(20)
    assert walk.confirm() == ""
    assert walk.start()
    assert walk.settled(30)


class PaneApp(App[None]):
    """The pane in the middle, its keys below; what it asked for is in `asked`."""

    def __init__(self, walk: Walk, pane: type[Pane]) -> None:
        super().__init__()
        self.animation_level = "none"
        self.walk = walk
        self.kind = pane
        self.asked: list[object] = []
        self._waiting: deque[Event] = deque()
        self._viewed = -1
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK
        walk.listen(self._waiting.append)

    def compose(self) -> ComposeResult:
        yield Vertical(id="middle")
        yield Footer()

    async def on_mount(self) -> None:
        self.set_interval(0.02, self._deliver)
        await self.go(self.kind)

    async def go(self, kind: type[Pane]) -> None:
        """Show this pane instead."""
        name = kind.__name__.removesuffix("Pane").lower()
        step = next((one for one in self.walk.steps if one.id == name), self.walk.steps[-1])
        middle = self.query_one("#middle")
        await middle.remove_children()
        pane = kind(self.walk, step)
        await middle.mount(pane)
        pane.show(self.walk.view)

    @property
    def pane(self) -> Pane:
        return self.screen_stack[0].query_one(Pane)

    def on_pane_next_wanted(self, message: Pane.NextWanted) -> None:
        self.asked.append(message)

    def on_pane_step_wanted(self, message: Pane.StepWanted) -> None:
        self.asked.append(message.step)

    def _deliver(self) -> None:
        stack = self.screen_stack
        if not stack:
            return  # the application is ending
        panes = list(stack[0].query(Pane))
        while self._waiting:
            event = self._waiting.popleft()
            if not isinstance(event, ViewChanged):
                for pane in panes:
                    pane.take(event)
        view = self.walk.view
        if view.serial != self._viewed:
            self._viewed = view.serial
            for pane in panes:
                pane.show(view)


@asynccontextmanager
async def showing(
    walk: Walk, pane: type[Pane], size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[PaneApp, Pilot[None]]]:
    """The pane on the screen."""
    app = PaneApp(walk, pane)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def until(pilot: Pilot[None], holds: Callable[[], object], turns: int = 500) -> None:
    """Let the application go on until this holds."""
    for _ in range(turns):
        if holds():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came to hold")


def text_of(app: App[None]) -> str:
    """Everything that is said in the pane, whether it is scrolled into sight or not."""
    said: list[str] = []
    for widget in app.screen.query(Static):
        if widget.display and all(one.display for one in widget.ancestors if hasattr(one, "display")):
            content = widget.content
            said.append(content.plain if isinstance(content, Content) else str(content))
    return "\n".join(said)


def screen_of(app: App[None]) -> str:
    """The screen as it is drawn, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
