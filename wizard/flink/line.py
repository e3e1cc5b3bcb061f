"""The shape of what is known about one Flink line: files, scripts, memory keys, Java, ports, archives.

Types and what follows from their values alone. It must not know where the values come from (that is
`catalogue.py`), nor any host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

Mode = Literal["batch", "streaming"]
Format = Literal["flat", "yaml"]


class ModeUnknown(ValueError):
    """A start mode other than batch and streaming was asked for."""


FLAT_CONFIG = "flink-conf.yaml"
"""The configuration's name up to Flink 1.18."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class ConfigSpec:
    """The configuration file in `conf/`. `merges_directory`: all *.yaml, *.yml, *.xml are read (<= 1.1)."""

    file: str
    format: Format
    merges_directory: bool
    leftover_flat: Literal["wins", "ignored"] | None

    def in_use(self, find: Callable[[str], _Found | None]) -> tuple[_Found | None, Format]:
        """What `find` gives for the file that Flink reads, and its format; `find` gives None where a file is missing.

        1.19 and 1.20 prefer a flink-conf.yaml that was left behind.
        """
        flat = find(FLAT_CONFIG) if self.leftover_flat == "wins" else None
        return (find(self.file), self.format) if flat is None else (flat, "flat")


@dataclass(frozen=True, slots=True)
class ListsSpec:
    """The lists of hosts in `conf/`. `local_names`: when every line is one of these, no ssh is used."""

    workers: str
    masters: str | None
    repeats_start_more: bool
    local_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeapKey:
    """The one key that sizes a daemon. `unit` "mb": a bare number of MiB; "size": needs a suffix (m, g)."""

    model: Literal["heap", "heap+network", "process"]
    key: str
    unit: Literal["mb", "size"]
    shipped: str

    def text(self, mib: int) -> str:
        """`mib` MiB as this key wants it written."""
        return str(mib) if self.unit == "mb" else f"{mib}m"


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Network memory defaults. `fraction` None: in buffers (<= 1.2). `max_mib` None beside it: unbounded."""

    buffers: int
    segment_bytes: int
    fraction: float | None
    min_mib: int | None
    max_mib: int | None


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """How memory is configured. `environment`: what FLINK_TM_HEAP is read as."""

    taskmanager: HeapKey
    jobmanager: HeapKey
    environment: Literal["mb", "size", "flink-size", "ignored"]
    network: NetworkSpec
    managed_fraction: float
    metaspace_mib: int | None


@dataclass(frozen=True, slots=True)
class ScriptsSpec:
    """What the scripts in `bin/` take and do."""

    execution_mode: bool
    jm_streaming_mode: bool
    tm_streaming_mode: bool
    streaming_start: Literal["separate", "argument", "none"]
    host_and_port: bool
    stop_all: bool
    foreground: bool
    dynamic: bool
    kills_after_wait: bool
    numa: bool


@dataclass(frozen=True, slots=True)
class DaemonsSpec:
    """Names under which the daemons run and log. Patterns take pid_dir, log_dir, user, daemon, id, host."""

    jobmanager: str
    taskmanager: str
    jobmanager_class: str
    taskmanager_class: str
    pid_file: str
    log_file: str
    several_per_host: bool
    log_dir_settable: bool
    logs_kept: int


@dataclass(frozen=True, slots=True)
class JavaSpec:
    """Java majors as the project states them. `flags_*` name lists of module flags in the asset."""

    class_file: int
    supported: tuple[int, ...]
    deprecated: tuple[int, ...]
    experimental: tuple[int, ...]
    recommended: int
    broken_from: int | None
    opts_key: str
    client_opts_key: str | None
    flags_shipped: str | None
    flags_to_add: str
    client_flags: str
    flags_tried: tuple[int, ...]

    @property
    def oldest(self) -> int:
        """The oldest Java major whose JVM can load this line's classes."""
        return self.class_file - 44


@dataclass(frozen=True, slots=True)
class KeysSpec:
    """What each setting is called on this line; None where the line has no such setting."""

    rpc_address: str
    rpc_port: str
    web_port: str
    slots: str
    parallelism: str
    tmp_dirs: str
    tm_host: str
    tm_rpc_port: str
    tm_data_port: str
    blob_port: str | None
    metrics_port: str | None
    jm_bind_host: str | None
    tm_bind_host: str | None
    rest_address: str | None
    rest_bind_address: str | None
    rest_bind_port: str | None
    network_buffers: str | None
    network_fraction: str | None
    network_min: str | None
    network_max: str | None
    state_backend: str
    checkpoint_dir: str
    savepoint_dir: str | None
    java_home: str = "env.java.home"
    pid_dir: str = "env.pid.dir"
    log_dir: str = "env.log.dir"
    ssh_opts: str = "env.ssh.opts"

    @property
    def bind_hosts(self) -> tuple[str, ...]:
        """The keys of the addresses that the daemons listen on."""
        return tuple(key for key in (self.jm_bind_host, self.tm_bind_host) if key is not None)


@dataclass(frozen=True, slots=True)
class HaSpec:
    """Keys of ZooKeeper high availability; the value of `mode` is "zookeeper"."""

    mode: str
    quorum: str
    storage: str
    root: str
    cluster_id: str | None
    rpc_port: str | None
    leader: tuple[str, ...]
    """Where the leader's address stands in ZooKeeper, below the root and the cluster's id: the first that is there."""


