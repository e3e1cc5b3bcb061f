"""The guided wizard in a real terminal on lab hosts: how it is opened, and how one gets through its steps by keys or by lines.

Knows the words on the screens that lead from step to step. It must not know what a test wants to see there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.cluster.driving import Operator
from tests.cluster.terminal import Lines, Terminal

ANSWERS = "/home/flink/.local/state/flink-wizard/demo/node0/answers.yaml"
PASSWORD_HINT = "The password is used for the login"
KEYS_HINT = "Enter trusts the key."

Line = tuple[str, str]
"""A prompt, and what is typed after it."""


def guided(
    operator: Operator,
    *words: str,
    columns: int = 80,
    lines: int = 24,
    password: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Terminal:
    """The wizard in a terminal, without a password in its environment unless `password` is set."""
    argv = operator.argv(*words)
    if not password:
        argv = [word for word in argv if not word.startswith("FLINK_WIZARD_PASSWORD=")]
    return Terminal(operator.host, argv, columns=columns, lines=lines, environment=environment)


def trust_and_log_in(terminal: Terminal, password: str) -> None:
    """Confirm all host keys with one button, then give the password once for all."""
    terminal.press("F6")
    terminal.until(KEYS_HINT)
    terminal.keys("Enter")
    terminal.until("3 hosts refused the login")
    terminal.press("F6")
    terminal.until(PASSWORD_HINT)
    terminal.keys("Enter")
    terminal.until("Password for the login")
    terminal.type(password)
    terminal.keys("Enter")
    terminal.until("✓ flink@node0", "✓ flink@node1")


def logins(password: str) -> tuple[Line, ...]:
    """By lines: from a cluster without a name to three hosts that let the wizard in."""
    return (
        ("Cluster name", "demo"),
        ("Master", "node0"),
        ("Workers", "node[1-2]"),
        ("User [flink]", "next"),
        ("Are they all the right ones?", "yes"),
        ("One password for all of them", password),
        ("Number [1]", ""),
    )


TO_FLINK: tuple[Line, ...] = (
    ("Number [1]", ""),
    ("Cluster key", "next"),
    ("Number [1]", ""),
    ("Java home", "next"),
    ("Number [1]", ""),
)
"""From Requirements to the questions of Flink."""

TO_REVIEW: tuple[Line, ...] = (
    ("Key, or Enter to go on", ""),
    ("Number [1]", ""),
    ("Workers", "next"),
    ("Number [1]", ""),
    ("HDFS", "next"),
    ("Number [1]", ""),
    ("Show the whole plan?", ""),
)
"""From the last question of Flink config to the plan."""


BY_LINES: tuple[Line, ...] = (
    ("Cluster name", "next"),
    ("Master", "next"),
    ("Number [1]", ""),
    *TO_FLINK,
    ("Version", "next"),
    ("Number [1]", ""),
    ("TaskManager memory", "next"),
    *TO_REVIEW,
)
"""From the first prompt to the plan, where all answers are there already."""


STEPS = ("Hosts", "Requirements", "SSH keys", "JAVA_HOME", "Flink", "Flink config", "Workers", "HDFS")
"""The steps between Welcome and Review."""


def to_review(terminal: Terminal) -> str:
    """From the first step to the plan, where all answers are there already; the screen."""
    terminal.until("▸ Welcome", seconds=60)
    for title in (
        "Hosts",
        "Requirements",
        "SSH keys",
        "JAVA_HOME",
        "Flink",
        "Flink config",
        "Workers",
        "HDFS",
    ):
        terminal.press("F8")
        terminal.until(f"▸ {title}")
    terminal.press("F8")
    return terminal.until("changes on 3 machines", seconds=60)


def say(lines: Lines, *said: Line) -> None:
    """Answer these prompts, in this order."""
    for prompt, typed in said:
        lines.after(prompt, typed)


def go_ahead(lines: Lines) -> None:
    say(lines, ("Number:", "1"), ("Go ahead?", "yes"))


def changes_printed(printed: str) -> int:
    """How many changes `apply --dry-run` lists: a line each at the margin, after the suggestions."""
    plan = printed.split("\n== Suggested from")[-1].split("\n== ", 1)[1]
    lines = [line for line in plan.splitlines() if re.match(r"(this machine|node\d): ", line)]
    return len([line for line in lines if ": check that " not in line])


def confirm(terminal: Terminal) -> None:
    """Say yes to the plan that is shown."""
    terminal.press("a", seconds=5)
    terminal.keys("Enter")
