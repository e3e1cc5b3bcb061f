"""A preview as text: per host, in order, every command, and every file as a diff.

Knows plans and words. It must not know a terminal or a host.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from .commands import Command, Fetch, Run, Transfer, Upload, lines_of, shown
from .desired import Desired
from .preview import Preview
from .printer import name_of
from .text import clean


def suggestion_lines(desired: Desired) -> Iterator[str]:
    """The values that nobody decided, each with where it goes and why it is what it is."""
    hosts: dict[tuple[str, str, str], list[str]] = {}
    for one in desired.suggestions:
        hosts.setdefault((one.key, one.value, one.reason), [])
        if one.host is not None and one.host not in hosts[one.key, one.value, one.reason]:
            hosts[one.key, one.value, one.reason].append(one.host)
    if hosts:
        yield "== Suggested from the hosts' hardware"
    for (key, value, reason), names in hosts.items():
        where = f" ({', '.join(names)})" if names else ""
        yield f"{key}: {value}{where}"
        yield f"    {reason}"


def preview_lines(preview: Preview) -> Iterator[str]:
    """The whole preview, stage by stage and host by host, safe to print."""
    return (clean(line) for line in _lines(preview))


def _lines(preview: Preview) -> Iterator[str]:
    if not preview.changes:
        yield "Nothing to change."
    for stage in preview.stages:
        if not stage.done and not stage.proofs:
            continue
        yield f"== {stage.title}"
        for done in stage.done:
            yield f"{name_of(done.host)}: {done.title}"
            for command in done.commands:
                yield from (f"    {line}" for line in command_lines(command))
        for host, title in stage.proofs:
            yield f"{name_of(host)}: see that {title[0].lower()}{title[1:]}"
    for done in preview.closing:
        yield f"== End\n{name_of(done.host)}: {done.title}"
        for command in done.commands:
            yield from (f"    {line}" for line in command_lines(command))
    for left in preview.left:
        yield f"{name_of(left.host)}: {left.title}: {left.status}: {left.cause} {left.action}".rstrip()
    for host, failure in preview.outcome.dropped.items():
        yield f"{name_of(host)}: takes no part: {failure.cause} {failure.action}".rstrip()


def command_lines(command: Command) -> Iterator[str]:
    """One command as a person reads it: its line, or the diff of the file that it writes."""
    match command:
        case Run():
            if command.why:
                yield f"# {command.why}"
            for line in clean(lines_of(command)).splitlines():
                yield f"$ {line}" if line else "$"
            if command.stdin:
                yield f"# with {len(command.stdin)} characters on standard input"
        case Upload():
            yield f"write {command.path} (mode {command.mode:04o})" + (
                ", the old file is kept beside it" if command.backup and command.before is not None else ""
            )
            yield from diff_lines(command)
        case Transfer() | Fetch():
            yield clean(lines_of(command))
            if isinstance(command, Fetch):
                for choice in command.choices:
                    yield f"  from {choice.kind}: {choice.address}"


def diff_lines(upload: Upload) -> Iterator[str]:
    """The change of a file as a unified diff; a new file as added lines."""
    before = clean(upload.before or "").splitlines()
    after = clean(shown(upload.content)).splitlines()
    if upload.before is None:
        yield from (f"+{line}" for line in after)
        return
    for line in difflib.unified_diff(before, after, "now", "then", n=2, lineterm=""):
        if not line.startswith(("---", "+++")):
            yield line
