"""Who holds the lock of a cluster: one line that names a run, and whether that run can still be alive.

Knows this machine's processes. It must not know where the lock lies.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
from pathlib import Path


def machine() -> str:
    """This machine since its last boot: its name, and the kernel's boot id where there is one."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = "unknown"
    return f"{socket.gethostname()}/{boot}"


def started(pid: int) -> str:
    """When a process started, in clock ticks since boot; "" when it is gone or cannot be seen."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rsplit(")", 1)[1].split()[19]


def owner_line(run_id: str, when: str) -> str:
    """The line that this process leaves in a lock. `when` is ISO 8601."""
    pid = os.getpid()
    return f"run {run_id} by {getpass.getuser()} on {machine()} as process {pid}/{started(pid)} since {when}"


def told(line: str) -> str:
    """The owner line without what only tells processes apart: who, where, since when."""
    return re.sub(r" on (\S+)/\S+ as process (\d+)/\d* ", r" on \1 as process \2 ", line)


def is_dead(line: str) -> bool:
    """Whether the run of this owner line has certainly ended: it ran here, and its process is gone.

    Of a run on another machine nothing is certain; of one here before the last boot everything is.
    """
    found = re.search(r" on (\S+)/(\S+) as process (\d+)/(\d*) ", line)
    if not found:
        return False
    name, boot, pid, begun = found.groups()
    here, here_boot = machine().rsplit("/", 1)
    if name != here:
        return False
    if boot != here_boot:
        return True
    now = started(int(pid))
    return now != begun if now else not _exists(int(pid))


def _exists(pid: int) -> bool:
    """Whether there is such a process, also one of another user that /proc hides (hidepid)."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True
