"""New host keys: their fingerprints, to be compared with what the hosts themselves say, and confirmed.

Knows fingerprints. It must not know what follows when one is trusted.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from wizard.text import one_line
from wizard.view import ShownKey, View
from wizard.words import counted, name_of

from .extra import Extra
from .inked import ink


class NewHostKeys(Extra):
    """Enter trusts one key, the button trusts all; `Trusted` says which."""

    urgent = True
    hint = (
        "On the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. Enter trusts the key."
    )

    DEFAULT_CSS = """
    NewHostKeys > .extra-title { color: $warning; }
    """

    class Trusted(Message):
        """The operator compared these keys."""

        def __init__(self, keys: tuple[ShownKey, ...]) -> None:
            super().__init__()
            self.keys = keys

    _shown: tuple[ShownKey, ...] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="extra-title", markup=False)
        yield OptionList(markup=False, compact=True)
        yield Button("", id="trust-all", compact=True)

    def show(self, view: View) -> None:
        self.display = bool(view.new_keys)
        if view.new_keys == self._shown:
            return
        self._shown = view.new_keys
        many = len(view.new_keys)
        title = f"! {counted(many, 'new host key')}: compare the fingerprint with what the host itself says"
        self.query_one(".extra-title", Static).update(Content(title))
        self.query_one(Button).label = Content("Trust this key" if many == 1 else f"Trust all {many} keys")
        options = self.query_one(OptionList)
        at = options.highlighted
        options.clear_options()
        options.add_options([Option(_lines(key)) for key in view.new_keys])
        options.highlighted = min(at or 0, many - 1) if many else None

    @on(OptionList.OptionSelected)
    def _one(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Trusted((self._shown or ())[event.option_index : event.option_index + 1]))

    @on(Button.Pressed)
    def _all(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Trusted(self._shown or ()))


def _lines(key: ShownKey) -> Content:
    where = f"  {one_line(key.address, 60)}" if key.address != key.host else ""
    port = f" port {key.port}" if key.port != 22 else ""
    return Content.assemble(
        ink(name_of(key.host), "bold"),
        ink(f"{where}{port}  {one_line(key.key_type, 30)}", "$text-muted"),
        "\n  ",
        ink(one_line(key.fingerprint, 80)),
    )
