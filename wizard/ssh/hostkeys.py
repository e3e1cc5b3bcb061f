"""Which host keys are known: the operator's known_hosts files, read as OpenSSH does, and the wizard's own.

Knows the file format (hashed names, [host]:port, patterns, @revoked) and SHA-256 fingerprints; MD5 is never
used, so that it works under FIPS. It must not know connections, and only appends to the wizard's own file.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["known", "unknown", "changed", "revoked"]

ALGORITHMS: dict[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Key type in a file → signature algorithms that can prove it (ssh-rsa's SHA-1 signatures are not taken)."""


@dataclass(frozen=True, slots=True)
class UnknownHostKey:
    """A key that nobody confirmed yet: what the operator compares before saying yes."""

    host: str
    address: str
    port: int
    key_type: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a known_hosts file."""

    names: str
    key_type: str
    blob: bytes
    file: Path
    line: int
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What the files say about a key; `entries` are the lines that speak for or against it."""

    verdict: Verdict
    entries: tuple[Entry, ...] = ()


def fingerprint(blob: bytes) -> str:
    """The SHA-256 fingerprint of a public key, written as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def lookup_name(host: str, port: int) -> str:
    """The name under which OpenSSH files a host: `host`, or `[host]:port` where the port is not 22."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


class HostKeys:
    """The known keys of all files; `own` is the only file that is written to, None for none."""

    def __init__(self, files: Iterable[Path], own: Path | None = None) -> None:
        self._own = own
        paths: list[Path] = [*files, *([own] if own else [])]
        self._entries = [entry for path in dict.fromkeys(paths) for entry in read(path)]

    def check(self, host: str, port: int, blob: bytes) -> Check:
        """Judge a key that `host` presents.

        A key of a new type is "changed" where another usable type is known: the types that are known are
        negotiated first (`algorithms`), so the host no longer has the key it had.
        """
        filed = self._filed(host, port)
        revoked = tuple(entry for entry in filed if entry.revoked and entry.blob == blob)
        if revoked:
            return Check("revoked", revoked)
        plain = tuple(entry for entry in filed if not entry.revoked)
        same = tuple(entry for entry in plain if entry.blob == blob)
        if same:
            return Check("known", same)
        if port != 22 and not plain:
            bare = self._filed(host, 22)
            if any(entry.revoked and entry.blob == blob for entry in bare):
                return Check("revoked", tuple(entry for entry in bare if entry.revoked))
            same = tuple(entry for entry in bare if not entry.revoked and entry.blob == blob)
            return Check("known", same) if same else Check("unknown")
        usable = tuple(entry for entry in plain if entry.key_type in ALGORITHMS)
        return Check("changed", usable) if usable else Check("unknown")

    def algorithms(self, host: str, port: int, preferred: Sequence[str]) -> tuple[str, ...]:
        """`preferred` reordered: those first that prove a key which is already known for this host."""
        filed = self._filed(host, port) or (self._filed(host, 22) if port != 22 else [])
        known = {name for entry in filed if not entry.revoked for name in ALGORITHMS.get(entry.key_type, ())}
        return tuple(sorted(preferred, key=lambda name: name not in known))

    def accept(self, host: str, port: int, key_type: str, blob: bytes) -> None:
        """Remember a key in the own file: one appended line under a lock, nothing rewritten.

        Raises:
            OSError: the file cannot be written.
        """
        name = lookup_name(host, port)
        if self._own is None:
            return
        self._own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._own, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            newline = b"" if size == 0 or file.read(1) == b"\n" else b"\n"
            present = any(_matches(entry.names, name) and entry.blob == blob for entry in read(self._own))
            if not present:
                key = base64.b64encode(blob)
                file.write(newline + name.encode() + b" " + key_type.encode() + b" " + key + b"\n")
        self._entries.append(Entry(name, key_type, blob, self._own, 0))

    def _filed(self, host: str, port: int) -> list[Entry]:
        name = lookup_name(host, port)
        return [entry for entry in self._entries if _matches(entry.names, name)]


def read(path: Path) -> list[Entry]:
    """The entries of one file; a missing or unreadable file has none, a malformed line is passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    parsed = (_parse(line.decode("utf-8", "replace"), path, number) for number, line in enumerate(lines, 1))
    return [entry for entry in parsed if entry is not None]


def _parse(line: str, path: Path, number: int) -> Entry | None:
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if len(words) < 3 or marker not in ("", "@revoked"):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return Entry(words[0], words[1], blob, path, number, revoked=marker == "@revoked")


def _matches(names: str, name: str) -> bool:
    if names.startswith("|1|"):
        return _matches_hash(names, name)
    found = False
    for pattern in names.split(","):
        negated = pattern.startswith("!")
        if _glob(pattern.removeprefix("!").lower(), name):
            if negated:
                return False
            found = True
    return found


def _matches_hash(hashed: str, name: str) -> bool:
    parts = hashed.split("|")
    if len(parts) != 4:
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)


def _glob(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), name) is not None
