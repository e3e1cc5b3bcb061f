"""The tar file of the cache: one home with neutral owners, plain names and its own manifest as last member.

Knows what such a file must hold and refuses what must not be in it, whoever made the archive. It must not know
where members come from.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import tarfile
from collections.abc import Mapping
from typing import IO, Any

from ..product import FLINK, Product
from .watch import CHUNK, NotUsable, Readable, Watch

MANIFEST = ".flink-wizard/manifest.json"
_BLOCK = 512
_LARGEST = 16 * 1024**3
"""Bytes of all members. No Flink comes near; an archive made to fill a disk ends here."""


def safe_path(name: str) -> str:
    """The relative path of a member, "" for the top itself.

    Raises:
        NotUsable: it is absolute, leads out of the tree, or holds a control character.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or re.search(r"[\x00-\x1f\x7f]", name):
        raise NotUsable(f"it holds a member that no such archive has: {name!r}")
    return "/".join(parts)


class HomeTar:
    """Writes the tar of one home into `file`, which must be open for reading and writing, at its start.

    Members of its logs and earlier manifests are left out. Modes keep what the owner, readers and runners may do; what
    lies in bin/ as a script can be run.
    """

    def __init__(self, file: IO[bytes], watch: Watch, product: Product = FLINK) -> None:
        self.product = product
        self._dropped = (product.logs, ".flink-wizard")
        self._file = file
        self._watch = watch
        self._total = 0
        self._files: dict[str, tuple[int, int, str, str]] = {}
        self._offsets: dict[str, int] = {}
        self._links: dict[str, str] = {}
        self._directories: set[str] = set()

    def holds(self, path: str) -> bool:
        return path in self._files or path in self._links

    def add(self, path: str, size: int, mode: int, mtime: float, content: Readable) -> None:
        """One file; `size` in bytes, `mtime` in seconds since 1970.

        Raises:
            NotUsable: the content is shorter than said, or the path is taken.
            ConnectionFailed: a stop was asked for.
        """
        if path.partition("/")[0] in self._dropped:
            return
        self._claim(path)
        self._total += size
        if self._total > _LARGEST:
            raise NotUsable(f"it holds more than 16 GiB, which is no {self.product.name}")
        seconds = max(0, int(mtime))
        self._parents(path, seconds)
        mode = self._mode(path, mode)
        self._header(f"./{path}", size, mode, seconds, tarfile.REGTYPE)
        self._offsets[path] = self._file.tell()
        digest = hashlib.sha256()
        left = size
        while left:
            self._watch.check()
            chunk = content.read(min(left, CHUNK))
            if not chunk:
                raise NotUsable(f"it ends in the middle of {path}")
            digest.update(chunk)
            self._file.write(chunk)
            left -= len(chunk)
        self._pad(size)
        self._files[path] = (size, seconds, f"{mode:04o}", digest.hexdigest())

    def link(self, path: str, target: str) -> None:
        """A second name of a file or folder of the home, by the target's own path in it; becomes a copy.

        Links are not sent to hosts: not every tar keeps a link's time, by which a home is compared.
        """
        if path.partition("/")[0] not in self._dropped:
            self._claim(path)
            self._links[path] = target

    def finish(self, version: str, archive_sha: str | None) -> Mapping[str, Any]:
        """Write the manifest and the end of the tar; the answer is the manifest.

        `archive_sha` is the SHA-512 of the archive; None: the hash is made of what the members hold.

        Raises:
            NotUsable: this is another product or version, or a link leads nowhere.
        """
        self._copy_links()
        product = self.product
        found = product.version_of(self._files)
        if found is None or not any(path in self._files for path in product.needed):
            missing = product.jar if found is None else product.needed[0]
            raise NotUsable(f"it holds no {product.name}: there is no {missing}")
        if found != version:
            raise NotUsable(f"the archive holds {product.name} {found}, the answers ask for {version}")
        latest = max(mtime for _, mtime, _, _ in self._files.values())
        self._folder(product.logs, latest)
        manifest = {
            "version": version,
            "archive_sha": archive_sha or self._content_sha(),
            "shipped_conf": {
                posixpath.basename(path): digest
                for path, (_, _, _, digest) in self._files.items()
                if posixpath.dirname(path) == self._conf()
            },
            "files": {path: list(record) for path, record in self._files.items()},
        }
        text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        self._folder(posixpath.dirname(MANIFEST), latest)
        self._header(f"./{MANIFEST}", len(text), 0o644, latest, tarfile.REGTYPE)
        self._file.write(text)
        self._pad(len(text))
        self._file.write(bytes(2 * _BLOCK))
        return manifest

    def _conf(self) -> str:
        """Where the configuration lies in this home: the first of the product's places that it has."""
        held = {posixpath.dirname(path) for path in self._files}
        return next((place for place in self.product.conf if place in held), self.product.conf[0])

    def _claim(self, path: str) -> None:
        parents = {path[: match.start()] for match in re.finditer("/", path)}
        if not path or self.holds(path) or path in self._directories or any(map(self.holds, parents)):
            raise NotUsable(f"it holds {path or 'its own top'} twice")

    def _mode(self, path: str, mode: int) -> int:
        kept = (mode & 0o755) | 0o600
        name = posixpath.basename(path)
        script = path.partition("/")[0] in self.product.script_dirs and (
            name.endswith(".sh") or "." not in name
        )
        return kept | 0o755 if script or mode & 0o100 else kept

    def _parents(self, path: str, mtime: int) -> None:
        for match in re.finditer("/", path):
            self._folder(path[: match.start()], mtime)

    def _folder(self, path: str, mtime: int) -> None:
        if path not in self._directories:
            self._directories.add(path)
            self._header(f"./{path}/", 0, 0o755, mtime, tarfile.DIRTYPE)

    def _header(self, name: str, size: int, mode: int, mtime: int, kind: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime, member.type = size, mode, mtime, kind
        self._file.write(member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))

    def _pad(self, size: int) -> None:
        self._file.write(bytes(-size % _BLOCK))

    def _copy_links(self) -> None:
        while self._links:
            done = [path for path, target in list(self._links.items()) if self._copy_link(path, target)]
            if not done:
                path, target = next(iter(self._links.items()))
                raise NotUsable(f"its link {path} leads to {target}, which is not in it")

    def _copy_link(self, path: str, target: str) -> bool:
        """Whether the link's target is all there, and so became a copy."""
        if any(link == target or link.startswith(f"{target}/") for link in self._links if link != path):
            return False
        if path.startswith(f"{target}/") or target == "":
            raise NotUsable(f"its link {path} leads into itself")
        below = [name for name in self._files if name == target or name.startswith(f"{target}/")]
        if not below:
            return False
        del self._links[path]
        for name in below:
            size, mtime, mode, _ = self._files[name]
            content = _Stretch(self._file, self._offsets[name])
            self.add(path + name.removeprefix(target), size, int(mode, 8), mtime, content)
        return True

    def _content_sha(self) -> str:
        """Without times: the same files packed on another day, or for another Python, are the same Flink."""
        seen = {path: (size, mode, digest) for path, (size, _, mode, digest) in self._files.items()}
        return hashlib.sha512(json.dumps(seen, sort_keys=True).encode()).hexdigest()


class _Stretch:
    """Reads from a place of a file that is being written at its end, without moving that end."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        file.flush()
        self._number = file.fileno()
        self._offset = offset

    def read(self, size: int, /) -> bytes:
        piece = os.pread(self._number, size, self._offset)
        self._offset += len(piece)
        return piece
