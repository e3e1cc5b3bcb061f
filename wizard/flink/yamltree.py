"""A YAML document with the position of everything in it, and its scalars as Flink reads them.

Built from PyYAML's events, so that duplicates, aliases and exact places survive. It must not know what a
Flink key is, nor how a file is changed. Rules of values: YAML 1.2 core, as Flink 2.3.0's parser answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import yaml

Kind = Literal["scalar", "mapping", "sequence"]

_PARSE: Callable[..., Iterator[Any]] = cast("Any", yaml).parse
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NULLS = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {
    "true": "true",
    "True": "true",
    "TRUE": "true",
    "false": "false",
    "False": "false",
    "FALSE": "false",
}


class ConfigUnreadable(ValueError):
    """A configuration file does not parse; Flink would not start with it. `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(slots=True)
class Node:
    """One node. `start` and `end` are offsets into the text; `end` is behind the last character that counts.

    An alias is a node of its own place that shares the `items` and `text` of what it names.
    """

    kind: Kind
    start: int
    end: int
    line: int
    column: int
    text: str = ""
    plain: bool = False
    tag: str | None = None
    flow: bool = False
    alias: bool = False
    block_scalar: bool = False
    items: list[tuple[Node, Node]] = field(default_factory=list["tuple[Node, Node]"])
    """Pairs of a mapping; of a sequence, each element with itself."""

    @property
    def is_null(self) -> bool:
        return self.kind == "scalar" and self.plain and self.tag is None and self.text in _NULLS


def parse(text: str) -> Node | None:
    """The root of the one document in `text`, None when there is none. Raises ConfigUnreadable.

    Also refuses what Flink refuses: a key twice in one mapping, a second document, keys that are not strings.
    """
    try:
        events = iter(list(_PARSE(text, Loader=_LOADER)))
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        why = " ".join(part for part in (broken.problem, broken.context) if part)
        raise ConfigUnreadable(mark.line + 1 if mark else 1, why or "not YAML") from broken
    except yaml.reader.ReaderError as broken:
        position = cast("int", broken.position)
        line = text.count("\n", 0, position) + 1
        raise ConfigUnreadable(line, "a character that no configuration file may hold") from broken
    except yaml.YAMLError as broken:
        raise ConfigUnreadable(1, str(broken).splitlines()[0]) from broken
    root: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise ConfigUnreadable(event.start_mark.line + 1, "a second YAML document; Flink takes one")
            root = _Composer(text, events).node(next(events))
    return None if root is None or _is_absent(root) else root


def _is_absent(root: Node) -> bool:
    return root.kind == "scalar" and root.plain and root.start == root.end


class _Composer:
    """Nodes out of events, with anchors resolved."""

    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self.text = text
        self.events = events
        self.anchors: dict[str, Node] = {}

    def node(self, event: Any) -> Node:
        start = cast("int", event.start_mark.index)
        end = cast("int", event.end_mark.index)
        place = (start, end, cast("int", event.start_mark.line) + 1, cast("int", event.start_mark.column))
        if isinstance(event, yaml.AliasEvent):
            named = self.anchors.get(event.anchor)
            if named is None:
                raise ConfigUnreadable(place[2], f"the alias *{event.anchor} names nothing")
            return Node(named.kind, *place, text=named.text, plain=named.plain, tag=named.tag, flow=True,
                        alias=True, items=named.items)  # fmt: skip
        scalar = isinstance(event, yaml.ScalarEvent)
        made = self._scalar(event, place) if scalar else self._collection(event, place)
        if event.anchor:
            self.anchors[event.anchor] = made
        return made

    def _scalar(self, event: Any, place: tuple[int, int, int, int]) -> Node:
        start, end, line, column = place
        style = cast("str | None", event.style)
        folded = style in ("|", ">")
        if folded:
            end = start + len(self.text[start:end].rstrip())
        tag = cast("str | None", event.tag)
        if tag not in (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
                       "tag:yaml.org,2002:bool"):  # fmt: skip
            raise ConfigUnreadable(line, f"Flink knows no tag {tag}")
        plain = style in (None, "") and tag not in ("!", "tag:yaml.org,2002:str")
        return Node("scalar", start, end, line, column, text=cast("str", event.value), plain=plain,
                    block_scalar=folded)  # fmt: skip

    def _collection(self, event: Any, place: tuple[int, int, int, int]) -> Node:
        mapping = isinstance(event, yaml.MappingStartEvent)
        made = Node("mapping" if mapping else "sequence", *place, flow=bool(event.flow_style))
        seen: set[str] = set()
        while True:
            event = next(self.events)
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                break
            first = self.node(event)
            second = self.node(next(self.events)) if mapping else first
            if mapping:
                self._check_key(first, seen)
            made.items.append((first, second))
        if made.flow:
            made.end = cast("int", event.end_mark.index)
        elif made.items:
            made.end = max(made.items[-1][1].end, made.items[-1][0].end)
        return made

    def _check_key(self, key: Node, seen: set[str]) -> None:
        if key.kind != "scalar" or key.is_null or (key.plain and scalar_text(key) != key.text):
            raise ConfigUnreadable(key.line, "a key must be a word")
        if key.plain and (_INT.fullmatch(key.text) or _FLOAT.fullmatch(key.text) or key.text in _BOOLEANS):
            raise ConfigUnreadable(key.line, f"the key {key.text} is a number or a boolean, not a word")
        if key.text in seen:
            raise ConfigUnreadable(
                key.line, f"the key {key.text} stands twice in one block; Flink refuses that"
            )
        seen.add(key.text)


def scalar_text(node: Node) -> str:
    """A scalar or a list as the string that Flink's options see: 007 is 7, 0.10 is 0.1, yes stays yes."""
    if node.kind == "sequence":
        return _inline(node)
    return _resolved(node.text) if node.plain else node.text


def _resolved(text: str) -> str:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INT.fullmatch(text):
        return str(int(text))
    if _OCTAL.fullmatch(text):
        return str(int(text[2:], 8))
    if _HEX.fullmatch(text):
        return str(int(text[2:], 16))
    if _FLOAT.fullmatch(text):
        return java_double(float(text))
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return "-Infinity" if infinite.group(1) == "-" else "Infinity"
    return "NaN" if text in (".nan", ".NaN", ".NAN") else text


def java_double(number: float) -> str:
    """`number` as Java's Double.toString writes it: 0.1, 1000.0, 1.0E7, 1.0E-4."""
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        text = format(number, ".17f").rstrip("0") if "e" in repr(number) else repr(number)
        return text + "0" if text.endswith(".") else text
    mantissa, exponent = format(number, "e").split("e")
    digits = repr(number)
    exact = re.sub(r"[-+]|e.*|\.", "", digits).lstrip("0").rstrip("0") or "0"
    sign = "-" if mantissa.startswith("-") else ""
    return f"{sign}{exact[0]}.{exact[1:] or '0'}E{int(exponent)}"


def _inline(node: Node) -> str:
    """A node as Flink dumps it inside a list."""
    if node.kind == "sequence":
        return "[" + ", ".join(_inline(element) for element, _ in node.items) + "]"
    if node.kind == "mapping":
        pairs = ", ".join(f"{_inline(key)}: {_inline(value)}" for key, value in node.items)
        return "{" + pairs + "}"
    if node.is_null:
        return "null"
    if node.plain:
        return _resolved(node.text)
    text = node.text
    needs_quotes = re.search(r"^[\s,\[\]{}#&*!|>'\"%@`?-]|: |:$| #|[\[\]{},]|\s$", text) or text in _NULLS
    return "'" + text.replace("'", "''") + "'" if needs_quotes or _resolved(text) != text else text
