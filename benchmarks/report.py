"""The figures as Markdown: printed, and put into docs/performance.md between that benchmark's own marks.

Knows the document and nothing of how a figure came about. What stands outside the marks is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measure import Load, Report

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def markdown(report: Report, date: str, load: Load, machine: str, rounds: str) -> str:
    """One section: title, expectations, table, notes, and the circumstances."""
    parts = [f"## {report.title}", ""]
    parts += [one.line() for one in report.expected]
    if report.expected:
        parts.append("")
    parts += _table(report.columns, report.rows)
    parts.append("")
    for note in report.notes:
        parts += [note, ""]
    parts.append(f"*{date}; {rounds}; {machine}; before it: {load}.*")
    return "\n".join(parts)


def _table(columns: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", "|---" + "|--:" * (len(columns) - 1) + "|"]
    return [*head, *(f"| {' | '.join(line)} |" for line in lines)]


def write(name: str, text: str) -> None:
    """Replace that benchmark's part of the document, or append it where there is none yet."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    block = f"{begin}\n{text}\n{end}"
    old = DOCUMENT.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    new = pattern.sub(lambda _: block, old) if pattern.search(old) else f"{old.rstrip()}\n\n{block}\n"
    DOCUMENT.write_text(new, encoding="utf-8")
