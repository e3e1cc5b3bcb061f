"""What is on record of the labs of this machine, so that any process can clean up what another one left.

A lab has a directory below /run/fwlab with one JSON file. Processes are known by pid and start time, so a
number that was given out again is never killed. Knows nothing of what runs inside a host.
"""

import contextlib
import fcntl
import json
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path("/run/fwlab")
KEEPER = str(Path(__file__).with_name("keeper.py"))
MEMORY_CGROUPS = "/sys/fs/cgroup/memory"
LINK_NAME = re.compile(r"^fw[0-9a-f]{6}(br|v\d+)$")


@dataclass(frozen=True)
class Alive:
    """One process, by number and by start time in clock ticks since boot (field 22 of /proc/PID/stat)."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Alive | None":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]))

    def lives(self) -> bool:
        return Alive.of(self.pid) == self

    def wait(self, seconds: float) -> bool:
        """Whether the process ends within `seconds`."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return not self.lives() or bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def kill(self, wait_seconds: float = 10) -> None:
        """SIGKILL through a pidfd, then wait for the end. Raises TimeoutError when it outlives the wait."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if not self.lives():
                return
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            if not select.select([handle], [], [], wait_seconds)[0]:
                raise TimeoutError(f"process {self.pid} did not end within {wait_seconds} s of SIGKILL")
        except ProcessLookupError:
            return
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One process at a time gives out lab ids and networks, or sweeps."""
    ROOT.mkdir(mode=0o755, exist_ok=True)
    with open(ROOT / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def record(lab_id: str) -> Path:
    return ROOT / lab_id / "lab.json"


def save(lab_id: str, content: dict[str, Any]) -> None:
    place = record(lab_id)
    place.parent.mkdir(exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=1))
    fresh.replace(place)


def load(lab_id: str) -> dict[str, Any] | None:
    try:
        return json.loads(record(lab_id).read_text())
    except FileNotFoundError:
        return None


def lab_ids() -> list[str]:
    """Ids on record, oldest first."""
    if not ROOT.is_dir():
        return []
    found = [place for place in ROOT.iterdir() if place.is_dir()]
    return [place.name for place in sorted(found, key=lambda place: place.stat().st_mtime_ns)]


def alive(pair: list[int] | None) -> Alive | None:
    return Alive(pair[0], pair[1]) if pair else None


def owner_lives(content: dict[str, Any]) -> bool:
    owner = alive(content["owner"])
    return owner is None or owner.lives()


def links() -> list[str]:
    """Network links of the outer machine that bear a lab's name."""
    return [name for name in os.listdir("/sys/class/net") if LINK_NAME.match(name)]


def cgroups() -> list[str]:
    """Memory cgroups that bear a lab's name."""
    if not os.path.isdir(MEMORY_CGROUPS):
        return []
    return [name for name in os.listdir(MEMORY_CGROUPS) if LINK_NAME.match(name)]


def keepers() -> dict[int, str]:
    """Running keepers: pid -> lab id (the second word of their command line names the lab)."""
    found: dict[int, str] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().decode(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            for place, word in enumerate(words[:-1]):
                if word == KEEPER:
                    found[int(entry)] = words[place + 1]
    return found


def remove(lab_id: str) -> None:
    """End everything of one lab and forget it. Safe to repeat, and from any process.

    Raises TimeoutError where a process outlived SIGKILL: then all else is ended, and the lab stays on record.
    """
    content = load(lab_id) or {"hosts": []}
    pairs = [host.get(role) for role in ("init", "keeper") for host in content["hosts"]]
    late: TimeoutError | None = None
    for process in filter(None, map(alive, pairs)):
        late = _outlived(process) or late
    for pid, owner in keepers().items():
        if owner == lab_id and (process := Alive.of(pid)):
            late = _outlived(process) or late
    for name in links():
        if name.startswith(f"fw{lab_id}"):
            # A veth may already be going down with its host's namespace.
            subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)
    if late is not None:
        raise late
    for name in cgroups():
        if name.startswith(f"fw{lab_id}"):
            os.rmdir(f"{MEMORY_CGROUPS}/{name}")
    shutil.rmtree(ROOT / lab_id, ignore_errors=True)


def _outlived(process: Alive) -> TimeoutError | None:
    """Kill the process; the error when it does not end."""
    try:
        process.kill()
    except TimeoutError as error:
        return error
    return None


def sweep() -> list[str]:
    """Remove labs whose owner is gone, and traces of unknown labs; the ids. Call it under `locked()`."""
    known = lab_ids()
    gone = {lab_id for lab_id in known if (content := load(lab_id)) is None or not owner_lives(content)}
    # What a killed owner had under way (an `ip`, a keeper about to exec) shows up after its lab was removed.
    traces = {name[2:8] for name in [*links(), *cgroups()]} | set(keepers().values())
    gone |= traces - set(known)
    for lab_id in gone:
        remove(lab_id)
    return sorted(gone)


def leftovers(owner_pid: int | None = None, every: bool = False) -> list[str]:
    """What labs left behind, a line each: orphans, and the labs of process `owner_pid` (or every lab)."""
    with locked():
        return _leftovers(owner_pid, every)


def _leftovers(owner_pid: int | None, every: bool) -> list[str]:
    lines: list[str] = []
    live: set[str] = set()
    for lab_id in lab_ids():
        content = load(lab_id)
        mine = content is not None and owner_pid is not None and (content["owner"] or [None])[0] == owner_pid
        if content is None or not owner_lives(content) or mine or every:
            lines.append(
                f"lab {lab_id}: {ROOT / lab_id}" + (" (still up)" if content and owner_lives(content) else "")
            )
        else:
            live.add(lab_id)
    lines += [f"network link {name}" for name in links() if name[2:8] not in live]
    lines += [f"memory cgroup {name}" for name in cgroups() if name[2:8] not in live]
    lines += [
        f"process {pid} (keeper of lab {lab_id})" for pid, lab_id in keepers().items() if lab_id not in live
    ]
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    lines += [f"mount {place}" for place in mounts if place.startswith(f"{ROOT}/")]
    return lines
