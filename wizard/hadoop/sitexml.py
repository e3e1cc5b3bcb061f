"""Hadoop's configuration files, core-site.xml and hdfs-site.xml: read by Hadoop's rules, edited in place.

An edit changes the bytes of the values that change and no other: comments, order, unknown properties, indentation and
line endings stay as they are. Knows the XML alone; it must not know which keys exist.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from xml.parsers import expat
from xml.sax.saxutils import escape

Names = Callable[[str], tuple[str, ...]]
"""Every name under which a setting may stand in the file, the asked one included."""

EMPTY = '<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n</configuration>\n'


class SiteUnreadable(ValueError):
    """Hadoop would refuse this file. `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(slots=True)
class _Property:
    """One property element by its bytes: from where to where it and its value reach; None for no value."""

    start: int
    end: int = 0
    name: str = ""
    value: str = ""
    final: bool = False
    name_end: int | None = None
    value_span: tuple[int, int] | None = None
    value_whole: tuple[int, int] | None = None
    """The span of the element with its tags: what is replaced where it is empty, such as <value/>."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    properties: tuple[_Property, ...]
    close: int
    """Where the closing tag of the configuration begins; that of the whole element where it closes itself."""
    close_end: int
    self_closed: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What a file says: the value that counts for each name, blanks at both ends left out."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def get(self, key: str, names: Names = lambda key: (key,)) -> str | None:
        """The value of a setting under any of its names; the new name wins where both stand in the file."""
        for name in reversed(names(key)):
            if name in self.values:
                return self.values[name]
        return None


@lru_cache(maxsize=1024)  # the same files of every node are asked for by many
def read_site(text: str) -> Site:
    """The properties of a file. A later one wins, but not over one that is final.

    Raises:
        SiteUnreadable: it is not well-formed, or no configuration of Hadoop.
    """
    values: dict[str, str] = {}
    for one in _effective(_parse(_bytes(text)).properties).values():
        values[one.name] = one.value.strip()
    return Site(MappingProxyType(values))


def edit_site(text: str, changes: Mapping[str, str | None], names: Names = lambda key: (key,)) -> str:
    """The text with these settings: changed where they stand, added before the end, None taken away.

    A setting that stands under another of its names is changed there.

    Raises:
        SiteUnreadable: the file cannot be read, so it must not be edited either.
    """
    data = _bytes(text or EMPTY)
    for key, value in changes.items():
        data = _edited(data, key, value, names)
    return data.decode("utf-8", "surrogateescape")


def _edited(data: bytes, key: str, value: str | None, names: Names) -> bytes:
    parsed = _parse(data)
    known = names(key)
    standing = [one for one in parsed.properties if one.name in known]
    if value is None:
        for one in reversed(standing):
            data = _without(data, one)
        return data
    if not standing:
        return _added(data, parsed, key, value)
    # Each name keeps one value that counts; all of them get the new one, so that their order cannot matter.
    counting = _effective(tuple(standing)).values()
    for one in sorted(counting, key=lambda one: -one.start):
        if one.value.strip() != value:
            data = _with_value(data, one, value)
    return data


def _with_value(data: bytes, one: _Property, value: str) -> bytes:
    new = escape(value).encode("utf-8", "surrogateescape")
    if one.value_span is not None and one.value_span[0] < one.value_span[1]:
        start, end = one.value_span
        return data[:start] + new + data[end:]
    element = b"<value>" + new + b"</value>"
    if one.value_whole is not None:
        start, end = one.value_whole
        return data[:start] + element + data[end:]
    if one.name_end is not None:
        return data[: one.name_end] + element + data[one.name_end :]
    # A property of attributes alone is written anew in the form that every Hadoop reads.
    name = escape(one.name).encode("utf-8", "surrogateescape")
    written = b"<property><name>" + name + b"</name>" + element + b"</property>"
    return data[: one.start] + written + data[one.end :]


def _without(data: bytes, one: _Property) -> bytes:
    """Without the element, and without the line where nothing else stands on it."""
    start, end = one.start, one.end
    before = data[:start].rstrip(b" \t")
    rest = data[end:].lstrip(b" \t")
    if (not before or before.endswith((b"\n", b"\r"))) and rest.startswith((b"\r\n", b"\n", b"\r")):
        return before + rest[2 if rest.startswith(b"\r\n") else 1 :]
    return data[:start] + data[end:]


def _added(data: bytes, parsed: _Parsed, key: str, value: str) -> bytes:
    ending = b"\r\n" if b"\r\n" in data else b"\n"
    indent = _indent(data, parsed)
    lines = (
        indent + b"<property>",
        indent * 2 + b"<name>" + escape(key).encode("utf-8", "surrogateescape") + b"</name>",
        indent * 2 + b"<value>" + escape(value).encode("utf-8", "surrogateescape") + b"</value>",
        indent + b"</property>",
    )
    block = b"".join(line + ending for line in lines)
    if parsed.self_closed:
        opened = data[parsed.close : parsed.close_end].rstrip(b">").rstrip(b"/").rstrip()
        return (
            data[: parsed.close]
            + opened
            + b">"
            + ending
            + block
            + b"</configuration>"
            + data[parsed.close_end :]
        )
    head = data[: parsed.close]
    at_line_start = head.rstrip(b" \t")
    if at_line_start.endswith((b"\n", b"\r")):
        return at_line_start + block + head[len(at_line_start) :] + data[parsed.close :]
    return head + ending + block + data[parsed.close :]


def _indent(data: bytes, parsed: _Parsed) -> bytes:
    """As the first property is indented, else two blanks."""
    for one in parsed.properties:
        before = data[: one.start]
        lead = before[len(before.rstrip(b" \t")) :]
        if lead and before[: len(before) - len(lead)].endswith((b"\n", b"\r")):
            return lead
    return b"  "


def _effective(properties: tuple[_Property, ...]) -> dict[str, _Property]:
    found: dict[str, _Property] = {}
    for one in properties:
        old = found.get(one.name)
        if one.name and (old is None or not old.final):
            found[one.name] = one
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Reader:
    """Handlers of the XML parser. Offsets are those of the bytes that were given to it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.path: list[str] = []
        self.starts: list[int] = []
        self.properties: list[_Property] = []
        self.open: _Property | None = None
        self.text = ""
        self.start_of_value = 0
        self.root_start = 0
        self.close = -1
        self.parser.StartElementHandler = self.started
        self.parser.EndElementHandler = self.ended
        self.parser.CharacterDataHandler = self.said
        self.parser.EntityDeclHandler = self.entity

    @property
    def at(self) -> int:
        return self.parser.CurrentByteIndex

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        self.starts.append(self.at)
        if len(self.path) == 1:
            if tag != "configuration":
                raise SiteUnreadable(
                    self.parser.CurrentLineNumber, f"the top element is <{tag[:40]}>, not <configuration>"
                )
            self.root_start = self.at
        elif self.path == ["configuration", "property"]:
            self.open = _Property(self.at, name=attributes.get("name", ""), value=attributes.get("value", ""))
            self.open.final = attributes.get("final", "") == "true"
        elif len(self.path) == 3 and self.open is not None:
            self.text = ""
            self.start_of_value = _tag_end(self.data, self.at)

    def said(self, text: str) -> None:
        if len(self.path) == 3:
            self.text += text

    def ended(self, tag: str) -> None:
        begin, at = self.starts.pop(), self.at
        end = _tag_end(self.data, begin)
        if self.data.startswith(b"/>", end - 2):
            at = end  # The end of <value/> is told behind it.
        else:
            end = _tag_end(self.data, at)
        if len(self.path) == 1:
            self.close = begin if at == end else at
        elif self.path == ["configuration", "property"] and self.open is not None:
            self.open.end = end
            self.properties.append(self.open)
            self.open = None
        elif len(self.path) == 3 and self.open is not None:
            if tag == "name":
                self.open.name = self.text.strip()
                self.open.name_end = end
            elif tag == "value":
                self.open.value = self.text
                self.open.value_whole = (begin, end)
                self.open.value_span = (self.start_of_value, max(at, self.start_of_value))
            elif tag == "final":
                self.open.final = self.text.strip() == "true"
        self.path.pop()

    def entity(self, *told: object) -> None:
        del told
        raise SiteUnreadable(self.parser.CurrentLineNumber, "it declares entities, which are not read here")


def _tag_end(data: bytes, start: int) -> int:
    """Behind the > of the tag that begins here; attributes may hold one in quotes."""
    found = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""").match(data, start)
    return found.end() if found else start


def _parse(data: bytes) -> _Parsed:
    bare = data.removeprefix(codecs.BOM_UTF8)
    named = re.match(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", bare)
    if named and named[1].lower() in (b"utf-16", b"ucs-2", b"utf-16le", b"utf-16be"):
        raise SiteUnreadable(1, f"its encoding is {named[1].decode()}, which is not read here")
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SiteUnreadable(error.lineno, expat.ErrorString(error.code)) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, SiteUnreadable):
            raise
        raise SiteUnreadable(1, str(error)) from None
    if reader.close < 0:
        raise SiteUnreadable(1, "there is no configuration in it")
    self_closed = not data.startswith(b"</", reader.close)
    start = reader.root_start if self_closed else reader.close
    return _Parsed(tuple(reader.properties), start, _tag_end(data, start), self_closed)
