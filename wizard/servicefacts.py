"""What was observed of the services on a host: what listens, what answers, what they log, and where HDFS keeps its data.

Values only, as those of `facts`, which keeps them host by host. It must not know how anything is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

StorageState = Literal["missing", "empty", "formatted", "partial", "other", "unreadable"]


def frozen_map() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ListenFacts:
    address: str
    port: int
    pid: int | None = None
    program: str = ""


@dataclass(frozen=True, slots=True)
class StorageFacts:
    """A directory of a NameNode or a DataNode.

    `formatted` holds a VERSION (and a NameNode's also an image), `partial` a beginning of one, `other` files that HDFS
    never makes, `unreadable` cannot be looked into. `files` and `mib` are None where counting took too long.
    """

    path: str
    state: StorageState
    version: Mapping[str, str] = field(default_factory=frozen_map)
    """The fields of current/VERSION: storageType, clusterID, namespaceID, layoutVersion …"""
    entries: tuple[str, ...] = ()
    files: int | None = None
    mib: int | None = None
    interrupted: bool = False
    """Whether the mark of a format that this wizard began, and that has not ended, lies beside it."""
    writable: bool = False
    """Writable by the login user; for a missing directory: the nearest existing parent is."""
    mode: int | None = None
    owner: str = ""
    fstype: str = ""
    free_mib: int | None = None

    @property
    def bare(self) -> bool:
        """Whether nothing at all is in it."""
        return self.state in {"missing", "empty"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """`number` is its place in the file, None in a file too large to count."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """The end of a log: the lines that were searched for, oldest first, and the very last ones."""

    path: str
    size: int
    mtime: float | None
    lines: tuple[LogLine, ...] = ()
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """The outcome of a login from one host to a name, the way Flink's own scripts log in."""

    ok: bool
    user: str = ""
    hostname: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class RestFacts:
    """Answers of one REST address; a value is the decoded JSON, or None when that path did not answer."""

    reachable: bool
    answers: Mapping[str, Any] = field(default_factory=frozen_map)
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """What a read-only command of a proof printed."""

    status: int
    stdout: str
    stderr: str = ""


@dataclass(frozen=True, slots=True)
class ZooKeeperFacts:
    """How one ZooKeeper server answered. `mode` is leader, follower or standalone; "" when it does not serve."""

    mode: str = ""
    evidence: str = ""

    @property
    def serves(self) -> bool:
        return self.mode != ""
