"""Which Flink lines and patches exist, and what is known of each.

Reads the asset `flink/lines.yaml` once and answers by version. It must not know any host, and nothing of how
an archive is fetched: it only says what archives are called and where they lie.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar, cast

import yaml

from wizard.assets import asset_text
from wizard.flink.line import (
    ConfigSpec,
    DaemonsSpec,
    HaSpec,
    HeapKey,
    JavaSpec,
    KeysSpec,
    Line,
    ListsSpec,
    MemorySpec,
    NetworkSpec,
    PypiSpec,
    ScriptsSpec,
    WebSpec,
)

ARCHIVE = "https://archive.apache.org/dist/flink"
MIRROR = "https://dlcdn.apache.org/flink"
CHECKSUMS = "https://downloads.apache.org/flink"

T = TypeVar("T")


class UnknownVersion(ValueError):
    """No such Flink release. `nearest` is a released version that looks like it, or None."""

    def __init__(self, version: str, nearest: str | None) -> None:
        hint = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"there is no Flink {version}{hint}")
        self.version = version
        self.nearest = nearest


class UnknownBuild(ValueError):
    """A release exists, but not for this Hadoop or Scala. `choices` are (hadoop, scala) pairs that do."""

    def __init__(self, version: str, wanted: str, choices: tuple[Build, ...]) -> None:
        listed = ", ".join(str(choice) for choice in choices)
        super().__init__(f"Flink {version} was not built for {wanted}; there are: {listed}")
        self.version = version
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Build:
    """One binary of a release. `hadoop` as in "hadoop27"; None: no Hadoop inside. `scala` None: unsaid."""

    hadoop: str | None
    scala: str | None
    archive: str

    def __str__(self) -> str:
        scala = f"Scala {self.scala}" if self.scala else "its only Scala"
        return f"{self.hadoop or 'no Hadoop'} with {scala}"


@dataclass(frozen=True, slots=True)
class Download:
    """Where one archive lies. Each of the pairs is (archive, checksum); checksums are SHA-512 in hexadecimal.

    The mirror keeps only the newest patch of lines in support: when it answers 404, the archive has it.
    `checksum_extensions` lists the names that a checksum may have, the likelier first.
    """

    file: str
    directory: str
    mirror: str
    archive: str
    checksum_extensions: tuple[str, ...]

    algorithm = "sha512"

    def mirror_checksums(self) -> tuple[str, ...]:
        """Addresses of the checksum beside the current releases (never a mirror's own copy)."""
        return tuple(f"{CHECKSUMS}/{self.directory}/{self.file}{ext}" for ext in self.checksum_extensions)

    def archive_checksums(self) -> tuple[str, ...]:
        """Addresses of the checksum in the archive."""
        return tuple(self.archive + ext for ext in self.checksum_extensions)


def line_of(version: str) -> Line:
    """The line of a released version ("1.20.5") or of a line's own name ("1.20"). Raises UnknownVersion."""
    name = _by_version().get(version)
    if name is None:
        raise UnknownVersion(version, nearest_version(version))
    return _lines()[name]


def is_released(version: str) -> bool:
    """Whether `version` is a released patch, such as "1.20.5"."""
    return version in VERSIONS


def nearest_version(version: str) -> str | None:
    """The released version that `version` most likely means: the same line first, then by spelling."""
    parts = re.findall(r"\d+", version)
    if len(parts) >= 2:
        line = _lines().get(".".join(str(int(part)) for part in parts[:2]))
        if line is not None:
            return line.newest
        if int(parts[0]) >= LINES[-1].number[0]:
            return VERSIONS[-1]
    near = difflib.get_close_matches(version, VERSIONS, n=1, cutoff=0.6)
    return near[0] if near else None


def builds_of(version: str) -> tuple[Build, ...]:
    """Every binary of a released version, the default one first. Raises UnknownVersion."""
    if version not in VERSIONS:
        raise UnknownVersion(version, nearest_version(version))
    archives = _archives(version)
    without_suffix = archives.get("unsuffixed_scala")
    builds: list[Build] = []
    for group in archives["builds"]:
        for scala in group["scala"]:
            for hadoop in group["hadoop"]:
                words = [f"flink-{version}-bin"]
                if hadoop:
                    words.append(hadoop)
                if scala and scala != without_suffix:
                    words.append(f"scala_{scala}")
                builds.append(Build(hadoop, scala, "-".join(words) + ".tgz"))
    return tuple(sorted(builds, key=_preference))


def _preference(build: Build) -> tuple[bool, int, int]:
    """Without Hadoop first where there is such a build; then the newest Scala, then the newest Hadoop."""
    digits = re.sub(r"\D", "", build.hadoop or "")
    scala = int(build.scala.split(".")[1]) if build.scala else 0
    plain_yarn = bool(build.hadoop and build.hadoop.endswith("yarn"))
    return (
        build.hadoop is not None,
        -scala,
        0 if plain_yarn else -int(digits.ljust(2, "0") if digits else 0),
    )


def archive_names(version: str, hadoop: str | None = None, scala: str | None = None) -> tuple[str, ...]:
    """File names of the archives of `version` that fit, the default one first.

    `hadoop` may be written "hadoop27", "27" or "2.7"; "none" asks for the build without Hadoop.
    Raises UnknownVersion, and UnknownBuild when nothing fits.
    """
    builds = builds_of(version)
    wanted = None if hadoop is None else re.sub(r"[^a-z0-9-]", "", hadoop.lower()).removeprefix("hadoop")
    fitting = [
        build
        for build in builds
        if (wanted is None or (build.hadoop or "none").removeprefix("hadoop") == wanted)
        and (scala is None or build.scala == scala)
    ]
    if not fitting:
        asked = " and ".join(
            part for part in (hadoop and f"Hadoop {hadoop}", scala and f"Scala {scala}") if part
        )
        raise UnknownBuild(version, asked, builds)
    return tuple(build.archive for build in fitting)


def download_of(version: str, hadoop: str | None = None, scala: str | None = None) -> Download:
    """Where the archive of `version` for this Hadoop and Scala lies. Raises UnknownVersion, UnknownBuild."""
    file = archive_names(version, hadoop, scala)[0]
    directory = f"flink-{version}"
    return Download(
        file=file,
        directory=directory,
        mirror=f"{MIRROR}/{directory}/{file}",
        archive=f"{ARCHIVE}/{directory}/{file}",
        checksum_extensions=tuple(_archives(version)["checksums"]),
    )


def module_flag_list(name: str) -> tuple[str, ...]:
    """A named list of JVM module flags of the asset, such as "1.18"."""
    return tuple(cast("list[str]", _asset()["module_flags"][name]))


def default_of(key: str) -> int | None:
    """The number Flink uses for a port, slot or parallelism key of `KeysSpec` that is not set, or None."""
    return cast("Mapping[str, int]", _asset()["defaults"]).get(key)


def metaspace_mib(version: str) -> int | None:
    """Default metaspace of a TaskManager in MiB; None where Flink sets no limit (<= 1.9). 1.10.0 had 96."""
    return 96 if version == "1.10.0" else line_of(version).memory.metaspace_mib


@cache
def _asset() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(asset_text("flink/lines.yaml"), Loader=loader))


