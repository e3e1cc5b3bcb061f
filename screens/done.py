"""Done: what was verified with its numbers, what is still to do, and how to go on from here.

Shows what the walk knows of its last run. It must not decide what counts as success.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widgets import Static

from wizard.view import View

from .widgets.headline import Headline
from .widgets.hung import Hung
from .widgets.inked import lines
from .widgets.pane import Pane, taken_away
from .widgets.summary import state_line, summary_lines, unreal, web_address

LOW = 24
"""Lines below which the pane leaves out what it can."""


class DonePane(Pane):
    DEFAULT_CSS = """
    DonePane { layout: vertical; height: 1fr; }
    DonePane #summary { height: 1fr; margin: 1 0 0 0; scrollbar-size-vertical: 1; }
    DonePane.-low #summary { margin: 0; }
    DonePane #summary:focus { background-tint: $foreground 2%; }
    """

    BINDINGS = [
        Binding("y", "copy", "Copy the web address"),
        Binding("t", "again", "Try again"),
    ]

    def compose(self) -> ComposeResult:
        yield Headline(self.step.title, self.step.purpose)
        with VerticalScroll(id="summary"):
            yield Hung(id="summary-text")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one("#summary").focus()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < LOW, "-low")

    def show(self, view: View) -> None:
        """See `Pane.show`."""
        del view
        self.query_one(Headline).say(state_line(self.walk))
        self.query_one("#summary-text", Static).update(lines(summary_lines(self.walk)))
        self.refresh_bindings()

    def action_copy(self) -> None:
        """The web address goes to the clipboard of the terminal."""
        address = web_address(self.walk.view)
        self.app.copy_to_clipboard(address)
        self.notify(f"Copied: {address}", markup=False)

    def action_again(self) -> None:
        """Back to where a fresh plan is made and carried out."""
        self.post_message(self.StepWanted("apply"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not offered."""
        del parameters
        view = self.walk.view
        if action == "copy":
            return view.applied == "done" and not unreal(self.walk) and bool(web_address(view))
        return view.applied in {"failed", "cancelled"} if action == "again" else True
