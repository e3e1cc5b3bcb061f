"""What every list of stages shares: the context of a plan, and the shape of a stage's maker.

Knows no stage and no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..commands import FetchChoice
from ..desired import Desired
from ..plan import Step


@dataclass(frozen=True, slots=True)
class Context:
    """What a plan needs besides the desired cluster. `state` is the wizard's directory on the master.

    `records` are (file name, text) to keep there; `lock_owner` and `stale_lock` are owner lines of the lock.
    """

    run_id: str
    state: str
    tar: str
    choices: tuple[FetchChoice, ...]
    lock_owner: str
    stale_lock: str = ""
    records: tuple[tuple[str, str], ...] = ()
    hadoop_tar: str = ""
    hadoop_choices: tuple[FetchChoice, ...] = ()
    leaving: frozenset[str] = frozenset()
    """Hosts that are taken out of service."""


Steps = Iterable[Step]
StageMaker = Callable[[Desired, Context], Steps]
