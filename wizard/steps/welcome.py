"""The first step: what the cluster is called, and which answers are there already.

Knows the words. It must not know where answers are kept.
"""

from __future__ import annotations

from ..questions import Suggested, question
from ..view import View
from .step import ByHand, Step
from .typed import file_of


def _by_hand(view: View) -> tuple[ByHand, ...]:
    file = file_of(view)
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
            help="A name of your choice. From then on your answers are saved under it as you give them.",
            suggest=lambda view: Suggested("flink", "any short name will do"),
        ),
    ),
    by_hand=_by_hand,
)
