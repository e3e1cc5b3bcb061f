"""Words of people and of hosts as content of a screen: cleaned, never read as markup, and each state with its mark.

Knows marks and styles. It must not know what is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from textual.content import Content

from wizard.text import clean

MUTED = "$foreground 60%"
"""The style of what may be passed over."""

MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "good": ("✓", "$text-success"),
        "bad": ("✗", "$text-error"),
        "warn": ("!", "$text-warning"),
        "note": ("i", "$text-accent"),
        "at": ("▸", "bold $text-primary"),
        "wait": ("·", MUTED),
    }
)
"""State → its mark and its style. A word stands beside the mark wherever it carries meaning."""


def ink(text: str, style: str = "") -> Content:
    """The text in this style, safe whatever it holds."""
    return Content.styled(clean(text), style)


def marked(state: str, text: str = "", style: str | None = None) -> Content:
    """The mark of this state, and the text in its style unless another is named."""
    mark, own = MARKS[state]
    return Content.assemble((mark, own), " ", ink(text, own if style is None else style))


def lines(parts: Iterable[Content]) -> Content:
    """The parts below one another."""
    return Content("\n").join(list(parts))


def told(label: str, text: str, style: str = "", width: int = 7) -> list[Content]:
    """A labelled part, its further lines below the first; nothing where there is nothing to say."""
    made: list[Content] = []
    for number, line in enumerate(clean(text).strip("\n").splitlines()):
        head = label if number == 0 else ""
        made.append(Content.assemble((f"{head:<{width}} ", MUTED), ink(line, style)))
    return made


def span(seconds: float) -> str:
    """A time as "12 s", "3 min 05 s" or "1 h 02 min"."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
