"""status, start, stop, restart: the cluster of an answers file, or some of its hosts."""

from __future__ import annotations

import argparse

from ..desired import Desired
from ..exits import Exit, first_of
from ..facts import ClusterFacts
from ..needs import Rest
from ..operations.daemons import Kind, is_stale, running_jobs
from ..operations.leading import leader
from ..operations.operation import Verdict
from ..operations.restanswers import answer, number, taskmanagers
from ..operations.zookeeper import OneLeads
from ..plans.install import StageMaker
from ..plans.operate import START, START_HOSTS, STOP
from ..text import one_line
from ..verdict import status_of
from ..words import DAEMONS
from .apply import closing_line, consent_of
from .hdfsstatus import hadoop_daemons, hdfs_status
from .opening import Opened, Refused, opened, read_file, spec_of


def start(options: argparse.Namespace) -> Exit:
    return _operate(options, "start", (START,))


def stop(options: argparse.Namespace) -> Exit:
    return _operate(options, "stop", (STOP,))


def restart(options: argparse.Namespace) -> Exit:
    return _operate(options, "restart", (STOP, START))


def status(options: argparse.Namespace) -> Exit:
    """Print what runs where. The status is 0 when everything that the answers ask for runs."""
    text = read_file(options.file)
    only = chosen(options, text)
    with opened(options, text, options.file, journal=False) as door:
        look = door.session.look()
        facts = door.session.read_rest(look.desired)
        return _print_status(door, look.desired, facts, only)


def chosen(options: argparse.Namespace, text: str) -> frozenset[str]:
    """The hosts that were named, all when none was.

    Raises:
        Refused: one is not of this cluster.
    """
    spec = spec_of(text, options.file)
    named = frozenset(options.hosts)
    unknown = sorted(named - set(spec.names))
    if unknown:
        raise Refused(f"{', '.join(unknown)}: not a host of this cluster, which has {', '.join(spec.names)}.")
    return named or frozenset(spec.names)


def _operate(
    options: argparse.Namespace, kind: str, plans: tuple[tuple[tuple[str, StageMaker], ...], ...]
) -> Exit:
    text = read_file(options.file)
    only = chosen(options, text)
    with opened(options, text, options.file) as door:
        look = door.session.look()
        consent = consent_of(door)
        lost = [name for name in only if not look.facts[name].reached]
        statuses: list[Exit] = []
        for makers in plans:
            part = "stop" if makers is STOP else "start"
            stages = START_HOSTS if makers is START and options.hosts else makers
            plan = door.session.plan(look.desired, look.facts, kind, stages, only if options.hosts else None)
            _, outcome = door.session.apply(plan, consent=consent)
            statuses.append(status_of(outcome))
            # A worker that is out of reach must not leave the others stopped: only these end a restart half way.
            ended = outcome.cancelled or outcome.stopped or bool(outcome.pending)
            if makers is plans[-1] or ended:
                closing_line(door, outcome, look, part)
            if ended:
                break
        return first_of(*statuses, Exit.UNREACHABLE if lost else Exit.DONE)


def _answering(desired: Desired, facts: ClusterFacts) -> tuple[str, Rest]:
    """The first JobManager that answers, else the master's. A standby answers for the one that leads."""
    path = desired.line.web.overview
    return next((one for one in desired.rests if answer(facts, *one, path) is not None), desired.rests[0])


def _leading(desired: Desired, facts: ClusterFacts) -> tuple[Verdict | None, str]:
    """What is to be said of who leads, None where there is one JobManager; and the node that does."""
    quorum = desired.quorum
    if quorum is None:
        return None, ""
    known = tuple((host.name, host.address) for host in desired.spec.jobmanagers)
    found = leader(facts, (name for name, _ in known), quorum, known)
    asked = next((name for name, _ in known if leader(facts, (name,), quorum, known)), known[0][0])
    proof = OneLeads(asked, quorum, desired.spec.flink.home, known, desired.spec.conf_dir)
    return proof.judge(facts), found.host if found else ""


def _print_status(door: Opened, desired: Desired, facts: ClusterFacts, only: frozenset[str]) -> Exit:
    terminal, marks = door.terminal, door.terminal.marks
    spec = desired.spec
    good, lost = True, False
    verdict, leading = _leading(desired, facts)
    for host in spec.hosts:
        if host.name not in only:
            continue
        seen = facts[host.name]
        if seen.failure is not None:
            lost = True
            door.printer.unreached(host.name, seen.failure)
            continue
        node = desired.nodes[host.name]
        wanted: list[tuple[Kind, int]] = [
            ("jobmanager", int(node.runs_jobmanager)),
            ("taskmanager", node.taskmanagers),
            ("zookeeper", int(spec.ha is not None and host.name in spec.ha.nodes)),
        ]
        said: list[str] = []
        complete = True
        for kind, count in wanted:
            running = [
                daemon
                for daemon in seen.daemons or ()
                if daemon.kind == kind and seen.runs_from(daemon, spec.flink.home)
            ]
            if count or running:
                pids = ", ".join(str(daemon.pid) for daemon in running)
                leads = ", leads" if kind == "jobmanager" and running and host.name == leading else ""
                said.append(
                    f"{DAEMONS[kind]} {len(running)} of {count}" + (f" (pid {pids})" if pids else "") + leads
                )
            if any(is_stale(seen, daemon, spec.flink.home, desired.line) for daemon in running):
                said.append("restart pending, its configuration was changed since it started")
            complete = complete and len(running) == count
        for words, runs in hadoop_daemons(desired, host.name, seen):
            said.append(words)
            complete = complete and runs
        good = good and complete
        mark = marks.good if complete else marks.bad
        terminal.line(f"{mark} {host.name}: {'; '.join(said) or 'nothing of this cluster belongs here'}")
    sentence, well = hdfs_status(desired, facts)
    if sentence:
        terminal.line(f"{marks.good if well else marks.bad} {sentence}")
        good = good and (well or only != frozenset(spec.names))
    if verdict is not None:
        good = good and verdict.good
        terminal.line(f"{marks.good if verdict.good else marks.bad} {one_line(verdict.observed)}")
    master, rest = _answering(desired, facts)
    overview = answer(facts, master, rest, desired.line.web.overview)
    if overview is None:
        asked = " and ".join(one.url for _, one in desired.rests)
        nobody = "no JobManager answers" if len(desired.rests) > 1 else "the JobManager does not answer"
        terminal.line(f"{marks.bad} {nobody} on {asked}")
        return first_of(Exit.UNREACHABLE if lost else Exit.DONE, Exit.FAILED)
    seen_tms = taskmanagers(facts, master, rest, desired.line)
    slots = number(overview, desired.line.web.slot_count, 0)
    terminal.line(
        f"{marks.good} Flink {one_line(str(overview.get('flink-version', spec.flink.version)))}: "
        f"{len(seen_tms)} of {desired.taskmanagers} TaskManagers registered, {slots} of {desired.slots} slots; {rest.url}"
    )
    for job in running_jobs(facts, master, rest, desired.line):
        terminal.line(f"  running job: {one_line(job)}")
    complete = (len(seen_tms), slots) == (desired.taskmanagers, desired.slots)
    if only != frozenset(spec.names):
        complete = True  # The hosts that were named are judged by what runs on them, not by the others.
    return first_of(Exit.UNREACHABLE if lost else Exit.DONE, Exit.DONE if good and complete else Exit.FAILED)
