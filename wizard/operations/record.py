"""The record on the master: the answers and what was installed, so that a lost control machine loses nothing.

It holds no time and no run, so that an unchanged cluster has an unchanged record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, Upload
from ..facts import ClusterFacts, PathFacts
from ..needs import Need, Paths
from .operation import Operation
from .places import absolute, path_at


@dataclass(frozen=True)
class WriteRecord(Operation):
    """Keep one text file in the wizard's directory on the master."""

    touched = (Paths,)
    path: str
    text: str

    @property
    def id(self) -> str:
        return f"record-{self.path.rsplit('/', 1)[1]}"

    @property
    def title(self) -> str:
        return f"Keep a record in {self.path}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Paths(texts=(self.path,)),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        seen = path_at(facts[self.host], self.path)
        return seen is not None and seen.text == self.text

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        seen = path_at(facts[self.host], self.path)
        path = absolute(self.path, facts[self.host])
        return (Upload(path, self.text, 0o600, seen.text if seen else None, backup=False, why="the record"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed_path(self.host, PathFacts(self.path, "file", text=self.text))
