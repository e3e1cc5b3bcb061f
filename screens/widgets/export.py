"""Asks in which form and where a plan shall be written, and what to do when a file is there already.

Knows forms and paths as text. It must not write anything: that is asked of the walk, which answers with an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, RadioButton, RadioSet, Static

from wizard.events import Exported

from .choices import Choice, Choices
from .inked import MUTED, ink
from .pane import taken_away

FORMS: tuple[tuple[str, str, str], ...] = (
    ("sh", "Shell script", "does the same by hand, from this machine"),
    ("md", "Runbook", "Markdown, to read, to review and to follow"),
    ("yaml", "Answers", "what flink-wizard apply reads"),
)
"""Form, its name, and what it is good for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be written."""

    form: str
    path: str
    replace: bool = False


class FormButton(RadioButton):
    """A form to choose; the chosen one has a dot, the others have none, so that colour is not alone."""

    BUTTON_INNER = " "

    def __init__(self, label: Content, value: bool) -> None:
        super().__init__(label, value)
        self._dot()

    def watch_value(self) -> None:
        self._dot()
        super().watch_value()

    def _dot(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "


class Forms(RadioSet):
    """The forms. Up and down go through them, and beyond the last one to the next field."""

    @property
    def option_count(self) -> int:
        return len(FORMS)

    @property
    def highlighted(self) -> int | None:
        return self._selected


class Export(ModalScreen[None]):
    """Stays open until the text was written or the operator closes it. `stem` begins the suggested names."""

    DEFAULT_CSS = """
    Export { align: center middle; background: $background 70%; }
    Export > VerticalScroll {
        width: 72; max-width: 96%; height: auto; max-height: 96%;
        background: $panel; border: round $primary; padding: 0 2;
    }
    Export .title { text-style: bold; color: $primary; }
    Export RadioSet { width: 1fr; height: auto; border: none; padding: 0; background: $panel; margin: 1 0 0 0; }
    Export RadioSet:focus { border: none; background: $panel; }
    Export FormButton { width: 1fr; background: $panel; }
    Export FormButton > .toggle--button { color: $text-success; background: $surface; }
    Export RadioSet:focus > FormButton.-selected > .toggle--label { background: $primary 30%; color: $foreground; }
    Export Input { margin: 1 0 0 0; }
    Export #answer { height: auto; color: $warning; margin: 1 0 0 0; }
    Export Choices { margin: 1 0 0 0; }
    """

    BINDINGS = [Binding("escape", "leave", "Close")]

    class Wanted(Message):
        """The text shall be written."""

        def __init__(self, wish: Wish) -> None:
            super().__init__()
            self.wish = wish

    def __init__(self, stem: str) -> None:
        super().__init__()
        self._stem = stem
        self._own = False
        """Whether the operator typed a path of their own."""
        self._there = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static("Export the plan", classes="title")
            with Forms(id="form"):
                for number, (_, name, use) in enumerate(FORMS):
                    yield FormButton(Content.assemble(name, (f"  {use}", MUTED)), value=number == 0)
            field = Input(f"{self._stem}.sh", id="path", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static("", id="answer", markup=False)
            yield Choices(
                (Choice("write", "Write the file", "primary"), Choice("close", "Close")),
                id="export-choices",
                row=True,
            )

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one(RadioSet).focus()

    @property
    def form(self) -> str:
        pressed = self.query_one(RadioSet).pressed_index
        return FORMS[max(pressed, 0)][0]

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        event.stop()
        if not self._own:
            self.query_one(Input).value = f"{self._stem}.{self.form}"

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._own = event.value not in {f"{self._stem}.{form}" for form, _, _ in FORMS}
        if self._there and event.value != self._there:
            self._ask_plainly()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._want()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        if event.key == "write":
            self._want()
        else:
            self.dismiss()

    def action_leave(self) -> None:
        self.dismiss()

    def answered(self, event: Exported) -> None:
        """What came of the wish."""
        if event.there:
            self._there = self.query_one(Input).value
            self._say(f"{event.path} is there already. Write again to replace it, or name another file.")
            self.query_one(Choices).rename("write", "Replace the file")
        elif event.fault:
            self._say(f"{event.fault} Name another file.")
        else:
            self.dismiss()

    def _want(self) -> None:
        typed = self.query_one(Input).value.strip()
        if not typed:
            self._say("Name a file.")
            return
        replace = bool(self._there) and self.query_one(Input).value == self._there
        self.post_message(self.Wanted(Wish(self.form, typed, replace)))

    def _ask_plainly(self) -> None:
        self._there = ""
        self._say("")
        self.query_one(Choices).rename("write", "Write the file")

    def _say(self, sentence: str) -> None:
        self.query_one("#answer", Static).update(ink(sentence))
