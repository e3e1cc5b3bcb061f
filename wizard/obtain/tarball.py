"""Reads what an operator or a mirror gives as a Flink or a Hadoop: a tar file, packed or not, or a folder.

Knows the shapes that such an archive has, and that it may be damaged or meant badly. It must not know where the
archive came from, nor what becomes of its members.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from .hometar import HomeTar, safe_path
from .watch import CHUNK, NotUsable, Readable, Watch

_DAMAGED = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    OverflowError,
)


def pack_tarball(archive: Path, home: HomeTar, watch: Watch, *, known_sha: str | None = None) -> str:
    """Put all members of the archive into `home`; the answer is the archive's SHA-512.

    With `known_sha` the archive was hashed before, and progress is not reported a second time.

    Raises:
        NotUsable: it is no tar file, is damaged, or holds what a home never holds.
        ConnectionFailed: a stop was asked for.
    """
    try:
        raw = archive.open("rb")
    except OSError as error:
        raise NotUsable(error.strerror or str(error)) from error
    with raw:
        source = _Hashed(raw, os.fstat(raw.fileno()).st_size, watch, known_sha)
        try:
            _members(_unpacked(raw, source), home)
        except _DAMAGED as error:
            raise NotUsable(f"it is damaged: {error or 'it ends too early'}") from error
        while source.read(CHUNK):
            pass
        return source.sha()


def pack_folder(folder: Path, home: HomeTar, watch: Watch) -> None:
    """Put a home that lies unpacked into `home`; links in it are followed.

    Raises:
        NotUsable: something in it cannot be read.
        ConnectionFailed: a stop was asked for.
    """
    files = list(_walk(folder, frozenset(), home.product.logs))
    total = sum(path.stat().st_size for path in files)
    done = 0
    for path in files:
        try:
            content = path.open("rb")
        except OSError as error:
            raise NotUsable(f"{path}: {error.strerror}") from error
        with content:
            state = os.fstat(content.fileno())
            name = safe_path(path.relative_to(folder).as_posix())
            home.add(name, state.st_size, state.st_mode, state.st_mtime, content)
        done += state.st_size
        watch.at(done, total)


def _walk(folder: Path, above: frozenset[Path], logs: str) -> Iterator[Path]:
    here = folder.resolve()
    if here in above:
        raise NotUsable(f"{folder} is a link that leads into itself")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise NotUsable(f"{folder}: {error.strerror}") from error
    for entry in entries:
        if not above and entry.name in (logs, ".flink-wizard"):
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {here}, logs)
        elif entry.is_file():
            yield entry


class _Hashed:
    """The archive's bytes as they are read, hashed and counted on the way."""

    def __init__(self, raw: IO[bytes], total: int, watch: Watch, known_sha: str | None) -> None:
        self._raw = raw
        self._total = total
        self._done = 0
        self._watch = watch
        self._known = known_sha
        self._digest = hashlib.sha512()

    def read(self, size: int = -1, /) -> bytes:
        try:
            piece = self._raw.read(size)
        except OSError as error:
            raise NotUsable(error.strerror or str(error)) from error
        self._done += len(piece)
        if self._known is None:
            self._digest.update(piece)
            self._watch.at(self._done, self._total)
        else:
            self._watch.check()
        return piece

    def sha(self) -> str:
        return self._known or self._digest.hexdigest()


def _unpacked(raw: IO[bytes], source: _Hashed) -> Readable:
    """A reader of the tar inside, chosen by how the file begins and not by its name."""
    start = raw.read(tarfile.BLOCKSIZE)
    raw.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=cast("IO[bytes]", source))
    if start.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(cast("IO[bytes]", source))
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        seen = f"begins with {start[:24].decode('ascii', 'replace')!r}" if start else "is empty"
        raise NotUsable(f"it is no tar file: it {seen}") from error
    return source


def _members(plain: Readable, home: HomeTar) -> None:
    """Every member by its path in the home; an archive has one folder at its top, or is the home itself."""
    top: str | None = None
    with tarfile.open(fileobj=cast("IO[bytes]", plain), mode="r|", bufsize=CHUNK, errorlevel=1) as opened:
        for member in opened:
            path = safe_path(member.name)
            if member.isdir() or posixpath.basename(path).startswith("._"):
                continue
            if member.issparse() or not (member.isreg() or member.issym() or member.islnk()):
                raise NotUsable(f"it holds a member that no such archive has: {member.name!r}")
            if top is None:
                first, _, below = path.partition("/")
                top = first if below and first not in home.product.tops else ""
            inner = _inside(path, top)
            if member.isreg():
                content = cast("IO[bytes]", opened.extractfile(member))
                home.add(inner, member.size, member.mode, member.mtime, content)
            else:
                home.link(inner, _target(member, path, top))
        _drain(cast("Readable", opened.fileobj))


def _inside(path: str, top: str) -> str:
    if not top:
        return path
    if not path.startswith(f"{top}/"):
        raise NotUsable(f"it holds {path!r} beside {top!r}: an archive has one folder at its top")
    return path.removeprefix(f"{top}/")


def _target(member: tarfile.TarInfo, path: str, top: str) -> str:
    """What a link in the archive leads to, by its path in the home. NotUsable: out of the home."""
    named = member.linkname
    if member.issym():
        if named.startswith("/"):
            raise NotUsable(f"its link {path} leads out of it, to {named}")
        named = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
    if named.startswith("../") or named == ".." or (top and not f"{named}/".startswith(f"{top}/")):
        raise NotUsable(f"its link {path} leads out of it, to {member.linkname}")
    target = safe_path(named)
    return target.removeprefix(top).lstrip("/") if top else target


def _drain(rest: Readable) -> None:
    """Read to the end, so that a packed file's checksum is looked at; only padding may follow a tar."""
    while piece := rest.read(CHUNK):
        if piece.strip(b"\0"):
            raise NotUsable("it is damaged: its list of members breaks off")
