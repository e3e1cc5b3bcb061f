"""A node's Flink home made anew from the master's: the same version and the same jars, with the node's own configuration.

The old home is kept beside it. Knows homes and streams; it must not know what was wrong with the old one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, Transfer, shell
from ..facts import ClusterFacts, HomeFacts
from ..needs import Daemons, Home, LogTail, Machine, Need, Paths
from .home import staging_of
from .operation import CannotOperate, Operation

_SWAP = """set -e
home=$1 new=$2 old=$3
[ -f "$new/bin/flink-daemon.sh" ] || { echo "the copy in $new is not complete" >&2; exit 1; }
rm -rf "$new/log"
mkdir -p "$new/log"
if [ -d "$home" ]; then
  if [ -d "$home/conf" ]; then cp -a "$home/conf/." "$new/conf/"; fi
  if [ -d "$home/log" ]; then cp -a "$home/log/." "$new/log/"; fi
  mv "$home" "$old"
fi
mv "$new" "$home"
"""


@dataclass(frozen=True)
class CopyHome(Operation):
    """The master's home on this node, at the same path. `run_id` names the backup of the old one."""

    touched = (Home, Paths, Machine, Daemons, LogTail)
    home: str
    master: str
    run_id: str
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "copy-flink"

    @property
    def title(self) -> str:
        return f"Copy Flink from {self.master} to {self.home}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        home = Home(self.home, self.conf_dir)
        return {self.host: (home, Daemons()), self.master: (home,)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        mine = facts[self.host].homes.get(self.home)
        source = facts[self.master].homes.get(self.home)
        return mine is not None and source is not None and same_flink(mine, source)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        source = facts[self.master].homes.get(self.home)
        if source is None or source.version is None:
            raise CannotOperate(
                f"There is no Flink on {self.master} to copy from.",
                f"{self.home} on {self.master} holds no flink-dist jar",
                "Install the master first: flink-wizard apply FILE",
            )
        new = staging_of(self.home)
        old = f"{self.home}.{self.run_id}.bak"
        return (
            Transfer(self.master, self.home, self.host, new, why="the master's own files"),
            shell(_SWAP, self.home, new, old, why="move the finished copy into place"),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        mine = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=False)
        source = facts[self.master].homes.get(self.home)
        if source is None:
            return facts
        conf = mine.conf if mine.exists and mine.conf else source.conf
        new = replace(source, conf=MappingProxyType(dict(conf)), leftovers=(), inode=mine.inode)
        return facts.changed_home(self.host, new)

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        del facts
        return (
            f"{posixpath.basename(self.home)} still differs from the one on {self.master}",
            "Run again: the copy is made anew and replaces this one only when it is whole.",
        )


def same_flink(mine: HomeFacts, source: HomeFacts) -> bool:
    """Whether two homes hold one Flink: version, Flink's own jars with their sizes, and nothing that the record misses."""
    return (
        mine.exists
        and mine.version == source.version
        and not odd_jars(mine, source)
        and not (mine.changed_files and any(name.startswith("lib/") for name in mine.changed_files))
    )


def odd_jars(mine: HomeFacts, source: HomeFacts) -> tuple[str, ...]:
    """Jars of lib/ that the two homes do not share, or whose sizes differ."""
    names = sorted({*mine.jars, *source.jars})
    return tuple(name for name in names if mine.jars.get(name) != source.jars.get(name))
