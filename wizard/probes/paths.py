"""Single paths: what they are, whose, how large, on which file system, and their texts or sums.

Knows how a path travels there quoted and its content comes back encoded. It must not know what a file means.
A symbolic link is told as kind "link"; mode, owner, size, time and text are then those of what it points to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.facts import PathFacts
from wizard.needs import LogTail, Paths
from wizard.probes.disks import read_df, read_mounts
from wizard.probes.files import read_stat
from wizard.probes.script import (
    TEXT_LIMIT,
    Reading,
    Section,
    Unreadable,
    askable,
    decoded,
    decoded_text,
    path_word,
    pattern_word,
)

TAIL_LIMIT = 256 * 1024
"""Bytes of a log's end that are carried at most."""

_LOOK = r"""
look() {
  i=$1 p=$2
  if [ -L "$p" ]; then l=link; else l=plain; fi
  if [ -e "$p" ]; then k=there; else k=missing; fi
  above "$p"
  if [ -w "$a" ] && { [ $k = there ] || [ -d "$a" ]; }; then w=writable; else w=fixed; fi
  h path "$i" $l $k $w
  if [ $k = there ]; then stats "$p"; fi
  h space "$i"; limit 5 df -kP "$a" 2>/dev/null
}
text() {
  if [ -f "$2" ] && [ -r "$2" ]; then h text "$1"; limit 10 head -c @LIMIT@ "$2" | b64; fi
}
sum() {
  if [ -f "$2" ] && [ -r "$2" ]; then
    h sum "$1"; if has sha256sum; then sha256sum <"$2"; elif has shasum; then shasum -a 256 <"$2"; fi
  fi
}
mounts
""".replace("@LIMIT@", str(TEXT_LIMIT + 1))


def sections(needs: Sequence[Paths]) -> tuple[Section, ...]:
    texts = askable(path for need in needs for path in need.texts)
    sums = askable(path for need in needs for path in need.sums)
    wanted = askable([*(path for need in needs for path in need.paths), *texts, *sums])
    if not wanted:
        return ()
    lines: list[str] = []
    for number, path in enumerate(wanted):
        quoted = path_word(path)
        lines.append(f"look {number} {quoted}")
        if path in texts:
            lines.append(f"text {number} {quoted}")
        if path in sums:
            lines.append(f"sum {number} {quoted}")

    def read(reading: Reading) -> Mapping[str, Any]:
        return {"paths": read_paths(reading, wanted)}

    return (Section("the paths", _LOOK + "\n".join(lines) + "\n", read, 60 if sums else 30),)


def read_paths(reading: Reading, wanted: Sequence[str]) -> dict[str, PathFacts]:
    """The facts of each path in `wanted`, by number.

    Raises:
        Unreadable: an answer is missing or has another shape.
    """
    texts = {int(block.rest): block.body for block in reading.all("text")}
    sums = {int(block.rest): block.body for block in reading.all("sum")}
    spaces = {int(block.rest): block.body for block in reading.all("space")}
    table = read_mounts(reading.body("mounts"))
    found: dict[str, PathFacts] = {}
    for block in reading.all("path"):
        index, link, kind, writable = block.rest.split()
        number = int(index)
        path = wanted[number]
        lines = read_df(spaces.get(number, ""))
        fstype = table.get(lines[0][1], ("", ()))[0] if lines else ""
        free = lines[0][3] if lines else None
        if kind == "missing":
            found[path] = PathFacts(
                path,
                "link" if link == "link" else "missing",
                writable=writable == "writable",
                fstype=fstype,
                free_mib=free,
            )
            continue
        seen = read_stat(block.body.strip())
        text: str | None = None
        if number in texts:
            content = decoded(texts[number])
            if len(content) <= TEXT_LIMIT:
                text = content.decode("utf-8", "surrogateescape")
        found[path] = PathFacts(
            path,
            "link" if link == "link" else seen.kind,
            mode=seen.mode,
            owner=seen.owner,
            writable=writable == "writable",
            mtime=seen.mtime,
            size=seen.size,
            fstype=fstype,
            free_mib=free,
            inode=seen.inode,
            text=text,
            sha256=(sums[number].split() or [None])[0] if number in sums else None,
        )
    if len(found) != len(wanted):
        raise Unreadable(f"{len(wanted) - len(found)} of {len(wanted)} paths did not answer")
    return found


_TAIL = r"""
newest() {
  n=$1; shift; f=
  for c in "$@"; do
    if [ -f "$c" ] && { [ -z "$f" ] || [ "$c" -nt "$f" ]; }; then f=$c; fi
  done
  if [ -n "$f" ] && [ -r "$f" ]; then
    h tail-of; printf '%s' "$f" | b64
    h tail; limit 10 tail -n "$n" "$f" | tail -c @LIMIT@ | b64
  fi
}
""".replace("@LIMIT@", str(TAIL_LIMIT))


def tails(needs: Sequence[LogTail]) -> tuple[Section, ...]:
    wanted = dict.fromkeys((pattern, need.lines) for need in needs for pattern in askable(need.patterns))
    if not wanted:
        return ()
    calls = "\n".join(f"newest {max(1, lines)} {pattern_word(pattern)}" for pattern, lines in wanted)
    return (Section("the ends of the logs", f"{_TAIL}{calls}\n", read_tails, 30),)


def read_tails(reading: Reading) -> Mapping[str, Any]:
    """Log file → its last lines; a file that two patterns name keeps the longer piece."""
    found: dict[str, str] = {}
    for name, tail in zip(reading.all("tail-of"), reading.all("tail"), strict=True):
        path, text = decoded_text(name.body), decoded(tail.body).decode("utf-8", "replace")
        if len(text) >= len(found.get(path, "")):
            found[path] = text
    return {"tails": found}
