"""Changes in an answers file in place: a worker more, a worker less, one value. Every other byte stays.

Knows where values stand in the text and which of them a change concerns. It must not know files. The outcome
is read again: an edit that would leave a bad file raises what is wrong and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from validators.values import (
    ValueProblem,
    did_you_mean,
    expand,
    is_range,
    parse_host_address,
    parse_hosts,
    parse_text,
    shown,
    without,
)

from . import tree
from .answers import HostEntry, Value
from .declared import ROOT
from .judging import same_name
from .keys import Key, Pairs, Section
from .reading import parse_answers
from .spans import Text
from .writing import entry_text, pair_text, value_text


def add_worker(text: str, host: str | HostEntry) -> str:
    """The text with one more worker (or range of workers) at the end of the list.

    Raises:
        ValueProblem: the host reads badly.
        BadAnswers: the text is bad, or becomes so (a host that is a worker already).
    """
    return _add(text, "workers", host)


def add_standby(text: str, host: str | HostEntry) -> str:
    """The text with one more standby JobManager; raises as `add_worker` does."""
    return _add(text, "standby", host)


def remove_worker(text: str, name: str) -> str:
    """The text without that worker; a range that holds it becomes ranges and names without it.

    Raises:
        ValueProblem: it is no worker, or the last one.
        BadAnswers: the text is bad, or becomes so (an HDFS that keeps data on that host).
    """
    return _remove(text, "workers", name)


def remove_standby(text: str, name: str) -> str:
    """The text without that standby JobManager; raises as `remove_worker` does."""
    return _remove(text, "standby", name)


def set_value(text: str, path: str, value: Value) -> str:
    """The text with one declared value changed or added, such as "flink.version" or "flink.config.KEY".

    `value` is what the key's parser gives (sizes in MiB), or a text that it takes.

    Raises:
        KeyError: there is no such key, or it holds hosts.
        ValueProblem: the value reads badly.
        BadAnswers: the text is bad, or becomes so.
    """
    parse_answers(text, complete=False)
    names, render = _target(path, value)
    root = _root(text)
    mapping, depth = root, 0
    while depth < len(names) - 1 and isinstance(inner := mapping.get(names[depth]), tree.Mapping):
        mapping, depth = inner, depth + 1
    document = Text(text)
    old = mapping.get(names[depth])
    missing = names[depth:]
    if old is None:
        document.add_pair(mapping, missing, render)
    elif len(missing) > 1:
        # The section is there, but without a key yet.
        document.fill_empty(mapping, names[depth], missing[1:], render)
    else:
        document.replace_value(mapping, names[depth], old, render)
    return _verified(document.text)


def _target(path: str, value: Value) -> tuple[list[str], Callable[[bool], str]]:
    """The names that lead to a key, and how its value is written there (in flow context or not)."""
    section, names, rest = ROOT, list[str](), path
    while rest:
        name, _, tail = rest.partition(".")
        item = next((item for item in section.keys if item.name == name), None)
        names.append(name)
        if isinstance(item, Section) and tail:
            section, rest = item, tail
        elif isinstance(item, Pairs) and tail:
            return [*names, tail], _always(pair_text(parse_text(_as_text(value))))
        elif isinstance(item, Key) and not tail:
            return names, _rendered(item, _parsed(item, value))
        else:
            break
    raise KeyError(path)


def _always(text: str) -> Callable[[bool], str]:
    return lambda _flow: text


def _rendered(key: Key, value: Value) -> Callable[[bool], str]:
    return lambda flow: value_text(key, value, flow=flow)


def _parsed(key: Key, value: Value) -> Value:
    if key.many:
        items = value if isinstance(value, tuple) else (value,)
        return tuple(str(key.parse(_as_text(item))) for item in items)
    if key.kind == "memory" and isinstance(value, int):
        return value
    return key.parse(_as_text(value))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _add(text: str, role: str, host: str | HostEntry) -> str:
    parse_answers(text, complete=False)
    entry = HostEntry(host.strip()) if isinstance(host, str) else host
    parse_hosts(entry.host, underscores=entry.address is not None)
    root, document = _root(text), Text(text)
    node = root.get(role)
    if node is None:
        document.add_list(root, role, entry_text(entry, flow=root.flow))
    elif isinstance(node, tree.Sequence):
        document.add_item(node, entry_text(entry, flow=node.flow))
    elif isinstance(node, tree.Scalar) or node.flow:
        document.make_list(node, entry_text(entry, flow=True))
    else:
        raise ValueProblem(f"{role} is a single map; write it as a list first")
    return _verified(document.text)


@dataclass(frozen=True, slots=True)
class _Found:
    index: int
    item: tree.Node
    host: tree.Scalar
    written: str
    """The host in the words of the range, such as flink@node3:22."""


def _remove(text: str, role: str, name: str) -> str:
    answers = parse_answers(text, complete=False)
    root, document = _root(text), Text(text)
    node = root.get(role)
    found = _find(node, name)
    if node is None or found is None:
        known = [address.host for entry in answers.hosts_at(role) for address in entry.addresses()]
        kind = "worker" if role == "workers" else "standby JobManager"
        raise ValueProblem(f"{shown(name)} is not a {kind} in this file{did_you_mean(name, known)}")
    rest = without(found.host.text.strip(), found.written) if found.written != found.host.text.strip() else ()
    if rest:
        sequence = node if isinstance(node, tree.Sequence) else None
        document.split_item(sequence, found.item, found.host, rest)
    elif isinstance(node, tree.Sequence) and len(node.items) > 1:
        document.remove_item(node, found.index)
    elif role == "workers":
        raise ValueProblem(f"{shown(name)} is the only worker; a cluster needs at least one")
    else:
        document.remove_pair(root, role)
    return _verified(document.text)


def _find(node: tree.Node | None, name: str) -> _Found | None:
    items = node.items if isinstance(node, tree.Sequence) else (node,) if node is not None else ()
    for index, item in enumerate(items):
        host = item.get("host") if isinstance(item, tree.Mapping) else item
        if isinstance(host, tree.Scalar) and (written := _word_for(host.text.strip(), name)):
            return _Found(index, item, host, written)
    return None


def _word_for(entry: str, name: str) -> str | None:
    words = expand(entry) if is_range(entry) else (entry,)
    wanted = same_name(name.strip())
    return next(
        (word for word in words if same_name(parse_host_address(word, underscores=True).host) == wanted), None
    )


def _root(text: str) -> tree.Mapping:
    root, _ = tree.read_tree(text)
    return root if isinstance(root, tree.Mapping) else tree.Mapping(tree.Place(1, 1, 0, 0), False, ())


def _verified(text: str) -> str:
    parse_answers(text, complete=False)
    return text
