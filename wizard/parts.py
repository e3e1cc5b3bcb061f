"""The two doors between a plan and the world: a Prober reads, an Executor writes. They are two types on purpose.

Knows only their shapes; real, imagined and recording parts implement them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from .commands import Command
from .connection import Stop
from .events import Sink
from .facts import ClusterFacts, HostFacts
from .needs import Need
from .operations.operation import Operation


class Prober(Protocol):
    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """Read all hosts side by side, one round trip each. A host that cannot be read has `failure` set."""
        ...


class Executor(Protocol):
    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        """Carry out the commands of one operation, in order, reporting each.

        Raises:
            CommandFailed: a command ended badly.
            ConnectionFailed: the host was lost, or `stop` was set.
        """
        ...


class CommandFailed(Exception):
    """A command of an operation ended badly: what, where, with what evidence, and what to do next."""

    def __init__(self, host: str, cause: str, evidence: str = "", action: str = "") -> None:
        super().__init__(f"{host}: {cause}")
        self.host = host
        self.cause = cause
        self.evidence = evidence
        self.action = action
