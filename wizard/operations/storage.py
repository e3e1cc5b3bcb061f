"""The storage directory of high availability: writable from every JobManager, and the same directory for all of them.

Each JobManager's host writes a small file there, all hosts are asked for all of these files, and they are taken away
again. What was proved is noted on the master, so that a second run has nothing to prove.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, shell
from ..facts import ClusterFacts, PathFacts
from ..needs import Need, Paths
from .noted import later_key, noting, with_note
from .operation import CannotOperate, NotNow, Operation, Proof, Verdict
from .places import path_at

_MARK = """set -e
[ -d "$1" ] || (umask 027; mkdir -p "$1")
rm -f "$1/$2"*
printf '%s\\n' "$4" > "$1/$2$3"
"""

_UNMARK = """rm -f "$1/$2"*
"""

_IMAGINED = '{"proof": '
"""How a record begins whose directory is yet to be made."""


@dataclass(frozen=True, slots=True)
class Storage:
    """The directory, the hosts that must share it, and this run; `record` is a path on the first of the hosts."""

    directory: str
    hosts: tuple[str, ...]
    run_id: str
    record: str

    @property
    def master(self) -> str:
        return self.hosts[0]

    def prefix(self, host: str) -> str:
        """What the names of this host's files begin with; no name of a host holds an @."""
        return f".flink-wizard@{host}@"

    def mark(self, host: str) -> str:
        return f"{self.directory}/{self.prefix(host)}{self.run_id}"

    def noted(self, facts: ClusterFacts) -> bool:
        """Whether it was proved before, with these hosts and these very directories."""
        seen = path_at(facts[self.master], self.record)
        text = (seen.text or "").strip() if seen else ""
        # An imagined directory has no inode; there the record's being there says it.
        return text == self.note(facts) if self._inodes(facts) else text.startswith(_IMAGINED)

    def note(self, facts: ClusterFacts) -> str:
        """What the proof holds for: another file system in the place of this one has another inode there."""
        inodes = self._inodes(facts)
        if not inodes:
            return f'{_IMAGINED}"{later_key(self.master)}"}}'
        return json.dumps({"directory": self.directory, "inodes": inodes}, sort_keys=True)

    def _inodes(self, facts: ClusterFacts) -> dict[str, str]:
        """The directory's inode on each host; empty while one of them is not known."""
        found = {host: self._inode(facts, host) for host in self.hosts}
        return found if all(found.values()) else {}

    def _inode(self, facts: ClusterFacts, host: str) -> str:
        seen = facts[host].paths.get(self.directory)
        return seen.inode.partition(":")[2] if seen and seen.kind == "directory" and seen.writable else ""


@dataclass(frozen=True)
class _WithStorage(Operation):
    storage: Storage

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {
            host: (Paths((self.storage.directory,)),) for host in self.storage.hosts
        }
        wanted[self.storage.master] = (
            *wanted[self.storage.master],
            Paths(texts=(self.storage.record,)),
        )
        return wanted


