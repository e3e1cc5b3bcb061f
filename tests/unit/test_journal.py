"""Sinks of a run: nothing they keep or print holds a secret or a terminal escape, whatever field it came in."""

from __future__ import annotations

import io
import json
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from wizard import events
from wizard.audit import AuditLog
from wizard.commands import Fetch, FetchChoice, Later, Run, Transfer, Upload
from wizard.events import Event
from wizard.findings import Finding, Fix
from wizard.journal import Journal, fan, masked, plain
from wizard.printer import Printer
from wizard.secrets import Masker, Secret
from wizard.terminal import ASCII, UNICODE, Terminal

SECRET = "hunter2!it's"
NASTY = f"\x1b]0;owned\x07{SECRET}\x1b[2J"
COMMANDS = (
    Run(("echo", NASTY, f"--password={SECRET}"), NASTY, stdin=NASTY, gives=Later("h", SECRET)),
    Upload(f"/etc/{SECRET}", NASTY, before=NASTY, why=NASTY, owner=SECRET),
    Transfer(SECRET, NASTY, SECRET, NASTY, why=NASTY),
    Fetch(SECRET, (FetchChoice("url", f"https://u:{SECRET}@x/y", NASTY),), NASTY, NASTY),
)
FINDING = Finding(
    NASTY, "error", (NASTY,), NASTY, NASTY, NASTY, NASTY, (NASTY,), Fix("safe", NASTY, (NASTY,), NASTY)
)


def planted(kind: Any) -> list[Any]:
    """Values of that type with the secret in every text."""
    if kind is str:
        return [NASTY]
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if get_origin(kind) is tuple:
        return [(planted(get_args(kind)[0])[0],)]
    return {int: [3], float: [1.5], bool: [True, False], Finding: [FINDING]}.get(kind) or [
        value for part in get_args(kind) for value in (planted(part) if part is not type(None) else [None])
    ]


def every_event() -> list[Event]:
    found: list[Event] = []
    for kind in get_args(events.Event):
        hints = typing.get_type_hints(kind)
        values = {
            item.name: list(COMMANDS) if item.name == "command" else planted(hints[item.name])
            for item in fields(kind)
        }
        for number in range(max(len(options) for options in values.values())):
            found.append(kind(**{name: options[number % len(options)] for name, options in values.items()}))
    return found


EVENTS = every_event()


def forms() -> tuple[str, ...]:
    return (SECRET, json.dumps(SECRET)[1:-1], SECRET.replace("'", "'\\''"), SECRET.replace("'", "'\"'\"'"))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_secret_in_any_field_reaches_no_journal_and_no_terminal(event: Event, tmp_path: Path) -> None:
    out = io.StringIO()
    journal = Journal(tmp_path / "run.jsonl", lambda: 1.0)
    printers = [
        Printer(Terminal(out, False, False, marks), verbose)
        for marks in (UNICODE, ASCII)
        for verbose in (True,)
    ]
    masked(fan([journal, *printers]), Masker([Secret(SECRET)]))(event)
    journal.close()
    kept = (tmp_path / "run.jsonl").read_text()
    for text in (kept, out.getvalue()):
        assert not [form for form in forms() if form in text]
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()


def test_every_kind_of_event_was_planted() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(events.Event))
    assert all(is_dataclass(event) for event in EVENTS)


def test_a_finding_prints_no_escape_of_a_host() -> None:
    out = io.StringIO()
    Printer(Terminal(out, False, False, ASCII)).finding(FINDING)
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue() and SECRET in out.getvalue()


def test_the_journal_is_one_line_an_event_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = Journal(path, lambda: 12.34567)
    journal(events.StageStarted("Lock", 1, 3, 1))
    journal(events.BytesMoved("w", 1, 2))
    journal(events.OutputArrived("w", "stdout", "x"))
    journal(events.CommandStarted("w", "op", Upload("/f", "a\nb\n"), "write /f"))
    journal(events.CommandStarted("w", "op", Run(("a", "b c"), "why"), "a 'b c'"))
    journal.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {
        "at": 12.346,
        "event": "StageStarted",
        "title": "Lock",
        "number": 1,
        "of": 3,
        "operations": 1,
    }
    assert lines[1]["command"]["content"] == "a\nb\n"
    assert lines[2]["command"] == {"line": "a 'b c'", "why": "why"}
    assert len(lines) == 3 and path.stat().st_mode & 0o777 == 0o600


def test_a_journal_goes_on_where_an_earlier_one_ended(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(tmp_path / "j", lambda: 0.0)
        journal(events.Note("x"))
        journal.close()
    assert len((tmp_path / "j").read_text().splitlines()) == 2


def test_what_holds_no_secret_passes_unchanged() -> None:
    seen: list[Event] = []
    event = events.CommandStarted("w", "op", Run(("a",)), "a")
    masked(seen.append, Masker([Secret(SECRET)]))(event)
    assert seen == [event] and seen[0] is event and plain(event)["line"] == "a"


def test_the_audit_log_is_one_masked_line_a_command(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log", Masker([Secret(SECRET)]))
    log.note("w1", f"echo {SECRET}\nexit", "0", 1.5)
    log.close()
    (line,) = (tmp_path / "audit.log").read_text().splitlines()
    assert line.split("\t")[1:4] == ["w1", "0", "1.500"] and line.endswith("echo •••\\nexit")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_text_that_a_terminal_cannot_show_is_no_error(encoding: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    Printer(Terminal(out, False, False, ASCII))(events.Note("caf\u00e9 \udce9 \u4e16 ✓"))
    assert raw.getvalue()
