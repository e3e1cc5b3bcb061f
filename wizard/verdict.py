"""What a run, a refusal or a walk that is left comes to, as an exit status: one table for every front end.

Knows outcomes and the hosts that took no part. It must not know how anything is shown, nor who asks.
"""

from __future__ import annotations

from collections.abc import Collection

from .exits import Exit, first_of
from .runner import Outcome
from .session import unreachable


def status_of(outcome: Outcome) -> Exit:
    """The status of a run that was begun."""
    statuses: list[Exit] = []
    if outcome.cancelled:
        statuses.append(Exit.CANCELLED)
    if unreachable(outcome):
        statuses.append(Exit.UNREACHABLE)
    if outcome.failures or outcome.dropped or outcome.pending:
        statuses.append(Exit.FAILED)
    return first_of(*statuses)


def status_of_refusal(lost: Collection[str]) -> Exit:
    """The status where nothing may be changed; `lost` are the hosts that could not be reached or refused the login."""
    return Exit.UNREACHABLE if lost else Exit.BLOCKED
