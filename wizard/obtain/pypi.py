"""Flink from its published Python packages, fetched by the operator's own pip: for sites with a package mirror only.

Knows how these packages hold a Flink home, and which Pythons they were published for. It must not know where pip
fetches from: its configuration is the operator's.
"""

from __future__ import annotations

import calendar
import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ..flink.catalogue import UnknownVersion, line_of
from .hometar import HomeTar, safe_path
from .watch import CHUNK, POLL, NotUsable, Watch

KEPT = ("bin", "conf", "lib", "opt", "plugins", "licenses")
TOP_FILES = ("LICENSE", "NOTICE", "README.txt")
SCRIPTS = "apache-flink"
"""The package that is tagged for single Pythons; what is taken from it suits any."""
PYTHONS = (("3.11", "cp311"), ("3.9", "cp39"), ("3.8", "cp38"), ("3.7", "cp37m"))
"""Tried in this order where nothing is published for the Python that runs."""


class PypiFailed(NotUsable):
    """pip could not fetch the packages; the text is what it said last."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package by its path in a Flink home; size in bytes, time in seconds since 1970 (UTC)."""

    path: str
    size: int
    mode: int
    mtime: int
    content: IO[bytes]


@contextlib.contextmanager
def fetch_packages(version: str, folder: Path, watch: Watch) -> Generator[list[Path]]:
    """The packages of a version in `folder`, in the order of the catalogue; the folder is removed afterwards.

    Raises:
        PypiFailed: no packages hold this version, or pip could not fetch them.
        ConnectionFailed: a stop was asked for; pip was ended.
    """
    try:
        spec = line_of(version).pypi
    except UnknownVersion as error:
        raise PypiFailed(str(error)) from error
    if spec is None or version not in spec.versions:
        raise PypiFailed(f"no Python package holds Flink {version}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield download_packages(version, spec.packages, folder, watch, wheel=spec.shape != "sdist")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def download_packages(
    version: str, packages: Sequence[str], folder: Path, watch: Watch, *, wheel: bool
) -> list[Path]:
    """What pip puts into `folder` for these packages. `wheel`: the first is published for single Pythons.

    Raises:
        PypiFailed, ConnectionFailed: see `fetch_packages`.
    """
    wanted = [f"{package}=={version}" for package in packages]
    try:
        _pip(["--only-binary", SCRIPTS, *wanted] if wheel else wanted, folder, watch)
    except _NothingFits as first:
        if not wheel:
            raise
        _for_another_python(wanted[0], folder, watch, first)
        if wanted[1:]:
            _pip(wanted[1:], folder, watch)
    found = [_found(folder, package) for package in packages]
    return [path for path in found if path is not None]


def pack_packages(packages: Sequence[Path], home: HomeTar) -> None:
    """Put what is of Flink in the packages into `home`; of a file that two hold, the first is taken.

    Raises:
        NotUsable: a package is damaged.
        ConnectionFailed: a stop was asked for.
    """
    for package in packages:
        for member in members_of(package):
            if not home.holds(member.path):
                home.add(member.path, member.size, member.mode, member.mtime, member.content)


def members_of(package: Path) -> Iterator[Member]:
    """The files of a wheel or source package that belong to a Flink home. Raises NotUsable when it is damaged."""
    try:
        yield from _in_wheel(package) if package.suffix == ".whl" else _in_source(package)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise NotUsable(f"{package.name} is damaged: {error}") from error


def _in_wheel(package: Path) -> Iterator[Member]:
    with zipfile.ZipFile(package) as wheel:
        for entry in wheel.infolist():
            inner = _inside_home(entry.filename, "pyflink")
            if inner is None or entry.is_dir():
                continue
            mode = stat.S_IMODE(entry.external_attr >> 16) or 0o644
            mtime = calendar.timegm((*entry.date_time, 0, 0, 0))
            with wheel.open(entry) as content:
                yield Member(inner, entry.file_size, mode, mtime, content)


def _in_source(package: Path) -> Iterator[Member]:
    with tarfile.open(package, "r|gz", bufsize=CHUNK) as source:
        for member in source:
            inner = _inside_home(member.name.partition("/")[2], "deps")
            content = source.extractfile(member) if inner is not None and member.isfile() else None
            if inner is not None and content is not None:
                yield Member(inner, member.size, member.mode, int(member.mtime), content)


def _inside_home(name: str, root: str) -> str | None:
    """The path in a Flink home of a package's member, None when it does not belong to one."""
    parts = PurePosixPath(safe_path(name)).parts
    if not parts:
        return None
    beside = len(parts) == 1 or (len(parts) == 2 and parts[0] == "pyflink")
    if parts[-1] in TOP_FILES and (beside or parts[0].endswith(".dist-info")):
        return parts[-1]
    return "/".join(parts[1:]) if len(parts) > 2 and parts[0] == root and parts[1] in KEPT else None


def _found(folder: Path, package: str) -> Path | None:
    """The file of a package: apache_flink-2.3.0-….whl or apache-flink-2.3.0.tar.gz."""
    starts = (f"{package}-", f"{package.replace('-', '_')}-")
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    return next((p for p in files if p.name.startswith(starts) and p.name[len(package) + 1].isdigit()), None)


class _NothingFits(PypiFailed):
    """The index answered, and holds nothing for this Python."""


def _for_another_python(wanted: str, folder: Path, watch: Watch, first: PypiFailed) -> None:
    for version, abi in PYTHONS:
        tags = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", version]
        tags += ["--abi", abi, "--platform", "manylinux2014_x86_64", "--platform", "manylinux1_x86_64"]
        with contextlib.suppress(_NothingFits):
            return _pip([*tags, wanted], folder, watch)
    raise first


def _pip(arguments: Sequence[str], folder: Path, watch: Watch) -> None:
    """Run pip download; its own temporary files lie in `folder` too, where there is room."""
    scratch = folder / ".pip"
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--no-deps", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--retries", "1"]
    command += ["--dest", str(folder), *arguments]
    environment = {**os.environ, "TMPDIR": str(scratch), "PIP_REQUIRE_VIRTUALENV": "0"}
    with (scratch / "said").open("w+b") as said:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            cwd=scratch,
            start_new_session=True,
        )
        try:
            while True:
                watch.at(_weight(folder), None)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    status = child.wait(POLL)
                    break
        finally:
            if child.returncode is None:
                _end(child)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    if status == 0:
        return
    told = _reason(text) or f"pip ended with status {status}"
    if "No space left on device" in text:
        raise OSError(28, "No space left on device", str(folder))
    unreached = "Retrying (Retry(" in text or "connection" in text.lower()
    if "No matching distribution found" in text and not unreached:
        raise _NothingFits(told)
    raise PypiFailed(told)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End pip and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(2.0)
            return


def _weight(folder: Path) -> int:
    """Bytes that lie in the folder by now."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(where, name)).st_size
    return total


def _reason(text: str) -> str:
    """What pip said last, in one line: its errors, else its warnings."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    retried = [line for line in lines if "Retrying (Retry(" in line]
    if retried:
        cause = re.search(r"broken by '(.*)'", retried[-1])
        said = cause[1].rpartition(": ")[2].strip("'\")") if cause else retried[-1]
        return f"the package index was not reached: {said}"
    return "; ".join(errors[-2:]) or (lines[-1] if lines else "")
