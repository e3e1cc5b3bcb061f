"""Any other key of Flink's configuration: those that were decided, and a dialogue that adds or changes one.

Completes from the catalogue and says while it is typed what a key is to this Flink. Knows keys and values. It must not
decide anything itself; the value of a key that holds a secret is never shown.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.steps.config_keys import completions, judge, other_keys
from wizard.text import one_line
from wizard.view import View

from .extra import Extra
from .inked import ink, marked
from .pane import taken_away

Keep = Callable[[str, str], str]


class ConfigEditor(Extra):
    """The other keys. Enter changes one, Delete takes it out, the button adds one."""

    hint = "Any key of Flink's configuration. Enter changes it, Delete takes it out."

    BINDINGS = [Binding("delete", "remove", "Take out")]

    class Wanted(Message):
        """The operator wants to set this key, "" for one that is yet to be named."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Removed(Message):
        """The operator takes this key out."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    _shown: tuple[tuple[str, str], ...] | None = None

    def compose(self) -> ComposeResult:
        yield Static("Other keys of the configuration", classes="extra-title", markup=False)
        yield OptionList(markup=False, compact=True)
        yield Button("Add a key", id="add-key", compact=True)

    def show(self, view: View) -> None:
        given = view.answers.pairs_at("flink.config")
        keys = other_keys(view, self.step.asks(view))
        shown = tuple((key, "****" if judge(view, key).secret else given[key]) for key in keys)
        if shown == self._shown:
            return
        self._shown = shown
        options = self.query_one(OptionList)
        at = options.highlighted
        options.clear_options()
        options.add_options([Option(_line(key, value)) for key, value in shown])
        options.highlighted = min(at or 0, len(shown) - 1) if shown else None
        options.display = bool(shown)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "remove" or (bool(self._shown) and self.query_one(OptionList).has_focus)

    def action_remove(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None and self._shown:
            self.post_message(self.Removed(self._shown[at][0]))

    @on(OptionList.OptionSelected)
    def _change(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Wanted((self._shown or ())[event.option_index][0]))

    @on(Button.Pressed)
    def _add(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Wanted(""))


class ConfigDialog(ModalScreen[None]):
    """Names a key and its value; `keep` takes both and gives "" or what is wrong."""

    DEFAULT_CSS = """
    ConfigDialog { align: center middle; background: $background 70%; }
    ConfigDialog > Vertical {
        width: 84; max-width: 94%; height: auto; background: $panel; border: round $primary; padding: 0 2;
    }
    ConfigDialog .title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    ConfigDialog .label { width: 8; color: $text-muted; }
    ConfigDialog Horizontal { height: auto; }
    ConfigDialog Input { width: 1fr; background: $surface; }
    ConfigDialog OptionList { height: 6; border: none; background: $panel; padding: 0; margin: 0 0 0 8; }
    ConfigDialog #said { height: auto; min-height: 2; margin: 1 0 0 0; }
    ConfigDialog .buttons { align-horizontal: right; }
    ConfigDialog Button { margin: 0 0 0 2; }
    """

    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, view: View, key: str, keep: Keep) -> None:
        super().__init__()
        self._view = view
        self._key = key
        self._keep = keep
        self._names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        secret = bool(self._key) and judge(self._view, self._key).secret
        with Vertical():
            yield Static("A key of Flink's configuration", classes="title", markup=False)
            with Horizontal():
                yield Static("key", classes="label", markup=False)
                yield Input(self._key, compact=True, id="key", placeholder="type a part of its name")
            yield OptionList(markup=False, compact=True)
            with Horizontal():
                yield Static("value", classes="label", markup=False)
                yield Input(self._value(self._key), compact=True, id="value", password=secret)
            yield Static("", id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Set it", id="set", compact=True, variant="primary")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        for line in self.query(Input):
            line.cursor_blink = False
        self.query_one(OptionList).can_focus = False
        self._judge()
        self.query_one("#value" if self._key else "#key", Input).focus()

    @property
    def key(self) -> str:
        return self.query_one("#key", Input).value.strip()

    @on(Input.Changed, "#key")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._judge()

    def _judge(self) -> None:
        """Say what the key is, and list those that may be meant."""
        key = self.key
        word = judge(self._view, key)
        known = completions(self._view, key)
        self._names = tuple(one.key for one in known)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_line(one.key, one.default, "$text-muted")) for one in known])
        options.highlighted = 0 if known else None
        value = self.query_one("#value", Input)
        value.password = word.secret
        value.placeholder = one_line(word.default, 60)
        said = (
            f"{word.sentence} Use {word.other} instead."
            if word.other and word.other not in word.sentence
            else word.sentence
        )
        if known and not word.fine:
            said = "Choose one of the list with the arrows and Enter, or type on."
        self._say("good" if word.fine else "wait" if known or not key else "warn", said)

    def _say(self, state: str, sentence: str) -> None:
        self.query_one("#said", Static).update(marked(state, one_line(sentence, 300)))

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if self.query_one("#key").has_focus and self._names:
            options.highlighted = ((options.highlighted or 0) + by) % len(self._names)
        elif by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @on(Input.Submitted, "#key")
    def _take(self, event: Input.Submitted) -> None:
        """Enter takes the key that is highlighted, unless a key that is known was typed in full."""
        event.stop()
        at = self.query_one(OptionList).highlighted
        if at is not None and self.key not in self._names:
            self._complete(at)
        self.query_one("#value").focus()

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._complete(event.option_index)
        self.query_one("#value").focus()

    def _complete(self, at: int) -> None:
        name = self._names[at]
        self.query_one("#key", Input).value = name
        value = self.query_one("#value", Input)
        value.value = value.value or self._value(name)

    @on(Input.Submitted, "#value")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._set()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "set":
            self._set()
        else:
            self.dismiss(None)

    def _set(self) -> None:
        value = self.query_one("#value", Input).value
        if not self.key or not value.strip():
            self._say("warn", "Name a key and its value." if not self.key else "Type the value of this key.")
            return
        wrong = self._keep(self.key, value)
        if wrong:
            self._say("bad", wrong)
        else:
            self.dismiss(None)

    def _value(self, key: str) -> str:
        """What the key has now; a secret is not brought back to the screen."""
        if not key or judge(self._view, key).secret:
            return ""
        return self._view.answers.pairs_at("flink.config").get(key, "")

    def action_leave(self) -> None:
        self.dismiss(None)


def _line(key: str, value: str, style: str = "$accent") -> Content:
    return Content.assemble(ink(one_line(key, 100)), "  ", ink(one_line(value, 100), style))
