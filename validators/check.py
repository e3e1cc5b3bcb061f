"""The shape of a check: an id, what it must read, and a pure look at spec and facts.

Knows how a check is written down and how equal findings of several hosts become one. It must not know any
check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wizard.commands import lines_of
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding, Fix, Severity, waive
from wizard.keysfirst import KEYS
from wizard.needs import Need
from wizard.operations.operation import CannotOperate, Operation
from wizard.spec import ClusterSpec, HostSpec

Needs = Mapping[str, tuple[Need, ...]]
Look = Callable[[ClusterSpec, ClusterFacts], Iterable[Finding]]


CRASHED = "check-crashed"


@dataclass(frozen=True, slots=True)
class Check:
    """`look` yields findings, one per host where hosts are alike; a host that was not read yields none."""

    id: str
    needs: Callable[[ClusterSpec], Needs]
    look: Look


def everywhere(*needs: Need) -> Callable[[ClusterSpec], Needs]:
    """The same needs on every node."""
    return lambda spec: dict.fromkeys(spec.names, needs)


def looked(name: str, look: Callable[[], Iterable[Finding]], host: str) -> tuple[Finding, ...]:
    """What a check finds. A fault in it is a finding of this host, and must not silence the others."""
    KEYS.give_way()  # over hundreds of hosts the checks take a while
    try:
        return tuple(look())
    # Whatever it is: here alone everything is caught.
    except Exception as fault:  # noqa: BLE001
        return (
            Finding(
                CRASHED,
                "warning",
                (host,),
                f"The check {name} could not be made",
                f"{type(fault).__name__}: {fault}",
                "a verdict",
                "This is a fault of the wizard: what this check looks at is not known to be right.",
            ),
        )


def ranked(findings: Iterable[Finding], spec: ClusterSpec, waived: Iterable[str]) -> tuple[Finding, ...]:
    """Equal findings joined, those that are waived only warn; errors first, then in their order."""
    order = {"error": 0, "warning": 1, "info": 2}
    said = waive(joined(findings, spec.names), waived)
    return tuple(sorted(said, key=lambda finding: order[finding.severity]))


def nothing(spec: ClusterSpec) -> Needs:
    """A check that looks at the spec alone, or at the outcome of the reading itself."""
    del spec
    return {}


def reached(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[tuple[HostSpec, HostFacts]]:
    """The nodes that were read, with what was read."""
    for host in spec.hosts:
        if host.name in facts and facts[host.name].reached:
            yield host, facts[host.name]


def uses_ssh(spec: ClusterSpec) -> bool:
    """Whether the master logs in on other nodes."""
    return any(host.name != spec.master.name for host in spec.hosts)


def manual(title: str, *commands: str) -> Fix:
    return Fix("manual", title, tuple(commands))


def fix_by(operation: Operation, facts: ClusterFacts) -> Fix:
    """What this planned operation would do about it, or what to do by hand when it cannot."""
    try:
        commands = operation.commands(facts)
    except CannotOperate as refusal:
        return manual(refusal.action)
    return Fix("safe", operation.title, tuple(lines_of(command) for command in commands), operation.id)


def refused(
    check: str, operation: Operation, facts: ClusterFacts, wanted: str, why: str, severity: Severity = "error"
) -> Iterator[Finding]:
    """A finding when an operation that is still to be done has no way from these facts."""
    if operation.satisfied(facts):
        return
    try:
        operation.commands(facts)
    except CannotOperate as refusal:
        yield Finding(
            check,
            severity,
            (operation.host,),
            refusal.cause,
            refusal.evidence.splitlines()[0] if refusal.evidence else refusal.cause,
            wanted,
            why,
            tuple(refusal.evidence.splitlines()),
            manual(refusal.action),
        )


def joined(findings: Iterable[Finding], order: tuple[str, ...]) -> tuple[Finding, ...]:
    """Findings that say the same of several hosts as one, its hosts in the spec's order."""
    places: dict[Finding, list[Finding]] = {}
    for finding in findings:
        places.setdefault(replace(finding, hosts=(), evidence=()), []).append(finding)
    one: list[Finding] = []
    for same, parts in places.items():
        hosts = {host for part in parts for host in part.hosts}
        evidence = tuple(dict.fromkeys(line for part in parts for line in part.evidence))
        known = tuple(host for host in order if host in hosts)
        one.append(replace(same, hosts=known + tuple(sorted(hosts - set(known))), evidence=evidence))
    return tuple(one)
