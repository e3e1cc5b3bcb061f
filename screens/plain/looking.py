"""What was seen on the hosts, as lines: a line for each host, then what the checks say; host keys and passwords.

Knows the table of a step. It must not know how a host is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wizard.findings import blocking
from wizard.printer import Printer
from wizard.steps import Cell, Step
from wizard.steps.cells import gib
from wizard.steps.division import divisions
from wizard.steps.ssh_keys import to_be_added, trusted_keys
from wizard.view import View
from wizard.walk import Walk
from wizard.wanted import hosts_wanting
from wizard.words import counted, name_of

from .talk import Talk

PATIENCE = 10.0
"""Seconds after which it is said which hosts are still being read."""

MANY = 24
"""Hosts of which each gets its line; of more, those without a remark are counted."""

_MARKS = {"bad": " (problem)", "warn": " (warning)"}


def wait(walk: Walk, talk: Talk) -> None:
    """Wait until the answers are judged and every host was read, and say so where it takes time.

    Raises:
        Leave
    """
    say = talk.console.say
    told = False
    while True:
        try:
            walk.judged()
            if walk.settled(0.0):
                return
            view = walk.view
            if view.reading and not told:
                told = True
                say(f"Reading {counted(len(view.reading), 'host')} …")
            elif view.reading:
                say(f"Still reading {_names(tuple(sorted(view.reading)))} …")
            if walk.settled(PATIENCE):
                return
        except KeyboardInterrupt:
            talk.interrupted()
            if walk.view.reading and not talk.yes("Wait for the hosts that are being read?", True):
                return


def look(walk: Walk, talk: Talk, step: Step, every: bool = False) -> None:
    """Say what was seen: the table of the step, its findings, its problems, its sums."""
    view, say = walk.view, talk.console.say
    if step.columns:
        say()
    if step.columns and view.spec is None:
        say("No hosts are named yet, so nothing was looked at.")
    elif step.columns:
        say("What was seen:")
        _table(talk, view, step, every)
    _MORE.get(step.id, _nothing)(talk, view)
    for line in step.summary(view):
        say(line)
    printer = Printer(talk.console.terminal)
    for finding in step.findings(view):
        if finding.severity != "info":
            printer.finding(finding)
    for problem in step.open_problems(view):
        say(f"Problem: {problem}")
    if view.saving:
        say(view.saving)


def hidden(view: View, step: Step) -> bool:
    """Whether `look` counts hosts instead of naming them."""
    return bool(step.columns and view.spec and len(view.spec.hosts) > MANY)


def settle_logins(walk: Walk, talk: Talk) -> None:
    """Host keys to be confirmed, then passwords of hosts that refused the login, until nothing more is asked.

    Raises:
        Back, Onward, Leave
    """
    if confirm_keys(walk, talk):
        wait(walk, talk)
    if locked := hosts_wanting(walk.view, "passphrase"):
        talk.console.say(f"A private key is locked, and {_names(locked)} cannot be logged in on with it.")
        typed = talk.secret("Passphrase of the key, or Enter for none:")
        if typed:
            walk.passphrase(typed)
            wait(walk, talk)
    refused = hosts_wanting(walk.view, "password")
    if len(refused) > 1 and not _let_in(walk.view):
        talk.console.say(f"The login was refused by {_names(refused)}.")
        typed = talk.secret("One password for all of them, or Enter for none:")
        if not typed:
            return
        walk.password(typed)
        wait(walk, talk)
    for host in hosts_wanting(walk.view, "password"):
        talk.console.say(f"{name_of(host)} refused the login.")
        typed = talk.secret(f"Password for {name_of(host)}, or Enter for none:")
        if not typed:
            return
        walk.password(typed, host)
        wait(walk, talk)


def confirm_keys(walk: Walk, talk: Talk) -> bool:
    """Show the host keys that nobody confirmed, and ask once for all of them; whether they were confirmed."""
    keys, say = walk.view.new_keys, talk.console.say
    if not keys:
        return False
    say()
    say(f"{counted(len(keys), 'host key is', 'host keys are')} not known here yet:")
    for key in keys:
        say(f"{name_of(key.host)}, address {key.address}, port {key.port}, {key.key_type}:")
        talk.console.line(f"  {key.fingerprint}")
    say("On a host's own console, this prints its fingerprint:")
    talk.console.line("  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done")
    what = "Is it the right one?" if len(keys) == 1 else "Are they all the right ones?"
    if not talk.yes(what):
        say("Nothing is sent to these hosts.")
        return False
    walk.approve_keys(keys)
    return True


def blockers(view: View, step: Step) -> tuple[str, ...]:
    """Ids of findings of this step that forbid a change; a host that was not reached takes no part anyhow."""
    found = blocking(step.findings(view))
    return tuple(
        dict.fromkeys(one.id for one in found if any(view.facts[name].reached for name in one.hosts))
    )


def _let_in(view: View) -> bool:
    """Whether any host took the login that there is: then its password must stay."""
    hosts = view.spec.hosts if view.spec else ()
    return any((seen := view.facts_of(host.name)) and seen.reached and not host.local for host in hosts)


def _names(hosts: tuple[str, ...], most: int = 6) -> str:
    named = ", ".join(name_of(host) for host in hosts[:most])
    return f"{named} and {len(hosts) - most} more" if len(hosts) > most else named


def _table(talk: Talk, view: View, step: Step, every: bool) -> None:
    hosts = view.spec.hosts if view.spec else ()
    quiet = 0
    for host in hosts:
        cells = step.row(view, host)
        if (
            len(hosts) > MANY
            and not every
            and not any(cell.state in ("bad", "warn", "wait") for cell in cells)
        ):
            quiet += 1
            continue
        talk.console.say(f"{name_of(host.name)}: {_row(step, cells)}.")
    if quiet:
        talk.console.say(f"{counted(quiet, 'other host')}: nothing to remark.")


def _row(step: Step, cells: tuple[Cell, ...]) -> str:
    """The cells as one sentence, each under its column's name; what was not read is left out."""
    if len([cell for cell in cells if cell.text]) == 1 and cells and cells[0].text:
        return cells[0].text.rstrip(".") + _MARKS.get(cells[0].state, "")
    parts: list[str] = []
    for column, cell in zip(step.columns, cells, strict=False):
        if cell.text and cell.text != "-":
            label = "" if column == "state" else f"{column} "
            parts.append(f"{label}{cell.text.rstrip('.')}{_MARKS.get(cell.state, '')}")
    return "; ".join(parts) or "nothing was read yet"


