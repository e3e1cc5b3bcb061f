"""What can be declared of a key: its parser, default, words and examples; and the usual kinds of keys.

Knows the shapes of a declaration. It must not know which keys there are (that is `declared`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from validators import values

Plain = bool | int | str
Kind = Literal["text", "number", "boolean", "memory"]

script_path = values.path_parser(for_scripts=True)
own_home = values.path_parser(for_scripts=True, own_directory=True)
key_file = values.path_parser(tilde=True)


@dataclass(frozen=True, slots=True)
class Key:
    """One value, or with `many` a list of values. `default` holds when it is left out; None: it depends.

    `parse` takes what was typed and gives the value, or raises ValueProblem with the operator's sentence.
    """

    name: str
    title: str
    help: str
    parse: Callable[[str], Plain]
    kind: Kind = "text"
    default: Plain | tuple[str, ...] | None = None
    examples: tuple[Plain, ...] = ()
    choices: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    bounds: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Hosts:
    """A host, or with `many` a list of hosts: names, ranges, or maps with the keys of `HOST`."""

    name: str
    title: str
    help: str
    many: bool = True
    required: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Free keys with plain values, for a configuration file."""

    name: str
    title: str
    help: str
    examples: tuple[tuple[str, Plain], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Keys under one name."""

    name: str
    title: str
    help: str
    keys: tuple[Item, ...] = field(default=())
    required: bool = False


Item = Key | Hosts | Pairs | Section


def choice(name: str, title: str, words: str, choices: tuple[str, ...], default: str | None = None) -> Key:
    return Key(name, title, words, values.one_of(choices), default=default, choices=choices)


def port(words: str, default: int | None = None) -> Key:
    return Key("port", "SSH port", words, values.parse_port, "number", default, (22, 2222), bounds=(1, 65535))


def number(name: str, title: str, words: str, most: int, what: str, example: int) -> Key:
    parse = values.whole_number(1, most, what)
    return Key(name, title, words, parse, "number", examples=(example,), bounds=(1, most))


def flag(name: str, title: str, words: str, default: bool) -> Key:
    return Key(name, title, words, values.parse_bool, "boolean", default)


def java_home(
    parse: Callable[[str], Plain], words: str, default: str | None = None, name: str = "java_home"
) -> Key:
    return Key(
        name, "Java home", words, parse, default=default, examples=("/usr/lib/jvm/java-17-openjdk-amd64",)
    )


def one_host(text: str) -> str:
    """One `user@host:port`, judged and kept as it was written."""
    values.parse_host_address(text, underscores=True)
    return text.strip()


def home_or_auto(text: str) -> str:
    return "auto" if text.strip() == "auto" else script_path(text)
