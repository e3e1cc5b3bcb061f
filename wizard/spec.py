"""The desired cluster, as values: what the answers say, typed and complete, before anything is looked at.

Knows names, defaults and the roles of hosts. It must not know where answers come from, what the hosts report,
or how a wish becomes true. Sizes are MiB, times seconds, unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

HERE = "@here"
"""The control machine, where the wizard runs: a host like any other."""

HostKeyPolicy = Literal["ask", "accept-new", "strict"]
JavaWay = Literal["flink-config", "shell-profile", "ssh-environment"]
Distribution = Literal["copy", "shared"]
HdfsMode = Literal["none", "existing", "new"]


def _no_config() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One node. `address` is what the other nodes call it; None for `port`, `key` means: as ssh decides."""

    name: str
    address: str
    user: str | None = None
    port: int | None = None
    key: str | None = None
    ssh_name: str | None = None
    """What this machine passes to ssh when it differs from `name`."""
    local: bool = False
    """This machine itself: no ssh."""
    taskmanagers: int | None = None
    slots: int | None = None
    memory_mib: int | None = None
    """The total of one TaskManager process; the heap total on Flink 1.9 and older."""
    java_home: str | None = None


@dataclass(frozen=True, slots=True)
class AdminSpec:
    """The login for operations marked privileged."""

    user: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class SshSpec:
    port: int | None = None
    key: str | None = None
    host_keys: HostKeyPolicy = "ask"
    cluster_key: str = "~/.ssh/id_ed25519"
    """On the master, `~` is the Flink user's home there."""
    cluster_key_type: Literal["ed25519", "rsa"] = "ed25519"
    jump: str | None = None
    """The host through which all others are reached: one of the cluster, or `user@host:port`."""
    admin: AdminSpec | None = None


@dataclass(frozen=True, slots=True)
class JavaSpec:
    home: str = "auto"
    """auto, the path of a Java home, or of an archive of one on the control machine (.tar, .tar.gz, .tgz)."""
    set_in: tuple[JavaWay, ...] = ("flink-config",)
    allow_unsupported: bool = False

    @property
    def archive(self) -> str:
        """The archive that nodes without a fitting Java get theirs from, "" when none was named."""
        return self.home if self.home.endswith((".tar", ".tar.gz", ".tgz")) else ""

    @property
    def wished(self) -> str:
        """The Java home that is asked of a node, "auto" when any fitting one will do."""
        return "auto" if self.archive else self.home


@dataclass(frozen=True, slots=True)
class FlinkSpec:
    version: str
    home: str
    source: str = "auto"
    """auto, apache, pypi, or a path or URL of an archive."""
    distribute: Distribution = "copy"
    config: Mapping[str, str] = field(default_factory=_no_config)
    build_hadoop: str | None = None
    build_scala: str | None = None
    conf_dir: str | None = None
    """The configuration directory, where it is not the home's."""


@dataclass(frozen=True, slots=True)
class HdfsSpec:
    mode: HdfsMode = "none"
    address: str | None = None
    conf_dir: str | None = None
    version: str | None = None
    source: str = "auto"
    home: str | None = None
    distribute: Distribution = "copy"
    java_home: str | None = None
    namenode: str | None = None
    datanodes: tuple[str, ...] = ()
    name_dirs: tuple[str, ...] = ()
    data_dirs: tuple[str, ...] = ()
    replication: int | None = None
    config: Mapping[str, str] = field(default_factory=_no_config)
    format: Literal["never", "if-empty"] = "never"


@dataclass(frozen=True, slots=True)
class HaSpec:
    """ZooKeeper elects the JobManager that leads; what a standby needs lies in `storage_dir`."""

    zookeeper: tuple[str, ...]
    """host:port of each server of a ZooKeeper that is there already and is never touched."""
    storage_dir: str
    nodes: tuple[str, ...] = ()
    """Names of the nodes that run Flink's own ZooKeeper instead, in the order of their ids, which begin with 1."""
    suggested: bool = False
    """Whether no answer named these nodes."""


@dataclass(frozen=True, slots=True)
class StartSpec:
    flink: bool = True
    hdfs: bool = True
    mode: Literal["batch", "streaming"] = "batch"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A whole cluster. The master may also be listed as a worker; then both entries have one name."""

    cluster: str
    user: str
    master: HostSpec
    workers: tuple[HostSpec, ...]
    flink: FlinkSpec
    ssh: SshSpec = SshSpec()
    java: JavaSpec = JavaSpec()
    hdfs: HdfsSpec = HdfsSpec()
    start: StartSpec = StartSpec()
    ha: HaSpec | None = None
    standby: tuple[HostSpec, ...] = ()

    @property
    def local_dir(self) -> str | None:
        """Where each node keeps what must be its own when the Flink home is shared by all; None when it is not."""
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        return f"{home}/.flink-wizard/{self.cluster}" if self.flink.distribute == "shared" else None

    @property
    def state(self) -> str:
        """The wizard's directory for this cluster in the account on a node."""
        return f"~/.flink-wizard/{self.cluster}"

    @property
    def conf_dir(self) -> str | None:
        """A node's own configuration directory, where it is not the home's."""
        return self.flink.conf_dir or (f"{self.local_dir}/conf" if self.local_dir else None)

    @property
    def jobmanagers(self) -> tuple[HostSpec, ...]:
        """The nodes that run a JobManager, the master first."""
        return (self.master, *self.standby)

    @property
    def hosts(self) -> tuple[HostSpec, ...]:
        """Every node once, the master first."""
        seen: dict[str, HostSpec] = {}
        for host in (*self.jobmanagers, *self.workers):
            seen.setdefault(host.name, host)
        return tuple(seen.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.hosts)

    def host(self, name: str) -> HostSpec:
        """The node of that name.

        Raises:
            KeyError: no node has that name.
        """
        for some in ((self.master,), self.standby, self.workers):
            for host in some:
                if host.name == name:
                    return host
        raise KeyError(name)

    def is_worker(self, name: str) -> bool:
        return any(worker.name == name for worker in self.workers)
