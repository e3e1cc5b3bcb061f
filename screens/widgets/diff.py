"""Commands and the change of files in colour; a sign at the head of each line says the same as its colour.

Knows shown lines. It must not know plans or hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from textual.content import Content

from wizard.showing import LineKind, ShownCommand, ShownStep

from .inked import ink, lines

STYLES: Mapping[LineKind, str] = MappingProxyType(
    {
        "plain": "",
        "note": "$text-accent",
        "added": "$text-success",
        "removed": "$text-error",
        "place": "$text-secondary",
    }
)


def command_content(command: ShownCommand) -> Content:
    """One command: its line, its script, or the diff of its file."""
    first, *more = command.lines
    head = ink(first.text, "bold" if command.writes else STYLES[first.kind])
    return lines([head, *(ink(line.text, STYLES[line.kind]) for line in more)])


def step_content(step: ShownStep, where: str) -> Content:
    """One step with all its commands, below its title and the host."""
    parts: list[Content] = [ink(f"{where}: {step.title}", "bold $text-primary")]
    if step.proof:
        parts.append(ink("A proof: it changes nothing and is asked until it is good, or its time is over."))
    for command in step.commands:
        parts += [Content(""), command_content(command)]
    return lines(parts)


def list_content(title: str, rows: Iterable[tuple[int, str, str]]) -> Content:
    """A title, and below it what there is of what: how many, what one is called, what more are."""
    return lines(
        [
            ink(title, "bold $text-primary"),
            Content(""),
            *(
                Content.assemble((f"{number:>4}  ", "bold"), ink(one if number == 1 else many))
                for number, one, many in rows
                if number
            ),
        ]
    )
