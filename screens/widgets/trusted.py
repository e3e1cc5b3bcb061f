"""The keys that open an account already, for the host that is highlighted; and what will be added to them.

Knows rows of keys. It must not know how they were read.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from wizard.steps.ssh_keys import TrustedRow, to_be_added, trusted_keys
from wizard.text import one_line
from wizard.view import View
from wizard.words import name_of

from .extra import Extra
from .inked import ink, lines

MOST = 12
"""Keys that are listed; the others are counted."""


class TrustedKeys(Extra):
    """Follows the highlight of the table."""

    _view: View | None = None
    _host = ""

    def compose(self) -> ComposeResult:
        yield Static("", classes="extra-title", markup=False)
        yield Static("", id="trusted", markup=False)

    def show(self, view: View) -> None:
        self._view = view
        if not self._host and view.spec is not None:
            self._host = view.spec.names[0]
        self._draw()

    def reached(self, host: str) -> None:
        self._host = host
        self._draw()

    def _draw(self) -> None:
        view, host = self._view, self._host
        seen = view.facts_of(host) if view else None
        self.display = seen is not None and seen.ssh is not None
        if view is None or not self.display:
            return
        rows = trusted_keys(view, host)
        self.query_one(".extra-title", Static).update(ink(f"Keys that {name_of(host)} trusts already"))
        told = [_line(row) for row in rows[:MOST]] or [ink("none", "$text-muted")]
        if len(rows) > MOST:
            told.append(ink(f"and {len(rows) - MOST} more", "$text-muted"))
        if added := to_be_added(view, host):
            told.append(Content.assemble(("+ ", "$success"), ink(f"will be added: {added}")))
        self.query_one("#trusted", Static).update(lines(told))


def _line(row: TrustedRow) -> Content:
    comment = row.comment or "without a comment"
    ours = "  the cluster key" if row.ours else ""
    parts = [ink(f"  {comment}", "bold"), ink(f"  {row.type}", "$text-muted"), ink(ours, "$success")]
    parts += [ink(f"\n    {one_line(row.fingerprint, 80)}", "$text-muted")]
    if row.options:
        parts.append(ink(f"\n    only with: {row.options}", "$warning"))
    return Content.assemble(*parts)
