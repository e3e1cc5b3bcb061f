"""Commands as values: what would be done on a host, written down before it is done.

Knows how a command reads to a person and to a shell, and how a value that is born during the run stands in for
itself until then. It must not know connections, plans or facts.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

_TOKEN = re.compile("\x00later:([^\x00]+):([^:\x00]+)\x00")


@dataclass(frozen=True, slots=True)
class Later:
    """A value that exists only once an earlier command has run: a public key, a Java home after installation.

    `str(later)` is a token that may stand inside any text of a command. It holds a NUL, so a token that nobody
    resolved can never reach a host as an argument.
    """

    host: str
    name: str

    def __str__(self) -> str:
        return f"\x00later:{self.host}:{self.name}\x00"

    @property
    def placeholder(self) -> str:
        return f"‹{self.name.replace('-', ' ')} of {self.host}›"

    @property
    def variable(self) -> str:
        """The name of the shell variable that carries it in an exported script."""
        return "later_" + re.sub(r"[^A-Za-z0-9]", "_", f"{self.host}_{self.name}")


def laters_in(text: str) -> tuple[Later, ...]:
    return tuple(Later(host, name) for host, name in _TOKEN.findall(text))


def fill(text: str, value: Callable[[Later], str]) -> str:
    """The text with every token replaced by what `value` gives for it."""
    return _TOKEN.sub(lambda match: value(Later(match[1], match[2])), text)


def shown(text: str) -> str:
    """The text as a preview shows it: tokens as placeholders."""
    return fill(text, lambda later: later.placeholder)


@dataclass(frozen=True, slots=True)
class Run:
    """One program with its arguments. `why` is a phrase for people where the command does not speak for itself.

    Times in seconds. `gives` names the value that the command's trimmed standard output becomes.
    """

    argv: tuple[str, ...]
    why: str = ""
    sudo: bool = False
    stdin: str = ""
    timeout: float = 120.0
    idle_timeout: float | None = None
    ok: tuple[int, ...] = (0,)
    gives: Later | None = None

    def line(self) -> str:
        """The command as a shell reads it, with tokens still in place."""
        return " ".join(
            shlex.quote(word) if not laters_in(word) else _quote_around(word) for word in self.argv
        )

    def filled(self, value: Callable[[Later], str]) -> Run:
        return replace(
            self, argv=tuple(fill(word, value) for word in self.argv), stdin=fill(self.stdin, value)
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """A whole file, written beside its place and moved over it. `before` is what stands there now, None for nothing.

    With `backup` the old file is kept beside the new one, with a record of who, when and why.
    """

    path: str
    content: str
    mode: int = 0o644
    before: str | None = None
    backup: bool = True
    why: str = ""
    sudo: bool = False
    owner: str | None = None

    def filled(self, value: Callable[[Later], str]) -> Upload:
        return replace(self, content=fill(self.content, value))


@dataclass(frozen=True, slots=True)
class Transfer:
    """A tree from one host to another as one tar stream. `size` in bytes where known, for progress.

    `source_path` is a tar file when `source_is_tar`, else a directory whose content is sent. It is unpacked into
    `path`, which is emptied first: a name beside the final place, never the final place itself.
    """

    source: str
    source_path: str
    target: str
    path: str
    source_is_tar: bool = False
    size: int | None = None
    why: str = ""

    def filled(self, value: Callable[[Later], str]) -> Transfer:
        return replace(self, source_path=fill(self.source_path, value), path=fill(self.path, value))


@dataclass(frozen=True, slots=True)
class Fetch:
    """Obtain one distribution into the cache of the control machine, and verify it.

    `choices` are tried in order; each is ("apache" | "archive" | "url" | "path" | "pypi", address or version).
    Where a checksum address is given the file must match it. What arrives becomes the tar file `path` with its
    manifest beside it (`path` + ".manifest.json").
    """

    version: str
    choices: tuple[FetchChoice, ...]
    path: str
    why: str = ""
    product: Literal["flink", "hadoop"] = "flink"

    def filled(self, value: Callable[[Later], str]) -> Fetch:
        del value
        return self


@dataclass(frozen=True, slots=True)
class FetchChoice:
    """One place to get an archive from. Times in seconds; `algorithm` as hashlib names it."""

    kind: str
    address: str
    checksum_url: str | None = None
    algorithm: str = "sha512"
    connect_timeout: float = 15.0


Command = Run | Upload | Transfer | Fetch


def shell(script: str, *args: str, why: str = "", **options: object) -> Run:
    """A piece of POSIX sh with its arguments as $1, $2 …: values never become part of the script's text."""
    return replace(Run(("sh", "-c", script, "sh", *args), why), **options)  # type: ignore[arg-type]


def script_of(run: Run) -> tuple[str, tuple[str, ...]] | None:
    """The script and its arguments where the command was made by `shell`."""
    if run.argv[:2] == ("sh", "-c") and run.argv[3:4] == ("sh",):
        return run.argv[2], run.argv[4:]
    return None


def lines_of(command: Command) -> str:
    """One line a person can read and compare; equal commands have equal lines."""
    match command:
        case Run():
            return ("sudo " if command.sudo else "") + shown(command.line())
        case Upload():
            return (
                f"write {command.path} (mode {command.mode:04o}, {len(command.content.splitlines())} lines)"
            )
        case Transfer():
            return f"copy {command.source}:{shown(command.source_path)} to {command.target}:{shown(command.path)}"
        case Fetch():
            return f"obtain {command.product.capitalize()} {command.version} into {command.path}"


def fill_command(command: Command, values: Mapping[Later, str]) -> Command:
    """The command with every value that is known by now.

    Raises:
        KeyError: a value is used before the command that gives it has run.
    """
    return command.filled(lambda later: values[later])


def _quote_around(word: str) -> str:
    parts: list[str] = []
    position = 0
    for match in _TOKEN.finditer(word):
        before = word[position : match.start()]
        if before:
            parts.append(shlex.quote(before))
        parts.append(match[0])
        position = match.end()
    if word[position:]:
        parts.append(shlex.quote(word[position:]))
    return "".join(parts)
