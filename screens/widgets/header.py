"""The line at the top: which cluster, which use, what of it, and which step. What is at stake is never left out.

Knows a view and a width. It must not know any step.
"""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from wizard.text import one_line
from wizard.view import View
from wizard.words import counted, name_of

from .curtain import badge_of


class WalkHeader(Widget):
    """The newest view in one line; `at` is the place of the step (from 1), `of` how many there are."""

    DEFAULT_CSS = """
    WalkHeader { height: 1; background: $panel; color: $foreground; }
    """

    view: reactive[View | None] = reactive(None)
    at: reactive[int] = reactive(1)
    of: reactive[int] = reactive(1)

    def render(self) -> Content:
        if self.view is None:
            return Content("")
        return header_line(self.view, self.at, self.of, self.size.width)


def header_line(view: View, at: int, of: int, width: int) -> Content:
    """The header in at most `width` columns: what is less needed is left out first."""
    cluster = one_line(view.answers.text_at("cluster") or "no name yet", 20)
    left = Content.assemble((f" {cluster} ", "bold reverse $primary"), " ", badge_of(view.use))
    if view.applied == "running":
        left = Content.assemble(left, " ", (" RUN UNDER WAY ", "bold reverse $success"))
    for facts, step in _shapes(view, at, of):
        room = width - left.cell_length - len(step) - 1
        if len(facts) + 2 <= room or not facts:
            gap = " " * max(room - len(facts) - 2, 1)
            return Content.assemble(left, "  ", facts, gap, (step, "$text-muted")).truncate(width)
    return left


def _shapes(view: View, at: int, of: int) -> tuple[tuple[str, str], ...]:
    """What is told of the cluster and of the step, from the longest form to the shortest."""
    version = f"Flink {one_line(view.answers.text_at('flink.version') or '', 12)}"
    if view.spec is None:
        flink, master, workers = version.strip() if version != "Flink " else "", "", ""
    else:
        flink = f"Flink {one_line(view.spec.flink.version, 12)}"
        master = one_line(name_of(view.spec.master.name), 24)
        workers = counted(len(view.spec.workers), "worker")
    long = " · ".join(part for part in (flink, f"master {master}" if master else "", workers) if part)
    short = " · ".join(part for part in (flink, f"{master} + {workers}" if master else "") if part)
    tiny = " · ".join(
        part for part in (flink, f"{master} + {len(view.spec.workers)}" if view.spec else "") if part
    )
    step, brief = f"step {at} of {of} ", f"{at}/{of} "
    return (
        (long, step),
        (long, brief),
        (short, step),
        (short, brief),
        (tiny, step),
        (tiny, brief),
        (flink, step),
        (flink, brief),
        ("", brief),
    )
