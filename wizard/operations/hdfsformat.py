"""The format of a NameNode: only where certainly nothing is, in its directories and in those of every DataNode.

Knows what a format would lose. Nothing here deletes a file, and no command formats a directory that the same shell has not
just seen empty. It must not know how an answer allowed it (decision 008).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, shell
from ..facts import ClusterFacts, PathFacts
from ..hadoop.catalogue import Hadoop, directories_of
from ..needs import Daemons, Home, Need, Paths, Storage
from ..servicefacts import StorageFacts
from .hadoopconf import AS_ITS_SCRIPTS, site_value
from .hdfsstorage import described, differing
from .operation import CannotOperate, NotNow, Operation
from .places import absolute, path_at

_FORMAT = (
    "home=$1 conf=$2 kind=$3 run=$4 aside=$5\nshift 5\n"
    + AS_ITS_SCRIPTS
    + """refuse() { echo "$*: nothing was formatted" >&2; exit 1; }
bare() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  [ -d "$1" ] || refuse "$1 is not a directory"
  seen=$(ls -A "$1") || refuse "$1 cannot be read"
  [ -z "$seen" ] || refuse "$1 is not empty"
}
# What an earlier format began and did not end is moved aside, never removed. It is known by its mark.
while [ "$aside" -gt 0 ]; do
  aside=$((aside - 1))
  [ -e "${1%/*}/.${1##*/}.flink-wizard-formatting" ] || refuse "$1 has no mark of an interrupted format"
  mv "$1" "$1.$run.bak" || exit
  shift
done
for dir in "$@"; do bare "$dir"; done
for dir in "$@"; do
  mkdir -p "${dir%/*}" && : > "${dir%/*}/.${dir##*/}.flink-wizard-formatting" || exit
  if [ "$kind" = missing ]; then
    if [ -d "$dir" ]; then rmdir "$dir" || exit; fi
  elif [ ! -d "$dir" ]; then
    mkdir "$dir" || exit
  fi
done
for dir in "$@"; do bare "$dir"; done
@FORMAT@ </dev/null || exit
for dir in "$@"; do
  [ -s "$dir/current/VERSION" ] || { echo "the format made no $dir/current/VERSION" >&2; exit 1; }
  chmod 700 "$dir" || exit
done
"""
)

_NOTE = """note=$1 run=$2
shift 2
mkdir -p "${note%/*}" || exit
for dir in "$@"; do
  printf '%s %s %s\\n' "$run" "$dir" "$(grep -E '^(clusterID|namespaceID)' "$dir/current/VERSION" | tr '\\n' ' ')"
