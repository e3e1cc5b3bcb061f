"""A planted password through both front ends: typed, from a file, from the environment; afterwards it is found nowhere.

One host refuses it, because an error is where a secret escapes most easily.
"""

from __future__ import annotations

import base64
import re

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, desk, operator_of
from tests.cluster.guiding import BY_LINES, PASSWORD_HINT, STEPS, confirm, go_ahead, guided, say
from tests.cluster.leaks import Watched, files_with, pattern
from tests.cluster.terminal import Lines, Terminal
from tests.lab import HostSettings, Lab

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]

PASSWORD = "pl4nted-Secret"
PASSWORDS = "/home/flink/passwords"
WRITTEN = "/home/flink/written"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    nodes = (HostSettings(f"node{number}", sudo="password", password=PASSWORD) for number in range(2))
    return make_lab([desk(password=PASSWORD), *nodes, HostSettings("node2", password="another-one")])


def prepared(lab: Lab, given: str) -> tuple[Operator, str, tuple[str, ...]]:
    """An operator with an answers file, and the options by which the password is given."""
    operator = operator_of(lab)
    operator.password = PASSWORD if given == "environment" else ""
    if given == "file":
        operator.host.write(PASSWORDS, f"*: {PASSWORD}\n* sudo: {PASSWORD}\n", operator.user, mode=0o600)
    flink = {"source": archive_on_desk("2.3.0", small=True)}
    java = {"set_in": ["ssh-environment"]}
    file = operator.write(answers(flink=flink, java=java, start={"flink": False}))
    return operator, file, ("--password-file", PASSWORDS) if given == "file" else ()


def by_keys(terminal: Terminal, typed: bool) -> None:
    terminal.until("▸ Welcome", seconds=60)
    terminal.press("F8")
    terminal.until("step 2 of 12")
    if typed:
        terminal.until("3 hosts refused the login")
        terminal.press("F6")
        terminal.until(PASSWORD_HINT)
        terminal.keys("Enter")
        terminal.until("Password for the login")
        terminal.type(PASSWORD)
        terminal.keys("Enter")
    terminal.until("✓ flink@node0", "✓ flink@node1")
    for title in STEPS[1:]:
        terminal.press("F8")
        terminal.until(f"▸ {title}")
    terminal.press("F8")
    terminal.until("changes on", "machines", seconds=60)
    for place, form in enumerate(("sh", "md", "yaml")):
        terminal.press("e")
        terminal.until("Export the plan")
        for _ in range(place):
            terminal.press("Down")
        if place:
            terminal.press("Enter")
        terminal.until(f"demo-plan.{form}")
        terminal.press("Tab")
        terminal.keys("Enter")
        terminal.until(f"Written: /home/flink/demo-plan.{form}")
        terminal.gone("Export the plan")
    confirm(terminal)
    terminal.until("To the summary", seconds=120)
    terminal.press("F3")
    terminal.press("s")
    terminal.until("Save the log")
    terminal.press("Enter")
    terminal.until("saved in")
    terminal.keys("C-q")


def by_lines(terminal: Terminal, typed: bool) -> None:
    lines = Lines(terminal)
    say(lines, *BY_LINES[:2])
    if typed:
        say(lines, ("One password for all of them", PASSWORD))
    say(lines, ("Password for node2, or Enter for none", ""))
    say(lines, *BY_LINES[2:])
    for form in ("1", "2", "3"):
        say(lines, ("Number:", "3"), ("Number:", form), ("Path of the file", f"exported-{form}"))
    go_ahead(lines)
    lines.until("Not finished", seconds=120)
    lines.after("Number:", "1")


@pytest.mark.parametrize("front", ["screens", "lines"])
@pytest.mark.parametrize("given", ["typed", "file", "environment"])
def test_a_planted_password_is_found_nowhere(lab: Lab, front: str, given: str) -> None:
    operator, file, options = prepared(lab, given)
    words = ("install", "--answers", file, "--log-file", "/home/flink/log", "-v", *options)
    # Whoever puts a password into an environment has it in an environment: there only the nodes are watched.
    hosts = lab.hosts[1:] if given == "environment" else lab.hosts
    with (
        Watched(hosts, PASSWORD) as watched,
        guided(
            operator,
            *words,
            *(("--plain",) if front == "lines" else ()),
            columns=140,
            lines=40,
            password=given == "environment",
        ) as terminal,
    ):
        terminal.record(WRITTEN)
        (by_keys if front == "screens" else by_lines)(terminal, given == "typed")
        assert terminal.ended() == 4
        history = terminal.history()
    assert lab["node0"].exists("/etc/ssh/flink-wizard.changes"), history
    assert watched.seen() == []
    kept = base64.b64decode(operator.host.exec(["base64", WRITTEN]).stdout).decode(errors="replace")
    assert not re.search(pattern(PASSWORD), kept + history)
    exported = operator.host.exec("ls", user="flink").stdout.split()
    assert len([name for name in exported if name not in {"cluster.yaml", "log", "written"}]) >= 3, exported
    for host in lab.hosts:
        assert files_with(host, PASSWORD, PASSWORDS) == [], host.name
