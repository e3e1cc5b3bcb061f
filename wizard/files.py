"""Files that somebody may miss: replaced whole or not at all, and copied aside before they are.

Knows modes, owners and links. It must not know what a file holds.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path


def content(path: Path) -> bytes | None:
    """What the file holds, None when there is none. Raises OSError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def made_folders(path: Path) -> tuple[Path, ...]:
    """The folders of a file, made where they are missing (0700), the innermost first. Raises OSError."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tuple(missing)


def replace(path: Path, new: bytes) -> None:
    """Put this in place of a file, at once and whole: mode, owner and links stay; a new file is 0600.

    Raises:
        OSError: it cannot be written, or is read-only; what was there is there still.
    """
    real = Path(os.path.realpath(path))
    real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = real.stat() if real.exists() else None
    if old is not None and not os.access(real, os.W_OK):
        raise PermissionError(13, "The file is read-only", str(path))
    handle, part = tempfile.mkstemp(prefix=f".{real.name[:100]}.", suffix=".part", dir=real.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            with suppress(PermissionError):
                os.chown(part, old.st_uid, old.st_gid)
            os.chmod(part, old.st_mode & 0o777)
        os.replace(part, real)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def backup(path: Path, held: bytes) -> Path:
    """A copy of what the file held, beside it, named after its time. Raises OSError."""
    real = Path(os.path.realpath(path))
    old = real.stat()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(old.st_mtime))
    for number in range(1, 1000):
        copy = path.with_name(f"{path.name}.{stamp}{f'-{number}' if number > 1 else ''}.bak")
        there = content(copy)
        if there == held:
            return copy
        if there is None:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, old.st_mode & 0o777)
            with os.fdopen(handle, "wb") as file:
                file.write(held)
            return copy
    raise FileExistsError(17, "There are too many backups", str(path))
