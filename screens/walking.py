"""The walk on the screen: which pane shows which step, how one goes from step to step, and what leaving means.

Brings views and events to the user-interface thread. It must not know what a step asks, nor how a host is reached.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from textual.css.query import NoMatches
from textual.screen import ModalScreen

from wizard import events
from wizard.keysfirst import KEYS
from wizard.steps import Step
from wizard.walk import Walk

from .logbook import LogBook
from .mailbox import Mailbox
from .step import StepPane
from .widgets.frame import Frame
from .widgets.leaving import leave_question
from .widgets.pane import Pane
from .widgets.rail import Rail

FLUSH = 0.05
"""Seconds between two deliveries of what has happened."""

SHARE = 0.01
"""Seconds that one delivery may take; what is left over comes with the next."""

LATEST = 0.3
"""Seconds after which something is delivered though a key is under way."""

RESTS = 8
"""How many times as long as a view took, until it was on the screen, no other is drawn: keys come in between."""

PAINTED = 1.0
"""Seconds after which the next view is drawn in any case."""

BATCH = 10
"""Events that are taken from the mailbox at once."""

Command = tuple[str, str, Callable[[], Awaitable[None] | None]]
"""Title, explanation and deed of a line in the palette."""


class Walking(Frame):
    """The screen of one walk; `clock` (s since the epoch) dates the lines of the log."""

    def __init__(self, walk: Walk, clock: Callable[[], float]) -> None:
        self.book = LogBook()
        super().__init__(walk.steps, self.book)
        self.walk = walk
        self.mail = Mailbox(clock)
        self.leaving = False
        """Whether the wizard ends once the run has."""
        self._number = 0
        self._viewed = -1
        self._rested = 0.0
        self._brought = 0.0
        self._going = asyncio.Lock()
        walk.listen(self.mail.put, earlier=True)

    async def on_mount(self) -> None:
        self.fit()
        await self.go(0)
        self.set_interval(FLUSH, self._deliver)

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.walk.steps[self._number]

    async def go(self, number: int) -> None:
        """Show the step at this place; what was answered before is there again."""
        async with self._going:
            self._number = number
            self.walk.visited(self.step.id)
            view = self.walk.view
            self._viewed = view.serial
            pane = _pane_of(self.step.id)(self.walk, self.step)
            await self.hold(pane, number, view)

    async def to(self, step: str) -> None:
        """Go to a step by its id, where the walk has been already."""
        number = self._place(step)
        if number == self._number:
            self.focus_pane()
        elif step in self.walk.view.visited:
            await self.go(number)
        else:
            self.moves.say(f"{self.walk.steps[number].title} comes later: go on with Next (F8).")

    def _place(self, step: str) -> int:
        return next((place for place, one in enumerate(self.walk.steps) if one.id == step), self._number)

    # Views and events

    def _deliver(self) -> None:
        """Bring what has happened to those who show it, for a bounded time."""
        now = time.monotonic()
        if KEYS.under_way and now - self._brought < LATEST:
            return
        if self._going.locked():
            return  # the step that is coming may have begun something, and must hear of its end
        self._brought = now
        with suppress(NoMatches):  # the screen may be on its way down
            self.bring()

    def bring(self) -> None:
        """One delivery: some events, the newest view."""
        until = time.monotonic() + SHARE
        while len(self.mail):
            for at, event in self.mail.take(BATCH):
                self.book.take(at, event)
                if self.pane is not None:
                    self.pane.take(event)
                if isinstance(event, events.Paused | events.ConsentAsked):
                    self.call_later(self._to_question)
            if time.monotonic() >= until:
                break
        self.log_pane.sync()
        view = self.walk.view
        now = time.monotonic()
        if view.serial != self._viewed and now >= self._rested:
            self._viewed = view.serial
            began = time.thread_time()
            self._rested = now + PAINTED
            self.show(view)
            self.call_after_refresh(self._painted, began)
        if self.leaving and view.applied != "running":
            self.app.exit(int(self.walk.status))

    def _painted(self, began: float) -> None:
        """The view is on the screen. What counts is what this thread computed: the layout costs more than the view, and
        on a busy machine waiting for a core must not make views rare."""
        self._rested = time.monotonic() + RESTS * (time.thread_time() - began)

    async def _to_question(self) -> None:
        """A run waits for the operator: show where it can be answered."""
        if self.step.id != "apply" and self.walk.progress.now().asked:
            await self.go(self._place("apply"))

    # Moving

    async def action_next(self) -> None:
        refused = self.pane.may_leave() if self.pane is not None else ""
        if refused:
            self.moves.say(refused)
        elif self._number + 1 < len(self.walk.steps):
            await self.go(self._number + 1)
        else:
            self.leave()

    async def action_back(self) -> None:
        if self._number:
            await self.go(self._number - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not offered."""
        del parameters
        if action == "back":
            return self._number > 0
        if action == "again":
            return self.walk.view.spec is not None and self.walk.view.applied != "running"
        return True

    def action_again(self) -> None:
        if self.walk.view.applied == "running":
            self.moves.say("The hosts are read again once the run has ended.")
        elif self.walk.view.spec is None:
            self.moves.say("There is no host to read yet.")
        else:
            self.walk.look_again()

    async def on_moves_back(self) -> None:
        await self.action_back()

    async def on_moves_next(self) -> None:
        await self.action_next()

    async def on_pane_next_wanted(self, event: Pane.NextWanted) -> None:
        event.stop()
        await self.action_next()

    async def on_pane_back_wanted(self, event: Pane.BackWanted) -> None:
        event.stop()
        await self.action_back()

    async def on_pane_step_wanted(self, event: Pane.StepWanted) -> None:
        event.stop()
        await self.to(event.step)

    async def on_rail_chosen(self, event: Rail.Chosen) -> None:
        event.stop()
        await self.to(event.step)

    def commands(self) -> Iterator[Command]:
        """What the palette offers of the walk."""
        for step in self.walk.steps:
            if step.id in self.walk.view.visited and step is not self.step:

                async def go(to: str = step.id) -> None:
                    await self.to(to)

                yield f"Go to {step.title}", "A step that you have come to before", go
        yield "Read the hosts again", "Every host is looked at anew (F5)", self.action_again
        yield "Show or hide the log", "Every remote command with its output (F2)", self.action_log
        yield "Enlarge the log", "The log on the whole screen, and back (F3)", self.action_log_large
        yield "Save the log", "Into a file of this machine", self.log_pane.action_save
        yield "Show or hide the help", "What a step is for, and how by hand (F1)", self.action_teach

    # The end

    def leave(self) -> None:
        """End the wizard; ask first where a run is under way or a plan was made and not carried out."""
        if isinstance(self.app.screen, ModalScreen) and self.app.screen.id == "leave":
            return
        if self.leaving:
            self.app.exit(130)
            return
        view, made = self.walk.view, self.walk.reviewed
        asked = leave_question(view, made is not None and made.outline.changes > 0)
        if asked is None:
            self.app.exit(int(self.walk.status))
            return
        from .widgets.confirm import Confirm

        question = Confirm(asked.title, asked.words, asked.yes, asked.no)
        question.id = "leave"
        self.app.push_screen(question, self._answered)

    def _answered(self, sure: bool | None) -> None:
        if not sure:
            return
        if self.walk.view.applied == "running":
            self.leaving = True
            self.moves.say("Cancelling: what is under way on the hosts is broken off. Ctrl+Q leaves at once.")
            self.walk.cancel()
        else:
            self.app.exit(int(self.walk.status))

    def ended(self) -> None:
        """The terminal is lost, or the program was asked to end: there is nobody to ask."""
        running = self.walk.view.applied == "running"
        self.walk.cancel()
        self.app.exit(130 if running else int(self.walk.status) or 130)


def _pane_of(step: str) -> type[Pane]:
    """The pane of this step; one of its own is loaded when the walk comes there, so that the first step is seen soon."""
    match step:
        case "findings":
            from .findings import FindingsPane as Own
        case "review":
            from .review import ReviewPane as Own
        case "apply":
            from .apply import ApplyPane as Own
        case "done":
            from .done import DonePane as Own
        case _:
            return StepPane
    return Own
