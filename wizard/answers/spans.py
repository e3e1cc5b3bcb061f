"""A list or a map of a YAML text cut into its members, so that it can be put together anew with every other byte kept.

Knows lines, indentation, commas and comments, and that a comment stays where a member goes. It must not know what
the keys mean. Positions come from `tree`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import tree

_BEFORE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?\r?\n")
_BESIDE = re.compile(r"[ \t]*#[^\r\n]*")
_DASH = re.compile(_BEFORE.pattern + "(?=-[ \t\r\n])")
_WHOLE_LINES = re.compile(r"^[ \t]*(#[^\r\n]*)", re.MULTILINE)


class Uncut(Exception):
    """The text is written in a way that cannot be cut; it has to be written afresh."""


@dataclass(frozen=True, slots=True)
class Member:
    """One item or pair: what stands `before` it (lines of comments, indentation), itself, and the rest of its line.

    `gap` stands between a member and its comma.
    """

    body: str
    before: str | None = None
    after: str = ""
    gap: str = ""
    at: int = 0
    """Where its body began."""
    index: int | None = None
    """Its place among the members that were there; None: it is new."""

    def with_body(self, body: str, *, whole: bool = False) -> Member:
        """The same member saying something else; a `whole` one brings the rest of its last line."""
        return replace(self, body=body, after="" if whole else self.after)


class Block:
    """A list or a map whose members stand on lines of their own. It begins at `start`, ends with its last line."""

    def __init__(self, text: str, node: tree.Sequence | tree.Mapping, newline: str) -> None:
        self._newline = newline
        self.indent = " " * (node.at.column - 1)
        first = node.at.start
        line = first - len(self.indent)
        self._inline = line < 0 or text[line:first] != self.indent or (line > 0 and text[line - 1] != "\n")
        # A byte order mark stands before the first line and is no part of it.
        self._inline = self._inline and not (text[:line] == "\ufeff" and text[line:first] == self.indent)
        self.start = at = first if self._inline else line
        members: list[Member] = []
        for begin, end in _extents(text, node):
            if begin is None:
                dash = _DASH.match(text, at)
                if dash is None:
                    raise Uncut
                begin = dash.end()
            before = _BEFORE.fullmatch(text, at, begin)
            rest = _REST.match(text, end)
            if before is None or rest is None:
                raise Uncut
            members.append(Member(text[begin:end], before[0], rest[0], "", begin, len(members)))
            at = rest.end()
        self.members = tuple(members)
        self.end = at

    def line(self, body: str) -> Member:
        """A new member."""
        return Member(body, after=self._newline)

    def joined(self, wanted: Sequence[Member]) -> str:
        """The text with these members in this order. Comments on lines of their own stay."""
        befores, left = self._befores(wanted)
        pieces: list[str] = []
        for place, member in enumerate(wanted):
            before = self.indent if member.index is None else befores[member.index]
            if self._inline:
                before = before.lstrip() if place == 0 else before or self.indent
            pieces.append(before + member.body + member.after)
        return "".join(pieces) + left

    def comments(self) -> str:
        """What stays when every member goes: its lines of comments."""
        left = self._befores(())[1]
        return left if "#" in left else ""

    def forget_heading(self, index: int, comment: str) -> None:
        """A comment right above a member, if it says just that, goes with the member."""
        member = self.members[index]
        before = member.before or ""
        heading = f"{self.indent}{comment}{self._newline}{self.indent}"
        if before.endswith(heading):
            kept = before.removesuffix(heading) + self.indent
            self.members = (*self.members[:index], replace(member, before=kept), *self.members[index + 1 :])

    def _befores(self, wanted: Sequence[Member]) -> tuple[list[str], str]:
        """What stands before each member that was there; lines before one that goes stand before the next."""
        kept = {member.index for member in wanted}
        befores: list[str] = []
        carried = ""
        for member in self.members:
            before = member.before or ""
            befores.append(carried + before)
            carried = ""
            if member.index not in kept:
                lines = befores[-1][: befores[-1].rfind("\n") + 1]
                inner = (self.indent + comment + self._newline for comment in comments_in(member.body))
                carried = lines + "".join(inner)
        return befores, carried


class Flow:
    """A list or a map in brackets, from the opening to the closing one."""

    def __init__(self, text: str, node: tree.Sequence | tree.Mapping, newline: str) -> None:
        self._newline = newline
        self.start, self.end = node.at.start, node.at.end
        self._open, self._close = text[self.start], text[self.end - 1]
        if self._open + self._close != ("[]" if isinstance(node, tree.Sequence) else "{}"):
            raise Uncut
        at, close = self.start + 1, self.end - 1
        members: list[Member] = []
        self._comma = False
        extents = [(begin, end) for begin, end in _extents(text, node) if begin is not None]
        for number, (begin, end) in enumerate(extents):
            following = extents[number + 1][0] if number + 1 < len(extents) else close
            if _BEFORE.fullmatch(text, at, begin) is None:
                raise Uncut
            before, gap, at = text[at:begin], "", end
            comma = _comma(text, end, following)
            if comma is not None:
                gap, at = text[end:comma], comma + 1
            self._comma = comma is not None
            beside = _BESIDE.match(text, at, following)
            members.append(Member(text[begin:end], before, beside[0] if beside else "", gap, begin, number))
            at = beside.end() if beside else at
        self.members = tuple(members)
        self._tail = text[at:close]

    def line(self, body: str) -> Member:
        """A new member."""
        return Member(body)

    def joined(self, wanted: Sequence[Member]) -> str:
        """The text with these members in this order. Comments on lines of their own stay."""
        befores, left = self._befores(wanted)
        first = self.members[0].before or "" if self.members else ""
        pieces, commented = [self._open], False
        for place, member in enumerate(wanted):
            before = self._usual() if member.index is None else befores[member.index]
            if "#" not in before and "\n" not in before:
                before = before or self._usual()
            if place == 0 and not before.strip():
                before = first if not first.strip() else ""
            if commented and not _begins_line(before):
                before = self._newline + self._margin() + before.lstrip()
            last = place == len(wanted) - 1
            comma = "," if self._comma or not last else ""
            gap = member.gap if comma or "#" in member.gap else ""
            pieces.append(before + member.body + gap + comma + member.after)
            commented = bool(member.after)
        tail = self._tail if wanted else self._tail.lstrip(" ")
        if (left or commented) and not _begins_line(tail):
            tail = self._newline + tail
        if left and commented and not _begins_line(left):
            left = self._newline + left
        return "".join(pieces) + left + tail + self._close

    def comments(self) -> str:
        """What stays when every member goes: its lines of comments."""
        left = self._befores(())[1] + self._tail
        return left if "#" in left else ""

    def _befores(self, wanted: Sequence[Member]) -> tuple[list[str], str]:
        kept = {member.index for member in wanted}
        befores: list[str] = []
        carried = ""
        for member in self.members:
            before = member.before or ""
            if carried and not _begins_line(before):
                before = self._newline + self._margin() + before.lstrip()
            befores.append(carried + before)
            carried = ""
            if member.index not in kept:
                inner = (self._newline + self._margin() + comment for comment in comments_in(member.body))
                lines = befores[-1].rpartition("\n")[0].removesuffix("\r") if "#" in befores[-1] else ""
                carried = lines + "".join(inner)
        return befores, carried

    def _usual(self) -> str:
        """What stands before a member that is not the first."""
        befores = [member.before or "" for member in self.members]
        usual = befores[-1] if len(befores) > 1 else ""
        if any("\n" in before for before in befores):
            lines = next(before for before in reversed(befores) if "\n" in before)
            return self._newline + lines.rpartition("\n")[2]
        return usual if usual and not usual.strip() else " "

    def _margin(self) -> str:
        usual = self._usual()
        return usual.rpartition("\n")[2] if "\n" in usual else " "


def cut(text: str, node: tree.Sequence | tree.Mapping, newline: str) -> Block | Flow:
    """The members of a list or a map. Raises Uncut."""
    return Flow(text, node, newline) if node.flow else Block(text, node, newline)


def comments_in(text: str) -> list[str]:
    """The comments that have lines of their own."""
    return _WHOLE_LINES.findall(text)


def _begins_line(text: str) -> bool:
    return text.lstrip(" \t\r").startswith("\n")


def content_end(text: str, node: tree.Node) -> int:
    """Just past the last character of a node; comments and empty lines below it are no part of it."""
    if isinstance(node, tree.Scalar):
        end = node.at.end
        if node.style in ("|", ">"):
            while end > node.at.start and text[end - 1] in " \r\n":
                end -= 1
        return end
    if node.flow:
        return node.at.end
    inner = node.items if isinstance(node, tree.Sequence) else [value for _, value in node.pairs]
    return content_end(text, inner[-1]) if inner else node.at.end


def _extents(text: str, node: tree.Sequence | tree.Mapping) -> Iterator[tuple[int | None, int]]:
    """Where each member begins and ends; None for an item whose dash has to be looked for."""
    if isinstance(node, tree.Sequence):
        for item in node.items:
            yield (item.at.start if node.flow else None), content_end(text, item)
    else:
        for key, value in node.pairs:
            yield key.at.start, max(key.at.end, content_end(text, value))


def _comma(text: str, start: int, end: int) -> int | None:
    """The comma between two members, not one inside a comment."""
    at = start
    while at < end and text[at] != ",":
        at = text.find("\n", at, end) if text[at] == "#" else at + 1
        if at < 0:
            return None
    return at if at < end else None
