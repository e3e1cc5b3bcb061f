"""The lines of the log, drawn as they come into sight: tens of thousands cost no more than those on the screen.

Knows a log book, a filter and words to look for. It must not know where the lines come from.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from wizard.words import name_of

from ..logbook import Line, LogBook, found

STYLES = {
    "dim": "dim",
    "bad": "bad",
    "warn": "warn",
    "said": "warn",
    "stage": "stage",
}
"""State of a line → the style of its text; other texts are plain."""


class LogLines(ScrollView, can_focus=True):
    """Follows the end of the book until it is scrolled up, and again once it is scrolled to the end."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"log--{name}"
        for name in ("time", "host", "good", "bad", "warn", "dim", "stage", "found", "here", "running")
    }
    DEFAULT_CSS = """
    LogLines {
        height: 1fr; background: $surface; color: $foreground;
        scrollbar-gutter: auto; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
        & .log--time { color: $text-muted; }
        & .log--host { color: $secondary; }
        & .log--good { color: $success; }
        & .log--bad { color: $error; text-style: bold; }
        & .log--warn { color: $warning; }
        & .log--dim { color: $text-muted; }
        & .log--running { color: $text-muted; }
        & .log--stage { text-style: bold; }
        & .log--found { background: $accent; color: $background; text-style: bold underline; }
        & .log--here { background: $primary-muted; text-style: bold; }
    }
    """

    class Changed(Message):
        """Something that is told beside the lines is different: what is followed, filtered or found."""

    def __init__(self, book: LogBook, id: str) -> None:
        super().__init__(id=id)
        self.book = book
        self.shown: list[Line] = []
        self.follow = True
        self.host: str | None = None
        self.details = False
        self.needle = ""
        self.here = -1
        """The serial of the line that was found last."""
        self._seen = 0
        self._changes = -1
        self._widest = 0

    @property
    def allow_select(self) -> bool:
        return True

    # What is shown

    def sync(self) -> None:
        """Draw what the book has got since; costs what is new, not what is there."""
        book = self.book
        if self._changes == book.changes:
            return
        self._changes = book.changes
        lines = book.lines
        gone = bisect_left(self.shown, lines[0].serial, key=_serial) if lines else len(self.shown)
        if gone:
            del self.shown[:gone]
        last = lines[-1].serial if lines else self._seen
        new = lines[max(len(lines) - (last - self._seen), 0) :] if last > self._seen else []
        self._seen = last
        wanted = [line for line in new if self._wants(line)]
        self.shown.extend(wanted)
        for line in wanted:
            self._widest = max(self._widest, len(line.text))
        follow = self.follow
        self._grow(Size(self._widest + book.width + 24, len(self.shown)))
        if follow:
            self.to_end()
        elif gone:
            self.scroll_to(y=max(self.scroll_offset.y - gone, 0), animate=False, immediate=True, force=True)
        self.refresh()

    def _grow(self, size: Size) -> None:
        """Take so much room for scrolling. The screen is laid out anew only where the scroll bar comes or goes."""
        if self.show_vertical_scrollbar and size.height > self.container_size.height:
            self.set_reactive(Widget.virtual_size, size)  # pyright: ignore[reportArgumentType]
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def choose(self, host: str | None, details: bool) -> None:
        """Show the lines of this host alone, None for all; with or without what scripts and files consist of."""
        self.host, self.details = host, details
        self.shown = []
        self._seen, self._changes, self._widest, self.here = 0, -1, 0, -1
        self.follow = True
        self.sync()
        self.refresh()
        self.post_message(self.Changed())

    def _wants(self, line: Line) -> bool:
        return (self.details or not line.detail) and (self.host is None or line.host in ("", self.host))

    def text(self, most: int) -> str:
        """The newest lines that are shown, as text."""
        return "".join(f"{line.written(self.book.width)}\n" for line in self.shown[-most:])

    # Following

    def to_end(self) -> None:
        """Follow the end from now on."""
        self.follow = True
        self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        follow = new_value >= self.max_scroll_y
        if follow != self.follow:
            self.follow = follow
            self.post_message(self.Changed())

    def on_resize(self) -> None:
        if self.follow:
            self.to_end()

    # Search

    def look_for(self, needle: str) -> None:
        """Mark these words, and go to the newest line that holds them."""
        self.needle = needle
        self.here = -1
        if needle:
            self.to_found(-1)
        self.refresh()
        self.post_message(self.Changed())

    def to_found(self, by: int) -> None:
        """Go to the next (1) or the previous (-1) line that holds the words; after the last comes the first."""
        places = self._places()
        if places:
            serials = [self.shown[place].serial for place in places]
            if self.here < 0:
                number = -1 if by < 0 else 0
            else:
                at = bisect_left(serials, self.here)
                there = at < len(serials) and serials[at] == self.here
                number = (at + by if there or by < 0 else at) % len(serials)
            self.here = serials[number]
            self.follow = False
            middle = max(places[number] - self.size.height // 2, 0)
            self.scroll_to(y=middle, animate=False, immediate=True, force=True)
        self.refresh()
        self.post_message(self.Changed())

    @property
    def finding(self) -> str:
        """As in "3 of 17", "" while nothing is looked for."""
        if not self.needle:
            return ""
        serials = [self.shown[place].serial for place in self._places()]
        if not serials:
            return "not found"
        return f"{bisect_left(serials, self.here) + 1} of {len(serials)}"

    def _places(self) -> list[int]:
        return list(found(self.shown, self.needle)) if self.needle else []

    # Drawing

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        place = scroll_y + y
        width = self.size.width
        if place >= len(self.shown):
            return Strip.blank(width, self.rich_style)
        strip = Strip(self._segments(self.shown[place], place))
        return strip.crop_extend(scroll_x, scroll_x + width, self.rich_style).apply_offsets(scroll_x, place)

    def _segments(self, line: Line, place: int) -> list[Segment]:
        base = self.rich_style
        if self.needle and line.serial == self.here:
            base += self.get_component_rich_style("log--here", partial=True)

        def style(name: str) -> Style:
            return base + self.get_component_rich_style(f"log--{name}", partial=True)

        room = self.book.width
        host = _padded(name_of(line.host), room) if line.host else " " * room
        state = line.state if line.state in {"good", "bad", "warn", "running"} else "dim"
        head = [
            Segment(f"{line.time} ", style("time")),
            Segment(f"{host} ", style("host")),
            Segment(f"{line.mark:<5} ", style(state)),
            Segment(f"{line.took:>6}  ", style("dim")),
        ]
        text = base + style(STYLES[line.state]) if line.state in STYLES else base
        segments = [*head, *self._marked(line, text)]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(place)) is not None:
            segments = self._selected(segments, *span)
        return segments

    def _marked(self, line: Line, text: Style) -> list[Segment]:
        """The text of a line with what is looked for marked in it."""
        words = line.text
        small = self.needle.lower()
        if not small or small not in words.lower() or len(words.lower()) != len(words):
            return [Segment(words, text)]
        mark = text + self.get_component_rich_style("log--found", partial=True)
        low, at = words.lower(), 0
        parts: list[Segment] = []
        while (begin := low.find(small, at)) >= 0:
            parts += [Segment(words[at:begin], text), Segment(words[begin : begin + len(small)], mark)]
            at = begin + len(small)
        return [*parts, Segment(words[at:], text)]

    def _selected(self, segments: list[Segment], start: int, end: int) -> list[Segment]:
        chosen = self.screen.get_component_rich_style("screen--selection")
        strip = Strip(segments)
        last = strip.cell_length if end == -1 else end
        before, inside, after = strip.crop(0, start), strip.crop(start, last), strip.crop(last)
        marked = [Segment(text, (own or Style()) + chosen, control) for text, own, control in inside]
        return [*before, *marked, *after]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        room = self.book.width
        return selection.extract("\n".join(line.written(room) for line in self.shown)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        del selection
        self.refresh()


def _serial(line: Line) -> int:
    return line.serial


def _padded(text: str, width: int) -> str:
    """The text in so many columns."""
    while cell_len(text) > width:
        text = text[:-2] + "…"
    return text + " " * (width - cell_len(text))
