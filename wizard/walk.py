"""A walk through the wizard: answers given one by one, hosts read meanwhile, a review, a run that can pause.

Every front end talks to a Walk and shows its `view`. All methods return at once and may be called from any thread,
but for `review` and `apply`, which start a job and tell of its end by an event. It must not know how anything is drawn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol, cast

from validators.values import ValueProblem

from . import events
from .answers import Answers, BadAnswers, build_spec, read_answers
from .answers.answers import Value
from .answers.passwords import Passwords
from .answers.problem import Problem
from .answers.writing import DEFAULT_VERSION
from .draft import Draft
from .events import Event, Sink
from .facts import ClusterFacts
from .flink.catalogue import UnknownBuild
from .journal import fan, masked
from .needs import Need
from .operations.operation import Operation
from .preview import Preview
from .questions import Question
from .readings import Readings
from .record import manifest_text
from .runner import Choice, Failure, Outcome
from .secrets import Masker, Secret
from .sensitive import secrets_in, secrets_seen
from .session import Parts, Run, Session, judge, survey
from .shelf import Shelf, new_run
from .spec import ClusterSpec
from .steps import WALKS, Step
from .view import ShownKey, Use, View

AT_ONCE = 16
"""Hosts that are read at the same time."""

SETTLE = 0.25
"""Seconds that answers may rest before they are saved and judged: typing goes on meanwhile."""

FRESH = 60.0
"""Seconds for which a reading is good enough for a review."""


class Reach(Protocol):
    """How a walk reaches hosts: really, as a rehearsal, or not at all. Connections outlive a change of the answers."""

    def parts(self, spec: ClusterSpec) -> Parts:
        """Parts for this cluster."""
        ...

    def identity(self, spec: ClusterSpec, host: str) -> str:
        """What makes a login of this host another one: facts that were read under another identity are void."""
        ...

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        """Try these hosts anew at the next reading."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Asked:
    """Something that a run waits for."""

    answered: threading.Event
    value: object = None


class Desk:
    """Passwords and confirmations that a walk gathers; read by the connections. All in memory alone."""

    def __init__(self, passwords: Passwords, masker: Masker) -> None:
        self._lock = threading.Lock()
        self._passwords = passwords
        self._masker = masker
        self._approved: set[str] = set()
        self._shown: dict[tuple[str, int], ShownKey] = {}
        masker.add(passwords.default, passwords.sudo_default)
        masker.add(*passwords.per_host.values(), *passwords.sudo_per_host.values())

    @property
    def passwords(self) -> Passwords:
        with self._lock:
            return self._passwords

    def keep_password(self, password: Secret, host: str = "", *, sudo: bool = False) -> None:
        """Use this password from now on: for one host, or for every host that has none of its own."""
        self._masker.add(password)
        with self._lock:
            old = self._passwords
            if not host:
                change = {"sudo_default" if sudo else "default": password}
            else:
                name = "sudo_per_host" if sudo else "per_host"
                known: Mapping[str, Secret] = getattr(old, name)
                change = {name: {**known, host.lower().removesuffix("."): password}}
            self._passwords = replace(old, **change)

    def confirm(self, key: ShownKey) -> bool:
        """Whether the operator confirmed this host key; else it is shown from now on."""
        with self._lock:
            if key.fingerprint in self._approved:
                return True
            self._shown[key.host, key.port] = key
            return False

    def approve(self, keys: Iterable[ShownKey]) -> None:
        with self._lock:
            for key in keys:
                self._approved.add(key.fingerprint)
                self._shown.pop((key.host, key.port), None)

    @property
    def shown(self) -> tuple[ShownKey, ...]:
        with self._lock:
            return tuple(self._shown.values())


