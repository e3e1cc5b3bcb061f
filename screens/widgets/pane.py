"""The middle of the screen: what every pane of the walk has in common.

A pane shows views and takes events; both come on the user-interface thread. It reaches the engine through the walk
alone, and it never waits.
"""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from wizard.events import Event
from wizard.steps import ByHand, Step
from wizard.view import View
from wizard.walk import Walk


class Pane(Widget):
    """One step on the screen. `show` gets every new view while it is mounted, `take` every event."""

    class NextWanted(Message):
        """The operator wants to go on to the next step."""

    class BackWanted(Message):
        """The operator wants to go back to the step before."""

    class StepWanted(Message):
        """The operator wants to go to a certain step."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, walk: Walk, step: Step) -> None:
        super().__init__(id=f"pane-{step.id}")
        self.walk = walk
        self.step = step

    def show(self, view: View) -> None:
        """Draw this view; called first when the pane is mounted."""

    def take(self, event: Event) -> None:
        """Something happened in a run; called in order."""

    def by_hand(self, view: View) -> tuple[ByHand, ...]:
        """What the teach pane shows beside this pane."""
        return self.step.by_hand(view)

    def may_leave(self) -> str:
        """Why Next is refused now, "" when it is not."""
        return ""


def give_keys(widget: Widget) -> None:
    """Let this widget have the keys from now on. `Widget.focus` only asks for it: keys that wait would go elsewhere."""
    widget.screen.set_focus(widget)


def taken_away(widget: Widget) -> bool:
    """Whether this widget is on its way out with all that is in it. It can be so before it was ever mounted."""
    return not widget.display
