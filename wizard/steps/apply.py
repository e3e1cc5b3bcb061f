"""The plan while it is carried out. Knows its words; it must not know how a run works or is drawn."""

from __future__ import annotations

from ..view import View
from .step import ByHand, Step
from .typed import file_of


def _by_hand(view: View) -> tuple[ByHand, ...]:
    file = file_of(view)
    return (
        ByHand(
            "Should this terminal be lost: run it again, what is done already is not done twice",
            (f"flink-wizard apply {file}",),
        ),
        ByHand("What runs where", (f"flink-wizard status {file}",)),
    )


APPLY = Step(
    "apply",
    "Apply",
    "Carries the plan out, stage by stage, on all hosts side by side. "
    "Where something fails it waits for your choice, and every command is in the log.",
    by_hand=_by_hand,
)
