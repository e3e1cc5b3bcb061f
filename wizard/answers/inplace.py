"""Answers written over others in a text: each key, pair and host that differs is changed where it stands.

Knows the declaration and the tree of the text. It must not know whether the outcome fits together: who asks reads it
again (`revising`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, cast

from . import tree
from .answers import HostEntry, Value
from .declared import HOST, ROOT
from .judging import same_name
from .keys import Hosts, Item, Key, Pairs, Section
from .spans import Block, Flow, Member, Uncut, content_end, cut
from .writing import entry_text, item_lines, pair_text, scalar_text, value_text, write_answers

_Values = Mapping[str, Any]
"""Path → value, within one section."""
_T = TypeVar("_T", str, HostEntry)


def edited(text: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> str:
    """The text, which says `old`, changed so that it says `new`.

    Raises:
        Uncut: it is written in a way that cannot be changed in place.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    # The last line gets an end, so that every line has one.
    whole = text if text.endswith("\n") else text + newline
    root, _ = tree.read_tree(whole)
    if root is None:
        return whole + write_answers(new)
    if not isinstance(root, tree.Mapping):
        raise Uncut
    edit = _Edit(whole, newline)
    members = cut(whole, root, newline)
    changed = whole[: members.start] + edit.section(members, root, ROOT, old, new) + whole[members.end :]
    return changed if text.endswith("\n") else changed.removesuffix(newline)


