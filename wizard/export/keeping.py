"""An exported text in a file of the operator's choosing; a file that is there is only replaced when that was asked for.

Knows paths of this machine. It must not know what the text says.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class AlreadyThere(Exception):
    """A file stands at that path, and nobody said that it may be replaced."""


def keep(path: str, text: str, *, replace: bool = False, executable: bool = False) -> Path:
    """Write the text and return where it lies. Only its owner may read it: a plan tells much about a site.

    Raises:
        AlreadyThere: see there.
        OSError: the file cannot be written.
    """
    target = Path(path).expanduser().absolute()
    if target.is_dir():
        raise IsADirectoryError(21, "is a directory; name a file in it", str(target))
    descriptor, part = tempfile.mkstemp(prefix=f".{target.name[:60]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(part, 0o700 if executable else 0o600)
        if not replace:
            target.touch(exist_ok=False)  # the name is ours before anything is moved over it
        os.replace(part, target)
    except FileExistsError as error:
        raise AlreadyThere(str(target)) from error
    finally:
        Path(part).unlink(missing_ok=True)
    return target