@dataclass(frozen=True, slots=True)
class WebSpec:
    """Paths under http://JOBMANAGER:WEB_PORT and the fields of `overview` that count."""

    overview: str
    taskmanagers: str
    config: str
    version: str
    jobs: str
    taskmanager_count: str
    slot_count: str
    redirects: bool
    """Whether a standby answers with a redirection to the one that leads (up to 1.7), instead of its data."""


@dataclass(frozen=True, slots=True)
class PypiSpec:
    """What the Python packages hold: one sdist, one wheel, or a wheel beside `apache-flink-libraries`.

    `versions` are offered; one patch of each shape was assembled into a Flink home. `pythons`: the CPython
    versions that the wheel is tagged for on Linux, newest first (the jars and scripts inside are the same).
    `libraries`: the form of the second package; 2.2 and newer have it as a wheel, too.
    """

    shape: Literal["sdist", "wheel", "wheel+libraries"]
    versions: tuple[str, ...]
    pythons: tuple[str, ...]
    libraries: Literal["sdist", "wheel"] | None

    @property
    def packages(self) -> tuple[str, ...]:
        """The names of the packages to fetch."""
        first = ("apache-flink",)
        return (*first, "apache-flink-libraries") if self.shape == "wheel+libraries" else first


@dataclass(frozen=True, slots=True)
class Line:
    """Everything an installer knows of one Flink line, such as "1.20". See `catalogue.line_of`."""

    name: str
    patches: tuple[str, ...]
    config: ConfigSpec
    lists: ListsSpec
    pdsh: bool
    memory: MemorySpec
    scripts: ScriptsSpec
    daemons: DaemonsSpec
    java: JavaSpec
    keys: KeysSpec
    state_backends: tuple[str, ...]
    ha: HaSpec | None
    shipped_localhost: tuple[str, ...]
    web: WebSpec
    pypi: PypiSpec | None
    started_here: str | None

    @property
    def number(self) -> tuple[int, int]:
        """(1, 20) for "1.20": lines are compared by this."""
        major, minor = self.name.split(".")
        return int(major), int(minor)

    @property
    def newest(self) -> str:
        """The newest patch of this line that was released."""
        return self.patches[-1]

    def jobmanager_start(
        self,
        mode: Mode = "batch",
        host: str | None = None,
        web_port: int | None = None,
        foreground: bool = False,
    ) -> tuple[str, ...]:
        """The argv after `bin/` that starts one JobManager. Host and port are for high availability only.

        Raises ModeUnknown; ValueError for a host on 0.9, a port without a host, or `foreground` before 1.2.
        """
        words = ["jobmanager.sh", self._start_word(foreground)]
        if self.scripts.execution_mode:
            words.append("cluster")
        if self.scripts.jm_streaming_mode:
            words.append(_checked(mode))
        if host is not None:
            if not self.scripts.host_and_port:
                raise ValueError(f"jobmanager.sh of Flink {self.name} takes no host")
            words.append(host)
        if web_port is not None:
            if host is None:
                raise ValueError("a web port follows a host")
            words.append(str(web_port))
        return tuple(words)

    def taskmanager_start(
        self, mode: Mode = "batch", settings: tuple[tuple[str, str], ...] = (), foreground: bool = False
    ) -> tuple[str, ...]:
        """The argv after `bin/` that starts one TaskManager. `settings` become -D words (1.10+).

        Raises ModeUnknown; ValueError for settings before 1.10 or `foreground` before 1.2.
        """
        words = ["taskmanager.sh", self._start_word(foreground)]
        if self.scripts.tm_streaming_mode:
            words.append(_checked(mode))
        if settings and not self.scripts.dynamic:
            raise ValueError(f"taskmanager.sh of Flink {self.name} takes no -D settings")
        for key, value in settings:
            words += ["-D", f"{key}={value}"]
        return tuple(words)

    def _start_word(self, foreground: bool) -> str:
        if foreground and not self.scripts.foreground:
            raise ValueError(f"Flink {self.name} has no start-foreground")
        return "start-foreground" if foreground else "start"

    def jobmanager_stop(self) -> tuple[str, ...]:
        """The argv that stops the JobManager started last on this host."""
        return ("jobmanager.sh", "stop")

    def zookeeper_start(self, peer: int) -> tuple[str, ...]:
        """The argv that starts Flink's own ZooKeeper as server number `peer` of conf/zoo.cfg (0.10+)."""
        return ("zookeeper.sh", "start", str(peer))

    def zookeeper_stop(self) -> tuple[str, ...]:
        """The argv that stops the ZooKeeper started last on this host."""
        return ("zookeeper.sh", "stop")

    def taskmanager_stop(self) -> tuple[str, ...]:
        """The argv that stops the TaskManager started last on this host."""
        return ("taskmanager.sh", "stop")

    def jobmanager_stop_all(self) -> tuple[str, ...]:
        """The argv that stops every JobManager of this user on this host (0.9 has one only)."""
        return ("jobmanager.sh", "stop-all" if self.scripts.stop_all else "stop")

    def start_cluster(self, mode: Mode = "batch") -> tuple[str, ...]:
        """The argv of Flink's own script that starts the whole cluster. Raises ModeUnknown."""
        if self.scripts.streaming_start == "separate":
            return ("start-cluster-streaming.sh",) if _checked(mode) == "streaming" else ("start-cluster.sh",)
        if self.scripts.streaming_start == "argument":
            return ("start-cluster.sh", _checked(mode))
        return ("start-cluster.sh",)


def _checked(mode: str) -> str:
    if mode not in ("batch", "streaming"):
        raise ModeUnknown(f"{mode!r} is not a start mode: batch or streaming")
    return mode
