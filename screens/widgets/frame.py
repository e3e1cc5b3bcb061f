"""The one screen of a walk: header, rail, the step in the middle, the teach pane, the log, and the line of keys.

Knows where each of them stands at which size, and which has the keys. It must not know which pane shows which step,
nor what happens in a run.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from wizard.steps import Step
from wizard.view import View

from ..logbook import LogBook
from .footer import KeyLine
from .header import WalkHeader
from .log import LogPane, Mode
from .moves import Moves
from .pane import Pane, give_keys
from .rail import Rail
from .teach import TeachPane

WIDE = 110
"""Columns from which the teach pane stands beside the middle."""

ROOMY = 32
"""Lines from which there is air between things, and the log is open."""

LEAST = (60, 15)
"""Columns and lines below which nothing can be shown."""


class Frame(Screen[None]):
    """Shows views and one pane at a time. Its keys count only while no question lies over it."""

    AUTO_FOCUS = None

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As in Textual; but a focus that moves draws the two widgets anew and not the whole screen."""

    BINDINGS = [
        Binding("f1", "teach", "Help", priority=True),
        Binding("f2", "log", "Log", priority=True),
        Binding("f3", "log_large", "Larger log", show=False, priority=True),
        Binding("f5", "again", "Read again", priority=True),
        Binding("f7", "back", "Back", priority=True),
        Binding("f8", "next", "Next", priority=True),
        Binding("escape", "leave", "Back", show=False),
    ]

    def __init__(self, steps: tuple[Step, ...], book: LogBook) -> None:
        super().__init__()
        self.header = WalkHeader(id="header")
        self.rail = Rail(steps, id="rail")
        self.place = Container(id="place")
        self.moves = Moves(id="moves")
        self.middle = Vertical(id="middle")
        self.teach = TeachPane(id="teach")
        self.log_pane = LogPane(book, id="log")
        self.pane: Pane | None = None
        self._steps = steps
        self._at = 0
        self._view: View | None = None
        self._teach_wanted: bool | None = None
        self._teaching = False
        self._log_wanted: bool | None = None
        self._left: Widget | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="body"):
            yield self.rail
            with self.middle:
                yield self.place
                yield self.moves
            yield self.teach
        yield self.log_pane
        yield Static("", id="small", markup=False)
        yield KeyLine(id="keys")

    # The step in the middle

    async def hold(self, pane: Pane, at: int, view: View) -> None:
        """Put this pane, of the step at this place, into the middle."""
        self.pane, self._at, self._left = None, at, None
        await self.place.remove_children()
        await self.place.mount(pane)
        self.pane = pane
        last = at + 1 == len(self._steps)
        self.moves.show(at > 0, "Finish" if last else f"Next: {self._steps[at + 1].title}")
        self.show(view)
        self.call_after_refresh(self._focus_first, pane)

    def show(self, view: View) -> None:
        """Draw this view everywhere."""
        self._view = view
        self.header.view, self.header.at, self.header.of = view, self._at + 1, len(self._steps)
        self.rail.show(view, self._at)
        self.log_pane.cluster = view.answers.text_at("cluster") or ""
        if self.pane is not None:
            self.pane.show(view)
        self._show_teach()

    def _show_teach(self) -> None:
        if self.teaching and self.pane is not None and self._view is not None:
            self.teach.show(self.pane.step, self.pane.by_hand(self._view))

    # Sizes

    @property
    def teaching(self) -> bool:
        return self._teaching

    @property
    def narrow(self) -> bool:
        return self.has_class("-narrow")

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size.width, event.size.height)

    def fit(self, width: int = 0, height: int = 0) -> None:
        """Put everything where there is room for it, as far as the operator has not said otherwise."""
        width, height = width or self.app.size.width, height or self.app.size.height
        wide, roomy = width >= WIDE, height >= ROOMY
        small = width < LEAST[0] or height < LEAST[1]
        self.set_class(small, "-small")
        self.set_class(not wide, "-narrow")
        self.set_class(roomy, "-roomy")
        self._open_teach(wide if self._teach_wanted is None else self._teach_wanted, alone=not wide)
        if self.log_pane.mode != "large":
            self.log_pane.resize(self._log_mode(roomy))
        self.set_class(self.log_pane.mode == "large", "-log-large")
        if small:
            words = f"This terminal has {width}×{height}. The wizard needs {LEAST[0]}×{LEAST[1]} at least."
            self.query_one("#small", Static).update(Content(words))
        self._show_teach()

    def _open_teach(self, teaching: bool, alone: bool) -> None:
        """The classes are those of the two panes: one of the screen's has every widget of it styled anew."""
        self._teaching = teaching
        self.teach.set_class(teaching, "-open")
        self.teach.set_class(teaching and alone, "-alone")
        self.middle.set_class(teaching and alone, "-covered")

    def _log_mode(self, roomy: bool) -> Mode:
        return "open" if (roomy if self._log_wanted is None else self._log_wanted) else "line"

    # Where the keys go

    def focus_pane(self) -> None:
        """Back to the field of the step that had the keys before, or to its first; one that has them keeps them."""
        if self.focused is not None and self.pane is not None and self.pane in self.focused.ancestors:
            return
        if self._left is not None and self._left.is_attached and self._left.focusable:
            give_keys(self._left)
        elif self.pane is not None:
            self.set_focus(None)
            self._focus_first(self.pane)

    def _focus_first(self, pane: Pane) -> None:
        """The first field of the step, unless the pane has chosen another; where there is none, Next. Who reads the log
        or the teach pane goes on reading."""
        reading = (pane, self.log_pane, self.teach)
        if pane is not self.pane or (
            self.focused is not None and any(one in reading for one in self.focused.ancestors_with_self)
        ):
            return
        first = next((one for one in self.focus_chain if pane in one.ancestors), None)
        give_keys(first or self.moves.query_one("#next"))

    def _lend(self, widget: Widget) -> None:
        """Let a widget beside the step have the keys; the step gets them back later."""
        focused = self.focused
        if focused is not None and self.pane is not None and self.pane in focused.ancestors:
            self._left = focused
        give_keys(widget)

    async def action_leave(self) -> None:
        """Out of what lies over the step or beside it, else a step back."""
        if self.log_pane.mode == "large":
            self.action_log_large()
        elif self.teaching and self.narrow:
            self.action_teach()
        elif self.focused is self.rail:
            self.focus_pane()
        else:
            await self.run_action("back")

    # Teach pane

    def action_teach(self) -> None:
        self._teach_wanted = not self.teaching
        if self.log_pane.mode == "large":
            self.log_pane.resize("line")
            self._teach_wanted = True
        self.fit()
        if self._teach_wanted and self.narrow:
            self._lend(self.teach)
        elif not self._teach_wanted:
            self.focus_pane()

    def on_teach_pane_left(self) -> None:
        if self.narrow:
            self.action_teach()
        else:
            self.focus_pane()

    # Log

    def action_log(self) -> None:
        self._log_wanted = self.log_pane.mode == "line"
        self._resize_log("open" if self._log_wanted else "line")

    def action_log_large(self) -> None:
        large = self.log_pane.mode == "large"
        self._resize_log(self._log_mode(self.has_class("-roomy")) if large else "large")

    def _resize_log(self, mode: Mode) -> None:
        """Give the log this size; it has the keys while it was asked for."""
        if mode != "line":
            self._lend(self.log_pane.lines)
        self.log_pane.resize(mode)
        self.fit()
        if mode == "line":
            self.focus_pane()
        else:
            give_keys(self.log_pane.lines)

    def on_log_pane_left(self) -> None:
        if self.log_pane.mode == "large":
            self.action_log_large()
        self.focus_pane()

    def on_log_pane_opened(self) -> None:
        self.action_log()
