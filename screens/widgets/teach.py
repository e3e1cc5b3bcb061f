"""The teach pane: what a step is for, and what an operator would type by hand for exactly these answers.

Knows words and lines. It must not know how a step makes them.
"""

from __future__ import annotations

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from wizard.steps import ByHand, Step
from wizard.text import clean
from wizard.words import counted

KEYS = (
    ("arrows, Tab", "from field to field"),
    ("Space, Enter", "choose, press, open"),
    ("F1", "this help"),
    ("F2, F3", "log, larger log"),
    ("F5", "read hosts again"),
    ("F7, Esc", "back, nothing lost"),
    ("F8", "next step"),
    ("^P", "commands, themes"),
    ("^C", "copy marked text"),
    ("^Q", "quit, answers kept"),
)


class TeachPane(VerticalScroll):
    """Its text can be marked with the mouse and copied; `c` copies all that would be typed."""

    DEFAULT_CSS = """
    TeachPane { width: 38; height: 1fr; background: $surface; padding: 1 1 1 2; scrollbar-size-vertical: 1; }
    TeachPane.-alone { width: 1fr; }
    TeachPane:focus { background-tint: $foreground 4%; }
    TeachPane Static { height: auto; margin: 0 1 1 0; }
    """

    BINDINGS = [Binding("c", "copy", "Copy"), Binding("escape", "leave", "Close")]

    class Left(Message):
        """The operator has finished reading."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, tuple[ByHand, ...]] | None = None

    def show(self, step: Step, sections: tuple[ByHand, ...]) -> None:
        """Draw this; nothing happens when it is what is there."""
        if self._shown == (step.id, sections):
            return
        same_step = self._shown is not None and self._shown[0] == step.id
        self._shown = (step.id, sections)
        self.refresh_bindings()
        texts = [_titled(step.title, Content(step.purpose))]
        texts += [_section(number, one) for number, one in enumerate(sections)]
        if not sections:
            texts.append(Content.styled("There is nothing to type by hand in this step.", "$text-muted"))
        texts.append(_titled("Keys", _keys()))
        there = list(self.query(Static))
        for static, text in zip(there, texts, strict=False):
            static.update(text)
        for text in texts[len(there) :]:
            self.mount(Static(text))
        for static in there[len(texts) :]:
            static.remove()
        if not same_step:
            self.scroll_home(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to copy where something would be typed."""
        del parameters
        return action != "copy" or (self._shown is not None and bool(self._shown[1]))

    def action_copy(self) -> None:
        sections = self._shown[1] if self._shown else ()
        lines = [clean(line) for one in sections for line in (f"# {one.title}", *one.lines, "")]
        self.app.copy_to_clipboard("\n".join(lines))
        self.notify(f"Copied {counted(len(lines), 'line')}.", markup=False, timeout=4)

    def action_leave(self) -> None:
        self.post_message(self.Left())


def _titled(title: str, body: Content) -> Content:
    return Content.assemble((clean(title), "bold $primary"), "\n", body)


def _section(number: int, one: ByHand) -> Content:
    """What is typed, below where it is typed; the first one below the word that says so."""
    heading = Content.assemble(("By hand", "bold $primary"), "\n") if not number else ""
    return Content.assemble(heading, (clean(one.title), "$secondary"), "\n", _block(one.lines))


def _block(lines: tuple[str, ...]) -> Content:
    return Content(clean("\n".join(lines)).expandtabs(4))


def _keys() -> Content:
    parts: list[Content | str] = []
    for key, words in KEYS:
        parts += [
            Content.styled(f"{key:<13}", "$footer-key-foreground"),
            Content.styled(words, "$text-muted"),
            "\n",
        ]
    return Content.assemble(*parts[:-1])
