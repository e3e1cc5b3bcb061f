"""What was observed: one immutable value per host, and all hosts together.

A field that is None, or a key that is missing, was not read: absence is never a claim. Knows how newer readings
replace older ones. It must not know how anything is read. Sizes are MiB, times seconds (epoch where a moment is meant).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, cast

from .servicefacts import (
    CommandFacts,
    ListenFacts,
    LogFacts,
    LoginFacts,
    RestFacts,
    StorageFacts,
    ZooKeeperFacts,
    frozen_map,
)

SudoWay = Literal["root", "nopasswd", "password", "none"]
DaemonKind = Literal[
    "jobmanager", "taskmanager", "namenode", "datanode", "secondarynamenode", "zookeeper", "historyserver"
]
PortState = Literal["open", "refused", "timeout", "unreachable", "unresolved"]


@dataclass(frozen=True, slots=True)
class OsFacts:
    """`family` is the package family: debian, rhel, suse, alpine, arch, macos, cygwin, or "" when unknown."""

    kernel: str
    arch: str
    id: str
    version: str
    pretty: str
    family: str


@dataclass(frozen=True, slots=True)
class DiskFacts:
    mount: str
    device: str
    fstype: str
    total_mib: int
    free_mib: int
    flags: tuple[str, ...] = ()
    rotational: bool | None = None

    @property
    def read_only(self) -> bool:
        return not {"ro", "read-only"}.isdisjoint(self.flags)

    @property
    def local(self) -> bool:
        return self.fstype not in {
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "fuse.sshfs",
            "glusterfs",
            "ceph",
            "9p",
            "lustre",
        }


@dataclass(frozen=True, slots=True)
class JavaFacts:
    """One Java home. `jdk` tells whether a compiler lies in it."""

    home: str
    version: str
    major: int
    vendor: str = ""
    jdk: bool = False


@dataclass(frozen=True, slots=True)
class JavaSeen:
    """What a kind of shell sees: `home` is its JAVA_HOME or "", `java` the resolved program on PATH or ""."""

    home: str
    java: str


@dataclass(frozen=True, slots=True)
class TrustedKey:
    type: str
    blob: str
    comment: str = ""
    options: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class PublicKey:
    type: str
    blob: str
    comment: str = ""

    @property
    def line(self) -> str:
        return " ".join(part for part in (self.type, self.blob, self.comment) if part)


@dataclass(frozen=True, slots=True)
class SshFacts:
    """The account's own ssh files, and sshd as far as it can be read. Modes are octal numbers, None for missing."""

    home_mode: int | None
    home_owner: str
    dir_mode: int | None
    authorized_keys_mode: int | None
    trusted: tuple[TrustedKey, ...] = ()
    host_keys: tuple[PublicKey, ...] = ()
    authorized_keys_files: tuple[str, ...] = (".ssh/authorized_keys", ".ssh/authorized_keys2")
    """Relative names are below the home directory; sshd's default where its configuration cannot be read."""
    permit_user_environment: bool | None = None
    settings: Mapping[str, str] = field(default_factory=frozen_map)
    key_files: Mapping[str, PublicKey] = field(default_factory=frozen_map)
    """Private key file → its public half, for keys in ~/.ssh."""
    encrypted_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """A running Flink or Hadoop JVM. `started` is seconds since the epoch by the host's own clock."""

    kind: DaemonKind
    pid: int
    user: str
    started: float
    conf_dir: str = ""
    home: str = ""
    java: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class PathFacts:
    """One path. `text` is read only where it was asked for and the file is small (at most 1 MiB)."""

    path: str
    kind: Literal["file", "directory", "link", "other", "missing"]
    mode: int | None = None
    owner: str = ""
    writable: bool = False
    """Writable by the login user; for a missing path: the nearest existing parent is."""
    mtime: float | None = None
    size: int | None = None
    fstype: str = ""
    free_mib: int | None = None
    inode: str = ""
    """device:inode"""
    text: str | None = None
    sha256: str | None = None

    @property
    def exists(self) -> bool:
        return self.kind != "missing"


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """A home of Flink or Hadoop. `version` comes from the name of its main jar, `manifest` is the wizard's own record.

    `changed_files` are manifest entries whose size or time differ or that are missing; None without a manifest.
    `files` maps names in conf/ to their facts, with texts.
    """

    path: str
    exists: bool
    version: str | None = None
    manifest: Mapping[str, Any] | None = None
    changed_files: tuple[str, ...] | None = None
    conf: Mapping[str, PathFacts] = field(default_factory=frozen_map)
    conf_dir: str = ""
    writable: bool = False
    fstype: str = ""
    inode: str = ""
    leftovers: tuple[str, ...] = ()
    """Names beside the home that an interrupted run left."""
    operator_files: tuple[str, ...] = ()
    """Files in the home that are not in the manifest."""
    real: str = ""
    """The path with links resolved: what Flink's scripts, and so its processes, call the home. "" when unread."""
    executable: bool | None = None
    """Whether bin/*.sh have their execute bits."""
    jars: Mapping[str, int] = field(default_factory=frozen_map)
    """Jars of lib/ with their sizes in bytes."""
    returns: tuple[str, ...] = ()
    """Scripts of bin/ with carriage returns in them."""

    def brought(self, file: PathFacts) -> bool:
        """Whether this file of conf/ is still the one that the distribution brought."""
        if self.manifest is None or file.text is None:
            return False
        shipped: Mapping[str, str] = self.manifest.get("shipped_conf", {})
        sum_now = hashlib.sha256(file.text.encode("utf-8", "surrogateescape")).hexdigest()
        return shipped.get(file.path.rsplit("/", 1)[1]) == sum_now