done > "$note.part" && mv "$note.part" "$note" || exit
for dir in "$@"; do rm -f "${dir%/*}/.${dir##*/}.flink-wizard-formatting"; done
"""


@dataclass(frozen=True)
class FormatNameNode(Operation):
    """A new, empty file system in the NameNode's directories, where nothing is in them nor in any DataNode's.

    `others` are (host, directories) that must be bare too: those of the DataNodes, and those that a configuration names
    today. `note` is where it is written down that this cluster's HDFS was formatted. `unknown` are hosts whose
    configuration could not be read, so that their directories are not known.
    """

    touched = (Storage, Paths)
    hadoop: Hadoop
    home: str
    conf_dir: str
    dirs: tuple[str, ...]
    others: tuple[tuple[str, tuple[str, ...]], ...]
    allowed: bool
    note: str
    run_id: str
    unknown: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return "format-namenode"

    @property
    def title(self) -> str:
        return f"Format the NameNode: {', '.join(self.dirs)}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {
            host: (Storage(dirs),) for host, dirs in self.others if host != self.host and dirs
        }
        own = tuple(dict.fromkeys((*self.dirs, *(dict(self.others).get(self.host, ())))))
        home = Home(self.home, self.conf_dir, "hadoop")
        wanted[self.host] = (Storage(own), Daemons(), home, Paths(texts=(self.note,)))
        return wanted

    def satisfied(self, facts: ClusterFacts) -> bool:
        stores = self._stores(facts)
        whole = all(store is not None and store.state == "formatted" for store in stores)
        return whole and not any(store.interrupted for store in stores if store) and not self._differ(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        stores = self._known(facts)
        note = absolute(self.note, facts[self.host])
        noting = shell(_NOTE, note, self.run_id, *self.dirs, why="note that it was formatted")
        if differ := self._differ(facts):
            raise CannotOperate(
                "The directories of the NameNode belong to different file systems.",
                differ,
                "Stop the NameNode and keep the directory that is right; move the other one away yourself.",
            )
        if all(store.state == "formatted" for store in stores):
            return (noting,)
        aside = self._interrupted(facts, stores)
        found = [
            f"{host}:{store.path}: {described(store)}"
            for host, store in self._all(facts)
            if not store.bare and not (host == self.host and store.path in aside)
        ]
        if found:
            raise self._refusal(facts, stores, found)
        self._agreed(facts)
        script = _FORMAT.replace("@FORMAT@", self._format_line())
        kind = "missing" if self.hadoop.format_needs_missing else "empty"
        run = shell(
            script,
            self.home,
            self.conf_dir,
            kind,
            self.run_id,
            str(len(aside)),
            *aside,
            *self.dirs,
            why="format, if the directories are still empty",
            timeout=300.0,
        )
        return (run, noting)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        same = MappingProxyType({"storageType": "NAME_NODE", self.hadoop.storage_id: "new"})
        old = facts[self.host].storage
        made = [
            replace(
                old.get(path) or StorageFacts(path, "missing"),
                state="formatted",
                version=same,
                entries=("current",),
                interrupted=False,
            )
            if old.get(path) is None or old[path].state != "formatted"
            else replace(old[path], interrupted=False)
            for path in self.dirs
        ]
        facts = facts.changed_storage(self.host, *made)
        noted = PathFacts(self.note, "file", text="".join(f"{self.run_id} {path}\n" for path in self.dirs))
        return facts.changed_path(self.host, noted)

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        seen = "\n".join(f"{store.path}: {described(store)}" for store in self._stores(facts) if store)
        return (seen, f"Read the newest files in {self.home}/logs on {self.host}.")

    def _format_line(self) -> str:
        """The catalogue's own words; what an answer or a host said goes in as an argument only."""
        words = ('"$conf"' if word == "{conf}" else word for word in self.hadoop.format)
        return '"$home"/' + " ".join(words)

    def _agreed(self, facts: ClusterFacts) -> None:
        """All that must be so before anything is formatted. Raises CannotOperate."""
        host = facts[self.host]
        running = [one for one in host.daemons or () if one.kind == "namenode"]
        if running:
            raise CannotOperate(
                f"A NameNode runs on {self.host}, so nothing is formatted there.",
                f"process {running[0].pid} of {running[0].home or 'an unknown home'}",
                "Stop it, or choose another host for the NameNode.",
            )
        before = path_at(host, self.note)
        if before is not None and before.text and before.text.strip():
            raise CannotOperate(
                "The HDFS of this cluster was formatted before, and its directories are bare now.",
                before.text.strip().splitlines()[0],
                f"See that the disk of {', '.join(self.dirs)} is mounted on {self.host}. If that HDFS is given up, "
                f"remove {self.note} there and run again.",
            )
        said = site_value(facts, self.host, self.home, "hdfs-site.xml", self.hadoop.keys.name_dir)
        if said is None or directories_of(said) != self.dirs:
            raise CannotOperate(
                "Hadoop's configuration names other directories than those that were looked at.",
                f"{self.conf_dir}/hdfs-site.xml: {self.hadoop.keys.name_dir} = {said or 'not set'}",
                "Run again: the configuration is written first.",
            )
        if not self.allowed:
            raise CannotOperate(
                f"The NameNode of {self.host} has no file system yet, and the answers do not allow a format.",
                ", ".join(f"{store.path} is {store.state}" for store in self._stores(facts) if store),
                "Write hdfs.format: if-empty in the answers. Only empty or missing directories are ever formatted.",
            )

    def _refusal(
        self, facts: ClusterFacts, stores: tuple[StorageFacts, ...], found: list[str]
    ) -> CannotOperate:
        formatted = [store.path for store in stores if store.state == "formatted"]
        bare = [store.path for store in stores if store.bare]
        if formatted and bare and len(formatted) + len(bare) == len(stores):
            return CannotOperate(
                f"{', '.join(bare)} on {self.host} is empty, while {formatted[0]} holds the file system.",
                "\n".join(found),
                f"Nothing is formatted. Stop the NameNode and copy the image: cp -a {formatted[0]}/. {bare[0]}/",
            )
        if any(store.state == "partial" for store in stores):
            return CannotOperate(
                f"A directory of the NameNode on {self.host} is half formatted, and not by this wizard.",
                "\n".join(found),
                "Nothing is formatted. If nothing in it is wanted, move it away yourself (mv, not rm) and run again; "
                "if it was a file system, bring its image back from a backup.",
            )
        return CannotOperate(
            f"Nothing is formatted on {self.host}: data was found, and a format would make it unreadable for good.",
            "\n".join(found),
            "Name other directories in hdfs.name_dirs and hdfs.data_dirs, bring back the directory of the NameNode "
            "that belongs to this data, or move the data away yourself.",
        )

    def _interrupted(self, facts: ClusterFacts, stores: tuple[StorageFacts, ...]) -> tuple[str, ...]:
        """Directories that a format of this wizard began: all others of the NameNode are bare, and so are all others."""
        begun = tuple(store for store in stores if not store.bare)
        own = {store.path for store in begun}
        others = (
            store.bare for host, store in self._all(facts) if host != self.host or store.path not in own
        )
        known = all(store.interrupted and store.state in {"partial", "formatted"} for store in begun)
        return tuple(store.path for store in begun) if known and all(others) else ()

    def _stores(self, facts: ClusterFacts) -> tuple[StorageFacts | None, ...]:
        return tuple(facts[self.host].storage.get(path) for path in self.dirs)

    def _known(self, facts: ClusterFacts) -> tuple[StorageFacts, ...]:
        """The NameNode's own directories, once every directory of the cluster is known. Raises NotNow, CannotOperate."""
        for host, dirs in self.others:
            if facts[host].failure is not None and dirs:
                raise NotNow(
                    f"{host} could not be reached, and what lies in its directories must be known first"
                )
        missing = [f"{host}:{path}" for host, path in self._asked() if path not in facts[host].storage]
        if missing or self.unknown:
            raise CannotOperate(
                "What lies in some directories is not known, so nothing is formatted.",
                "\n".join(
                    (*missing, *(f"{host}: Hadoop's configuration cannot be read" for host in self.unknown))
                ),
                "See that the login user may look into them, then run again.",
            )
        return tuple(store for store in self._stores(facts) if store is not None)

    def _asked(self) -> Iterator[tuple[str, str]]:
        for path in self.dirs:
            yield self.host, path
        for host, dirs in self.others:
            for path in dirs:
                yield host, path

    def _all(self, facts: ClusterFacts) -> Iterator[tuple[str, StorageFacts]]:
        for host, path in dict.fromkeys(self._asked()):
            store = facts[host].storage.get(path)
            if store is not None:
                yield host, store

    def _differ(self, facts: ClusterFacts) -> str:
        return differing(self.hadoop, self._stores(facts))
