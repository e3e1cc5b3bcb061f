"""How an imagined host answers needs: as a fresh machine with nothing of Flink on it would.

Knows needs and facts. It must not know who imagines the host, nor read anything of this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .facts import (
    DiskFacts,
    HomeFacts,
    HostFacts,
    PathFacts,
)
from .javachoice import home_question
from .needs import Ask, Home, Known, Logins, Names, Need, Paths, Rest, Storage, Tcp
from .product import PRODUCTS
from .servicefacts import CommandFacts, LoginFacts, RestFacts, StorageFacts

_DIRECTORIES = ("/", "/home", "/opt", "/usr", "/var", "/srv", "/tmp")
_FREE_MIB = 50_000
"""Free space where the host has no disk to say it."""


def home_of(user: str) -> str:
    """The home directory of an account on an imagined host."""
    return "/root" if user == "root" else f"/home/{user}"


def answered(
    host: HostFacts, needs: Sequence[Need], resolve: Callable[[str], tuple[str, ...]] | None = None
) -> HostFacts:
    """The host's facts with an answer to each need; names are answered where `resolve` knows their addresses."""
    for need in needs:
        more: dict[str, Any] = {
            name: MappingProxyType(value) for name, value in _answer(host, need, resolve).items()
        }
        host = host.merged(HostFacts(host.name, imagined=True, **more))
    return host


def _answer(
    host: HostFacts, need: Need, resolve: Callable[[str], tuple[str, ...]] | None
) -> Mapping[str, Mapping[Any, Any]]:
    match need:
        case Names():
            return {"names": {name: resolve(name) for name in need.names}} if resolve else {}
        case Home():
            place = _path(host, need.path)
            conf = need.conf_dir or f"{need.path}/{PRODUCTS[need.product].conf[0]}"
            home = HomeFacts(need.path, False, conf_dir=conf, writable=place.writable, fstype=place.fstype)
            return {"homes": {need.path: home}}
        case Paths():
            return {"paths": {path: _path(host, path) for path in (*need.paths, *need.texts, *need.sums)}}
        case Storage():
            return {"storage": {path: _store(host, path) for path in need.paths}}
        case Known():
            return {"known": dict.fromkeys(need.names, ())}
        case Logins():
            refused = LoginFacts(False, evidence="Permission denied (publickey,password).")
            return {"logins": dict.fromkeys(need.names, refused)}
        case Rest():
            return {"rest": {need.key: RestFacts(False, evidence="Connection refused")}}
        case Tcp():
            return {"tcp": dict.fromkeys(need.targets, "refused")}
        case Ask():
            homes = {home_question(java.home): java.home for java in host.javas or ()}
            found = homes.get(need.name)
            return {"commands": {need.name: CommandFacts(0 if found else 1, found or "")}}
        case _:
            return {}


def _store(host: HostFacts, path: str) -> StorageFacts:
    """No HDFS was ever there."""
    place = _path(host, path)
    return StorageFacts(
        path, "missing", writable=place.writable, fstype=place.fstype, free_mib=place.free_mib
    )


def _path(host: HostFacts, path: str) -> PathFacts:
    """Directories that every host has are there, nothing else is; the account may write below its own."""
    account = host.home or "/"
    real = account + path[1:] if path == "~" or path.startswith("~/") else path
    disks = host.disks or ()
    mounts = {one.mount for one in disks} - {"/"}
    disk = _disk_of(real, disks)
    mine = any(_below(real, top) for top in (account, "/tmp", *mounts))
    there = real in (*_DIRECTORIES, *mounts, account)
    return PathFacts(
        path,
        "directory" if there else "missing",
        mode=(0o1777 if real == "/tmp" else 0o755) if there else None,
        owner=(host.user or "" if mine and real != "/tmp" else "root") if there else "",
        writable=mine or host.uid == 0,
        fstype=disk.fstype if disk else "ext4",
        free_mib=disk.free_mib if disk else _FREE_MIB,
    )


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _disk_of(path: str, disks: Iterable[DiskFacts]) -> DiskFacts | None:
    above = (disk for disk in disks if _below(path, disk.mount))
    return max(above, key=lambda disk: len(disk.mount), default=None)
