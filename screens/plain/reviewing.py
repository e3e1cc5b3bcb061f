"""The review in line mode: the plan in short or in whole, and the one confirmation of the walk.

Knows previews as lines. It must not know how a plan is made; nothing is confirmed here but by a typed yes.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard import events
from wizard.findings import blocking
from wizard.printer import Printer
from wizard.showing import preview_lines, suggestion_lines
from wizard.text import clean
from wizard.walk import Reviewed, Walk
from wizard.words import counted, name_of

from .hearing import Ear, Heard
from .looking import wait
from .moving import Go
from .talk import Back, Onward, Talk

PAGE = 20
"""Lines of the plan that are shown before it is asked whether to go on."""

FORMS = (
    ("sh", "A shell script, to read and to run yourself."),
    ("md", "A runbook."),
    ("yaml", "The answers, for flink-wizard apply."),
)


def review(walk: Walk, talk: Talk, ear: Ear) -> None:
    """Until the plan is confirmed.

    Raises:
        Back, Go, Leave
    """
    made = _made(walk, talk, ear)
    if made is not None:
        _say_plan(walk, talk, made)
        try:
            if made.outline.steps and talk.yes("Show the whole plan?", False):
                _show(walk, talk)
        except Onward:
            pass
    while True:
        match _next(walk, talk, made):
            case "go":
                if made is not None and _confirmed(walk, talk, made):
                    return
                made = walk.reviewed or _made(walk, talk, ear)
            case "show":
                _show(walk, talk)
            case "save":
                _save(walk, talk, ear)
            case "again":
                walk.look_again()
                made = _made(walk, talk, ear)
                if made is not None:
                    _say_plan(walk, talk, made)
            case _:
                _elsewhere(walk, talk)


def _made(walk: Walk, talk: Talk, ear: Ear) -> Reviewed | None:
    """The review that stands, else a new one; None when there can be none, and why was said."""
    wait(walk, talk)
    if walk.reviewed is not None:
        return walk.reviewed
    talk.console.say("Making the plan …")
    while True:
        with ear.listening() as heard:
            walk.review()
            while not isinstance(event := _next_of(heard, walk, talk), events.ReviewMade):
                pass
        if event.fault:
            talk.console.say(event.fault)
            return None
        if walk.reviewed is not None:
            return walk.reviewed


def _next_of(heard: Heard, walk: Walk, talk: Talk) -> events.Event:
    """The next event. Ctrl-C cancels the review, and asks whether to leave. Raises Leave."""
    while True:
        try:
            return heard.get()
        except KeyboardInterrupt:
            walk.cancel()
            talk.interrupted()


def _say_plan(walk: Walk, talk: Talk, made: Reviewed) -> None:
    say, outline, desired = talk.console.say, made.outline, walk.view.desired
    printer = Printer(talk.console.terminal)
    say()
    if made.refused:
        say(f"Nothing can be applied. {made.refused}")
    for finding in made.blockers:
        printer.finding(finding)
    if not made.refused:
        for finding in walk.view.findings:
            if finding.severity != "info" and not blocking((finding,)):
                printer.finding(finding)
    for warning in desired.warnings if desired else ():
        say(f"Warning: {warning}")
    if outline.ends_early and not made.refused:
        say("The plan ends early: a host that it cannot do without fails.")
    for left in outline.left:
        said = {"failed": "cannot be done", "pending": "is left pending", "skipped": "is left out"}
        say(
            f"{name_of(left.host)}: {left.title or 'takes no part'} {said.get(left.status, '')}".rstrip()
            + "."
        )
        for words in (left.cause, left.action):
            if words:
                say(words, "  ")
    if not made.refused or outline.changes:
        say(_sum(made))
    for stage in outline.stages:
        steps = [step for step in outline.steps if step.stage == stage]
        say(f"{stage}:")
        for title, proof in dict.fromkeys((step.title, step.proof) for step in steps):
            hosts = [name_of(step.host) for step in steps if (step.title, step.proof) == (title, proof)]
            say(f"{'check: ' if proof else ''}{title} ({', '.join(dict.fromkeys(hosts))})", "  ")


def _sum(made: Reviewed) -> str:
    outline = made.outline
    if not outline.changes:
        return "Nothing is to be changed; the cluster is only checked."
    return f"The plan: {counted(outline.changes, 'change')} on {counted(outline.machines, 'machine')}."


def _lines(walk: Walk) -> Iterator[str]:
    """Everything that was suggested and everything that will be done, read aloud without signs for headings."""
    desired, preview = walk.view.desired, walk.preview
    for line in suggestion_lines(desired) if desired else ():
        yield line.removeprefix("== ")
    if preview is not None:
        for line in preview_lines(preview):
            yield f"Stage {line[3:]}" if line.startswith("== ") else line


def _show(walk: Walk, talk: Talk) -> None:
    """Page by page, until the operator has enough."""
    lines = [part for line in _lines(walk) for part in clean(line).split("\n")]
    for shown, line in enumerate(lines):
        if shown and shown % PAGE == 0:
            try:
                if not talk.yes(f"{counted(len(lines) - shown, 'line')} left. Go on?", True):
                    return
            except (Back, Onward):
                return
        talk.console.line(line)


def _next(walk: Walk, talk: Talk, made: Reviewed | None) -> str:
    options: list[tuple[str, str]] = []
    if made is not None and not made.refused:
        options.append(("go", f"Go ahead. {_sum(made)}"))
    if made is not None and made.outline.steps:
        options += [("show", "Show the whole plan."), ("save", "Save the plan or the answers to a file.")]
    options += [("again", "Read the hosts again, and plan anew."), ("elsewhere", "Go to another step.")]
    talk.console.say()
    return talk.choose("What next?", options)


def _confirmed(walk: Walk, talk: Talk, made: Reviewed) -> bool:
    """The one confirmation."""
    real = {"practice": " None of it is real.", "dry-run": " Nothing is changed by it."}.get(walk.use, "")
    try:
        talk.console.say(f"{_sum(made)}{real}")
        if not talk.yes("Go ahead?", False):
            return False
    except (Back, Onward):
        return False
    refused = walk.confirm()
    if refused:
        talk.console.say(refused)
    return not refused


def _save(walk: Walk, talk: Talk, ear: Ear) -> None:
    """Write the plan to a file; one that is there is replaced when the operator says so."""
    say = talk.console.say
    try:
        form = talk.choose("As what?", FORMS)
        path = talk.ask("Path of the file:")
        if not path:
            return
        said = _exported(walk, ear, form, path)
        if said.there:
            if not talk.yes(f"{said.path} is there already. Replace it?", False):
                return
            said = _exported(walk, ear, form, path, replace=True)
    except (Back, Onward):
        return
    say(said.fault or f"Written to {said.path}.")


def _exported(walk: Walk, ear: Ear, form: str, path: str, *, replace: bool = False) -> events.Exported:
    with ear.listening() as heard:
        walk.export_to(form, path, replace=replace)
        while not isinstance(event := heard.get(), events.Exported):
            pass
    return event


def _elsewhere(walk: Walk, talk: Talk) -> None:
    """Raises Go where a step was chosen."""
    steps = [step for step in walk.steps if step.id not in ("review", "apply", "done")]
    try:
        chosen = talk.choose("Which step?", [*((step.id, step.title) for step in steps), ("", "Stay here.")])
    except Back:
        return
    if chosen:
        raise Go(chosen)
