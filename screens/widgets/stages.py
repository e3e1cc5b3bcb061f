"""The stages of a run as a list: which are done, which one is at hand, which are to come.

Knows a picture of a run. It must not know what a stage does.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard.progress import Progress, StageProgress
from wizard.words import counted

from .inked import MUTED, ink, lines, marked, span


def stage_line(stage: StageProgress) -> Content:
    """One stage with its mark and how far it is."""
    match stage.state:
        case "done":
            return marked("good", stage.title, "")
        case "running":
            of = f"  {stage.ended}/{stage.steps}" if stage.steps > 1 else ""
            return Content.assemble(marked("at", stage.title, "bold"), ink(of, MUTED))
        case _:
            return marked("wait", stage.title)


class StageList(VerticalScroll):
    """All stages below one another; the one at hand is kept in sight."""

    DEFAULT_CSS = """
    StageList { height: 1fr; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._at = 0

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def show(self, progress: Progress) -> None:
        """Draw this picture."""
        self.query_one(Static).update(lines(stage_line(stage) for stage in progress.stages))
        stage = at_hand(progress)
        self._at = stage.number - 1 if stage else len(progress.stages) if progress.outcome else 0
        self._follow()

    def on_resize(self) -> None:
        self._follow()

    def _follow(self) -> None:
        self.call_after_refresh(self.scroll_to, y=max(self._at - self.size.height // 2, 0), animate=False)


def at_hand(progress: Progress) -> StageProgress | None:
    """The stage that runs now."""
    return next((stage for stage in progress.stages if stage.state == "running"), None)


def bar_content(progress: Progress, width: int, pace: str = "") -> Content:
    """How much of the run is behind: a bar, the share in figures, the time, and the pace of a rehearsal."""
    done = 1.0 if progress.outcome == "done" else progress.done
    said = f" {int(done * 100):>3} %  {span(progress.seconds)}"
    if progress.left is not None:
        said += f", this copy has about {span(progress.left)} left"
    said += f"  {pace}" if pace else ""
    cells = max(min(width - len(said), 60), 8)
    full = round(cells * done)
    style = {"": "$primary", "done": "$success", "cancelled": "$warning"}.get(progress.outcome, "$error")
    return Content.assemble(("█" * full, style), ("░" * (cells - full), "$text-disabled"), ink(said))


def stages_sentence(progress: Progress) -> Content:
    """Where the run stands, in one line."""
    stage = at_hand(progress)
    number = sum(one.state == "done" for one in progress.stages)
    if stage is None:
        return ink(f"{number} of {counted(len(progress.stages), 'stage')} done", MUTED)
    of = f" ({stage.ended} of {stage.steps} steps)" if stage.steps > 1 else ""
    return marked("at", f"stage {stage.number} of {len(progress.stages)}: {stage.title}{of}", "bold")
