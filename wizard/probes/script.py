"""One POSIX sh script a host: how the sections of many needs are merged, kept apart, bounded and read back.

Knows the carrying alone: marks, quoting, encodings, time limits. It must not know what any section asks.

The sections run side by side in one pipeline, `a | { b; cat; } | { c; cat; }`, so their outputs arrive in
order without a file being written. Every block begins with a mark that is drawn at random for each script and
handed to the sections in their environment: neither a file's content nor another account can fake one.

GNU's `timeout` ends a whole process group. Busybox's ends one process, so a section gets a group of its own there;
and its watching child keeps every descriptor above 2 open, so none may be handed to it.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TEXT_LIMIT = 1024 * 1024
"""Bytes of a file's content that are carried at most."""

PARALLEL = 32
"""Lookups, logins and connects of one section that run at once on a host."""

_PRELUDE = r"""
m=$FW_MARK t=$FW_LIMIT whole=$FW_WHOLE path=$PATH
unset FW_MARK FW_LIMIT FW_WHOLE
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
has() { command -v "$1" >/dev/null 2>&1; }
h() { printf '\n%s %s\n' "$m" "$*"; }
limit() { s=$1; shift; if [ -n "$t" ]; then $t "$s" "$@"; else "$@"; fi; }
show() { if [ -r "$1" ]; then cat "$1"; fi; }
if has base64; then b64() { printf 'b:'; base64; }; else b64() { printf 'x:'; od -An -v -tx1; }; fi
stat_kind=
stats() {
  if [ -z "$stat_kind" ]; then if stat -c %f / >/dev/null 2>&1; then stat_kind=gnu; else stat_kind=bsd; fi; fi
  case $stat_kind in
    gnu) limit 10 stat -L -c 'g %f %U %s %Y %d:%i' "$1";;
    bsd) limit 10 stat -L -f 'b %p %Su %z %m %d:%i' "$1";;
  esac
}
real() { (CDPATH= cd -P "$1" 2>/dev/null && pwd -P); }
above() { a=$1; while [ ! -e "$a" ]; do case $a in */*) a=${a%/*};; *) a=/;; esac; a=${a:-/}; done; }
mounts() { h mounts; if [ -r /proc/mounts ]; then cat /proc/mounts; else mount; fi; }
"""

_WITHIN = r"""
m=$FW_MARK; unset FW_MARK
has() { command -v "$1" >/dev/null 2>&1; }
limit() { shift; "$@"; }
"""
"""What a wave of calls has of the prelude."""

_END = "\nexit 0\n"
"""A section whose last test was false has not failed."""

_FRAME = r"""LC_ALL=C; export LC_ALL
FW_MARK=@MARK@; export FW_MARK
printf '\n%s clock %s\n' "$FW_MARK" "$(date +%s.%N)"
FW_LIMIT='timeout -s KILL' FW_WHOLE= fw_alone=
if timeout --version >/dev/null 2>&1; then FW_WHOLE=1
elif ! timeout -s KILL 5 true 2>/dev/null; then FW_LIMIT=
elif command -v setsid >/dev/null 2>&1; then fw_alone=1
fi
export FW_LIMIT FW_WHOLE
fw_p=@PRELUDE@
fw_run() {
  printf '\n%s section %s\n' "$FW_MARK" "$1"
  if [ -n "$fw_alone" ]; then
    { fw_g=$($FW_LIMIT "$2" setsid sh -c 'echo $$; exec >&2 2>/dev/null; eval "$1"' sh "$fw_p$3" 2>&4 4>&-); } 4>&1
    fw_s=$?
    if [ $fw_s = 137 ] && [ -n "$fw_g" ]; then kill -KILL "-$fw_g" 2>/dev/null; fi
  elif [ -n "$FW_LIMIT" ]; then $FW_LIMIT "$2" sh -c "$fw_p$3" sh; fw_s=$?
  else sh -c "$fw_p$3" sh; fw_s=$?
  fi
  printf '\n%s done %s %s\n' "$FW_MARK" "$1" "$fw_s"
}
fw_main() {
@PIPELINE@
}
fw_main </dev/null
printf '\n%s over\n' "$FW_MARK"
"""


class Unreadable(ValueError):
    """What a section printed is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Block:
    """One marked piece of output: the word after the mark, the rest of that line, and the lines below it."""

    key: str
    rest: str
    body: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one section printed."""

    blocks: tuple[Block, ...] = ()

    def all(self, key: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.key == key)

    def first(self, key: str) -> Block | None:
        return next((block for block in self.blocks if block.key == key), None)

    def body(self, key: str) -> str:
        """The lines of the first such block; "" when there is none."""
        block = self.first(key)
        return block.body if block else ""

    def rest(self, key: str) -> str:
        block = self.first(key)
        return block.rest if block else ""

    def has(self, key: str) -> bool:
        return self.first(key) is not None


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of sh, the seconds it may take, and how its output becomes fields of HostFacts.

    `read` raises ValueError or LookupError for output that it cannot understand.
    """

    title: str
    text: str
    read: Callable[[Reading], Mapping[str, Any]]
    seconds: int = 20


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    mark: str
    seconds: int
    """Until the last section must have ended."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a whole script printed. A section that ended badly is missing; `ended` has its status if known."""

    clock: float | None
    readings: Mapping[int, Reading]
    ended: Mapping[int, int]
    whole: bool


