"""The answers while they are being given: in memory at once, in their file as soon as they fit together.

Knows the file and its comments, which are kept. It must not know hosts, nor who answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from .answers import Answers, BadAnswers, Problem, parse_answers, write_answers
from .answers.answers import Value
from .answers.declared import FORMAT
from .answers.revising import revised


class Draft:
    """`place` says where such answers are kept, None for nowhere yet. `text` is that of a file that is there."""

    def __init__(self, place: Callable[[Answers], Path | None], answers: Answers, text: str = "") -> None:
        self._place = place
        self.answers = answers
        self.text = text
        self.path: Path | None = None
        self.trouble = ""
        self._opened = text
        self._made: set[Path] = set()
        """Files that were not there before."""

    def decide(self, path: str, value: Value | None) -> None:
        """Decide one answer anew, None to leave it open; also for keys below `flink.config` and `hdfs.config`."""
        for section in ("flink.config", "hdfs.config"):
            if path.startswith(section + "."):
                key = path.removeprefix(section + ".")
                pairs = {name: old for name, old in self.answers.pairs_at(section).items() if name != key}
                if value is not None:
                    pairs[key] = str(value)
                self.answers = self.answers.with_value(section, pairs or None)
                return
        empty = isinstance(value, Mapping | tuple) and not value
        self.answers = self.answers.with_value(path, None if empty else value)

    def save(self) -> tuple[Problem, ...]:
        """Write the answers to their place; the problems between them, for which they are not written.

        What keeps the file from being written is in `trouble`.
        """
        # Whoever opens the file later must find its format named.
        answers = self.answers.with_value("version", FORMAT)
        try:
            text = revised(self.text, answers) if self.text else write_answers(answers)
            read = parse_answers(text, "answers", complete=False)
        except BadAnswers as bad:
            self.trouble = "The answers are saved once they fit together."
            return bad.problems
        self.text = text
        self.trouble = ""
        path = self._place(answers)
        if path is not None:
            try:
                self._keep_other(path)
                _write(path, text)
                self._leave(path)
            except OSError as error:
                self.trouble = f"{path}: {error.strerror}. The answers are kept in memory alone."
        return read.warnings

    def _keep_other(self, path: Path) -> None:
        """Answers of an earlier walk that were not opened stay beside those that take their place."""
        if path == self.path:
            return
        if not path.exists():
            self._made.add(path)
        elif path.read_text(encoding="utf-8", errors="replace") != self._opened:
            path.with_name(f"{path.name}.bak").write_bytes(path.read_bytes())

    def _leave(self, path: Path) -> None:
        """What this walk wrote under an earlier name or master is not left behind; what was there before is."""
        if self.path is not None and self.path != path and self.path in self._made:
            self.path.unlink(missing_ok=True)
        self.path = path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="")
    part.chmod(mode)
    os.replace(part, path)
