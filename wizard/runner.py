"""Carries out a plan: stage by stage, hosts side by side, each step observed before and after.

Knows the order of things and what a failure means for the rest. It must not know how a host is reached, what a
command does, or who listens to the events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Literal

from . import events
from .connection import ConnectionFailed
from .events import Sink
from .facts import ClusterFacts, LoginFailure
from .operations.operation import CannotOperate, NotNow, Operation, Proof, Verdict
from .parts import CommandFailed, Executor
from .plan import Plan, Stage, Step
from .readings import Readings

WHOLE_EVERY = 4
"""At every so many readings of a proof that is not good yet, all that it needs is read, not only what it waits for."""

Choice = Literal["retry", "skip", "drop", "stop"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step failed on a host, in the three parts that every error has."""

    host: str
    step: str
    title: str
    cause: str
    evidence: str = ""
    action: str = ""
    kind: str = "operation"


Decide = Callable[[Failure], Choice]
Consent = Callable[[Operation, tuple[str, ...]], bool]


def unattended(failure: Failure) -> Choice:
    """Nobody is there to ask: the host is dropped from later stages, the others go on."""
    del failure
    return "drop"


def no_job_loss(operation: Operation, jobs: tuple[str, ...]) -> bool:
    """Without consent an operation that would end running jobs is left pending."""
    del operation, jobs
    return False


