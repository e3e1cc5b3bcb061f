"""The only door for front ends: look at the hosts, preview a plan, apply it. Everything is answered with events too.

Knows the order of a conversation: look, judge, settle, plan, preview, apply. It must not know how hosts are reached
(`Parts`), how anything is shown, or which front end asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from validators.catalogue import check_install, install_needs
from validators.settled import judge_settled

from . import events
from .commands import FetchChoice
from .desired import Desired, settle
from .events import Sink
from .facts import ClusterFacts
from .findings import Finding, blocking, waive
from .flink.catalogue import line_of
from .javachoice import JavaWish
from .lockowner import is_dead
from .needs import Account, Daemons, Home, Javas, Machine, Need, Paths
from .operations.lock import TakeLock
from .operations.places import path_at
from .parts import Executor, Prober
from .plan import Plan, Stage, merged_needs
from .plans.install import INSTALL, Context, StageMaker, plan_of
from .preview import Preview, preview
from .readings import Readings
from .runner import Consent, Decide, Outcome, Runner, no_job_loss, unattended
from .spec import ClusterSpec


class Parts(Protocol):
    """Real, imagined or recording: a prober and an executor, and what belongs to them."""

    @property
    def prober(self) -> Prober: ...

    def executor(self, run_id: str) -> Executor: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What is fixed when a run is planned. `when` is ISO 8601; `owner` is the line that stands in the lock."""

    run_id: str
    when: str
    owner: str


@dataclass(frozen=True, slots=True)
class Source:
    """The distribution: places to try, and its tar file in the cache."""

    choices: tuple[FetchChoice, ...]
    tar: str


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen and what follows from it."""

    facts: ClusterFacts
    findings: tuple[Finding, ...]
    desired: Desired

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return blocking(self.findings)


class Session:
    """One conversation about one cluster. `records` makes the texts that are kept on the master.

    `seen` is told of each look's facts before any event speaks of them.
    """

    def __init__(
        self,
        spec: ClusterSpec,
        parts: Parts,
        source: Source,
        run: Run,
        sink: Sink,
        stop: threading.Event,
        *,
        waived: Iterable[str] = (),
        records: Callable[[Desired], tuple[tuple[str, str], ...]] = lambda desired: (),
        seen: Callable[[ClusterFacts], None] = lambda facts: None,
    ) -> None:
        self.spec = spec
        self.run = run
        self._parts = parts
        self._source = source
        self._sink = sink
        self._stop = stop
        self._waived = tuple(waived)
        self._records = records
        self._seen = seen
        self._readings = Readings(parts.prober, stop)

    @property
    def state(self) -> str:
        """The wizard's directory for this cluster on the master."""
        return state_on_master(self.spec)

    def look(self, *, again: bool = False) -> Look:
        """Read every host, judge what is seen, and fill in what the answers leave open."""
        facts = self._readings.look(self.survey(), self._sink, again=again)
        self._seen(facts)
        findings = check_install(self.spec, facts, self._waived)
        desired = settle(self.spec, facts)
        findings += waive(judge_settled(desired, facts, findings), self._waived)
        self._sink(events.FindingsMade(findings))
        return Look(facts, findings, desired)

    def read_rest(self, desired: Desired) -> ClusterFacts:
        """What the JobManager says now."""
        return self._readings.look({self.spec.master.name: (desired.rest,)}, again=True)

    def survey(self) -> dict[str, tuple[Need, ...]]:
        """The first reading: one round trip that answers checks, suggestions and most operations."""
        own = {host.name: self._survey_of(host.name) for host in self.spec.hosts}
        return merged_needs((own, install_needs(self.spec)))

    def plan(
        self,
        desired: Desired,
        facts: ClusterFacts,
        kind: str = "install",
        makers: tuple[tuple[str, StageMaker], ...] = INSTALL,
        only: frozenset[str] | None = None,
    ) -> Plan:
        """The plan of these stages; `only` keeps the steps of these hosts (and of none other)."""
        context = Context(
            self.run.run_id,
            self.state,
            self._source.tar,
            self._source.choices,
            self.run.owner,
            self._stale_lock(facts),
            self._records(desired),
        )
        plan = plan_of(kind, makers, desired, context)
        return plan if only is None else restricted(plan, only)

    def preview(self, plan: Plan, consent: Consent = no_job_loss) -> Preview:
        """What the plan would do from here. Reads what it needs to know; changes nothing."""
        facts = self._readings.look(plan.needs(), self._sink)
        return preview(without_needless_lock(plan, facts, consent), facts, consent)

    def apply(
        self, plan: Plan, *, decide: Decide = unattended, consent: Consent = no_job_loss
    ) -> tuple[Plan, Outcome]:
        """Carry the plan out. The lock is only taken when there is something to change."""
        facts = self._readings.look(plan.needs(), self._sink)
        plan = without_needless_lock(plan, facts, consent)
        runner = Runner(
            self._readings,
            self._parts.executor(self.run.run_id),
            self._sink,
            self._stop,
            decide=decide,
            consent=consent,
        )
        return plan, runner.run(plan)

    def cancel(self) -> None:
        """Ask everything that runs to end; returns at once."""
        self._stop.set()

    def close(self) -> None:
        self._parts.close()

    def _survey_of(self, host: str) -> tuple[Need, ...]:
        line = line_of(self.spec.flink.version)
        wish = JavaWish.of(line.java, self.spec.host(host).java_home or self.spec.java.wished)
        homes = (wish.home,) if wish.home != "auto" else ()
        needs: tuple[Need, ...] = (
            Machine(),
            Account(),
            Javas(homes),
            Daemons(),
            Home(self.spec.flink.home, self.spec.conf_dir),
        )
        if host == self.spec.master.name:
            needs = (*needs, Paths(texts=(f"{self.state}/lock/owner",)))
        return needs

    def _stale_lock(self, facts: ClusterFacts) -> str:
        """The owner line of a lock whose run has certainly ended."""
        seen = path_at(facts[self.spec.master.name], f"{self.state}/lock/owner")
        owner = (seen.text or "").strip() if seen else ""
        return owner if owner and is_dead(owner) else ""


def state_on_master(spec: ClusterSpec) -> str:
    return f"~/.flink-wizard/{spec.cluster}"


def restricted(plan: Plan, only: frozenset[str]) -> Plan:
    """The plan with the steps of these hosts alone; lock and closing stay."""
    stages = tuple(
        stage
        if stage.title == "Lock"
        else Stage(stage.title, tuple(step for step in stage.steps if step.host in only))
        for stage in plan.stages
    )
    return replace(plan, stages=tuple(stage for stage in stages if stage.steps))


def without_needless_lock(plan: Plan, facts: ClusterFacts, consent: Consent = no_job_loss) -> Plan:
    """The plan without its lock when it would change nothing: then there is nothing to lock.

    The lock of a run that is gone is still taken over, so that it is released.
    """
    if any(isinstance(step, TakeLock) and step.stale for stage in plan.stages for step in stage.steps):
        return plan
    bare = replace(plan, stages=tuple(stage for stage in plan.stages if stage.title != "Lock"), closing=())
    return plan if preview(bare, facts, consent).changes else bare


def unreachable(outcome: Outcome) -> Mapping[str, str]:
    """Hosts that could not be reached, were lost, or refused the login, with the cause."""
    return {
        host: failure.cause
        for host, failure in outcome.dropped.items()
        if failure.kind not in {"operation", "proof", "pending", "cancelled"}
    }
