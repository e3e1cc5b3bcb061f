"""Findings with what became of them: found, mended by the last run, or still there.

Knows findings before and now. It must not know how they were made, nor how they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wizard.findings import Finding
from wizard.walk import Walk

Fate = Literal["found", "mended", "still there", "new"]

ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Case:
    """One finding. `mended` are the hosts on which the last run has mended it."""

    finding: Finding
    fate: Fate
    mended: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same when the finding is read anew."""
        return f"{self.finding.id} {' '.join(self.finding.hosts)}"

    @property
    def mark(self) -> str:
        """The state by which it is drawn."""
        if self.fate == "mended":
            return "good"
        return {"error": "bad", "warning": "warn"}.get(self.finding.severity, "note")

    @property
    def word(self) -> str:
        """The word beside the mark."""
        if self.fate == "mended":
            return "mended"
        return "waived" if self.finding.waived else self.finding.severity


def cases_of(walk: Walk) -> tuple[Case, ...]:
    """What is found now, the worst first, then what the last run has mended."""
    view = walk.view
    ran = view.applied not in {"no", "running"}
    return told_apart(walk.found if ran else (), view.findings, ran)


def told_apart(before: Iterable[Finding], now: Iterable[Finding], ran: bool) -> tuple[Case, ...]:
    """The findings now, and those before a run that are gone. `ran`: whether there was a run."""
    was = {(one.id, host) for one in before for host in one.hosts}
    still = {(one.id, host) for one in now for host in one.hosts}
    cases: list[Case] = []
    for one in sorted(now, key=lambda finding: ORDER[finding.severity]):
        there = any((one.id, host) in was for host in one.hosts)
        mended = tuple(host for id, host in sorted(was - still) if id == one.id)
        cases.append(Case(one, "found" if not ran else "still there" if there else "new", mended))
    present = {one.id for one in now}
    cases += [Case(one, "mended", one.hosts) for one in before if one.id not in present]
    return tuple(cases)


def remedy_text(finding: Finding) -> str:
    """Who mends it: the plan, the plan after asking, or the operator."""
    fix = finding.fix
    if fix is None:
        return "by hand"
    if fix.operation is not None:
        return "by the plan" if fix.grade == "safe" else "by the plan, once you agree"
    return "by hand"
