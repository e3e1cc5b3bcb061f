"""In practice: what shall go wrong, chosen on the first step and at any time later.

Knows the troubles that a walk offers. It must not know how one is brought about, nor what mends it.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from wizard.view import View

from .extra import Extra
from .field import ChoiceField, Entered, Typed
from .inked import ink
from .pane import Pane
from .renewing import renew


class PracticeTrouble(Extra):
    """One of the troubles, shown with what it asks of the operator; nothing where hosts are real."""

    hint = "One host has this trouble, so that you can learn to mend it. Space shows all of them."

    DEFAULT_CSS = """
    PracticeTrouble > ChoiceField { width: 1fr; max-width: 60; }
    PracticeTrouble > .trouble-detail { height: auto; color: $text-muted; }
    """

    def compose(self) -> ComposeResult:
        yield Static(Content("What shall go wrong?"), classes="extra-title")
        yield ChoiceField()
        yield Static("", classes="trouble-detail", markup=False)

    def show(self, view: View) -> None:
        """See `Extra.show`."""
        walk = self._pane.walk
        options = walk.troubles
        self.display = bool(options)
        if not options:
            return
        field = self.query_one(ChoiceField)
        field.offer(options, options[0].value)
        field.disabled = view.applied == "running"
        field.put(walk.chosen_trouble)
        renew(self.query_one(".trouble-detail", Static), ink(field.detail))

    def on_typed(self, event: Typed) -> None:
        event.stop()
        walk = self._pane.walk
        walk.choose_trouble(self.query_one(ChoiceField).text or walk.troubles[0].value)
        self.show(walk.view)

    def on_entered(self, event: Entered) -> None:
        event.stop()
        self.screen.focus_next()

    @property
    def _pane(self) -> Pane:
        return next(one for one in self.ancestors if isinstance(one, Pane))
