"""check: look at a cluster that is there, say what is wrong, and mend what was asked for.

Without --fix nothing on any host changes. A fix is a plan like any other; afterwards everything is measured again.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from validators.cluster.catalogue import meanings, nearest

from .. import files
from ..answers.passwords import Passwords
from ..exits import Exit, first_of
from ..findings import Finding, ticked
from ..report import Report, as_json, as_markdown, text_lines
from ..runner import Outcome
from ..session import Look
from .adopting import cluster_of_master
from .apply import consent_of, status_of
from .opening import Opened, Refused, opened, read_file


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster is looked at: the text of its answers, what they are called in front of people, the command line
    that names it again, and the passwords that reading it took."""

    text: str
    name: str
    words: tuple[str, ...]
    passwords: Passwords | None = None


def check(options: argparse.Namespace) -> Exit:
    """`check FILE` or `check --master HOST`: findings, fixes, findings again. Raises Refused."""
    _known_ids(options)
    cluster = cluster_of(options)
    quiet = options.format == "json"
    mends = bool(options.fix or options.fix_safe)
    with opened(
        options,
        cluster.text,
        cluster.name,
        quiet=quiet,
        journal=mends,
        talk=mends,
        passwords=cluster.passwords,
    ) as door:
        found = door.session.inspect()
        if door.stop.is_set():
            door.terminal.line("Cancelled while the hosts were read. Nothing was changed.")
            return Exit.CANCELLED
        outcome: Outcome | None = None
        now = found
        chosen = chosen_of(found, options)
        if mends:
            for line in _not_done(found, chosen, options):
                door.terminal.line(line)
        if chosen:
            outcome = _mend(door, found, chosen)
            if not outcome.cancelled:
                now = door.session.inspect(again=True)
        report = Report(
            door.spec,
            now,
            door.session.run.when,
            found.findings if outcome is not None else (),
            shlex.join(("flink-wizard", "check", *cluster.words)),
        )
        _write(door, report)
        return _status(report, outcome)


def cluster_of(options: argparse.Namespace) -> Cluster:
    """The cluster that the command line names: by its answers file, or by a host from which it is read.

    Raises:
        Refused: neither was given, or both; or the cluster cannot be read from there.
    """
    if options.file and (options.master or options.flink_home):
        raise Refused("Name either an answers file or --master, not both.")
    if options.flink_home and not options.master:
        raise Refused("--flink-home needs --master: on which host does that Flink lie?")
    if options.master:
        found = cluster_of_master(options)
        home = ("--flink-home", options.flink_home) if options.flink_home else ()
        words = ("--master", options.master, *home)
        return Cluster(found.text, f"--master {options.master}", words, found.passwords)
    if not options.file:
        raise Refused("Which cluster? flink-wizard check FILE, or flink-wizard check --master user@host:port")
    return Cluster(read_file(options.file), options.file, (options.file,))


def _known_ids(options: argparse.Namespace) -> None:
    """Raises Refused for an id that no check has: a misspelt one would mend or waive nothing, and say nothing."""
    for option, ids in (("--fix", options.fix), ("--waive", options.waive)):
        for id in ids:
            if id not in meanings():
                near = nearest(id)
                hint = f" Did you mean {near}?" if near else " docs/check.md lists them all."
                raise Refused(f"{option} {id}: there is no such finding.{hint}")


def chosen_of(look: Look, options: argparse.Namespace) -> tuple[Finding, ...]:
    """The findings whose fixes were asked for and can be carried out. What is waived is left alone."""
    wanted = ticked(look.findings, dict.fromkeys(options.fix, True))
    return wanted if options.fix_safe else tuple(one for one in wanted if one.id in options.fix)


def _not_done(look: Look, chosen: Iterable[Finding], options: argparse.Namespace) -> Iterable[str]:
    done = {one.id for one in chosen}
    for id in options.fix:
        if id in done:
            continue
        found = [one for one in look.findings if one.id == id]
        if not found:
            yield f"{id} was not found: there is nothing to fix."
        for one in found:
            by_hand = one.fix.title if one.fix is not None else "nothing is known that mends it"
            yield f"{id} is left to you: {by_hand}"


def _mend(door: Opened, found: Look, chosen: tuple[Finding, ...]) -> Outcome:
    plan = door.session.repair_plan(found, chosen)
    _, outcome = door.session.apply(plan, consent=consent_of(door))
    return outcome


def _write(door: Opened, report: Report) -> None:
    """The report on standard output, and where one was wished as a file. Raises Refused."""
    mask = door.terminal.mask
    if door.options.format == "json":
        text = json.dumps(as_json(report), indent=2, ensure_ascii=False)
        sys.stdout.write(mask(text) + "\n")
        sys.stdout.flush()
    else:
        for line in text_lines(report, door.options.verbose):
            door.terminal.line(line)
    if door.options.report:
        try:
            files.replace(Path(door.options.report), mask(as_markdown(report)).encode())
        except OSError as error:
            raise Refused(
                f"{door.options.report}: cannot be written: {error.strerror}. Choose another --report."
            ) from None


def _status(report: Report, outcome: Outcome | None) -> Exit:
    statuses = [Exit.UNREACHABLE] if report.lost else []
    if outcome is not None:
        statuses.append(status_of(outcome))
    if not report.healthy and not report.lost:
        statuses.append(Exit.BLOCKED)
    return first_of(*statuses)
