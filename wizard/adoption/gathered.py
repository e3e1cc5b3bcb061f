"""What was read of a cluster that nobody described: each node with its configuration, as values.

Knows the shapes alone. It must not know how anything was read, nor what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..answers.answers import HostEntry
from ..answers.judging import same_name
from ..facts import HomeFacts, HostFacts
from ..flink.line import Line
from .candidates import Candidate
from .confs import NodeConf
from .hadoop import Hadoop
from .hostlists import HostList


@dataclass(frozen=True, slots=True)
class Node:
    """One host. `entry` is how this machine reaches it, `address` what the cluster calls it.

    `count` is how many TaskManagers it is listed for. `trouble` says why it could not be read, "" when it could.
    """

    entry: HostEntry
    address: str
    facts: HostFacts
    conf: NodeConf = field(default_factory=NodeConf)
    home: HomeFacts | None = None
    count: int = 0
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.entry.host


@dataclass(frozen=True, slots=True)
class Gathered:
    """A whole cluster. `why` tells what decided on the home, `workers_from` where the workers are listed.

    `workers` may hold the master too, under the same name. `jump` is the host through which the others are reached.
    `notes` are sentences.
    """

    version: str
    line: Line
    home: Candidate
    why: str
    master: Node
    workers: tuple[Node, ...]
    workers_from: str
    masters: HostList = field(default_factory=HostList)
    standby: tuple[Node, ...] = ()
    hadoop: Hadoop | None = None
    jump: str = ""
    scala: str = ""
    notes: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node once, the master first."""
        seen: dict[str, Node] = {}
        for node in (self.master, *self.standby, *self.workers):
            seen.setdefault(same_name(node.name), node)
        return tuple(seen.values())
