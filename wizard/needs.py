"""What checks and operations may ask of a host: typed requests, built from the spec, merged into one script a host.

Knows the requests alone. How one is read is in `wizard/probes/`. A need with `crosses` looks beyond its own host,
so a change anywhere makes its reading old.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Machine:
    """System, cores, memory, disks, tools, limits, clock, addresses."""

    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Account:
    """User, groups, home, shell, sudo, modes, trusted keys, host keys, sshd's settings where readable."""

    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Javas:
    """All Java homes, also those named here, and what both kinds of shell see."""

    homes: tuple[str, ...] = ()
    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Names:
    """How this host resolves each name."""

    names: tuple[str, ...]
    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Listening:
    """Listening TCP ports, with the program where it can be seen."""

    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Daemons:
    """Running Flink and Hadoop JVMs."""

    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Home:
    """A home of Flink or of Hadoop: version, manifest, changed files, configuration with texts, leftovers beside it.

    `conf_dir` is where its configuration is read when that is not conf/ below the home.
    """

    path: str
    conf_dir: str | None = None
    product: Literal["flink", "hadoop"] = "flink"
    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Paths:
    """Facts of paths; `texts` are read with their content, `sums` with their SHA-256. `~` is the login's home."""

    paths: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Storage:
    """Directories of a NameNode or a DataNode: what lies in each. Read anew after any change: it guards a format."""

    paths: tuple[str, ...]
    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Known:
    """The host keys that ~/.ssh/known_hosts holds for each name ([name]:port for other ports)."""

    names: tuple[str, ...]
    crosses: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Logins:
    """From this host to each name, non-interactively, as Flink's scripts do (BatchMode, no changes to known_hosts)."""

    names: tuple[str, ...]
    options: tuple[str, ...] = ()
    crosses: ClassVar[bool] = True


def host_and_port(address: str, port: int) -> str:
    """As a URL and the header Host name a server; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def web_url(address: str, port: int) -> str:
    """The start of every URL at this name or address."""
    return f"http://{host_and_port(address, port)}"


@dataclass(frozen=True, slots=True)
class Rest:
    """GET of each path at http://address:port from this host itself. With `follow` one redirection is followed."""

    address: str
    port: int
    paths: tuple[str, ...]
    follow: bool = False
    crosses: ClassVar[bool] = True

    @property
    def key(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return web_url(self.address, self.port)


@dataclass(frozen=True, slots=True)
class Tcp:
    """Whether this host can open each (address, port)."""

    targets: tuple[tuple[str, int], ...]
    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Quorum:
    """How each ZooKeeper server answers this host, and the texts that the first that serves holds at these paths."""

    servers: tuple[tuple[str, int], ...]
    paths: tuple[str, ...] = ()
    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines of the newest file for each shell pattern of an absolute path."""

    patterns: tuple[str, ...]
    lines: int = 60
    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Logs:
    """Of the newest file for each shell pattern of an absolute path: the lines that hold one of the words, by its end."""

    patterns: tuple[str, ...]
    words: tuple[str, ...]
    crosses: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A read-only command whose output is itself the fact, such as Flink's own memory calculation. Seconds."""

    name: str
    argv: tuple[str, ...]
    timeout: int = 60
    crosses: ClassVar[bool] = False


Need = (
    Machine
    | Account
    | Javas
    | Names
    | Listening
    | Daemons
    | Home
    | Paths
    | Storage
    | Known
    | Logins
    | Rest
    | Tcp
    | Quorum
    | LogTail
    | Logs
    | Ask
)