class Walk:
    """One walk. Whoever listens gets every event, with secrets masked; `waived` are ids of findings that only warn."""

    def __init__(
        self,
        use: Use,
        reach: Reach,
        desk: Desk,
        shelf: Shelf,
        masker: Masker,
        *,
        answers: Answers | None = None,
        waived: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.use: Use = use
        self.steps: tuple[Step, ...] = WALKS[use]
        self.desk = desk
        self.shelf = shelf
        self._reach = reach
        self._masker = masker
        self._sink = masked(self._hand_on, masker)
        self._listener: Sink | None = None
        self._waived = tuple(waived)
        self._clock = clock
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._run_stop: threading.Event | None = None
        self._changed = threading.Event()
        self._idle = threading.Event()
        self._draft = Draft(shelf.place, answers or Answers(), answers.text if answers else "")
        self._facts = ClusterFacts()
        self._held: dict[str, set[Need]] = {}
        self._identities: dict[str, str] = {}
        self._reading: dict[str, tuple[Need, ...]] = {}
        self._asked: dict[int, Asked] = {}
        self._dirty = True
        self._save = bool(answers)
        self._view = View(use, self._draft.answers, earlier=shelf.earlier())
        self.preview: Preview | None = None
        """What the last review found."""
        self.outcome: Outcome | None = None
        """What the last run came to."""
        self.record: str = ""
        """The journal of the last run."""
        self._readers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")
        self._jobs = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._keeper = threading.Thread(target=self._keep, name="walk", daemon=True)
        self._keeper.start()
        self._changed.set()

    # What is shown

    @property
    def view(self) -> View:
        """The newest view."""
        with self._lock:
            return self._view

    def listen(self, sink: Sink) -> None:
        """Hand every event to this sink from now on, from whatever thread it comes."""
        self._listener = sink

    def mask(self, text: str) -> str:
        """The text without secrets."""
        return self._masker.mask(text)

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
        try:
            answers = read_answers(path, complete=False)
        except BadAnswers as bad:
            return str(bad)
        with self._lock:
            self._draft = Draft(self.shelf.place, answers, answers.text)
            self._save = True
            self._publish(answers=answers)
        self._touch()
        return ""

    def settled(self, timeout: float | None = None) -> bool:
        """Wait until answers are saved and every reading that they need has ended; False: the time (s) was over."""
        return self._idle.wait(timeout)

    # Hosts

    def password(self, text: str, host: str = "", *, sudo: bool = False) -> None:
        """Use this password from now on, and try the hosts that refused the login anew."""
        self.desk.keep_password(Secret(text), host, sudo=sudo)
        self.look_again(self._failed("auth", "key-unreadable") if not sudo else ())

    def approve_keys(self, keys: Iterable[ShownKey]) -> None:
        """The operator compared these fingerprints; the hosts are tried anew."""
        approved = tuple(keys)
        self.desk.approve(approved)
        self.look_again(self._failed("host-key-unknown"))

    def look_again(self, hosts: Iterable[str] | None = None) -> None:
        """Read these hosts anew, all when none is named."""
        with self._lock:
            spec = self._view.spec
            if spec is None:
                return
            named = tuple(spec.names if hosts is None else hosts)
            for host in named:
                self._void(host)
        self._reach.forget(spec, named)
        self._touch()

    # Review and run

    def review(self) -> None:
        """Preview the plan from fresh readings; `ReviewMade` tells that `preview` is there."""
        self._idle.clear()
        self._jobs.submit(self._job, self._review)

    def apply(self) -> None:
        """Carry the plan of the last review out; `RunFinished` and then a view tell of its end."""
        self._idle.clear()
        with self._lock:
            self._publish(applied="running")
        self._jobs.submit(self._job, self._apply)

    def choose(self, number: int, choice: Choice | bool) -> None:
        """Answer a `Paused` (retry, skip, drop, stop) or a `ConsentAsked` (True or False)."""
        with self._lock:
            asked = self._asked.pop(number, None)
        if asked is not None:
            asked.value = choice
            asked.answered.set()

    def cancel(self) -> None:
        """Ask the run to end; what is under way on a host is broken off safely."""
        with self._lock:
            if self._run_stop is not None:
                self._run_stop.set()
            waiting = tuple(self._asked.values())
            self._asked.clear()
        for asked in waiting:
            asked.value = "stop"
            asked.answered.set()

    def export(self, form: str) -> str:
        """The plan of the last review as a shell script ("sh"), a runbook ("md") or the answers ("yaml")."""
        from .export import runbook_text, script_text

        spec = self._view.spec
        if form == "yaml":
            return self._draft.text
        if self.preview is None or spec is None:
            return ""
        return self.mask((script_text if form == "sh" else runbook_text)(self.preview, spec))

    def close(self) -> None:
        """End everything that runs, and forget the connections."""
        self.cancel()
        self._stop.set()
        self._changed.set()
        self._reach.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._jobs.shutdown(wait=True, cancel_futures=True)
        self._keeper.join()
        self.shelf.close()

    # The keeper: saves, judges, and has hosts read, whenever something has changed

    def _touch(self) -> None:
        with self._lock:
            self._dirty = True
            self._idle.clear()
        self._changed.set()

    def _keep(self) -> None:
        while True:
            self._changed.wait()
            if self._stop.wait(SETTLE if self._view.spec else 0.0):
                return
            self._changed.clear()
            with self._lock:
                self._dirty = False
                save, self._save = self._save, False
            self._turn(save)
            with self._lock:
                if not (self._dirty or self._reading):
                    self._idle.set()

    def _turn(self, save: bool) -> None:
        problems: tuple[Problem, ...] = self._view.problems
        if save:
            with self._lock:
                draft = self._draft
            problems = draft.save()
            with self._lock:
                self._publish(
                    problems=problems,
                    file=str(draft.path or ""),
                    saving=draft.trouble,
                )
        with self._lock:
            answers, facts = self._draft.answers, self._facts
        bad = any(problem.severity == "error" for problem in problems)
        spec = self._view.spec if bad else spec_of(answers)
        if spec is None:
            self._publish(spec=None, desired=None, findings=())
            return
        self._masker.add(*secrets_in(spec.flink.config))
        self._publish(spec=spec)
        self._read(spec)
        with self._lock:
            facts = self._facts
        try:
            look = judge(spec, facts, self._waived)
        except UnknownBuild:
            return
        self._publish(findings=look.findings, desired=look.desired, facts=facts, new_keys=self.desk.shown)

    def _read(self, spec: ClusterSpec) -> None:
        """Have every host read whose readings do not hold for this spec."""
        parts = self._reach.parts(spec)
        with self._lock:
            for host in spec.names:
                identity = self._reach.identity(spec, host)
                if self._identities.get(host) != identity:
                    if host in self._identities:
                        self._void(host)
                    self._identities[host] = identity
            for host, needs in survey(spec).items():
                held = self._held.get(host, set())
                missing = tuple(need for need in needs if need not in held)
                lost = host in self._facts and not self._facts[host].reached
                if missing and not lost and host not in self._reading:
                    self._reading[host] = missing
                    self._readers.submit(self._reader, parts, spec, host, missing, self._identities.get(host))
            self._publish(reading=frozenset(self._reading))

    def _reader(
        self, parts: Parts, spec: ClusterSpec, host: str, needs: tuple[Need, ...], identity: str | None
    ) -> None:
        if self._stop.is_set():
            return
        read = parts.prober.read({host: needs}, self._stop, self._sink)
        with self._lock:
            self._reading.pop(host, None)
            facts = read.get(host)
            if facts is not None and self._identities.get(host) == identity:
                self._facts = self._facts.with_host(facts)
                if facts.reached:
                    self._held.setdefault(host, set()).update(needs)
            self._masker.add(*secrets_seen(spec, self._facts))
            self._publish(
                reading=frozenset(self._reading),
                read_at=MappingProxyType({**self._view.read_at, host: self._clock()}),
                facts=self._facts,
                new_keys=self.desk.shown,
            )
        self._touch()

    def _void(self, host: str) -> None:
        """Forget what was read of a host, so that it is read anew."""
        self._held.pop(host, None)
        kept = {name: facts for name, facts in self._facts.hosts.items() if name != host}
        self._facts = ClusterFacts(MappingProxyType(kept))

    def _failed(self, *kinds: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(facts.name for facts in self._facts if facts.failure and facts.failure.kind in kinds)

    # Jobs

    def _job(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._touch()

    def _review(self) -> None:
        spec = self._view.spec
        if spec is None:
            self._tell(events.ReviewMade("Name a master and at least one worker first."))
            return
        now = self._clock()
        old = [name for name in spec.names if now - self._view.read_at.get(name, 0.0) > FRESH]
        stop = self._begin()
        try:
            session = self._opened(spec, stop, ())
            look = session.look(again=bool(old))
            self._took(session)
            plan = session.plan(look.desired, look.facts, "repair" if self.use == "repair" else "install")
            self.preview = session.preview(plan)
        except (UnknownBuild, OSError) as fault:
            self._tell(events.ReviewMade(str(fault)))
            return
        finally:
            self._end()
        self._tell(events.ReviewMade())

    def _apply(self) -> None:
        spec, preview = self._view.spec, self.preview
        if spec is None or preview is None:
            return
        stop = self._begin()
        run = new_run()
        try:
            journal = self.shelf.journal(spec, run)
        except OSError as fault:
            self._publish(applied="failed")
            self._tell(events.Note(f"{fault.filename}: {fault.strerror}. Nothing was changed."))
            return
        self.record = str(self.shelf.state(spec).journal(run.run_id))
        word: str = "failed"
        try:
            session = self._opened(spec, stop, (masked(journal, self._masker),), run)
            look = session.look()
            plan = session.plan(look.desired, look.facts, "repair" if self.use == "repair" else "install")
            _, self.outcome = session.apply(plan, decide=self._decide, consent=self._consent)
            self._took(session)
            good = self.outcome.good
            word = "cancelled" if self.outcome.cancelled else "done" if good else "failed"
        finally:
            journal.close()
            self._end()
            self._publish(applied=word)

    def _opened(
        self, spec: ClusterSpec, stop: threading.Event, sinks: tuple[Sink, ...], run: Run | None = None
    ) -> Session:
        parts = self._reach.parts(spec)
        with self._lock:
            readings = Readings(parts.prober, stop, self._facts, self._held)
        text = self._draft.text
        return Session(
            spec,
            parts,
            self.shelf.source(spec),
            run or new_run(),
            fan((*sinks, self._sink)),
            stop,
            waived=self._waived,
            records=lambda desired: (("answers.yaml", text), ("manifest.json", manifest_text(desired))),
            seen=lambda facts: self._masker.add(*secrets_seen(spec, facts)),
            readings=readings,
        )

    def _decide(self, failure: Failure) -> Choice:
        """Pause here until the operator has chosen."""
        number, asked = self._ask()
        self._tell(
            events.Paused(
                number, failure.host, failure.title, failure.cause, failure.evidence, failure.action
            )
        )
        asked.answered.wait()
        return cast("Choice", asked.value)

    def _consent(self, operation: Operation, jobs: tuple[str, ...]) -> bool:
        number, asked = self._ask()
        self._tell(events.ConsentAsked(number, operation.host, operation.title, jobs))
        asked.answered.wait()
        return asked.value is True

    def _ask(self) -> tuple[int, Asked]:
        asked = Asked(threading.Event())
        with self._lock:
            number = 1 + max(self._asked, default=0)
            self._asked[number] = asked
            if self._run_stop is None or self._run_stop.is_set():
                asked.value = "stop"
                asked.answered.set()
        return number, asked

    def _begin(self) -> threading.Event:
        with self._lock:
            self._run_stop = threading.Event()
            if self._stop.is_set():
                self._run_stop.set()
            return self._run_stop

    def _end(self) -> None:
        with self._lock:
            self._run_stop = None

    def _took(self, session: Session) -> None:
        """What a job has read is what the walk knows now."""
        now = self._clock()
        with self._lock:
            self._facts = session.readings.facts
            self._held = {host: set(needs) for host, needs in session.readings.held.items()}
            named = self._view.spec.names if self._view.spec else ()
            self._publish(
                facts=self._facts,
                read_at=MappingProxyType({**self._view.read_at, **dict.fromkeys(named, now)}),
            )

    def _publish(self, **changes: object) -> None:
        with self._lock:
            self._view = replace(self._view, serial=self._view.serial + 1, **changes)  # type: ignore[arg-type]
            serial = self._view.serial
        self._tell(events.ViewChanged(serial))

    def _tell(self, event: Event) -> None:
        self._sink(event)

    def _hand_on(self, event: Event) -> None:
        if self._listener is not None:
            self._listener(event)


def spec_of(answers: Answers) -> ClusterSpec | None:
    """The cluster that these answers ask for, with what is still open filled in; None without master or worker."""
    if not answers.hosts_at("master") or not answers.hosts_at("workers"):
        return None
    for path, default in (("cluster", "flink"), ("flink.version", DEFAULT_VERSION)):
        if answers.get(path) is None:
            answers = answers.with_value(path, default)
    return build_spec(answers)
