"""/etc/hosts of a node: every node of the cluster under its own address, in one marked block.

Knows the format of hosts(5). It must not know why a name was wrong; lines that are right stay as they are.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from validators.values import is_loopback

from ..commands import Command, Upload
from ..facts import ClusterFacts, PathFacts
from ..needs import Account, Machine, Names, Need, Paths
from .marked import with_block
from .operation import CannotOperate, Operation

HOSTS_FILE = "/etc/hosts"

_BLOCK = "nodes"


@dataclass(frozen=True)
class WriteHostsFile(Operation):
    """`nodes` are pairs of the name that Flink uses and the node that it means.

    A line that gives one of these names another address loses that name; what else stands in it stays.
    """

    nodes: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return "write-hosts-file"

    @property
    def title(self) -> str:
        return f"Enter the nodes in {HOSTS_FILE}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        names = Names(tuple(name for name, _ in self.nodes))
        needs: dict[str, tuple[Need, ...]] = {node: (Machine(), names) for _, node in self.nodes}
        own = needs.get(self.host, (names,))
        return {**needs, self.host: (*own, Account(), Paths(texts=(HOSTS_FILE,)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        seen = facts[self.host].names
        return all(
            name in seen and address in seen[name] and not any(map(is_loopback, seen[name]))
            for name, node in self.nodes
            if node != self.host and (address := address_of(facts, node, name))
        )

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        file = host.paths.get(HOSTS_FILE)
        if file is None or file.text is None:
            raise CannotOperate(
                f"{HOSTS_FILE} on {self.host} cannot be read.",
                file.kind if file else "it was not read",
                f"Look at {HOSTS_FILE} on {self.host}.",
            )
        if host.sudo in (None, "none"):
            raise CannotOperate(
                f"{HOSTS_FILE} on {self.host} cannot be written: {host.user or 'the login user'} may not use sudo.",
                "sudo is missing, or refuses this user",
                f"As root on {self.host}, enter the address of every node in {HOSTS_FILE}.",
            )
        mode = (file.mode or 0o644) & 0o777
        text = self._text(facts, file.text)
        return (
            Upload(
                HOSTS_FILE, text, mode, file.text, why="one address for every node", sudo=True, owner="root"
            ),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        file = host.paths.get(HOSTS_FILE) or PathFacts(HOSTS_FILE, "file", text="")
        facts = facts.changed_path(
            self.host, PathFacts(HOSTS_FILE, "file", file.mode, text=self._text(facts, file.text or ""))
        )
        known = {name: (address,) for name, node in self.nodes if (address := address_of(facts, node, name))}
        return facts.added(self.host, names=known)

    def _text(self, facts: ClusterFacts, before: str) -> str:
        wanted = {name: address for name, node in self.nodes if (address := address_of(facts, node, name))}
        lines = [_without(line, wanted) for line in before.splitlines()]
        kept = "".join(f"{line}\n" for line in lines if line is not None)
        named = {word for line in kept.splitlines() for word in line.split("#", 1)[0].split()[1:]}
        missing = [f"{address} {name}" for name, address in wanted.items() if name not in named]
        return with_block(kept, _BLOCK, missing, top=False) if missing else kept


def _without(line: str, wanted: Mapping[str, str]) -> str | None:
    """The line without names that it gives a wrong address; None when none is left in it."""
    words = line.split("#", 1)[0].split()
    wrong = [name for name in words[1:] if name in wanted and wanted[name] != words[0]]
    if not wrong:
        return line
    left = [name for name in words[1:] if name not in wrong]
    return f"{words[0]} {' '.join(left)}" if left else None


def address_of(facts: ClusterFacts, node: str, name: str) -> str:
    """The address under which most hosts find a node, of those that it really has; "" when none is known."""
    own = tuple(text for text in facts[node].addresses or () if serves_others(text))
    answers = Counter(
        text for host in facts if host.name != node for text in host.names.get(name, ()) if text in own
    )
    return answers.most_common(1)[0][0] if answers else own[0] if own else ""


def serves_others(text: str) -> bool:
    """Whether other hosts can use this address: it is neither loopback nor good for one network alone."""
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local)
