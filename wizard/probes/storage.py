"""Directories of NameNodes and DataNodes: empty or not, formatted by whom, how much lies in them.

Knows how Hadoop lays out such a directory (1.2 to 3.x). A directory counts as empty only when its list was read and
held nothing: what cannot be looked into is told as unreadable. It must not know what ought to be there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.needs import Storage
from wizard.probes.disks import read_df, read_mounts
from wizard.probes.files import read_stat
from wizard.probes.script import Block, Reading, Section, Unreadable, askable, decoded_text, path_word
from wizard.servicefacts import StorageFacts, StorageState

HADOOPS_OWN = frozenset(
    {"current", "in_use.lock", "image", "previous", "previous.tmp", "previous.checkpoint", "removed.tmp"}
    | {"finalized.tmp", "lastcheckpoint.tmp", "detach", "tmp", "blocksBeingWritten", "edits.new"}
)
"""Names at the top of a directory that Hadoop itself makes there."""

_LISTED = 40
"""Names that are carried at most; the files are counted besides."""

_SCRIPT = r"""
store() {
  i=$1 p=$2
  above "$p"
  if [ -d "$p" ]; then
    k=closed
    if e=$(ls -A "$p" 2>/dev/null) && [ -x "$p" ]; then k=directory; fi
    if [ -d "$p/current" ] && ! ls -A "$p/current" >/dev/null 2>&1; then k=closed; fi
  elif [ -e "$p" ] || [ -L "$p" ]; then k=other
  else k=missing
  fi
  if [ -w "$a" ] && [ -d "$a" ]; then w=writable; else w=fixed; fi
  if [ -e "${p%/*}/.${p##*/}.flink-wizard-formatting" ]; then n=begun; else n=none; fi
  h storage "$i" $k $w $n
  if [ $k = directory ] || [ $k = closed ]; then stats "$p"; fi
  h space "$i"; limit 5 df -kP "$a" 2>/dev/null
  if [ $k = directory ]; then
    h entries "$i"; printf '%s' "$e" | head -n @LISTED@ | b64
    v=no
    for f in "$p"/current/fsimage "$p"/current/fsimage_*; do
      case $f in *.md5|*.ckpt*|*.tmp) continue;; esac
      if [ -f "$f" ] && [ -s "$f" ]; then v=yes; fi
    done
    h image "$i" $v
    if [ -e "$p/current/VERSION" ]; then h version "$i"; head -c 4096 "$p/current/VERSION" 2>/dev/null | b64; fi
    if c=$(limit 5 find "$p" -type f -exec printf .%.0s {} + 2>/dev/null); then h files "$i" "${#c}"; fi
    if s=$(limit 5 du -sk "$p" 2>/dev/null); then h amount "$i" "${s%%[!0-9]*}"; fi
  fi
}
mounts
""".replace("@LISTED@", str(_LISTED))


def sections(needs: Sequence[Storage]) -> tuple[Section, ...]:
    wanted = askable(path.rstrip("/") or "/" for need in needs for path in need.paths)
    if not wanted:
        return ()
    calls = "\n".join(f"store {number} {path_word(path)}" for number, path in enumerate(wanted))

    def read(reading: Reading) -> Mapping[str, Any]:
        return {"storage": read_storage(reading, wanted)}

    return (Section("the directories of HDFS", f"{_SCRIPT}{calls}\n", read, 30 + 15 * len(wanted)),)


def read_storage(reading: Reading, wanted: Sequence[str]) -> dict[str, StorageFacts]:
    """The facts of each directory in `wanted`, by number.

    Raises:
        Unreadable: an answer is missing or has another shape.
    """
    table = read_mounts(reading.body("mounts"))
    found: dict[str, StorageFacts] = {}
    for block in reading.all("storage"):
        index, kind, writable, begun = block.rest.split()
        number = int(index)
        path = wanted[number]
        space = _of(reading, "space", number)
        lines = read_df(space.body if space else "")
        entries = _of(reading, "entries", number)
        names = tuple(decoded_text(entries.body).splitlines()) if entries else ()
        version = read_version(_text(_of(reading, "version", number)))
        image = _of(reading, "image", number)
        seen = read_stat(block.body.strip()) if block.body.strip() else None
        found[path] = StorageFacts(
            path,
            state_of(kind, names, version, bool(image and image.rest.endswith("yes"))),
            version=version,
            entries=names,
            files=_number(_of(reading, "files", number)),
            mib=None if (kib := _number(_of(reading, "amount", number))) is None else kib // 1024,
            interrupted=begun == "begun",
            writable=writable == "writable",
            mode=seen.mode if seen else None,
            owner=seen.owner if seen else "",
            fstype=table.get(lines[0][1], ("", ()))[0] if lines else "",
            free_mib=lines[0][3] if lines else None,
        )
    if len(found) != len(wanted):
        raise Unreadable(f"{len(wanted) - len(found)} of {len(wanted)} directories did not answer")
    return found


def state_of(kind: str, names: Sequence[str], version: Mapping[str, str], image: bool) -> StorageState:
    """What such a directory is; whatever is not certainly something else is not empty."""
    if kind == "missing":
        return "missing"
    if kind == "closed":
        return "unreadable"
    if kind == "other":
        return "other"
    if not names:
        return "empty"
    if version.get("storageType") == "NAME_NODE":
        return "formatted" if image else "partial"
    if version:
        return "formatted"
    return "partial" if set(names) <= HADOOPS_OWN else "other"


def read_version(text: str) -> dict[str, str]:
    """The fields of a VERSION file, which Java writes as properties; empty for what is none."""
    fields = re.findall(r"^([A-Za-z]\w*)\s*[=:]\s*(.*?)\s*$", text, re.M)
    return dict(fields) if any(name == "storageType" for name, _ in fields) else {}


def _of(reading: Reading, key: str, number: int) -> Block | None:
    return next((one for one in reading.all(key) if one.rest.split()[:1] == [str(number)]), None)


def _text(block: Block | None) -> str:
    return decoded_text(block.body) if block else ""


def _number(block: Block | None) -> int | None:
    words = block.rest.split() if block else []
    return int(words[1]) if len(words) == 2 and words[1].isdigit() else None
