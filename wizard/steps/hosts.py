"""Which machines, and how to reach them."""

from __future__ import annotations

from ..questions import question
from ..spec import HostSpec
from ..view import View
from .step import Cell, Step


def _row(view: View, host: HostSpec) -> tuple[Cell, ...]:
    seen = view.facts_of(host.name)
    if seen is None:
        return (Cell("reading", "wait"),)
    if seen.failure is not None:
        return (Cell(seen.failure.cause, "bad"),)
    return (Cell("reached", "good"),)


HOSTS = Step(
    "hosts",
    "Hosts",
    "The master runs the JobManager, the workers run TaskManagers. Each is reached by ssh as you name it.",
    questions=(
        question("master"),
        question("workers"),
        question("user"),
        question("ssh.port"),
        question("ssh.key"),
    ),
    columns=("login",),
    row=_row,
    concerns=frozenset(
        {
            "login-refused",
            "login-key-unreadable",
            "host-key-changed",
            "host-key-unknown",
            "host-unresolved",
            "host-unreachable",
        }
    ),
)
