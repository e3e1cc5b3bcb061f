"""A list of which some are ticked: Space or Enter ticks, a box in brackets shows it.

Knows options. It must not know what becomes of those that are ticked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option as Line

from wizard.questions import Option

from .inked import ink


class TickList(OptionList):
    """`ticked` are the values, in the order of the list."""

    DEFAULT_CSS = """
    TickList { text-wrap: nowrap; text-overflow: ellipsis; }
    TickList > .option-list--option-highlighted { background: transparent; color: $foreground; text-style: none; }
    TickList:focus > .option-list--option-highlighted { background: $foreground 15%; text-style: bold; }
    """

    BINDINGS = [Binding("space", "select", "Tick")]

    class Ticked(Message):
        """The operator ticked one, or took its tick away."""

    def __init__(self, options: Sequence[Option] = (), *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._listed: tuple[Option, ...] = ()
        self._ticks: frozenset[str] = frozenset()
        self.list(options)

    @property
    def ticked(self) -> tuple[str, ...]:
        return tuple(one.value for one in self._listed if one.value in self._ticks)

    def list(self, options: Sequence[Option]) -> None:
        """Show these; ticks on others are gone."""
        if self._listed == tuple(options):
            return
        at = self.highlighted
        self._listed = tuple(options)
        self.clear_options()
        self.add_options([Line(self._prompt(one), disabled=one.disabled) for one in self._listed])
        self.highlighted = min(at or 0, len(self._listed) - 1) if self._listed else None

    def tick(self, values: Iterable[str]) -> None:
        """Have these ticked and no others; nobody is told."""
        before, self._ticks = self._ticks, frozenset(values)
        for number, one in enumerate(self._listed):
            if (one.value in before) != (one.value in self._ticks):
                self.replace_option_prompt_at_index(number, self._prompt(one))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.tick(self._ticks ^ {self._listed[event.option_index].value})
        self.post_message(self.Ticked())

    def _prompt(self, one: Option) -> Content:
        box = "[x] " if one.value in self._ticks else "[ ] "
        detail = ink(f"  {one.detail}", "$text-muted") if one.detail else Content("")
        return Content.assemble(box, ink(one.title), detail)
