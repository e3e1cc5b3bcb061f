"""The answers while they are being given: in memory at once, in their file as soon as they fit together.

Knows the file and its comments, which are kept, and whose answers lay there before. It must not know hosts, nor who
answers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import files
from .answers import Answers, BadAnswers, Problem, parse_answers, write_answers
from .answers.answers import Value, plain_text
from .answers.declared import FORMAT
from .answers.revising import revision


@dataclass(slots=True)
class _Place:
    """Where the answers are now. `before` is what lay there when this walk came, None for nothing."""

    path: Path
    before: bytes | None
    made: tuple[Path, ...]
    backups: list[Path]
    written: bytes | None = None
    record: bool = False
    """Something was done with these answers: they stay when the walk goes elsewhere."""


class Draft:
    """`place` says where such answers are kept, None for nowhere yet. `text` is that of a file that is there."""

    def __init__(self, place: Callable[[Answers], Path | None], answers: Answers, text: str = "") -> None:
        self._place = place
        self.answers = answers
        self.text = text
        self.trouble = ""
        """What is to be said of the saving: why it failed, or where other answers are kept; "" for nothing."""
        self._opened = text.encode()
        self._at: _Place | None = None
        self._lock = threading.Lock()

    @property
    def path(self) -> Path | None:
        """The file that holds the answers, None while none does."""
        return self._at.path if self._at is not None and self._at.written is not None else None

    def decide(self, path: str, value: Value | None) -> None:
        """Decide one answer anew, None to leave it open; also for keys below `flink.config` and `hdfs.config`."""
        for section in ("flink.config", "hdfs.config"):
            if path.startswith(section + "."):
                key = path.removeprefix(section + ".")
                pairs = dict(self.answers.pairs_at(section))
                if value is None:
                    pairs.pop(key, None)
                else:
                    pairs[key] = plain_text(value)
                self._take(self.answers.with_value(section, pairs or None))
                return
        empty = isinstance(value, Mapping | tuple) and not value
        self._take(self.answers.with_value(path, None if empty else value))

    def _take(self, answers: Answers) -> None:
        """The same answers stay the same object: it is what tells whether they were judged."""
        if answers != self.answers:
            self.answers = answers

    def keep(self) -> None:
        """These answers are carried out: their file stays, whatever is decided afterwards."""
        at = self._at
        if at is not None:
            at.record = True

    def give_back(self) -> None:
        """Put answers of an earlier walk back that these took the place of: they are to be opened, or others are."""
        with self._lock:
            if self._at is not None and self._at.backups:
                _leave(self._at)
                self._at = None

    def save(self) -> tuple[Problem, ...]:
        """Write the answers to their place; the problems between them, for which they are not written.

        What keeps the file from being written is in `trouble`.
        """
        with self._lock:
            return self._saved()

    def _saved(self) -> tuple[Problem, ...]:
        # Whoever opens the file later must find its format named.
        answers = self.answers.with_value("version", FORMAT)
        try:
            read = _over(self.text, answers)
        except BadAnswers as bad:
            self.trouble = "The answers are saved once they fit together."
            return bad.problems
        self.text = read.text
        self.trouble = ""
        path = self._place(answers)
        if path is not None:
            try:
                self._write(path, answers)
            except OSError as error:
                why = error.strerror or str(error)
                self.trouble = f"{path}: {why}. The answers are kept in memory alone."
        return read.warnings

    def _write(self, path: Path, answers: Answers) -> None:
        there = files.content(path)
        at = self._at
        if at is None or at.path != path:
            # What lies at the new place is looked after first: a failure there leaves the old file as it is.
            at = _Place(path, there, files.made_folders(path), [])
        known = (at.written, self.text.encode(), self._opened if at.written is None else None)
        if there is not None and there not in known:
            at.backups.append(files.backup(path, there))
            if at.written is not None:
                self._rebase(there, answers)
        written = self.text.encode()
        if there != written:
            files.replace(path, written)
        at.written = written
        if self._at is not None and self._at is not at:
            _leave(self._at)
        self._at = at
        if at.backups:
            self.trouble = f"{path} held other answers; those are kept beside it, in {at.backups[-1].name}."

    def _rebase(self, there: bytes, answers: Answers) -> None:
        """Somebody else has changed the file meanwhile: what was decided here is written into their text."""
        with suppress(BadAnswers, UnicodeDecodeError):
            self.text = _over(there.decode(), answers).text


def _over(text: str, answers: Answers) -> Answers:
    return revision(text, answers) if text else parse_answers(write_answers(answers), complete=False)


def _leave(old: _Place) -> None:
    """The answers have another place now, because their cluster or master has another name: the old place gets back
    what lay there, unless somebody else has written there since."""
    if old.record or old.written is None:
        return
    with suppress(OSError):
        if files.content(old.path) != old.written:
            return
        if old.before is None:
            old.path.unlink()
            for folder in old.made:
                folder.rmdir()
        elif old.before != old.written:
            files.replace(old.path, old.before)
            if len(old.backups) == 1 and files.content(old.backups[0]) == old.before:
                old.backups[0].unlink()
