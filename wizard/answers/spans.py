"""Surgery on a YAML text: items and pairs are put in, taken out and replaced by their positions.

Knows lines, indentation and commas. It must not know what the keys mean. Positions come from `tree` and hold
until the first change, so a Text serves one change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from . import tree
from .writing import scalar_text

Render = Callable[[bool], str]
"""A value's text; the argument says whether it stands inside [ ] or { }."""


class Text:
    """A text that is changed once; `text` is the outcome."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def add_item(self, node: tree.Sequence, item: str) -> None:
        """Put one item at the end of a list."""
        if not node.flow:
            self._insert_lines(content_end(self.text, node), [" " * (node.at.column - 1) + f"- {item}"])
        elif node.items:
            end = content_end(self.text, node.items[-1])
            self._replace(end, end, f", {item}")
        else:
            self._replace(node.at.start + 1, node.at.start + 1, item)

    def make_list(self, node: tree.Node, item: str) -> None:
        """Make a list of a value that stood alone, and one more."""
        if isinstance(node, tree.Scalar) and node.kind == "null":
            self._replace(node.at.start, node.at.end, f"{self._gap(node.at.start)}[{item}]")
            return
        old = scalar_text(node.text, flow=True) if isinstance(node, tree.Scalar) else self._of(node)
        self._replace(node.at.start, content_end(self.text, node), f"[{old}, {item}]")

    def remove_item(self, node: tree.Sequence, index: int) -> None:
        """Take one of several items out, with its line or its comma."""
        item = node.items[index]
        if not node.flow:
            self._remove_lines(self._dash(node, item), content_end(self.text, item))
        elif index + 1 < len(node.items):
            self._replace(item.at.start, node.items[index + 1].at.start, "")
        else:
            before = content_end(self.text, node.items[index - 1])
            comma = self._comma(before, item.at.start)
            keep = self.text[comma + 1 : item.at.start]
            self._replace(comma, content_end(self.text, item), keep if "#" in keep else "")

    def split_item(
        self, node: tree.Sequence | None, item: tree.Node, host: tree.Scalar, names: Sequence[str]
    ) -> None:
        """Write other names in place of one, repeating the item for each name after the first."""
        flow = (node is not None and node.flow) or (isinstance(item, tree.Mapping) and item.flow)
        start = item.at.start
        end = content_end(self.text, item)
        pieces = [
            self.text[start : host.at.start]
            + self._quoted_like(host, name, flow)
            + self.text[host.at.end : end]
            for name in names
        ]
        if node is None:
            self._replace(start, end, pieces[0] if len(pieces) == 1 else "[" + ", ".join(pieces) + "]")
        elif node.flow:
            self._replace(start, end, ", ".join(pieces))
        else:
            lead = self.text[self._dash(node, item) : start]
            self._replace(start, end, (self._newline + lead).join(pieces))

    def replace_value(self, mapping: tree.Mapping, name: str, old: tree.Node, render: Render) -> None:
        """Write another value in place of one; a plain value keeps its quotes."""
        value = render(mapping.flow)
        if isinstance(old, tree.Scalar):
            if old.kind == "null" and not old.text:
                value = self._gap(old.at.start) + value
            elif old.style in ("'", '"') and not value.startswith(("[", '"')):
                value = self._in_quotes(value, old.style)
            elif old.style in ("|", ">"):
                self._replace(old.at.start, content_end(self.text, old), value)
                return
            self._replace(old.at.start, old.at.end, value)
            return
        key = next(key for key, _ in mapping.pairs if key.text == name)
        colon = self.text.index(":", key.at.end)
        end = content_end(self.text, old)
        start = colon + 1 if not (isinstance(old, tree.Sequence) and old.flow) else old.at.start
        self._replace(start, end, value if start != colon + 1 else f" {value}")

    def add_pair(self, mapping: tree.Mapping, names: Sequence[str], render: Render) -> None:
        """Put a key at the end of a map; more names make maps within maps."""
        if mapping.flow:
            pair = _nested_flow(names, render(True))
            if mapping.pairs:
                end = content_end(self.text, mapping.pairs[-1][1])
                end = max(end, mapping.pairs[-1][0].at.end)
                self._replace(end, end, f", {pair}")
            else:
                self._replace(mapping.at.start + 1, mapping.at.start + 1, pair)
            return
        lines = _nested_lines(names, render(False), mapping.at.column - 1)
        end = content_end(self.text, mapping) if mapping.pairs else len(self.text)
        self._insert_lines(end, lines)

    def fill_empty(self, mapping: tree.Mapping, name: str, names: Sequence[str], render: Render) -> None:
        """Put the first key below a name that has none yet."""
        key, value = next(pair for pair in mapping.pairs if pair[0].text == name)
        if mapping.flow or (isinstance(value, tree.Scalar) and value.text):
            text = "{" + _nested_flow(names, render(True)) + "}"
            self._replace(value.at.start, value.at.end, self._gap(value.at.start) + text)
            return
        self._insert_lines(value.at.end, _nested_lines(names, render(False), key.at.column + 1))

    def add_list(self, mapping: tree.Mapping, name: str, item: str) -> None:
        """Put a key with a list of one at the end of a map."""
        if mapping.flow:
            self.add_pair(mapping, [name], lambda flow: f"[{item}]")
            return
        end = content_end(self.text, mapping) if mapping.pairs else len(self.text)
        indent = " " * (mapping.at.column - 1)
        self._insert_lines(end, [f"{indent}{name}:", f"{indent}  - {item}"])

    def remove_pair(self, mapping: tree.Mapping, name: str) -> None:
        """Take a key out, with its lines or its comma."""
        index = next(index for index, (key, _) in enumerate(mapping.pairs) if key.text == name)
        key, value = mapping.pairs[index]
        if not mapping.flow:
            self._remove_lines(key.at.start, content_end(self.text, value))
        elif index + 1 < len(mapping.pairs):
            self._replace(key.at.start, mapping.pairs[index + 1][0].at.start, "")
        else:
            start = content_end(self.text, mapping.pairs[index - 1][1]) if index else key.at.start
            self._replace(start, content_end(self.text, value), "")

    def _of(self, node: tree.Node) -> str:
        return self.text[node.at.start : content_end(self.text, node)]

    def _replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]

    def _insert_lines(self, after: int, lines: Sequence[str]) -> None:
        """Whole lines below the line that holds the position `after`."""
        at = self.text.find("\n", after)
        body = "".join(line + self._newline for line in lines)
        if at < 0:
            ending = "" if not self.text or self.text.endswith("\n") else self._newline
            self.text = self.text + ending + body
        else:
            self._replace(at + 1, at + 1, body)

    def _remove_lines(self, start: int, end: int) -> None:
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        self._replace(first, len(self.text) if last < 0 else last + 1, "")

    def _dash(self, node: tree.Sequence, item: tree.Node) -> int:
        """Where the line with the item's dash begins."""
        line = self.text.rfind("\n", 0, item.at.start) + 1
        while (
            self.text[line + node.at.column - 1] != "-" or self.text[line : line + node.at.column - 1].strip()
        ):
            line = self.text.rfind("\n", 0, line - 1) + 1
        return line

    def _comma(self, start: int, end: int) -> int:
        """The comma between two items, not one inside a comment."""
        at = start
        while at < end and self.text[at] != ",":
            at = self.text.index("\n", at) if self.text[at] == "#" else at + 1
        return at

    def _gap(self, at: int) -> str:
        return "" if at and self.text[at - 1] in " \t" else " "

    def _quoted_like(self, old: tree.Scalar, value: str, flow: bool) -> str:
        return self._in_quotes(value, old.style) if old.style in ("'", '"') else scalar_text(value, flow=flow)

    def _in_quotes(self, value: str, quote: str | None) -> str:
        return "'" + value.replace("'", "''") + "'" if quote == "'" else json.dumps(value, ensure_ascii=False)


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


def _nested_flow(names: Sequence[str], value: str) -> str:
    inner = f"{names[-1]}: {value}"
    for name in reversed(names[:-1]):
        inner = f"{name}: {{{inner}}}"
    return inner


def _nested_lines(names: Sequence[str], value: str, indent: int) -> list[str]:
    lines = [" " * (indent + 2 * depth) + f"{name}:" for depth, name in enumerate(names)]
    return [*lines[:-1], f"{lines[-1]} {value}"]
