"""Hosts that come and go: the answers file first, then the cluster; the file is only written when it can be read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from validators.values import ValueProblem, parse_hosts

from .. import files
from ..answers import BadAnswers
from ..answers.editing import add_worker, remove_datanode, remove_worker
from ..exits import Exit
from ..operations.restanswers import taskmanagers
from ..plans.install import StageMaker
from ..plans.operate import RELIST, TAKE_OUT
from ..runner import Outcome
from ..session import Look, unreachable
from ..spec import ClusterSpec, HostSpec
from ..verdict import status_of
from .apply import carry_out, closing_line, confirmed, consent_of, looked
from .opening import Opened, Refused, opened, read_file, spec_of


@dataclass(frozen=True, slots=True)
class Role:
    """What hosts are added as or taken out of: worker or standby JobManager."""

    command: str
    """What follows `add-` and `remove-` on the command line."""
    called: str
    of: Callable[[ClusterSpec], tuple[HostSpec, ...]]
    add: Callable[[str, str], str]
    remove: Callable[[str, str], str]
    stop: tuple[tuple[str, StageMaker], ...]


def _removed(text: str, host: str) -> str:
    return remove_worker(remove_datanode(text, host), host)


WORKER = Role("worker", "worker", lambda spec: spec.workers, add_worker, _removed, TAKE_OUT)


def add(options: argparse.Namespace) -> Exit:
    """Add workers to the file, then apply it: what is true already stays as it is."""
    return add_as(WORKER, options)


def remove(options: argparse.Namespace) -> Exit:
    """Stop the TaskManagers of these hosts, take them out of the file, and tell the others."""
    return remove_as(WORKER, options)


def add_as(role: Role, options: argparse.Namespace) -> Exit:
    """Add hosts in a role to the file, then apply it."""
    text = read_file(options.file)
    changed = text
    known = _known(role, options, text)
    try:
        for host in options.hosts:
            if not _names(host) <= known:
                changed = role.add(changed, host)
    except (ValueProblem, BadAnswers) as problem:
        raise Refused(f"{options.file}: {problem}") from None
    with opened(options, changed, options.file) as door:
        look, status = looked(door)
        if status is not None:
            return status
        plan = door.session.plan(look.desired, look.facts, f"add-{role.command}")
        return carry_out(door, plan, look, lambda: write_over(options.file, changed))


def remove_as(role: Role, options: argparse.Namespace) -> Exit:
    """Stop what these hosts run in a role, take them out of the file, and tell the others."""
    text = read_file(options.file)
    known = _known(role, options, text)
    changed = text
    try:
        named = set[str]().union(*(_names(host) for host in options.hosts))
        gone = sorted(named & known)
        for host in gone:
            changed = role.remove(changed, host)
    except (ValueProblem, BadAnswers) as problem:
        raise Refused(f"{options.file}: {problem}") from None
    passwords = None
    if gone:
        with opened(options, text, options.file) as door:
            passwords = door.passwords
            look = door.session.look()
            plan = door.session.plan(
                look.desired, look.facts, f"remove-{role.command}", role.stop, frozenset(gone)
            )
            consent = consent_of(door)
            if not confirmed(door, plan, consent):
                door.terminal.line("Nothing was changed.")
                return Exit.CANCELLED
            _, outcome = door.session.apply(plan, consent=consent)
            if status_of(outcome) is not Exit.DONE and not (
                role is WORKER and _only_dead(door, outcome, look, gone)
            ):
                closing_line(door, outcome, look)
                return status_of(outcome)
        write_over(options.file, changed)
    with opened(options, changed, options.file, passwords=passwords) as door:
        for host in sorted(named - known):
            door.terminal.line(
                f"{host} is no {role.called} in {options.file}: there was nothing to take out."
            )
        look, status = looked(door)
        if status is not None:
            return status
        plan = door.session.plan(look.desired, look.facts, f"remove-{role.command}", RELIST)
        declined = f"The other hosts were not told yet: run flink-wizard apply {options.file}"
        return carry_out(door, plan, look, declined=declined)


def _only_dead(door: Opened, outcome: Outcome, look: Look, gone: list[str]) -> bool:
    """Whether nothing went wrong but that hosts to be removed are out of reach, and Flink has given them up."""
    lost = unreachable(outcome)
    wrong = outcome.failures or outcome.pending or outcome.cancelled or outcome.stopped
    if wrong or not set(outcome.dropped) == set(lost) <= set(gone):
        return False
    desired = look.desired
    facts = door.session.read_rest(desired)
    seen = {one.host for one in taskmanagers(facts, door.spec.master.name, desired.rest, desired.line)}
    held = [host for host in sorted(lost) if seen & {host, door.spec.host(host).address}]
    for host in held:
        door.terminal.line(f"{host} stays in the file: its TaskManager is still registered.")
    return not held


def write_over(file: str, text: str) -> None:
    """Replace a file at once and whole.

    Raises:
        Refused: it cannot be written.
    """
    try:
        files.replace(Path(file), text.encode())
    except OSError as error:
        raise Refused(f"{file}: cannot be written: {error.strerror}. Nothing was changed.") from None


def _names(host: str) -> frozenset[str]:
    """The names behind a HOST of the command line, which may be a range. Raises ValueProblem."""
    return frozenset(one.host for one in parse_hosts(host, underscores=True))


def _known(role: Role, options: argparse.Namespace, text: str) -> frozenset[str]:
    return frozenset(host.name for host in role.of(spec_of(text, options.file)))
