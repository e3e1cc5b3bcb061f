"""Hosts against findings, a mark in each cell; turned over where the hosts are too many for columns.

Knows cases and names. It must not know how anything was read.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from wizard.text import one_line
from wizard.view import View
from wizard.words import name_of

from .cases import Case
from .inked import MARKS, MUTED, ink, lines

UNREAD = ("?", MUTED)
CLEAR = ("·", MUTED)
MENDED = ("✓", MARKS["good"][1])

CHOSEN = "bold reverse"

NAME = 14
"""Columns that the name of a host takes at most."""


def matrix_content(view: View, cases: Sequence[Case], chosen: str, width: int) -> Content:
    """The table in so many columns, one row or column an id; that of `chosen` stands out."""
    hosts = view.spec.names if view.spec is not None else ()
    if not hosts or not cases:
        return Content("")
    ids = tuple(dict.fromkeys(case.finding.id for case in cases))
    first = max(len(id) for id in ids)
    each = [min(len(name_of(host)), NAME) + 2 for host in hosts]
    drawn = _by_finding if first + sum(each) <= width else _by_host
    return lines([*drawn(view, cases, ids, chosen, hosts), Content(""), _legend()])


def cell(view: View, cases: Sequence[Case], id: str, host: str) -> tuple[str, str]:
    """The mark of an id on a host, and its style."""
    mine = [case for case in cases if case.finding.id == id]
    for case in mine:
        if case.fate != "mended" and host in case.finding.hosts:
            return MARKS[case.mark]
    if any(host in case.mended for case in mine):
        return MENDED
    seen = view.facts_of(host)
    return CLEAR if seen is not None and seen.reached else UNREAD


def _by_finding(
    view: View, cases: Sequence[Case], ids: Sequence[str], chosen: str, hosts: Sequence[str]
) -> list[Content]:
    first = max(len(id) for id in ids)
    widths = [min(len(name_of(host)), NAME) for host in hosts]
    head = "".join(
        f"  {one_line(name_of(host), wide):<{wide}}" for host, wide in zip(hosts, widths, strict=True)
    )
    rows = [ink(f"{'':<{first}}{head}", MUTED)]
    for id in ids:
        cells = [
            Content.assemble("  ", cell(view, cases, id, host), " " * (wide - 1))
            for host, wide in zip(hosts, widths, strict=True)
        ]
        rows.append(Content.assemble(ink(f"{id:<{first}}", CHOSEN if id == chosen else ""), *cells))
    return rows


def _by_host(
    view: View, cases: Sequence[Case], ids: Sequence[str], chosen: str, hosts: Sequence[str]
) -> list[Content]:
    wide = min(max(len(name_of(host)) for host in hosts), 24)
    rows = [ink(f"{number:>3}  {id}", CHOSEN if id == chosen else "") for number, id in enumerate(ids, 1)]
    head = "".join(f"{number:>4}" for number in range(1, len(ids) + 1))
    rows += [Content(""), ink(f"{'':<{wide}}{head}", MUTED)]
    clear = 0
    for host in hosts:
        cells = [cell(view, cases, id, host) for id in ids]
        if all(one == CLEAR for one in cells):
            clear += 1
            continue
        marks = [Content.assemble("   ", one) for one in cells]
        rows.append(Content.assemble(ink(f"{one_line(name_of(host), wide):<{wide}}"), *marks))
    if clear:
        rows.append(ink(f"and {clear} more, where nothing of this was found", MUTED))
    return rows


def _legend() -> Content:
    said = (("bad", "error"), ("warn", "warning"), ("note", "remark"))
    parts = [Content.assemble(MARKS[state], f" {word}  ") for state, word in said]
    return Content.assemble(
        *parts, MENDED, " mended  ", CLEAR, ink(" not found  ", MUTED), UNREAD, ink(" not read", MUTED)
    )
