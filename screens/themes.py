"""Our two themes, as data: a dark one, which is the default, and a light one.

Knows colours. It must not know where they are used; no meaning hangs on a colour alone.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = "wizard-dark"
LIGHT = "wizard-light"

THEMES = (
    Theme(
        name=DARK,
        primary="#ec5f7f",
        secondary="#7aa2f7",
        accent="#f5b342",
        warning="#f5b342",
        error="#ff6b6b",
        success="#73d29a",
        foreground="#dfe1e8",
        background="#14161b",
        surface="#1b1e25",
        panel="#242832",
        dark=True,
        variables={
            "border": "#4a5060",
            "text-muted": "#9aa1b0",
            "text-disabled": "#6b7282",
            "input-cursor-text-style": "reverse",
            "scrollbar": "#3a4050",
            "scrollbar-hover": "#4a5060",
            "scrollbar-active": "#7aa2f7",
            "scrollbar-background": "#1b1e25",
            "footer-key-foreground": "#f5b342",
        },
    ),
    Theme(
        name=LIGHT,
        primary="#b3224a",
        secondary="#1f57b8",
        accent="#8a5a00",
        warning="#8a5a00",
        error="#b3171f",
        success="#1b6e3c",
        foreground="#1d2027",
        background="#fbfbfc",
        surface="#f1f2f5",
        panel="#e3e6ec",
        dark=False,
        variables={
            "border": "#aab0bd",
            "text-muted": "#596070",
            "text-disabled": "#828a99",
            "input-cursor-text-style": "reverse",
            "scrollbar": "#b6bcc8",
            "scrollbar-hover": "#959cab",
            "scrollbar-active": "#1f57b8",
            "scrollbar-background": "#f1f2f5",
            "footer-key-foreground": "#8a5a00",
        },
    ),
)
