"""Text whose long lines go on below their words instead of below their label or their indentation.

Knows columns. It must not know what is said.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.visual import VisualType
from textual.widgets import Static

LABEL = re.compile(r" {2,}")
"""What stands between a label and its words."""

FARTHEST = 13
"""Columns within which a label ends."""

NARROWEST = 8
"""Columns that words need below one another; where there are fewer, they take the whole line."""


class Hung(Static):
    """Draws its content with hanging lines, as wide as it is just now."""

    def __init__(
        self, content: VisualType = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(content, id=id, classes=classes, markup=False)
        self._hung: tuple[Content, int, Content] | None = None

    def render(self) -> VisualType:
        drawn = super().render()
        width = self.content_size.width
        return self._hanging(drawn, width) if width and isinstance(drawn, Content) else drawn

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        drawn = super().render()
        if width and isinstance(drawn, Content):
            return self._hanging(drawn, width).get_height({}, width)
        return super().get_content_height(container, viewport, width)

    def _hanging(self, content: Content, width: int) -> Content:
        """The content in so many columns; every layout of the screen asks for it, so it is made once."""
        kept = self._hung
        if kept is None or kept[0] is not content or kept[1] != width:
            kept = self._hung = (content, width, hang(content, width))
        return kept[2]


def hang(content: Content, width: int) -> Content:
    """The content in so many columns."""
    made: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        indent = indent_of(line.plain)
        if line.cell_length <= width or width - indent < NARROWEST:
            made.append(line)
            continue
        head, tail = line[:indent], line[indent:]
        first, *rest = tail.wrap(width - cell_len(head.plain))
        made += [head + first, *(Content(" " * indent) + piece for piece in rest)]
    return Content("\n").join(made)


def indent_of(line: str) -> int:
    """Where the words of a line begin, behind its label, its mark, or nothing."""
    ends = [gap.end() for gap in LABEL.finditer(line) if gap.end() <= FARTHEST and gap.end() < len(line)]
    if ends:
        return ends[-1]
    return 2 if line[1:2] == " " and not line[:1].isalnum() else 0
