"""One ailment as data: how it is staged on a healthy cluster, what `check` must find, and what mends it.

Knows the shape alone. What ails clusters is in the files of entries, one for each kind of cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tests.lab.faults import Fault

if TYPE_CHECKING:
    from tests.cluster.ailments.bench import Bench

Undo = Fault | Callable[[], object] | None
Act = Callable[["Bench"], "Undo | Sequence[Undo]"]
"""Does something to a cluster; what it returns takes it back, and is called when the test is over."""

Mend = Literal["fix", "hand", "none"]


@dataclass(frozen=True)
class Ailment:
    """`number` is that of the catalogue of ailments; several entries of one number are variants.

    - `how`: how it is staged, in words, for the table.
    - `found`: every (id, host) that `check` must find, beyond what it says of the healthy cluster; nothing else may be.
    - `status`: what `check` then ends with.
    - `grade`: that of the fix of each finding, None where none has one.
    - `mend`: "fix" is `check --fix` with the ids that were found, "hand" is `by_hand`, after which `--fix-safe` starts
      what is down; "none" is for what does no harm.
    - `by_hand`: what somebody does who follows the finding's instructions; without it what was staged is taken back.
    - `by_hand_how`: that, in words, for the table.
    - `after`: leads back to the cluster as it was, where a fix was free to leave it otherwise.
    - `answers`: what differs in the answers with which `check` is called.
    - `quick`: part of every run of the lab tests, not of `scripts/test --ailments` alone.
    - `waived`: why it is not for the lab; then nothing else counts.
    """

    number: int
    id: str
    title: str
    kind: str = "flink"
    how: str = ""
    stage: Act | None = None
    found: frozenset[tuple[str, str]] = frozenset()
    status: int = 3
    grade: str | None = None
    mend: Mend = "fix"
    by_hand: Act | None = None
    by_hand_how: str = "what was staged is taken back"
    after: Act | None = None
    answers: Mapping[str, Any] | None = None
    environment: Mapping[str, str] | None = None
    quick: bool = False
    waived: str = ""

    @property
    def key(self) -> str:
        """What the ailment is called in results and as a test."""
        return f"{self.number:02} {self.kind}: {self.title}"


def on(*pairs: str) -> frozenset[tuple[str, str]]:
    """`on("id@host", …)` as pairs."""
    found: set[tuple[str, str]] = set()
    for pair in pairs:
        id, _, host = pair.partition("@")
        found.add((id, host))
    return frozenset(found)


def not_here(number: int, id: str, title: str, why: str) -> Ailment:
    """An ailment that the lab cannot stage, with the reason."""
    return Ailment(number, id, title, waived=why)
