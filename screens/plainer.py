"""A screen in ASCII, for terminals that speak nothing else: every sign is replaced by one of the same width.

Knows signs. It must not know what is drawn.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    **dict.fromkeys("─━═╌┄┈╴╶╸╺⎯–—−▔▁", "-"),
    **dict.fromkeys("│┃║╎┆┊╵╷╹╻▏▕▌▐▎▊", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬", "+"),
    **dict.fromkeys("█▉▓▒■◼▮", "#"),
    **dict.fromkeys("▀▄▂▃▅▆▇▍▋░▖▗▘▙▚▛▜▝▞▟", " "),
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("✓✔", "+"),
    **dict.fromkeys("✗✘×", "x"),
    **dict.fromkeys("▸▶►→›❯⏵", ">"),
    **dict.fromkeys("◂◀◄←‹", "<"),
    **dict.fromkeys("▾▼↓⏷", "v"),
    **dict.fromkeys("▴▲↑⏶", "^"),
    **dict.fromkeys("·•∙●○◉◌", "*"),
    "·": ".",
    "…": "~",
    "≤": "<",
    "≥": ">",
    "≈": "~",
    "\u00a0": " ",
}
_TABLE = str.maketrans(_SIGNS)


@lru_cache(4096)
def plainer(text: str) -> str:
    """The text in ASCII, as wide as before; what has no like there becomes a question mark."""
    if text.isascii():
        return text
    return "".join(one if one.isascii() else _like(one) for one in text.translate(_TABLE))


def _like(sign: str) -> str:
    width = cell_len(sign)
    letter = unicodedata.normalize("NFKD", sign)[:1]
    return letter if width == 1 and letter.isascii() else "?" * width


class Plainer(LineFilter):
    """Makes every line that is drawn ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        del background
        return [Segment(plainer(text), style, control) for text, style, control in segments]
