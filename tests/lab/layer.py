"""Reads a directory tree (an overlay's upper layer, a tmpfs) into signatures that can be compared.

Pure reading; knows overlay's way of saying "deleted", and nothing of hosts.
"""

import hashlib
import os
import stat
from typing import Any

Signature = tuple[Any, ...]
"""("deleted",), or (type, mode, owner, group, mtime in ns, size, content hash, link target or device)."""

DELETED: Signature = ("deleted",)
KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def changed_in(tree: str, prefix: str, hashes: dict[tuple[Any, ...], str]) -> dict[str, Signature]:
    """Signatures of everything below `tree`, as paths below `prefix`.

    `hashes` remembers content hashes by inode, size and change time, so an unchanged file is read once.
    """
    found: dict[str, Signature] = {}
    stack = [("", tree)]
    while stack:
        path, place = stack.pop()
        try:
            entries = list(os.scandir(place))
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone between listing and reading: the host is alive
        for entry in entries:
            name = f"{path}/{entry.name}"
            try:
                found[prefix + name] = signature(entry.path, hashes)
            except FileNotFoundError:
                continue
            if entry.is_dir(follow_symlinks=False):
                stack.append((name, entry.path))
    return found


def signature(place: str, hashes: dict[tuple[Any, ...], str]) -> Signature:
    seen = os.lstat(place)
    kind = KINDS[stat.S_IFMT(seen.st_mode)]
    if kind == "device" and seen.st_rdev == 0:
        return DELETED
    size, content, more = 0, "", ""
    if kind == "file":
        size = seen.st_size
        key = (seen.st_dev, seen.st_ino, size, seen.st_mtime_ns, seen.st_ctime_ns)
        if key not in hashes:
            with open(place, "rb") as file:
                hashes[key] = hashlib.file_digest(file, "blake2b").hexdigest()
        content = hashes[key]
    elif kind == "link":
        more = os.readlink(place)
    elif kind == "device":
        more = f"{os.major(seen.st_rdev)}:{os.minor(seen.st_rdev)}"
    return (kind, stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid, seen.st_mtime_ns, size, content, more)


def differences(before: dict[str, Signature], after: dict[str, Signature]) -> list[str]:
    """Paths that are new, gone or different, sorted."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
