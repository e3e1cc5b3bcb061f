"""The logs of daemons that do not serve: where they lie, and what their tails tell of the cause.

Knows the names of log files and the known causes. It must not know which proof failed, nor how a file is read.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import ClusterFacts
from ..flink.signatures import FLINK, Cause, known_cause
from ..product import Slug

READ_LOGS = "Read these logs; the last lines are above."


def log_patterns(logs: str, daemon: str, product: Slug = "flink") -> tuple[str, ...]:
    """Shell patterns of a daemon's log and of its standard output."""
    return (f"{logs}/{product}-*-{daemon}-*.log", f"{logs}/{product}-*-{daemon}-*.out")


def told_by_logs(
    facts: ClusterFacts, hosts: Iterable[str], logs: str, asset: str = FLINK
) -> tuple[str, Cause | None]:
    """The line of the first known cause, with that cause; else the last lines of the tails, "" where there are none."""
    shown: list[str] = []
    for host in hosts:
        for file, text in facts[host].tails.items():
            if not file.startswith(f"{logs}/") or not text.strip():
                continue
            cause = known_cause(text, asset)
            if cause is not None:
                return f"{host}:{file}: {cause.line}", cause
            shown += [f"{host}:{file}: {line}" for line in text.strip().splitlines()[-4:]]
    return "\n".join(shown[-12:]), None
