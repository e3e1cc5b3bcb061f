"""Which configuration keys a Flink version reads, under which other names, and what a mistyped one was to be.

Judges names alone, out of two assets: what was reflected out of the jars of ten versions, and a short history
of what reflection cannot tell. It must not judge values.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import yaml

from wizard.assets import asset_text
from wizard.flink.catalogue import LINES, line_of

Standing = Literal["known", "deprecated", "unknown", "removed", "later"]


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that a version reads. `default` as its source states it, None when there is none."""

    name: str
    default: str | None
    deprecated: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyVerdict:
    """What one key is to one version. `other`: the name to use, or the nearest when unknown."""

    key: str
    standing: Standing
    other: str | None = None
    sentence: str = ""

    @property
    def fine(self) -> bool:
        """Whether Flink reads the key under this name."""
        return self.standing in ("known", "deprecated")


@cache
def known_keys(version: str) -> Mapping[str, KnownKey]:
    """Every key that `version` (a patch or a line) reads, by its present name. Raises UnknownVersion.

    Taken from the nearest older version that was reflected; before 1.9 from 1.9.3, less what came later.
    """
    number = line_of(version).number
    found: dict[str, KnownKey] = {}
    index = _reflected(line_of(version).name)
    for name, spans in _options()["keys"].items():
        for first, last, default, deprecated, fallbacks in spans:
            if first <= index <= last:
                found[name] = KnownKey(name, default, tuple(deprecated), tuple(fallbacks))
    if number < (1, 9):
        found.update({name: KnownKey(name, None) for name in _history()["aliases_before_reflection"]})
    for name, (first, last) in _history()["read_by_scripts"].items():
        if _number(first) <= number <= (_number(last) if last else (99, 0)):
            aliased = any(name in key.deprecated for key in found.values())
            if not aliased:
                found.setdefault(name, KnownKey(name, None))
        else:
            found.pop(name, None)
    later = {name for name, first in _history()["since"].items() if number < _number(first)}
    return {name: key for name, key in sorted(found.items()) if name not in later}


def judge_key(version: str, key: str) -> KeyVerdict:
    """What `key` is to `version`: known, deprecated, unknown, removed, or known to a later version only.

    Keys below beginnings that belong to plugins, reporters or user code are known. Raises UnknownVersion.
    """
    line = line_of(version)
    keys = known_keys(version)
    mapped = key in _history()["mapped"] and line.memory.taskmanager.model == "process"
    if key in keys and not mapped:
        return KeyVerdict(key, "known")
    present = _aliases(version).get(key)
    if present is not None:
        written = _replacement(key, line.number)
        present = written if written in keys else present
        sentence = f"{key} is an old name that Flink {line.name} still reads; it is called {present} now"
        return KeyVerdict(key, "deprecated", present, sentence)
    if mapped and line.number <= _number(_history()["still_mapped_until"]):
        new = _replacement(key, line.number) if key.startswith("taskmanager") else _jobmanager_key(line.name)
        if new is None:
            return KeyVerdict(key, "known")
        sentence = f"{key} is from Flink 1.9 and older; Flink {line.name} still maps it, use {new} alone"
        return KeyVerdict(key, "deprecated", new, sentence)
    if (
        _between(line.name, key)
        or _is_open(key)
        or any(pattern.fullmatch(key) for pattern in _patterns(version))
    ):
        return KeyVerdict(key, "known")
    first = _first_line(key)
    if first is not None and line.number < _number(first):
        return KeyVerdict(
            key, "later", _older_name(key, version), f"{key} came with Flink {first}; {line.name} ignores it"
        )
    last = _last_line(key)
    new = _replacement(key, line.number)
    if last is not None or new is not None:
        ending = f"; use {new}" if new else ""
        until = f" since Flink {last}" if last else ""
        return KeyVerdict(key, "removed", new, f"Flink {line.name} no longer reads {key}{until}{ending}")
    nearest = nearest_key(version, key)
    hint = f"; did you mean {nearest}?" if nearest else ""
    return KeyVerdict(key, "unknown", nearest, f"Flink {line.name} has no key {key}{hint}")


