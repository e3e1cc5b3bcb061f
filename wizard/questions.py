"""A question as every front end asks it: its words, how an answer is read, what may be chosen, what is suggested.

Made from the declaration of the answers file, so that the file, the prompt and the screen say the same. It must not
know which step asks, nor how a question is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from validators.values import ValueProblem, parse_hosts, parse_text

from .answers.answers import HostEntry, Value
from .answers.declared import DECLARED
from .answers.keys import Hosts, Key, Pairs
from .answers.writing import entry_text, value_text
from .view import View

Kind = Literal["text", "number", "memory", "choice", "flag", "many", "hosts", "host", "pairs"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `detail` is a phrase beside it; a `disabled` one is shown with its reason in `detail`."""

    value: str
    title: str
    detail: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Suggested:
    """What is taken when the question is left open, and why; `detail` holds inputs, formula and bounds."""

    value: str
    reason: str
    detail: tuple[str, ...] = ()


def _always(view: View) -> bool:
    del view
    return True


def _nothing(view: View) -> Suggested | None:
    del view
    return None


def _no_options(view: View) -> tuple[Option, ...]:
    del view
    return ()


@dataclass(frozen=True, slots=True)
class Question:
    """`path` is the dotted path of the answer, also of a key below `flink.config`.

    `parse` takes what was typed and gives the value, or raises ValueProblem with the operator's sentence.
    """

    path: str
    title: str
    help: str
    kind: Kind
    parse: Callable[[str], Value]
    examples: tuple[str, ...] = ()
    required: bool = False
    options: Callable[[View], tuple[Option, ...]] = _no_options
    suggest: Callable[[View], Suggested | None] = _nothing
    asked: Callable[[View], bool] = _always


def question(
    path: str,
    *,
    title: str = "",
    help: str = "",
    options: Callable[[View], tuple[Option, ...]] | None = None,
    suggest: Callable[[View], Suggested | None] = _nothing,
    asked: Callable[[View], bool] = _always,
) -> Question:
    """The question for a declared path, in the declaration's words unless others are given.

    Raises:
        KeyError: no such path is declared.
    """
    item = DECLARED[path]
    if isinstance(item, Hosts):
        return Question(
            path,
            title or item.title,
            help or item.help,
            "hosts" if item.many else "host",
            parse_entries if item.many else _parse_one,
            item.examples,
            item.required,
            options or _no_options,
            suggest,
            asked,
        )
    if isinstance(item, Pairs):
        return Question(
            path, title or item.title, help or item.help, "pairs", parse_pairs, suggest=suggest, asked=asked
        )
    declared = tuple(Option(choice, choice) for choice in item.choices)
    return Question(
        path,
        title or item.title,
        help or item.help,
        _kind_of(item),
        _parse_many(item) if item.many else item.parse,
        tuple(str(example) for example in item.examples),
        item.required,
        options or (lambda view: declared),
        suggest if suggest is not _nothing else _default_of(item),
        asked,
    )


def config_question(
    key: str,
    title: str,
    help: str,
    parse: Callable[[str], str],
    kind: Kind = "text",
    *,
    suggest: Callable[[View], Suggested | None] = _nothing,
    asked: Callable[[View], bool] = _always,
) -> Question:
    """The question for one key of Flink's configuration."""
    return Question(f"flink.config.{key}", title, help, kind, parse, suggest=suggest, asked=asked)


def answer_text(view: View, one: Question) -> str:
    """What was answered, as it may be typed again; "" when the question was left open."""
    return written(one.path, given(view, one.path))


def given(view: View, path: str) -> Value | None:
    """The value that was decided for a path, also for a key below `flink.config` or `hdfs.config`."""
    for section in ("flink.config", "hdfs.config"):
        if path.startswith(section + "."):
            return view.answers.pairs_at(section).get(path.removeprefix(section + "."))
    return view.answers.get(path)


def origin(view: View, path: str) -> str:
    """Where an answer comes from that was read from the cluster and stands unchanged; "" for every other one."""
    if view.adopted is None:
        return ""
    found = replace(view, answers=view.adopted.answers)
    value = given(view, path)
    if value is None or value != given(found, path):
        return ""
    section = "flink.config" if path.startswith("flink.config.") else path
    return view.adopted.origins.get(section, "")


def written(path: str, value: Value | None) -> str:
    """A value as it may be typed: a list of hosts with one entry a line, other lists with commas."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, tuple):
        hosts = [entry for entry in value if isinstance(entry, HostEntry)]
        if hosts:
            return "\n".join(entry.host if _plain(entry) else entry_text(entry) for entry in hosts)
        return ", ".join(str(item) for item in value)
    item = DECLARED.get(path)
    if isinstance(item, Key) and item.kind == "memory":
        return value_text(item, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse_entries(text: str) -> tuple[HostEntry, ...]:
    """Hosts as they are typed or pasted: names and ranges, separated by blanks, commas or line ends; `#` begins a
    comment; a map in braces says what differs on a host.

    Raises:
        ValueProblem: an entry reads badly, or there is none.
    """
    from .answers.entries import parse_host_entries

    return parse_host_entries(text)


def parse_pairs(text: str) -> Mapping[str, str]:
    """Lines `key: value`; empty lines and comments are passed over. Raises ValueProblem."""
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        key, colon, value = bare.partition(":")
        if not colon or not key.strip():
            raise ValueProblem(f"“{bare[:40]}” is not of the form key: value")
        pairs[key.strip()] = parse_text(value.strip())
    return pairs


def _plain(entry: HostEntry) -> bool:
    return entry == HostEntry(entry.host)


def _parse_one(text: str) -> tuple[HostEntry, ...]:
    entries = parse_entries(text)
    if len(entries) != 1 or len(parse_hosts(entries[0].host, underscores=True)) != 1:
        raise ValueProblem("there is one master; name one host")
    return entries


def _parse_many(key: Key) -> Callable[[str], Value]:
    def parse(text: str) -> Value:
        items = [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]
        if not items:
            raise ValueProblem("name at least one, or leave the line empty")
        return tuple(dict.fromkeys(str(key.parse(item)) for item in items))

    return parse


def _kind_of(key: Key) -> Kind:
    if key.many:
        return "many"
    if key.choices:
        return "choice"
    if key.kind == "boolean":
        return "flag"
    return "text" if key.kind == "text" else key.kind


def _default_of(key: Key) -> Callable[[View], Suggested | None]:
    default = key.default
    if default is None:
        return _nothing
    text = ", ".join(default) if isinstance(default, tuple) else written("", default)
    return lambda view: Suggested(text, "the default")
