"""Findings: what is wrong, where it was seen and what mends it; after a run also what became of each.

Shows what the walk's checks say. It must not judge anything itself, nor mend it.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.findings import mendable
from wizard.session import CHECKED, INSPECTED
from wizard.steps import Step
from wizard.view import View
from wizard.walk import Walk
from wizard.words import counted

from .widgets.cases import Case, cases_of
from .widgets.casetext import case_content, case_line, healthy_content
from .widgets.headline import Headline
from .widgets.hung import Hung
from .widgets.inked import MUTED, ink, marked
from .widgets.matrix import matrix_content
from .widgets.pane import Pane, taken_away

WIDE = 96
"""Columns from which list and detail stand side by side."""

LOW = 24
"""Lines below which the pane leaves out what it can."""


class FindingsPane(Pane):
    DEFAULT_CSS = """
    FindingsPane { layout: vertical; height: 1fr; }
    FindingsPane #findings { height: 1fr; layout: vertical; margin: 1 0 0 0; }
    FindingsPane.-low #findings { margin: 0; }
    FindingsPane #list {
        height: auto; max-height: 45%; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    FindingsPane #list:focus { border: none; background-tint: $foreground 0%; }
    FindingsPane #list > .option-list--option-highlighted { background: $panel; color: $foreground; text-style: bold; }
    FindingsPane #list:focus > .option-list--option-highlighted {
        background: $primary 30%; color: $foreground; text-style: bold;
    }
    FindingsPane #detail {
        height: 1fr; border-top: solid $border; padding: 0; scrollbar-size-vertical: 1;
    }
    FindingsPane #detail:focus { border-top: solid $primary; }
    FindingsPane #matrix { height: 1fr; display: none; scrollbar-size-vertical: 1; }
    FindingsPane.-wide #findings { layout: grid; grid-size: 2 2; grid-columns: 1fr 1fr; grid-rows: 1fr 1fr; grid-gutter: 1 0; }
    FindingsPane.-wide #list { max-height: 100%; height: 1fr; }
    FindingsPane.-wide #detail {
        row-span: 2; border-top: none; border-left: solid $border; padding: 0 0 0 2; margin: 0 0 0 2;
    }
    FindingsPane.-wide #detail:focus { border-left: solid $primary; }
    FindingsPane.-wide #matrix { display: block; }
    FindingsPane.-matrix #matrix { display: block; }
    FindingsPane.-matrix #detail { display: none; }
    FindingsPane.-wide #detail { display: block; }
    FindingsPane.-healthy #list, FindingsPane.-healthy #matrix { display: none; }
    FindingsPane.-healthy #findings { layout: vertical; }
    FindingsPane.-healthy #detail { display: block; border: none; margin: 0; padding: 0; }
    """

    BINDINGS = [
        Binding("m", "matrix", "Hosts × findings"),
        Binding("space", "tick", "Mend or not"),
        Binding("w", "waive", "Waive"),
    ]

    def __init__(self, walk: Walk, step: Step) -> None:
        super().__init__(walk, step)
        self._cases: tuple[Case, ...] = ()
        self._listed: tuple[Content, ...] = ()
        self._chosen = ""

    def compose(self) -> ComposeResult:
        yield Headline(self.step.title, self.step.purpose)
        with Container(id="findings"):
            yield OptionList(id="list", markup=False)
            with VerticalScroll(id="detail"):
                yield Hung(id="detail-text")
            with VerticalScroll(id="matrix"):
                yield Static("", id="matrix-text", markup=False)

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one("#list").focus()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height < LOW, "-low")
        self.refresh_bindings()
        self.call_after_refresh(self._draw_beside)

    def show(self, view: View) -> None:
        """See `Pane.show`."""
        self._cases = cases_of(self.walk)
        self.query_one(Headline).say(self._state(view))
        self.set_class(not self._cases, "-healthy")
        listed = tuple(case_line(case, self.walk.mask, self._tick_of(case)) for case in self._cases)
        if listed != self._listed:
            self._listed = listed
            self._fill()
        self._draw_beside()
        self.refresh_bindings()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_index < len(self._cases):
            self._chosen = self._cases[event.option_index].key
            self.query_one("#detail").scroll_home(animate=False)
            self._draw_beside()
            self.refresh_bindings()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter goes on to read it."""
        event.stop()
        self.remove_class("-matrix")
        self.query_one("#detail").focus()

    def action_matrix(self) -> None:
        """The table in place of the detail, where there is no room for both."""
        self.toggle_class("-matrix")
        self.call_after_refresh(self._draw_beside)

    def action_tick(self) -> None:
        """Mend the findings of this id by the plan, or leave them."""
        case = self._case
        if case is not None:
            self.walk.tick(case.finding.id, not self.walk.is_ticked(case.finding))

    def _tick_of(self, case: Case) -> bool | None:
        """Whether the plan mends it; None where there is nothing to choose."""
        if not self.walk.mends or case.fate == "mended" or not mendable(case.finding):
            return None
        return self.walk.is_ticked(case.finding)

    def action_waive(self) -> None:
        """From now on the findings of this id only warn, or weigh again."""
        case = self._case
        if case is not None:
            finding = case.finding
            self.walk.waive(finding.id, not finding.waived)
            said = "weighs again" if finding.waived else "only warns from now on"
            self.notify(f"{finding.id} {said}.", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not offered."""
        del parameters
        case = self._case
        if action == "tick":
            return case is not None and self._tick_of(case) is not None
        if action == "waive":
            return (
                case is not None
                and case.fate != "mended"
                and (case.finding.waived or case.finding.severity == "error")
            )
        return not self.has_class("-wide") and bool(self._cases) if action == "matrix" else True

    @property
    def _case(self) -> Case | None:
        return next((case for case in self._cases if case.key == self._chosen), None)

    def _fill(self) -> None:
        """The list anew, with the cursor on the same finding as before where it is still there."""
        options = self.query_one("#list", OptionList)
        options.clear_options()
        options.add_options([Option(line) for line in self._listed])
        if self._cases:
            keys = [case.key for case in self._cases]
            place = keys.index(self._chosen) if self._chosen in keys else 0
            self._chosen = keys[place]
            options.highlighted = place

    def _draw_beside(self) -> None:
        view, case = self.walk.view, self._case
        if case is not None:
            said = case_content(case, self.walk.mask)
        elif view.complete and not view.looking:
            said = healthy_content(view, INSPECTED if self.walk.mends else CHECKED)
        else:
            said = ink("What the checks say stands here as soon as the hosts are read.", MUTED)
        self.query_one("#detail-text", Static).update(said)
        table = self.query_one("#matrix", VerticalScroll)
        width = table.scrollable_content_region.width or self.size.width
        self.query_one("#matrix-text", Static).update(
            matrix_content(view, self._cases, case.finding.id if case else "", width)
        )

    def _state(self, view: View) -> Content:
        names = view.spec.names if view.spec is not None else ()
        if not names:
            return marked("wait", "Name the master first: there is nothing to look at yet.")
        unread = [name for name in names if name not in view.read_at or name in view.reading]
        if unread:
            return marked("wait", f"Reading the hosts: {len(names) - len(unread)} of {len(names)} read.")
        parts: list[Content] = []
        for severity, mark in (("error", "bad"), ("warning", "warn"), ("info", "note")):
            number = sum(one.severity == severity for one in view.findings)
            if number:
                word = "remark" if severity == "info" else severity
                parts.append(marked(mark, counted(number, word), "bold"))
        mended = sum(case.fate == "mended" for case in self._cases)
        if self.walk.mends and view.findings:
            chosen = sum(bool(self._tick_of(case)) for case in self._cases)
            parts.append(ink(f"{counted(chosen, 'fix is', 'fixes are')} ticked", "bold"))
        if mended:
            parts.append(marked("good", f"{mended} mended", "bold"))
        if all(one.severity == "info" for one in view.findings):
            parts.insert(0, marked("good", "healthy", "bold $text-success"))
        parts.append(ink(f"{counted(len(names), 'host')} looked at; F5 reads them again", MUTED))
        return Content("  ").join(parts)
