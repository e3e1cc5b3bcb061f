"""SELinux contexts of ~/.ssh: sshd may not read keys whose files have another type than the policy's.

Knows how contexts are listed and restored. It must not switch SELinux off, nor judge whether a login fails by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, shell
from ..facts import ClusterFacts, HostFacts
from ..needs import Ask, Need
from ..servicefacts import CommandFacts
from .operation import Operation

QUESTION = "SELinux contexts of ~/.ssh"

TYPE = "ssh_home_t"
"""What sshd may read below a home (Red Hat's targeted policy)."""

_LIST = """command -v getenforce >/dev/null || exit 0
getenforce
ls -Zd "$HOME/.ssh" "$HOME"/.ssh/authorized_keys* 2>/dev/null
exit 0
"""


def contexts() -> Ask:
    return Ask(QUESTION, ("sh", "-c", _LIST), 10)


def wrong_contexts(host: HostFacts) -> tuple[str, ...]:
    """The lines of `ls -Z` with another type, none where SELinux does not enforce or is not there."""
    told = host.commands.get(QUESTION)
    lines = told.stdout.splitlines() if told is not None else []
    if not lines or lines[0].strip() != "Enforcing":
        return ()
    return tuple(
        line.strip() for line in lines[1:] if (found := re.search(r":(\w+_t)\b", line)) and found[1] != TYPE
    )


@dataclass(frozen=True)
class RestoreContext(Operation):
    """The contexts that the policy of this host names for ~/.ssh; the policy itself is left as it is."""

    @property
    def id(self) -> str:
        return "restore-context"

    @property
    def title(self) -> str:
        return "Restore the SELinux contexts of ~/.ssh"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (contexts(),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not wrong_contexts(facts[self.host])

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return (shell('restorecon -R -v "$HOME/.ssh"\n', why="restorecon -R -v ~/.ssh"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        told = facts[self.host].commands[QUESTION]
        mended = CommandFacts(0, re.sub(r":(\w+_t)\b", f":{TYPE}", told.stdout))
        return facts.added(self.host, commands={QUESTION: mended})
