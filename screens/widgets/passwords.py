"""Hosts that refused the login, and the dialogue that asks for a password.

Knows which hosts refused. A password is handed on at once and kept nowhere here.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wizard.questions import Option
from wizard.steps.typed import names
from wizard.view import View
from wizard.words import counted, name_of

from .extra import Extra
from .field import ChoiceField, Entered, Typed
from .inked import ink
from .inturn import Input

REFUSED = frozenset({"auth", "key-unreadable"})
"""Kinds of a failed login that a password, or the passphrase of a key, may mend."""

EVERY = "*"


class RefusedLogins(Extra):
    """Offers to type a password for the hosts that refused the login."""

    urgent = True
    hint = "The password is used for the login, stays in memory and is written nowhere."

    DEFAULT_CSS = """
    RefusedLogins > .extra-title { color: $error; }
    """

    class Wanted(Message):
        """The operator wants to type a password for these hosts."""

        def __init__(self, hosts: tuple[str, ...]) -> None:
            super().__init__()
            self.hosts = hosts

    _hosts: tuple[str, ...] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="extra-title", markup=False)
        yield Button("Type a password", id="type-password", compact=True)

    def show(self, view: View) -> None:
        hosts = refused(view)
        self.display = bool(hosts)
        if hosts != self._hosts:
            self._hosts = hosts
            words = f"✗ {counted(len(hosts), 'host')} refused the login: {names(hosts, 4)}"
            self.query_one(".extra-title", Static).update(ink(words))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Wanted(self._hosts or ()))


class PasswordDialog(ModalScreen[tuple[str, str] | None]):
    """Ends with the password and the host that it is for, "" for all of them; None when it was left."""

    DEFAULT_CSS = """
    PasswordDialog { align: center middle; background: $background 70%; }
    PasswordDialog > Vertical {
        width: 64; max-width: 92%; height: auto; background: $panel; border: round $primary; padding: 1 2;
    }
    PasswordDialog .title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    PasswordDialog .label { width: 12; color: $text-muted; }
    PasswordDialog Horizontal { height: auto; }
    PasswordDialog Input, PasswordDialog ChoiceField { width: 1fr; background: $surface; }
    PasswordDialog .note { color: $text-muted; margin: 1 0; height: auto; }
    PasswordDialog .buttons { align-horizontal: right; }
    PasswordDialog Button { margin: 0 0 0 2; }
    """

    BINDINGS = [Binding("escape", "leave", "Close")]

    def __init__(self, hosts: Sequence[str], title: str = "Password for the login") -> None:
        super().__init__()
        self._title = title
        every = Option(EVERY, "every host", "for all that have no password of their own")
        single = tuple(Option(host, name_of(host)) for host in hosts)
        self._options = (*single, every) if len(single) == 1 else (every, *single)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._title), classes="title")
            with Horizontal():
                yield Static("for", classes="label", markup=False)
                yield ChoiceField(self._options)
            with Horizontal():
                yield Static("password", classes="label", markup=False)
                yield Input(password=True, compact=True, id="password")
            yield Static("It stays in memory and is written nowhere.", classes="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Use it", id="use", compact=True, variant="primary")

    def on_mount(self) -> None:
        field = self.query_one("#password", Input)
        field.cursor_blink = False
        self.query_one(ChoiceField).put(self._options[0].value)
        field.focus()

    def on_typed(self, event: Typed) -> None:
        event.stop()
        if not self.query_one(ChoiceField).text:
            self.query_one(ChoiceField).put(self._options[0].value)

    def on_entered(self, event: Entered) -> None:
        event.stop()
        self.query_one("#password").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._use()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "use":
            self._use()
        else:
            self.dismiss(None)

    def _use(self) -> None:
        field = self.query_one("#password", Input)
        password, field.value = field.value, ""
        if password:
            host = self.query_one(ChoiceField).text
            self.dismiss((password, "" if host == EVERY else host))
        else:
            field.focus()

    def action_leave(self) -> None:
        self.dismiss(None)


def refused(view: View) -> tuple[str, ...]:
    """The hosts for which a password may help, in the order of the cluster."""
    hosts = view.spec.names if view.spec else ()
    found = [(host, view.facts_of(host)) for host in hosts]
    return tuple(host for host, seen in found if seen and seen.failure and seen.failure.kind in REFUSED)
