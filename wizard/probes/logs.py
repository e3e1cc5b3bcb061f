"""The newest log of each daemon, read by its end: the lines that hold a word that was asked for, and the last ones.

However large a log is, a bounded piece of it is read and a small part of that is carried. Lines keep their numbers where
counting them costs little. It must not know what a line means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.needs import Logs
from wizard.probes.files import read_stat
from wizard.probes.script import (
    Reading,
    Section,
    Unreadable,
    askable,
    decoded,
    decoded_text,
    pattern_word,
    word,
)
from wizard.servicefacts import LogFacts, LogLine

READ = 1024 * 1024
"""Bytes of a log's end that are searched."""

COUNTED = 64 * READ
"""Bytes up to which the lines before that are counted, so that those that are found have numbers."""

_LINES, _CARRIED, _WIDE, _LAST = 200, 32 * 1024, 500, 8

_SCRIPT = r"""
log() {
  f=
  for c in "$@"; do
    if [ -f "$c" ] && { [ -z "$f" ] || [ "$c" -nt "$f" ]; }; then f=$c; fi
  done
  if [ -z "$f" ] || [ ! -r "$f" ]; then return; fi
  seen=$(stats "$f") || return
  size=${seen% * *}
  size=${size##* } o=0 b=0
  if [ "$size" -gt @READ@ ]; then
    o=$((size - @READ@)) b=unknown
    if [ "$size" -le @COUNTED@ ]; then b=$(limit 5 head -c $o "$f" | wc -l); fi
  fi
  h log $b; printf '%s' "$f" | b64
  h log-stat; printf '%s\n' "$seen"
  h log-lines
  limit 10 tail -c +$((o + 1)) "$f" | tr -d '\000' | grep -nF @WORDS@ |
    tail -n @LINES@ | cut -c1-@WIDE@ | tail -c @CARRIED@ | b64
  h log-last; tail -c 4096 "$f" | tr -d '\000' | tail -n @LAST@ | cut -c1-@WIDE@ | b64
}
"""


def sections(needs: Sequence[Logs]) -> tuple[Section, ...]:
    patterns = askable(pattern for need in needs for pattern in need.patterns)
    words = askable(one for need in needs for one in need.words)
    if not patterns or not words:
        return ()
    pieces = {
        "@READ@": str(READ),
        "@COUNTED@": str(COUNTED),
        "@WORDS@": " ".join(f"-e {word(one)}" for one in words),
        "@LINES@": str(_LINES),
        "@WIDE@": str(_WIDE),
        "@CARRIED@": str(_CARRIED),
        "@LAST@": str(_LAST),
    }
    text = re.sub("@[A-Z]+@", lambda match: pieces[match[0]], _SCRIPT)
    calls = "\n".join(f"log {pattern_word(pattern)}" for pattern in patterns)
    return (Section("the logs", f"{text}{calls}\n", read_logs, 30),)


def read_logs(reading: Reading) -> Mapping[str, Any]:
    """Log file → what was read of it.

    Raises:
        Unreadable: the answer has another shape.
    """
    keys = ("log", "log-stat", "log-lines", "log-last")
    columns = [reading.all(key) for key in keys]
    if len({len(column) for column in columns}) != 1:
        raise Unreadable("a log did not answer")
    found: dict[str, LogFacts] = {}
    for head, stat, lines, last in zip(*columns, strict=True):
        path, seen = decoded_text(head.body), read_stat(stat.body.strip())
        before = int(head.rest) if head.rest.strip().isdigit() else None
        found[path] = LogFacts(
            path,
            seen.size,
            seen.mtime,
            tuple(line for text in _lines(lines.body) if (line := _numbered(text, before)) is not None),
            tuple(_lines(last.body)),
        )
    return {"logs": found}


def _lines(body: str) -> list[str]:
    return decoded(body).decode("utf-8", "replace").splitlines()


def _numbered(text: str, before: int | None) -> LogLine | None:
    """A line of `grep -n`; the first of a piece that was cut has lost its number."""
    number, colon, line = text.partition(":")
    if not colon or not number.isdigit():
        return None
    return LogLine(line, None if before is None else before + int(number))
