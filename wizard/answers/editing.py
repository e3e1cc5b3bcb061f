"""Changes in an answers file in place: a worker more, a worker less, one value. Every other byte stays.

Knows which answers a change concerns. It must not know files, nor where answers stand in a text (`revising`). An
edit that would leave a bad file raises what is wrong and changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from validators.values import (
    ValueProblem,
    did_you_mean,
    parse_hosts,
    parse_text,
    shown,
    without,
)

from .answers import HostEntry, Value, plain_text
from .declared import DECLARED
from .keys import Key, Pairs
from .reading import parse_answers
from .revising import revised
from .single import word_for


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


def remove_datanode(text: str, name: str) -> str:
    """The text without that host among hdfs.datanodes, where it is listed there at all.

    Raises:
        ValueProblem: it is the last one.
        BadAnswers: the text is bad, or becomes so (more copies than DataNodes).
    """
    answers = parse_answers(text, complete=False)
    listed = answers.list_at("hdfs.datanodes")
    left = [
        rest
        for entry in listed
        for rest in (
            without(entry, name)
            if any(one.host == name for one in parse_hosts(entry, underscores=True))
            else (entry,)
        )
    ]
    if not listed or left == list(listed):
        return text
    if not left:
        raise ValueProblem(f"{shown(name)} is the only DataNode; an HDFS needs at least one")
    return revised(text, answers.with_value("hdfs.datanodes", tuple(left)))


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
    answers = parse_answers(text, complete=False)
    item = DECLARED.get(path)
    if isinstance(item, Key):
        return revised(text, answers.with_value(path, _parsed(item, value)))
    sections = (one for one, pairs in DECLARED.items() if isinstance(pairs, Pairs))
    section = next((one for one in sections if path.startswith(one + ".") and path != one + "."), None)
    if section is None:
        raise KeyError(path)
    pairs = {**answers.pairs_at(section), path.removeprefix(section + "."): parse_text(plain_text(value))}
    return revised(text, answers.with_value(section, pairs))


def _parsed(key: Key, value: Value) -> Value:
    if key.many:
        items = value if isinstance(value, tuple) else (value,)
        return tuple(str(key.parse(plain_text(item))) for item in items)
    if key.kind == "memory" and isinstance(value, int):
        return value
    return key.parse(plain_text(value))


def _add(text: str, role: str, host: str | HostEntry) -> str:
    answers = parse_answers(text, complete=False)
    entry = HostEntry(host.strip()) if isinstance(host, str) else host
    parse_hosts(entry.host, underscores=entry.address is not None)
    return revised(text, answers.with_value(role, (*answers.hosts_at(role), entry)))


def _remove(text: str, role: str, name: str) -> str:
    answers = parse_answers(text, complete=False)
    entries = answers.hosts_at(role)
    found = next(((entry, word) for entry in entries if (word := word_for(entry, name.strip()))), None)
    if found is None:
        known = [address.host for entry in entries for address in entry.addresses()]
        kind = "worker" if role == "workers" else "standby JobManager"
        raise ValueProblem(f"{shown(name)} is not a {kind} in this file{did_you_mean(name, known)}")
    gone, word = found
    names = without(gone.host, word) if word != gone.host else ()
    rest = [
        one
        for entry in entries
        for one in ([replace(gone, host=host) for host in names] if entry is gone else [entry])
    ]
    if not rest and role == "workers":
        raise ValueProblem(f"{shown(name)} is the only worker; a cluster needs at least one")
    return revised(text, answers.with_value(role, tuple(rest) or None))
