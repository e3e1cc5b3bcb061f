"""Fields in which editing keys act in their turn: letters that were typed behind them do not overtake them.

Textual (8.2) lets a key that is bound go all the way up to the application before its action is done; what follows it
in the same burst is inserted meanwhile, and is deleted with the rest. It must not know what a field is for.
"""

from __future__ import annotations

from textual import events, widgets
from textual.widget import Widget

_LINE = {
    "ctrl+w": "delete_left_word",
    "home": "home",
    "ctrl+a": "home",
    "end": "end",
    "ctrl+e": "end",
    "backspace": "delete_left",
    "delete": "delete_right",
    "ctrl+d": "delete_right",
    "ctrl+u": "delete_left_all",
    "ctrl+k": "delete_right_all",
}
_LINES = {
    "backspace": "delete_left",
    "delete": "delete_right",
    "ctrl+d": "delete_right",
    "ctrl+w": "delete_word_left",
    "ctrl+u": "delete_to_start_of_line",
    "home": "cursor_line_start",
    "ctrl+a": "cursor_line_start",
    "end": "cursor_line_end",
    "ctrl+e": "cursor_line_end",
}


async def _act(field: Widget, event: events.Key, actions: dict[str, str]) -> None:
    action = actions.get(event.key)
    if action is not None:
        event.stop()
        event.prevent_default()
        await field.run_action(action)


class Input(widgets.Input):
    """One line."""

    async def _on_key(self, event: events.Key) -> None:
        await _act(self, event, _LINE)


class TextArea(widgets.TextArea):
    """Several lines."""

    async def _on_key(self, event: events.Key) -> None:
        await _act(self, event, _LINES)
