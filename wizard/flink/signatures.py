"""Lines of logs whose cause is known. Data in `assets/signatures.yaml` and its like; knows nothing of hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import yaml

from ..assets import asset_text

FLINK, HADOOP = "signatures.yaml", "hadoop/signatures.yaml"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a daemon failed: the line that says so, the cause in plain words, what mends it."""

    line: str
    cause: str
    action: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a line looks like: one of `words` stands in it, and the pattern matches."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, line: str) -> re.Match[str] | None:
        return self.pattern.search(line)


@dataclass(frozen=True, slots=True)
class Signature:
    """A known trouble. `of` and `anywhere` are findings of which such a line is only evidence: on its host, on any."""

    id: str
    severity: Literal["error", "warning", "info"]
    daemons: frozenset[str]
    line: Told
    cause: str
    action: str
    of: tuple[str, ...]
    anywhere: tuple[str, ...]
    lasts: bool
    example: str

    def read(self, line: str) -> Cause | None:
        """The cause that this line tells, None when it is another line."""
        found = self.line.found(line)
        if found is None:
            return None
        words = {name: value or "" for name, value in found.groupdict().items()}
        return Cause(line.strip()[:300], self.cause.format(**words).strip(), self.action.format(**words))


@dataclass(frozen=True, slots=True)
class Book:
    """Everything known of one product's logs. `well` is by daemon; without an entry nothing says that it is well."""

    started: Told
    ended: Told
    well: Mapping[str, Told]
    signatures: tuple[Signature, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Every piece of text by which a line that counts is known."""
        lines = (self.started, self.ended, *self.well.values(), *(one.line for one in self.signatures))
        return tuple(dict.fromkeys(word for line in lines for word in line.words))


def known_cause(text: str, asset: str = FLINK) -> Cause | None:
    """The first known signature that a log's tail shows, None when it shows none."""
    for signature in book(asset).signatures:
        for line in text.splitlines():
            cause = signature.read(line)
            if cause is not None:
                return cause
    return None


@cache
def book(asset: str) -> Book:
    """What is known of the logs of Flink or of Hadoop."""
    data = cast("dict[str, Any]", yaml.safe_load(asset_text(asset)))
    return Book(
        _told(data["started"]),
        _told(data["ended"]),
        {daemon: _told(one) for daemon, one in data["well"].items()},
        tuple(_signature(one) for one in data["signatures"]),
    )


def _told(entry: Mapping[str, Any]) -> Told:
    return Told(tuple(entry["word"]), re.compile(entry["pattern"]))


def _signature(entry: Mapping[str, Any]) -> Signature:
    texts: Mapping[str, Iterable[str]] = entry
    return Signature(
        entry["id"],
        entry.get("severity", "info"),
        frozenset(texts.get("log", ())),
        _told(entry),
        entry["cause"],
        entry["action"],
        tuple(texts.get("of", ())),
        tuple(texts.get("anywhere", ())),
        bool(entry.get("lasts", False)),
        entry["example"],
    )
