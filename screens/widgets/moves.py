"""The foot of the middle: Back and Next as buttons, and above them why Next is refused.

Knows two buttons and a sentence. It must not know where they lead.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from wizard.text import one_line

from .renewing import renew


class Moves(Vertical):
    """Says Back or Next when a button was pressed."""

    DEFAULT_CSS = """
    Moves { height: auto; dock: bottom; padding: 0 1; background: $background; }
    Moves.-roomy { padding: 1 2 0 2; }
    Moves > Static { width: 1fr; height: auto; max-height: 3; color: $warning; }
    Moves > Horizontal { height: 1; align-horizontal: right; }
    Moves Button { width: auto; min-width: 10; margin: 0 0 0 1; }
    """

    class Back(Message):
        """Back was pressed."""

    class Next(Message):
        """Next was pressed."""

    def compose(self) -> ComposeResult:
        yield Static("", id="refusal", markup=False)
        with Horizontal():
            yield Button("Back", id="back", compact=True)
            yield Button("Next", id="next", compact=True, variant="primary")

    def show(self, back: bool, onward: str) -> None:
        """Offer Back or not, and Next under this name."""
        self.query_one("#back", Button).disabled = not back
        button = self.query_one("#next", Button)
        button.label = Content(onward)
        button.styles.width = len(onward) + 4
        self.say("")

    def say(self, sentence: str) -> None:
        """Show why it does not go on; "" takes it away."""
        refusal = self.query_one("#refusal", Static)
        renew(refusal, Content(one_line(f"! {sentence}", 400) if sentence else ""))
        refusal.display = bool(sentence)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Back() if event.button.id == "back" else self.Next())
