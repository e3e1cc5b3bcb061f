"""One host by itself: as which user and on which port it is reached, and its password.

Knows one entry. It must not know the list that it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from validators.values import ValueProblem, parse_port, parse_user
from wizard.answers.answers import HostEntry
from wizard.text import one_line
from wizard.words import name_of

from .inked import marked
from .pane import taken_away


@dataclass(frozen=True, slots=True)
class HostWish:
    """What was typed for a host; None and "" for what was left open."""

    user: str | None
    port: int | None
    password: str = ""


class HostForm(ModalScreen[HostWish | None]):
    """Ends with what was typed, None when it was left."""

    DEFAULT_CSS = """
    HostForm { align: center middle; background: $background 70%; }
    HostForm > Vertical {
        width: 60; max-width: 92%; height: auto; background: $panel; border: round $primary; padding: 1 2;
    }
    HostForm .title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    HostForm .label { width: 12; color: $text-muted; }
    HostForm Horizontal { height: auto; }
    HostForm Input { width: 1fr; background: $surface; }
    HostForm #said { height: auto; min-height: 1; margin: 1 0; }
    HostForm .buttons { align-horizontal: right; }
    HostForm Button { margin: 0 0 0 2; }
    """

    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, host: str, entry: HostEntry, user: str, port: int) -> None:
        super().__init__()
        self._host = host
        self._entry = entry
        self._usual = (user, str(port))

    def compose(self) -> ComposeResult:
        entry = self._entry
        with Vertical():
            yield Static(Content(name_of(self._host)), classes="title")
            with Horizontal():
                yield Static("user", classes="label", markup=False)
                yield Input(
                    entry.user or "", compact=True, id="user", placeholder=one_line(self._usual[0], 40)
                )
            with Horizontal():
                yield Static("port", classes="label", markup=False)
                yield Input(str(entry.port or ""), compact=True, id="port", placeholder=self._usual[1])
            with Horizontal():
                yield Static("password", classes="label", markup=False)
                yield Input(password=True, compact=True, id="password", placeholder="only if it has its own")
            yield Static("", id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Keep", id="keep", compact=True, variant="primary")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        for line in self.query(Input):
            line.cursor_blink = False
        self.query_one("#user").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "password":
            self._keep()
        else:
            self.focus_next()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._read()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "keep":
            self._keep()
        else:
            self.dismiss(None)

    def _read(self) -> HostWish | None:
        """What stands there, None when it cannot be taken; what is wrong is said."""
        user, port = (self.query_one(f"#{name}", Input).value.strip() for name in ("user", "port"))
        try:
            wish = HostWish(
                parse_user(user) if user else None,
                parse_port(port) if port else None,
                self.query_one("#password", Input).value,
            )
        except ValueProblem as problem:
            self.query_one("#said", Static).update(marked("bad", f"{problem.sentence}."))
            return None
        self.query_one("#said", Static).update("")
        return wish

    def _keep(self) -> None:
        wish = self._read()
        if wish is not None:
            self.query_one("#password", Input).value = ""
            self.dismiss(wish)

    def action_leave(self) -> None:
        self.dismiss(None)
