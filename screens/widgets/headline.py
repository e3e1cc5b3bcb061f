"""The head of a pane: its title, what it is for, and one line on how things stand.

Knows words. It must not know where they come from.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static


class Headline(Vertical):
    """`purpose` is left out where the pane is low; `say` sets the line below."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Headline { height: auto; }
    Headline > .headline-title { text-style: bold; color: $primary; }
    Headline > .headline-purpose { color: $text-muted; }
    Headline > .headline-state { margin: 1 0 0 0; }
    .-low Headline > .headline-purpose { display: none; }
    .-low Headline > .headline-state { margin: 0; }
    """

    def __init__(self, title: str, purpose: str) -> None:
        super().__init__()
        self._title, self._purpose = title, purpose

    def compose(self) -> ComposeResult:
        yield Static(Content(self._title), classes="headline-title")
        yield Static(Content(self._purpose), classes="headline-purpose")
        yield Static("", classes="headline-state", markup=False)

    def say(self, state: Content) -> None:
        """How things stand now."""
        self.query_one(".headline-state", Static).update(state)
