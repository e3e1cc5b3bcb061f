"""Where the control machine keeps what it must remember: answers, journals, the audit log, host keys, the cache.

Knows paths and modes. It must not know what is written there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def default_root() -> Path:
    """The XDG state directory's part of ours."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "flink-wizard"


def cache_root() -> Path:
    """The XDG cache directory's part of ours: distributions, nothing that cannot be had again."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "flink-wizard"


@dataclass(frozen=True, slots=True)
class State:
    """The state of one cluster, keyed by its name and its master. Directories are made 0700 when first used."""

    root: Path
    cluster: str
    master: str

    @property
    def directory(self) -> Path:
        return self.root / self.cluster / self.master.replace("/", "_")

    def made(self) -> Path:
        """The directory, made when it is missing. Raises OSError."""
        for path in (self.root, self.root / self.cluster, self.directory):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.directory

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def answers(self) -> Path:
        return self.directory / "answers.yaml"

    @property
    def audit(self) -> Path:
        return self.directory / "audit.log"

    def journal(self, run_id: str) -> Path:
        return self.directory / f"{run_id}.jsonl"
