"""How the master's own ssh reaches the nodes: pinned host keys, a block in ~/.ssh/config, proofs of the
logins.

Knows ~/.ssh on the master and what Flink's scripts do with it. It must not know how this machine reaches any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..commands import Command, Upload, shell
from ..facts import ClusterFacts, PublicKey
from ..fingerprints import fingerprint
from ..needs import Account, Known, Need, Paths
from .marked import has_block, with_block
from .operation import CannotOperate, Operation
from .places import BELOW_SSH, absolute, path_at, text_at, with_file

APPEND_LINES = """\
set -e
umask 077
file=$1
shift
mkdir -p -- "$(dirname -- "$file")"
for line in "$@"; do
  if [ -f "$file" ] && grep -qxF -e "$line" -- "$file"; then continue; fi
  end=
  if [ -s "$file" ] && [ -n "$(tail -c 1 -- "$file")" ]; then end='\\n'; fi
  printf "$end%s\\n" "$line" >> "$file"
done"""

_BLOCK = "nodes"


def known_name(name: str, port: int | None = None) -> str:
    """A name as known_hosts writes it: `[name]:port` where the port is not 22."""
    return name if port in (None, 22) else f"[{name}]:{port}"


@dataclass(frozen=True)
class PinHostKeys(Operation):
    """The nodes' real host keys in the master's known_hosts, under every name that is used for them.

    `names` are pairs of a name as known_hosts writes it and the node it means. The keys were read over
    sessions whose own host key was verified. A name that holds another key is never overwritten.
    """

    touched = BELOW_SSH
    names: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return "pin-host-keys"

    @property
    def title(self) -> str:
        return f"Pin the host keys of {len({node for _, node in self.names})} nodes"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {node: (Account(),) for _, node in self.names}
        known = Known(tuple(name for name, _ in self.names))
        return {**wanted, self.host: (*wanted.get(self.host, ()), known)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not self._unpinned(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        for name, node in self._unpinned(facts):
            self._refuse_another_key(name, node, facts)
        lines = tuple(
            f"{name} {key.type} {key.blob}"
            for name, node in self._unpinned(facts)
            for key in self._keys(node, facts)
        )
        file = absolute("~/.ssh/known_hosts", facts[self.host])
        return (shell(APPEND_LINES, file, *lines, why="append the nodes' host keys"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        known = dict(facts[self.host].known)
        for name, node in self._unpinned(facts):
            known[name] = (*known.get(name, ()), *self._keys(node, facts))
        return facts.changed(self.host, known=MappingProxyType(known))

    def _keys(self, node: str, facts: ClusterFacts) -> tuple[PublicKey, ...]:
        ssh = facts[node].ssh
        return ssh.host_keys if ssh is not None else ()

    def _unpinned(self, facts: ClusterFacts) -> tuple[tuple[str, str], ...]:
        """Names that hold no key of their node; nodes that were not read are left for the proof of the
        logins.
        """
        return tuple(
            (name, node)
            for name, node in self.names
            if (keys := {(key.type, key.blob) for key in self._keys(node, facts)})
            and not keys & {(key.type, key.blob) for key in facts[self.host].known.get(name, ())}
        )

    def _refuse_another_key(self, name: str, node: str, facts: ClusterFacts) -> None:
        true = {key.type: key for key in self._keys(node, facts)}
        for key in facts[self.host].known.get(name, ()):
            if key.type in true:
                raise CannotOperate(
                    f"{self.host} knows {name} with another host key than {node} has.",
                    f"known_hosts: {key.type} {fingerprint(key.blob)}\n"
                    f"{node} itself: {key.type} {fingerprint(true[key.type].blob)}",
                    f"If {node} was reinstalled, run on {self.host}: ssh-keygen -R '{name}'. "
                    "If not, find out who answers under that name.",
                )


@dataclass(frozen=True, slots=True)
class SshEntry:
    """One Host block. "" or None leaves that line out."""

    name: str
    hostname: str = ""
    port: int | None = None
    user: str = ""
    key: str = ""

    def lines(self) -> tuple[str, ...]:
        said = (
            ("HostName", self.hostname),
            ("Port", str(self.port or "")),
            ("User", self.user),
            ("IdentityFile", _word(self.key)),
            ("IdentitiesOnly", "yes" if self.key else ""),
        )
        return (f"Host {self.name}", *(f"    {keyword} {value}" for keyword, value in said if value))


def _word(value: str) -> str:
    return f'"{value}"' if " " in value else value


@dataclass(frozen=True)
class WriteSshConfig(Operation):
    """A marked block in the master's ~/.ssh/config, first in the file because ssh takes the first value it
    meets.
    """

    touched = BELOW_SSH
    entries: tuple[SshEntry, ...]
    file: str = "~/.ssh/config"

    @property
    def id(self) -> str:
        return "write-ssh-config"

    @property
    def title(self) -> str:
        return f"Name {len(self.entries)} nodes in {self.file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Account(), Paths(texts=(self.file,)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        found = path_at(facts[self.host], self.file)
        if not self.entries:
            return True
        return bool(found and found.text is not None and has_block(found.text, _BLOCK, self._lines()))

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        before = text_at(facts[self.host], self.file)
        path = absolute(self.file, facts[self.host])
        made = shell('umask 077; mkdir -p -- "$1"', path.rpartition("/")[0])
        return (made, Upload(path, self._text(before), 0o600, before, why="how the master reaches the nodes"))

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        before = text_at(facts[self.host], self.file)
        return with_file(facts, self.host, self.file, self._text(before), 0o600)

    def _lines(self) -> tuple[str, ...]:
        lines = [line for entry in self.entries for line in entry.lines()]
        # What follows in the file stood above any Host line before; it must not become part of our last one.
        return (*lines, "Host *")

    def _text(self, before: str | None) -> str:
        return with_block(before or "", _BLOCK, self._lines(), top=True)
