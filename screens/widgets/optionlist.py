"""A list over the screen to choose one answer from; each option says what it means, typing narrows it.

Knows options. It must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option as Line

from wizard.questions import Option

from .inked import ink
from .pane import taken_away

FEW = 8
"""So many options are seen at a glance: nothing to narrow."""


class OptionsDialog(ModalScreen[str | None]):
    """Ends with the value that was chosen, None when it was left."""

    DEFAULT_CSS = """
    OptionsDialog { align: center middle; background: $background 70%; }
    OptionsDialog > Vertical {
        width: 90; max-width: 92%; height: auto; max-height: 80%;
        background: $panel; border: round $primary; padding: 0 1;
    }
    OptionsDialog Input { background: $surface; margin: 0 0 1 0; }
    OptionsDialog OptionList { height: auto; max-height: 16; border: none; background: $panel; padding: 0;
        text-wrap: nowrap; text-overflow: ellipsis; }
    OptionsDialog #meaning { height: auto; min-height: 1; margin: 1 0 0 0; color: $text-muted; }
    """

    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("up", "move('cursor_up')", show=False),
        Binding("down", "move('cursor_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]

    def __init__(self, options: Sequence[Option], current: str = "") -> None:
        super().__init__()
        self._options = tuple(options)
        self._shown = self._options
        self._current = current

    def compose(self) -> ComposeResult:
        with Vertical():
            if len(self._options) > FEW:
                yield Input(placeholder="type to narrow the list", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static("", id="meaning", markup=False)

    def on_mount(self) -> None:
        if taken_away(self):
            return
        options = self.query_one(OptionList)
        for line in self.query(Input):
            line.cursor_blink = False
            options.can_focus = False
            line.focus()
        self._narrow("")
        if options.can_focus:
            options.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._narrow(event.value)

    def _narrow(self, typed: str) -> None:
        wanted = typed.strip().lower()
        self._shown = tuple(one for one in self._options if wanted in f"{one.title} {one.detail}".lower())
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Line(_prompt(one, self._current), disabled=one.disabled) for one in self._shown])
        values = [one.value for one in self._shown]
        free = [place for place, one in enumerate(self._shown) if not one.disabled]
        options.highlighted = (
            values.index(self._current) if self._current in values else free[0] if free else None
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        one = self._shown[event.option_index]
        self.query_one("#meaning", Static).update(
            ink(f"{one.title}: {one.detail}" if one.detail else one.title)
        )

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _choose(self, place: int | None) -> None:
        if place is not None and not self._shown[place].disabled:
            self.dismiss(self._shown[place].value)

    def action_leave(self) -> None:
        self.dismiss(None)


def _prompt(one: Option, current: str) -> Content:
    mark = "• " if one.value == current else "  "
    detail = ink(f"  {one.detail}", "$text-muted") if one.detail else Content("")
    return Content.assemble(mark, ink(one.title, "bold"), detail)
