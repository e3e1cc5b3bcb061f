"""Which ZooKeeper elects the JobManager that leads: nodes of the cluster, or servers that are there already.

Knows how the two are told apart: a server that is there already has a port. It must not know files nor facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from validators.values import parse_host_and_port, parse_hosts, parse_hosts_text

ENSEMBLE = 3
"""Servers that are suggested: one of them may be lost, and the other two still agree."""


def parse_zookeeper(text: str) -> str:
    """A node, a range of nodes, or host:port; several may stand together with commas between them.

    Raises:
        ValueProblem: one of them reads badly.
    """
    items = [item.strip() for item in _items(text)]
    return ",".join(
        parse_host_and_port(item) if _has_port(item) else parse_hosts_text(item) for item in items
    )


def split_zookeeper(listed: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of nodes, host:port of servers that are there already), in their order."""
    items = [item for text in listed for item in _items(text)]
    names = tuple(
        host.host for item in items if not _has_port(item) for host in parse_hosts(item, underscores=True)
    )
    return names, tuple(item for item in items if _has_port(item))


def suggested_nodes(names: Sequence[str]) -> tuple[str, ...]:
    """The nodes that run ZooKeeper where none is named: three, or the master alone where there are fewer."""
    return tuple(names[:ENSEMBLE]) if len(names) >= ENSEMBLE else tuple(names[:1])


def _items(text: str) -> list[str]:
    """The parts between commas; those within the brackets of a range belong to it."""
    items, depth = [""], 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if sign == "," and not depth:
            items.append("")
        else:
            items[-1] += sign
    return items


def _has_port(item: str) -> bool:
    return "]:" in item if item.startswith("[") else item.count(":") == 1
