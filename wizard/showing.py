"""A preview as text: per host, in order, every command, and every file as a diff.

A script stands there as a block without a shell's quotes, with its arguments by name, and in full only the first
time. Knows plans and words. It must not know a terminal or a host.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .commands import Command, Fetch, Run, Transfer, Upload, lines_of, script_of, shown
from .desired import Desired
from .imagined import Done
from .preview import Preview
from .spec import HERE
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
                yield f"get {command.product.capitalize()} {command.version} into {command.path}"
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


LineKind = Literal["plain", "note", "added", "removed", "place"]
"""What a shown line is: text, a remark on it, or a line of a diff (`place` tells where the lines below it stand)."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    text: str
    kind: LineKind = "plain"


@dataclass(frozen=True, slots=True)
class ShownCommand:
    """`title` is one line for a list; `lines` tell the whole command. `writes` is the path of the file it writes."""

    title: str
    lines: tuple[ShownLine, ...]
    writes: str = ""


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One operation of a plan with its commands, or a proof, which has none."""

    host: str
    stage: str
    title: str
    commands: tuple[ShownCommand, ...] = ()
    proof: bool = False


@dataclass(frozen=True, slots=True)
class ShownLeft:
    """What will not happen on a host, and why: `status` as of an operation, "lost" for a host that takes no part."""

    host: str
    title: str
    status: str
    cause: str
    action: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A preview as a list: `steps` in the order of the plan. All of its text is safe to show."""

    steps: tuple[ShownStep, ...]
    left: tuple[ShownLeft, ...]
    changes: int
    ends_early: bool = False

    @property
    def machines(self) -> int:
        """The nodes that are changed; this machine counts where it alone is."""
        changed = {step.host for step in self.steps if not step.proof}
        return len(changed - {HERE}) or len(changed)

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.host for step in self.steps))

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.stage for step in self.steps))


def outline_of(preview: Preview, mask: Callable[[str], str] = str) -> Outline:
    """The preview as an outline, with secrets masked and nothing in it that a terminal would obey."""

    def safe(text: str) -> str:
        return mask(clean(text))

    steps: list[ShownStep] = []
    for stage in preview.stages:
        steps.extend(_shown_step(done, stage.title, safe) for done in stage.done)
        if not preview.outcome.stopped:
            steps.extend(
                ShownStep(host, safe(stage.title), safe(title), proof=True) for host, title in stage.proofs
            )
    steps.extend(_shown_step(done, "End", safe) for done in preview.closing)
    left = [
        ShownLeft(one.host, safe(one.title), one.status, safe(one.cause), safe(one.action))
        for one in preview.left
    ]
    told = {one.host for one in preview.left if one.status == "failed"}
    left += [
        ShownLeft(host, "", "lost", safe(failure.cause), safe(failure.action))
        for host, failure in preview.outcome.dropped.items()
        if host not in told
    ]
    return Outline(tuple(steps), tuple(left), preview.changes, preview.outcome.stopped)


def _shown_step(done: Done, stage: str, safe: Callable[[str], str]) -> ShownStep:
    commands = Commands()
    return ShownStep(
        done.host,
        safe(stage),
        safe(done.title),
        tuple(
            ShownCommand(
                safe(command_title(command)),
                tuple(
                    ShownLine(safe(line), kind_of(command, number, line))
                    for number, line in enumerate(commands.lines(command, done.host))
                ),
                safe(command.path) if isinstance(command, Upload) else "",
            )
            for command in done.commands
        ),
    )


def kind_of(command: Command, number: int, line: str) -> LineKind:
    """What the line of that number is, among the lines of this command."""
    if isinstance(command, Upload) and number:
        return "place" if line.startswith("@@") else _SIGNS.get(line[:1], "plain")
    return "note" if line.startswith("#") else "plain"


_SIGNS: dict[str, LineKind] = {"+": "added", "-": "removed"}


def command_title(command: Command) -> str:
    """The command as one line of a list: what it is for where the command does not speak for itself."""
    match command:
        case Run():
            script = script_of(command)
            if script is not None:
                return (command.why or "run a script") + (" (sudo)" if command.sudo else "")
            first, *more = clean(lines_of(command)).split("\n")
            return f"$ {first}" + (" …" if more else "")
        case Upload():
            return f"write {clean(command.path)}"
        case Transfer():
            return clean(f"copy {shown(command.source_path)} of {name_of(command.source)}")
        case Fetch():
            return f"get {command.product.capitalize()} {command.version}"