def merged_script(sections: Sequence[Section], mark: str | None = None) -> Script:
    """One script for all sections; `mark` is drawn at random when left out."""
    mark = mark or secrets.token_hex(16)
    lines: list[str] = []
    for number, section in enumerate(sections):
        call = f"fw_run {number} {section.seconds} {shlex.quote(section.text + _END)} </dev/null"
        lines.append(f"{{ {call}; }}" if number == 0 else f"{{ {call}; cat; }}")
    pieces = {
        "@MARK@": mark,
        "@PRELUDE@": shlex.quote(_PRELUDE),
        "@PIPELINE@": " |\n".join(lines) or ":",
    }
    text = re.sub("@[A-Z]+@", lambda match: pieces[match[0]], _FRAME)
    return Script(text, mark, max((section.seconds for section in sections), default=0))


def parse_output(stdout: str, mark: str) -> Output:
    """The readings by number of section. What comes before the first mark (a banner) is dropped."""
    clock: float | None = None
    readings: dict[int, Reading] = {}
    ended: dict[int, int] = {}
    number: int | None = None
    whole = False
    blocks: list[Block] = []
    for block in _blocks(stdout, mark):
        match block.key:
            case "clock":
                clock = seconds_of(block.rest)
            case "section":
                number, blocks = int(block.rest), []
            case "done":
                done, status = (int(word) for word in block.rest.split())
                ended[done] = status
                if done == number and status == 0:
                    readings[done] = Reading(tuple(blocks))
                number, blocks = None, []
            case "over":
                whole = True
            case _:
                blocks.append(block)
    return Output(clock, readings, ended, whole)


def _blocks(stdout: str, mark: str) -> Iterable[Block]:
    for piece in f"\n{stdout}".split(f"\n{mark} ")[1:]:
        # Each mark has a line feed of its own before it, so a body ends exactly as it was printed.
        head, _, body = piece.partition("\n")
        key, _, rest = head.partition(" ")
        yield Block(key, rest, body)


def seconds_of(text: str) -> float | None:
    """`date +%s.%N` in seconds. A date without %N gives whole seconds: the middle of that second is taken."""
    match = re.match(r"(\d+)(?:\.(\d{1,9})(?!\d))?", text.strip())
    if match is None:
        return None
    return float(match[1]) + (float(f"0.{match[2]}") if match[2] else 0.5)


def word(value: str) -> str:
    """Any text as one quoted word of sh.

    Raises:
        ValueError: it holds a NUL, which no argument can carry.
    """
    if "\0" in value:
        raise ValueError("a NUL cannot be part of an argument")
    return shlex.quote(value)


def path_word(path: str) -> str:
    """A path as one quoted word; `~` and relative paths are below the login's home.

    Raises:
        ValueError: it holds a NUL.
    """
    if path == "~":
        return '"$HOME"'
    if path.startswith("~/"):
        return '"$HOME"/' + word(path[2:])
    return word(path) if path.startswith("/") else '"$HOME"/' + word(path)


def pattern_word(pattern: str) -> str:
    """A shell pattern with `*`, `?` and `[…]` at work and everything else quoted.

    Raises:
        ValueError: it holds a NUL.
    """
    start = '"$HOME"/' if not pattern.startswith("/") else ""
    rest = pattern.removeprefix("~/")
    pieces = re.split(r"([A-Za-z0-9_./*?\[\]^!,:=@%+-]+)", rest)
    return start + "".join(piece if index % 2 else word(piece) for index, piece in enumerate(pieces) if piece)


def askable(values: Iterable[str]) -> tuple[str, ...]:
    """Without repetitions and without what no argument can carry (a value that is not known yet)."""
    return tuple(dict.fromkeys(value for value in values if value and "\0" not in value))


def in_waves(calls: Iterable[str], at_once: int = PARALLEL) -> str:
    """Each call in the background, so many at once. A call prints whole short lines only."""
    lines: list[str] = []
    for number, call in enumerate(calls, 1):
        lines.append(f"{call} &")
        if number % at_once == 0:
            lines.append("wait")
    return "\n".join([*lines, "wait"])


def in_bounded_waves(
    calls: Sequence[str],
    seconds: int,
    functions: str,
    *,
    bounded: str = "",
    single: str = "",
    shell: str = "sh",
    at_once: int = PARALLEL,
) -> str:
    """Each call in the background, so many at once, and each such wave in a process of its own that ends after `seconds`.

    `functions` are what the calls need; they limit what they run by `limit`. In a wave that does nothing, for the limit of
    the wave is enough, and two processes a call are most of what it costs. A call that the limit ended has printed
    nothing. Where `timeout` ends one process alone, every call has its limit for itself. `bounded` and `single` are
    functions for either way; `shell` runs the waves.
    """
    within = f"{_WITHIN}{functions}{bounded}"
    waves = (calls[start : start + at_once] for start in range(0, len(calls), at_once))
    return "\n".join(
        (
            f'wave() {{ FW_MARK=$m $t {seconds} {shell} -c "$f$1" {shell}; }}',
            f'if [ -n "$whole" ]; then f={shlex.quote(within)}',
            f'else wave() {{ eval "$1"; }}\n{functions}{single}',
            "fi",
            *(f"wave {shlex.quote(in_waves(wave, at_once))}" for wave in waves),
            "h asked\n",
        )
    )


def decoded(text: str) -> bytes:
    """The bytes that `b64` printed.

    Raises:
        Unreadable: the text is neither of its two encodings.
    """
    kind, _, rest = text.strip().partition(":")
    try:
        if kind == "b":
            return base64.b64decode("".join(rest.split()), validate=True)
        if kind == "x":
            return bytes.fromhex("".join(rest.split()))
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"damaged content: {error}") from error
    raise Unreadable("content in an unknown encoding")


def decoded_text(text: str) -> str:
    """As `decoded`; bytes that are no UTF-8 are kept as lone surrogates, so that they can be written back."""
    return decoded(text).decode("utf-8", "surrogateescape")
