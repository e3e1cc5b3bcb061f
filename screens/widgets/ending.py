"""How a run ended, in words: the sentence for it, and what failed with its cause and what to do.

Knows the outcome that a walk keeps. It must not know where it is shown.
"""

from __future__ import annotations

from textual.content import Content

from wizard.progress import Progress
from wizard.walk import Walk
from wizard.words import counted, name_of

from .inked import MUTED, ink, lines, marked, span, told


def ending_title(walk: Walk, progress: Progress) -> Content:
    """One line: how it ended, with figures."""
    changed = counted(walk.outcome.changed if walk.outcome else 0, "change")
    took = span(progress.seconds)
    if walk.use == "dry-run":
        changed += " played, none made"
    match walk.view.applied:
        case "done":
            return marked("good", f"Done: {changed}, in {took}.", "bold $text-success")
        case "cancelled":
            return marked("warn", f"Cancelled after {changed}.", "bold $text-warning")
        case _ if progress.outcome == "blocked":
            return marked("bad", "Nothing was changed.", "bold $text-error")
        case _:
            return marked(
                "bad", f"Not finished: {counted(len(problems(walk)), 'problem')}.", "bold $text-error"
            )


def ending_body(walk: Walk, progress: Progress) -> Content:
    """What is to be said below it."""
    parts: list[Content] = []
    if progress.note:
        parts.append(ink(progress.note))
    if walk.view.applied == "cancelled":
        parts.append(ink("Each host is as its last finished step says. A new run goes on from there."))
    parts += problem_lines(walk)
    if walk.view.applied == "done":
        good = sum(proof.good for proof in walk.outcome.proofs) if walk.outcome else 0
        if unreal(walk):
            said = f"{counted(good, 'proof')} assumed, because nothing was really done. More is on the next page."
        else:
            said = f"{counted(good, 'proof')} made. What was verified is on the next page."
        parts.append(ink(said))
    elif walk.view.applied == "failed":
        parts.append(ink("Try again makes a fresh plan from what is true now.", MUTED))
    return lines(parts)


def unreal(walk: Walk) -> bool:
    """Whether this walk changes nothing on any host."""
    return walk.use in {"dry-run", "practice"}


def problems(walk: Walk) -> tuple[tuple[str, str, str, str, str], ...]:
    """Host, what, cause, evidence and next action of everything that failed, was dropped or is pending."""
    outcome = walk.outcome
    if outcome is None:
        return ()
    # What the operator's own cancel broke off is no problem of a host.
    dropped = [one for one in outcome.dropped.values() if one.kind != "cancelled"]
    listed = [*outcome.failures, *dropped, *outcome.pending]
    said = dict.fromkeys(
        (one.host, walk.mask(one.title), walk.mask(one.cause), walk.mask(one.evidence), walk.mask(one.action))
        for one in listed
    )
    return tuple(said)


def problem_lines(walk: Walk) -> list[Content]:
    """Everything that failed, with cause, evidence and what to do."""
    parts: list[Content] = []
    for host, title, cause, evidence, action in problems(walk):
        parts.append(marked("bad", f"{name_of(host)}: {title}"))
        for line in (*told("why", cause), *told("seen", evidence), *told("next", action, "bold")):
            parts.append(Content.assemble("  ", line))
    return parts
