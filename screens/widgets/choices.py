"""Buttons in a row, or in rows where the row is short: arrows move between them, space and Enter press.

Knows labels. It must not know what follows from a choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import ItemGrid
from textual.content import Content
from textual.message import Message
from textual.widgets import Button
from textual.widgets.button import ButtonVariant


@dataclass(frozen=True, slots=True)
class Choice:
    """One button."""

    key: str
    label: str
    variant: ButtonVariant = "default"
    disabled: bool = False


class Choices(ItemGrid):
    """The first choice is the likely one. With the class `-row` the buttons stand in one row, each as wide as its label."""

    DEFAULT_CSS = """
    Choices { height: auto; grid-gutter: 0 2; grid-rows: 1; }
    Choices > Button { width: 1fr; min-width: 8; height: 1; padding: 0 !important; text-wrap: nowrap; }
    Choices.-row { layout: horizontal; }
    Choices.-row > Button { width: auto; margin: 0 2 0 0; padding: 0 1 !important; }
    """

    BINDINGS = [
        Binding("left,up", "move(-1)", "Previous", show=False),
        Binding("right,down", "move(1)", "Next", show=False),
        Binding("space", "press", "Press", show=False),
    ]

    class Chosen(Message):
        """A button was pressed."""

        def __init__(self, choices: Choices, key: str) -> None:
            super().__init__()
            self.choices = choices
            self.key = key

        @property
        def control(self) -> Choices:
            return self.choices

    def __init__(self, choices: Iterable[Choice], *, id: str | None = None, row: bool = False) -> None:
        self._choices = tuple(choices)
        widest = max((len(one.label) for one in self._choices), default=8)
        super().__init__(
            id=id, classes="-row" if row else None, min_column_width=widest + 3, stretch_height=False
        )

    def compose(self) -> ComposeResult:
        for one in self._choices:
            yield Button(
                Content(one.label),
                one.variant,
                id=f"choice-{one.key}",
                disabled=one.disabled,
                compact=True,
            )

    def button(self, key: str) -> Button:
        """The button of this choice."""
        return self.query_one(f"#choice-{key}", Button)

    def rename(self, key: str, label: str) -> None:
        """Give the button of this choice another label."""
        button = self.button(key)
        if str(button.label) != label:
            button.label = Content(label)
            button.refresh(layout=True)

    def focus_first(self) -> None:
        """Give the focus to the first button that can be pressed."""
        for button in self.query(Button):
            if not button.disabled and button.display:
                button.focus()
                return

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Chosen(self, (event.button.id or "").removeprefix("choice-")))

    def action_move(self, by: int) -> None:
        """To the next button; beyond the last, or before the first, to whatever else takes the focus."""
        if by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_press(self) -> None:
        focused = self.screen.focused
        if isinstance(focused, Button):
            focused.press()
