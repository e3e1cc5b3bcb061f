"""A list over the screen to pick one thing from; typing narrows it.

Knows values and titles. It must not know what is picked.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from .pane import taken_away


class Pick(ModalScreen[str]):
    """Ends with the value that was picked, "" when none was."""

    DEFAULT_CSS = """
    Pick { align: center middle; background: $background 70%; }
    Pick > Vertical {
        width: 48; max-width: 92%; height: auto; max-height: 80%;
        background: $panel; border: round $primary; padding: 1 2;
    }
    Pick #title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    Pick OptionList { height: auto; max-height: 14; border: none; background: $panel; padding: 0; }
    """

    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("up", "move('cursor_up')", show=False),
        Binding("down", "move('cursor_down')", show=False),
    ]

    def __init__(self, title: str, options: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._options = options
        self._values: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._title), id="title")
            yield Input(placeholder="type to narrow the list", compact=True)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one(Input).cursor_blink = False
        self.query_one(OptionList).can_focus = False
        self._narrow("")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._narrow(event.value)

    def _narrow(self, typed: str) -> None:
        kept = [(value, title) for value, title in self._options if typed.lower() in title.lower()]
        self._values = [value for value, _ in kept]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(Content(title)) for _, title in kept])
        options.highlighted = 0 if kept else None

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._picked(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._picked(event.option_index)

    def _picked(self, place: int | None) -> None:
        if place is not None and place < len(self._values):
            self.dismiss(self._values[place])

    def action_leave(self) -> None:
        self.dismiss("")
