"""The findings pane."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from wizard.view import View

from .widgets.pane import Pane


class FindingsPane(Pane):
    def compose(self) -> ComposeResult:
        yield Static(self.step.title)
        yield Static(self.step.purpose)
        yield Static("", id="said")

    def show(self, view: View) -> None:
        self.query_one("#said", Static).update(f"{view.serial} {len(view.findings)} findings", layout=True)
