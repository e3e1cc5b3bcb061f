"""What a walk keeps on this machine: answers, journals, the audit log, host keys, the cache.

Knows where each lies for which cluster. It must not know what a walk asks or does.
"""

from __future__ import annotations

import getpass
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from .answers import Answers, default_answers
from .audit import AuditLog
from .journal import Journal
from .lockowner import owner_line
from .secrets import Masker
from .session import Run, Source
from .sources import cache_name, choices_of, hadoop_cache_name, hadoop_choices
from .spec import ClusterSpec
from .state import State, cache_root, default_root
from .times import REAL, Times
from .view import Earlier

EARLY = 5_000
"""Lines of the audit log that wait in memory until there is a place for them."""


class Shelf:
    """The files of one walk. `file` is the answers file that was given: then it is the only copy that is edited."""

    def __init__(self, masker: Masker, root: Path | None = None, file: Path | None = None) -> None:
        self.root = root or default_root()
        self.file = file
        self._masker = masker
        self._audits: dict[Path, AuditLog] = {}
        self._early: deque[str] = deque(maxlen=EARLY)

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    def place(self, answers: Answers) -> Path | None:
        """Where these answers are kept; None until the cluster has a name and a master."""
        if self.file is not None:
            return self.file
        cluster, master = answers.text_at("cluster"), answers.hosts_at("master")
        if cluster is None or not master:
            return None
        return State(self.root, cluster, master[0].addresses()[0].host).answers

    def state(self, spec: ClusterSpec) -> State:
        """The directory of that cluster. Raises OSError."""
        state = State(self.root, spec.cluster, spec.master.name)
        state.made()
        return state

    def audit(self, spec: ClusterSpec) -> AuditLog:
        """The audit log of that cluster; one that keeps nothing where it cannot be written.

        It makes no directory of its own: a cluster that was looked at and never decided on leaves nothing.
        """
        try:
            early = self._early if self.file is None else None
            path = State(self.root, spec.cluster, spec.master.name).audit if early is not None else None
            path = path or self.state(spec).audit
            if path not in self._audits:
                self._audits[path] = AuditLog(path, self._masker, early)
        except OSError:
            return AuditLog(None, self._masker)
        return self._audits[path]

    def journal(self, spec: ClusterSpec, run: Run) -> Journal:
        """A new journal. Raises OSError."""
        return Journal(self.state(spec).journal(run.run_id))

    def earlier(self) -> tuple[Earlier, ...]:
        """The answers of earlier walks and runs, the newest first."""
        return tuple(sorted(self._found(), key=lambda one: -one.when))

    def close(self) -> None:
        for audit in self._audits.values():
            audit.close()

    def _found(self) -> Iterator[Earlier]:
        for path in self.root.glob("*/*/answers.yaml"):
            with suppress(OSError):
                yield Earlier(str(path), path.parent.parent.name, path.parent.name, path.stat().st_mtime)


def source_of(spec: ClusterSpec) -> Source:
    """Where the distributions come from, and where they will lie; nothing is made here. Raises UnknownBuild."""
    return Source(
        choices_of(spec.flink),
        str(cache_root() / cache_name(spec.flink)),
        hadoop_choices(spec.hdfs),
        str(cache_root() / hadoop_cache_name(spec.hdfs)),
    )


def local_answers(root: Path) -> tuple[str, str]:
    """The answers of an earlier local install when there are some, else the default ones; and where they are from.

    Raises:
        OSError: they cannot be read.
    """
    earlier = State(root, "local", "localhost").answers
    if earlier.exists():
        return earlier.read_text(encoding="utf-8"), str(earlier)
    return default_answers(), "the default answers"


def new_run(times: Times = REAL) -> Run:
    """A run that begins now."""
    now = datetime.fromtimestamp(times.now(), UTC)
    run_id = f"{now:%Y%m%d-%H%M%S}-{times.token()}"
    when = now.isoformat(timespec="seconds")
    return Run(run_id, when, owner_line(run_id, when))


def operator() -> str:
    """Who works here: the name that stands in records on the hosts."""
    import socket

    return f"{getpass.getuser()}@{socket.gethostname()}"
