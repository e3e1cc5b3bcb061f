"""Flink's standard configuration file, config.yaml (1.19+): read as flat keys, edited in place.

Reads by Flink's rules and changes only the places meant, so that comments, order and unknown keys survive
byte for byte. It must not know which keys exist, but for env.java.home, which Flink's scripts read with sed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wizard.flink.flatconf import Problem, ValueNotWritable, append_section, line_ending
from wizard.flink.yamltree import ConfigUnreadable, Node, parse, scalar_text

JAVA_HOME = "env.java.home"

# A value that is born during the run is marked by NUL, which YAML forbids; it is parsed as this letter.
_LATER = "\x00"
_STAND_IN = "\U0010fffd"
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class _Place:
    """One leaf of the file: its flat key, its nodes, and the mappings that hold it, the root first."""

    key: str
    name: Node
    value: Node
    within: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Text between two offsets and what stands there afterwards."""

    start: int
    end: int
    text: str


def read_yaml(text: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Flat keys and values as Flink's parser gives them (GlobalConfiguration, 1.19-2.3); the later wins.

    Raises ConfigUnreadable. A key without a value is a problem: Flink refuses to start with it.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for place in _leaves(_root(_masked(text))):
        if place.value.is_null:
            why = f"{place.key} has no value; Flink refuses to start (value must not be null)"
            problems.append(Problem(place.name.line, why))
            continue
        values[place.key] = _unmasked(scalar_text(place.value))
        if place.key == JAVA_HOME and not _read_by_scripts(place, _masked(text)):
            why = f"{JAVA_HOME} is read only as one flat, unquoted line; here Flink's scripts miss it"
            problems.append(Problem(place.name.line, why))
    return values, tuple(problems)


def yaml_value(key: str, value: str) -> str:
    """`value` as it is written behind `key: `, quoted only where Flink would read something else without.

    Raises ValueNotWritable for env.java.home when it needs quotes, which Flink's scripts do not understand.
    """
    if _LATER in value:
        return value
    if _survives(value, value):
        return value
    if key == JAVA_HOME:
        raise ValueNotWritable(key, value, "Flink's scripts need it on one line without quotes")
    if not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", value):
        return "'" + value.replace("'", "''") + "'"
    escaped = "".join(_escaped(letter) for letter in value)
    return f'"{escaped}"'


def yaml_line(key: str, value: str) -> str:
    """One flat line of the file, without an ending. Raises ValueNotWritable."""
    if not _survives_as_key(key):
        raise ValueNotWritable(key, value, "that is not a key")
    return f"{key}: {yaml_value(key, value)}"


def edit_yaml(text: str, changes: Mapping[str, str | None]) -> str:
    """`text` with `changes` made in place. None removes a key wherever it stands.

    A new key joins the nested block that fits it best, else a marked section at the end. Raises
    ConfigUnreadable when the file does not parse, or holds a key in a form that cannot be changed;
    ValueNotWritable.
    """
    if text.startswith(_BOM):
        return _BOM + edit_yaml(text.removeprefix(_BOM), changes)
    masked = _masked(text)
    edit = _Edit(masked, _root(masked))
    for key, value in changes.items():
        edit.change(key, None if value is None else _masked(value))
    edited = edit.result()
    _check(edited, text, changes)
    return _unmasked(edited)


def _check(edited: str, before: str, changes: Mapping[str, str | None]) -> None:
    """Reads the outcome back: an edit that says anything else than was meant is refused."""
    wanted, _ = read_yaml(before)
    for key, value in changes.items():
        wanted.pop(key, None)
        if value is not None:
            wanted[key] = value
    found, _ = read_yaml(_unmasked(edited))
    for key in sorted(wanted.keys() | found.keys()):
        if wanted.get(key) != found.get(key):
            line = next((place.name.line for place in _leaves(_root(_masked(before))) if place.key == key), 1)
            raise ConfigUnreadable(
                line, f"{key} is written in a form that cannot be changed here; edit it by hand"
            )


def _masked(text: str) -> str:
    return text.replace(_LATER, _STAND_IN)


def _unmasked(text: str) -> str:
    return text.replace(_STAND_IN, _LATER)


def _root(text: str) -> Node | None:
    root = parse(text.removeprefix(_BOM))
    if root is not None and root.kind != "mapping":
        raise ConfigUnreadable(root.line, "a list or a text where keys and values are expected")
    return root


def _leaves(root: Node | None) -> Iterator[_Place]:
    if root is not None:
        yield from _leaves_of(root, "", ())


def _leaves_of(mapping: Node, prefix: str, within: tuple[Node, ...]) -> Iterator[_Place]:
    for name, value in mapping.items:
        if value.kind == "mapping":
            yield from _leaves_of(value, f"{prefix}{name.text}.", (*within, mapping))
        else:
            yield _Place(prefix + name.text, name, value, (*within, mapping))


def _read_by_scripts(place: _Place, text: str) -> bool:
    """Whether sed finds it: `env.java.home: /path` on one line, nothing quoted."""
    name = text[place.name.start : place.name.end]
    value = text[place.value.start : place.value.end]
    return name == JAVA_HOME and value == scalar_text(place.value) and not place.value.alias


def _survives(value: str, wanted: str) -> bool:
    """Whether `value`, written without quotes, is read back as `wanted`."""
    if not value or "\n" in value or "\r" in value or value != value.strip():
        return False
    try:
        root = parse(f"key: {value}\nnext: 1\n")
    except ConfigUnreadable:
        return False
    if root is None or len(root.items) != 2:
        return False
    node = root.items[0][1]
    return node.kind != "mapping" and not node.is_null and scalar_text(node) == wanted


def _survives_as_key(key: str) -> bool:
    try:
        root = parse(f"{key}: 1\n")
    except ConfigUnreadable:
        return False
    return root is not None and root.kind == "mapping" and [name.text for name, _ in root.items] == [key]


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if letter in named:
        return named[letter]
    plain = letter.isprintable() or letter == _STAND_IN
    return letter if plain else f"\\u{ord(letter):04x}"


class _Edit:
    """The changes to one text, gathered as cuts and made at once."""

    def __init__(self, text: str, root: Node | None) -> None:
        self.text = text
        self.root = root
        self.ending = line_ending(text)
        self.places: dict[str, list[_Place]] = {}
        for place in _leaves(root):
            self.places.setdefault(place.key, []).append(place)
        self.cuts: list[_Cut] = []
        self.removed: set[int] = set()
        self.filled: set[int] = set()
        self.added: list[str] = []
        self.gone: list[_Place] = []

    def change(self, key: str, value: str | None) -> None:
        found = self.places.get(key, [])
        if value is None:
            self.gone += found
        elif key == JAVA_HOME:
            self._java_home(found, value)
        elif found:
            self._replace(found[-1], value)
        else:
            self._add(key, value)

    def result(self) -> str:
        self._remove(self.gone)
        text = self.text
        ordered = sorted(self.cuts, key=lambda cut: (cut.start, cut.end))
        for cut in reversed(ordered):
            text = text[: cut.start] + cut.text + text[cut.end :]
        return append_section(text, self.added, self.ending)

    def _java_home(self, found: list[_Place], value: str) -> None:
        usable = [place for place in found if _read_by_scripts(place, self.text)]
        keep = usable[-1] if usable and usable[-1] is found[-1] else None
        self.gone += [place for place in found if place is not keep]
        if keep is None:
            self.added.append(yaml_line(JAVA_HOME, _unmasked(value)))
        else:
            self._replace(keep, value)

    def _replace(self, place: _Place, value: str) -> None:
        node = place.value
        if not node.is_null and scalar_text(node) == value:
            return
        written = _masked(yaml_value(place.key, _unmasked(value)))
        if place.within[-1].flow and re.search(r"[,\[\]{}]", written) and written[0] not in "'\"":
            written = "'" + written.replace("'", "''") + "'"
        if node.start == node.end or (node.kind == "sequence" and not node.flow):
            colon = self.text.index(":", place.name.end) + 1
            self.cuts.append(_Cut(colon, max(colon, node.end), " " + written))
        else:
            self.cuts.append(_Cut(node.start, node.end, written))

    def _add(self, key: str, value: str) -> None:
        home, rest = self._fitting_block(key)
        line = _masked(yaml_line(rest, _unmasked(value)))
        if home is None:
            clash = self.root is not None and any(name.text == key for name, _ in self.root.items)
            if clash or (self.root is not None and self.root.flow):
                taken = next((n.line for n, _ in self.root.items if n.text == key), 1) if self.root else 1
                raise ConfigUnreadable(taken, f"{key} is a block in this file and cannot also be a value")
            self.added.append(line)
            return
        if any(name.text == rest for name, _ in home.items):
            raise ConfigUnreadable(home.line, f"{key} is a block in this file and cannot also be a value")
        self.filled.add(id(home))
        text = self.text
        column = home.items[0][0].column
        first = text.rfind("\n", 0, home.items[0][0].start) + 1
        indent = text[first : first + column]
        stop = _line_end(text, home.end)
        if stop > 0 and text[stop - 1] in "\r\n":
            self.cuts.append(_Cut(stop, stop, f"{indent}{line}{self.ending}"))
        else:
            self.cuts.append(_Cut(stop, stop, f"{self.ending}{indent}{line}"))

    def _fitting_block(self, key: str) -> tuple[Node | None, str]:
        """The deepest nested block that `key` belongs in and what is left of the key; (None, key): none."""
        best: tuple[Node | None, str] = (None, key)
        pending = [(self.root, key)] if self.root is not None else []
        while pending:
            mapping, rest = pending.pop()
            for name, value in mapping.items:
                inner = rest.removeprefix(name.text + ".")
                usable = value.kind == "mapping" and value.items and not value.flow and not value.alias
                if usable and inner != rest:
                    pending.append((value, inner))
                    if len(inner) < len(best[1]):
                        best = (value, inner)
        return best

    def _remove(self, places: list[_Place]) -> None:
        """Cuts leaves out, and blocks that are empty then: a key without a value stops Flink."""
        leaving = {id(place.name) for place in places}
        if self.root is not None:
            self._cut_emptied(self.root, leaving)

    def _cut_emptied(self, mapping: Node, leaving: set[int]) -> None:
        going = [pair for pair in mapping.items if self._is_leaving(pair, leaving)]
        for index, (name, value) in enumerate(mapping.items):
            if (name, value) in going:
                self._cut_pair(mapping, index, going)
            if value.kind == "mapping" and not value.alias and not (value.flow and (name, value) in going):
                self._cut_emptied(value, leaving)

    def _is_leaving(self, pair: tuple[Node, Node], leaving: set[int]) -> bool:
        name, value = pair
        if value.kind != "mapping":
            return id(name) in leaving
        if value.alias or id(value) in self.filled or not value.items:
            return False
        return all(self._is_leaving(inner, leaving) for inner in value.items)

    def _cut_pair(self, mapping: Node, index: int, going: list[tuple[Node, Node]]) -> None:
        name, value = mapping.items[index]
        text = self.text
        if mapping.flow:
            last = index + 1 == len(mapping.items)
            stays_before = [pair for pair in mapping.items[:index] if pair not in going]
            if last and stays_before:
                self.cuts.append(_Cut(mapping.items[index - 1][1].end, value.end, ""))
            else:
                stop = max(name.end, value.end) if last else mapping.items[index + 1][0].start
                self.cuts.append(_Cut(name.start, stop, ""))
            return
        start = text.rfind("\n", 0, name.start) + 1
        own_lines = name.end if value.kind == "mapping" and not value.flow else max(name.end, value.end)
        stop = _line_end(text, own_lines)
        self.cuts.append(_Cut(start, stop, ""))


def _line_end(text: str, offset: int) -> int:
    """The offset behind the ending of the line in which `offset` stands."""
    stop = text.find("\n", offset)
    return len(text) if stop < 0 else stop + 1
