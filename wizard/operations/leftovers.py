"""Flink's temporary files on a host: what a killed daemon left behind in /tmp, and what a running one must find there.

Knows the names that Flink gives them, how they are listed, and how dead ones are removed. It must not judge how many
are too many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, shell
from ..facts import ClusterFacts, HostFacts
from ..needs import Ask, Daemons, Need
from ..servicefacts import CommandFacts
from .operation import Operation

TEMPORARY = "/tmp"
"""Where Java and Flink put them unless told otherwise; pid files lie there too and are none of these."""

QUESTION = "temporary files of Flink"

_NAMES = (
    "flink-io-*",
    "flink-netty-shuffle-*",
    "flink-dist-cache-*",
    "flink-web-*",
    "flink-rpc-akka*.jar",
    "tm_*",
    "jm_*",
    "blobStore-*",
    "archivedApplicationStore-*",
    "rocksdb-lib-*",
    "jaas-*.conf",
)

_LIST = r"""cd "$1" 2>/dev/null || exit 0
me=$(id -un)
shift
find . -maxdepth 1 ! -name . -user "$me" \( "$@" \) -exec stat -c 'time %Y %n' {} + 2>/dev/null
find . -maxdepth 1 ! -name . -user "$me" \( "$@" \) -exec du -sk {} + 2>/dev/null | sed 's/^/size /'
ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n "s|.* -> $PWD/|held ./|p" | sort -u
exit 0
"""

_REMOVE = r"""set -e
cd "$1"
shift
for each; do
  time=${each%% *} name=${each#* }
  [ -O "$name" ] || continue
  [ "$(stat -c %Y "$name")" = "$time" ] || continue
  rm -rf -- "./$name"
done
"""

TOLERANCE = 2.0
"""Seconds by which the start of a process, as /proc tells it, and the time of a file may differ."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """One entry of the directory: seconds since 1970, KiB, and whether a process holds it open."""

    name: str
    mtime: float
    kib: int
    held: bool


def listing() -> Ask:
    """What is read of a host; a directory so large that du takes longer is not judged."""
    names: list[str] = []
    for name in _NAMES:
        names += ["-name", name, "-o"]
    return Ask(QUESTION, ("sh", "-c", _LIST, "sh", TEMPORARY, *names[:-1]), 15)


def temporaries(host: HostFacts) -> tuple[Temporary, ...] | None:
    """The entries, None where they were not read."""
    told = host.commands.get(QUESTION)
    if told is None or told.status != 0:
        return None
    times: dict[str, float] = {}
    sizes: dict[str, int] = {}
    held: set[str] = set()
    for line in told.stdout.splitlines():
        found = re.match(r"(time|size|held) (?:(\d+)\s+)?\./(.+)$", line)
        if found is None:
            continue
        kind, number, name = found.groups()
        if kind == "time" and number:
            times[name] = float(number)
        elif kind == "size" and number:
            sizes[name] = int(number)
        elif kind == "held":
            held.add(name.split("/", 1)[0])
    return tuple(Temporary(name, time, sizes.get(name, 0), name in held) for name, time in times.items())


def dead(host: HostFacts) -> tuple[Temporary, ...]:
    """What no process that runs can have made or uses: older than every Flink on this host, and not open."""
    if host.daemons is None:
        return ()
    first = min(
        (one.started for one in host.daemons if one.kind in {"jobmanager", "taskmanager"}),
        default=float("inf"),
    )
    return tuple(one for one in temporaries(host) or () if one.mtime + TOLERANCE < first and not one.held)


@dataclass(frozen=True)
class RemoveLeftovers(Operation):
    """Only entries with Flink's own names, of this user, untouched since they were listed, that nothing holds open."""

    @property
    def id(self) -> str:
        return "remove-leftovers"

    @property
    def title(self) -> str:
        return f"Remove what killed daemons left in {TEMPORARY}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Daemons(), listing())}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not dead(facts[self.host])

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        found = tuple(f"{one.mtime:.0f} {one.name}" for one in dead(facts[self.host]))
        return (shell(_REMOVE, TEMPORARY, *found, why=f"remove {len(found)} dead entries of {TEMPORARY}"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        gone = {one.name for one in dead(host)}
        told = host.commands[QUESTION]
        lines = [
            line for line in told.stdout.splitlines() if line.rpartition("./")[2].split("/", 1)[0] not in gone
        ]
        left = CommandFacts(0, "".join(f"{line}\n" for line in lines))
        return facts.added(self.host, commands={QUESTION: left})
