"""One change of a cluster at a time: a file on the master that names who changes it.

A second name for a finished file is given or refused as a whole, so the lock never stands there without its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..commands import Command, shell
from ..facts import ClusterFacts, PathFacts
from ..lockowner import told
from ..needs import Need, Paths
from .operation import CannotOperate, Operation
from .places import absolute, path_at

_TAKE = """set -e
directory=$1 owner=$2 stale=$3 mine=$1.$$ turn=$1.turn
held() { cat "$directory/owner" 2>/dev/null || :; }
locked() { echo "locked by: $(held)" >&2; exit 1; }
trap 'rm -f "$mine"' EXIT
mkdir -p "$directory"
printf '%s\\n' "$owner" > "$mine"
if [ -n "$stale" ] && [ "$(held)" = "$stale" ]; then
  # One at a time replaces a dead run's lock, by a rename: it is never open in between.
  [ -z "$(find "$turn" -prune -mmin +2 2>/dev/null)" ] || rmdir "$turn"
  mkdir "$turn" 2>/dev/null || locked
  trap 'rm -f "$mine"; rmdir "$turn"' EXIT
  [ "$(held)" = "$stale" ] || locked
  mv -f "$mine" "$directory/owner"
elif ! said=$(ln "$mine" "$directory/owner" 2>&1); then
  [ ! -e "$directory/owner" ] || locked
  printf '%s\\n' "$said" >&2
  exit 1
fi
"""

_RELEASE = """directory=$1 owner=$2
[ "$(cat "$directory/owner" 2>/dev/null)" = "$owner" ] || exit 0
rm -f "$directory/owner" || exit 1
rmdir "$directory" 2>/dev/null || :
"""


@dataclass(frozen=True)
class TakeLock(Operation):
    """`owner` is one line: run, user, machine, process, time. `stale` is the owner line that may be replaced."""

    directory: str
    owner: str
    stale: str = ""

    @property
    def id(self) -> str:
        return "take-lock"

    @property
    def title(self) -> str:
        if self.stale:
            return f"Take over the lock of a run that is gone ({told(self.stale)})"
        return "Lock the cluster against a second change"

    @property
    def _file(self) -> str:
        return f"{self.directory}/owner"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Paths(texts=(self._file,)),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return _owner(facts, self.host, self._file) == self.owner

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        owner = _owner(facts, self.host, self._file)
        if owner and owner != self.stale:
            raise CannotOperate(
                "Somebody else is changing this cluster.",
                told(owner),
                f"Wait for that run to end. If it is dead, remove the lock on {self.host}: rm -r {self.directory}",
            )
        directory = absolute(self.directory, facts[self.host])
        return (shell(_TAKE, directory, self.owner, self.stale, why="take the lock"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        file = PathFacts(self._file, "file", text=self.owner + "\n")
        return facts.changed_path(self.host, file)


@dataclass(frozen=True)
class ReleaseLock(Operation):
    """Removes the lock when it is still ours."""

    directory: str
    owner: str

    @property
    def id(self) -> str:
        return "release-lock"

    @property
    def title(self) -> str:
        return "Release the lock"

    @property
    def _file(self) -> str:
        return f"{self.directory}/owner"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Paths(texts=(self._file,)),)}

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        owner = _owner(facts, self.host, self._file)
        return (told(owner) if owner else "", f"Remove it by hand on {self.host}: rm -r {self.directory}")

    def satisfied(self, facts: ClusterFacts) -> bool:
        return _owner(facts, self.host, self._file) != self.owner

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        directory = absolute(self.directory, facts[self.host])
        return (shell(_RELEASE, directory, self.owner, why="release the lock"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        old = path_at(facts[self.host], self._file) or PathFacts(self._file, "missing")
        return facts.changed_path(self.host, replace(old, kind="missing", text=None))


def _owner(facts: ClusterFacts, host: str, file: str) -> str:
    seen = path_at(facts[host], file)
    return (seen.text or "").strip() if seen else ""
