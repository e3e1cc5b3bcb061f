"""The only door for front ends: look at the hosts, preview a plan, apply it. Everything is answered with events too.

Knows the order of a conversation: look, judge, settle, plan, preview, apply. It must not know how hosts are reached
(`Parts`), how anything is shown, or which front end asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from validators.catalogue import INSTALL_CHECKS, check_install, install_needs
from validators.cluster.catalogue import check_cluster, meanings
from validators.cluster.looking import first_needs, then_needs
from validators.settled import judge_settled

from . import events
from .commands import FetchChoice
from .connection import Stop
from .desired import Desired, settle
from .events import Sink
from .facts import ClusterFacts
from .findings import Finding, blocking, waive
from .flink.catalogue import line_of
from .hdfs import hdfs_survey
from .javachoice import JavaWish
from .lockowner import is_dead
from .needs import Account, Daemons, Home, Javas, Machine, Need, Paths
from .operations.lock import TakeLock
from .operations.places import path_at
from .parts import Prober
from .plan import Plan, Stage, merged_needs
from .plans.install import INSTALL, Context, StageMaker, plan_of
from .plans.repair import picks_of, plan_repair
from .preview import Preview, preview
from .readings import Readings
from .runner import Consent, Decide, Outcome, Performance, Runner, no_job_loss, unattended
from .spec import ClusterSpec
from .words import counted

ROUNDS = 2
"""Readings after the first one: REST may answer on another port than was thought, and names ports itself."""

CHECKED: tuple[str, ...] = tuple(check.id for check in INSTALL_CHECKS)
"""The ids of everything that a look judges, in its order."""


INSPECTED: tuple[str, ...] = tuple(meanings())
"""The ids of everything that an inspection may find, in the order of diagnosis."""


class Parts(Protocol):
    """Real, imagined or recording: how hosts are read, and with what a plan is carried out."""

    @property
    def prober(self) -> Prober: ...

    def performance(self, plan: Plan, readings: Readings, run_id: str, stop: Stop) -> Performance: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What is fixed when a run is planned. `when` is ISO 8601; `owner` is the line that stands in the lock."""

    run_id: str
    when: str
    owner: str


@dataclass(frozen=True, slots=True)
class Source:
    """The distributions of Flink and of Hadoop: places to try, and the tar file of each in the cache."""

    choices: tuple[FetchChoice, ...]
    tar: str
    hadoop_choices: tuple[FetchChoice, ...] = ()
    hadoop_tar: str = ""


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

    `seen` is told of each look's facts before any event speaks of them. `readings` are those of an earlier look.
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
        readings: Readings | None = None,
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
        self._readings = readings or Readings(parts.prober, stop)

    @property
    def state(self) -> str:
        """The wizard's directory for this cluster on the master."""
        return self.spec.state

    @property
    def readings(self) -> Readings:
        return self._readings

    def look(self, *, again: bool = False) -> Look:
        """Read every host, judge what is seen, and fill in what the answers leave open."""
        facts = self._readings.look(survey(self.spec), self._sink, again=again)
        more = hdfs_survey(self.spec, facts)
        if more:
            # The directories of an HDFS are known once the disks are.
            facts = self._readings.look(more, self._sink)
        self._seen(facts)
        look = judge(self.spec, facts, self._waived)
        self._sink(events.FindingsMade(look.findings))
        return look

    def inspect(self, *, again: bool = False) -> Look:
        """Read a cluster that is there, in two rounds at most where nothing is odd, and judge what was seen."""
        facts = self._readings.look(inspection(self.spec), self._sink, again=again)
        asked: set[tuple[str, Need]] = set()
        for _ in range(ROUNDS):
            desired = settle(self.spec, facts)
            more = {
                host: tuple(need for need in needs if (host, need) not in asked)
                for host, needs in then_needs(desired, facts).items()
            }
            more = {host: needs for host, needs in more.items() if needs}
            if not more or self._stop.is_set():
                break
            facts = self._readings.look(more, again=again)
            asked |= {(host, need) for host, needs in more.items() for need in needs}
        self._seen(facts)
        desired = settle(self.spec, facts)
        context = self._context(desired, facts)
        look = Look(facts, check_cluster(desired, facts, self._waived, context), desired)
        self._sink(events.FindingsMade(look.findings))
        return look

    def repair_plan(self, look: Look, chosen: Iterable[Finding]) -> Plan:
        """The plan of the fixes of these findings. The whole cluster is proved when no error is left out."""
        picked = tuple(chosen)
        whole = {one for one in look.findings if one.severity == "error"} <= set(picked)
        context = self._context(look.desired, look.facts)
        return plan_repair(look.desired, context, picks_of(look.desired, picked, whole))

    def read_rest(self, desired: Desired) -> ClusterFacts:
        """What the JobManagers say now, who leads where ZooKeeper knows, and what the NameNode says where there is one."""
        wanted: list[dict[str, tuple[Need, ...]]] = [dict(desired.asked)]
        if desired.hdfs is not None:
            wanted.append({desired.hdfs.namenode.name: (desired.hdfs.web,)})
        elif desired.joined is not None and desired.joined.webs:
            wanted.append({self.spec.master.name: desired.joined.webs})
        return self._readings.look(merged_needs(wanted), again=True)

    def plan(
        self,
        desired: Desired,
        facts: ClusterFacts,
        kind: str = "install",
        makers: tuple[tuple[str, StageMaker], ...] = INSTALL,
        only: frozenset[str] | None = None,
    ) -> Plan:
        """The plan of these stages; `only` keeps the steps of these hosts (and of none other)."""
        plan = plan_of(kind, makers, desired, self._context(desired, facts, only))
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
        with_what = self._parts.performance(plan, self._readings, self.run.run_id, self._stop)
        runner = Runner(
            with_what.readings,
            with_what.executor,
            self._sink,
            self._stop,
            decide=decide,
            consent=consent,
            pace=with_what.pace,
        )
        return plan, runner.run(with_what.plan)

    def cancel(self) -> None:
        """Ask everything that runs to end; returns at once."""
        self._stop.set()

    def close(self) -> None:
        self._parts.close()

    def _context(self, desired: Desired, facts: ClusterFacts, only: frozenset[str] | None = None) -> Context:
        return Context(
            self.run.run_id,
            self.state,
            self._source.tar,
            self._source.choices,
            self.run.owner,
            self._stale_lock(facts),
            self._records(desired),
            self._source.hadoop_tar,
            self._source.hadoop_choices,
            only or frozenset(),
        )

    def _stale_lock(self, facts: ClusterFacts) -> str:
        """The owner line of a lock whose run has certainly ended."""
        seen = path_at(facts[self.spec.master.name], f"{self.state}/lock/owner")
        owner = (seen.text or "").strip() if seen else ""
        return owner if owner and is_dead(owner) else ""


