"""What leaving the wizard means just now: whether to ask first, and what state the hosts are in.

Knows a view and whether a plan waits. It must not know how a question is drawn, nor how a run is ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.view import View


@dataclass(frozen=True, slots=True)
class Leave:
    """A question before the wizard ends: `yes` leaves, `no` stays."""

    title: str
    words: str
    yes: str
    no: str


UNREAL = {
    "practice": "Nothing is real here: no host was changed.",
    "dry-run": "This is a dry run: no host was changed.",
}


def leave_question(view: View, waiting: bool) -> Leave | None:
    """What to ask before leaving, None when there is nothing to lose. `waiting`: a plan waits to be carried out."""
    unreal = UNREAL.get(view.use)
    if view.applied == "running":
        hosts = unreal or (
            "What is under way on a host is broken off safely. Each host is as its last finished line in the log "
            "says; a later run goes on from there."
        )
        return Leave("A run is under way", f"Leaving cancels it. {hosts}", "Cancel the run and quit", "Stay")
    if waiting:
        hosts = unreal or "Nothing was changed on any host by this plan yet."
        kept = f" Your answers are kept in {view.file}." if view.file and view.use != "practice" else ""
        return Leave("The plan was not carried out", f"{hosts}{kept}", "Quit", "Stay")
    return None


def farewell(view: View, record: str) -> tuple[str, ...]:
    """What is printed once the terminal is the operator's again."""
    if view.use == "practice":
        return ("Practice is over. Nothing was real, and nothing was kept.",)
    said: list[str] = []
    if view.applied in {"cancelled", "running"}:
        said.append(UNREAL.get(view.use) or "The run was cancelled. A second run goes on from what is there.")
    elif view.applied == "failed":
        said.append(UNREAL.get(view.use) or "The run failed. A second run goes on from what is there.")
    if view.saving:
        said.append(view.saving)
    elif view.file:
        said.append(f"Answers: {view.file}")
    if record:
        said.append(f"Record: {record}")
    return tuple(said)
