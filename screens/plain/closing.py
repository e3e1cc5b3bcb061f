"""The end in line mode: what was verified, where the cluster is found, and what to type next.

Knows the outcome as the walk tells it. It must not know how anything was verified.
"""

from __future__ import annotations

from wizard.printer import Printer
from wizard.steps.done import web_address
from wizard.walk import Walk
from wizard.words import counted, name_of

from .looking import wait
from .moving import Go
from .talk import Back, Talk


def close(walk: Walk, talk: Talk) -> None:
    """Say what came of the run, until the operator is done with it.

    Raises:
        Go, Leave
    """
    _say(walk, talk)
    outcome = walk.progress.now().outcome
    options = [
        ("on", "Leave the wizard."),
        ("review", "Read the hosts again, and make a new plan of what is left."),
    ]
    while True:
        talk.console.say()
        try:
            chosen = talk.choose("What next?", options, "on" if outcome == "done" else "")
        except Back:
            chosen = "review"
        if chosen == "on":
            return
        walk.look_again()
        raise Go("review")


def farewell(walk: Walk, talk: Talk) -> None:
    """The last lines: where the answers are, and how to go on with them."""
    # An answer that was just given is saved first.
    walk.judged(5.0)
    view, say = walk.view, talk.console.say
    say()
    if view.applied == "running":
        say("The run is being stopped. Each host is as its last finished line says.")
    if walk.use == "practice":
        say("Practice is over. Nothing was real, and nothing was kept.")
        return
    if view.saving:
        say(view.saving)
    if view.file:
        say("Your answers are in:")
        talk.console.line(f"  {view.file}")
        if view.applied in ("no", "failed", "cancelled"):
            say("To go on with them:")
            talk.console.line(f"  flink-wizard {walk.use} --plain --answers {_word(view.file)}")
    elif view.answers.get("cluster") is None:
        say("No answers were kept, because the cluster has no name yet.")
    else:
        say("No answers were kept: a cluster needs a name and a master first.")


def _say(walk: Walk, talk: Talk) -> None:
    view, say = walk.view, talk.console.say
    progress, outcome = walk.progress.now(), walk.outcome
    say()
    changed = outcome.changed if outcome is not None else 0
    match progress.outcome:
        case "done" if walk.use == "dry-run":
            say(f"Dry run: {counted(changed, 'change')} were played through, and nothing was changed.")
        case "done":
            say(f"Done: {counted(changed, 'change')}." if changed else "Done: nothing had to be changed.")
            if walk.tempo is None:
                say(f"Web interface: {web_address(view)}")
        case "cancelled":
            say("Stopped. Each host is as its last finished line says. A new run goes on from there.")
        case "blocked":
            say("Nothing was changed.")
        case _:
            say(f"Not finished, after {counted(changed, 'change')}. Mend the cause and run again.")
    printer = Printer(talk.console.terminal)
    if progress.proofs:
        played = "What a run verifies, taken for good here, as no host was changed:"
        say("What was verified:" if walk.tempo is None else played)
        for proof in progress.proofs:
            printer(proof)
    for failed in progress.failures:
        printer(failed)
    if walk.found and walk.use == "repair":
        _say_mended(walk, talk)
    if progress.outcome == "done" and walk.use == "dry-run":
        say("To do it for real:")
        talk.console.line(f"  flink-wizard apply {_word(view.file or 'FILE')}")
    elif progress.outcome == "done":
        say("On a real cluster you would go on like this." if walk.use == "practice" else "How to go on:")
        for part in walk.steps[-1].by_hand(view):
            say(f"{part.title}:")
            for line in part.lines:
                talk.console.line(f"  {line}")
    if walk.record and walk.use != "practice":
        say("The record of this run:")
        talk.console.line(f"  {walk.record}")


def _say_mended(walk: Walk, talk: Talk) -> None:
    """What became of the findings of before the run."""
    wait(walk, talk)
    still = {(one.id, host) for one in walk.view.findings for host in one.hosts}
    for one in walk.found:
        if one.severity != "info":
            left = [host for host in one.hosts if (one.id, host) in still]
            where = ", ".join(name_of(host) for host in left or one.hosts)
            talk.console.say(f"{'Still there' if left else 'Mended'}: {one.title} ({where}).")


def _word(path: str) -> str:
    import shlex

    return shlex.quote(path)
