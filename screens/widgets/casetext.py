"""One finding in full: what was seen where, what is wanted and why, the evidence, and what mends it.

Knows a case. It must not know which one is chosen.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from wizard.session import CHECKED
from wizard.view import View
from wizard.words import counted

from .cases import Case, remedy_text
from .inked import MUTED, ink, lines, marked, told
from .planproblems import hosts_text


def case_line(case: Case, mask: Callable[[str], str], tick: bool | None = None) -> Content:
    """The case as a line of a list. `tick`: whether the plan mends it, None where that is not to be chosen."""
    box = "" if tick is None else "[x] " if tick else "[ ] "
    where = hosts_text(case.finding.hosts)
    fate = "" if case.fate in {"found", "mended"} else f", {case.fate}"
    return Content.assemble(
        marked(case.mark, f"{case.word:<8}"),
        ink(box, "bold"),
        ink(mask(case.finding.title)),
        ink(f"  {where}, {remedy_text(case.finding)}{fate}", MUTED),
    )


def case_content(case: Case, mask: Callable[[str], str]) -> Content:
    """The case in full."""
    one = case.finding
    parts = [
        marked(case.mark, mask(one.title), "bold"),
        Content.assemble(
            ink(f"{case.word}, {case.fate}" if case.fate != case.word else case.word, MUTED),
            ink(f"  {one.id}  {hosts_text(one.hosts)}", MUTED),
        ),
        Content(""),
        *told("seen", mask(one.observed)),
        *told("wanted", mask(one.wanted)),
        *told("why", mask(one.why)),
    ]
    if one.evidence:
        parts += [Content(""), *told("found", mask("\n".join(one.evidence)), MUTED)]
    parts += [Content(""), *told("mend", remedy_text(one), "bold")]
    if one.fix is not None:
        parts += told("", mask(one.fix.title))
        parts += told("", mask("\n".join(f"$ {command}" for command in one.fix.commands)), "$text-accent")
    if one.waived:
        parts.append(ink("Waived: it only warns. w lets it weigh again.", "$text-warning"))
    if case.mended and case.fate != "mended":
        parts.append(marked("good", f"mended on {hosts_text(case.mended)}"))
    return lines(parts)


def healthy_content(view: View, checked: tuple[str, ...] = CHECKED) -> Content:
    """What was looked at, where nothing was found."""
    names = view.spec.names if view.spec is not None else ()
    read = [name for name in names if (seen := view.facts_of(name)) is not None and seen.reached]
    return lines(
        [
            marked("good", "Nothing is wrong, as far as was looked.", "bold $text-success"),
            Content(""),
            *told("hosts", f"{counted(len(read), 'host')} read: {hosts_text(tuple(read))}"),
            *told("checks", f"{len(checked)}: {', '.join(checked)}"),
        ]
    )
