"""Which generations of Hadoop exist, and what an HDFS of each is made of: files, keys, scripts, ports, Java, archives.

Reads the asset `hadoop/lines.yaml` once and answers by version. It must not know any host, and nothing of how an
archive is fetched: it only says what archives are called and where they lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import yaml

from wizard.assets import asset_text

ARCHIVE = "https://archive.apache.org/dist/hadoop/common"
MIRROR = "https://dlcdn.apache.org/hadoop/common"
CHECKSUMS = "https://downloads.apache.org/hadoop/common"

Daemon = Literal["namenode", "datanode"]
Action = Literal["start", "stop"]


class UnknownHadoop(ValueError):
    """No such generation of Hadoop."""

    def __init__(self, version: str) -> None:
        super().__init__(f"there is no Hadoop {version} that this program knows; it knows 1.2, 2.x and 3.x")
        self.version = version


@dataclass(frozen=True, slots=True)
class HadoopKeys:
    """Names of configuration keys; None where a generation has no such key."""

    default_fs: str
    tmp_dir: str
    name_dir: str
    data_dir: str
    replication: str
    http_address: str
    hostname_check: str | None


@dataclass(frozen=True, slots=True)
class HadoopPorts:
    """Default ports: of the NameNode `rpc` and `http`, of a DataNode `data`, `ipc` and `data_http`."""

    rpc: int
    http: int
    data: int
    ipc: int
    data_http: int


@dataclass(frozen=True, slots=True)
class HadoopJava:
    """A `javachoice.JavaRange`: the majors that this Hadoop runs on."""

    supported: tuple[int, ...]
    recommended: int
    deprecated: tuple[int, ...] = ()
    experimental: tuple[int, ...] = ()
    broken_from: int | None = None

    @property
    def oldest(self) -> int:
        return min(self.supported)


@dataclass(frozen=True, slots=True)
class Checksum:
    """The name that a checksum file adds to the archive's, and what it holds, as hashlib names it."""

    extension: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Hadoop:
    """One version. Paths are below the home; `conf_dir` is where its configuration lies."""

    version: str
    archive: str
    checksums: tuple[Checksum, ...]
    jar: str
    conf_dir: str
    env_file: str
    workers_file: str
    masters_file: str | None
    keys: HadoopKeys
    format: tuple[str, ...]
    format_needs_missing: bool
    """Whether a format that may not ask gives up on an empty directory too (1.2)."""
    daemon: tuple[str, ...]
    file_system: tuple[str, ...]
    start_all: str
    stop_all: str
    storage_id: str
    """The field of VERSION that NameNode and DataNodes must have in common."""
    data_mode: int
    uri_dirs: bool
    root_needs_user_vars: bool
    ports: HadoopPorts
    java: HadoopJava
    module_flags: tuple[str, ...]
    module_flags_from: int

    def daemon_words(self, conf: str, action: Action, daemon: Daemon) -> tuple[str, ...]:
        """The script below the home and its arguments, to start or stop one daemon on the host where it is run."""
        return _filled(self.daemon, conf=conf, action=action, daemon=daemon)

    def format_words(self, conf: str) -> tuple[str, ...]:
        return _filled(self.format, conf=conf)

    def file_system_words(self, conf: str) -> tuple[str, ...]:
        """The program that lists, writes and reads files, such as `… -ls /`."""
        return _filled(self.file_system, conf=conf)

    def flags_for(self, major: int) -> tuple[str, ...]:
        """JVM flags without which this Hadoop does not run on so new a Java."""
        return self.module_flags if major >= self.module_flags_from else ()

    def directory_value(self, paths: Iterable[str]) -> str:
        """Directories as hdfs-site.xml holds them."""
        return ",".join(f"file://{path}" if self.uri_dirs else path for path in paths)


ALIASES: tuple[tuple[str, str], ...] = (
    ("fs.default.name", "fs.defaultFS"),
    ("dfs.name.dir", "dfs.namenode.name.dir"),
    ("dfs.data.dir", "dfs.datanode.data.dir"),
    ("fs.checkpoint.dir", "dfs.namenode.checkpoint.dir"),
    ("dfs.block.size", "dfs.blocksize"),
    ("dfs.permissions", "dfs.permissions.enabled"),
    ("dfs.permissions.supergroup", "dfs.permissions.superusergroup"),
    ("dfs.http.address", "dfs.namenode.http-address"),
    ("dfs.secondary.http.address", "dfs.namenode.secondary.http-address"),
)
"""Old names of keys that 2.x and 3.x still read as the new ones: one setting under two names."""