@cache
def _entries() -> dict[str, dict[str, Any]]:
    """Each line's full entry: every entry laid over the one before it."""
    full: dict[str, Any] = {}
    entries: dict[str, dict[str, Any]] = {}
    for change in _asset()["lines"]:
        full = _laid_over(full, change)
        entries[cast("str", full["line"])] = full
    return entries


def _laid_over(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict) and value:
            value = _laid_over(cast("dict[str, Any]", before), cast("dict[str, Any]", value))
        merged[key] = value
    return merged


def _archives(version: str) -> dict[str, Any]:
    archives = cast("dict[str, Any]", _entries()[_by_version()[version]]["archives"])
    exception = cast("dict[str, Any]", archives.get("exceptions") or {}).get(version)
    return {**archives, **cast("dict[str, Any]", exception or {})}


def _made(kind: type[T], values: Mapping[str, Any]) -> T:
    """A dataclass from an entry of the asset; lists become tuples. TypeError: a field is missing."""
    names = {field.name for field in fields(cast("Any", kind))}
    return kind(**{key: _frozen(value) for key, value in values.items() if key in names})


def _frozen(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _line(entry: Mapping[str, Any]) -> Line:
    memory = cast("dict[str, Any]", entry["memory"])
    return Line(
        name=entry["line"],
        patches=tuple(entry["patches"]),
        config=_made(ConfigSpec, entry["config"]),
        lists=_made(ListsSpec, entry["lists"]),
        pdsh=entry["pdsh"],
        memory=MemorySpec(
            taskmanager=_made(HeapKey, memory["taskmanager"]),
            jobmanager=_made(HeapKey, memory["jobmanager"]),
            environment=memory["environment"],
            network=_made(NetworkSpec, memory["network"]),
            managed_fraction=memory["managed_fraction"],
            metaspace_mib=memory["metaspace_mib"],
        ),
        scripts=_made(ScriptsSpec, entry["scripts"]),
        daemons=_made(DaemonsSpec, entry["daemons"]),
        java=_made(JavaSpec, entry["java"]),
        keys=_made(KeysSpec, entry["keys"]),
        state_backends=tuple(entry["state_backends"]),
        ha=_made(HaSpec, entry["ha"]) if entry["ha"] else None,
        shipped_localhost=tuple(entry["shipped_localhost"]),
        web=_made(WebSpec, entry["web"]),
        pypi=_made(PypiSpec, entry["pypi"]) if entry["pypi"] else None,
        started_here=entry["started_here"],
    )


@cache
def _lines() -> dict[str, Line]:
    return {name: _line(entry) for name, entry in _entries().items()}


@cache
def _by_version() -> dict[str, str]:
    names: dict[str, str] = {}
    for line in _lines().values():
        names[line.name] = line.name
        names.update(dict.fromkeys(line.patches, line.name))
    return names


LINES: tuple[Line, ...] = tuple(_lines().values())
"""Every line, oldest first."""

VERSIONS: tuple[str, ...] = tuple(patch for line in LINES for patch in line.patches)
"""Every released patch, oldest first."""
