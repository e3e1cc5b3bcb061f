"""apply, install and export: make a cluster what an answers file says, or say what that would take."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from ..exits import Exit
from ..operations.operation import Operation
from ..plan import Plan
from ..preview import Preview
from ..runner import Consent, Outcome, no_job_loss
from ..session import Look, refusal, unreachable
from ..shelf import local_answers
from ..showing import preview_lines, suggestion_lines
from ..state import default_root
from ..text import clean, one_line
from ..verdict import status_of, status_of_refusal
from ..words import counted, in_sentence, name_of
from .opening import Opened, Refused, opened, read_file

_UNCHANGED = {"stop": "Nothing to do: it is stopped.", "start": "Nothing to do: it runs."}


def apply(options: argparse.Namespace) -> Exit:
    """`apply FILE`: unattended; asks once in a terminal unless --yes is given."""
    text = read_file(options.file)
    with opened(options, text, options.file) as door:
        look, status = looked(door)
        if status is not None:
            return status
        return carry_out(door, door.session.plan(look.desired, look.facts), look)


def show(options: argparse.Namespace) -> Exit:
    """What `apply FILE` would do from here: per host, in order, commands and file diffs."""
    with opened(options, read_file(options.file), options.file, journal=False) as door:
        look, status = looked(door)
        if status is not None:
            return status
        preview = door.session.preview(
            door.session.plan(look.desired, look.facts), consent_of(door, ask=False)
        )
        for line in (*suggestion_lines(look.desired), *preview_lines(preview, options.verbose)):
            door.terminal.line(line)
        return Exit.UNREACHABLE if unreachable(preview.outcome) else Exit.DONE


def install(options: argparse.Namespace) -> Exit:
    """`install`: the same plan, always shown first; with --local the default answers of this machine."""
    if options.local == bool(options.answers):
        raise Refused("install takes either --local or --answers FILE.")
    if options.local:
        root = Path(options.state_dir) if options.state_dir else default_root()
        text, name = local_answers(root)[0], "the default answers"
    else:
        text, name = read_file(options.answers), options.answers
    with opened(options, text, name) as door:
        look, status = looked(door)
        if status is not None:
            return status
        plan = door.session.plan(look.desired, look.facts)
        status = carry_out(door, plan, look, lambda: door.state.answers.write_text(text, encoding="utf-8"))
        if status is Exit.DONE:
            farewell(door, str(door.state.answers))
        return status


def export(options: argparse.Namespace) -> Exit:
    """`export FILE`: the plan as text on standard output."""
    from ..export import runbook_text, script_text

    text = read_file(options.file)
    with opened(options, text, options.file, quiet=True, journal=False) as door:
        look, status = looked(door)
        if status is not None:
            return status
        preview = door.session.preview(
            door.session.plan(look.desired, look.facts), consent_of(door, ask=False)
        )
        make = script_text if options.format == "sh" else runbook_text
        sys.stdout.write(make(preview, door.spec))
        return Exit.UNREACHABLE if unreachable(preview.outcome) else Exit.DONE


def looked(door: Opened) -> tuple[Look, Exit | None]:
    """Look at the hosts and print what was found. The status is set when nothing may be changed."""
    look = door.session.look()
    if door.stop.is_set():
        door.terminal.line("Cancelled while the hosts were read. Nothing was changed.")
        return look, Exit.CANCELLED
    shown = [one for one in look.findings if one.severity != "info" or door.options.verbose]
    for finding in shown:
        door.printer.finding(finding)
    sentence, blockers, lost = refusal(door.spec, look)
    if not sentence or blockers:
        for warning in look.desired.warnings:
            door.terminal.line(f"warning  {clean(warning)}")
    if not sentence:
        return look, None
    door.terminal.line(f"Nothing was changed: {in_sentence(sentence)}")
    return look, status_of_refusal(lost)


def carry_out(
    door: Opened,
    plan: Plan,
    look: Look,
    agreed: Callable[[], object] = lambda: None,
    declined: str = "Nothing was changed.",
) -> Exit:
    """Ask once where somebody can answer, then apply the plan and say what came of it.

    `agreed` is called when nothing stands between the plan and the change any more.
    """
    consent = consent_of(door)
    if not confirmed(door, plan, consent):
        door.terminal.line(declined)
        return Exit.CANCELLED
    agreed()
    _, outcome = door.session.apply(plan, consent=consent)
    closing_line(door, outcome, look)
    return status_of(outcome)


def confirmed(door: Opened, plan: Plan, consent: Consent) -> bool:
    """Whether the plan may be carried out: it changes nothing, nobody can be asked, or somebody agreed."""
    preview = door.session.preview(plan, consent)
    return not (preview.changes and door.interactive and not door.options.yes) or _agreed(door, preview)


def closing_line(door: Opened, outcome: Outcome, look: Look, kind: str = "apply") -> None:
    """The last lines of a run: what it came to, and where its record is."""
    terminal, session = door.terminal, door.session
    if outcome.cancelled:
        terminal.line("Cancelled. Each host is as its last finished line says; run again to go on.")
    elif outcome.good and not outcome.changed:
        terminal.line(_UNCHANGED.get(kind, "Nothing to change; the cluster is as the answers say."))
    elif outcome.good:
        rest = look.desired.rest
        web = "" if kind == "stop" else f" Web interface: {rest.url}"
        terminal.line(f"Done: {counted(outcome.changed, 'change')}.{web}")
        told = look.desired.joined
        if kind != "stop" and told is not None and told.webs and told.made_here:
            terminal.line(f"HDFS: {told.address}, its web page: {told.webs[0].url}")
    else:
        wrong = len(outcome.failures) + len(outcome.dropped) + len(outcome.pending)
        said = f"Not finished: {counted(wrong, 'problem')} above"
        terminal.line(f"{said}. Mend the cause and run the same command again.")
    if outcome.changed or not outcome.good:
        terminal.line(f"Record of this run: {door.state.journal(session.run.run_id)}")


def farewell(door: Opened, file: str) -> None:
    terminal = door.terminal
    for label, command in (
        ("Stop it with:  ", "stop"),
        ("Start it with: ", "start"),
        ("Look at it:    ", "status"),
    ):
        terminal.line(f"{label} {_program()} {command} {shlex.quote(file)}")


def _program() -> str:
    """How the operator calls this program: by its name where the shell finds it, else by its path."""
    found, called = shutil.which("flink-wizard"), Path(sys.argv[0])
    if called.name != "flink-wizard" or (found and Path(found).resolve() == called.resolve()):
        return "flink-wizard"
    return shlex.quote(str(called.absolute()))


def consent_of(door: Opened, *, ask: bool = True) -> Consent:
    """Jobs may only be lost when the operator said so, by option or when asked: once for the same jobs."""
    if getattr(door.options, "allow_job_loss", False):
        return _always
    if not ask or not door.interactive or getattr(door.options, "yes", False):
        return no_job_loss
    said: dict[tuple[str, ...], bool] = {}

    def answered(operation: Operation, jobs: tuple[str, ...]) -> bool:
        if jobs not in said:
            door.terminal.line(
                f"{operation.host}: {operation.title} would end {counted(len(jobs), 'running job')}:"
            )
            for job in jobs:
                door.terminal.line(f"  {one_line(job)}")
            said[jobs] = door.terminal.agreed("End them?" if len(jobs) > 1 else "End it?", door.stop)
        return said[jobs]

    return answered


def _always(operation: Operation, jobs: tuple[str, ...]) -> bool:
    del operation, jobs
    return True


def _agreed(door: Opened, preview: Preview) -> bool:
    listed = [done for stage in preview.stages for done in stage.done]
    where = counted(len({done.host for done in listed}), "machine")
    more = " --dry-run prints every command." if door.options.command == "apply" else ""
    door.terminal.line(f"The plan: {counted(len(listed), 'change')} on {where}.{more}")
    for stage in preview.stages:
        titles = list(dict.fromkeys(done.title for done in stage.done))
        for title in titles:
            names = ", ".join(name_of(done.host) for done in stage.done if done.title == title)
            door.terminal.line(f"  {title}  ({names})")
    return door.terminal.agreed("Go ahead?", door.stop)
