"""Who leads: which of several JobManagers holds the leadership, as ZooKeeper says it.

Knows what Flink keeps in ZooKeeper for whoever looks for the leader. It must not know how ZooKeeper is asked, nor what
follows from the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..facts import ClusterFacts
from ..needs import Quorum

_ADDRESS = re.compile(r"(?:akka|pekko)\.(?:ssl\.)?tcp://flink@(\[[^\]\s]+\]|[^:/\s]+):\d+")


@dataclass(frozen=True, slots=True)
class Leader:
    """`host` is the node that leads; "" when nobody does, or when `address` is none of the cluster's."""

    host: str
    address: str


def leader(
    facts: ClusterFacts, asked: Iterable[str], quorum: Quorum, jobmanagers: Iterable[tuple[str, str]]
) -> Leader | None:
    """Who leads, as the first of the hosts `asked` that got an answer heard it; None when none did.

    `jobmanagers` are (name, address). Right after the leader was lost its name still stands there, until its session with
    ZooKeeper has ended (at most a minute with Flink's defaults).
    """
    for host in asked:
        seen = facts[host]
        if not seen.reached or not any(
            told.serves for server in quorum.servers if (told := seen.zookeeper.get(server))
        ):
            continue
        for path in quorum.paths:
            found = _ADDRESS.search(seen.znodes.get(path, ""))
            if found:
                address = found[1].strip("[]")
                return Leader(_named(facts, address, jobmanagers), address)
        return Leader("", "")
    return None


def _named(facts: ClusterFacts, address: str, jobmanagers: Iterable[tuple[str, str]]) -> str:
    """The node with this name or address. Up to 1.1 the leader tells the address that its name resolves to."""
    known = tuple(jobmanagers)
    for name, told in known:
        if address in (told, name):
            return name
    return next((name for name, _ in known if address in (facts[name].addresses or ())), "")
