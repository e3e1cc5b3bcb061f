"""The walk as one list: read the tuples and the whole wizard is explained.

Every step is a module here. It must not know how a step is drawn, nor how a host is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..view import Use
from .hosts import HOSTS
from .step import ByHand, Cell, Standing, State, Step
from .welcome import WELCOME

REVIEW = Step("review", "Review", "Everything that will be done, host by host.")
FINDINGS = Step("findings", "Findings", "What is wrong, where it was seen, and what mends it.")
APPLY = Step(
    "apply",
    "Apply",
    "Carries the plan out, stage by stage, all hosts side by side. Every command is in the log.",
)
DONE = Step("done", "Done", "What was verified, and how to go on from here.")

INSTALL: tuple[Step, ...] = (WELCOME, HOSTS, REVIEW, APPLY, DONE)
REPAIR: tuple[Step, ...] = (WELCOME, HOSTS, FINDINGS, REVIEW, APPLY, DONE)

WALKS: Mapping[Use, tuple[Step, ...]] = MappingProxyType(
    {"install": INSTALL, "dry-run": INSTALL, "practice": INSTALL, "repair": REPAIR}
)

__all__ = ["INSTALL", "REPAIR", "WALKS", "ByHand", "Cell", "Standing", "State", "Step"]
