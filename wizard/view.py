"""What a walk shows at one moment: answers, what was read, what follows from it. One immutable value for every front end.

Knows values alone. It must not know how they came about, nor who looks at them. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from .answers.answers import Answers
from .answers.problem import Problem
from .desired import Desired
from .facts import ClusterFacts, HostFacts
from .findings import Finding
from .spec import ClusterSpec

Use = Literal["install", "repair", "dry-run", "practice"]

USES: Mapping[Use, str] = MappingProxyType(
    {
        "install": "Install a cluster: nothing is changed before you confirm the review.",
        "repair": "Repair a cluster that is there: look at it, tick what shall be mended.",
        "dry-run": "Dry run: the same walk and the same plan; nothing on any host changes.",
        "practice": "Practice on an imagined cluster: no host, no network, nothing is real.",
    }
)
"""The uses of the wizard, each in one sentence."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A host key that nobody confirmed yet."""

    host: str
    address: str
    port: int
    key_type: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """Answers that an earlier walk or run left: where, for which cluster, when last changed."""

    path: str
    cluster: str
    master: str
    when: float


def _no_origins() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Adopted:
    """The answers that a cluster implies which nobody described.

    `origins`: dotted path → where that answer comes from. `notes` are sentences on what the answers cannot say, or say
    otherwise than the hosts.
    """

    answers: Answers
    origins: Mapping[str, str] = field(default_factory=_no_origins)
    notes: tuple[str, ...] = ()


def _no_times() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot of a walk.

    `spec` is None until a master and a worker are named; `desired` until a look was judged. `problems` are those
    of the answers against each other. `file` is where the answers are kept, "" while nowhere.
    """

    use: Use
    answers: Answers = field(default_factory=Answers)
    problems: tuple[Problem, ...] = ()
    spec: ClusterSpec | None = None
    facts: ClusterFacts = field(default_factory=ClusterFacts)
    findings: tuple[Finding, ...] = ()
    desired: Desired | None = None
    reading: frozenset[str] = frozenset()
    """Hosts that are being read just now."""
    read_at: Mapping[str, float] = field(default_factory=_no_times)
    """Host → when its last reading ended."""
    new_keys: tuple[ShownKey, ...] = ()
    sudo_open: frozenset[str] = frozenset()
    """Hosts where sudo wants a password and none is known."""
    earlier: tuple[Earlier, ...] = ()
    file: str = ""
    saving: str = ""
    """Why the answers could not be saved, "" when they could."""
    visited: frozenset[str] = frozenset()
    """Steps that were looked at."""
    adopted: Adopted | None = None
    """What was read of the cluster when the walk began; None where nothing was."""
    applied: Literal["no", "running", "done", "failed", "cancelled"] = "no"
    serial: int = 0

    def facts_of(self, host: str) -> HostFacts | None:
        """What was read of a host, None while nothing was."""
        return self.facts.get(host)

    @property
    def looking(self) -> bool:
        return bool(self.reading)

    @property
    def complete(self) -> bool:
        """Whether every host was read once, or could not be."""
        return self.spec is not None and all(name in self.read_at for name in self.spec.names)