def nearest_key(version: str, key: str) -> str | None:
    """The key of `version` that `key` was most likely meant to be, None when none looks like it."""
    names = [name for name in known_keys(version) if "<" not in name]
    by_small = {name.lower(): name for name in names}
    exact = by_small.get(key.lower())
    if exact is not None:
        return exact
    near = difflib.get_close_matches(key.lower(), list(by_small), n=1, cutoff=0.8)
    return by_small[near[0]] if near else None


def _number(line: str) -> tuple[int, int]:
    major, minor = line.split(".")[:2]
    return int(major), int(minor)


@cache
def _options() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(asset_text("flink/options.json")))


@cache
def _history() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(asset_text("flink/keys.yaml"), Loader=loader))


def _reflected(line: str) -> int:
    """The index of the newest reflected version that is not newer than this line, or 0."""
    number = _number(_history()["reads_like"].get(line, line))
    versions = cast("list[str]", _options()["versions"])
    return max([index for index, version in enumerate(versions) if _number(version) <= number], default=0)


def _between(line: str, key: str) -> bool:
    """Whether the line was not reflected itself and the next that was has the key: it may have it too."""
    if key in _history()["since"] or key in _history()["read_by_scripts"] or _number(line) < (1, 10):
        return False
    index = _reflected(line)
    versions = cast("list[str]", _options()["versions"])
    if index + 1 == len(versions) or _number(versions[index]) >= _number(line):
        return False
    return any(first <= index + 1 <= last for first, last, *_ in _options()["keys"].get(key, ()))


@cache
def _aliases(version: str) -> dict[str, str]:
    """Old and fallback names that `version` still reads, each with its present name."""
    aliases: dict[str, str] = {}
    for known in known_keys(version).values():
        for old in (*known.deprecated, *known.fallbacks):
            aliases.setdefault(old, known.name)
    return aliases


@cache
def _patterns(version: str) -> tuple[re.Pattern[str], ...]:
    templates = [name for name in known_keys(version) if "<" in name]
    return tuple(
        re.compile(
            "".join(
                r"[^.]+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<\w+>)", name)
            )
        )
        for name in templates
    )


def _is_open(key: str) -> bool:
    return key.startswith(tuple(cast("list[str]", _history()["open_beginnings"])))


def _jobmanager_key(line: str) -> str | None:
    key = line_of(line).memory.jobmanager
    return key.key if key.model == "process" else None


def _replacement(key: str, number: tuple[int, int]) -> str | None:
    new, first = _history()["replaced"].get(key, (None, None))
    if new is not None and number >= _number(first):
        return cast("str", new)
    for line in reversed(LINES):
        if line.number < number and key in _aliases(line.name) and key not in known_keys(line.name):
            return _aliases(line.name)[key]
    return None


def _older_name(key: str, version: str) -> str | None:
    """The name under which an older line has the same setting."""
    here = known_keys(version)
    for old, (new, _) in reversed(_history()["replaced"].items()):
        if new == key and old in here:
            return cast("str", old)
    for spans in (_options()["keys"].get(key, ()),):
        for span in spans:
            for old in (*span[3], *span[4]):
                if old in here:
                    return cast("str", old)
    return None


def _first_line(key: str) -> str | None:
    """The oldest line known to read `key`, None when no line is."""
    written = _history()["since"].get(key) or _history()["read_by_scripts"].get(key, (None,))[0]
    if written:
        return cast("str", written)
    return next(
        (line.name for line in LINES if key in known_keys(line.name) or key in _aliases(line.name)), None
    )


def _last_line(key: str) -> str | None:
    """The line from which on `key` is not read any more, None when no line ever read it."""
    reading = [
        index
        for index, line in enumerate(LINES)
        if key in known_keys(line.name) or key in _aliases(line.name)
    ]
    if not reading or reading[-1] + 1 >= len(LINES):
        return None
    return LINES[reading[-1] + 1].name


SECRET_PARTS = (
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
)
"""A key with one of these in its name holds a secret (Flink 2.3, GlobalConfiguration)."""


def is_secret(key: str) -> bool:
    """Whether the value of this key must not be shown."""
    return any(part in key.lower() for part in SECRET_PARTS)
