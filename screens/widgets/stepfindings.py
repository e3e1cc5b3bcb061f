"""What the checks say at a step: a line for each finding, and on Enter what was seen, what is wanted, why, and the fix.

Knows findings. It must not know what a plan would do, beyond what a finding says of it.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wizard.findings import Finding
from wizard.steps.typed import names
from wizard.text import one_line
from wizard.words import counted

from .hung import Hung
from .inked import ink, lines, marked, told
from .renewing import renew

STATES = {"error": ("bad", "error"), "warning": ("warn", "warning"), "info": ("note", "remark")}
"""Severity → its mark and its word."""

MOST = 20
"""Findings that are shown at once: hundreds of hosts may have one each, and every layout measures them."""

Key = tuple[str, str, tuple[str, ...]]
"""What makes a finding the same as before."""

EVIDENCE = 8
"""Lines of evidence that are shown."""


class FindingRow(Hung, can_focus=True):
    """Enter opens and closes it."""

    DEFAULT_CSS = """
    FindingRow { height: auto; width: 1fr; }
    FindingRow:focus { background: $foreground 15%; }
    """

    BINDINGS = [Binding("enter,space", "open", "Details")]

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.opened = False
        super().__init__(self._said())

    def show(self, finding: Finding) -> None:
        """Draw this finding; what is open stays open."""
        if finding != self.finding:
            self.finding = finding
            renew(self, self._said())

    def action_open(self) -> None:
        self.opened = not self.opened
        self.update(self._said())
        self.call_after_refresh(self.scroll_visible, animate=False)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_open()

    def _said(self) -> Content:
        one = self.finding
        state, word = STATES[one.severity]
        told_already = len(one.hosts) == 1 and one.hosts[0] in one.title.split()
        where = f" ({names(one.hosts, 3)})" if one.hosts and not told_already else ""
        head = Content.assemble(
            "▾ " if self.opened else "▸ ",
            marked(state, word),
            "  ",
            ink(one_line(one.title, 200)),
            ink(where, "$text-muted"),
            ink(f"  {remedy(one)}", "$text-muted"),
        )
        return lines([head, *(line for line in _details(one))]) if self.opened else head


class StepFindings(Vertical):
    """All findings of a step, the worst first."""

    DEFAULT_CSS = """
    StepFindings { height: auto; }
    StepFindings > .findings-title, StepFindings > .findings-more { color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[Key, FindingRow] = {}

    def compose(self) -> ComposeResult:
        yield Static("", classes="findings-title", markup=False)
        yield Static("", classes="findings-more", markup=False)

    def show(self, findings: tuple[Finding, ...]) -> None:
        """Draw the gravest of these; a row stays itself while its finding does.

        Where there is none, the rows stay out of sight: hosts that are read anew mostly have the same again.
        """
        self.display = bool(findings)
        if not findings:
            return
        order = ("error", "warning", "info")
        ordered = sorted(findings, key=lambda one: order.index(one.severity))
        shown = {(one.id, one.title, one.hosts): one for one in ordered[:MOST]}
        title = counted(len(ordered), "finding", "findings")
        renew(self.query_one(".findings-title", Static), Content(title))
        more = len(ordered) - MOST
        last = self.query_one(".findings-more", Static)
        renew(last, Content(f"{more} more come into sight as these are mended." if more > 0 else ""))
        last.display = more > 0
        self._take_over(shown)
        if [key for key in shown if key in self._rows] != list(self._rows):
            self._reorder([key for key in shown if key in self._rows])
        made: dict[Key, FindingRow] = {}
        fresh: list[FindingRow] = []
        for key, one in shown.items():
            row = self._rows.get(key)
            if row is None:
                made[key] = FindingRow(one)
                fresh.append(made[key])
                continue
            if fresh:
                self.mount(*fresh, before=row)
                fresh = []
            row.show(one)
            made[key] = row
        if fresh:
            self.mount(*fresh, before=last)
        self._rows = made

    def _take_over(self, shown: dict[Key, Finding]) -> None:
        """A row whose finding is gone takes one that is new, of the same check where there is one: to take a row away and
        put another there costs two layouts of the screen. A row for which nothing is left goes."""
        new = [key for key in shown if key not in self._rows]
        rows: dict[Key, FindingRow] = {}
        for old, row in self._rows.items():
            key = old
            if old not in shown:
                if not new:
                    row.remove()
                    continue
                key = next((one for one in new if one[0] == old[0]), new[0])
                new.remove(key)
                row.opened = row.opened and old[0] == key[0] and bool(set(old[2]) & set(key[2]))
            rows[key] = row
        self._rows = rows

    def _reorder(self, keys: list[Key]) -> None:
        """Put the rows that stay into this order; only those are moved that stand elsewhere."""
        now = list(self._rows)
        for place, key in enumerate(keys):
            if now[place] != key:
                self.move_child(self._rows[key], before=self._rows[now[place]])
                now.remove(key)
                now.insert(place, key)
        self._rows = {key: self._rows[key] for key in keys}


def remedy(finding: Finding) -> str:
    """Who mends it: the plan, or somebody by hand."""
    if finding.waived:
        return "- waived"
    if finding.fix is None:
        return ""
    if finding.fix.operation and finding.fix.grade == "safe":
        return "- the plan does this"
    if finding.fix.operation:
        return "- the plan does this once you agree"
    return "- by hand" if finding.severity != "info" else ""


def _details(one: Finding) -> list[Content]:
    parts = [
        *told("seen", one.observed),
        *told("wanted", one.wanted),
        *told("why", one.why),
        *told("proof", "\n".join(one.evidence[:EVIDENCE])),
    ]
    if one.fix is not None:
        parts += told("fix", one.fix.title)
        parts += told("", "\n".join(one.fix.commands), "$accent")
    return [Content.assemble("    ", part) for part in parts]
