"""New words for a piece of text on the screen, at the least cost: nothing where they stand there already, and the
screen is laid out anew only where the piece changes its size. It must not know what is said.
"""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


def renew(piece: Static, words: Content) -> None:
    """Show these words."""
    before = piece.content
    known = before if isinstance(before, Content) else Content(str(before))
    if known.is_same(words):
        return
    piece.update(words, layout=_room(piece, known) != _room(piece, words))


def _room(piece: Static, words: Content) -> tuple[int, int]:
    """Columns and lines that the words take there, 0 where that is fixed."""
    styles = piece.styles
    width = words.cell_length if styles.is_auto_width else 0
    room = width or piece.scrollable_content_region.width
    if not styles.is_auto_height or not room:
        return width, 0 if room else len(words.plain)
    least, most = styles.min_height, styles.max_height
    high = max(
        words.get_height(piece.styles.get_rules(), room),
        int(least.value) if least is not None and least.is_cells else 0,
    )
    return width, min(high, int(most.value)) if most is not None and most.is_cells else high
