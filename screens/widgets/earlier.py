"""The answers that earlier walks left: Enter takes one of them up again.

Knows where answers are kept. It must not read them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.view import Earlier, View
from wizard.words import counted

from .extra import Extra
from .inked import ink


class EarlierAnswers(Extra):
    """Says `Opened` with the path of the answers that the operator chose."""

    hint = "Enter takes these answers up again; every one can be changed."

    class Opened(Message):
        """The operator takes up these answers."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    _shown: tuple[Earlier, ...] | None = None

    def compose(self) -> ComposeResult:
        yield Static(
            "Or go on with earlier answers: choose them with Enter", classes="extra-title", markup=False
        )
        yield OptionList(markup=False, compact=True)

    def show(self, view: View) -> None:
        self.display = bool(view.earlier)
        if view.earlier == self._shown:
            return
        self._shown = view.earlier
        now: Callable[[], float] = getattr(self.app, "clock", time.time)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_line(one, now())) for one in view.earlier])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Opened((self._shown or ())[event.option_index].path))


def _line(one: Earlier, now: float) -> Content:
    return Content.assemble(
        ink(one.cluster, "bold"),
        ink(f"   master {one.master}   {ago(now - one.when)}", "$text-muted"),
    )


def ago(seconds: float) -> str:
    """As in "just now", "5 minutes ago" and "3 days ago"."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{counted(int(seconds // length), unit)} ago"
    return "just now"
