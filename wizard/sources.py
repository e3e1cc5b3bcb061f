"""Where a distribution comes from: the answers' `source` as an ordered list of places, and its name in the cache.

Knows addresses, not how they are fetched. `FLINK_WIZARD_APACHE_MIRROR` names a mirror of the site's own.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .commands import FetchChoice
from .flink.catalogue import ARCHIVE, MIRROR, download_of, line_of
from .hadoop import catalogue as hadoop
from .spec import FlinkSpec, HdfsSpec


def choices_of(flink: FlinkSpec) -> tuple[FetchChoice, ...]:
    """The places to try, in order. Raises UnknownVersion, UnknownBuild."""
    source = flink.source
    if source not in {"auto", "apache", "pypi"}:
        if "://" in source:
            return (FetchChoice("url", source, source + ".sha512"),)
        return (FetchChoice("path", str(Path(source).expanduser())),)
    choices: list[FetchChoice] = []
    if source in {"auto", "apache"}:
        choices += _apache(flink, 5.0 if source == "auto" else 15.0)
    if source == "pypi" or (source == "auto" and _on_pypi(flink.version)):
        choices.append(FetchChoice("pypi", flink.version))
    return tuple(choices)


def hadoop_choices(hdfs: HdfsSpec) -> tuple[FetchChoice, ...]:
    """The places to try for Hadoop, in order; none where no new HDFS is asked for. Raises UnknownHadoop."""
    if hdfs.mode != "new" or hdfs.version is None:
        return ()
    source = hdfs.source
    if source not in {"auto", "apache"}:
        if "://" in source:
            return (FetchChoice("url", source, source + ".sha512"),)
        return (FetchChoice("path", str(Path(source).expanduser())),)
    name, mirror = hadoop.archive_name(hdfs.version), os.environ.get("FLINK_WIZARD_APACHE_MIRROR")
    place = f"hadoop-{hdfs.version}/{name}"
    base = f"{mirror.rstrip('/')}/hadoop/common" if mirror else hadoop.MIRROR
    old = f"{mirror.rstrip('/')}/dist/hadoop/common" if mirror else hadoop.ARCHIVE
    sums = base if mirror else hadoop.CHECKSUMS
    kinds = hadoop.hadoop_of(hdfs.version).checksums
    first = FetchChoice(
        "apache", f"{base}/{place}", f"{sums}/{place}{kinds[0].extension}", kinds[0].algorithm
    )
    rest = (
        FetchChoice("archive", f"{old}/{place}", f"{old}/{place}{kind.extension}", kind.algorithm)
        for kind in kinds
    )
    return (first, *rest)


def hadoop_cache_name(hdfs: HdfsSpec) -> str:
    """The file name of Hadoop in the cache."""
    source = "" if hdfs.source in {"auto", "apache"} else hdfs.source
    mark = hashlib.sha256(source.encode()).hexdigest()[:8] if source else "release"
    return f"hadoop-{hdfs.version}-{mark}.tar"


def cache_name(flink: FlinkSpec) -> str:
    """The file name of the distribution in the cache: one for each version, build and kind of source."""
    build = f"{flink.build_hadoop or ''}-{flink.build_scala or ''}".strip("-")
    source = "" if flink.source in {"auto", "apache"} else flink.source
    mark = hashlib.sha256(f"{build} {source}".encode()).hexdigest()[:8] if build or source else "release"
    return f"flink-{flink.version}-{mark}.tar"


def _apache(flink: FlinkSpec, patience: float) -> list[FetchChoice]:
    download = download_of(flink.version, flink.build_hadoop, flink.build_scala)
    mirror = os.environ.get("FLINK_WIZARD_APACHE_MIRROR")
    if mirror:
        base = mirror.rstrip("/")
        address = download.mirror.replace(MIRROR, f"{base}/flink")
        archive = download.archive.replace(ARCHIVE, f"{base}/dist/flink")
        extension = download.checksum_extensions[0]
        return [
            FetchChoice("apache", address, address + extension, connect_timeout=patience),
            FetchChoice("archive", archive, archive + extension, connect_timeout=patience),
        ]
    return [
        FetchChoice("apache", download.mirror, download.mirror_checksums()[0], connect_timeout=patience),
        FetchChoice("archive", download.archive, download.archive_checksums()[0], connect_timeout=patience),
    ]


def _on_pypi(version: str) -> bool:
    pypi = line_of(version).pypi
    return pypi is not None and version in pypi.versions
