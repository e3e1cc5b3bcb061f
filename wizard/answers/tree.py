"""A YAML text as a tree that knows where everything stands, within bounds that keep a hostile file harmless.

Knows YAML's syntax, and allows only what a plain answers file needs: no tags, anchors or aliases. It must not
know any key. Offsets count characters from 0, lines and columns from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, cast

import yaml
from yaml import events

from validators.values import shown

DEEPEST = 12
_STRING = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text` as written, `kind` what YAML makes of it: str, int, float, bool, null, timestamp …"""

    at: Place
    text: str
    kind: str
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    at: Place
    flow: bool
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    at: Place
    flow: bool
    pairs: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.pairs if name.text == key), None)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that YAML forbids, or that this file does not allow."""

    line: int
    column: int
    sentence: str


class NotYaml(Exception):
    """The text is not YAML at all, or nested beyond reason."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.sentence)
        self.flaw = flaw


@dataclass(slots=True)
class _Reading:
    loader: yaml.SafeLoader
    flaws: list[Flaw] = field(default_factory=list[Flaw])

    def next(self) -> events.Event:
        return cast(events.Event, cast(Any, self.loader).get_event())


def kind_of(plain: str) -> str:
    """What YAML makes of a word without quotes: str, int, float, bool, null, timestamp …"""
    tag = cast(Any, _resolver()).resolve(yaml.ScalarNode, plain, (True, False))
    return str(tag).rpartition(":")[2]


@cache
def _resolver() -> yaml.SafeLoader:
    return yaml.SafeLoader("")


# A change reads the text that the change before it made: with 2000 hosts that takes a second.
@lru_cache(maxsize=2)
def read_tree(text: str) -> tuple[Node | None, tuple[Flaw, ...]]:
    """The tree of the text, None when nothing is in it, and what is wrong with it though it could be read.

    Raises:
        NotYaml: with the place where reading stopped.
    """
    try:
        reading = _Reading(yaml.SafeLoader(text))
        root: Node | None = None
        documents = 0
        while not isinstance(event := reading.next(), events.StreamEndEvent):
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise NotYaml(_flaw(event, "a second YAML document starts here (---); keep one per file"))
                root = _node(reading.next(), reading, 1)
        if isinstance(root, Scalar) and root.kind == "null" and not root.text:
            root = None
        return root, tuple(reading.flaws)
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise NotYaml(Flaw(line, column, "holds a control character, so this is not a YAML text")) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.context == "while scanning a simple key":
            mark = error.context_mark or mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise NotYaml(Flaw(line, column, _worded(error, text, line))) from None


def _node(event: events.Event, reading: _Reading, depth: int) -> Node:
    if depth > DEEPEST:
        raise NotYaml(_flaw(event, f"is nested more than {DEEPEST} levels deep"))
    if isinstance(event, events.AliasEvent):
        reading.flaws.append(_flaw(event, "anchors and aliases (& and *) are not used here; write the value"))
        return Scalar(_place(event, event), "", "alias")
    assert isinstance(event, events.ScalarEvent | events.SequenceStartEvent | events.MappingStartEvent)
    if event.anchor is not None:
        reading.flaws.append(_flaw(event, "anchors and aliases (& and *) are not used here; write the value"))
    if event.tag not in (None, "!", _STRING):
        reading.flaws.append(_flaw(event, "tags (a word after !) are not used here; write the plain value"))
    if isinstance(event, events.ScalarEvent):
        return _scalar(event, reading)
    if isinstance(event, events.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(inner := reading.next(), events.SequenceEndEvent):
            items.append(_node(inner, reading, depth + 1))
        return Sequence(_place(event, inner), bool(event.flow_style), tuple(items))
    return _mapping(event, reading, depth)


def _mapping(event: events.MappingStartEvent, reading: _Reading, depth: int) -> Mapping:
    pairs: dict[str, tuple[Scalar, Node]] = {}
    while not isinstance(inner := reading.next(), events.MappingEndEvent):
        key = _node(inner, reading, depth + 1)
        value = _node(reading.next(), reading, depth + 1)
        if not isinstance(key, Scalar):
            reading.flaws.append(Flaw(key.at.line, key.at.column, "a list or a map cannot be a key"))
        elif key.text in pairs:
            first = pairs[key.text][0].at.line
            where = f"lines {first} and {key.at.line}" if first != key.at.line else f"line {first}"
            sentence = f"the key {shown(key.text)} is written twice ({where}); keep one of them"
            reading.flaws.append(Flaw(key.at.line, key.at.column, sentence))
        else:
            pairs[key.text] = (key, value)
    return Mapping(_place(event, inner), bool(event.flow_style), tuple(pairs.values()))


def _scalar(event: events.ScalarEvent, reading: _Reading) -> Scalar:
    value = event.value or ""
    kind = kind_of(value) if event.style is None and event.tag is None else "str"
    return Scalar(_place(event, event), value, kind, event.style)


def _place(first: events.Event, last: events.Event) -> Place:
    start, end = first.start_mark, last.end_mark
    return Place(start.line + 1, start.column + 1, start.index, end.index)


def _flaw(event: events.Event, sentence: str) -> Flaw:
    return Flaw(event.start_mark.line + 1, event.start_mark.column + 1, sentence)


def _worded(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    problem = error.problem or "it stops making sense here"
    lines = text.split("\n")
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "'\\t'" in problem or "\t" in written[: len(written) - len(written.lstrip())]:
        return "a tab stands where YAML wants blanks; indent with blanks"
    if "mapping values are not allowed" in problem:
        return "not YAML: a colon where no key can stand; is the line above indented like this one?"
    if "could not find expected ':'" in problem:
        return "not YAML: a key without its colon"
    return f"not YAML: {shown(problem)}"
