"""From answers to the text of a file that says the same, in the declared order, with a word on each part.

Knows how values are written so that YAML reads them back unchanged. It must not know a file that exists
already: that one is changed in place (`editing`).
"""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from validators.values import ValueProblem, format_memory, parse_user

from .answers import Answers, HostEntry, Value
from .declared import FORMAT, ROOT
from .keys import Hosts, Item, Key, Pairs, Plain, Section
from .tree import kind_of

DEFAULT_VERSION = "2.3.0"
"""The Flink that is installed when nobody asks for another."""

_PLAIN = re.compile(r"[A-Za-z_/~][A-Za-z0-9_./~@+\-]*(?:\[[0-9,\-]+\][A-Za-z0-9.\-]*)*", re.ASCII)
_PLAIN_PAIR = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_./~@+\-]*", re.ASCII)


def scalar_text(value: Plain, *, flow: bool = False) -> str:
    """One value as YAML reads it back: a text stays a text. `flow`: inside [ ] or { }."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = _PLAIN.fullmatch(value) and kind_of(value) == "str" and not (flow and "[" in value)
    return value if plain else json.dumps(value, ensure_ascii=False)


def pair_text(value: str) -> str:
    """A value of a free key: numbers and yes-or-no stand without quotes, as operators write them."""
    plain = _PLAIN_PAIR.fullmatch(value) and kind_of(value) in ("str", "int", "float", "bool")
    return value if plain else json.dumps(value, ensure_ascii=False)


def value_text(key: Key, value: Value, *, flow: bool = False) -> str:
    """The value of a declared key, a list in brackets."""
    if isinstance(value, tuple):
        return "[" + ", ".join(scalar_text(str(item), flow=True) for item in value) + "]"
    if key.kind == "memory" and isinstance(value, int):
        return format_memory(value)
    assert isinstance(value, bool | int | str)
    return scalar_text(value, flow=flow)


def entry_text(entry: HostEntry, *, flow: bool = False) -> str:
    """A host: its name alone where nothing else was decided, else a map in braces."""
    if entry == HostEntry(entry.host):
        return scalar_text(entry.host, flow=flow)
    parts: list[str] = []
    for name in (field.name for field in fields(HostEntry)):
        value: Plain | None = getattr(entry, name)
        if value is not None:
            memory = format_memory(value) if name == "memory" and isinstance(value, int) else None
            parts.append(f"{name}: {memory or scalar_text(value, flow=True)}")
    return "{" + ", ".join(parts) + "}"


def write_answers(answers: Answers | Mapping[str, Value]) -> str:
    """A fresh file. Reading it gives equal answers."""
    values = answers.values if isinstance(answers, Answers) else answers
    blocks = ["\n".join(item_lines(item, item.name, {"version": FORMAT, **values}, "")) for item in ROOT.keys]
    return "\n".join(block for block in blocks if block) + "\n"


def item_lines(
    item: Item, path: str, values: Mapping[str, Value], indent: str, *, comments: bool = True
) -> Iterator[str]:
    """The lines of one key or section, none when nothing of it was decided."""
    if isinstance(item, Section):
        inner = [
            line
            for key in item.keys
            for line in item_lines(key, f"{path}.{key.name}", values, indent + "  ", comments=comments)
        ]
        if inner:
            yield from _comment(item, indent) if comments else ()
            yield f"{indent}{item.name}:"
            yield from inner
        return
    value = values.get(path)
    if value is None:
        return
    if isinstance(item, Key):
        line = f"{indent}{item.name}: {value_text(item, value)}"
        yield (
            f"{line:<40}  # {' | '.join(item.choices)}"
            if comments and item.choices and not item.many
            else line
        )
    elif isinstance(item, Hosts):
        entries = (
            [entry for entry in value if isinstance(entry, HostEntry)] if isinstance(value, tuple) else []
        )
        if item.many:
            yield from _comment(item, indent) if comments else ()
            yield f"{indent}{item.name}:"
            yield from (f"{indent}  - {entry_text(entry)}" for entry in entries)
        else:
            yield f"{indent}{item.name}: {entry_text(entries[0])}"
    elif isinstance(value, Mapping):
        yield from _comment(item, indent) if comments else ()
        yield f"{indent}{item.name}:"
        yield from (f"{indent}  {name}: {pair_text(text)}" for name, text in value.items())


def _comment(item: Section | Hosts | Pairs, indent: str) -> Iterator[str]:
    yield f"{indent}# {item.help}"


LOCAL_MIB = 2048
"""Memory of the TaskManager that a single machine tries Flink with."""


def default_answers(
    *,
    cluster: str = "local",
    master: str = "localhost",
    workers: tuple[str, ...] = ("localhost",),
    version: str = DEFAULT_VERSION,
    user: str | None = None,
    home: str | None = None,
) -> str:
    """The file of a single-machine cluster, ready to be applied: this user, Flink in this user's home.

    Its TaskManager gets LOCAL_MIB, not what the machine has: somebody works on it besides.

    Raises:
        ValueProblem: `user` is not a user name.
    """
    values: dict[str, Value] = {"cluster": cluster}
    try:
        values["user"] = parse_user(user or getpass.getuser())
    except ValueProblem:
        if user is not None:
            raise
    values["master"] = (HostEntry(master),)
    values["workers"] = tuple(HostEntry(worker, memory=LOCAL_MIB) for worker in workers)
    values["flink.version"] = version
    values["flink.home"] = home or str(Path.home() / f"flink-{version}")
    return write_answers(values)
