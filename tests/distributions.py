"""Flink archives for the tests, assembled once per machine from the packages that pip can fetch.

Knows how an official archive is laid out; what the published Python packages hold, the wizard's own reader tells.
Must not know mirrors or hosts: it hands out paths, nothing else.

Layout of the cache (`$FLINK_WIZARD_TEST_CACHE`, else `~/.cache/flink-wizard-tests`):
`archives/` full archives, `small/` archives for fault tests, `homes/flink-<v>/` unpacked, `locks/`.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import os
import random
import shutil
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wizard.obtain.pypi import KEPT, Member, PypiFailed, download_packages, members_of
from wizard.obtain.watch import Watch

LARGEST_OPT = 2 * 1024 * 1024
"""Bytes. `opt/` keeps its small jars only: the tests never use the large ones."""
STAMP = 1_700_000_000
"""Seconds since 1970, the time of every archive member: one cache equals another byte for byte."""
PADDING = 300_000
"""Bytes of incompressible content in a small archive's one jar: enough to truncate, corrupt and resume."""


class DistributionUnavailable(RuntimeError):
    """pip could not fetch the packages, or they hold no Flink; the text says which and what pip said."""


def cache_root() -> Path:
    """The folder that all tests of this machine share; made when missing."""
    named = os.environ.get("FLINK_WIZARD_TEST_CACHE")
    root = Path(named).expanduser() if named else Path.home() / ".cache" / "flink-wizard-tests"
    root.mkdir(parents=True, exist_ok=True)
    return root


def archive_name(version: str) -> str:
    """The file name of an official binary archive; one Scala suffix for all lines keeps the tests plain."""
    return f"flink-{version}-bin-scala_2.12.tgz"


def flink_home(version: str) -> Path:
    """An unpacked distribution, shared by all tests: read it, copy it, never write into it.

    Raises DistributionUnavailable.
    """
    return build_once(
        cache_root() / "homes" / f"flink-{version}", lambda home: _assemble(version, home, _packages(version))
    )


def flink_archive(version: str) -> Path:
    """A gzipped tar that unpacks to `flink-<version>/`, laid out as an official archive but for examples and
    the large jars of `opt/`.

    Raises DistributionUnavailable.
    """
    home = flink_home(version)
    return build_once(
        cache_root() / "archives" / archive_name(version),
        lambda target: pack(home, f"flink-{version}", target),
    )


def small_archive(version: str) -> Path:
    """An archive of a few hundred kilobytes: the real scripts and configuration, one placeholder jar.

    It unpacks and looks like Flink, and does not run. For transfers and faults.

    Raises DistributionUnavailable.
    """

    def build(target: Path) -> None:
        with scratch(target) as folder:
            home = folder / f"flink-{version}"
            _assemble(version, home, _packages(version)[:1], kept=("bin", "conf"))
            shutil.rmtree(home / "lib", ignore_errors=True)
            (home / "lib").mkdir()
            _placeholder_jar(home / "lib" / f"flink-dist-{version}.jar", version)
            pack(home, f"flink-{version}", target)

    return build_once(cache_root() / "small" / archive_name(version), build)


def _packages(version: str) -> list[str]:
    """The package with the scripts first. From 1.13 the jars are published in a package of their own."""
    line = tuple(int(part) for part in version.split(".")[:2])
    return ["apache-flink"] if line < (1, 13) else ["apache-flink", "apache-flink-libraries"]


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Parallel test runs wait here for the one that builds; the kernel drops the lock of a killed builder."""
    folder = cache_root() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_once(target: Path, build: Callable[[Path], None]) -> Path:
    """Build under a temporary name and rename: what carries the final name is complete."""
    if target.exists():
        return target
    with _locked(f"{target.parent.name}-{target.name}"):
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.parent / f".unfinished-{target.name}"
        _remove(unfinished)
        try:
            build(unfinished)
            unfinished.rename(target)
        finally:
            _remove(unfinished)
    return target


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A folder whose name the next attempt knows, so that what a killed builder left is found and removed."""
    folder = beside.with_name(f"{beside.name}.scratch")
    _remove(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _assemble(version: str, home: Path, packages: list[str], kept: tuple[str, ...] = KEPT) -> None:
    with scratch(home) as folder:
        for downloaded in _download(version, packages, folder):
            for member in members_of(downloaded):
                if _wanted(member, kept):
                    _write(home / member.path, member.content, member.mode)
    (home / "log").mkdir(parents=True, exist_ok=True)
    for needed in ("bin/start-cluster.sh", "conf"):
        if not (home / needed).exists():
            raise DistributionUnavailable(
                f"{', '.join(packages)} {version} hold no {needed}: no Flink to assemble"
            )


def _download(version: str, packages: list[str], folder: Path) -> list[Path]:
    watch = Watch(threading.Event(), lambda done, total: None)
    try:
        return download_packages(version, packages, folder, watch, wheel=not version.startswith("1.9."))
    except PypiFailed as failed:
        wanted = " and ".join(f"{package}=={version}" for package in packages)
        raise DistributionUnavailable(
            f"pip could not fetch {wanted}:\n{failed}\n"
            f"Check pip's own configuration (pip config list), "
            f"or let FLINK_WIZARD_TEST_CACHE name a filled cache."
        ) from failed


def _wanted(member: Member, kept: tuple[str, ...]) -> bool:
    top, _, below = member.path.partition("/")
    return not below or (top in kept and (top != "opt" or member.size <= LARGEST_OPT))


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        shutil.copyfileobj(content, out, 1024 * 1024)
    path.chmod(0o755 if mode & 0o100 else 0o644)


def _placeholder_jar(path: Path, version: str) -> None:
    noise = random.Random(version).randbytes(PADDING)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as jar:
        jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), "Manifest-Version: 1.0\n")
        jar.writestr(zipfile.ZipInfo("placeholder"), noise)


def pack(home: Path, top: str, target: Path) -> None:
    """A gzipped tar that unpacks to `top`.

    Level 1: the jars are compressed already, and what remains is not worth the seconds.
    """
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=STAMP) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        archive.add(home, arcname=top, recursive=False, filter=_anonymous)
        for path in sorted(home.rglob("*")):
            archive.add(path, arcname=f"{top}/{path.relative_to(home)}", recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """As a release is: made on somebody's machine, by a user and group that no cluster has."""
    member.uid, member.gid, member.uname, member.gname, member.mtime = 501, 20, "release", "staff", STAMP
    return member


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.distributions", description="Fill the cache of Flinks."
    )
    parser.add_argument("versions", nargs="+", metavar="VERSION", help="for example 2.3.0")
    parser.add_argument("--small", action="store_true", help="the small archives for fault tests instead")
    chosen = parser.parse_args(arguments)
    for version in chosen.versions:
        began = time.monotonic()
        try:
            path = small_archive(version) if chosen.small else flink_archive(version)
        except DistributionUnavailable as problem:
            print(f"{version}: {problem}", file=sys.stderr)
            return 1
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB  {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
