"""A real sshd on loopback for tests: own port, host keys and authorized keys, nothing of the system's."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SSHD = Path("/usr/sbin/sshd")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path)], check=True
    )
    return path


@dataclass
class Sshd:
    """One sshd; `logs` is its own log file."""

    folder: Path
    options: tuple[str, ...] = ()
    host_key_types: tuple[str, ...] = ("ed25519",)
    port: int = field(default_factory=free_port)
    user: str = field(default_factory=getpass.getuser)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def authorized(self) -> Path:
        return self.folder / "authorized_keys"

    def host_key(self, kind: str = "ed25519") -> Path:
        return self.folder / f"host_{kind}"

    def public_host_key(self, kind: str = "ed25519") -> str:
        return " ".join(self.host_key(kind).with_suffix(".pub").read_text().split()[:2])

    def authorize(self, key: Path) -> None:
        with self.authorized.open("a") as file:
            file.write(Path(f"{key}.pub").read_text())

    def start(self) -> Sshd:
        self.folder.mkdir(parents=True, exist_ok=True)
        for kind in self.host_key_types:
            if not self.host_key(kind).exists():
                make_key(self.host_key(kind), kind)
        self.authorized.touch()
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            *(f"HostKey {self.host_key(kind)}" for kind in self.host_key_types),
            f"AuthorizedKeysFile {self.authorized}",
            f"PidFile {self.folder}/pid",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "LogLevel VERBOSE",
            # The shell files of whoever runs the tests may be slow, or leave locks when a session is killed.
            f"SetEnv HOME={self.folder}",
        ]
        # The first value wins in sshd's configuration.
        text = "\n".join([*self.options, *lines]) + "\n"
        (self.folder / "config").write_text(text)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [str(SSHD), "-D", "-f", f"{self.folder}/config", "-E", f"{self.folder}/log"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for_port(self.port)
        return self

    def kill_sessions(self) -> None:
        """Kill the processes that serve the logins, with what runs in them; the listener goes on."""
        assert self.process is not None
        for child in _children(self.process.pid):
            for pid in [*_descendants(child), child]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def freeze_sessions(self) -> None:
        """Stop the processes that serve the logins: their host answers pings, and nothing else."""
        assert self.process is not None
        for pid in _descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def stop(self) -> None:
        if self.process is not None:
            self.kill_sessions()
            self.process.kill()
            self.process.wait()


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield from _descendants(child)
        yield child


def wait_for_port(port: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on {port}")
        time.sleep(0.01)
