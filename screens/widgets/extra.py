"""What a step shows beside questions, table and findings: the common shape of such a part.

It shows views and says by a message what the operator wants. It must not change anything itself.
"""

from __future__ import annotations

from textual.containers import Vertical

from wizard.steps import Step
from wizard.view import View


class Extra(Vertical):
    """A part of one step. `show` gets every view, `reached` the host that is highlighted in the table."""

    DEFAULT_CSS = """
    Extra { height: auto; margin: 1 0 0 0; }
    Extra > .extra-title { color: $secondary; text-style: bold; height: auto; }
    Extra > OptionList { height: auto; max-height: 8; border: none; background: $background; padding: 0; }
    Extra > OptionList:focus { border: none; background-tint: transparent; }
    Extra > OptionList > .option-list--option-highlighted {
        background: transparent; color: $foreground; text-style: none;
    }
    Extra > OptionList:focus > .option-list--option-highlighted { background: $foreground 15%; text-style: bold; }
    Extra > Button { width: auto; }
    """

    hint = ""
    """What is said at the foot while the focus is here."""

    urgent = False
    """Whether hosts wait for the operator while this part is shown."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step

    def show(self, view: View) -> None:
        """Draw this view."""

    def reached(self, host: str) -> None:
        """Another host is highlighted."""
