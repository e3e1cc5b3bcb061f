"""The shape of a step of the walk: its words, its questions, its live table, and what one would type by hand.

Knows how a step is written down. It must not know any step, nor how one is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..findings import Finding
from ..questions import Question, given
from ..spec import HostSpec
from ..view import View

State = Literal["good", "bad", "warn", "wait", "plain", "dim"]
Standing = Literal["todo", "done", "attention"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One observed value of a host, with what it means: a mark stands beside it where it is not plain."""

    text: str
    state: State = "plain"


@dataclass(frozen=True, slots=True)
class ByHand:
    """A piece of what an operator would type: where, and the lines (commands, or the content of a file)."""

    title: str
    lines: tuple[str, ...]


def _no_row(view: View, host: HostSpec) -> tuple[Cell, ...]:
    del view, host
    return ()


def _no_lines(view: View) -> tuple[ByHand, ...]:
    del view
    return ()


def _no_more(view: View) -> tuple[Question, ...]:
    del view
    return ()


def _no_words(view: View) -> tuple[str, ...]:
    del view
    return ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `purpose` is two sentences; `row` gives a cell for each of `columns`, observed on that host.

    `concerns` are the ids of findings that this step shows; `by_hand` is for exactly these answers. `more` are
    questions that depend on other answers, `summary` are lines below the table, `objections` sentences on answers
    that read well and still cannot be carried out.
    """

    id: str
    title: str
    purpose: str
    questions: tuple[Question, ...] = ()
    columns: tuple[str, ...] = ()
    row: Callable[[View, HostSpec], tuple[Cell, ...]] = _no_row
    by_hand: Callable[[View], tuple[ByHand, ...]] = _no_lines
    concerns: frozenset[str] = frozenset()
    more: Callable[[View], tuple[Question, ...]] = _no_more
    summary: Callable[[View], tuple[str, ...]] = _no_words
    objections: Callable[[View], tuple[str, ...]] = _no_words

    def asks(self, view: View) -> tuple[Question, ...]:
        """The questions that these answers leave to be asked."""
        return tuple(one for one in (*self.questions, *self.more(view)) if one.asked(view))

    def findings(self, view: View) -> tuple[Finding, ...]:
        """What the checks say that concerns this step."""
        return tuple(one for one in view.findings if one.id in self.concerns)

    def open_problems(self, view: View) -> tuple[str, ...]:
        """Sentences about answers of this step that do not fit, or are missing."""
        paths = tuple(one.path for one in (*self.questions, *self.more(view)))
        said = [
            f"{problem.path}: {problem.sentence}"
            for problem in view.problems
            if problem.severity == "error" and _below(problem.path, paths)
        ]
        missing = [
            f"{one.title} is missing."
            for one in self.asks(view)
            if one.required and given(view, one.path) is None and one.suggest(view) is None
        ]
        return (*said, *missing, *self.objections(view))

    def standing(self, view: View) -> Standing:
        """To do, done, or in need of attention: a word for the rail, never only a colour."""
        if self.id not in view.visited:
            return "todo"
        blocked = any(
            finding.severity == "error" and not (finding.fix and finding.fix.operation)
            for finding in self.findings(view)
        )
        return "attention" if blocked or self.open_problems(view) else "done"


def _below(path: str, paths: tuple[str, ...]) -> bool:
    """Whether a problem lies at one of these answers or inside it, as workers[2].port lies in workers."""
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in paths)
