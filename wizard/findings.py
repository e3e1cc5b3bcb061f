"""What a check has to say: one finding with what was seen, what is wanted, why it matters and what mends it.

Knows the shape and the verdict over many findings. It must not know how facts are read or how a fix is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "info"]
Grade = Literal["safe", "asks", "manual"]


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a finding. `operation` is the id of the planned operation that does it, when the plan can."""

    grade: Grade
    title: str
    commands: tuple[str, ...] = ()
    operation: str | None = None
    settings: tuple[tuple[str, str | None], ...] = ()
    """Configuration keys that the operation sets on these hosts, None to take one out; empty for other operations."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's word. `id` is kebab-case and stable; `hosts` are the hosts concerned, in the spec's order."""

    id: str
    severity: Severity
    hosts: tuple[str, ...]
    title: str
    observed: str
    wanted: str
    why: str = ""
    evidence: tuple[str, ...] = ()
    fix: Fix | None = None
    waived: bool = False
    evidence_of: tuple[str, ...] = ()
    """Findings of the same host of which this one is only evidence, the likeliest first."""
    anywhere: tuple[str, ...] = ()
    """The same for findings of any host."""


def mendable(finding: Finding) -> bool:
    """Whether a plan can do what mends it."""
    return finding.fix is not None and finding.fix.operation is not None


def ticked(findings: Iterable[Finding], ticks: Mapping[str, bool]) -> tuple[Finding, ...]:
    """The findings that shall be mended: `ticks` say so by id; where they say nothing, what is safe is."""
    return tuple(
        one
        for one in findings
        if mendable(one)
        and ticks.get(one.id, one.fix is not None and one.fix.grade == "safe" and not one.waived)
    )


def waive(findings: Iterable[Finding], ids: Iterable[str]) -> tuple[Finding, ...]:
    """Findings whose id is waived only warn from now on."""
    waived = set(ids)
    return tuple(
        replace(finding, waived=True, severity="warning" if finding.severity == "error" else finding.severity)
        if finding.id in waived
        else finding
        for finding in findings
    )


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that forbid a change: errors that no operation of the plan mends."""
    return tuple(
        finding
        for finding in findings
        if finding.severity == "error"
        and not (finding.fix and finding.fix.operation and finding.fix.grade == "safe")
    )