def judge(spec: ClusterSpec, facts: ClusterFacts, waived: Iterable[str] = ()) -> Look:
    """What follows from facts, however few: findings, and what the answers leave open filled in. Pure."""
    findings = check_install(spec, facts, waived)
    desired = settle(spec, facts)
    findings += waive(judge_settled(desired, facts, findings), waived)
    return Look(facts, findings, desired)


def examine(spec: ClusterSpec, facts: ClusterFacts, waived: Iterable[str] = ()) -> Look:
    """The same of a cluster that is there. Pure."""
    desired = settle(spec, facts)
    return Look(facts, check_cluster(desired, facts, waived), desired)


def refusal(spec: ClusterSpec, look: Look) -> tuple[str, tuple[Finding, ...], tuple[str, ...]]:
    """Why nothing may be changed ("" when it may), the findings to mend first, and the hosts that were not reached."""
    lost = tuple(name for name in spec.names if not look.facts[name].reached)
    master = spec.master.name
    blockers = tuple(one for one in look.blocking if any(look.facts[host].reached for host in one.hosts))
    if master in lost:
        return f"Without the master {master} nothing can be done; reach it first.", blockers, lost
    if lost and all(worker.name in lost for worker in spec.workers):
        return "No worker could be reached; reach at least one first.", blockers, lost
    if blockers:
        return f"{counted(len(blockers), 'finding')} must be mended first.", blockers, lost
    return "", (), lost


def survey(spec: ClusterSpec, facts: ClusterFacts | None = None) -> dict[str, tuple[Need, ...]]:
    """The first reading: one round trip that answers checks, suggestions and most operations.

    With the facts of an earlier one: also what can be asked only now.
    """
    own = {host.name: _survey_of(spec, host.name) for host in spec.hosts}
    return merged_needs((own, install_needs(spec), hdfs_survey(spec, facts or ClusterFacts())))


def inspection(spec: ClusterSpec, facts: ClusterFacts | None = None) -> dict[str, tuple[Need, ...]]:
    """The first reading of a cluster that is there.

    With the facts of an earlier one, of every host: also what they have shown to be worth a look.
    """
    lock = {spec.master.name: (Paths(texts=(f"{spec.state}/lock/owner",)),)}
    every = facts is not None and set(spec.names) <= set(facts.hosts)
    more = then_needs(settle(spec, facts), facts) if facts is not None and every else {}
    return merged_needs((first_needs(spec), lock, more))


def _survey_of(spec: ClusterSpec, host: str) -> tuple[Need, ...]:
    line = line_of(spec.flink.version)
    wish = JavaWish.of(line.java, spec.host(host).java_home or spec.java.wished)
    homes = (wish.home,) if wish.home != "auto" else ()
    needs: tuple[Need, ...] = (
        Machine(),
        Account(),
        Javas(homes),
        Daemons(),
        Home(spec.flink.home, spec.conf_dir),
    )
    if host == spec.master.name:
        needs = (*needs, Paths(texts=(f"{spec.state}/lock/owner",)))
    return needs


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
