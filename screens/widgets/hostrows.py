"""The hosts of a run, a row or two each: what goes on there, what moves, what was done. Draws only what is in sight.

Knows a picture of a run. It must not know what an operation does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wizard.progress import HostProgress, Progress
from wizard.text import one_line
from wizard.words import amount, name_of

from .inked import span

STATES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "waiting": ("·", "waits", "dim"),
        "working": ("▸", "works", "at"),
        "paused": ("!", "needs you", "warn"),
        "lost": ("✗", "out", "bad"),
        "failed": ("✗", "failed", "bad"),
        "stopped": ("·", "stopped", "dim"),
        "done": ("✓", "done", "good"),
    }
)
"""State → its mark, its word, and the class of its style."""

GAP = "  "


class HostRows(ScrollView):
    """`show` takes the newest picture. Two rows a host where there is room for that, else one."""

    DEFAULT_CSS = """
    HostRows { height: 1fr; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    HostRows:focus { background-tint: $foreground 4%; }
    HostRows > .hosts--good { color: $text-success; }
    HostRows > .hosts--bad { color: $text-error; }
    HostRows > .hosts--warn { color: $text-warning; text-style: bold; }
    HostRows > .hosts--at { color: $text-primary; }
    HostRows > .hosts--dim { color: $foreground 60%; }
    HostRows > .hosts--name { text-style: bold; }
    HostRows > .hosts--plain { color: $foreground; }
    """
    COMPONENT_CLASSES = {
        "hosts--good",
        "hosts--bad",
        "hosts--warn",
        "hosts--at",
        "hosts--dim",
        "hosts--name",
        "hosts--plain",
    }

    can_focus = True

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hosts: tuple[HostProgress, ...] = ()
        self._rows = 1
        self._over = False

    def show(self, progress: Progress) -> None:
        """Draw this picture; hosts that need the operator come first, then those that are at work."""
        order = {"paused": 0}
        self._hosts = tuple(sorted(progress.hosts, key=lambda one: order.get(one.state, 1)))
        self._over = bool(progress.outcome)
        self._fit()
        self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        roomy = len(self._hosts) * 2 <= self.size.height
        self._rows = 2 if roomy and not self._over else 1
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._hosts) * self._rows)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number, row = divmod(y + self.scroll_offset.y, self._rows)
        base = self.rich_style
        if number >= len(self._hosts):
            return Strip.blank(width, base)
        host = self._hosts[number]
        pieces = self._second(host) if row else self._first(host)
        segments = [Segment(text, base + self._style(kind)) for text, kind in fitted(pieces, width) if text]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, kind: str) -> Style:
        return self.get_component_rich_style(f"hosts--{kind}", partial=True)

    def _name_width(self) -> int:
        return min(max((len(name_of(one.host)) for one in self._hosts), default=4), 24)

    def _word_width(self) -> int:
        """While a run goes on nothing moves sideways; in the end there is room for what was done."""
        return max((len(STATES[one.state][1]) for one in self._hosts), default=0) if self._over else 9

    def _first(self, host: HostProgress) -> list[tuple[str, str]]:
        mark, word, kind = STATES[host.state]
        wide = self._name_width()
        name = one_line(name_of(host.host), wide).ljust(wide)
        pieces = [
            (f"{mark} ", kind),
            (name, "name"),
            (GAP, "plain"),
            (word.ljust(self._word_width()), kind),
            (GAP, "plain"),
        ]
        told = counts_text(host)
        if self._rows > 1:
            return [*pieces, (told, "dim")]
        said = doing_text(host)
        return [
            *pieces,
            (said, "bad" if host.cause else "plain"),
            (GAP if said else "", "plain"),
            (told, "dim"),
        ]

    def _second(self, host: HostProgress) -> list[tuple[str, str]]:
        said = doing_text(host)
        if not said and host.last:
            return [("  ", "plain"), (f"after: {one_line(host.last)}", "dim")]
        line = f"{GAP}{one_line(host.line)}" if host.line and host.moved is None else ""
        return [("  ", "plain"), (said, "bad" if host.cause and not host.title else "plain"), (line, "dim")]


def counts_text(host: HostProgress) -> str:
    """What was done on the host so far."""
    parts = [f"{host.changed} changed"] if host.changed else []
    parts += [f"{host.satisfied} already right"] if host.satisfied else []
    parts += [f"{host.failed} failed"] if host.failed else []
    return ", ".join(parts)


def doing_text(host: HostProgress) -> str:
    """What goes on there; why it takes no part, where it does not."""
    if host.state in {"lost", "failed"} or (host.cause and not host.title):
        return one_line(host.cause)
    said = one_line(host.title)
    if host.moved is None:
        return said
    moved = amount(host.moved, host.total)
    if host.rate:
        moved += f", {host.rate / 1e6:.1f} MB/s"
    if host.left is not None:
        moved += f", {span(host.left)} left"
    return f"{moved}  {said}"


def fitted(pieces: list[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """The pieces in so many columns; the last that fits in part ends with …"""
    made: list[tuple[str, str]] = []
    for text, kind in pieces:
        if len(text) <= width:
            made.append((text, kind))
            width -= len(text)
        else:
            made.append((text[: width - 1] + "…" if width > 1 else "", kind))
            break
    return made
