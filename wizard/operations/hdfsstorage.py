"""The directories of an HDFS: what lies in one, and those of a DataNode, made where they are missing.

Knows what a DataNode's start would lose. Nothing here deletes or moves a file. It must not know how a NameNode is formatted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from ..commands import Command, shell
from ..facts import ClusterFacts
from ..hadoop.catalogue import Hadoop
from ..needs import Need, Storage
from ..servicefacts import StorageFacts
from ..words import counted, ownership
from .operation import CannotOperate, Operation

_IDS = ("clusterID", "namespaceID")
"""Fields of VERSION by which NameNode and DataNodes know each other; which of them stand there, the generation says."""

_MAKE = """mode=$1
shift
for dir in "$@"; do
  [ -d "$dir" ] || { mkdir -p "$dir" && chmod "$mode" "$dir"; } || exit
done
"""


def described(store: StorageFacts) -> str:
    """What lies in a directory, as far as it could be read."""
    version = store.version
    parts: list[str] = []
    if version:
        ids = (f"{name} {version[name]}" for name in ("clusterID", "namespaceID") if version.get(name))
        parts.append(", ".join((version.get("storageType", "VERSION"), *ids)))
    elif store.state == "unreadable":
        parts.append("cannot be looked into")
    elif store.state == "partial":
        parts.append(f"a storage directory without VERSION ({', '.join(store.entries[:4])})")
    elif store.entries:
        parts.append("holds " + ", ".join(store.entries[:4]) + (" …" if len(store.entries) > 4 else ""))
    else:
        parts.append("not a directory" if store.state == "other" else store.state)
    if store.state == "partial" and version:
        parts.append("no image")
    if store.files:
        parts.append(counted(store.files, "file") + ("" if store.mib is None else f", {store.mib} MiB"))
    return "; ".join(parts)


@dataclass(frozen=True)
class MakeDataDirs(Operation):
    """The directories of a DataNode, empty or of the NameNode's own file system; nothing else is touched or served.

    A DataNode that finds a directory without VERSION clears what lies in it, so such a directory is refused here.
    """

    touched = (Storage,)
    hadoop: Hadoop
    dirs: tuple[str, ...]
    namenode: str
    name_dirs: tuple[str, ...]
    left: tuple[str, ...] = ()
    """Directories that the configuration names today and that would be left behind."""

    @property
    def id(self) -> str:
        return "make-data-dirs"

    @property
    def title(self) -> str:
        return f"Make the directories of the DataNode: {', '.join(self.dirs)}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own = tuple(dict.fromkeys((*self.dirs, *self.left)))
        if self.namenode == self.host:
            return {self.host: (Storage((*own, *self.name_dirs)),)}
        return {self.host: (Storage(own),), self.namenode: (Storage(self.name_dirs),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        stores = [facts[self.host].storage.get(path) for path in self.dirs]
        there = all(store is not None and store.state != "missing" for store in stores)
        return there and self.objection(facts) is None

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        if objection := self.objection(facts):
            raise objection
        missing = [path for path in self.dirs if facts[self.host].storage[path].state == "missing"]
        return (shell(_MAKE, f"{self.hadoop.data_mode:o}", *missing, why="empty directories for blocks"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        old = facts[self.host].storage
        made = (
            replace(old[path], state="empty", mode=self.hadoop.data_mode, writable=True)
            for path in self.dirs
            if old[path].state == "missing"
        )
        return facts.changed_storage(self.host, *made)

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        seen = (facts[self.host].storage.get(path) for path in self.dirs)
        return ("\n".join(f"{store.path}: {described(store)}" for store in seen if store), "Look at them.")

    def objection(self, facts: ClusterFacts) -> CannotOperate | None:
        """Why no DataNode may start on these directories, None when one may."""
        seen = facts[self.host].storage
        for path in self.dirs:
            store = seen.get(path)
            if store is None:
                return CannotOperate(f"What lies in {path} on {self.host} is not known.", "", "Run again.")
            if objection := self._of_one(store):
                return objection
        left = [seen[path] for path in self.left if path in seen and not seen[path].bare]
        if left:
            return CannotOperate(
                f"The DataNode of {self.host} would leave its blocks behind.",
                "\n".join(f"{self.host}:{store.path}: {described(store)}" for store in left),
                "Write these directories in hdfs.data_dirs too, or decommission the DataNode first.",
            )
        return self._other_cluster(facts)

    def _of_one(self, store: StorageFacts) -> CannotOperate | None:
        path, evidence = store.path, f"{self.host}:{store.path}: {described(store)}"
        if store.state == "missing" and not store.writable:
            return CannotOperate(
                f"{path} cannot be made on {self.host}.",
                "the directory above it may not be written by the login user",
                f"As root on {self.host}: install -d -m 700 -o USER {path}",
            )
        if store.state == "unreadable" or (store.state != "missing" and not store.writable):
            return CannotOperate(
                f"The login user may not use {path} on {self.host}.",
                f"{self.host}:{path}: {ownership(store.owner, store.mode)}",
                f"As root on {self.host}: chown -R USER {path}",
            )
        if store.state == "other":
            return CannotOperate(
                f"{path} on {self.host} holds what is not HDFS's.", evidence, "Name another directory."
            )
        if store.state == "partial" and set(store.entries) != {"in_use.lock"}:
            return CannotOperate(
                f"{path} on {self.host} has lost its VERSION; a DataNode that starts on it would clear it.",
                evidence,
                "Bring VERSION back from another directory of the same DataNode, or move the directory away yourself.",
            )
        kind = store.version.get("storageType", "DATA_NODE")
        if kind != "DATA_NODE":
            return CannotOperate(
                f"{path} on {self.host} is the directory of a {kind}.", evidence, "Name another directory."
            )
        return None

    def _other_cluster(self, facts: ClusterFacts) -> CannotOperate | None:
        """A DataNode whose directory is of another file system ends at once, with exit status 0."""
        names = [one for path in self.name_dirs if (one := facts[self.namenode].storage.get(path))]
        seen = facts[self.host].storage
        for path, name in product(self.dirs, _IDS):
            wanted = next((one.version[name] for one in names if one.version.get(name)), "")
            own = seen[path].version.get(name, "").removeprefix("0")
            if own and wanted and own != wanted and "new" not in (own, wanted):
                return CannotOperate(
                    f"The DataNode of {self.host} belongs to another HDFS.",
                    f"{name} of {self.namenode} = {wanted}\n{name} of {self.host}:{path} = {own}\n"
                    f"{self.host}:{path}: {described(seen[path])}",
                    "Was the NameNode formatted anew by mistake? Then bring its old directory back. If these blocks are "
                    f"not wanted, move them away yourself and run again: mv {path} {path}.bak",
                )
        return None


def differing(hadoop: Hadoop, stores: Iterable[StorageFacts | None]) -> str:
    """The directories of a NameNode that are not of one file system, "" when they are."""
    name = hadoop.storage_id
    ids = {store.path: store.version[name] for store in stores if store and store.version.get(name)}
    return (
        "\n".join(f"{path}: {name} {one}" for path, one in ids.items()) if len(set(ids.values())) > 1 else ""
    )
