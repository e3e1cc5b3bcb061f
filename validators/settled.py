"""What is wrong with the settled configuration of a node: sizes, ports and slots against each other and the host.

Asks sizing's own cross-check about every node that was read. It must not know where a value came from.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.desired import Desired, capacity_of
from wizard.facts import ClusterFacts
from wizard.findings import Finding, Fix
from wizard.sizing import concerns


def judge_settled(
    desired: Desired, facts: ClusterFacts, known: tuple[Finding, ...] = ()
) -> Iterator[Finding]:
    """One finding for each concern; hosts whose memory `known` findings already name are left at that."""
    named = {host for finding in known if finding.id == "memory-too-large" for host in finding.hosts}
    for name, node in desired.nodes.items():
        seen = facts[name]
        if not seen.reached or not seen.memory_mib or not seen.cores:
            continue
        capacity = capacity_of(desired.spec, node.host, seen, node.taskmanagers)
        for concern in concerns(desired.line, capacity, dict(node.config), desired.slots):
            if name in named and "memory" in concern.key:
                continue
            value = dict(node.config).get(concern.key, "")
            yield Finding(
                "values-do-not-fit",
                concern.severity,
                (name,),
                f"{concern.key} does not fit {name}",
                f"{concern.key}: {value}" if value else concern.key,
                "values that fit the host and each other",
                concern.text,
                fix=Fix(
                    "manual", f"Change {concern.key} in the answers, or leave it out to have it suggested."
                ),
            )
