"""What happens during a look or a run, in past tense. One stream serves the printer, the screens, the journal and tests.

Knows nothing of who listens. Times are seconds; `at` is seconds since the epoch, set by whoever emits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .commands import Command
from .findings import Finding

Status = Literal["satisfied", "changed", "failed", "skipped", "pending", "cancelled"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: str
    cluster: str
    kind: str
    stages: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostLooked:
    """One host answered a reading, or did not (`failure`, `action` and `kind` say why)."""

    host: str
    seconds: float
    failure: str = ""
    action: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FindingsMade:
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class StageStarted:
    title: str
    number: int
    of: int
    operations: int


@dataclass(frozen=True, slots=True)
class StageFinished:
    title: str
    number: int


@dataclass(frozen=True, slots=True)
class OperationStarted:
    host: str
    operation: str
    title: str


@dataclass(frozen=True, slots=True)
class OperationFinished:
    """`cause`, `evidence` and `action` are set when it failed, was skipped or is pending."""

    host: str
    operation: str
    title: str
    status: Status
    seconds: float = 0.0
    cause: str = ""
    evidence: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class CommandStarted:
    host: str
    operation: str
    command: Command
    line: str


@dataclass(frozen=True, slots=True)
class OutputArrived:
    host: str
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class CommandFinished:
    host: str
    operation: str
    command: Command
    line: str
    status: int | None
    seconds: float
    tail: str = ""


@dataclass(frozen=True, slots=True)
class BytesMoved:
    """`done` of `total` bytes (None: unknown) of the transfer that runs on this host."""

    host: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class HostDropped:
    """The host takes no further part in this run."""

    host: str
    kind: str
    cause: str
    evidence: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class ProofMade:
    """One observation of success: `good` or not, with the numbers that were seen."""

    host: str
    proof: str
    title: str
    good: bool
    observed: str
    wanted: str = ""
    evidence: str = ""
    action: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class RunFinished:
    run_id: str
    outcome: Literal["done", "failed", "cancelled", "blocked", "unreachable"]
    changed: int
    failed: int
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the operator that belongs to no operation."""

    text: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """A walk has a new view; whoever shows it takes the newest."""

    serial: int


@dataclass(frozen=True, slots=True)
class ReviewMade:
    """The plan was previewed, or could not be: then `fault` says why."""

    fault: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """A step failed on a host, and the run waits there for a choice: retry, skip, drop or stop."""

    number: int
    host: str
    title: str
    cause: str
    evidence: str
    action: str
    operation: str = ""
    """The id of the operation that failed."""


@dataclass(frozen=True, slots=True)
class ConsentAsked:
    """An operation would end running jobs, and waits for a yes or a no."""

    number: int
    host: str
    title: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """The plan or the answers were written to `path`, or not: `there` is set when a file is there already, else
    `fault` says why."""

    path: str
    fault: str = ""
    there: bool = False


Event = (
    RunStarted
    | HostLooked
    | FindingsMade
    | StageStarted
    | StageFinished
    | OperationStarted
    | OperationFinished
    | CommandStarted
    | OutputArrived
    | CommandFinished
    | BytesMoved
    | HostDropped
    | ProofMade
    | RunFinished
    | Note
    | ViewChanged
    | ReviewMade
    | Paused
    | ConsentAsked
    | Exported
)

Sink = Callable[[Event], None]


def nowhere(event: Event) -> None:
    """The sink of nobody."""
    del event
