"""The log below every step: one line of what goes on, or the newest lines, or a whole screen of them.

Knows a log book. It must not know what is run, nor where.
"""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from wizard.text import one_line
from wizard.words import counted, name_of

from ..logbook import LogBook
from .loglines import LogLines
from .pick import Pick
from .renewing import renew
from .savefile import SaveFile

Mode = Literal["line", "open", "large"]

MOST_COPIED = 1_000
"""Lines that are copied at once: terminals take no more."""


class LogPane(Vertical):
    """A bar that tells what is in the log, and the lines below it. Says when it wants to be shut."""

    DEFAULT_CSS = """
    LogPane { height: 9; background: $surface; }
    LogPane.-line { height: 1; }
    LogPane.-large { height: 1fr; }
    LogPane.-line LogLines { display: none; }
    LogPane > Horizontal { height: 1; background: $panel; padding: 0 1; }
    LogPane #log-bar { width: 1fr; height: 1; }
    LogPane #log-find { width: 36; display: none; }
    LogPane.-finding #log-find { display: block; }
    LogPane.-here > Horizontal { background: $primary 25%; }
    LogPane LogLines { padding: 0 1; }
    """

    BINDINGS = [
        Binding("slash", "find", "Find"),
        Binding("n", "found(1)", "Next", show=False),
        Binding("N", "found(-1)", "Previous", show=False),
        Binding("h", "host", "Host"),
        Binding("d", "details", "Details"),
        Binding("s", "save", "Save"),
        Binding("c", "copy", "Copy"),
        Binding("escape", "leave", "Leave"),
    ]

    class Left(Message):
        """The operator has finished with the log."""

    class Opened(Message):
        """The bar was clicked."""

    def __init__(self, book: LogBook, id: str) -> None:
        super().__init__(id=id)
        self.book = book
        self.mode: Mode = "line"
        self.cluster = ""
        self._told = -1

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("", id="log-bar")
            yield Input(placeholder="find", id="log-find", compact=True)
        yield LogLines(self.book, id="log-lines")

    def on_mount(self) -> None:
        self.query_one("#log-find", Input).cursor_blink = False
        self.resize(self.mode)

    @property
    def lines(self) -> LogLines:
        return self.query_one("#log-lines", LogLines)

    def resize(self, mode: Mode) -> None:
        """Show one line, some lines, or as many as there is room for."""
        self.mode = mode
        self.set_class(mode == "line", "-line")
        self.set_class(mode == "large", "-large")
        self._tell()

    def sync(self) -> None:
        """Draw what is new in the book."""
        if self._told != self.book.changes:
            self._told = self.book.changes
            if self.mode != "line":
                self.lines.sync()
            self._tell()

    def _tell(self) -> None:
        if self.mode != "line":
            self.lines.sync()
        renew(self.query_one("#log-bar", Static), self._bar())

    def _bar(self) -> Content:
        lines = self.lines
        host = "all hosts" if lines.host is None else one_line(name_of(lines.host), 24)
        failed = "bold $error" if self.book.failed else "$text-muted"
        parts: list[tuple[str, str]] = [("Log", "bold")]
        if lines.needle and self.mode != "line":
            parts += [("  ", ""), (f"“{one_line(lines.needle, 20)}” {lines.finding}", "$accent")]
            parts += [("  n next  N previous", "$text-muted")]
        if self.mode != "line" or lines.host is not None:
            parts += [("  ", ""), (host, "$secondary")]
        parts += [("  ", ""), (self.book.count, failed)]
        if self.mode == "line":
            newest = next((line for line in reversed(self.book.lines) if not line.detail), None)
            if newest is not None:
                where = f"{one_line(name_of(newest.host), 16)}: " if newest.host else ""
                said = f"{newest.mark} {where}{newest.text.strip()}".strip()
                parts += [("  ", ""), (one_line(said, 300), "$text-muted")]
        elif not lines.follow and not lines.needle:
            parts += [("  ", ""), ("stopped here, End follows again", "$accent")]
        return Content.assemble(*parts).truncate(
            max(self.query_one("#log-bar").size.width, 10), ellipsis=True
        )

    def on_resize(self) -> None:
        self._tell()

    def on_descendant_focus(self) -> None:
        self.add_class("-here")

    def on_descendant_blur(self) -> None:
        self.set_class(self.has_focus_within, "-here")

    def on_log_lines_changed(self, event: LogLines.Changed) -> None:
        event.stop()
        self._tell()

    def on_click(self, event: events.Click) -> None:
        if event.widget is not None and event.widget.id == "log-bar":
            self.post_message(self.Opened())

    # Keys

    def action_find(self) -> None:
        self.add_class("-finding")
        field = self.query_one("#log-find", Input)
        field.value = ""
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.lines.look_for(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._found()

    def _found(self) -> None:
        """The words stay looked for, and the keys go to the lines again."""
        self.remove_class("-finding")
        self.lines.focus()

    def action_found(self, by: int) -> None:
        self.lines.to_found(by)

    def action_leave(self) -> None:
        lines = self.lines
        if self.has_class("-finding"):
            lines.look_for("")
            self._found()
        elif lines.needle:
            lines.look_for("")
        else:
            self.post_message(self.Left())

    def action_details(self) -> None:
        self.lines.choose(self.lines.host, not self.lines.details)

    def action_host(self) -> None:
        lines = self.lines
        names = [host for host in self.book.hosts if host]
        titles = [("*", "All hosts")] + [(f"={host}", name_of(host)) for host in names]

        def chosen(value: str | None) -> None:
            if value:
                lines.choose(None if value == "*" else value[1:], lines.details)

        self.app.push_screen(Pick("Show the log of", titles), chosen)

    def action_copy(self) -> None:
        text = self.lines.text(MOST_COPIED)
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {counted(text.count(chr(10)), 'line')}.", markup=False, timeout=4)

    def action_save(self) -> None:
        """Save what is shown through the filter, details and all."""
        host = self.lines.host
        text = self.book.text(lambda line: host is None or line.host in ("", host))
        name = "-".join(
            part for part in ("flink-wizard", self.cluster, name_of(host) if host else "") if part
        )
        safe = "".join(one if one.isalnum() or one in "-_." else "-" for one in name)

        def saved(path: str | None) -> None:
            if path:
                said = f"{counted(text.count(chr(10)), 'line')} saved in {path}"
                self.notify(one_line(said, 300), markup=False, timeout=8)

        self.app.push_screen(SaveFile("Save the log", text, f"{safe}.log"), saved)
