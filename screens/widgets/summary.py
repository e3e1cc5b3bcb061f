"""The end of a walk in words: what was verified with its numbers, what is still to do, and how to go on from here.

Knows the outcome that a walk keeps. It must not know where it is shown.
"""

from __future__ import annotations

import shlex

from textual.content import Content

from wizard.events import ProofMade
from wizard.findings import Finding
from wizard.view import View
from wizard.walk import Walk
from wizard.words import counted

from .ending import problem_lines, unreal
from .inked import MUTED, ink, marked, span, told

HEAD = "bold $text-primary"

NEXT: tuple[tuple[str, str], ...] = (
    ("look at it", "status {file}"),
    ("stop it", "stop {file}"),
    ("start it", "start {file}"),
    ("add a worker", "add-worker {file} HOST"),
    ("apply the answers again", "apply {file}"),
)
"""What an operator may want next, and the command for it."""


BESIDE = 56
"""Letters of a proof and of what was seen that stand on one line; longer ones would be wrapped anywhere."""


def web_address(view: View) -> str:
    """Where Flink's web interface is; "" while that is not known."""
    rest = view.desired.rest if view.desired is not None else None
    return rest.url if rest is not None else ""


def state_line(walk: Walk) -> Content:
    """How the walk ended, in one line."""
    view, outcome = walk.view, walk.outcome
    if view.applied == "running":
        return marked("wait", "The run is still going on.")
    if view.applied == "no" or outcome is None:
        if view.applied == "failed":
            return marked("bad", "Nothing was applied.", "bold $text-error")
        return marked(
            "wait", "Nothing was applied yet. Confirm the plan in Review; Apply then carries it out."
        )
    changes = counted(outcome.changed, "change")
    if view.applied == "cancelled":
        return marked("warn", f"Cancelled after {changes}.", "bold $text-warning")
    if view.applied == "failed":
        return marked("bad", f"Not finished; {changes} made.", "bold $text-error")
    took = span(walk.progress.now().seconds)
    if walk.use == "dry-run":
        return marked(
            "good", f"The whole plan was played: {changes}, none of them made.", "bold $text-success"
        )
    if walk.use == "practice":
        return marked("good", f"Practised to the end: {changes}, none of them real.", "bold $text-success")
    if not outcome.changed:
        return marked("good", "Nothing had to be changed; verified again.", "bold $text-success")
    return marked("good", f"The cluster runs: {changes} in {took}.", "bold $text-success")


def summary_lines(walk: Walk) -> list[Content]:
    """Everything that the last page says, section by section."""
    view = walk.view
    parts: list[Content] = []
    for section in (
        _problems(walk),
        _proofs(walk),
        _mended(walk),
        _links(walk, view),
        _unreal(walk, view),
        _next(walk, view),
        _places(walk, view),
    ):
        if section:
            parts += [*([Content("")] if parts else []), *section]
    return parts


def _problems(walk: Walk) -> list[Content]:
    said = problem_lines(walk)
    note = walk.progress.now().note
    if note:
        said.insert(0, ink(walk.mask(note)))
    if not said:
        return []
    if walk.view.applied == "failed":
        said.append(ink("Mend the cause, then go back to Apply and try again.", "bold"))
    return [ink("Still to do", HEAD), *said]


def _proofs(walk: Walk) -> list[Content]:
    outcome = walk.outcome
    if outcome is None or not outcome.proofs:
        return []
    good = sum(proof.good for proof in outcome.proofs)
    title = "Assumed, because nothing was really done" if unreal(walk) else "Verified"
    parts = [Content.assemble(ink(title, HEAD), ink(f"  {good} of {len(outcome.proofs)}", MUTED))]
    for proof in outcome.proofs:
        parts += _proof(walk, proof)
    return parts


def _proof(walk: Walk, proof: ProofMade) -> list[Content]:
    title, observed, wanted = walk.mask(proof.title), walk.mask(proof.observed), walk.mask(proof.wanted)
    if proof.skipped:
        return [marked("warn", f"{title}: left out, {observed}")]
    if proof.good:
        said = marked("good", title, "")
        if set(_words(observed)) <= set(_words(title)):
            return [said]
        if len(title) + len(observed) > BESIDE:
            return [said, ink(f"    {observed}", MUTED)]
        return [Content.assemble(said, ink(f"  {observed}", MUTED))]
    of = f" (wanted: {wanted})" if wanted else ""
    said = [marked("bad", f"{title}: {observed}{of}")]
    for line in (*told("seen", walk.mask(proof.evidence)), *told("next", walk.mask(proof.action), "bold")):
        said.append(Content.assemble("  ", line))
    return said


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _mended(walk: Walk) -> list[Content]:
    """In a repair: what became of the findings."""
    if walk.use != "repair" or not walk.found or walk.view.applied in {"no", "running"}:
        return []
    mended, there = compared(walk.found, walk.view.findings)
    parts = [ink("Findings", HEAD)]
    parts += [marked("good", f"mended: {walk.mask(one.title)}", "") for one in mended]
    parts += [marked("warn", f"still there: {walk.mask(one.title)}") for one in there]
    return parts


def compared(
    before: tuple[Finding, ...], now: tuple[Finding, ...]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings of before that are gone now, and those that are still there."""
    still = {(one.id, host) for one in now for host in one.hosts}
    there = tuple(one for one in before if any((one.id, host) in still for host in one.hosts))
    return tuple(one for one in before if one not in there), there


def _links(walk: Walk, view: View) -> list[Content]:
    address = web_address(view)
    if view.applied != "done" or not address or unreal(walk):
        return []
    links = [ink("Web interface", HEAD), Content.assemble("  ", ink(address, "underline"))]
    hdfs = view.desired.hdfs if view.desired is not None else None
    if hdfs is not None:
        links.append(Content.assemble("  ", ink(hdfs.page, "underline"), ink("  HDFS", MUTED)))
    return links


def _unreal(walk: Walk, view: View) -> list[Content]:
    if walk.use == "dry-run":
        file = shlex.quote(view.file) if view.file else "FILE"
        return [
            ink("Nothing was changed", HEAD),
            ink("This was a dry run: the hosts are as they were. To do it for real:"),
            ink(f"  flink-wizard apply {file}", "bold"),
        ]
    if walk.use == "practice":
        return [
            ink("Nothing was real", HEAD),
            ink("The hosts were imagined, and nothing is kept. To begin with real ones:"),
            ink("  flink-wizard install", "bold"),
            ink("  flink-wizard dry-run", "bold") + ink("   your own hosts, changing nothing", MUTED),
        ]
    return []


def _next(walk: Walk, view: View) -> list[Content]:
    if unreal(walk) or not view.file or view.applied == "no":
        return []
    file = shlex.quote(view.file)
    wide = max(len(what) for what, _ in NEXT)
    return [
        ink("From here", HEAD),
        *(
            Content.assemble(
                ink(f"  {what:<{wide}}  ", MUTED), ink(f"flink-wizard {command.format(file=file)}", "bold")
            )
            for what, command in NEXT
        ),
    ]


def _places(walk: Walk, view: View) -> list[Content]:
    if walk.use == "practice":
        return []
    said = [("record of this run", walk.record), ("answers", view.file)]
    rows = [
        part
        for what, path in said
        if path
        for part in (ink(f"  {what}", MUTED), Content.assemble("    ", ink(walk.mask(path))))
    ]
    if view.saving:
        rows.append(marked("warn", walk.mask(view.saving)))
    return [ink("Kept on this machine", HEAD), *rows] if rows else []