class _Edit:
    """One change of a text. Methods give the new text of a part."""

    def __init__(self, text: str, newline: str) -> None:
        self._text = text
        self._newline = newline

    def section(
        self, members: Block | Flow, node: tree.Mapping, section: Section, old: _Values, new: _Values
    ) -> str:
        """A map of declared keys, "" when nothing is left of it."""
        known = {item.name: (number, item) for number, item in enumerate(section.keys)}
        wanted: list[tuple[int, Member]] = []
        for (key, value), member in zip(node.pairs, members.members, strict=True):
            number, item = known[key.text]
            was, will = _part(old, item), _part(new, item)
            kept = member if was == will else self._pair(key, value, member, item, was, will)
            if kept is not None:
                wanted.append((number, kept))
            elif isinstance(members, Block) and member.index is not None:
                members.forget_heading(member.index, f"# {item.help}")
        for number, item in known.values():
            will = _part(new, item)
            if node.get(item.name) is None and will not in (None, {}):
                place = max((at + 1 for at, (other, _) in enumerate(wanted) if other < number), default=0)
                wanted.insert(place, (number, self._added(members, item, new)))
        return members.joined([member for _, member in wanted]) if wanted else ""

    def _free(self, members: Block | Flow, node: tree.Mapping, old: _Values, new: _Values) -> str:
        """A map of free keys, "" when nothing is left of it."""
        wanted: list[Member] = []
        for (key, value), member in zip(node.pairs, members.members, strict=True):
            if old[key.text] == new.get(key.text):
                wanted.append(member)
            elif key.text in new:
                wanted.append(self._replaced(key, value, member, pair_text(new[key.text])))
        for name in new:
            if node.get(name) is None:
                wanted.append(members.line(f"{name}: {pair_text(new[name])}"))
        return members.joined(wanted) if wanted else ""

    def _added(self, members: Block | Flow, item: Item, new: _Values) -> Member:
        if isinstance(members, Flow):
            return members.line(_flow_text(item, _part(new, item)))
        lines = item_lines(item, item.name, new, members.indent, comments=False)
        return members.line(self._newline.join(lines).removeprefix(members.indent))

    def _pair(
        self, key: tree.Scalar, value: tree.Node, member: Member, item: Item, was: Any, will: Any
    ) -> Member | None:
        """A key with another value; None when it goes."""
        if isinstance(item, Section | Pairs):
            return self._inner(key, value, member, item, was or {}, will or {})
        if will is None:
            return None
        if isinstance(item, Hosts):
            return self._hosts(key, value, member, was, will, item.many)
        if isinstance(value, tree.Sequence):
            return self._list(key, value, member, was, will)
        if item.many and len(will) == 1:
            return self._replaced(key, value, member, scalar_text(will[0], flow=self._in_flow(member)))
        return self._replaced(key, value, member, value_text(item, will, flow=self._in_flow(member)))

    def _inner(
        self,
        key: tree.Scalar,
        value: tree.Node,
        member: Member,
        item: Section | Pairs,
        was: _Values,
        will: _Values,
    ) -> Member | None:
        """A section or a map of free keys; None when it is empty and holds no comment."""
        if isinstance(value, tree.Scalar):
            return self._filled(key, value, member, item, will)
        assert isinstance(value, tree.Mapping)
        members = cut(self._text, value, self._newline)
        if isinstance(item, Section):
            text = self.section(members, value, item, was, will)
        else:
            text = self._free(members, value, was, will)
        head = self._text[key.at.start : members.start]
        if not text:
            text = members.comments()
            beside = member.after if value.flow else ""
            if "#" not in text + head + beside:
                return None
            if isinstance(members, Flow):
                text = members.joined(())
        return member.with_body(head + text, whole=isinstance(members, Block))

    def _filled(
        self, key: tree.Scalar, value: tree.Scalar, member: Member, item: Section | Pairs, will: _Values
    ) -> Member:
        """The first keys of a section that has none yet."""
        flow = self._in_flow(member)
        if value.text or flow:
            inner = _flow_text(item, will).removeprefix(f"{item.name}: ")
            return member.with_body(self._text[key.at.start : key.at.end] + ": " + inner)
        indent = " " * (key.at.column - 1)
        values = {f"{item.name}.{path}": one for path, one in will.items()}
        lines = list(
            item_lines(
                item,
                item.name,
                values if isinstance(item, Section) else {item.name: will},
                indent,
                comments=False,
            )
        )
        rest = member.after + "".join(line + self._newline for line in lines[1:])
        return Member(member.body, member.before, rest, member.gap, member.at, member.index)

    def _replaced(self, key: tree.Scalar, value: tree.Node, member: Member, text: str) -> Member:
        """A pair with another value; a plain value keeps its quotes."""
        assert isinstance(value, tree.Scalar)
        head = self._text[key.at.start : value.at.start]
        return member.with_body(head + _quoted_like(value, text))

    def _list(
        self, key: tree.Scalar, node: tree.Sequence, member: Member, was: Sequence[str], will: Sequence[str]
    ) -> Member:
        members = cut(self._text, node, self._newline)
        dash = "" if node.flow else "- "
        places = {item: place for place, item in enumerate(was)}
        wanted = [
            members.members[places[item]]
            if item in places
            else members.line(dash + scalar_text(item, flow=node.flow))
            for item in will
        ]
        text = self._text[key.at.start : members.start] + members.joined(wanted)
        return member.with_body(text, whole=not node.flow)

    def _hosts(
        self,
        key: tree.Scalar,
        value: tree.Node,
        member: Member,
        was: Sequence[HostEntry],
        will: Sequence[HostEntry],
        many: bool,
    ) -> Member:
        if len(will) == 1 and not isinstance(value, tree.Sequence):
            flow = self._in_flow(member)
            start, text, whole = self._entry(value, was[0], will[0], flow)
            return member.with_body(self._text[key.at.start : start] + text, whole=whole)
        if not isinstance(value, tree.Sequence):
            return self._made_list(key, value, member, was[0], will)
        members = cut(self._text, value, self._newline)
        wanted: list[Member] = []
        for entry, place in zip(will, _places(was, will), strict=True):
            if place is None:
                dash = "" if value.flow else "- "
                wanted.append(members.line(dash + entry_text(entry, flow=value.flow)))
                continue
            kept = members.members[place]
            if entry != was[place]:
                start, text, whole = self._entry(value.items[place], was[place], entry, value.flow)
                kept = kept.with_body(self._text[kept.at : start] + text, whole=whole)
            wanted.append(kept)
        text = self._text[key.at.start : members.start] + members.joined(wanted)
        return member.with_body(text, whole=not value.flow)

    def _entry(self, node: tree.Node, was: HostEntry, will: HostEntry, flow: bool) -> tuple[int, str, bool]:
        """A host that is described otherwise: where its text begins, the text, whether it is of whole lines."""
        start, end = node.at.start, content_end(self._text, node)
        if isinstance(node, tree.Scalar):
            if will != HostEntry(will.host):
                return start, entry_text(will, flow=flow), False
            return start, _quoted_like(node, scalar_text(will.host, flow=flow)), False
        assert isinstance(node, tree.Mapping)
        simple = node.flow and "#" not in self._text[start:end]
        if simple and will == HostEntry(will.host):
            return start, scalar_text(will.host, flow=flow), False
        try:
            members = cut(self._text, node, self._newline)
        except Uncut:
            if not simple:
                raise
            return start, entry_text(will, flow=flow), False
        text = self.section(members, node, HOST, _settings(was), _settings(will))
        return members.start, text, isinstance(members, Block)

    def _made_list(
        self,
        key: tree.Scalar,
        node: tree.Node,
        member: Member,
        was: HostEntry,
        will: Sequence[HostEntry],
    ) -> Member:
        """Several hosts where one stood alone."""
        places = _places([was], will)
        if isinstance(node, tree.Scalar) or node.flow:
            texts = [entry_text(entry, flow=True) for entry in will]
            if 0 in places:
                kept = will[places.index(0)]
                own = self._text[node.at.start : content_end(self._text, node)]
                if kept != was:
                    own = self._entry(node, was, kept, True)[1]
                elif isinstance(node, tree.Scalar) and node.style is None:
                    own = scalar_text(kept.host, flow=True)
                texts[places.index(0)] = own
            head = self._text[key.at.start : node.at.start]
            return member.with_body(f"{head}[{', '.join(texts)}]")
        assert isinstance(node, tree.Mapping)
        members = cast(Block, cut(self._text, node, self._newline))
        pieces = [f"{members.indent}- {entry_text(entry)}{self._newline}" for entry in will]
        if 0 in places:
            _, own, _ = self._entry(node, was, will[places.index(0)], False)
            lines = own.splitlines(keepends=True)
            first = f"{members.indent}- {lines[0].removeprefix(members.indent)}"
            pieces[places.index(0)] = first + "".join(
                f"  {line}" if line.strip() else line for line in lines[1:]
            )
        else:
            pieces.append(members.comments())
        return member.with_body(self._text[key.at.start : members.start] + "".join(pieces), whole=True)

    def _in_flow(self, member: Member) -> bool:
        """Whether a member stands in brackets: only there its line may go on without an end."""
        return not member.after.endswith("\n")