@dataclass(frozen=True, slots=True)
class LoginFailure:
    """Why a host could not be read at all."""

    kind: str
    cause: str
    evidence: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Everything read from one host so far."""

    name: str
    failure: LoginFailure | None = None
    imagined: bool = False
    now: float | None = None
    clock_offset: float | None = None
    """Host's clock minus the control machine's, seconds; half the round trip is the error."""
    boot_id: str | None = None
    """Of the running kernel: hosts with the same one are parts of one machine, and its devices are theirs."""
    os: OsFacts | None = None
    cores: int | None = None
    """Usable cores: the smallest of the machine's, the cpuset's and the quota's."""
    cores_total: int | None = None
    memory_mib: int | None = None
    """Usable memory: the smaller of RAM and the cgroup's limit."""
    memory_total_mib: int | None = None
    memory_available_mib: int | None = None
    disks: tuple[DiskFacts, ...] | None = None
    tools: frozenset[str] | None = None
    pdsh_rcmd: str | None = None
    """pdsh's default transport, where no variable says otherwise; "" without pdsh."""
    user: str | None = None
    uid: int | None = None
    groups: tuple[str, ...] | None = None
    home: str | None = None
    shell: str | None = None
    sudo: SudoWay | None = None
    hostname: str | None = None
    addresses: tuple[str, ...] | None = None
    ssh: SshFacts | None = None
    javas: tuple[JavaFacts, ...] | None = None
    java_command: JavaSeen | None = None
    """As a non-interactive `ssh host command` sees it."""
    java_login: JavaSeen | None = None
    """As `bash -l` sees it, which is how Flink starts its workers."""
    login_environment: Mapping[str, str] | None = None
    """FLINK_*, HADOOP_*, PDSH_* and JAVA_* variables of `bash -l`."""
    login_shell_sane: bool | None = None
    nofile: int | None = None
    nproc: int | None = None
    listening: tuple[ListenFacts, ...] | None = None
    daemons: tuple[DaemonFacts, ...] | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=frozen_map)
    homes: Mapping[str, HomeFacts] = field(default_factory=frozen_map)
    paths: Mapping[str, PathFacts] = field(default_factory=frozen_map)
    storage: Mapping[str, StorageFacts] = field(default_factory=frozen_map)
    """Directory of a NameNode or a DataNode → what lies in it."""
    logins: Mapping[str, LoginFacts] = field(default_factory=frozen_map)
    rest: Mapping[str, RestFacts] = field(default_factory=frozen_map)
    tcp: Mapping[tuple[str, int], PortState] = field(default_factory=frozen_map)
    zookeeper: Mapping[tuple[str, int], ZooKeeperFacts] = field(default_factory=frozen_map)
    znodes: Mapping[str, str] = field(default_factory=frozen_map)
    """ZooKeeper path → the printable text in it, "" where nothing is."""
    known: Mapping[str, tuple[PublicKey, ...]] = field(default_factory=frozen_map)
    """Name → host keys that the account's known_hosts holds for it."""
    tails: Mapping[str, str] = field(default_factory=frozen_map)
    """Log file → its last lines."""
    logs: Mapping[str, LogFacts] = field(default_factory=frozen_map)
    """Log file → the lines in it by which troubles are known."""
    commands: Mapping[str, CommandFacts] = field(default_factory=frozen_map)
    """Named read-only commands, for proofs."""

    @property
    def reached(self) -> bool:
        return self.failure is None

    @property
    def pdsh_transport(self) -> str | None:
        """What pdsh takes in a login shell, as Flink's start script opens one; "" without pdsh."""
        return self.pdsh_rcmd and ((self.login_environment or {}).get("PDSH_RCMD_TYPE") or self.pdsh_rcmd)

    def merged(self, newer: HostFacts) -> HostFacts:
        """These facts with everything that the newer reading holds; mappings are joined key by key.

        What was imagined and what was read are never mixed: then the newer reading stands alone.
        """
        if self.imagined != newer.imagined:
            return newer
        changes: dict[str, Any] = {"failure": newer.failure, "imagined": newer.imagined}
        for item in fields(self):
            if item.name in {"name", "failure", "imagined"}:
                continue
            new = getattr(newer, item.name)
            if isinstance(new, Mapping) and item.name != "login_environment":
                if new:
                    both: dict[Any, Any] = {**getattr(self, item.name), **cast("Mapping[Any, Any]", new)}
                    changes[item.name] = MappingProxyType(both)
            elif new is not None:
                changes[item.name] = new
        return replace(self, **changes)

    def runs_from(self, daemon: DaemonFacts, home: str, conf_dir: str | None = None) -> bool:
        """Whether a daemon of this host belongs to that Flink home, under whichever of the home's names."""
        seen = self.homes.get(home)
        names = {home, seen.real} - {""} if seen else {home}
        return daemon.home in names or daemon.conf_dir in {conf_dir, *(f"{name}/conf" for name in names)}

    def daemons_of(self, kind: str, home: str, conf_dir: str | None = None) -> tuple[DaemonFacts, ...]:
        """The daemons of one kind that belong to that home."""
        return tuple(
            daemon
            for daemon in self.daemons or ()
            if daemon.kind == kind and self.runs_from(daemon, home, conf_dir)
        )

    def conf_file(self, home: str, name: str) -> PathFacts | None:
        """A file of that Flink home's configuration directory, None when it is not there or was not read."""
        seen = self.homes.get(home)
        file = seen.conf.get(name) if seen else None
        return file if file and file.exists else None

    def java_major(self, home: str) -> int | None:
        """The major version of the Java in that home, None when it was not seen."""
        wanted = home.rstrip("/")
        for java in self.javas or ():
            if java.home.rstrip("/") == wanted:
                return java.major
        return None


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """All hosts. A host that was never asked about answers with empty facts."""

    hosts: Mapping[str, HostFacts] = field(default_factory=frozen_map)

    def __getitem__(self, name: str) -> HostFacts:
        return self.hosts.get(name) or HostFacts(name)

    def get(self, name: str) -> HostFacts | None:
        """The facts of a host, None while it was not asked."""
        return self.hosts.get(name)

    def __iter__(self) -> Iterator[HostFacts]:
        return iter(self.hosts.values())

    def __contains__(self, name: object) -> bool:
        return name in self.hosts

    def with_host(self, facts: HostFacts) -> ClusterFacts:
        """These facts with a newer reading of one host merged in."""
        old = self.hosts.get(facts.name)
        return ClusterFacts(MappingProxyType({**self.hosts, facts.name: old.merged(facts) if old else facts}))

    def changed(self, name: str, **values: Any) -> ClusterFacts:
        """These facts with fields of one host replaced: how an operation says what will then be true."""
        return ClusterFacts(MappingProxyType({**self.hosts, name: replace(self[name], **values)}))

    def added(self, name: str, **maps: Mapping[Any, Any]) -> ClusterFacts:
        """These facts with entries put into mappings of one host; all other entries stay."""
        host = self[name]
        joined = {of: MappingProxyType({**(getattr(host, of) or {}), **new}) for of, new in maps.items()}
        return self.changed(name, **joined)

    def changed_path(self, name: str, facts: PathFacts) -> ClusterFacts:
        return self.added(name, paths={facts.path: facts})

    def changed_storage(self, name: str, *stores: StorageFacts) -> ClusterFacts:
        return self.added(name, storage={store.path: store for store in stores})

    def changed_home(self, name: str, home: HomeFacts) -> ClusterFacts:
        return self.added(name, homes={home.path: home})
