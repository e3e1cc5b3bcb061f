"""The lines below a step that explain what has the focus: what is asked, why a value is suggested, a row in full.

Knows words. It must not know what has the focus.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from .inked import ink, lines
from .renewing import renew


class Hint(Static):
    """As high as its words, up to a third of the pane."""

    DEFAULT_CSS = """
    Hint { height: auto; max-height: 8; min-height: 2; padding: 0 1; background: $surface; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._said: tuple[object, ...] = ()

    def say(self, first: str, rest: Iterable[str] = ()) -> None:
        """Explain: a sentence, and what stands below it."""
        said = (first, *rest)
        if said != self._said:
            self._said = said
            below = [ink(line, "$text-muted") for line in said[1:] if line]
            renew(self, lines([ink(first), *below]))

    def tell(self, content: Content) -> None:
        """Explain by content that is made up already."""
        if (content,) != self._said:
            self._said = (content,)
            renew(self, content)