def same_setting(key: str) -> tuple[str, ...]:
    """Every name under which Hadoop reads this setting, itself included."""
    for pair in ALIASES:
        if key in pair:
            return pair
    return (key,)


def directories_of(value: str) -> tuple[str, ...]:
    """The paths of a list of directories as hdfs-site.xml holds it, without scheme and kind of storage."""
    found: list[str] = []
    for entry in value.split(","):
        path = re.sub(r"^\[\w+\]", "", entry.strip())
        path = re.sub(r"^file:(?://[^/]*)?(?=/)", "", path)
        if path:
            found.append(re.sub(r"/+", "/", path).rstrip("/") or "/")
    return tuple(found)


def is_site_key(key: str) -> bool:
    """Whether a key belongs into hdfs-site.xml; the others go into core-site.xml."""
    return key.startswith("dfs.")


@dataclass(frozen=True, slots=True)
class FlinkJoin:
    """How a Flink line is told of an HDFS."""

    conf_key: str
    class_path: bool
    """Whether Hadoop's classes must be on the class path; older lines carry them in the binary."""


@cache
def join_of(flink: str) -> FlinkJoin:
    """What that version of Flink must be told."""
    wanted = _numbers(flink)
    entries = cast("list[dict[str, Any]]", _data()["flink"])
    found = [one for one in entries if _numbers(str(one["from"])) <= wanted]
    one = found[-1] if found else entries[0]
    return FlinkJoin(str(one["conf_key"]), bool(one["class_path"]))


@cache
def hadoop_of(version: str) -> Hadoop:
    """What is true of this version.

    Raises:
        UnknownHadoop: no generation holds it.
    """
    number = _numbers(version)
    known: dict[str, Any] = {}
    for entry in cast("list[dict[str, Any]]", _data()["generations"]):
        known = _laid_over(known, entry)
        span = cast("dict[str, str]", known["versions"])
        if number and _numbers(span["from"]) <= number < _numbers(span["below"]):
            return _hadoop(version, known)
    raise UnknownHadoop(version)


@cache
def known_versions() -> tuple[str, ...]:
    """Releases to offer, the newest first; others of the same generations may be named too."""
    every = (v for one in cast("list[dict[str, Any]]", _data()["generations"]) for v in one["known"])
    return tuple(sorted(every, key=_numbers, reverse=True))


@cache
def jar_patterns() -> tuple[str, ...]:
    """Regular expressions of the jar below a home whose name tells the version, one for each generation."""
    jars = [str(one["jar"]) for one in cast("list[dict[str, Any]]", _data()["generations"]) if "jar" in one]
    return tuple(dict.fromkeys(jars))


def web_ports() -> tuple[int, ...]:
    """The default web ports of a NameNode of any generation, the newest first."""
    return (9870, 50070)


def archive_name(version: str) -> str:
    return hadoop_of(version).archive.format(version=version)


@cache
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(asset_text("hadoop/lines.yaml")))


def _laid_over(below: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(below)
    for key, value in entry.items():
        old = joined.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            joined[key] = _laid_over(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        else:
            joined[key] = value
    return joined


def _hadoop(version: str, known: Mapping[str, Any]) -> Hadoop:
    number = _numbers(version)
    java = [one for one in known["java"] if _numbers(str(one["from"])) <= number][-1]
    return Hadoop(
        version,
        archive=str(known["archive"]),
        checksums=tuple(Checksum(one["extension"], one["algorithm"]) for one in known["checksums"]),
        jar=str(known["jar"]),
        conf_dir=str(known["conf_dir"]),
        env_file=str(known["env_file"]),
        workers_file=str(known["workers_file"]),
        masters_file=known["masters_file"],
        keys=HadoopKeys(**known["keys"]),
        format=tuple(known["format"]),
        format_needs_missing=bool(known["format_needs_missing"]),
        daemon=tuple(known["daemon"]),
        file_system=tuple(known["file_system"]),
        start_all=str(known["start_all"]),
        stop_all=str(known["stop_all"]),
        storage_id=str(known["storage_id"]),
        data_mode=int(known["data_mode"]),
        uri_dirs=bool(known["uri_dirs"]),
        root_needs_user_vars=bool(known["root_needs_user_vars"]),
        ports=HadoopPorts(**known["ports"]),
        java=HadoopJava(tuple(java["supported"]), int(java["recommended"])),
        module_flags=tuple(known["module_flags"]),
        module_flags_from=int(_data()["module_flags_from"]),
    )


def _numbers(version: str) -> tuple[int, ...]:
    """1.2.1 as (1, 2, 1); () for what is no version."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _filled(words: Iterable[str], **values: str) -> tuple[str, ...]:
    return tuple(word.format(**values) for word in words)
