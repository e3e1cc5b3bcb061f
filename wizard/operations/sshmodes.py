"""Modes of an account's own files: what sshd and ssh refuse, and closing only that.

Knows the rules of StrictModes. It must not know keys, nor change what would be accepted as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..commands import Command, Run
from ..facts import ClusterFacts, HostFacts
from ..needs import Account, Need, Paths
from .operation import CannotOperate, Operation
from .places import absolute, home_of, path_at, with_file


@dataclass(frozen=True)
class FixModes(Operation):
    """Modes with which sshd accepts the keys, changed only where it would refuse (StrictModes)."""

    key_path: str = ""
    """A private key on this host that ssh must accept too, "" for none."""

    @property
    def id(self) -> str:
        return "fix-modes"

    @property
    def title(self) -> str:
        return "Close the home directory and ~/.ssh to other writers"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Account(), Paths((self.key_path,))) if self.key_path else (Account(),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not self._wrong(facts[self.host])

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        if host.ssh is not None and host.ssh.home_owner not in ("", "root", host.user):
            raise CannotOperate(
                f"The home directory {host.home} on {self.host} belongs to {host.ssh.home_owner}.",
                f"sshd refuses keys unless it belongs to {host.user} or root",
                f"As root on {self.host}: chown {host.user} {host.home}",
            )
        return tuple(Run(("chmod", mode, path)) for path, mode in self._wrong(host))

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        if host.ssh is not None:
            closed = dict(self._wrong(host))
            home, names = home_of(host), host.ssh
            facts = facts.changed(
                self.host,
                ssh=replace(
                    names,
                    home_mode=(names.home_mode or 0) & ~0o022 if home in closed else names.home_mode,
                    dir_mode=0o700 if f"{home}/.ssh" in closed else names.dir_mode,
                    authorized_keys_mode=0o600
                    if f"{home}/.ssh/authorized_keys" in closed
                    else names.authorized_keys_mode,
                ),
            )
        key = path_at(host, self.key_path) if self.key_path else None
        if key is not None and key.exists and key.mode is not None and key.mode & 0o077:
            facts = with_file(facts, self.host, self.key_path, key.text, 0o600)
        return facts

    def _wrong(self, host: HostFacts) -> tuple[tuple[str, str], ...]:
        """Paths and the modes they need."""
        wrong = list(refused_modes(host))
        key = path_at(host, self.key_path) if self.key_path else None
        if key is not None and key.exists and key.mode is not None and key.mode & 0o077:
            wrong.append((absolute(self.key_path, host), "600"))
        return tuple(wrong)


def refused_modes(host: HostFacts) -> tuple[tuple[str, str], ...]:
    """Paths whose modes make sshd refuse keys, with what chmod needs.

    Debian's sshd accepts a group-writable place where the group is the user's own (named as the user).
    """
    ssh = host.ssh
    if ssh is None or not host.home or ssh.settings.get("strictmodes", "yes").lower() == "no":
        return ()
    own_group = host.os is not None and host.os.family == "debian" and (host.groups or ("",))[0] == host.user
    others = 0o002 if own_group else 0o022
    home = home_of(host)
    wrong: list[tuple[str, str]] = []
    if ssh.home_mode is not None and ssh.home_mode & others:
        wrong.append((home, "go-w"))
    if ssh.dir_mode is not None and ssh.dir_mode & others:
        wrong.append((f"{home}/.ssh", "700"))
    if ssh.authorized_keys_mode is not None and ssh.authorized_keys_mode & others:
        wrong.append((f"{home}/.ssh/authorized_keys", "600"))
    return tuple(wrong)
