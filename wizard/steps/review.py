"""The plan before it is carried out. Knows its words; it must not know how a plan is made or drawn."""

from __future__ import annotations

from ..view import View
from .step import ByHand, Step
from .typed import file_of


def _by_hand(view: View) -> tuple[ByHand, ...]:
    file = file_of(view)
    note = () if view.file else ("# FILE is the answers file; it is written once the cluster has a name.",)
    return (
        ByHand("The same plan, printed", (*note, f"flink-wizard apply {file} --dry-run")),
        ByHand("As a script to read and run yourself", (f"flink-wizard export {file} --format sh",)),
        ByHand("As a runbook for a change request", (f"flink-wizard export {file} --format md",)),
    )


REVIEW = Step(
    "review",
    "Review",
    "Everything that will be done: host by host, every command and every file. "
    "Nothing is changed until you confirm it here.",
    by_hand=_by_hand,
)
