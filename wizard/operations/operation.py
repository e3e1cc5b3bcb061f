"""The shape of a change on one host, and of a proof that a change took effect.

An operation is planned before anything is known for certain, so it looks at facts each time it is asked. It does no
I/O and holds nothing but values of the spec.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..commands import Command
from ..facts import ClusterFacts
from ..needs import Need


@dataclass(frozen=True)
class Operation(ABC):
    """One change of one host. `needs` of other hosts may be named too; only `host` is changed."""

    host: str

    touched: ClassVar[tuple[type[Any], ...] | None] = None
    """The kinds of needs whose readings its commands can make old; None for all. Whatever else was read still holds."""

    anew: ClassVar[bool] = False
    """Whether its needs are read anew before its commands are made, because these note what was seen."""

    @property
    @abstractmethod
    def id(self) -> str:
        """Kebab-case name of the kind of change, with what tells two of a kind on one host apart."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What happens, as a line of a list: "Append the cluster key to authorized_keys"."""

    @abstractmethod
    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """Host → what must be read there before this operation can judge."""

    @abstractmethod
    def satisfied(self, facts: ClusterFacts) -> bool:
        """Whether the wish is already true."""

    @abstractmethod
    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        """What makes it true, in order.

        Raises:
            CannotOperate: from these facts there is no way; says what to do.
        """

    @abstractmethod
    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        """The facts once the commands have run."""

    def loses_jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        """The running jobs that this operation would end, as names for the operator."""
        del facts
        return ()

    @property
    def while_jobs_run(self) -> str:
        """What is left as it is for the sake of running jobs."""
        return "Restart pending."

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        """What to read once the commands ran and the wish is still not true, so that the cause can be named."""
        return {}

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        """After the commands ran and the wish is still not true: evidence and the next thing to do."""
        del facts
        return ("", "")


class CannotOperate(Exception):
    """An operation has no way from the facts at hand. Worded once: cause, evidence, next action."""

    def __init__(self, cause: str, evidence: str = "", action: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.evidence = evidence
        self.action = action


class NotNow(Exception):
    """An operation is left out for now, for a reason that is no failure; the text is that reason."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proof says of the facts: good, or not (yet). `final` means that waiting cannot help."""

    good: bool
    observed: str
    wanted: str = ""
    evidence: str = ""
    action: str = ""
    final: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class Proof(ABC):
    """An observation of success. It changes nothing; it is read again until it is good or its time is over."""

    host: str

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    def patience(self) -> float:
        """How long, in seconds, a proof may take to become good."""
        return 0.0

    @property
    def fatal(self) -> bool:
        """Whether the host is dropped when this proof fails; else the run goes on and reports it."""
        return True

    @abstractmethod
    def needs(self) -> Mapping[str, tuple[Need, ...]]: ...

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        """What the waiting is for: read again at every turn, all of `needs` now and then."""
        return self.needs()

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        """What must be read besides, once the first facts are there: ports that were only then known."""
        del facts
        return {}

    @abstractmethod
    def judge(self, facts: ClusterFacts) -> Verdict: ...

    @abstractmethod
    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        """The facts that would make it good: what a preview assumes."""

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        """What to read once the proof has failed, so that the cause can be named."""
        return {}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        """The failed verdict with the cause that `evidence_needs` brought to light."""
        del facts
        return verdict
