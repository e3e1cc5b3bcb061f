"""From a file or a text to Answers, or to every problem it has, each with its line.

Knows the declaration of the keys and YAML's traps. It must not know what makes answers fit together (that is
`judging`) nor what becomes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validators.values import ValueProblem, did_you_mean, parse_hosts, parse_text, shown

from . import tree
from .answers import Answers, HostEntry, Value
from .declared import DECLARED, HOST, ROOT
from .judging import judge
from .keys import Hosts, Item, Key, Pairs, Section
from .problem import BadAnswers, Problem

LARGEST_FILE = 1024 * 1024
"""Bytes. A cluster of 2000 hosts with every key takes a third of it."""

NO_PASSWORDS = (
    "passwords do not belong in this file; use --ask-password, --password-file or FLINK_WIZARD_PASSWORD"
)
_PASSWORD = re.compile(r"pass(word|phrase|wd)|^secret$", re.IGNORECASE)
_YAML_SEES = {"int": "a number", "float": "a number", "bool": "true or false", "timestamp": "a date"}


def read_answers(path: str | Path, *, complete: bool = True) -> Answers:
    """The answers in a file; see `parse_answers`.

    Raises:
        BadAnswers: it cannot be read, or with every problem it has.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise BadAnswers([Problem(name, 0, 0, "", _unreadable(error))]) from None
    if len(content) > LARGEST_FILE:
        raise BadAnswers([Problem(name, 0, 0, "", "is larger than 1 MiB; this is not an answers file")])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadAnswers([Problem(name, line, 1, "", "is not UTF-8 text; save it as UTF-8")]) from None
    return parse_answers(text, name, complete=complete)


