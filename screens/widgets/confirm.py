"""A question over the screen, with two buttons; the safe one has the focus.

Knows words. It must not know what is confirmed.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wizard.text import clean

from .pane import taken_away


class Confirm(ModalScreen[bool]):
    """Asks; True when `yes` was chosen, False for `no` and Escape."""

    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 70%; }
    Confirm > Vertical {
        width: 64; max-width: 92%; height: auto; max-height: 90%;
        background: $panel; border: round $primary; padding: 1 2;
    }
    Confirm #title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    Confirm Horizontal { height: auto; align-horizontal: right; margin: 1 0 0 0; }
    Confirm Button { margin: 0 0 0 2; }
    """

    BINDINGS = [Binding("escape", "refuse", "Close")]

    def __init__(self, title: str, words: str, yes: str, no: str) -> None:
        super().__init__()
        self._words = (title, words, yes, no)

    def compose(self) -> ComposeResult:
        title, words, yes, no = self._words
        with Vertical():
            yield Static(Content(clean(title)), id="title")
            yield Static(Content(clean(words)), id="words")
            with Horizontal():
                yield Button(Content(no), id="no", compact=True, variant="primary")
                yield Button(Content(yes), id="yes", compact=True, variant="error")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_refuse(self) -> None:
        self.dismiss(False)
