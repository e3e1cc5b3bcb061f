"""What `stat` says of a file, in GNU's (and busybox's) words or in BSD's.

Knows these two formats alone.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import Literal

from wizard.probes.script import Unreadable


@dataclass(frozen=True, slots=True)
class Stat:
    """Sizes in bytes, mtime in seconds since the epoch, `inode` is device:inode."""

    kind: Literal["file", "directory", "link", "other"]
    mode: int
    owner: str
    size: int
    mtime: float
    inode: str


def read_stat(line: str) -> Stat:
    """One line of the scripts' `stats`: g (GNU, hexadecimal mode) or b (BSD, octal), then mode to inode.

    Raises:
        Unreadable: the line has another shape.
    """
    words = line.split()
    if len(words) < 6 or words[0] not in {"g", "b"}:
        raise Unreadable(f"stat answered {line!r}")
    mode = int(words[1], 16 if words[0] == "g" else 8)
    # An owner of a Windows domain may hold blanks; the last three words cannot.
    size, mtime, inode = words[-3:]
    kind = (
        "file"
        if stat.S_ISREG(mode)
        else "directory"
        if stat.S_ISDIR(mode)
        else "link"
        if stat.S_ISLNK(mode)
        else "other"
    )
    return Stat(kind, stat.S_IMODE(mode), " ".join(words[2:-3]), int(size), float(mtime), inode)
