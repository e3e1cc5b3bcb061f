"""The steps of the walk at the left, each with a mark; a step that was visited can be gone back to.

Knows steps and a view. It must not know what a step asks.
"""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wizard.steps import Step
from wizard.view import View

MARKS = {"done": ("✓", "$success"), "attention": ("!", "$warning"), "todo": ("·", "$text-disabled")}
CURRENT = "▸"


class Rail(Widget, can_focus=True):
    """A line for each step, with blank lines between them where there is room."""

    DEFAULT_CSS = """
    Rail { width: 16; height: 1fr; background: $surface; padding: 0 0 0 1; }
    Rail.-roomy { width: 20; padding: 1 1 0 2; }
    """

    BINDINGS = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("enter,space,right", "choose", "Go to this step"),
    ]

    class Chosen(Message):
        """The operator wants to go to this step."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, steps: tuple[Step, ...], id: str) -> None:
        super().__init__(id=id)
        self.steps = steps
        self._current = 0
        self._cursor = 0
        self._standings: tuple[str, ...] = ("todo",) * len(steps)

    def show(self, view: View, current: int) -> None:
        """Draw these standings, with this step as the current one."""
        standings = tuple(step.standing(view) for step in self.steps)
        if (standings, current) != (self._standings, self._current):
            if current != self._current:
                self._cursor = current
            self._standings, self._current = standings, current
            self.refresh()

    def action_move(self, by: int) -> None:
        self._cursor = (self._cursor + by) % len(self.steps)
        self.refresh()

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self.steps[self._cursor].id))

    def on_focus(self) -> None:
        self._cursor = self._current
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        number, between = divmod(offset.y, self._pitch)
        if not between and number < len(self.steps):
            self._cursor = number
            self.action_choose()

    @property
    def _pitch(self) -> int:
        """Lines from one step to the next."""
        return 2 if self.size.height >= 2 * len(self.steps) - 1 else 1

    def render(self) -> Content:
        width = self.size.width
        lines: list[Content | str] = []
        for number, step in enumerate(self.steps):
            if lines:
                lines.append("\n" * self._pitch)
            lines.append(self._line(number, step, width))
        return Content.assemble(*lines)

    def _line(self, number: int, step: Step, width: int) -> Content:
        standing = self._standings[number]
        mark, colour = MARKS[standing]
        words = "$text-disabled" if standing == "todo" else ""
        if number == self._current:
            # What needs attention is told of the current step too.
            mark, colour, words = CURRENT, "bold $primary", "bold"
            if standing == "attention":
                line = Content.assemble((mark, colour), ("!", "bold $warning"), (step.title, words))
                return self._under_cursor(number, line, width)
        line = Content.assemble((mark, colour), " ", (step.title, words))
        return self._under_cursor(number, line, width)

    def _under_cursor(self, number: int, line: Content, width: int) -> Content:
        if self.has_focus and number == self._cursor:
            return line.truncate(width, pad=True).stylize("reverse")
        return line.truncate(width, ellipsis=True)
