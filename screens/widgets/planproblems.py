"""What stands in the way of a plan, and what it leaves out: with the cause, and what mends it.

Knows reviews and findings. It must not know how they came about.
"""

from __future__ import annotations

from textual.content import Content

from wizard.findings import Finding
from wizard.walk import Reviewed, Walk
from wizard.words import name_of

from .inked import MUTED, lines, marked, told

MOST_HOSTS = 6
"""Hosts that are named before the rest is counted."""


def hosts_text(hosts: tuple[str, ...]) -> str:
    """The hosts by name, many of them in part."""
    named = ", ".join(name_of(host) for host in hosts[:MOST_HOSTS])
    more = len(hosts) - MOST_HOSTS
    return f"{named} and {more} more" if more > 0 else named


def problems_content(walk: Walk, made: Reviewed) -> Content | None:
    """Why the plan is refused and what mends that; what is left out. None where there is neither."""
    parts: list[Content] = []
    if made.refused:
        parts.append(marked("bad", f"Nothing can be applied. {made.refused}", "bold $text-error"))
        for finding in made.blockers:
            parts += blocker_lines(walk, finding)
    if made.outline.ends_early and not made.refused:
        parts.append(marked("bad", "The plan ends early: a host that it cannot do without fails."))
    left = left_content(made)
    if left is not None:
        parts.append(left)
    return lines(parts) if parts else None


def blocker_lines(walk: Walk, finding: Finding) -> list[Content]:
    """A finding in short: where and what, what was seen, what to do."""
    parts = [
        Content.assemble(
            "  ",
            marked("bad", f"{hosts_text(finding.hosts)}: {walk.mask(finding.title)}"),
        )
    ]
    parts += [Content.assemble("    ", line) for line in told("seen", walk.mask(finding.observed))]
    if finding.fix is not None:
        said = "\n".join((finding.fix.title, *finding.fix.commands))
        parts += [Content.assemble("    ", line) for line in told("next", walk.mask(said))]
    parts += [Content.assemble("    ", line) for line in told("check", finding.id, MUTED)]
    return parts


def left_content(made: Reviewed, host: str = "") -> Content | None:
    """What will not happen and why, on one host or on all."""
    parts: list[Content] = []
    for one in made.outline.left:
        if host and one.host != host:
            continue
        what = one.title or "takes no part"
        word = {"failed": "cannot be done", "pending": "is left pending", "skipped": "is left out"}.get(
            one.status, ""
        )
        said = f"{name_of(one.host)}: {what} {word}".rstrip()
        parts.append(marked("bad" if one.status in {"failed", "lost"} else "warn", said))
        parts += [Content.assemble("    ", line) for line in told("why", one.cause)]
        parts += [Content.assemble("    ", line) for line in told("next", one.action)]
    return lines(parts) if parts else None
