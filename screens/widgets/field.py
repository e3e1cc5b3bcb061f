"""Fields for one answer: a line, several lines, one of a few choices, yes or no, some of many.

All of them hold text as an operator would type it, "" for an answer that was left open. They know how to show a text
and to take another; they must not know questions, nor whether a text can be taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input, TextArea

from wizard.questions import Option
from wizard.text import one_line

from .inked import ink
from .optionlist import OptionsDialog
from .ticklist import TickList


class Typed(Message):
    """The text of a field was changed by the operator. `settled`: it is a choice, not a piece of typing."""

    def __init__(self, settled: bool = False) -> None:
        super().__init__()
        self.settled = settled


class Entered(Message):
    """The operator is done with this field and wants the next one."""


class LineField(Input):
    """One line. With options, a list of them opens."""

    DEFAULT_CSS = """
    LineField { background: $panel; color: $accent; }
    LineField.-given { text-style: bold; }
    LineField:focus { background: $panel; background-tint: $foreground 10%; }
    LineField > .input--placeholder { color: $text-muted; text-style: none; }
    """

    BINDINGS = [Binding("f4", "offer", "Choose")]

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)
    """As in Textual; but a letter does not lay out the screen anew: the field stays as wide as it is."""

    def __init__(self, options: Sequence[Option] = ()) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._options = tuple(options)

    @property
    def text(self) -> str:
        return self.value

    def watch_value(self, value: str) -> None:
        self.set_class(bool(value), "-given")

    def put(self, text: str) -> None:
        """Show this text; nobody is told."""
        if self.value != text:
            with self.prevent(Input.Changed):
                self.value = text

    def offer(self, options: Sequence[Option], placeholder: str) -> None:
        """What may be chosen, and what stands there while the field is empty."""
        self._options = tuple(options)
        self.placeholder = one_line(placeholder, 120)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(Typed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(Entered())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "offer" or bool(self._options)

    def action_offer(self) -> None:
        self.app.push_screen(OptionsDialog(self._options, self.value), self._chosen)

    def _chosen(self, value: str | None) -> None:
        if value is not None:
            self.put(value)
            self.cursor_position = len(value)
            self.post_message(Typed(settled=True))


class LinesField(TextArea):
    """Several lines, such as a list of hosts that is pasted."""

    DEFAULT_CSS = """
    LinesField { background: $panel; color: $accent; height: auto; min-height: 2; max-height: 6; padding: 0; }
    LinesField:focus { background: $panel; background-tint: $foreground 10%; }
    LinesField .text-area--placeholder { color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    def put(self, text: str) -> None:
        """Show this text; nobody is told."""
        if self.text != text:
            with self.prevent(TextArea.Changed):
                self.load_text(text)

    def offer(self, options: Sequence[Option], placeholder: str) -> None:
        """What stands there while the field is empty; there is nothing to choose from."""
        del options
        self.placeholder = one_line(placeholder, 200)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(Typed())


class ChoiceField(Widget, can_focus=True):
    """One of a few: left and right go through them, Space or Enter shows them all."""

    DEFAULT_CSS = """
    ChoiceField { height: 1; background: $panel; color: $accent; text-style: bold; }
    ChoiceField.-open { color: $text-muted; text-style: none; }
    ChoiceField:focus { background-tint: $foreground 10%; }
    """

    BINDINGS = [
        Binding("f4,space", "offer", "Choose", key_display="Space"),
        Binding("enter", "offer", "Choose", show=False),
        Binding("left", "turn(-1)", "Other", show=False),
        Binding("right", "turn(1)", "Other", show=False),
        Binding("delete,backspace", "clear", "As suggested", show=False),
    ]

    def __init__(self, options: Sequence[Option] = ()) -> None:
        super().__init__()
        self.text = ""
        self._options = tuple(options)
        self._suggested = ""

    def put(self, text: str) -> None:
        """Show this choice; nobody is told."""
        self.text = text
        self.set_class(not text, "-open")
        self.refresh()

    def offer(self, options: Sequence[Option], placeholder: str) -> None:
        """What may be chosen, and what holds while nothing is."""
        if (tuple(options), placeholder) != (self._options, self._suggested):
            self._options, self._suggested = tuple(options), placeholder
            self.refresh()

    @property
    def detail(self) -> str:
        """What is to be said of the choice that holds now."""
        return next((one.detail for one in self._options if one.value == (self.text or self._suggested)), "")

    def render(self) -> Content:
        holds = self.text or self._suggested
        title = next((one.title for one in self._options if one.value == holds), holds)
        room = max(self.size.width - 4, 1)
        return Content.assemble("‹ ", ink(one_line(title, room)), " ›")

    def action_turn(self, by: int) -> None:
        free = [one.value for one in self._options if not one.disabled]
        holds = self.text or self._suggested
        if not free:
            return
        place = free.index(holds) + by if holds in free else 0
        if 0 <= place < len(free):
            self._decide(free[place])

    def action_clear(self) -> None:
        self._decide("")

    def action_offer(self) -> None:
        self.app.push_screen(OptionsDialog(self._options, self.text or self._suggested), self._chosen)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_offer()

    def _chosen(self, value: str | None) -> None:
        if value is not None:
            self._decide(value)
            self.post_message(Entered())

    def _decide(self, text: str) -> None:
        self.put(text)
        self.post_message(Typed(settled=True))


class FlagField(Widget, can_focus=True):
    """Yes or no, as a box to tick."""

    DEFAULT_CSS = """
    FlagField { height: 1; background: $panel; color: $accent; text-style: bold; }
    FlagField.-open { color: $text-muted; text-style: none; }
    FlagField:focus { background-tint: $foreground 10%; }
    """

    BINDINGS = [
        Binding("space", "flip", "Tick"),
        Binding("enter", "leave", "Go on", show=False),
        Binding("delete,backspace", "clear", "As suggested", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._suggested = "false"

    def put(self, text: str) -> None:
        """Show this answer; nobody is told."""
        self.text = text
        self.set_class(not text, "-open")
        self.refresh()

    def offer(self, options: Sequence[Option], placeholder: str) -> None:
        """What holds while nothing was answered."""
        del options
        self._suggested = placeholder or "false"
        self.refresh()

    def render(self) -> Content:
        return Content("[x] yes" if (self.text or self._suggested) == "true" else "[ ] no")

    def action_flip(self) -> None:
        self._decide("false" if (self.text or self._suggested) == "true" else "true")

    def action_clear(self) -> None:
        self._decide("")

    def action_leave(self) -> None:
        self.post_message(Entered())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_flip()

    def _decide(self, text: str) -> None:
        self.put(text)
        self.post_message(Typed(settled=True))


class ManyField(TickList):
    """Some of a few, each with a box to tick."""

    DEFAULT_CSS = """
    ManyField { height: auto; max-height: 8; background: $panel; color: $accent; border: none; padding: 0; }
    ManyField > .option-list--option-highlighted { color: $accent; }
    ManyField.-open, ManyField.-open > .option-list--option-highlighted { color: $text-muted; }
    ManyField:focus { border: none; background-tint: $foreground 10%; }
    """

    BINDINGS = [
        Binding("space", "select", "Tick"),
        Binding("enter", "leave", "Go on", show=False),
        Binding("delete,backspace", "clear", "As suggested", show=False),
    ]

    def __init__(self, options: Sequence[Option] = ()) -> None:
        super().__init__(options)
        self.text = ""
        self._suggested: frozenset[str] = frozenset()

    def put(self, text: str) -> None:
        """Show these as ticked; nobody is told."""
        self.text = text
        self.set_class(not text, "-open")
        self.tick(_items(text) or self._suggested)

    def offer(self, options: Sequence[Option], placeholder: str) -> None:
        """What may be ticked, and what is while nothing was answered."""
        self._suggested = _items(placeholder)
        self.list(options)
        if not self.text:
            self.tick(self._suggested)

    def on_tick_list_ticked(self, event: TickList.Ticked) -> None:
        event.stop()
        self._decide(", ".join(self.ticked))

    def action_clear(self) -> None:
        self._decide("")

    def action_leave(self) -> None:
        self.post_message(Entered())

    def _decide(self, text: str) -> None:
        self.put(text)
        self.post_message(Typed(settled=True))


Field = LineField | LinesField | ChoiceField | FlagField | ManyField


def _items(text: str) -> frozenset[str]:
    return frozenset(item.strip() for item in text.replace("\n", ",").split(",") if item.strip())
