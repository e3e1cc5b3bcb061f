"""Reviews a plan and carries it out, one at a time; pauses where the operator must decide.

Knows the order of look, plan, preview and run, and what must not have changed in between. It must not know answers
that are still being typed, nor who listens.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from . import events
from .answers import Answers
from .desk import Asked
from .events import Sink
from .exits import Exit
from .facts import ClusterFacts, LoginFailure
from .findings import Finding, ticked
from .flink.catalogue import UnknownBuild
from .imagined import Done
from .journal import Journal, fan, masked
from .lookout import Lookout, Reach, Seen
from .operations.operation import Operation
from .plan import Plan
from .preview import Preview
from .progress import Follower
from .readings import Readings
from .record import records_of
from .rehearsal import MENDABLE
from .runner import Choice, Consent, Failure, Outcome, no_job_loss
from .secrets import Masker
from .sensitive import secrets_seen
from .session import Look, Run, Session, refusal
from .shelf import Shelf, new_run, source_of
from .showing import Outline, outline_of
from .spec import ClusterSpec
from .times import REAL, Times
from .verdict import status_of, status_of_refusal
from .words import in_sentence, name_of

FRESH = 60.0
"""Seconds for which a reading is good enough for a review."""

Word = Literal["done", "failed", "cancelled"]

_CANCELLED = "The review was cancelled."
_NOT_BEGUN = "Cancelled before anything was changed."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job works for: the answers as they are now, their text, and the cluster that they ask for."""

    answers: Answers
    text: str
    spec: ClusterSpec
    waived: tuple[str, ...] = ()
    ticks: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """What shall be mended, by id of finding, where that was decided."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to. `refused` says why the plan may not be carried out, "" when it may.

    `blockers` are the findings that somebody must mend first, `lost` the hosts that take no part.
    """

    answers: Answers
    outline: Outline
    refused: str = ""
    blockers: tuple[Finding, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """How this walk runs: whether a run is recorded here, whether jobs may be lost unasked.

    With `retries` a review tries hosts anew that were out of reach; in practice only the operator's reading again does.
    With `read_after` the hosts are read anew after a run: it changed them behind the back of its own readings.
    """

    recorded: bool = True
    job_loss: bool = False
    read_after: bool = False
    retries: bool = True
    mends: bool = False
    """Whether what is ticked of a cluster that is there is mended."""


class Runs:
    """One review or run at a time; both are called on a thread of their own, the other methods from any."""

    def __init__(
        self,
        reach: Reach,
        lookout: Lookout,
        shelf: Shelf,
        masker: Masker,
        sink: Sink,
        ways: Ways,
        times: Times = REAL,
    ) -> None:
        self._reach = reach
        self._lookout = lookout
        self._shelf = shelf
        self._masker = masker
        self._sink = sink
        self._ways = ways
        self._times = times
        self._lock = threading.Lock()
        self._asked: dict[int, Asked] = {}
        self._number = 0
        self._stopped = False
        """Whether the operator has stopped the run at one of its questions."""
        self._stops: set[threading.Event] = set()
        self._planned: tuple[Run, Preview] | None = None
        self.preview: Preview | None = None
        """What the last review found."""
        self.outcome: Outcome | None = None
        """What the last run came to."""
        self.status = Exit.DONE
        """The same as an exit status, also for a run that could not begin."""
        self.record = ""
        """The journal of the last run; "" for one that was only played."""
        self.progress = Follower(times.elapsed)
        """How far the newest run has come."""

    def begin(self) -> threading.Event:
        """The stop of a job that will be done: `cancel` sets it, also while the job waits for its turn."""
        stop = threading.Event()
        with self._lock:
            self._stops.add(stop)
        return stop

    def end(self, stop: threading.Event) -> None:
        """The job of this stop is over."""
        with self._lock:
            self._stops.discard(stop)

    def cancel(self) -> None:
        """Ask every job to end; whatever waits for the operator is answered with stop."""
        with self._lock:
            for stop in self._stops:
                stop.set()
            waiting = tuple(self._asked.values())
            self._asked.clear()
        self.progress.dismiss()
        for asked in waiting:
            asked.value = "stop"
            asked.answered.set()

    def choose(self, number: int, choice: Choice | bool) -> None:
        """Answer a `Paused` or a `ConsentAsked`; a number that does not wait any more is passed over.

        A stop answers whatever else waits, or will: the run asks nothing more.
        """
        with self._lock:
            stops = choice == "stop" and number in self._asked
            self._stopped = self._stopped or stops
            numbers = tuple(self._asked) if stops else (number,)
            answered = [self._asked.pop(one) for one in numbers if one in self._asked]
        for one in numbers:
            self.progress.answered(one)
        for asked in answered:
            asked.value = choice
            asked.answered.set()

    def review(self, wish: Wish, stop: threading.Event) -> Reviewed | str:
        """Preview the plan from readings that are fresh enough; or why there is none."""
        now, read_at = self._times.now(), self._lookout.read_at
        old = [name for name in wish.spec.names if now - read_at.get(name, 0.0) > FRESH]
        seen, run = self._lookout.seen, new_run(self._times)
        lost = [name for name in wish.spec.names if self._tries_again(seen.facts[name].failure)]
        try:
            # Somebody may have seen to a host that failed: it is tried anew.
            self._reach.forget(wish.spec, lost)
            session = self._opened(wish, stop, (), seen, run)
            look = self._look(session, again=bool(old or lost))
            if stop.is_set():
                return _CANCELLED
            self._lookout.took(seen, session.readings, wish.spec.names if old or lost else ())
            plan = self._plan(session, look, wish)
            made = session.preview(plan, self._allowed)
        except (UnknownBuild, OSError) as error:
            return str(error)
        except Exception as fault:  # noqa: BLE001 - whoever waits for the review must hear of it
            return broken("The review", fault)
        if stop.is_set():
            return _CANCELLED
        outline = outline_of(made, self._masker.mask)
        self.preview, self._planned = made, (run, made)
        return Reviewed(wish.answers, outline, *self._refusal(wish.spec, look))

    def apply(self, wish: Wish | None, stop: threading.Event) -> Word:
        """Carry out what the last review showed. It changes nothing when that is not what would be done now."""
        planned, self._planned = self._planned, None
        self.outcome, self.record, self._stopped = None, "", False
        self.status = Exit.FAILED
        if stop.is_set():
            return self._not_begun(new_run(self._times), "cancelled", _NOT_BEGUN)
        if wish is None or planned is None:
            self.status = Exit.BLOCKED
            return self._not_begun(new_run(self._times), "blocked", "The plan must be reviewed again first.")
        run, reviewed = planned
        try:
            with self._journal(wish.spec, run) as journal:
                sinks = (masked(journal, self._masker),) if journal else ()
                return self._carry_out(wish, stop, sinks, run, reviewed)
        except UnknownBuild as fault:
            self.status = Exit.USAGE
            return self._not_begun(run, "blocked", f"{fault} Nothing was changed.")
        except OSError as fault:
            where = f"{fault.filename}: " if fault.filename else ""
            return self._not_begun(run, "failed", f"{where}{fault.strerror or fault}.")
        except Exception as fault:  # noqa: BLE001 - a run must always be seen to end
            said = broken("The run", fault)
            return self._not_begun(run, "failed", f"{said} Review the plan again to see what is left to do.")

    def _carry_out(
        self, wish: Wish, stop: threading.Event, sinks: tuple[Sink, ...], run: Run, reviewed: Preview
    ) -> Word:
        # Whatever was read before is looked at afresh: only what is true now may be changed.
        seen = Seen(ClusterFacts(), {}, self._lookout.seen.identities)
        session = self._opened(wish, stop, sinks, seen, run)
        look = self._look(session)
        if stop.is_set():
            return self._not_begun(run, "cancelled", _NOT_BEGUN, sinks)
        said, _, lost = self._refusal(wish.spec, look)
        plan = self._plan(session, look, wish)
        if not said:
            other = difference(reviewed, session.preview(plan, self._allowed))
            if stop.is_set():
                return self._not_begun(run, "cancelled", _NOT_BEGUN, sinks)
            if other:
                said = f"The hosts are not as the review saw them ({other}). Review the plan again."
        if said:
            self.status = status_of_refusal(lost)
            self._lookout.took(seen, session.readings, wish.spec.names)
            return self._not_begun(run, "blocked", f"Nothing was changed. {said}", sinks)
        _, outcome = session.apply(plan, decide=self._decide, consent=self._consent)
        self.outcome, self.status = outcome, status_of(outcome)
        if self._ways.read_after:
            self._lookout.void(wish.spec.names)
        else:
            self._lookout.took(seen, session.readings, wish.spec.names)
        return "cancelled" if outcome.cancelled else "done" if outcome.good else "failed"

    def _look(self, session: Session, *, again: bool = False) -> Look:
        return session.inspect(again=again) if self._ways.mends else session.look(again=again)

    def _plan(self, session: Session, look: Look, wish: Wish) -> Plan:
        if self._ways.mends:
            return session.repair_plan(look, ticked(look.findings, wish.ticks))
        return session.plan(look.desired, look.facts)

    def _refusal(self, spec: ClusterSpec, look: Look) -> tuple[str, tuple[Finding, ...], tuple[str, ...]]:
        """In a repair no finding forbids the mending of others; only the hosts must be there."""
        return refusal(spec, replace(look, findings=()) if self._ways.mends else look)

    def _not_begun(
        self,
        run: Run,
        outcome: Literal["failed", "blocked", "cancelled"],
        note: str,
        sinks: tuple[Sink, ...] = (),
    ) -> Word:
        """A run ended before it could begin, or broke off on this machine."""
        if outcome == "cancelled":
            self.status = Exit.CANCELLED
        fan((*sinks, self._sink))(events.RunFinished(run.run_id, outcome, 0, 0, 0.0, note))
        return "cancelled" if outcome == "cancelled" else "failed"

    def _journal(self, spec: ClusterSpec, run: Run) -> AbstractContextManager[Journal | None]:
        if not self._ways.recorded:
            return nullcontext()
        journal = self._shelf.journal(spec, run)
        self.record = str(self._shelf.state(spec).journal(run.run_id))
        return closing(journal)

    def _opened(
        self, wish: Wish, stop: threading.Event, sinks: tuple[Sink, ...], seen: Seen, run: Run
    ) -> Session:
        spec, parts = wish.spec, self._reach.parts(wish.spec, stop)
        return Session(
            spec,
            parts,
            source_of(spec),
            run,
            fan((*sinks, self._sink)),
            stop,
            waived=wish.waived,
            records=partial(records_of, wish.text),
            seen=lambda facts: self._masker.add(*secrets_seen(spec, facts)),
            readings=Readings(parts.prober, stop, seen.facts, seen.held),
        )

    def _tries_again(self, failure: LoginFailure | None) -> bool:
        """Not with a password that was refused: that would lock the account in the end."""
        return failure is not None and self._ways.retries and failure.kind not in MENDABLE

    @property
    def _allowed(self) -> Consent:
        return _always if self._ways.job_loss else no_job_loss

    def _decide(self, failure: Failure) -> Choice:
        """Pause here until the operator has chosen."""
        number, asked = self._ask()
        if not asked.answered.is_set():
            said = (failure.host, failure.title, failure.cause, failure.evidence, failure.action)
            self._sink(events.Paused(number, *said, failure.step))
        asked.answered.wait()
        return cast("Choice", asked.value)

    def _consent(self, operation: Operation, jobs: tuple[str, ...]) -> bool:
        if self._ways.job_loss:
            return True
        number, asked = self._ask()
        if not asked.answered.is_set():
            self._sink(events.ConsentAsked(number, operation.host, operation.title, jobs))
        asked.answered.wait()
        return asked.value is True

    def _ask(self) -> tuple[int, Asked]:
        asked = Asked(threading.Event())
        with self._lock:
            # Never the same number twice: a late answer must not meet the next question.
            self._number += 1
            number = self._number
            if self._stopped or any(stop.is_set() for stop in self._stops):
                asked.value = "stop"
                asked.answered.set()
            else:
                self._asked[number] = asked
        return number, asked


def difference(before: Preview, now: Preview) -> str:
    """The first thing that would be done otherwise than it was previewed, as a phrase; "" when nothing would."""
    was_lost, is_lost = before.outcome.dropped.keys(), now.outcome.dropped.keys()
    for hosts, said in (
        (is_lost - was_lost, "cannot be reached any more"),
        (was_lost - is_lost, "answers now"),
    ):
        if hosts:
            return f"{name_of(min(hosts))} {said}"
    was, is_now = _by_host(before), _by_host(now)
    for host in dict.fromkeys((*was, *is_now)):
        for one, other in zip(_padded(was, is_now, host), _padded(is_now, was, host), strict=True):
            if one != other:
                what = (other or one or _NOTHING).title
                return f"{name_of(host)}: {in_sentence(what)}"
    return ""


_NOTHING = Done("", "", "nothing", ())


def _by_host(preview: Preview) -> Mapping[str, tuple[Done, ...]]:
    hosts: dict[str, list[Done]] = {}
    for done in preview.done:
        hosts.setdefault(done.host, []).append(done)
    return MappingProxyType({host: tuple(all_done) for host, all_done in hosts.items()})


def _padded(
    mine: Mapping[str, tuple[Done, ...]], others: Mapping[str, tuple[Done, ...]], host: str
) -> Iterable[Done | None]:
    own, other = mine.get(host, ()), others.get(host, ())
    return (*own, *(None,) * (len(other) - len(own)))


def broken(what: str, fault: Exception) -> str:
    """A fault of the wizard itself in one sentence, with its place, so that it can be reported."""
    frame = traceback.extract_tb(fault.__traceback__)[-1:]
    where = f" ({Path(frame[0].filename).name}:{frame[0].lineno})" if frame else ""
    return f"{what} broke off by a fault of the wizard itself: {type(fault).__name__}: {fault}{where}."


def _always(operation: Operation, jobs: tuple[str, ...]) -> bool:
    del operation, jobs
    return True
