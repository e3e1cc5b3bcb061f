"""What the nodes' configurations have in common and what is a node's own, as answers can say it.

A value that the distribution ships was decided by nobody; one that only a TaskManager reads is the workers' to say.
Pure over what was gathered. It must not know how answers are written down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from validators.values import ValueProblem, is_own_name, parse_memory, parse_text

from ..flink.keys import is_secret, judge_key
from ..flink.line import Line
from ..flink.shipped import is_shipped
from ..text import one_line
from .gathered import Gathered, Node
from .hadoop import CONF_KEYS

HA_MODES = ("high-availability.type", "high-availability", "high-availability.mode", "recovery.mode")
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Own:
    """What differs on one worker; `memory` is MiB."""

    slots: int | None = None
    memory: int | None = None


@dataclass(slots=True)
class Shares:
    """`config` is what the operator decided for all nodes, in the order of the master's file."""

    config: dict[str, str] = field(default_factory=dict[str, str])
    own: dict[str, Own] = field(default_factory=dict[str, Own])
    notes: list[str] = field(default_factory=list[str])


def shares(seen: Gathered, master_address: str) -> Shares:
    """Every key of every node that was read, sorted into what is common, a node's own, or only to be told."""
    result = Shares()
    handled = _handled(seen.line, seen)
    for key in _keys(seen):
        if key in handled:
            continue
        if key in _addresses(seen.line):
            _address(seen, key, master_address, result)
        else:
            _share(seen, key, result)
    _other_names(seen, result)
    return result


def _keys(seen: Gathered) -> Iterator[str]:
    told: set[str] = set()
    for node in seen.nodes:
        for key in node.conf.values:
            if key not in told:
                told.add(key)
                yield key


def _handled(line: Line, seen: Gathered) -> set[str]:
    """Keys that answers say elsewhere."""
    keys = {line.keys.rpc_address, line.keys.java_home, line.keys.tm_host}
    if line.ha is not None and is_ha(seen.master.conf.values):
        keys |= {*HA_MODES, line.ha.quorum, line.ha.storage}
    if seen.hadoop is not None and seen.hadoop.conf_dir:
        said = seen.master.conf.values
        keys |= {key for key in CONF_KEYS if said.get(key, "").rstrip("/") == seen.hadoop.conf_dir}
    return keys


def is_ha(values: Mapping[str, str]) -> bool:
    """Whether the configuration asks for standby JobManagers by ZooKeeper."""
    return any(values.get(key, "").lower() == "zookeeper" for key in HA_MODES)


def _addresses(line: Line) -> set[str]:
    keys = line.keys
    return {key for key in (*keys.bind_hosts, keys.rest_address, keys.rest_bind_address) if key}


def _readers(seen: Gathered, key: str) -> tuple[Node, ...]:
    """Whose word on a key counts: the workers' for what TaskManagers read, else the master's."""
    workers = tuple(node for node in seen.workers if node.conf.known)
    if workers and (key.startswith("taskmanager.") or key == seen.line.keys.tmp_dirs):
        return workers
    return (seen.master,) if seen.master.conf.known else workers


def _share(seen: Gathered, key: str, result: Shares) -> None:
    line, readers = seen.line, _readers(seen, key)
    said = {node.name: node.conf.values.get(key) for node in readers}
    values = set(said.values())
    if len(values) > 1 and key == line.keys.slots:
        for name, value in said.items():
            if value is not None and value.isascii() and value.isdigit() and int(value) > 0:
                result.own[name] = replace(result.own.get(name, Own()), slots=int(value))
        return
    if len(values) > 1 and key == line.memory.taskmanager.key:
        sizes = {name: _mib(line, value) for name, value in said.items() if value is not None}
        if all(size is not None for size in sizes.values()):
            for name, size in sizes.items():
                result.own[name] = replace(result.own.get(name, Own()), memory=size)
            return
    value = next(iter(values)) if len(values) == 1 else _most(seen, key, said, result)
    if value is not None and not is_shipped(line, key, value):
        _keep(seen, key, value, result)


def _keep(seen: Gathered, key: str, value: str, result: Shares) -> None:
    """Put one value into the answers, unless they may not hold it: then it stays where it is."""
    if is_secret(key):
        result.notes.append(f"{key} is a secret; it stays on the hosts and out of the answers.")
        return
    verdict = judge_key(seen.version, key)
    if verdict.standing == "removed" or (verdict.standing == "later" and verdict.other):
        result.notes.append(f"{verdict.sentence}. It stays on the hosts and out of the answers.")
        return
    try:
        result.config[key] = parse_text(value)
    except ValueProblem as problem:
        result.notes.append(f"{key}: {problem.sentence}. It stays on the hosts and out of the answers.")


def _most(seen: Gathered, key: str, said: Mapping[str, str | None], result: Shares) -> str | None:
    """The value that most nodes have; the others are told of."""
    counted = Counter(said.values())
    most = max(counted.values())
    value = next(one for one, count in counted.items() if count == most)
    by_value = [
        f"{_told(seen, key, one)} on {_named([name for name, other in said.items() if other == one])}"
        for one in counted
    ]
    result.notes.append(
        f"{key} differs: {'; '.join(by_value)}. The answers have one value for all: {_told(seen, key, value)}."
    )
    return value


def _told(seen: Gathered, key: str, value: str | None) -> str:
    del seen
    if value is None:
        return "nothing"
    return "a secret" if is_secret(key) else one_line(value, 60)


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _address(seen: Gathered, key: str, master_address: str, result: Shares) -> None:
    """A bind address, or that of the web interface: kept where all agree on something of their own."""
    line = seen.line
    said = {node.conf.values.get(key) for node in _readers(seen, key)}
    usual = {None, "0.0.0.0", "::"}
    if key == line.keys.rest_address:
        usual.add(master_address)
    odd = {one for one in said - usual if one is not None and not is_own_name(one)}
    if len(said) == 1 and odd:
        value = next(iter(odd))
        if not is_shipped(line, key, value):
            _keep(seen, key, value, result)
    elif odd:
        result.notes.append(
            f"{key} names an address of each node's own; the answers bind to all addresses of a node."
        )


def _other_names(seen: Gathered, result: Shares) -> None:
    """TaskManagers that call themselves otherwise than the list of workers does."""
    key = seen.line.keys.tm_host
    for node in seen.workers:
        value = node.conf.values.get(key)
        if value and not is_own_name(value) and value != node.address:
            result.notes.append(
                f"{node.name} calls itself {one_line(value, 60)} in {key}; the answers call it {node.address}."
            )


def _mib(line: Line, value: str) -> int | None:
    text = value.strip()
    if line.memory.taskmanager.unit == "mb":
        return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None
    try:
        return parse_memory(text)
    except ValueProblem:
        return None