@dataclass(frozen=True)
class MarkStorage(_WithStorage):
    """Write this host's file into the directory; the directory is made where it is missing."""

    touched = (Paths,)

    @property
    def id(self) -> str:
        return "mark-storage"

    @property
    def title(self) -> str:
        return f"Write a file into {self.storage.directory}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        needs = super().needs()
        return {**needs, self.host: (*needs[self.host], Paths((self.storage.mark(self.host),)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        mark = facts[self.host].paths.get(self.storage.mark(self.host))
        return self.storage.noted(facts) or (mark is not None and mark.exists)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        seen = facts[self.host].paths.get(self.storage.directory)
        if seen is not None and (not seen.writable or seen.kind not in ("directory", "missing")):
            raise CannotOperate(
                f"The JobManager of {self.host} cannot write into {self.storage.directory}.",
                f"{seen.kind}, owner {seen.owner or 'unknown'}"
                + (f", mode {seen.mode & 0o7777:04o}" if seen.mode is not None else ""),
                "Give the directory to the user that runs Flink, or name another one as ha.storage_dir.",
            )
        storage = self.storage
        return (
            shell(
                _MARK,
                storage.directory,
                storage.prefix(self.host),
                storage.run_id,
                self.host,
                why="see that it can be written",
            ),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        seen = facts[self.host].paths.get(self.storage.directory)
        if seen is None or not seen.exists:
            made = PathFacts(self.storage.directory, "directory", writable=True)
            facts = facts.changed_path(self.host, made)
        return facts.changed_path(self.host, PathFacts(self.storage.mark(self.host), "file"))


@dataclass(frozen=True)
class StorageShared(Proof):
    """Every JobManager's host sees what every other one has written there."""

    storage: Storage

    @property
    def id(self) -> str:
        return "storage-shared"

    @property
    def title(self) -> str:
        many = len(self.storage.hosts) > 1
        return (
            f"{self.storage.directory} {'is one directory for all JobManagers' if many else 'can be written'}"
        )

    @property
    def patience(self) -> float:
        # A network file system may take a while to show a new file elsewhere.
        return 60.0

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {
            host: (Paths((self.storage.directory,)),) for host in self.storage.hosts
        }
        wanted[self.host] = (*wanted.get(self.host, ()), Paths(texts=(self.storage.record,)))
        return wanted

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        marks = Paths(tuple(self.storage.mark(host) for host in self.storage.hosts))
        return dict.fromkeys(self.storage.hosts, (marks,))

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        # Not before the files are written: an answer "not there" would be remembered by some file systems.
        return {} if self.storage.noted(facts) else self.poll_needs()

    def judge(self, facts: ClusterFacts) -> Verdict:
        if self.storage.noted(facts):
            return Verdict(True, "as proved before")
        hosts = [host for host in self.storage.hosts if facts[host].reached]
        unseen = [
            f"{host} does not see what {other} has written"
            for host in hosts
            for other in hosts
            if not ((mark := facts[host].paths.get(self.storage.mark(other))) and mark.exists)
        ]
        return Verdict(
            not unseen,
            unseen[0]
            if unseen
            else f"each of {len(hosts)} hosts sees the files of all"
            if len(hosts) > 1
            else "written and seen",
            "one directory that all JobManagers share",
            "\n".join(unseen[1:6]),
            "Mount one network directory under this path on every JobManager's host, or name one as ha.storage_dir.",
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        if self.storage.noted(facts):
            return facts
        for host in self.storage.hosts:
            for other in self.storage.hosts:
                facts = facts.changed_path(host, PathFacts(self.storage.mark(other), "file"))
        return facts


@dataclass(frozen=True)
class NoteStorage(_WithStorage):
    """Note on the master that the directory is shared."""

    touched = (Paths,)

    @property
    def id(self) -> str:
        return "note-storage"

    @property
    def title(self) -> str:
        return "Note that the storage directory is shared"

    def satisfied(self, facts: ClusterFacts) -> bool:
        return self.storage.noted(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        lost = [host for host in self.storage.hosts if not facts[host].reached]
        if lost:
            raise NotNow(f"{lost[0]} was not asked")
        return (noting(facts[self.host], self.storage.record, self.storage.note(facts)),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return with_note(facts, self.host, self.storage.record, self.storage.note(facts))


@dataclass(frozen=True)
class UnmarkStorage(Operation):
    """Take this host's file away again, also one that a killed run left. `closing`: whatever the run came to."""

    touched = (Paths,)
    storage: Storage
    closing: bool = False

    @property
    def id(self) -> str:
        return "unmark-storage-at-the-end" if self.closing else "unmark-storage"

    @property
    def title(self) -> str:
        return f"Take the file out of {self.storage.directory}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Paths((self.storage.mark(self.host),)),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        mark = facts[self.host].paths.get(self.storage.mark(self.host))
        return mark is None or not mark.exists

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        del facts
        return (
            shell(_UNMARK, self.storage.directory, self.storage.prefix(self.host), why="leave nothing there"),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed_path(self.host, PathFacts(self.storage.mark(self.host), "missing"))


@dataclass(frozen=True)
class NoStorageProof(Proof):
    """Says that this storage directory is not a path of the hosts, so that only Flink itself can try it."""

    place: str

    @property
    def id(self) -> str:
        return "storage-shared"

    @property
    def title(self) -> str:
        return f"{self.place} can be written by every JobManager"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {}

    def judge(self, facts: ClusterFacts) -> Verdict:
        del facts
        return Verdict(
            False,
            "only Flink itself can try it; its JobManagers end when they cannot write there",
            skipped=True,
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts
