"""Up and down as keys that go from field to field, where the field itself has no use for them.

Knows widgets in general. It must not know any of ours.
"""

from __future__ import annotations

from typing import Any

from textual.containers import ScrollableContainer
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import Button, Input

WAYS = {"up": -1, "down": 1, "left": -1, "right": 1}


def leads_on(screen: Screen[Any], key: str) -> int:
    """1 when this key goes to the next field, -1 to the one before, 0 when it belongs to the field."""
    way = WAYS.get(key, 0)
    field = screen.focused
    if not way or field is None:
        return 0
    if key in {"left", "right"}:
        return way if isinstance(field, Button) else 0
    if _at_edge(field, way):
        return way
    for node in field.ancestors_with_self:
        if not isinstance(node, Widget):
            break
        if node is not field and isinstance(node, ScrollableContainer):
            continue  # what scrolls around a field follows the focus
        own = node._bindings.key_to_bindings.get(key, ())
        if any(not binding.priority and not _scrolls_nothing(node, binding.action) for binding in own):
            return 0
    return way


def _scrolls_nothing(node: Widget, action: str) -> bool:
    """A line of text inherits keys that scroll, and has nothing to scroll to."""
    return isinstance(node, Input) and action.startswith("scroll_")


def _at_edge(field: Widget, way: int) -> bool:
    """Whether the field has come to its own end in this direction, so that the key leaves it."""
    rows = getattr(field, "row_count", None)
    if rows is not None:
        return getattr(field, "cursor_row", 0) == (0 if way < 0 else rows - 1) or not rows
    if (lines := getattr(field, "document", None)) is not None:
        place = getattr(field, "cursor_location", (0, 0))[0]
        return place == (0 if way < 0 else lines.line_count - 1)
    if (options := getattr(field, "option_count", None)) is not None:
        return getattr(field, "highlighted", 0) in (None, 0 if way < 0 else options - 1)
    if isinstance(field, ScrollableContainer) and not isinstance(field, ScrollView):
        return field.scroll_offset.y <= 0 if way < 0 else field.scroll_offset.y >= field.max_scroll_y
    return False
