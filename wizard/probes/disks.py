"""Disks and mounts as `df -kP` and the mount table tell them.

Knows the formats: POSIX df, Linux /proc/mounts, the `mount` of BSD. It must not know what disks are for.
"""

from __future__ import annotations

import re

from wizard.facts import DiskFacts

_PSEUDO = frozenset(
    """
    proc sysfs devtmpfs devpts cgroup cgroup2 securityfs debugfs tracefs pstore bpf mqueue hugetlbfs configfs
    fusectl binfmt_misc autofs rpc_pipefs nsfs efivarfs selinuxfs squashfs ramfs devfs iso9660 fuse.gvfsd-fuse
    fuse.portal fuse.lxcfs nullfs""".split()  # noqa: SIM905
)
_LINE = re.compile(r"^(.*?)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+(/.*)$")


def read_df(text: str) -> tuple[tuple[str, str, int, int], ...]:
    """(device, mount, total MiB, free MiB) for each line of `df -kP`, in its order."""
    found: list[tuple[str, str, int, int]] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            found.append((match[1], match[5], int(match[2]) // 1024, max(0, int(match[4])) // 1024))
    return tuple(found)


def read_mounts(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Mount point → file system type and flags. What is mounted last over a place is what counts."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for line in text.splitlines():
        bsd = re.match(r"^.+? on (/.*?) \(([^()]*)\)$", line)
        other = re.match(r"^.+? on (/.*?) type (\S+) \(([^()]*)\)$", line)
        if other:
            found[other[1]] = (other[2], tuple(other[3].split(",")))
        elif bsd:
            kind, *flags = [word.strip() for word in bsd[2].split(",")]
            found[bsd[1]] = (kind, tuple(flags))
        else:
            words = line.split(" ")
            if len(words) >= 4 and words[1].startswith("/"):
                found[_plain(words[1])] = (words[2], tuple(words[3].split(",")))
    return found


def read_disks(df: str, mounts: str, rotational: str) -> tuple[DiskFacts, ...] | None:
    """Mounted file systems without the kernel's own; None when df did not answer."""
    table = read_mounts(mounts)
    turning: dict[str, bool] = {}
    for line in rotational.splitlines():
        name, value, *mapped = line.split()
        turning[name] = value == "1"
        if mapped:
            turning[f"mapper/{mapped[0]}"] = value == "1"
    found: list[DiskFacts] = []
    for device, mount, total, free in read_df(df):
        fstype, flags = table.get(mount, ("", ()))
        if fstype in _PSEUDO or total == 0 or mount.startswith(("/proc", "/sys")) or mount == "/dev":
            continue
        found.append(DiskFacts(mount, device, fstype, total, free, flags, _turns(device, turning)))
    return tuple(found) or None


def _turns(device: str, turning: dict[str, bool]) -> bool | None:
    name = device.removeprefix("/dev/")
    # nvme0n1p2 and mmcblk0p1 lie on nvme0n1 and mmcblk0, sda1 on sda.
    for candidate in (name, re.sub(r"(?<=\d)p\d+$", "", name), re.sub(r"\d+$", "", name)):
        if candidate in turning:
            return turning[candidate]
    return None


def _plain(text: str) -> str:
    """/proc/mounts writes blanks and backslashes as octal escapes."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
