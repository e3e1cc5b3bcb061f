"""A preview as text: per host, in order, every command, and every file as a diff.

A script stands there as a block without a shell's quotes, with its arguments by name, and in full only the first
time. Knows plans and words. It must not know a terminal or a host.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from .commands import Command, Fetch, Run, Transfer, Upload, lines_of, script_of, shown
from .desired import Desired
from .imagined import Done
from .preview import Preview
from .text import clean
from .words import in_sentence, name_of


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
        yield clean(f"{key}: {value}{where}")
        yield clean(f"    {reason}")


def preview_lines(preview: Preview, exact: bool = False) -> Iterator[str]:
    """The whole preview, stage by stage and host by host, safe to print. `exact`: commands as the hosts get them."""
    return (clean(line) for line in _lines(preview, Commands(exact)))


def _lines(preview: Preview, commands: Commands) -> Iterator[str]:
    if not preview.changes and not preview.outcome.dropped:
        yield "Nothing to change."
    for stage in preview.stages:
        proofs = () if preview.outcome.stopped else stage.proofs
        if stage.done or proofs:
            yield f"== {stage.title}"
        for done in stage.done:
            yield from _done(done, commands)
        for host, title in proofs:
            yield f"{name_of(host)}: check that {in_sentence(title)}"
    if preview.closing:
        yield "== End"
    for done in preview.closing:
        yield from _done(done, commands)
    for left in preview.left:
        yield f"{name_of(left.host)}: {left.title}: {left.status}: {left.cause} {left.action}".rstrip()
    told = {left.host for left in preview.left if left.status == "failed"}
    for host, failure in preview.outcome.dropped.items():
        if host not in told:
            yield f"{name_of(host)}: takes no part: {failure.cause} {failure.action}".rstrip()


def _done(done: Done, commands: Commands) -> Iterator[str]:
    yield f"{name_of(done.host)}: {done.title}"
    for command in done.commands:
        yield from (f"    {line}" for line in commands.lines(command, done.host))


class Commands:
    """Commands as a person reads them. Remembers what it showed: a script that comes again is only named."""

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact
        self._seen: dict[str, str] = {}

    def lines(self, command: Command, host: str) -> Iterator[str]:
        """One command for this host: its line or script, or the diff of the file that it writes."""
        match command:
            case Run():
                yield from self._run(command, host)
            case Upload():
                kept = command.backup and command.before is not None
                yield f"write {command.path} (mode {command.mode:04o})" + (
                    ", the old file is kept beside it" if kept else ""
                )
                yield from diff_lines(command)
            case Transfer():
                source = f"{shown(command.source_path)} of {name_of(command.source)}"
                yield clean(f"copy {source} into {shown(command.path)}")
            case Fetch():
                yield f"get Flink {command.version} into {command.path}"
                for choice in command.choices:
                    yield f"  from {choice.kind}: {choice.address}"

    def _run(self, run: Run, host: str) -> Iterator[str]:
        script = None if self._exact else script_of(run)
        if script is not None:
            yield from self._script(run, *script, host)
        else:
            if run.why:
                yield f"# {run.why}"
            first, *more = clean(lines_of(run)).split("\n")
            yield f"$ {first}"
            yield from (f"  {line}" for line in more)
        if run.stdin:
            yield f"  with {len(run.stdin)} characters on standard input"

    def _script(self, run: Run, script: str, arguments: Sequence[str], host: str) -> Iterator[str]:
        sudo = " as root (sudo)" if run.sudo else ""
        first = script not in self._seen
        where = self._seen.setdefault(script, host)
        which = "this script" if first else f"the script {_where(where, host)}"
        yield f"# {run.why or 'run a script'}:{sudo} sh with {which}"
        for number, argument in enumerate(arguments, 1):
            one, *more = clean(shown(argument) or "''").split("\n")
            yield f"  ${number} = {one}"
            yield from (f"       {line}" for line in more)
        if first:
            yield from (f"  | {line}" for line in clean(shown(script)).strip("\n").split("\n"))


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


def _where(shown_for: str, host: str) -> str:
    return "shown above" if shown_for == host else f"shown for {name_of(shown_for)}"