@dataclass(slots=True)
class Outcome:
    """What a run came to. `changed` counts operations that issued commands."""

    changed: int = 0
    satisfied: int = 0
    failures: list[Failure] = field(default_factory=list[Failure])
    dropped: dict[str, Failure] = field(default_factory=dict[str, Failure])
    pending: list[Failure] = field(default_factory=list[Failure])
    proofs: list[events.ProofMade] = field(default_factory=list[events.ProofMade])
    cancelled: bool = False
    stopped: bool = False

    @property
    def good(self) -> bool:
        return not (self.failures or self.dropped or self.cancelled or self.pending)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two readings of a proof that is not good yet, and the clock by which its patience ends and every
    duration is measured."""

    poll: float = 0.5
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Performance:
    """What a plan is carried out with: on the hosts, or in memory."""

    plan: Plan
    readings: Readings
    executor: Executor
    pace: Pace = Pace()


class Runner:
    """Runs plans with the parts it is given: real ones change hosts, imagined ones make a preview."""

    def __init__(
        self,
        readings: Readings,
        executor: Executor,
        sink: Sink,
        stop: threading.Event,
        *,
        decide: Decide = unattended,
        consent: Consent = no_job_loss,
        side_by_side: int = 16,
        pace: Pace = Pace(),
    ) -> None:
        self.readings = readings
        self._executor = executor
        self._sink = sink
        self._stop = stop
        self._decide = decide
        self._consent = consent
        self._side_by_side = side_by_side
        self._pace = pace
        self._lock = threading.Lock()

    def run(self, plan: Plan) -> Outcome:
        """Carry out the plan. Every failure is in the outcome and was reported as an event; nothing is raised."""
        outcome = Outcome()
        self._sink(
            events.RunStarted(
                plan.run_id, plan.cluster, plan.kind, tuple(stage.title for stage in plan.stages), plan.hosts
            )
        )
        started = self._pace.clock()
        self.readings.look(plan.needs(), self._sink)
        for host in plan.hosts:
            self._drop_unreachable(host, outcome)
        began = False
        try:
            for number, stage in enumerate(plan.stages, 1):
                if self._over(plan, outcome):
                    break
                began = True
                self._sink(events.StageStarted(stage.title, number, len(plan.stages), len(stage.steps)))
                self._run_stage(plan, stage, outcome)
                self._sink(events.StageFinished(stage.title, number))
        finally:
            if began:
                self._close(plan, outcome)
        outcome.cancelled = self._stop.is_set()
        self._sink(
            events.RunFinished(
                plan.run_id,
                _outcome_word(outcome),
                outcome.changed,
                len(outcome.failures) + len(outcome.dropped),
                self._pace.clock() - started,
            )
        )
        return outcome

    def _over(self, plan: Plan, outcome: Outcome) -> bool:
        """Whether nothing more can be done: cancelled, stopped, or an essential host is gone."""
        if any(host in outcome.dropped for host in plan.essential):
            outcome.stopped = True
        return self._stop.is_set() or outcome.stopped

    def _run_stage(self, plan: Plan, stage: Stage, outcome: Outcome) -> None:
        chains = [(host, steps) for host, steps in stage.by_host().items() if host not in outcome.dropped]
        if len(chains) == 1:
            self._run_chain(plan, *chains[0], outcome)
            return
        if not chains:
            return
        with ThreadPoolExecutor(min(self._side_by_side, len(chains)), thread_name_prefix="host") as pool:
            for future in as_completed(
                [pool.submit(self._run_chain, plan, host, steps, outcome) for host, steps in chains]
            ):
                future.result()

    def _run_chain(self, plan: Plan, host: str, steps: tuple[Step, ...], outcome: Outcome) -> None:
        for step in steps:
            # A stage that has begun is ended on every host, also when an essential one fails in it: what happens
            # then does not hang on which host was faster.
            if self._stop.is_set() or outcome.stopped or host in outcome.dropped:
                return
            if isinstance(step, Proof):
                self._prove(step, outcome)
            else:
                self._operate(step, outcome)

    def _operate(self, step: Operation, outcome: Outcome) -> None:
        while True:
            failure = self._attempt(step, outcome)
            if failure is None:
                return
            choice = "stop" if self._stop.is_set() else self._decide(failure)
            if choice == "retry":
                self.readings.look(step.needs(), self._sink, again=True)
                continue
            with self._lock:
                if choice == "skip":
                    outcome.failures.append(failure)
                    return
                outcome.stopped = outcome.stopped or choice == "stop"
            self._drop(failure, outcome)
            if failure.host != step.host:
                # Another host was lost in the middle of this step; what it left here is not complete either.
                self._drop(replace(failure, host=step.host), outcome)
            return

    def _attempt(self, step: Operation, outcome: Outcome) -> Failure | None:
        started = self._pace.clock()
        title = step.title
        try:
            facts = self.readings.look(step.needs())
            self._ensure_readable(step, facts)
            if step.satisfied(facts):
                self._finished(step, "satisfied", started)
                with self._lock:
                    outcome.satisfied += 1
                return None
            if step.anew:
                facts = self.readings.look(step.needs(), again=True)
                self._ensure_readable(step, facts)
            jobs = step.loses_jobs(facts)
            if jobs and not self._consent(step, jobs):
                return self._left_pending(step, jobs, started, outcome)
            commands = step.commands(facts)
            self._sink(events.OperationStarted(step.host, step.id, title))
            try:
                self._executor.perform(step, commands, facts, self._stop, self._sink)
            finally:
                self.readings.wrote(step.host, step.touched)
            with self._lock:
                outcome.changed += 1
            facts = self.readings.look(step.needs())
            self._ensure_readable(step, facts)
            if not step.satisfied(facts):
                facts = self.readings.look(step.evidence_needs(), again=True)
                evidence, action = step.explain(facts)
                raise CannotOperate(
                    "The commands ran, but what they should bring about is not there.", evidence, action
                )
        except NotNow as reason:
            self._finished(step, "skipped", started, cause=str(reason))
            return None
        except CannotOperate as error:
            failure = Failure(step.host, step.id, title, error.cause, error.evidence, error.action)
        except CommandFailed as error:
            failure = Failure(step.host, step.id, title, error.cause, error.evidence, error.action)
        except ConnectionFailed as error:
            failure = Failure(
                error.host, step.id, title, error.cause, error.evidence, error.action, kind=error.kind
            )
        else:
            self._finished(step, "changed", started)
            return None
        status = "cancelled" if failure.kind == "cancelled" else "failed"
        self._finished(step, status, started, failure.cause, failure.evidence, failure.action)
        return failure

    def _ensure_readable(self, step: Step, facts: ClusterFacts) -> None:
        lost = facts[step.host].failure
        if lost:
            raise ConnectionFailed(step.host, lost.kind, lost.cause, lost.evidence, lost.action)

    def _left_pending(self, step: Operation, jobs: tuple[str, ...], started: float, outcome: Outcome) -> None:
        cause = f"It would end {len(jobs)} running job{'s' if len(jobs) > 1 else ''}: {', '.join(jobs)}."
        action = f"{step.while_jobs_run} Stop the jobs with a savepoint, or allow their loss with --allow-job-loss."
        self._finished(step, "pending", started, cause, "", action)
        with self._lock:
            outcome.pending.append(Failure(step.host, step.id, step.title, cause, "", action, kind="pending"))

    def _prove(self, proof: Proof, outcome: Outcome) -> None:
        deadline = self._pace.clock() + proof.patience
        facts = self.readings.look(proof.needs())
        turns = 0
        while True:
            more = proof.then_needs(facts)
            if more:
                # What was refused may listen by now: also this is read anew now and then.
                facts = self.readings.look(more, again=turns > 0 and turns % WHOLE_EVERY == 0)
            if self._stop.is_set():
                return
            lost = facts[proof.host].failure
            # What was read before the host was lost proves nothing about now.
            verdict = _lost(lost) if lost else proof.judge(facts)
            if verdict.good or verdict.skipped or verdict.final or self._pace.clock() >= deadline:
                break
            if self._stop.wait(self._pace.poll):
                return
            turns += 1
            asked = proof.poll_needs() if turns % WHOLE_EVERY else proof.needs()
            facts = self.readings.look(asked, again=True)
        if not verdict.good and not verdict.skipped and facts[proof.host].reached:
            evidence = proof.evidence_needs()
            if evidence:
                facts = self.readings.look(evidence, again=True)
            verdict = proof.explain(facts, verdict)
        self._proved(proof, verdict, outcome)

    def _proved(self, proof: Proof, verdict: Verdict, outcome: Outcome) -> None:
        made = events.ProofMade(
            proof.host,
            proof.id,
            proof.title,
            verdict.good,
            verdict.observed,
            verdict.wanted,
            verdict.evidence,
            verdict.action,
            verdict.skipped,
        )
        self._sink(made)
        with self._lock:
            outcome.proofs.append(made)
        if verdict.good or verdict.skipped:
            return
        lost = self.readings.facts[proof.host].failure
        failure = Failure(
            proof.host,
            proof.id,
            proof.title,
            verdict.observed,
            verdict.evidence,
            verdict.action,
            kind=lost.kind if lost else "proof",
        )
        if proof.fatal or lost:
            self._drop(failure, outcome)
        else:
            with self._lock:
                outcome.failures.append(failure)

    def _close(self, plan: Plan, outcome: Outcome) -> None:
        """The closing steps run also after a failure or a cancel, with a stop of their own."""
        stop = threading.Event()
        facts = self.readings.facts
        for host in plan.hosts:
            lost = facts[host].failure
            if lost and lost.kind == "cancelled":
                # A reading that was broken off by the cancel says nothing about the host.
                facts = facts.changed(host, failure=None)
        readings = Readings(self.readings.prober, stop, facts)
        closing = Runner(readings, self._executor, self._sink, stop, pace=self._pace)
        for step in plan.closing:
            if isinstance(step, Operation) and facts[step.host].reached:
                closing._operate(step, outcome)

    def _drop_unreachable(self, host: str, outcome: Outcome) -> None:
        lost = self.readings.facts[host].failure
        if lost:
            self._drop(
                Failure(host, "look", "Look at the host", lost.cause, lost.evidence, lost.action, lost.kind),
                outcome,
            )

    def _drop(self, failure: Failure, outcome: Outcome) -> None:
        with self._lock:
            known = failure.host in outcome.dropped
            outcome.dropped.setdefault(failure.host, failure)
        if not known:
            self._sink(
                events.HostDropped(
                    failure.host, failure.kind, failure.cause, failure.evidence, failure.action
                )
            )

    def _finished(
        self,
        step: Operation,
        status: events.Status,
        started: float,
        cause: str = "",
        evidence: str = "",
        action: str = "",
    ) -> None:
        self._sink(
            events.OperationFinished(
                step.host, step.id, step.title, status, self._pace.clock() - started, cause, evidence, action
            )
        )


def _lost(failure: LoginFailure) -> Verdict:
    return Verdict(False, failure.cause, "", failure.evidence, failure.action)


def _outcome_word(outcome: Outcome) -> Literal["done", "failed", "cancelled", "unreachable"]:
    if outcome.cancelled:
        return "cancelled"
    kinds = {failure.kind for failure in outcome.dropped.values()}
    if kinds - {"operation", "proof", "pending"}:
        return "unreachable"
    return "done" if outcome.good else "failed"
