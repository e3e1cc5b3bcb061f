"""What an operator says during a walk: answers, passwords, confirmed host keys, findings that shall only warn.

Takes it, and has what it changes read and judged anew. It must not know what a run is, nor how anything is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from validators.values import ValueProblem

from .answers import BadAnswers, read_answers
from .answers.answers import Value
from .draft import Draft
from .findings import Finding, ticked
from .keeper import Keeper
from .questions import Question
from .secrets import Secret
from .view import ShownKey
from .wanted import MENDED_BY


class Answering(Keeper):
    """All methods return at once and may be called from any thread."""

    def visited(self, step: str) -> None:
        """The operator has come to this step."""
        with self._lock:
            if step not in self._view.visited:
                self._publish(visited=self._view.visited | {step})

    # Answers

    def answer(self, question: Question, text: str) -> str:
        """Take what was typed; empty leaves the question open. The answer is "" or what is wrong with it."""
        typed = text.strip()
        try:
            value = question.parse(typed) if typed else None
        except ValueProblem as problem:
            return problem.sentence
        self.decide(question.path, value)
        return ""

    def decide(self, path: str, value: Value | None) -> None:
        """Decide one answer, None to leave it open."""
        with self._lock:
            before = self._draft.answers
            self._draft.decide(path, value)
            if self._draft.answers == before:
                return
            self._save = True
            self._publish(answers=self._draft.answers)
            self._touch()

    def open(self, path: str) -> str:
        """Take over the answers of a file; "" or why it cannot be used."""
        self._draft.give_back()
        try:
            answers = read_answers(path, complete=False)
        except BadAnswers as bad:
            with self._lock:
                self._save = True
                self._touch()
            return str(bad)
        with self._lock:
            self._draft = Draft(self.shelf.place, answers, answers.text)
            self._save = True
            self._publish(answers=answers)
            self._touch()
        return ""

    # Hosts

    def password(self, text: str, host: str = "", *, sudo: bool = False) -> None:
        """Use this password from now on, and try the hosts that refused the login anew."""
        self.desk.keep_password(Secret(text), host, sudo=sudo)
        self.look_again(() if sudo else self._lookout.failed(MENDED_BY))

    def passphrase(self, text: str) -> None:
        """Open the operator's own keys with this from now on, and try the hosts anew that refused the login."""
        self.desk.keep_passphrase(Secret(text))
        self.look_again(self._lookout.failed(MENDED_BY))

    def approve_keys(self, keys: Iterable[ShownKey]) -> None:
        """The operator compared these fingerprints; the hosts are tried anew."""
        approved = tuple(keys)
        self.desk.approve(approved)
        self.look_again(self._lookout.failed(("host-key-unknown",)))

    def ssh_names(self) -> tuple[str, ...]:
        """The hosts that ~/.ssh/config of this machine names. Reads files, so it is not called where keys are taken;
        in practice there are none."""
        if self.use == "practice":
            return ()
        from .ssh.config import host_names

        return host_names()

    def look_again(self, hosts: Iterable[str] | None = None) -> None:
        """Read these hosts anew, all when none is named."""
        with self._lock:
            spec = self._view.spec
            if spec is None:
                return
            named = tuple(spec.names if hosts is None else hosts)
            if named:
                self._outdate()
        self._reach.forget(spec, named)
        self._lookout.void(named)
        with self._lock:
            self._publish(**self._newest(spec))
            self._touch()

    def waive(self, id: str, waived: bool = True) -> None:
        """From now on findings of this id only warn, or, with `waived` False, weigh as they did."""
        with self._lock:
            others = tuple(one for one in self._waived if one != id)
            self._waived = (*others, id) if waived else others
            self._outdate()
        self._touch()

    def is_ticked(self, finding: Finding) -> bool:
        """Whether the next plan mends it."""
        return bool(ticked((finding,), self._ticks))

    def tick(self, id: str, wanted: bool = True) -> None:
        """From now on what mends findings of this id belongs to the plan, or, with `wanted` False, does not."""
        with self._lock:
            self._ticks[id] = wanted
            self._outdate()
            self._publish()

    def _outdate(self) -> None:
        """What was made of the answers so far does not stand any more."""