def _part(values: _Values, item: Item) -> Any:
    """What is said of one key; of a section the values within it."""
    if isinstance(item, Section):
        lead = f"{item.name}."
        return {path.removeprefix(lead): one for path, one in values.items() if path.startswith(lead)}
    return values.get(item.name)


def _settings(entry: HostEntry) -> dict[str, Value]:
    given = ((one.name, getattr(entry, one.name)) for one in fields(HostEntry))
    return {name: value for name, value in given if value is not None}


def _places(was: Sequence[HostEntry], will: Sequence[HostEntry]) -> list[int | None]:
    """Where each entry stood before: the same host, or a range that shares hosts with it."""
    places = {entry: place for place, entry in enumerate(was)}
    by_name = {name: place for place, entry in enumerate(was) for name in _names(entry)}
    found = [places.get(entry) for entry in will]
    taken = set(found)
    for number, entry in enumerate(will):
        if found[number] is None:
            near = (by_name[name] for name in _names(entry) if name in by_name)
            found[number] = next((place for place in near if place not in taken), None)
            taken.add(found[number])
    return found


def _names(entry: HostEntry) -> list[str]:
    return [same_name(address.host) for address in entry.addresses()]


def _flow_text(item: Item, value: Any) -> str:
    """A key with its value, as it stands in braces."""
    if isinstance(item, Section):
        parts = [_flow_text(key, part) for key in item.keys if (part := _part(value, key)) not in (None, {})]
        text = "{" + ", ".join(parts) + "}"
    elif isinstance(item, Pairs):
        text = "{" + ", ".join(f"{name}: {pair_text(one)}" for name, one in value.items()) + "}"
    elif isinstance(item, Key):
        text = value_text(item, value, flow=True)
    elif item.many:
        text = "[" + ", ".join(entry_text(entry, flow=True) for entry in value) + "]"
    else:
        text = entry_text(value[0], flow=True)
    return f"{item.name}: {text}"


def _quoted_like(old: tree.Scalar, text: str) -> str:
    """The text of a plain value in the quotes of the one before it."""
    if old.style == "'" and not text.startswith(("[", '"')):
        return "'" + text.replace("'", "''") + "'"
    if old.style == '"' and not text.startswith(("[", '"')):
        return json.dumps(text, ensure_ascii=False)
    return text
