"""The first step: what the cluster is called, and which answers are there already.

Knows the words. It must not know where answers are kept.
"""

from __future__ import annotations

from ..questions import Suggested, question
from ..view import View
from .step import ByHand, Step
from .typed import word


def _by_hand(view: View) -> tuple[ByHand, ...]:
    file = word(view.file) if view.file else "FILE"
    return (
        ByHand(
            "The same without a dialogue, from an answers file",
            (f"flink-wizard apply {file} --dry-run", f"flink-wizard apply {file}"),
        ),
        ByHand("To learn the walk without any host", ("flink-wizard practice",)),
    )


WELCOME = Step(
    "welcome",
    "Welcome",
    "This walk turns machines with sshd into a Flink cluster that runs. "
    "Nothing is changed before you confirm the review.",
    questions=(
        question(
            "cluster",
            help="A name of your choice for this cluster; its answers are kept under it.",
            suggest=lambda view: Suggested("flink", "the answers are saved once you name it"),
        ),
    ),
    by_hand=_by_hand,
)
