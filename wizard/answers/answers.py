"""What an operator decided, as values: only what was given, no default and nothing observed.

Knows dotted paths and host entries as they were written. It must not know files, nor how a cluster is made of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from validators.values import HostAddress, parse_hosts

from .problem import Problem

Value = bool | int | str | tuple[str, ...] | Mapping[str, str] | tuple["HostEntry", ...]


@dataclass(frozen=True, slots=True)
class HostEntry:
    """One host or one range of hosts, as written: `host` may be `user@node[1-4]:22`. `memory` is MiB."""

    host: str
    user: str | None = None
    port: int | None = None
    key: str | None = None
    address: str | None = None
    taskmanagers: int | None = None
    slots: int | None = None
    memory: int | None = None
    java_home: str | None = None

    def addresses(self) -> tuple[HostAddress, ...]:
        """Every host this entry stands for."""
        return parse_hosts(self.host, underscores=True)


def _nothing() -> Mapping[str, Value]:
    return {}


@dataclass(frozen=True, slots=True)
class Answers:
    """Dotted path → value: `flink.version` a str, `workers` and `master` tuples of HostEntry, and
    `flink.config` a map.

    Sizes are MiB. Two Answers are equal when the same was decided, wherever it was written.
    """

    values: Mapping[str, Value] = field(default_factory=_nothing)
    warnings: tuple[Problem, ...] = field(default=(), compare=False)
    file: str = field(default="", compare=False)
    text: str = field(default="", compare=False)

    def get(self, path: str) -> Value | None:
        """What was decided, or None."""
        return self.values.get(path)

    def text_at(self, path: str) -> str | None:
        """The text that was decided there; None when it was left open or is no text."""
        value = self.values.get(path)
        return value if isinstance(value, str) else None

    def hosts_at(self, path: str) -> tuple[HostEntry, ...]:
        """The entries of `master`, `workers` or `standby`."""
        value = self.values.get(path)
        return (
            tuple(item for item in value if isinstance(item, HostEntry)) if isinstance(value, tuple) else ()
        )

    def list_at(self, path: str) -> tuple[str, ...]:
        """The texts of a list, empty when it was left open."""
        value = self.values.get(path)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()

    def pairs_at(self, path: str) -> Mapping[str, str]:
        """The free keys of `flink.config` or `hdfs.config`."""
        value = self.values.get(path)
        return value if isinstance(value, Mapping) else {}

    def with_value(self, path: str, value: Value | None) -> Answers:
        """The same answers with one decided anew; None leaves it open."""
        values = {name: old for name, old in self.values.items() if name != path}
        return replace(self, values=values if value is None else {**values, path: value})


def plain_text(value: object) -> str:
    """One value as it is typed and as a configuration file holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