def _unreadable(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; `flink-wizard install` writes one"
    if isinstance(error, IsADirectoryError):
        return "is a directory; name the answers file in it"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable file name"
    return f"cannot be read: {reason}"


def parse_answers(text: str, file: str = "answers", *, complete: bool = True) -> Answers:
    """The answers in a text. With `complete=False` what is missing is no problem: it will be asked for.

    Raises:
        BadAnswers: every problem at once, in the order of the text.
    """
    if len(text) > LARGEST_FILE:
        raise BadAnswers([Problem(file, 0, 0, "", "is larger than 1 MiB; this is not an answers file")])
    try:
        root, flaws = tree.read_tree(text)
    except tree.NotYaml as error:
        flaw = error.flaw
        raise BadAnswers([Problem(file, flaw.line, flaw.column, "", flaw.sentence)]) from None
    reader = _Reader(file, complete)
    for flaw in flaws:
        reader.problems.append(Problem(file, flaw.line, flaw.column, "", flaw.sentence))
    if root is None and complete:
        reader.problems.append(Problem(file, 0, 0, "", "is empty; a first line could be: version: 1"))
    elif root is not None and not isinstance(root, tree.Mapping):
        sentence = "is not a list of keys with values; a first line could be: version: 1"
        reader.problems.append(Problem(file, root.at.line, root.at.column, "", sentence))
    elif root is not None:
        reader.section(root, ROOT, "")
    answers = Answers(reader.values, file=file, text=text)
    reader.problems += judge(answers, reader.places, reader.refused, complete)
    errors = [problem for problem in reader.problems if problem.severity == "error"]
    if errors:
        raise BadAnswers(reader.problems)
    return Answers(reader.values, tuple(reader.problems), file, text)


@dataclass(slots=True)
class _Reader:
    file: str
    complete: bool
    problems: list[Problem] = field(default_factory=list[Problem])
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    places: dict[str, tree.Place] = field(default_factory=dict[str, tree.Place])
    refused: set[str] = field(default_factory=set[str])
    """Paths that were given, but not in a way that could be read: they are not missing."""

    def refuse(self, node: tree.Node, path: str, sentence: str) -> None:
        self.problems.append(Problem(self.file, node.at.line, node.at.column, path, sentence))
        self.refused.add(path)

    def section(self, node: tree.Mapping, section: Section, prefix: str) -> None:
        known = {item.name: item for item in section.keys}
        for name, value in node.pairs:
            path = prefix + shown(name.text)
            self.places[path] = value.at if not isinstance(value, tree.Mapping) else name.at
            if item := known.get(name.text):
                self.item(value, item, path)
            else:
                self.refuse(name, path, _unknown(name.text, known))
        if self.complete:
            for item in section.keys:
                if node.get(item.name) is None:
                    self.missing(node if prefix else None, item, prefix + item.name)

    def missing(self, node: tree.Node | None, item: Item, path: str) -> None:
        """Report what has to be there; of a whole section that is missing, the keys it must have."""
        if isinstance(item, Pairs) or not item.required:
            return
        if isinstance(item, Section):
            for inner in item.keys:
                self.missing(node, inner, f"{path}.{inner.name}")
            return
        line, column = (node.at.line, node.at.column) if node else (0, 0)
        example = f"; for example {item.examples[0]}" if item.examples else ""
        self.problems.append(Problem(self.file, line, column, path, f"is missing{example}"))
        self.refused.add(path)

    def item(self, node: tree.Node, item: Item, path: str) -> None:
        if isinstance(item, Key):
            self.key(node, item, path)
        elif isinstance(item, Hosts):
            self.hosts(node, item, path)
        elif isinstance(node, tree.Mapping):
            if isinstance(item, Pairs):
                self.pairs(node, path)
            else:
                self.section(node, item, path + ".")
        elif isinstance(node, tree.Scalar) and node.kind == "null":
            if isinstance(item, Section) and self.complete:
                self.missing(node, item, path)
        else:
            self.refuse(
                node, path, "holds keys of its own; write them below it, indented, each with its value"
            )

    def key(self, node: tree.Node, key: Key, path: str) -> None:
        if not key.many:
            value = self.plain(node, key, path)
            if value is not None:
                self.values[path] = value
            return
        # One value of a list may stand alone, as operators write it.
        items = node.items if isinstance(node, tree.Sequence) else (node,)
        if not items or (isinstance(node, tree.Scalar) and node.kind == "null"):
            self.refuse(node, path, "is an empty list; leave the line out, or name at least one")
            return
        read: list[str] = []
        for index, inner in enumerate(items):
            inner_path = f"{path}[{index}]" if isinstance(node, tree.Sequence) else path
            self.places[inner_path] = inner.at
            value = self.plain(inner, key, inner_path)
            if isinstance(value, str):
                if value in read:
                    self.refuse(inner, inner_path, f"{shown(value)} is listed twice")
                read.append(value)
            else:
                self.refused.add(path)
        self.values[path] = tuple(read)

    def plain(self, node: tree.Node, key: Key, path: str) -> bool | int | str | None:
        """One value, or None after its problem was noted."""
        if not isinstance(node, tree.Scalar):
            example = f", such as {key.examples[0]}" if key.examples else ""
            self.refuse(node, path, f"takes a single value{example}")
            return None
        if node.kind == "alias":
            self.refused.add(path)
            return None
        if node.kind == "null":
            self.refuse(node, path, "has no value; give one or leave the line out")
            return None
        misread = _YAML_SEES.get(node.kind) if key.kind == "text" else None
        try:
            value = key.parse(node.text)
        except ValueProblem as problem:
            self.refuse(
                node,
                path,
                problem.sentence + ("; and put it in quotes" if node.kind == "float" and misread else ""),
            )
            return None
        if misread:
            sentence = f'{shown(node.text)} without quotes is {misread} to YAML; write "{shown(node.text)}"'
            self.refuse(node, path, sentence)
            return None
        return value

    def pairs(self, node: tree.Mapping, path: str) -> None:
        read: dict[str, str] = {}
        for name, value in node.pairs:
            inner = f"{path}.{shown(name.text)}"
            self.places[inner] = value.at
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._\-]*", name.text, re.ASCII):
                self.refuse(
                    name, inner, "is not a configuration key; those are letters, digits, dots and hyphens"
                )
            elif not isinstance(value, tree.Scalar):
                kind = "keys of its own" if isinstance(value, tree.Mapping) else "a list"
                self.refuse(
                    value, inner, f"holds {kind}; write the whole key on one line, with one plain value"
                )
            elif value.kind == "null":
                self.refuse(value, inner, 'has no value; write "" for an empty one')
            elif value.kind != "alias":
                try:
                    read[name.text] = parse_text(value.text)
                except ValueProblem as problem:
                    self.refuse(value, inner, problem.sentence)
        if read:
            self.values[path] = read

    def hosts(self, node: tree.Node, item: Hosts, path: str) -> None:
        if not item.many:
            entry = self.host(node, path)
            if entry is not None and len(entry.addresses()) > 1:
                self.refuse(node, path, f"{shown(entry.host)} stands for several hosts; there is one master")
            elif entry is not None:
                self.values[path] = (entry,)
            return
        items = node.items if isinstance(node, tree.Sequence) else (node,)
        if not items or (isinstance(node, tree.Scalar) and node.kind == "null"):
            self.refuse(
                node, path, "is empty; name at least one host" if item.required else "is an empty list"
            )
            return
        entries: list[HostEntry] = []
        for index, inner in enumerate(items):
            inner_path = f"{path}[{index}]"
            self.places[inner_path] = inner.at
            entry = self.host(inner, inner_path)
            if entry is None:
                self.refused.add(path)
            else:
                entries.append(entry)
        self.values[path] = tuple(entries)

    def host(self, node: tree.Node, path: str) -> HostEntry | None:
        if isinstance(node, tree.Sequence):
            self.refuse(node, path, "is a list; write one host an item, or a range like node[1-4] in quotes")
            return None
        if isinstance(node, tree.Scalar):
            return HostEntry(node.text.strip()) if self.spelled(node, path, False) else None
        given = {name.text: value for name, value in node.pairs}
        inner = _Reader(self.file, self.complete, self.problems, {}, self.places, self.refused)
        rest = tuple(pair for pair in node.pairs if pair[0].text != "host")
        inner.complete = False
        inner.section(tree.Mapping(node.at, node.flow, rest), HOST, f"{path}.")
        host = given.get("host")
        if host is None:
            self.refuse(node, f"{path}.host", "is missing; for example node1")
            return None
        self.places[f"{path}.host"] = host.at
        if not isinstance(host, tree.Scalar) or not self.spelled(host, f"{path}.host", "address" in given):
            if not isinstance(host, tree.Scalar):
                self.refuse(host, f"{path}.host", "takes a single value, such as node1")
            return None
        settings: dict[str, Any] = {name.rpartition(".")[2]: value for name, value in inner.values.items()}
        return HostEntry(host.text.strip(), **settings)

    def spelled(self, node: tree.Scalar, path: str, underscores: bool) -> bool:
        """Whether the name of a host, or a range, reads well; else its problem was noted."""
        if node.kind == "alias":
            self.refused.add(path)
            return False
        if node.kind == "null":
            self.refuse(node, path, "has no value; give a host's name or leave the line out")
            return False
        if node.kind != "str":
            self.refuse(node, path, f"{shown(node.text)} is not a host; write its name in quotes")
            return False
        try:
            parse_hosts(node.text, underscores=underscores)
        except ValueProblem as problem:
            self.refuse(node, path, problem.sentence)
            return False
        return True


def _unknown(name: str, known: dict[str, Item]) -> str:
    if _PASSWORD.search(name):
        return NO_PASSWORDS
    near = did_you_mean(name, known)
    elsewhere = [path for path in DECLARED if path.rpartition(".")[2] == name]
    if not near and elsewhere:
        near = f"; did you mean {' or '.join(elsewhere[:2])}?"
    return f"is not a key here{near}"
