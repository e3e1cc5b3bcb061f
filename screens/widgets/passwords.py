"""What hosts wait for that only the operator knows: a password, the passphrase of a key, sudo's password.

Knows which hosts wait. A secret is handed on at once and kept nowhere here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from wizard.questions import Option
from wizard.steps.typed import names
from wizard.view import View
from wizard.walk import Walk
from wizard.wanted import Wanted, hosts_refusing, hosts_wanting
from wizard.words import counted, name_of

from .extra import Extra
from .field import ChoiceField, Entered, Typed
from .inked import ink
from .pane import taken_away
from .renewing import renew

EVERY = "*"

TITLES: Mapping[Wanted, str] = MappingProxyType(
    {
        "password": "Password for the login",
        "passphrase": "Passphrase of your private key",
        "sudo": "Password for sudo",
    }
)
"""What the dialogue is called."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was typed; `host` is "" for every host."""

    wanted: Wanted
    secret: str = field(repr=False)
    host: str = ""


class SecretWanted(Message):
    """The operator wants to type what these hosts wait for."""

    def __init__(self, wanted: Wanted, hosts: tuple[str, ...]) -> None:
        super().__init__()
        self.wanted: Wanted = wanted
        self.hosts = hosts


class RefusedLogins(Extra):
    """Offers to type a password or a passphrase for the hosts that refused the login."""

    urgent = True

    DEFAULT_CSS = """
    RefusedLogins > .extra-title { color: $error; }
    RefusedLogins > Horizontal { height: auto; }
    RefusedLogins Button { width: auto; margin: 0 2 0 0; }
    """

    _hosts: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="extra-title", markup=False)
        with Horizontal():
            yield Button("Type the key's passphrase", id="type-passphrase", compact=True)
            yield Button("Type a password", id="type-password", compact=True)

    def show(self, view: View) -> None:
        refusing, locked = hosts_wanting(view, "password"), hosts_wanting(view, "passphrase")
        self.display = bool(refusing or locked)
        if (refusing, locked) == self._hosts:
            return
        self._hosts = refusing, locked
        waiting = hosts_refusing(view)
        what = "password is used for the login" if refusing else "passphrase opens the key"
        self.hint = f"The {what}, stays in memory and is written nowhere."
        many = counted(len(waiting), "host")
        said = f"{many} refused the login" if refusing else f"The key is locked, so {many} cannot be reached"
        words = f"✗ {said}: {names(waiting, 4)}"
        renew(self.query_one(".extra-title", Static), ink(words))
        self.query_one("#type-passphrase").display = bool(locked)
        self.query_one("#type-password").display = bool(refusing)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        refusing, locked = self._hosts or ((), ())
        if event.button.id == "type-passphrase":
            self.post_message(SecretWanted("passphrase", locked))
        else:
            self.post_message(SecretWanted("password", refusing))


class SudoWanted(Extra):
    """Offers to type sudo's password for the hosts on which the plan installs something and none is known."""

    urgent = True
    hint = "The plan uses sudo there. The password stays in memory and is written nowhere."

    DEFAULT_CSS = """
    SudoWanted > .extra-title { color: $warning; }
    """

    _hosts: tuple[str, ...] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="extra-title", markup=False)
        yield Button("Type sudo's password", id="type-sudo", compact=True)

    def show(self, view: View) -> None:
        hosts = hosts_wanting(view, "sudo")
        self.display = bool(hosts)
        if hosts != self._hosts:
            self._hosts = hosts
            words = f"! sudo wants a password on {counted(len(hosts), 'host')}: {names(hosts, 4)}"
            renew(self.query_one(".extra-title", Static), ink(words))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(SecretWanted("sudo", self._hosts or ()))


class PasswordDialog(ModalScreen[Told | None]):
    """Ends with what was typed; None when it was left."""

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

    def __init__(self, wanted: Wanted, hosts: Sequence[str]) -> None:
        super().__init__()
        self._wanted: Wanted = wanted
        every = Option(EVERY, "every host", "for all that have no password of their own")
        single = tuple(Option(host, name_of(host)) for host in hosts)
        self._options = (*single, every) if len(single) == 1 else (every, *single)
        if wanted == "passphrase":
            self._options = (every,)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(TITLES[self._wanted]), classes="title")
            with Horizontal(id="for"):
                yield Static("for", classes="label", markup=False)
                yield ChoiceField(self._options)
            with Horizontal():
                label = "passphrase" if self._wanted == "passphrase" else "password"
                yield Static(label, classes="label", markup=False)
                yield Input(password=True, compact=True, id="password")
            yield Static("It stays in memory and is written nowhere.", classes="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Use it", id="use", compact=True, variant="primary")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        field = self.query_one("#password", Input)
        field.cursor_blink = False
        self.query_one("#for").display = len(self._options) > 1
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
            self.dismiss(Told(self._wanted, password, "" if host == EVERY else host))
        else:
            field.focus()

    def action_leave(self) -> None:
        self.dismiss(None)


def hand_on(walk: Walk, told: Told | None) -> None:
    """Give the walk what was typed, if anything was."""
    if told is None:
        return
    if told.wanted == "passphrase":
        walk.passphrase(told.secret)
    else:
        walk.password(told.secret, told.host, sudo=told.wanted == "sudo")
