"""What is seen before the walk is there: which use, and that it is being opened.

Knows one word. It must not know anything that takes time to load.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

BADGES = {
    "install": "install",
    "repair": "repair",
    "dry-run": " DRY RUN: no host is changed ",
    "practice": " PRACTICE: nothing here is real ",
}
"""How each use is called at the top. Where nothing is changed it is said in so many words."""


def badge_of(use: str) -> tuple[str, str]:
    """The badge and its style."""
    return BADGES.get(use, use), "bold" if use in {"install", "repair"} else "bold reverse $warning"


class Curtain(Screen[None]):
    """Header, a sentence, and the one key that there is."""

    DEFAULT_CSS = """
    Curtain { layout: vertical; }
    Curtain #above, Curtain #below { height: 1; background: $panel; }
    Curtain #opening { height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def __init__(self, use: str) -> None:
        super().__init__()
        self._use = use

    def compose(self) -> ComposeResult:
        name = (" flink-wizard ", "bold reverse $primary")
        yield Static(Content.assemble(name, " ", badge_of(self._use)), id="above")
        yield Static(Content("Opening the wizard…"), id="opening")
        yield Static(Content.assemble(" ", ("^Q", "bold $footer-key-foreground"), " Quit"), id="below")
