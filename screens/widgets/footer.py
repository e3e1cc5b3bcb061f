"""The line of keys at the bottom: those of what has the focus first, and never one that is cut in half. While a
dialogue lies over the screen, they are the dialogue's.

Knows the bindings that are active. It must not know what they do.
"""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

ALWAYS = ("f1", "f2", "f5", "f7", "f8", "ctrl+q")
"""Keys of the walk, in the order in which they stand."""

NEEDED = {"f1", "f7", "f8", "ctrl+q"}
"""Those that are never crowded out."""

NAMES = {
    "ctrl+q": "^Q",
    "ctrl+p": "^P",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "slash": "/",
    "delete": "Del",
    "question_mark": "?",
}


class KeyLine(Widget):
    """Every key with its word; a click presses it."""

    DEFAULT_CSS = """
    KeyLine { height: 1; dock: bottom; background: $panel; color: $foreground; padding: 0 1; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._updated)
        self.app.screen_change_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            screen.bindings_updated_signal.subscribe(self, self._updated)
        self.refresh()

    def _updated(self, screen: Screen[object]) -> None:
        del screen
        self.refresh()

    def render(self) -> Content:
        own, general = self.keys
        room = self.size.width
        chosen: list[tuple[str, Binding]] = []
        first = [one for one in general if one[0] in NEEDED]
        rest = [one for one in general if one[0] not in NEEDED]
        for key, binding in (*first, *own, *rest):
            width = len(_text(key, binding)) + 2
            if width <= room + 2:
                room -= width
                chosen.append((key, binding))
        ordered = [one for one in (*own, *general) if one in chosen]
        return Content("  ").join([_key(key, binding) for key, binding in ordered])

    def on_click(self, event: events.Click) -> None:
        key = event.style.meta.get("key")
        if key:
            self.app.simulate_key(key)

    @property
    def keys(self) -> tuple[list[tuple[str, Binding]], list[tuple[str, Binding]]]:
        """The keys that count now, whether there is room for them or not: those of what has the focus, and the walk's."""
        active = self.app.screen.active_bindings
        general = [(key, active[key].binding) for key in ALWAYS if key in active and active[key].enabled]
        told = {(active[key].node, active[key].binding.action) for key, _ in general}
        own: list[tuple[str, Binding]] = []
        for key, one in active.items():
            binding = one.binding
            if not binding.show or not one.enabled or key in ALWAYS or (one.node, binding.action) in told:
                continue
            told.add((one.node, binding.action))
            own.append((key, binding))
        return own, general


def _text(key: str, binding: Binding) -> str:
    return f"{_name(key, binding)} {binding.description}"


def _name(key: str, binding: Binding) -> str:
    if binding.key_display:
        return binding.key_display
    if key in NAMES:
        return NAMES[key]
    if key.startswith("ctrl+"):
        return f"^{key[5:].upper()}"
    return key.upper() if key[:1] == "f" and key[1:].isdigit() else key


def _key(key: str, binding: Binding) -> Content:
    press = Style.from_meta({"key": key})
    name = Content.styled(_name(key, binding), "bold $footer-key-foreground")
    return Content.assemble(name, " ", binding.description).stylize(press)
