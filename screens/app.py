"""The application around a walk: themes, signals, the keys that hold everywhere, and the first thing that is seen.

Loads the walk while something is on the screen already. It must not know what is on any other screen.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import TYPE_CHECKING

from textual.app import ScreenStackError, SystemCommand
from textual.binding import Binding
from textual.content import Content
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.events import Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import MountError

from wizard.assets import asset_text
from wizard.keysfirst import KEYS
from wizard.terminal import ASCII, Terminal
from wizard.text import clean

from .lost import bearing_loss
from .plainer import Plainer
from .sweeping import keep_loaded, sweep
from .themes import DARK, THEMES
from .turns import InTurn
from .widgets.curtain import Curtain

if TYPE_CHECKING:
    from wizard.steps import Step
    from wizard.walk import Walk

    from .walking import Walking

SWITCH = 0.0005
"""Seconds after which a thread makes way for another that waits. A key goes through several threads, and each time it
would wait for all of those that judge and read hosts: with Python's own 0.005 that is felt."""

SWEEPS = 0.05
"""Seconds between two looks whether garbage is to be looked for."""

AGAIN = 2.0
"""Seconds within which a second Ctrl-C ends the wizard."""


class WizardApp(InTurn):
    """One walk on the screen. The value that it ends with is the exit status.

    `walk` is shown at once; without one, `opening` gives it while a curtain with this `use` is shown. `clock` (s since
    the epoch) dates the lines of the log; `ascii` draws with ASCII alone.
    """

    CSS = asset_text("wizard.tcss")
    TITLE = "flink-wizard"
    AUTO_FOCUS = None
    NOTIFICATION_TIMEOUT = 6

    BINDINGS = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+c", "interrupt", "Copy, or quit", show=False, priority=True),
    ]

    walk: Walk
    """The walk, once it is there."""

    frame: Walking
    """Its screen."""

    def __init__(
        self,
        walk: Walk | None = None,
        clock: Callable[[], float] = time.time,
        ascii: bool = False,
        opening: Callable[[], Walk] | None = None,
        use: str = "",
    ) -> None:
        self._plainer = Plainer() if ascii else None
        super().__init__()
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK
        self.clock = clock
        self.signals = False
        """Whether this is the program itself, which takes signals and sets up its interpreter; a test leaves both alone."""
        self.fault: BaseException | None = None
        """Why the walk could not be opened."""
        self._opening = opening
        self._use = use
        self._there = False
        self._pressed = 0.0
        if walk is not None:
            self._hold(walk)

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.frame.step

    def get_default_screen(self) -> Screen[None]:
        return self.frame if self._there else Curtain(self._use)

    def get_driver_class(self) -> type[Driver]:
        return bearing_loss(super().get_driver_class())

    def get_line_filters(self) -> list[LineFilter]:
        """ASCII comes last, after whatever Textual does about colours."""
        own = [self._plainer] if self._plainer is not None else []
        return [*super().get_line_filters(), *own]

    def on_load(self) -> None:
        if self.signals:
            self._take_signals()

    def on_ready(self) -> None:
        if self._there:
            self._keep_loaded()
        if self._opening is not None and not self._there:
            threading.Thread(target=self._open, args=(self._opening,), name="opening", daemon=True).start()

    # The walk comes

    def _open(self, opening: Callable[[], Walk]) -> None:
        try:
            import screens.walking  # noqa: F401 - loaded here, while something is on the screen

            walk = opening()
        except BaseException as fault:  # noqa: BLE001 - whoever runs the application raises it again
            self.fault = fault
            with suppress(RuntimeError):  # the application has ended meanwhile
                self.call_from_thread(self.exit, 1)
        else:
            with suppress(RuntimeError):
                self.call_from_thread(self._opened, walk)

    async def _opened(self, walk: Walk) -> None:
        self._hold(walk)
        await self.push_screen(self.frame)
        self._keep_loaded()

    def _keep_loaded(self) -> None:
        """What is loaded by now stays; garbage of later is looked for between the keys."""
        if self.signals:
            keep_loaded()
            self.set_interval(SWEEPS, lambda: sweep(KEYS))

    def _hold(self, walk: Walk) -> None:
        from .walking import Walking

        self.walk = walk
        self.frame = Walking(walk, self.clock)
        self._there = True

    # Keys that hold everywhere

    def on_key(self, event: Key) -> None:
        """Arrows go from field to field where the field has no use for them."""
        if event.key not in {"up", "down", "left", "right"}:
            return
        from .widgets.arrows import leads_on

        way = leads_on(self.screen, event.key)
        if way:
            event.prevent_default().stop()
            self.screen.focus_next() if way > 0 else self.screen.focus_previous()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        del screen
        for title, words, does in self.frame.commands() if self._there else ():
            yield SystemCommand(title, words, does)
        yield SystemCommand("Theme", "Colours, dark and light", self.action_change_theme)
        yield SystemCommand("Quit", "Your answers are kept (Ctrl+Q)", self.action_quit)

    async def action_quit(self) -> None:
        if self._there:
            self.frame.leave()
        else:
            self.exit(130)

    async def action_interrupt(self) -> None:
        """Ctrl-C copies what is marked; pressed twice it leaves."""
        now = time.monotonic()
        if now - self._pressed < AGAIN:
            self._pressed = 0.0
            await self.action_quit()
            return
        self._pressed = now
        marked = self._marked()
        if marked:
            self.copy_to_clipboard(marked)
        said = "Copied. Press Ctrl+C again to quit." if marked else "Press Ctrl+C again to quit."
        self.notify(said, markup=False, timeout=AGAIN)

    def _marked(self) -> str:
        """The text that is marked on the screen or in a field, but for a password."""
        field = self.focused
        if field is not None and getattr(field, "password", False):
            return ""
        return self.screen.get_selected_text() or getattr(field, "selected_text", "")

    # The end

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: self.call_later(self.action_interrupt))
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.ended)

    def ended(self) -> None:
        """The terminal is lost, or the program was asked to end."""
        if self._there:
            self.frame.ended()
        else:
            self.exit(130)

    def _handle_exception(self, error: Exception) -> None:
        """While everything is taken down, a widget that misses another one is no fault."""
        going = self._exit or not self._running
        if not (going and isinstance(error, NoMatches | MountError | ScreenStackError)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """A fault of the program: told without the values of variables, which may be secret."""
        self.bell()
        told = clean(traceback.format_exc())
        if self._there:
            told = self.walk.mask(told)
        self._exit_renderables.append(
            Content(f"This is a fault of flink-wizard. Please report it:\n{told}").markup
        )
        self._close_messages_no_wait()


def run(walk: Walk) -> int:
    """Show this walk in the terminal until the operator leaves; the exit status."""
    return _shown(WizardApp(walk, ascii=_ascii()))


def run_opening(
    opening: Callable[[], AbstractContextManager[Walk]], use: str, shown: Callable[[], object] = lambda: None
) -> int:
    """The same for a walk that is yet to be opened, and closed in the end: something is seen at once.

    `shown` is called when the terminal is as before and the walk is not closed yet. Raises whatever `opening` raises.
    """
    with ExitStack() as stack:
        app = WizardApp(ascii=_ascii(), opening=lambda: stack.enter_context(opening()), use=use)
        status = _shown(app)
        shown()
        for thread in threading.enumerate():
            if thread.name == "opening":
                thread.join()  # a walk that is half open is opened and closed
        if app.fault is not None:
            raise app.fault
        return status


def _ascii() -> bool:
    return Terminal.of(sys.stdout).marks is ASCII


def _shown(app: WizardApp) -> int:
    app.signals = True
    sys.setswitchinterval(SWITCH)
    gc.disable()  # what is loaded until the walk is there stays, and looking for garbage in it only takes time
    try:
        status = app.run()
    finally:
        gc.enable()
    if app._there:
        from .widgets.leaving import farewell

        with suppress(OSError):
            for line in farewell(app.walk.view, app.walk.record):
                print(app.walk.mask(clean(line)), flush=True)
    return 1 if status is None else status
