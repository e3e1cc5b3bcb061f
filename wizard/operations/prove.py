"""Proofs that a cluster works: asked of Flink's REST interface and of the ports between the workers.

A start script's exit status proves nothing, and a registered TaskManager is not yet a working one. Nothing here
changes a host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from validators.values import is_loopback

from ..facts import ClusterFacts
from ..flink.line import Line
from ..needs import Daemons, LogTail, Need, Rest, Tcp
from ..words import counted
from .daemonlogs import READ_LOGS, log_patterns, told_by_logs
from .operation import Proof, Verdict
from .restanswers import TaskManagerSeen, answer, ghosts, number, taskmanagers, with_answer


@dataclass(frozen=True)
class RestAnswers(Proof):
    """The JobManager answers, and says that it is the version that was asked for."""

    line: Line
    version: str
    rest: Rest
    home: str
    logs: str = ""
    """Where daemons log, when not in the home."""

    @property
    def id(self) -> str:
        return "rest-answers"

    @property
    def title(self) -> str:
        return f"The JobManager of Flink {self.version} answers on port {self.rest.port}"

    @property
    def patience(self) -> float:
        return 90.0

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.rest, Daemons())}

    def judge(self, facts: ClusterFacts) -> Verdict:
        overview = answer(facts, self.host, self.rest, self.line.web.overview)
        wanted = f"an answer from {self.rest.url}"
        if overview is not None and self.line.web.taskmanager_count not in overview:
            other = f"something else answers on port {self.rest.port}"
            return Verdict(
                False, other, wanted, action="Stop that program, or choose another port.", final=True
            )
        if overview is not None:
            said = overview.get("flink-version", self.version)
            return Verdict(said == self.version, f"Flink {said}", f"Flink {self.version}", final=True)
        seen = facts[self.host].rest.get(self.rest.key)
        daemons = facts[self.host].daemons
        gone = daemons is not None and not any(daemon.kind == "jobmanager" for daemon in daemons)
        observed = "no JobManager runs" if gone else "the JobManager runs but does not answer"
        return Verdict(False, observed, wanted, seen.evidence if seen else "", final=gone)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        web = self.line.web
        old = answer(facts, self.host, self.rest, web.overview) or {}
        value = {web.taskmanager_count: 0, **old, "flink-version": self.version}
        return with_answer(facts, self.host, self.rest, web.overview, value)

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {
            self.host: (LogTail(log_patterns(self.logs or f"{self.home}/log", self.line.daemons.jobmanager)),)
        }

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return explained(facts, [self.host], verdict, self.logs or f"{self.home}/log")


@dataclass(frozen=True)
class TaskManagersRegistered(Proof):
    """As many TaskManagers as were asked for are registered, with as many slots. Never lowers what is wanted."""

    line: Line
    rest: Rest
    home: str
    taskmanagers: int
    slots: int
    workers: tuple[tuple[str, str], ...]
    """(host, address) of each worker."""
    logs: str = ""

    @property
    def id(self) -> str:
        return "taskmanagers-registered"

    @property
    def title(self) -> str:
        verb = "is" if self.taskmanagers == 1 else "are"
        return f"{_taskmanagers(self.taskmanagers)} with {counted(self.slots, 'slot')} {verb} registered"

    @property
    def patience(self) -> float:
        return 90.0

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: dict[str, tuple[Need, ...]] = {host: (Daemons(),) for host, _ in self.workers}
        return own | {self.host: (self.rest, Daemons())}

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        return _listeners(facts, self.host, taskmanagers(facts, self.host, self.rest, self.line))

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        # Asking every worker twice a second would take cores from the TaskManagers that start there.
        return {self.host: (self.rest,)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        overview = answer(facts, self.host, self.rest, self.line.web.overview) or {}
        gone = ghosts(facts, self.host, taskmanagers(facts, self.host, self.rest, self.line))
        count = number(overview, self.line.web.taskmanager_count, 0) - len(gone)
        slots = number(overview, self.line.web.slot_count, 0) - sum(one.slots for one in gone)
        wanted = f"{_taskmanagers(self.taskmanagers)}, {counted(self.slots, 'slot')}"
        good = (count, slots) == (self.taskmanagers, self.slots)
        if count < self.taskmanagers:
            observed = f"{count} of {self.taskmanagers} TaskManagers, {slots} of {self.slots} slots"
        else:
            observed = f"{_taskmanagers(count)}, {counted(slots, 'slot')}"
        # More than wanted, or slots that are not told yet: both pass. Too few, and no process left to come, stays.
        return Verdict(
            good, observed, wanted, final=count < self.taskmanagers and count >= self._alive(facts)
        )

    def _alive(self, facts: ClusterFacts) -> int:
        """TaskManager processes that run: when each of them is registered, waiting for more is in vain."""
        reached = [facts[host] for host, _ in self.workers if facts[host].reached]
        return sum(len(seen.daemons_of("taskmanager", self.home)) for seen in reached)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        web = self.line.web
        # A worker that takes no part has no TaskManager: a preview must not count it either.
        count = min(self._alive(facts), self.taskmanagers)
        slots = self.slots * count // max(self.taskmanagers, 1)
        value = {web.taskmanager_count: count, web.slot_count: slots}
        old = answer(facts, self.host, self.rest, web.overview) or {}
        return with_answer(facts, self.host, self.rest, web.overview, {**old, **value})

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        patterns = log_patterns(self.logs or f"{self.home}/log", self.line.daemons.taskmanager)
        return {host: (LogTail(patterns), Daemons()) for host, _ in self.workers}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return explained(facts, self._silent(facts), verdict, self.logs or f"{self.home}/log")

    def _silent(self, facts: ClusterFacts) -> list[str]:
        """Workers that no registered TaskManager names; all of them when that cannot be told apart."""
        seen = {taskmanager.host for taskmanager in taskmanagers(facts, self.host, self.rest, self.line)}
        silent = [host for host, address in self.workers if address not in seen and host not in seen]
        return silent or [host for host, _ in self.workers]


@dataclass(frozen=True)
class TaskManagerRegistered(Proof):
    """The TaskManagers of one worker are registered, all `count` of them, whatever the others do."""

    line: Line
    rest: Rest
    home: str
    master: str
    address: str
    logs: str = ""
    count: int = 1

    @property
    def id(self) -> str:
        return "taskmanager-registered"

    @property
    def title(self) -> str:
        if self.count > 1:
            return f"The {self.count} TaskManagers of {self.host} are registered"
        return f"The TaskManager of {self.host} is registered"

    @property
    def patience(self) -> float:
        return 90.0

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Daemons(),)} | {
            self.master: (self.rest, Daemons()) if self.master == self.host else (self.rest,)
        }

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        return _listeners(facts, self.master, taskmanagers(facts, self.master, self.rest, self.line))

    def judge(self, facts: ClusterFacts) -> Verdict:
        if not facts[self.host].daemons_of("taskmanager", self.home):
            return Verdict(False, "its process has ended", "a TaskManager", final=True)
        listed = taskmanagers(facts, self.master, self.rest, self.line)
        gone = ghosts(facts, self.master, listed)
        seen = [one.host for one in listed if one not in gone]
        wanted = f"{self.address} among the TaskManagers" + (
            f", {self.count} times" if self.count > 1 else ""
        )
        there = sum(one in {self.address, self.host} for one in seen) >= self.count
        return Verdict(there, ", ".join(sorted(seen)) or "no TaskManager is registered", wanted)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        path = self.line.web.taskmanagers
        old: Any = (answer(facts, self.master, self.rest, path) or {}).get("taskmanagers", [])
        new = {"id": self.address, "path": f"flink@{self.address}:1/", "dataPort": 1, "slotsNumber": 1}
        return with_answer(facts, self.master, self.rest, path, {"taskmanagers": [*old, *[new] * self.count]})

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {
            self.host: (
                LogTail(log_patterns(self.logs or f"{self.home}/log", self.line.daemons.taskmanager)),
            )
        }

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return explained(facts, [self.host], verdict, self.logs or f"{self.home}/log")


@dataclass(frozen=True)
class AddressesReachable(Proof):
    """Each TaskManager tells an address of its own, and every other worker can open its data port."""

    line: Line
    rest: Rest
    workers: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return "taskmanagers-reach-each-other"

    @property
    def title(self) -> str:
        return "The TaskManagers reach each other"

    @property
    def patience(self) -> float:
        """A TaskManager that was killed stays registered until its heartbeat times out: 50 s by default."""
        return 70.0

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.rest,)}

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.rest,)}

    def then_needs(self, facts: ClusterFacts) -> Mapping[str, tuple[Need, ...]]:
        seen = taskmanagers(facts, self.host, self.rest, self.line)
        targets = tuple((one.host, one.data_port) for one in seen if one.data_port > 0)
        hosts = [host for host, _ in self.workers if facts[host].reached]
        return {host: (Tcp(targets),) for host in hosts} if targets and len(hosts) > 1 else {}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = taskmanagers(facts, self.host, self.rest, self.line)
        if not seen:
            return Verdict(False, "no TaskManager is registered", final=True)
        loopback = sorted({one.host for one in seen if is_loopback(one.host)})
        if loopback and len(self.workers) > 1:
            return Verdict(
                False,
                f"TaskManagers tell the others to find them at {', '.join(loopback)}",
                "an address that other hosts can reach",
                action=f"Set {self.line.keys.tm_host} on each worker to its own name.",
                final=True,
            )
        targets = {(one.host, one.data_port) for one in seen if one.data_port > 0}
        tried = [(host, facts[host].tcp) for host, _ in self.workers if targets <= set(facts[host].tcp)]
        closed = [
            f"{host} → {target}:{port}: {tcp[target, port]}"
            for host, tcp in tried
            for target, port in sorted(targets)
            if tcp[target, port] != "open"
        ]
        if closed:
            return Verdict(
                False,
                f"{len(closed)} connections between workers do not open",
                "every data port open to every worker",
                "\n".join(closed[:10]),
                "Open these ports between the workers, or fix them with taskmanager.data.port.",
                # Nobody listens where a TaskManager was; whatever else is between does not go by itself.
                final=not all(line.endswith("refused") for line in closed),
            )
        if len(self.workers) == 1 or not targets:
            return Verdict(
                True, f"{_taskmanagers(len(seen))} at {', '.join(sorted({one.host for one in seen}))}"
            )
        said = (
            f"{counted(len(targets), 'data port')}, each open to {len(tried)} of {len(self.workers)} workers"
        )
        return Verdict(bool(tried), said, "every data port open to every worker", final=True)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        listed = [
            {"id": address, "path": f"flink@{address}:1/", "dataPort": 1, "slotsNumber": 1}
            for _, address in self.workers
        ]
        path = self.line.web.taskmanagers
        for host, _ in self.workers:
            facts = facts.added(host, tcp={(address, 1): "open" for _, address in self.workers})
        return with_answer(facts, self.host, self.rest, path, {"taskmanagers": listed})


def _listeners(
    facts: ClusterFacts, master: str, listed: Iterable[TaskManagerSeen]
) -> Mapping[str, tuple[Need, ...]]:
    """Whether the data ports of these TaskManagers open for the master; loopback says nothing about another host."""
    targets = tuple(
        (one.host, one.data_port) for one in listed if one.data_port > 0 and not is_loopback(one.host)
    )
    return {master: (Tcp(targets),)} if targets and facts[master].reached else {}


def _taskmanagers(count: int) -> str:
    return counted(count, "TaskManager")


def explained(facts: ClusterFacts, hosts: Iterable[str], verdict: Verdict, logs: str) -> Verdict:
    """The verdict with the tail of the failing daemons' logs, and the cause where it is known."""
    evidence, cause = told_by_logs(facts, hosts, logs)
    if not evidence:
        return verdict
    action = f"{cause.cause} {cause.action}" if cause else READ_LOGS
    return replace(verdict, evidence=evidence, action=action)
