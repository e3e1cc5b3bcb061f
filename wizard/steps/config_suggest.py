"""What is suggested for a key of Flink's configuration, and why: one sentence, and inputs, formula and bounds below it.

Reads what was settled from the hosts' capacities. It must not do any arithmetic of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..desired import Desired, capacity_of
from ..flink.catalogue import default_of
from ..questions import Suggested
from ..sizing import Suggestion, suggest
from ..text import one_line
from ..view import View
from ..words import counted
from .typed import names


def suggested(view: View, key: str) -> Suggested | None:
    """The value that a key gets when it is left open, None while no host was read."""
    desired = view.desired
    if desired is None:
        return None
    if key in desired.spec.flink.config:
        return _had_it_been_left_open(view, desired, key)
    found = _of(desired.suggestions, key)
    settled = _settled(view, desired, key)
    # A host that was not read is given a suggestion also where the others hold a value of their own.
    if found and (not settled or settled.most_common(1)[0][0] in {one.value for one in found}):
        return _worded(found)
    return _recorded(settled)


def with_default(view: View, key: str) -> Suggested | None:
    """As `suggested`; where nothing is known of the hosts, Flink's own default."""
    default = default_of(key)
    return suggested(view, key) or (Suggested(str(default), "Flink's default") if default else None)


def _of(suggestions: Iterable[Suggestion], key: str) -> list[Suggestion]:
    """The suggestions for a key, each once, the common one first."""
    found: list[Suggestion] = []
    for one in suggestions:
        if one.key == key and one not in found:
            found.append(one)
    return sorted(found, key=lambda one: one.host is not None)


def _worded(found: list[Suggestion]) -> Suggested:
    first = found[0]
    own = [one for one in found[1:] if one.value != first.value]
    reason = one_line(first.reason, 160)
    if own:
        reason = f"{reason.removesuffix('.')}; {_differing(own)}."
    inputs = ", ".join(f"{name} {value}" for name, value in first.inputs.items())
    detail = [f"From: {one_line(inputs, 160)}"] if inputs else []
    detail += [f"Formula: {first.formula}", f"Bounds: {first.bounds}"]
    detail += [
        f"{one_line(one.host or '', 60)}: {one_line(one.value, 80)}. {one_line(one.reason, 120)}"
        for one in own[:8]
    ]
    if len(own) > 8:
        detail.append(f"and {len(own) - 8} more hosts with a value of their own")
    return Suggested(first.value, reason, tuple(detail))


def _differing(own: list[Suggestion]) -> str:
    """As in "node3 gets 7168m" and "node3, node4 get 7168m, node5 gets 3072m"."""
    hosts: dict[str, list[str]] = {}
    for one in own:
        hosts.setdefault(one.value, []).append(one.host or "")
    parts = [
        f"{names(there, 3)} {'gets' if len(there) == 1 else 'get'} {one_line(value, 60)}"
        for value, there in list(hosts.items())[:3]
    ]
    return ", ".join(parts) + (" and so on" if len(hosts) > 3 else "")


def _had_it_been_left_open(view: View, desired: Desired, key: str) -> Suggested | None:
    spec = desired.spec
    seen = [host for host in spec.hosts if view.facts[host.name].memory_mib and view.facts[host.name].cores]
    if not seen:
        return None
    all_ = suggest(desired.line, [capacity_of(spec, host, view.facts[host.name]) for host in seen])
    found = _of(all_.values, key)
    return _worded(found) if found else None


def _settled(view: View, desired: Desired, key: str) -> Counter[str]:
    """The values that the hosts that were read shall have, by how many."""
    held = [
        dict(node.config).get(key)
        for name, node in desired.nodes.items()
        if view.facts[name].memory_mib and view.facts[name].reached
    ]
    return Counter(value for value in held if value is not None)


def _recorded(settled: Counter[str]) -> Suggested | None:
    """What the hosts' own configuration says: an earlier run wrote it, or an operator."""
    if not settled:
        return None
    common, number = settled.most_common(1)[0]
    others = settled.total() - number
    there = f"; {counted(others, 'host has', 'hosts have')} another" if others else ""
    return Suggested(common, f"what the configuration on the hosts says{there}")
