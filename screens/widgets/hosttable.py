"""The live table of a step: a row for each host, a cell for each observed value, how old the reading is.

Knows rows of cells with their states. Only cells that changed are drawn anew; a change of columns draws all. It must
not know what is observed, nor how.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable

from wizard.steps import Cell, Step
from wizard.steps.cells import age_of
from wizard.text import one_line
from wizard.view import View
from wizard.words import name_of

from .columns import Column, cut, fitted
from .inked import ink

MARKS: Mapping[str, tuple[str, str]] = {
    "good": ("✓ ", "success"),
    "warn": ("! ", "warning"),
    "bad": ("✗ ", "error"),
    "wait": ("", "foreground-muted"),
    "dim": ("", "foreground-muted"),
    "plain": ("", ""),
}
"""State → the mark before the text, and the name of its colour in the theme."""

PULSE = "·•●•"
"""What moves beside a host that is being read; it stands still where nothing moves."""

AGE = 6
"""Columns for the age of a reading."""


class HostTable(DataTable[Text]):
    """Enter on a row says `Chosen`; moving to another says `Reached`."""

    DEFAULT_CSS = """
    HostTable { height: auto; max-height: 14; background: $background; scrollbar-size-vertical: 1; }
    HostTable:focus { background-tint: transparent; }
    HostTable > .datatable--header { background: $background; color: $text-muted; text-style: none; }
    HostTable > .datatable--cursor, HostTable:focus > .datatable--cursor { text-style: none; }
    HostTable > .datatable--cursor { background: $background; color: $foreground; }
    HostTable:focus > .datatable--cursor { background: $foreground 15%; color: $foreground; text-style: bold; }
    """

    BINDINGS = [Binding("enter", "select_cursor", "This host", show=False)]

    class Reached(Message):
        """The highlight came to this host."""

        def __init__(self, host: str) -> None:
            super().__init__()
            self.host = host

    class Chosen(Message):
        """Enter was pressed on this host."""

        def __init__(self, host: str) -> None:
            super().__init__()
            self.host = host

    def __init__(self, step: Step) -> None:
        super().__init__(cursor_type="row", show_row_labels=False, header_height=1)
        self.cursor_foreground_priority = "renderable"
        self.step = step
        self._view: View | None = None
        self._layout: tuple[Column, ...] = ()
        self._hosts: tuple[str, ...] = ()
        self._rows: dict[str, tuple[Cell, ...]] = {}
        self._drawn: dict[tuple[str, int], tuple[str, str]] = {}
        self._beat = 0
        self.updates = 0
        """Cells that were drawn anew so far, beside those of whole tables."""

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._rebuild())

    def show(self, view: View) -> None:
        """Draw this view."""
        self._view = view
        hosts = view.spec.hosts if view.spec else ()
        self._rows = {host.name: tuple(self.step.row(view, host)) for host in hosts}
        names = tuple(self._rows)
        if names != self._hosts or self._columns_now() != self._layout:
            self._hosts = names
            self._rebuild()
        else:
            self._update()

    def on_resize(self, event: events.Resize) -> None:
        del event
        if self._view is not None and self._columns_now() != self._layout:
            self._rebuild()

    @property
    def host(self) -> str:
        """The host that is highlighted, "" while there is none."""
        row = self.cursor_row
        return self._hosts[row] if 0 <= row < len(self._hosts) else ""

    def in_full(self, host: str) -> Content:
        """Everything that is known of a host, nothing cut."""
        parts: list[Content | str] = [ink(name_of(host), "bold")]
        for title, cell in zip(self.step.columns, self._rows.get(host, ()), strict=False):
            if cell.text:
                mark, _ = MARKS[cell.state]
                parts += [Content.styled(f"   {title}: ", "$text-muted"), f"{mark}{one_line(cell.text, 400)}"]
        seen = self._view.facts_of(host) if self._view is not None else None
        if seen is not None and seen.failure is not None and seen.failure.action:
            parts += [
                Content.styled("   next: ", "$text-muted"),
                ink(one_line(seen.failure.action, 400), "bold"),
            ]
        return Content.assemble(*parts)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if self.host:
            self.post_message(self.Reached(self.host))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if self.host:
            self.post_message(self.Chosen(self.host))

    # Drawing

    def _columns_now(self) -> tuple[Column, ...]:
        titles = ("host", *self.step.columns, "age")
        widths = [max((len(name_of(host)) + 2 for host in self._rows), default=4)]
        held: list[int] = [0, 1, len(titles) - 1]
        for place in range(len(self.step.columns)):
            cells = [row[place] for row in self._rows.values() if place < len(row)]
            alone = [len(row) > 1 and all(not cell.text for cell in row[1:]) for row in self._rows.values()]
            shown = [cell for cell, only in zip(cells, alone, strict=False) if place or not only]
            widths.append(max((len(MARKS[cell.state][0]) + len(cell.text) for cell in shown), default=0))
            if any(cell.state in ("bad", "warn") for cell in cells):
                held.append(place + 1)
        widths[0] = min(widths[0], 24)
        return fitted(titles, [*widths, AGE], max(self.size.width - 1, 20), held) if self.size.width else ()

    def _rebuild(self) -> None:
        host = self.host
        self._layout = self._columns_now()
        self._drawn.clear()
        with self.prevent(DataTable.RowHighlighted):
            self.clear(columns=True)
            self.header_height = 2 if any("\n" in column.title for column in self._layout) else 1
            for column in self._layout:
                title = "\n".join(cut(line, column.width) for line in column.title.split("\n"))
                self.add_column(Text(title), width=column.width, key=str(column.place))
            for name in self._hosts:
                self.add_row(*(self._cell(name, column) for column in self._layout), key=name)
            if host in self._hosts:
                self.move_cursor(row=self._hosts.index(host), animate=False)
        if self.host and self.host != host:
            self.post_message(self.Reached(self.host))

    def _update(self) -> None:
        for name in self._hosts:
            for column in self._layout:
                self._redraw(name, column)

    def _redraw(self, name: str, column: Column) -> None:
        before = self._drawn.get((name, column.place))
        text = self._cell(name, column)
        if self._drawn[name, column.place] != before:
            self.updates += 1
            self.update_cell(name, str(column.place), text)

    def _tick(self) -> None:
        """Ages go on, and hosts that are being read are seen to be."""
        if self._view is None or not self._layout:
            return
        self._beat += self.app.animation_level != "none"
        reading = self._view.reading
        for name in self._hosts:
            self._redraw(name, self._layout[-1])
            if name in reading:
                self._redraw(name, self._layout[0])

    def _cell(self, name: str, column: Column) -> Text:
        text, colour = self._words(name, column)
        text = cut(text, column.width)
        self._drawn[name, column.place] = (text, colour)
        return Text(text, style=self.app.theme_variables.get(colour, "") if colour else "", no_wrap=True)

    def _words(self, name: str, column: Column) -> tuple[str, str]:
        if column.place == 0:
            reading = self._view is not None and name in self._view.reading
            return f"{PULSE[self._beat % len(PULSE)] if reading else ' '} {name_of(name)}", ""
        row = self._rows.get(name, ())
        if column.place > len(self.step.columns):
            now: Callable[[], float] = getattr(self.app, "clock", time.time)
            return (age_of(self._view, name, now()) if self._view else ""), "foreground-muted"
        if column.place > len(row):
            return "", ""
        cell = row[column.place - 1]
        mark, colour = MARKS[cell.state]
        return f"{mark}{cell.text}", colour
