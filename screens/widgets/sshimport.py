"""The hosts that ~/.ssh/config names, to tick those that belong to the cluster.

Knows names. It must not read the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wizard.questions import Option
from wizard.view import View
from wizard.words import counted, name_of

from .extra import Extra
from .pane import taken_away
from .ticklist import TickList


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was ticked: workers, or one host as the master."""

    names: tuple[str, ...]
    master: bool = False


class SshImport(Extra):
    """Offers the hosts of ~/.ssh/config; in practice there are none."""

    hint = "Tick the hosts that belong to this cluster."

    class Wanted(Message):
        """The operator wants to see them."""

    def compose(self) -> ComposeResult:
        yield Button("Take hosts from ~/.ssh/config", id="import", compact=True)

    def show(self, view: View) -> None:
        self.display = view.use != "practice"

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Wanted())


class ImportDialog(ModalScreen[Ticked | None]):
    """Ends with what was ticked, None when it was left."""

    DEFAULT_CSS = """
    ImportDialog { align: center middle; background: $background 70%; }
    ImportDialog > Vertical {
        width: 60; max-width: 92%; height: auto; max-height: 90%;
        background: $panel; border: round $primary; padding: 0 2;
    }
    ImportDialog .title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    ImportDialog TickList { height: auto; max-height: 12; border: none; background: $surface; padding: 0; }
    ImportDialog .note { color: $text-muted; height: auto; margin: 1 0; }
    ImportDialog Horizontal { height: auto; align-horizontal: right; }
    ImportDialog Button { margin: 0 0 0 2; }
    """

    BINDINGS = [Binding("escape", "leave", "Close")]

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("Hosts of ~/.ssh/config", classes="title", markup=False)
            yield TickList([Option(name, name_of(name)) for name in self._names])
            yield Static("Space ticks a host.", classes="note", markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Use as master", id="as-master", compact=True)
                yield Button("Add as workers", id="as-workers", compact=True, variant="primary")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        if not self._names:
            self.query_one(".note", Static).update("It names no host one by one, or it is not there.")
            self.query_one(TickList).display = False
        self._count()
        (self.query_one(TickList) if self._names else self.query_one("#cancel")).focus()

    @on(TickList.Ticked)
    def _count(self) -> None:
        many = len(self.query_one(TickList).ticked)
        self.query_one("#as-master", Button).disabled = many != 1
        self.query_one("#as-workers", Button).disabled = not many
        if many:
            self.query_one(".note", Static).update(Content(f"{counted(many, 'host')} ticked."))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        names = self.query_one(TickList).ticked
        if event.button.id == "cancel":
            self.dismiss(None)
        else:
            self.dismiss(Ticked(names, event.button.id == "as-master"))

    def action_leave(self) -> None:
        self.dismiss(None)
