"""Obtains one distribution: tries the places in order, and leaves a whole tar with its manifest in the cache, or nothing.

Knows the cache: its names, its lock, and that the manifest beside a tar is written last. How a place is read lies
in the modules beside this one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit

from ..commands import Fetch, FetchChoice
from ..connection import Stop
from ..parts import CommandFailed
from ..product import PRODUCTS
from ..spec import HERE
from .download import checksum_at, download, forget
from .hometar import HomeTar
from .pypi import PypiFailed, fetch_packages, pack_packages
from .tarball import pack_folder, pack_tarball
from .watch import POLL, NotUsable, Watch, shown_address
from .web import NotThere


@dataclass(frozen=True, slots=True)
class _Packed:
    """What became of one place: the on-host manifest, what is noted of the source, a sentence for people."""

    manifest: Mapping[str, Any]
    source: Mapping[str, Any]
    told: str
    finish: Callable[[], None] = lambda: None
    """Removes what is not needed once the tar is in its place."""


@dataclass(frozen=True, slots=True)
class Obtainer:
    """A `hands.Fetcher`. Safe to call from several threads and from several programs at once.

    `pause`: seconds before a download that broke is tried again; longer each time.
    """

    pause: float = 1.0

    def __call__(self, fetch: Fetch, stop: Stop, moved: Callable[[int, int | None], None]) -> str:
        """See `hands.Fetcher`. Raises CommandFailed, ConnectionFailed (kind "cancelled")."""
        watch = Watch(stop, moved)
        tar = Path(fetch.path)
        try:
            tar.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone(tar, watch):
                if _is_done(fetch, tar):
                    return "the cache"
                return _first_that_works(fetch, tar, watch, self.pause)
        except OSError as error:
            raise _cache_failed(fetch, tar, error) from error


def _first_that_works(fetch: Fetch, tar: Path, watch: Watch, pause: float) -> str:
    reasons: list[str] = []
    for choice in fetch.choices:
        watch.check()
        try:
            return _from(choice, fetch, tar, watch, pause)
        except NotUsable as refused:
            reasons.append(f"{_named(choice)}: {refused}")
    raise CommandFailed(
        HERE,
        f"No source gave {PRODUCTS[fetch.product].name} {fetch.version}.",
        "\n".join(reasons),
        "Mend the reason that is named, or get the archive by other means and name its path or address in "
        f"{PRODUCTS[fetch.product].section}.source.",
    )


def _from(choice: FetchChoice, fetch: Fetch, tar: Path, watch: Watch, pause: float) -> str:
    unfinished = tar.with_name(f".{tar.name}.new")
    manifest = tar.with_name(tar.name + ".manifest.json")
    try:
        with unfinished.open("w+b", buffering=256 * 1024) as file:
            packed = _pack(
                choice, fetch.version, tar, HomeTar(file, watch, PRODUCTS[fetch.product]), watch, pause
            )
            file.flush()
            os.fsync(file.fileno())
        manifest.unlink(missing_ok=True)
        unfinished.rename(tar)
    finally:
        unfinished.unlink(missing_ok=True)
    noted = {**packed.manifest, "source": packed.source, "size": tar.stat().st_size}
    _write_whole(manifest, json.dumps(noted, sort_keys=True, separators=(",", ":")) + "\n")
    packed.finish()
    return packed.told


def _pack(choice: FetchChoice, version: str, tar: Path, home: HomeTar, watch: Watch, pause: float) -> _Packed:
    match choice.kind:
        case "path":
            return _pack_path(choice, version, home, watch)
        case "pypi":
            return _pack_pypi(choice, version, tar, home, watch)
        case _:
            return _pack_download(choice, version, tar, home, watch, pause)


def _pack_path(choice: FetchChoice, version: str, home: HomeTar, watch: Watch) -> _Packed:
    path = Path(choice.address)
    try:
        before = path.stat()
        if path.is_dir():
            pack_folder(path, home, watch)
            sha = None
        else:
            sha = pack_tarball(path, home, watch)
        after = path.stat()
    except FileNotFoundError as error:
        raise NotUsable("there is no such file") from error
    except PermissionError as error:
        raise NotUsable("it may not be read") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise NotUsable("it changed while it was read")
    source = _source(choice, size=after.st_size, mtime=int(after.st_mtime))
    return _Packed(home.finish(version, sha), source, choice.address)


def _pack_download(
    choice: FetchChoice, version: str, tar: Path, home: HomeTar, watch: Watch, pause: float
) -> _Packed:
    file = unquote(urlsplit(choice.address).path).rpartition("/")[2] or "archive"
    part = tar.with_name(f"{file}.part")
    wanted: str | None = None
    verified = "no checksum was published"
    if choice.checksum_url is not None:
        try:
            wanted = checksum_at(choice.checksum_url, file, choice.algorithm, choice.connect_timeout, watch)
            verified = f"{choice.algorithm.upper().replace('SHA', 'SHA-')} verified"
        except NotThere as missing:
            if choice.kind != "url":
                raise NotUsable(f"its checksum: {missing}") from missing
    digest = _verified(choice, part, wanted, watch, pause)
    known = digest if choice.algorithm == "sha512" else None
    size = part.stat().st_size
    try:
        sha = pack_tarball(part, home, watch, known_sha=known)
        manifest = home.finish(version, sha)
    except NotUsable:
        forget(part)
        raise
    told = f"{shown_address(choice.address)}, {verified}"
    return _Packed(manifest, _source(choice, size=size, mtime=None), told, lambda: forget(part))


def _verified(choice: FetchChoice, part: Path, wanted: str | None, watch: Watch, pause: float) -> str:
    """Download until the checksum fits: a part of an earlier run that spoils it is tried once without."""
    while True:
        got = download(
            choice.address,
            part,
            choice.connect_timeout,
            watch,
            trusted=wanted is not None,
            algorithm=choice.algorithm,
            pause=pause,
        )
        if wanted is None or got.digest == wanted:
            return got.digest
        forget(part)
        if not got.resumed:
            raise NotUsable(
                f"what arrived does not match its checksum (wanted {wanted[:16]}…, got {got.digest[:16]}…)"
            )


def _pack_pypi(choice: FetchChoice, version: str, tar: Path, home: HomeTar, watch: Watch) -> _Packed:
    folder = tar.with_name(f"{tar.name}.packages")
    try:
        with fetch_packages(choice.address, folder, watch) as packages:
            size = sum(package.stat().st_size for package in packages)
            pack_packages(packages, home)
            manifest = home.finish(version, None)
    except PypiFailed as failed:
        raise NotUsable(str(failed)) from failed
    told = f"the Python packages of Flink {version}, fetched by pip"
    return _Packed(manifest, _source(choice, size=size, mtime=None), told)


def _source(choice: FetchChoice, *, size: int, mtime: int | None) -> Mapping[str, Any]:
    return {"kind": choice.kind, "address": shown_address(choice.address), "size": size, "mtime": mtime}


def _named(choice: FetchChoice) -> str:
    return "Python packages, by pip" if choice.kind == "pypi" else shown_address(choice.address)


def _is_done(fetch: Fetch, tar: Path) -> bool:
    """Whether somebody else finished it meanwhile, from what the choices name now."""
    try:
        noted: object = json.loads(tar.with_name(tar.name + ".manifest.json").read_text())
        size = tar.stat().st_size
    except (OSError, ValueError):
        return False
    if not isinstance(noted, dict):
        return False
    manifest = cast("dict[str, Any]", noted)
    if manifest.get("version") != fetch.version or manifest.get("size") != size:
        return False
    source: dict[str, Any] = manifest.get("source") or {}
    for choice in fetch.choices:
        if choice.kind == "path" and (path := Path(choice.address)).exists():
            seen = path.stat()
            return (source.get("size"), source.get("mtime")) == (seen.st_size, int(seen.st_mtime))
    return True


@contextlib.contextmanager
def _alone(tar: Path, watch: Watch) -> Generator[None]:
    """One at a time for each tar of the cache; the kernel frees the lock of a program that was killed."""
    with tar.with_name(f".{tar.name}.lock").open("w") as lock:
        while not _locked(lock):
            watch.pause(POLL)
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    with unfinished.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _cache_failed(fetch: Fetch, tar: Path, error: OSError) -> CommandFailed:
    said, name = error.strerror or str(error), PRODUCTS[fetch.product].name
    room = "1.2" if fetch.product == "flink" else "4"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CommandFailed(
            HERE,
            f"There is no room for {name} {fetch.version} in {tar.parent}.",
            said,
            f"Make room in {tar.parent} ({name} takes up to {room} GB while it is obtained), or name another cache "
            "directory in XDG_CACHE_HOME, and run again.",
        )
    return CommandFailed(
        HERE,
        f"{name} {fetch.version} cannot be kept in {tar.parent}.",
        f"{error.filename or tar}: {said}",
        f"Make {tar.parent} writable, or name another cache directory in XDG_CACHE_HOME, and run again.",
    )
