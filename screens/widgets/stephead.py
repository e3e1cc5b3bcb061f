"""The head of a step: its title, how far the hosts are read, and what the step is for.

Knows words and a view's readings. It must not know the step's questions.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from wizard.findings import blocking
from wizard.steps import Step
from wizard.view import View
from wizard.wanted import hosts_refusing
from wizard.words import counted

from .inked import ink, marked
from .renewing import renew


class StepHead(Vertical):
    """Two parts: a line that stays, and the purpose."""

    DEFAULT_CSS = """
    StepHead { height: auto; margin: 0 0 1 0; }
    StepHead Horizontal { height: 1; }
    StepHead .head-title { width: auto; text-style: bold; color: $primary; padding: 0 2 0 0; }
    StepHead .head-state { width: 1fr; text-align: right; }
    StepHead .head-purpose { color: $text-muted; height: auto; }
    """

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(Content(self._step.title), classes="head-title")
            yield Static("", classes="head-state", markup=False)
        yield Static(Content(self._step.purpose), classes="head-purpose")

    def show(self, view: View) -> None:
        """Say how far the hosts are read."""
        state = state_of(view, self._step) if self._step.columns else Content("")
        renew(self.query_one(".head-state", Static), state)


def state_of(view: View, step: Step) -> Content:
    """How far the hosts are read, and what the operator must do: for that, or for what was found at this step."""
    if view.spec is None:
        return Content("")
    names = view.spec.names
    if view.new_keys:
        return marked("warn", f"{counted(len(view.new_keys), 'new host key')} to confirm")
    if hosts := hosts_refusing(view):
        return marked("bad", f"{counted(len(hosts), 'login')} refused")
    lost = sum(1 for name in names if (seen := view.facts_of(name)) and not seen.reached)
    read = sum(1 for name in names if name in view.read_at)
    if view.looking or read < len(names):
        return ink(f"reading: {read} of {counted(len(names), 'host')}", "$text-muted")
    if lost:
        return marked("bad", f"{lost} of {counted(len(names), 'host')} not reached")
    wrong = len(blocking(step.findings(view)))
    if wrong:
        return marked("bad", f"{counted(wrong, 'error')} below")
    return marked("good", f"{counted(len(names), 'host')} read", "$text-muted")
