"""The application: routes between the panes of a walk, and brings views and events to the user-interface thread.

Knows which pane shows which step. It must not know what a step asks, nor how a host is reached.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from textual import events as terminal_events
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from wizard import events
from wizard.assets import asset_text
from wizard.steps import Step
from wizard.terminal import ASCII, Terminal
from wizard.text import clean
from wizard.view import View
from wizard.walk import Walk

from .apply import ApplyPane
from .done import DonePane
from .findings import FindingsPane
from .logbook import LogBook
from .mailbox import Mailbox
from .plainer import Plainer
from .review import ReviewPane
from .step import StepPane
from .themes import DARK, THEMES
from .widgets.arrows import leads_on
from .widgets.footer import KeyLine
from .widgets.header import WalkHeader
from .widgets.leaving import exit_status, farewell, leave_question
from .widgets.log import LogPane
from .widgets.moves import Moves
from .widgets.pane import Pane
from .widgets.rail import Rail
from .widgets.teach import TeachPane

W = TypeVar("W", bound=Widget)

W = TypeVar("W", bound=Widget)

PANES: dict[str, type[Pane]] = {
    "findings": FindingsPane,
    "review": ReviewPane,
    "apply": ApplyPane,
    "done": DonePane,
}
"""Steps with a pane of their own; every other step is a `StepPane`."""

FLUSH = 0.05
"""Seconds between two deliveries of what has happened."""

SHARE = 0.02
"""Seconds that one delivery may take; what is left over comes with the next."""

BATCH = 200
"""Events that are taken from the mailbox at once."""

WIDE = 110
"""Columns from which the teach pane stands beside the middle."""

ROOMY = 32
"""Lines from which there is air between things, and the log is open."""

LEAST = (60, 15)
"""Columns and lines below which nothing can be shown."""

AGAIN = 2.0
"""Seconds within which a second Ctrl-C ends the wizard."""


class WizardApp(App[int]):
    """One walk on the screen. The value that it ends with is the exit status.

    `clock` (s since the epoch) dates the lines of the log; `ascii` draws with ASCII alone.
    """

    CSS = asset_text("wizard.tcss")
    TITLE = "flink-wizard"
    AUTO_FOCUS = None
    NOTIFICATION_TIMEOUT = 6

    BINDINGS = [
        Binding("f1", "teach", "Help", priority=True),
        Binding("f2", "log", "Log", priority=True),
        Binding("f3", "log_large", "Larger log", show=False, priority=True),
        Binding("f5", "again", "Read again", priority=True),
        Binding("f7", "back", "Back", priority=True),
        Binding("f8", "next", "Next", priority=True),
        Binding("escape", "escape", "Back", show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+c", "interrupt", "Quit", show=False),
    ]

    def __init__(self, walk: Walk, clock: Callable[[], float] = time.time, ascii: bool = False) -> None:
        super().__init__()
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK
        self.walk = walk
        self.book = LogBook()
        self.mail = Mailbox(clock)
        self.signals = False
        """Whether signals of the process are taken; a test leaves them alone."""
        self._plainer = Plainer() if ascii else None
        self._at = 0
        self._pane: Pane | None = None
        self._viewed = -1
        self._rested = 0.0
        self._pressed = 0.0
        self._leaving = False
        self._going = asyncio.Lock()
        self._teach_open: bool | None = None
        self._log_open: bool | None = None
        walk.listen(self.mail.put)

    def compose(self) -> ComposeResult:
        yield WalkHeader(id="header")
        with Horizontal(id="body"):
            yield Rail(self.walk.steps, id="rail")
            with Vertical(id="middle"):
                yield Container(id="place")
                yield Moves(id="moves")
            yield TeachPane(id="teach")
        yield LogPane(self.book, id="log")
        yield Static("", id="small")
        yield KeyLine(id="keys")

    def get_line_filters(self) -> list[LineFilter]:
        """ASCII comes last, after whatever Textual does about colours."""
        own = [self._plainer] if self._plainer is not None else []
        return [*super().get_line_filters(), *own]

    async def on_mount(self) -> None:
        if self.signals:
            self._take_signals()
        self._fit()
        await self._go(0)
        self.set_interval(FLUSH, self._deliver)

    # What is where

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.walk.steps[self._at]

    def _one(self, kind: type[W]) -> W:
        return self.screen_stack[0].query_one(kind)

    async def _go(self, number: int) -> None:
        """Show this step; what was answered before is there again."""
        async with self._going:
            self._at = number
            step = self.step
            self.walk.visited(step.id)
            place = self.screen_stack[0].query_one("#place", Container)
            await place.remove_children()
            self._pane = pane = PANES.get(step.id, StepPane)(self.walk, step)
            await place.mount(pane)
            last = number + 1 == len(self.walk.steps)
            onward = "Finish" if last else f"Next: {self.walk.steps[number + 1].title}"
            self._one(Moves).show(number > 0, onward)
            self._show(self.walk.view)
            self.call_after_refresh(self._focus, pane)

    def _focus(self, pane: Pane) -> None:
        """The first field of the step, unless the pane has chosen another; where there is none, Next."""
        screen = self.screen_stack[0]
        focused = screen.focused
        if pane is not self._pane or (focused is not None and pane in focused.ancestors_with_self):
            return
        first = next((one for one in screen.focus_chain if pane in one.ancestors), None)
        (first or self._one(Moves).query_one("#next")).focus()

    async def _to(self, step: str) -> None:
        """Go to a step by its id, where the walk has been already."""
        number = next((place for place, one in enumerate(self.walk.steps) if one.id == step), self._at)
        if number == self._at:
            self._focus_pane()
        elif step in self.walk.view.visited:
            await self._go(number)
        else:
            self._say(f"{self.walk.steps[number].title} comes later: go on with Next (F8).")

    def _focus_pane(self) -> None:
        if self._pane is not None:
            screen = self.screen_stack[0]
            screen.set_focus(None)
            self._focus(self._pane)

    def _say(self, sentence: str) -> None:
        self._one(Moves).say(sentence)

    # Sizes

    def on_resize(self, event: terminal_events.Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int = 0, height: int = 0) -> None:
        """Put everything where there is room for it, as far as the operator has not said otherwise."""
        width, height = width or self.size.width, height or self.size.height
        screen = self.screen_stack[0]
        wide, roomy = width >= WIDE, height >= ROOMY
        small = width < LEAST[0] or height < LEAST[1]
        screen.set_class(small, "-small")
        screen.set_class(not wide, "-narrow")
        screen.set_class(roomy, "-roomy")
        teaching = wide if self._teach_open is None else self._teach_open
        screen.set_class(teaching, "-teaching")
        log = self._one(LogPane)
        if log.mode != "large":
            log.resize("open" if (roomy if self._log_open is None else self._log_open) else "line")
        screen.set_class(log.mode == "large", "-log-large")
        if small:
            words = f"This terminal has {width}×{height}. The wizard needs {LEAST[0]}×{LEAST[1]} at least."
            screen.query_one("#small", Static).update(Content(words))
        if teaching:
            self._show_teach(self.walk.view)

    # Views and events

    def _deliver(self) -> None:
        """Bring what has happened to those who show it, for a bounded time."""
        with suppress(NoMatches):  # the screen may be on its way down
            self._bring()

    def _bring(self) -> None:
        until = time.monotonic() + SHARE
        while len(self.mail) and time.monotonic() < until:
            for at, event in self.mail.take(BATCH):
                self.book.take(at, event)
                if self._pane is not None and self._pane.is_mounted:
                    self._pane.take(event)
                if isinstance(event, events.Paused | events.ConsentAsked):
                    self.call_later(self._to_question)
        self._one(LogPane).sync()
        view = self.walk.view
        now = time.monotonic()
        if view.serial != self._viewed and now >= self._rested and not self._going.locked():
            self._show(view)
            # A view that is dear to draw is drawn less often: keys come in between.
            self._rested = time.monotonic() + 3 * (time.monotonic() - now)
        if self._leaving and view.applied != "running":
            self.exit(130)

    def _show(self, view: View) -> None:
        self._viewed = view.serial
        header = self._one(WalkHeader)
        header.view, header.at, header.of = view, self._at + 1, len(self.walk.steps)
        self._one(Rail).show(view, self._at)
        self._one(LogPane).cluster = view.answers.text_at("cluster") or ""
        if self._pane is not None and self._pane.is_mounted:
            self._pane.show(view)
        if self.screen_stack[0].has_class("-teaching"):
            self._show_teach(view)

    def _show_teach(self, view: View) -> None:
        if self._pane is not None:
            self._one(TeachPane).show(self.step, self._pane.by_hand(view))

    async def _to_question(self) -> None:
        """A run waits for the operator: show where it can be answered."""
        if self.step.id != "apply" and self.walk.progress.now().asked:
            place = next((place for place, one in enumerate(self.walk.steps) if one.id == "apply"), None)
            if place is not None:
                await self._go(place)

    # Moving

    async def action_next(self) -> None:
        refused = self._pane.may_leave() if self._pane is not None else ""
        if refused:
            self._say(refused)
        elif self._at + 1 < len(self.walk.steps):
            await self._go(self._at + 1)
        else:
            await self.action_quit()

    async def action_back(self) -> None:
        if self._at:
            await self._go(self._at - 1)

    async def action_escape(self) -> None:
        """Out of what lies over the step, else a step back."""
        log = self._one(LogPane)
        screen = self.screen_stack[0]
        if log.mode == "large":
            self.action_log_large()
        elif screen.has_class("-teaching") and screen.has_class("-narrow"):
            self.action_teach()
        elif self._rail_focused:
            self._focus_pane()
        else:
            await self.action_back()

    @property
    def _rail_focused(self) -> bool:
        return isinstance(self.focused, Rail)

    def action_again(self) -> None:
        if self.walk.view.applied == "running":
            self._say("The hosts are read again once the run has ended.")
        elif self.walk.view.spec is None:
            self._say("There is no host to read yet.")
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
        await self._to(event.step)

    async def on_rail_chosen(self, event: Rail.Chosen) -> None:
        event.stop()
        await self._to(event.step)

    def on_key(self, event: terminal_events.Key) -> None:
        """Arrows go from field to field where the field has no use for them."""
        way = leads_on(self.screen, event.key)
        if way:
            event.prevent_default().stop()
            self.screen.focus_next() if way > 0 else self.screen.focus_previous()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question lies over the screen, its own keys count and those of the walk do not."""
        del parameters
        own = {"teach", "log", "log_large", "again", "back", "next", "escape", "command_palette"}
        return not (action in own and isinstance(self.screen, ModalScreen))

    # Teach pane and log

    def action_teach(self) -> None:
        screen = self.screen_stack[0]
        self._teach_open = not screen.has_class("-teaching")
        if self._one(LogPane).mode == "large":
            self._one(LogPane).resize("line")
            self._teach_open = True
        self._fit()
        if self._teach_open and screen.has_class("-narrow"):
            self._one(TeachPane).focus()
        elif not self._teach_open:
            self._focus_pane()

    def on_teach_pane_left(self) -> None:
        if self.screen_stack[0].has_class("-narrow"):
            self.action_teach()
        else:
            self._focus_pane()

    def action_log(self) -> None:
        log = self._one(LogPane)
        self._log_open = log.mode == "line"
        self._resize_log("open" if self._log_open else "line")

    def action_log_large(self) -> None:
        log = self._one(LogPane)
        if log.mode == "large":
            self._resize_log(
                "open" if (self._roomy if self._log_open is None else self._log_open) else "line"
            )
        else:
            self._resize_log("large")

    @property
    def _roomy(self) -> bool:
        return self.screen_stack[0].has_class("-roomy")

    def _resize_log(self, mode: str) -> None:
        """Give the log this size; the keys are with it while it is open."""
        log = self._one(LogPane)
        log.resize("large" if mode == "large" else "open" if mode == "open" else "line")
        self._fit()
        if mode == "line":
            self._focus_pane()
        else:
            log.lines.focus()

    def on_log_pane_left(self) -> None:
        log = self._one(LogPane)
        if log.mode == "large":
            self.action_log_large()
        self._focus_pane()

    def on_log_pane_opened(self) -> None:
        self.action_log()

    # The palette

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        del screen
        for step in self.walk.steps:
            if step.id in self.walk.view.visited and step is not self.step:

                async def go(to: str = step.id) -> None:
                    await self._to(to)

                yield SystemCommand(f"Go to {step.title}", "A step that you have come to before", go)
        yield SystemCommand("Read the hosts again", "Every host is looked at anew (F5)", self.action_again)
        yield SystemCommand(
            "Show or hide the log", "Every remote command with its output (F2)", self.action_log
        )
        yield SystemCommand(
            "Enlarge the log", "The log on the whole screen, and back (F3)", self.action_log_large
        )
        yield SystemCommand("Save the log", "Into a file of this machine", self._one(LogPane).action_save)
        yield SystemCommand(
            "Show or hide the help", "What a step is for, what is typed by hand (F1)", self.action_teach
        )
        yield SystemCommand("Theme", "Colours, dark and light", self.action_change_theme)
        yield SystemCommand("Quit", "Your answers are kept (Ctrl+Q)", self.action_quit)

    # The end

    async def action_quit(self) -> None:
        """Leave; ask first where a run is under way or a plan was made and not carried out."""
        if isinstance(self.screen, ModalScreen) and self.screen.id == "leave":
            return
        if self._leaving:
            self.exit(130)
            return
        view = self.walk.view
        asked = leave_question(view, self.walk.reviewed is not None)
        if asked is None:
            self.exit(exit_status(view))
            return
        from .widgets.confirm import Confirm

        question = Confirm(asked.title, asked.words, asked.yes, asked.no)
        question.id = "leave"
        self.push_screen(question, self._left)

    def _left(self, sure: bool | None) -> None:
        if not sure:
            return
        if self.walk.view.applied == "running":
            self._leaving = True
            self._say("Cancelling: what is under way on the hosts is broken off. Ctrl+Q leaves at once.")
            self.walk.cancel()
        else:
            self.exit(exit_status(self.walk.view))

    async def action_interrupt(self) -> None:
        """Ctrl-C where it copies nothing: the second one leaves."""
        now = time.monotonic()
        if now - self._pressed < AGAIN:
            self._pressed = 0.0
            await self.action_quit()
        else:
            self._pressed = now
            self.notify("Press Ctrl+C again to quit.", markup=False, timeout=AGAIN)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: self.call_later(self.action_interrupt))
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended)

    def _ended(self) -> None:
        """The terminal is lost, or the program was asked to end: there is nobody to ask."""
        running = self.walk.view.applied == "running"
        self.walk.cancel()
        self.exit(130 if running else exit_status(self.walk.view) or 130)

    def _fatal_error(self) -> None:
        """A fault of the program: told without the values of variables, which may be secret."""
        self.bell()
        told = self.walk.mask(clean(traceback.format_exc()))
        self._exit_renderables.append(
            Content(f"This is a fault of flink-wizard. Please report it:\n{told}").markup
        )
        self._close_messages_no_wait()


def run(walk: Walk) -> int:
    """Show this walk in the terminal until the operator leaves; the exit status."""
    app = WizardApp(walk, ascii=Terminal.of(sys.stdout).marks is ASCII)
    app.signals = True
    status = app.run()
    with suppress(OSError):
        for line in farewell(walk.view, walk.record):
            print(walk.mask(clean(line)), flush=True)
    return 1 if status is None else status
