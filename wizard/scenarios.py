"""Imagined clusters out of assets/scenarios: hosts as values of a file, and the troubles that one may choose from.

Knows the form of the file and how plain YAML becomes facts. It must not know who practises, nor what is asked of a host.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import yaml

from .assets import asset_text
from .facts import HostFacts, JavaFacts, JavaSeen, LoginFailure, OsFacts, SshFacts

Plain = Mapping[str, Any]


def _no_answers() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong on one host.

    It is a failed login, facts that a check finds (`stays`: reading again does not mend them), answers that do not
    fit, or an operation that fails once: `fails` is the beginning of its id, `failure` its words.
    """

    id: str
    title: str
    detail: str
    host: str = ""
    login: LoginFailure | None = None
    facts: Plain = field(default_factory=_no_answers)
    stays: bool = False
    answers: Mapping[str, str] = field(default_factory=_no_answers)
    fails: str = ""
    failure: LoginFailure | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """An imagined cluster: answers to begin with, hosts before anything was done, and what may go wrong."""

    title: str
    answers: str
    common: Plain
    addresses: Mapping[str, str]
    hosts: Mapping[str, Plain]
    troubles: tuple[Trouble, ...]

    def trouble(self, id: str) -> Trouble:
        """The trouble of that id. Raises KeyError."""
        for one in self.troubles:
            if one.id == id:
                return one
        raise KeyError(id)

    def facts(self, name: str, address: str, user: str, home: str, trouble: Plain) -> HostFacts:
        """The facts of a host with that account, `trouble` laid over them; an unlisted host is like the last one."""
        own = self.hosts.get(name) or tuple(self.hosts.values())[-1]
        words = {"@NAME@": name.partition(".")[0], "@ADDRESS@": address, "@USER@": user, "@HOME@": home}
        plain = _worded(_over(_over(self.common, own), trouble), words)
        return cast("HostFacts", _made(HostFacts, {"name": name, "imagined": True, **plain}))


@cache
def practice_scenario() -> Scenario:
    """The cluster of `flink-wizard practice`."""
    said = yaml.safe_load(asset_text("scenarios/practice.yaml"))
    hosts = said["hosts"]
    return Scenario(
        said["title"],
        said["answers"],
        said["common"],
        MappingProxyType({name: one["address"] for name, one in hosts.items()}),
        MappingProxyType({name: one["facts"] for name, one in hosts.items()}),
        tuple(_trouble(one) for one in said["troubles"]),
    )


def typical_host() -> HostFacts:
    """An ordinary Debian host with Java and nothing of Flink: what a dry run takes an unread host for."""
    java = JavaFacts("/usr/lib/jvm/java-17-openjdk-amd64", "17.0.15", 17, "Debian", True)
    seen = JavaSeen("", f"{java.home}/bin/java")
    return HostFacts(
        "typical",
        imagined=True,
        os=OsFacts("Linux", "x86_64", "debian", "12", "Debian GNU/Linux 12", "debian"),
        cores=4,
        cores_total=4,
        memory_mib=16384,
        memory_total_mib=16384,
        disks=(),
        tools=frozenset({"bash", "tar", "gzip", "ssh", "ssh-keygen"}),
        user="flink",
        uid=1000,
        groups=("flink",),
        home="/home/flink",
        shell="/bin/bash",
        sudo="password",
        ssh=SshFacts(0o755, "flink", 0o700, 0o600),
        javas=(java,),
        java_command=seen,
        java_login=seen,
        login_environment=MappingProxyType({}),
        login_shell_sane=True,
        daemons=(),
        listening=(),
    )


def _trouble(said: dict[str, Any]) -> Trouble:
    failures: dict[str, Any] = {
        name: LoginFailure(**{"kind": "operation", **said[name]})
        for name in ("login", "failure")
        if name in said
    }
    return Trouble(**{**said, **failures})


def _over(old: Any, new: Any) -> Any:
    """Mappings are joined key by key, everything else is replaced."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        known = cast("Plain", old)
        return {**known, **{key: _over(known.get(key), part) for key, part in cast("Plain", new).items()}}
    return new


def _worded(plain: Any, words: Mapping[str, str]) -> Any:
    if isinstance(plain, str):
        for mark, word in words.items():
            plain = plain.replace(mark, word)
        return plain
    if isinstance(plain, list):
        return [_worded(part, words) for part in cast("list[Any]", plain)]
    if isinstance(plain, Mapping):
        return {key: _worded(part, words) for key, part in cast("Plain", plain).items()}
    return plain


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """The types of a dataclass's fields, worked out once."""
    return typing.get_type_hints(kind)


def _made(kind: Any, value: Any) -> Any:
    """A value of a type from plain YAML: dataclasses from mappings, tuples and sets from lists."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return (
            None if value is None else _made(next(one for one in inner if one is not types.NoneType), value)
        )
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _made(hints[name], part) for name, part in value.items()})
    if origin is tuple:
        return tuple(_made(inner[0], part) for part in value)
    if origin is frozenset:
        return frozenset(value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return MappingProxyType({key: _made(inner[1], part) for key, part in value.items()})
    return value
