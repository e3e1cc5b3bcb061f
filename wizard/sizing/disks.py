"""Disks of a host, and which of them suit Flink's temporary files.

Judges mounts by what is known of them. It must not look at any host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GIB = 1 << 30

# File systems that are memory, remote, or read only.
UNFIT = ("tmpfs", "devtmpfs", "ramfs", "nfs", "cifs", "smb", "fuse", "ceph", "gluster", "lustre", "gpfs",
         "afs", "9p", "squashfs", "iso9660", "vfat", "efivarfs", "proc", "sysfs", "vboxsf")  # fmt: skip
SYSTEM_MOUNTS = ("/boot", "/dev", "/proc", "/run", "/sys", "/snap", "/tmp")
LEAST_FREE = 10 * GIB


@dataclass(frozen=True, slots=True)
class Disk:
    """One mounted file system. `rotational` None: not known."""

    mount: str
    free_bytes: int
    total_bytes: int
    fstype: str
    rotational: bool | None = None

    @property
    def in_memory(self) -> bool:
        return self.fstype in ("tmpfs", "ramfs", "devtmpfs")


def disk_of(path: str, disks: Sequence[Disk]) -> Disk | None:
    """The disk that holds `path`: the one with the longest mount that is a beginning of it."""
    holding = [disk for disk in disks if _within(path, disk.mount)]
    return max(holding, key=lambda disk: len(disk.mount), default=None)


def temporary_directories(disks: Sequence[Disk]) -> tuple[str, ...]:
    """Directories on the largest local disks, where these have far more room than /tmp; else none.

    Far more: four times its free space and 10 GiB beyond. Disks with half the free space of the best join it.
    """
    here = disk_of("/tmp", disks)
    room = 0 if here is None or here.in_memory else here.free_bytes
    fit = [disk for disk in disks if _fit(disk) and disk != here]
    best = max((disk.free_bytes for disk in fit), default=0)
    if here is None or best < 4 * room or best < room + LEAST_FREE:
        return ()
    chosen = sorted((disk for disk in fit if 2 * disk.free_bytes >= best), key=lambda disk: disk.mount)
    return tuple(directory_on(disk.mount) for disk in chosen)


def directory_on(mount: str) -> str:
    """Where temporary files go on the disk mounted at `mount`."""
    return "/var/tmp/flink" if mount == "/" else f"{mount.rstrip('/')}/flink-tmp"


def _fit(disk: Disk) -> bool:
    return not disk.fstype.lower().startswith(UNFIT) and not any(
        _within(disk.mount, m) for m in SYSTEM_MOUNTS
    )


def _within(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")


def storage_directory(disks: Sequence[Disk], home: str) -> str:
    """Where a daemon that keeps data has most room: the mount of the largest local disk, else the user's home.

    Another disk must have far more room than the home's own: as for temporary files, four times and 10 GiB beyond.
    """
    here = disk_of(home, disks)
    room = here.free_bytes if here is not None and _fit(here) else 0
    fit = [disk for disk in disks if _fit(disk) and disk != here]
    best = max(fit, key=lambda disk: (disk.free_bytes, disk.mount), default=None)
    if best is None or best.free_bytes < 4 * room or best.free_bytes < room + LEAST_FREE:
        return home.rstrip("/")
    return best.mount.rstrip("/")
