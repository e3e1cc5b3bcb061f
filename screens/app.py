"""The application: routes between the panes of a walk, and brings views and events to the user-interface thread.

Knows which pane shows which step. It must not know what a step asks, nor how a host is reached.
"""

from __future__ import annotations

import threading
from collections import deque

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Header

from wizard.events import Event, ViewChanged
from wizard.walk import Walk

from .apply import ApplyPane
from .done import DonePane
from .findings import FindingsPane
from .review import ReviewPane
from .step import StepPane
from .widgets.pane import Pane

PANES: dict[str, type[Pane]] = {
    "findings": FindingsPane,
    "review": ReviewPane,
    "apply": ApplyPane,
    "done": DonePane,
}
"""Steps with a pane of their own; every other step is a `StepPane`."""

FLUSH = 0.05
"""Seconds between two deliveries of what has happened."""

MOST_EVENTS = 20_000
"""Events that may wait for delivery; beyond that the oldest are dropped."""


class WizardApp(App[int]):
    """One walk on the screen. The value that it ends with is the exit status."""

    BINDINGS = [("f8", "next", "Next"), ("f7", "back", "Back"), ("ctrl+q", "quit", "Quit")]

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self.walk = walk
        self._waiting: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._viewed = -1
        self._at = 0
        self._delivering = threading.Lock()
        walk.listen(self._waiting.append)

    def compose(self) -> ComposeResult:
        yield Header()
        with Horizontal():
            yield Vertical(id="middle")
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(FLUSH, self._deliver)
        self.call_later(self._go, 0)

    async def _go(self, number: int) -> None:
        self._at = number
        step = self.walk.steps[number]
        self.walk.visited(step.id)
        middle = self.query_one("#middle")
        await middle.remove_children()
        pane = PANES.get(step.id, StepPane)(self.walk, step)
        await middle.mount(pane)
        pane.show(self.walk.view)

    async def action_next(self) -> None:
        if self._at + 1 < len(self.walk.steps):
            await self._go(self._at + 1)

    async def action_back(self) -> None:
        if self._at:
            await self._go(self._at - 1)

    def _deliver(self) -> None:
        panes = self.query(Pane)
        for _ in range(len(self._waiting)):
            event = self._waiting.popleft()
            if not isinstance(event, ViewChanged):
                for pane in panes:
                    pane.take(event)
        view = self.walk.view
        if view.serial != self._viewed:
            self._viewed = view.serial
            for pane in panes:
                pane.show(view)


def run(walk: Walk) -> int:
    """Show this walk in the terminal until the operator leaves; the exit status."""
    return WizardApp(walk).run() or 0
