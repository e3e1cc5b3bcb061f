"""add-worker and remove-worker: the answers file first, then the cluster; the file is only written when it can be read."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from validators.values import ValueProblem

from ..answers import BadAnswers
from ..answers.editing import add_worker, remove_worker
from ..exits import Exit
from ..plans.operate import RELIST, STOP_TASKMANAGERS
from .apply import carry_out, closing_line, consent_of, looked, status_of
from .opening import Refused, opened, read_file, spec_of


def add(options: argparse.Namespace) -> Exit:
    """Add hosts to the file, then apply it: what is true already stays as it is."""
    text = read_file(options.file)
    changed = text
    known = _workers(options, text)
    try:
        for host in options.hosts:
            if host.partition("@")[2].partition(":")[0] not in known and host not in known:
                changed = add_worker(changed, host)
    except (ValueProblem, BadAnswers) as problem:
        raise Refused(f"{options.file}: {problem}") from None
    with opened(options, changed, options.file) as door:
        look, status = looked(door)
        if status is not None:
            return status
        write_over(options.file, changed)
        return carry_out(door, door.session.plan(look.desired, look.facts, "add-worker"), look)


def remove(options: argparse.Namespace) -> Exit:
    """Stop the TaskManagers of these hosts, take them out of the file, and tell the others."""
    text = read_file(options.file)
    known = _workers(options, text)
    gone = [host for host in options.hosts if host in known]
    changed = text
    try:
        for host in gone:
            changed = remove_worker(changed, host)
    except (ValueProblem, BadAnswers) as problem:
        raise Refused(f"{options.file}: {problem}") from None
    passwords = None
    if gone:
        with opened(options, text, options.file) as door:
            passwords = door.passwords
            look = door.session.look()
            plan = door.session.plan(
                look.desired, look.facts, "remove-worker", STOP_TASKMANAGERS, frozenset(gone)
            )
            _, outcome = door.session.apply(plan, consent=consent_of(door))
            if status_of(outcome) is not Exit.DONE:
                closing_line(door, outcome, look)
                return status_of(outcome)
        write_over(options.file, changed)
    with opened(options, changed, options.file, passwords=passwords) as door:
        look, status = looked(door)
        if status is not None:
            return status
        return carry_out(door, door.session.plan(look.desired, look.facts, "remove-worker", RELIST), look)


def write_over(file: str, text: str) -> None:
    """Replace a file by one rename, keeping its mode.

    Raises:
        Refused: it cannot be written.
    """
    path = Path(file)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.chmod(path.stat().st_mode & 0o777)
        os.replace(part, path)
    except OSError as error:
        raise Refused(f"{file}: cannot be written: {error.strerror}. Nothing was changed.") from None


def _workers(options: argparse.Namespace, text: str) -> frozenset[str]:
    return frozenset(worker.name for worker in spec_of(text, options.file).workers)
