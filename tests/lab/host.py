"""One running lab host: run commands in it, read and write its files, see what changed on it.

Enters by namespaces and root with nsenter, never through its sshd, so it works whatever the network does.
"""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.layer import Signature, changed_in
from tests.lab.settings import HostSettings, LabError
from tests.lab.state import Alive

PATHS = {
    True: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    False: "/usr/local/bin:/usr/bin:/bin",
}


@dataclass
class Host:
    settings: HostSettings
    address: str
    keeper: Alive
    init: Alive
    backing: str
    link: str
    cpus: list[int] = field(default_factory=list[int])
    own_overlays: list[str] = field(default_factory=list[str])
    hashes: dict[tuple[Any, ...], str] = field(default_factory=dict[tuple[Any, ...], str], repr=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def port(self) -> int:
        return self.settings.ssh_port

    def argv(self, command: str | Sequence[str], user: str = "root") -> list[str]:
        """The outer command line that runs `command` in this host, with a clean login environment."""
        inner = ["bash", "-c", command] if isinstance(command, str) else list(command)
        home = "/root" if user == "root" else f"/home/{user}"
        environment = [f"HOME={home}", f"USER={user}", f"LOGNAME={user}", "SHELL=/bin/bash", "LANG=C.UTF-8"]
        environment.append(f"PATH={PATHS[user == 'root']}")
        words = ["nsenter", "--target", str(self.init.pid), "--mount", "--uts", "--ipc", "--net", "--pid"]
        words += ["--root", "--wd", "--"]
        if self.cpus:
            words += ["taskset", "--cpu-list", ",".join(map(str, self.cpus))]
        if user != "root":
            words += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return [*words, "env", "-i", "-C", home, *environment, *inner]

    def popen(
        self, command: str | Sequence[str], user: str = "root", **options: Any
    ) -> subprocess.Popen[str]:
        """Start `command` in this host and return at once; a process group of its own."""
        return subprocess.Popen(self.argv(command, user), text=True, start_new_session=True, **options)

    def exec(
        self,
        command: str | Sequence[str],
        user: str = "root",
        stdin: str | None = None,
        timeout: float | None = 60,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` (a str goes to bash -c) in the user's home. `timeout` in seconds.

        Raises LabError with both outputs when it fails and `check` is set, or when the time is over.
        """
        shown = command if isinstance(command, str) else shlex.join(command)
        source = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
        running = self.popen(command, user, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = running.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            out, err = running.communicate()
            raise LabError(f"{self.name}: no end after {timeout} s: {shown}\n{out}{err}".rstrip()) from None
        if check and running.returncode != 0:
            raise LabError(f"{self.name}: status {running.returncode} from: {shown}\n{out}{err}".rstrip())
        return subprocess.CompletedProcess(shown, running.returncode, out, err)

    def read(self, path: str) -> str:
        return self.exec(["cat", "--", path]).stdout

    def write(self, path: str, text: str, owner: str = "root", mode: int = 0o644) -> None:
        """Put `text` at `path`; new directories above it get the `owner` too ("user" or "user:group")."""
        group = owner if ":" in owner else f"{owner}:{owner}"
        script = (
            'd=$(dirname "$1"); n=$d; while [ ! -d "$n" ]; do set -- "$@" "$n"; n=$(dirname "$n"); done; '
            'mkdir -p "$d"; cat >"$1"; chown "$2" "$1"; chmod "$3" "$1"; f=$2; shift 3; '
            'for made; do chown "$f" "$made"; done'
        )
        self.exec(["sh", "-ec", script, "sh", path, group, f"{mode:o}"], stdin=text)

    def exists(self, path: str) -> bool:
        return self.exec(["test", "-e", path], check=False).returncode == 0

    def mounts(self) -> list[tuple[str, str]]:
        """(mount point, file system type) as the host sees them."""
        lines = Path(f"/proc/{self.init.pid}/mountinfo").read_text().splitlines()
        return [(line.split()[4], line.partition(" - ")[2].split()[0]) for line in lines]

    def changed_files(self) -> dict[str, Signature]:
        """Every path that differs from the outer machine: upper layers and the host's own tmpfs mounts."""
        found: dict[str, Signature] = {}
        keeper_root = f"/proc/{self.keeper.pid}/root"
        found |= changed_in(f"{keeper_root}{self.backing}/upper", "", self.hashes)
        for number, point in enumerate(self.own_overlays):
            found |= changed_in(f"{keeper_root}{self.backing}/upper-{number}", point, self.hashes)
        not_its_own = {"/dev", "/sys/fs/cgroup"} | {target for _, target, _ in self.settings.binds}
        for point, kind in self.mounts():
            if kind == "tmpfs" and point not in not_its_own:
                found |= changed_in(f"/proc/{self.init.pid}/root{point}", point, self.hashes)
        return found

    def wait_for_ssh(self, seconds: float = 10) -> None:
        """Return once sshd greets on the host's port. Raises LabError with sshd's log when it never does."""
        deadline = time.monotonic() + seconds
        while not self.greets():
            if time.monotonic() > deadline or not self.init.lives():
                log = (
                    self.exec("tail -n 5 /var/log/auth.log; sshd -t", check=False)
                    if self.init.lives()
                    else None
                )
                told = f"{log.stdout}{log.stderr}" if log else "its PID 1 has ended"
                raise LabError(f"{self.name}: sshd does not answer on {self.address}:{self.port}: {told}")
            time.sleep(0.01)

    def greets(self, seconds: float = 1) -> bool:
        """Whether an SSH banner comes from the host's port within `seconds`."""
        try:
            with socket.create_connection((self.address, self.port), seconds) as connection:
                connection.settimeout(seconds)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def to_record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "address": self.address,
            "keeper": [self.keeper.pid, self.keeper.started],
            "init": [self.init.pid, self.init.started],
            "backing": self.backing,
            "link": self.link,
            "cpus": self.cpus,
            "own_overlays": self.own_overlays,
        }
