"""An operator's key on lab hosts, as a file here and for the ssh program: prepared, so that logins are not the race.

Knows the lab and OpenSSH's options. It must not know what is run over these logins.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Host


@dataclass(frozen=True)
class OperatorKey:
    """A key pair in a directory of its own, with a known_hosts file and an ssh configuration beside it."""

    directory: Path

    @classmethod
    def made(cls, directory: Path) -> OperatorKey:
        key = cls(directory)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(key.private)],
            check=True,
        )
        key.config.write_text(
            f"IdentityFile {key.private}\nIdentitiesOnly yes\nUserKnownHostsFile {key.known_hosts}\n"
            "GlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\nBatchMode yes\nUser flink\n"
        )
        return key

    @property
    def private(self) -> Path:
        return self.directory / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def config(self) -> Path:
        return self.directory / "ssh_config"

    @property
    def ssh(self) -> tuple[str, ...]:
        return ("ssh", "-F", str(self.config))

    @property
    def public_text(self) -> str:
        return self.private.with_suffix(".pub").read_text()

    def authorize(self, hosts: Iterable[Host], names: Iterable[str] = ()) -> None:
        """Let the key in as user flink, and know these hosts' keys under their addresses and `names`."""
        lines: list[str] = []
        for host in hosts:
            host.exec(["install", "-d", "-m", "700", "-o", "flink", "-g", "flink", "/home/flink/.ssh"])
            host.write("/home/flink/.ssh/authorized_keys", self.public_text, owner="flink", mode=0o600)
            shown = host.exec("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[:2]
            lines += [f"{name} {' '.join(shown)}" for name in (host.address, *names)]
        with self.known_hosts.open("a") as known:
            known.write("\n".join(lines) + "\n")