def _trusted(talk: Talk, view: View) -> None:
    """The keys that each host trusts, for the operator to judge."""
    say = talk.console.say
    for host in view.spec.hosts if view.spec else ():
        rows = trusted_keys(view, host.name)
        if rows:
            say(f"{name_of(host.name)} trusts {counted(len(rows), 'key')}:")
        for row in rows:
            whose = "the cluster key" if row.ours else row.comment or "no comment"
            only = f"; restricted by {row.options}" if row.options else ""
            say(f"{row.type}, {whose}{only}", "  ")
            talk.console.line(f"  {row.fingerprint}")
        added = to_be_added(view, host.name)
        if added:
            say(f"Will be added on {name_of(host.name)}: {added}.")


def _divided(talk: Talk, view: View) -> None:
    """How the memory of each class of hosts divides."""
    for one in divisions(view):
        parts = ", ".join(f"{part.name} {gib(part.mib)}" for part in one.parts)
        talk.console.say(f"Memory of {_names(one.hosts)}, {gib(one.total)}: {parts}.")
        if one.short:
            talk.console.say(f"{gib(one.short)} are missing there.")
        if one.problem:
            talk.console.say(f"Problem: {one.problem}")


def _nothing(talk: Talk, view: View) -> None:
    del talk, view


_MORE: Mapping[str, Callable[[Talk, View], None]] = {"ssh-keys": _trusted, "flink-config": _divided}
