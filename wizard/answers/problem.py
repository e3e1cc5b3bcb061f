"""What is wrong with an answers file, as values: where it stands and one sentence for the operator.

Knows files, lines and words. It must not know what any key means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.text import one_line


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend, at a path like workers[2].port. Line and column count from 1; 0: the whole file."""

    file: str
    line: int
    column: int
    path: str
    sentence: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """`cluster.yaml:14: workers[2].port: 99999 is not a TCP port (1-65535)`."""
        place = one_line(self.file, 4096) + (f":{self.line}" if self.line else "")
        mark = "warning" if self.severity == "warning" else ""
        return ": ".join(part for part in (place, mark, self.path, self.sentence) if part)


class BadAnswers(Exception):
    """The answers cannot be used. `problems` holds every reason in the file's order, str() gives all."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """As they stand in the file, each once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.line, problem.column)))


def joined(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
