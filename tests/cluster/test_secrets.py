"""Planted passwords for login and sudo are found nowhere after a run: in no file, no output and no process.

Knows every place where a secret might leak on the operator's machine and on the hosts, and how it might be encoded.
"""

import base64
import re

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, desk, operator_of
from tests.cluster.interrupting import Running
from tests.lab import Host, HostSettings, Lab

PASSWORD = "pl4nted-Secret"
STORE = "pl4nted-Store"
PASSWORDS = "/home/flink/passwords"
SAMPLES = "/run/samples"

_SAMPLE = """
: >"$2.ready"
while [ -e "$2.ready" ]; do
  for p in /proc/[0-9]*; do
    [ "$p" != /proc/$$ ] || continue
    { tr '\\0' ' ' <$p/cmdline; tr '\\0' ' ' <$p/environ; } 2>/dev/null | grep -E -- "$1" >>"$2"
  done
done
: >"$2.over"
"""


def forms(secret: str) -> list[str]:
    """The secret as it is, and the part of its base64 that stays the same wherever it lies in what was encoded."""
    found = [secret]
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + secret.encode()).decode()
        found.append(encoded[-(-offset * 8 // 6) : (offset + len(secret)) * 8 // 6])
    return found


def pattern(secret: str) -> str:
    """A regular expression that does not match itself, for those who look through command lines."""
    return "|".join(f"[{form[0]}]{re.escape(form[1:])}" for form in forms(secret))


def files_with(host: Host, secret: str, *allowed: str) -> list[str]:
    """Files which this host has and the outer machine has not, and which hold the secret."""
    paths = [path for path in host.changed_files() if path not in allowed]
    found = host.exec(
        ["sh", "-c", 'xargs -0 grep -lsaE -d skip -D skip -e "$1"', "sh", pattern(secret)],
        stdin="\0".join(paths),
        check=False,
    )
    return found.stdout.splitlines()


class Watched:
    """While this lasts, every process of these hosts is looked at, again and again."""

    def __init__(self, hosts: list[Host], secret: str) -> None:
        self._hosts = hosts
        self._loops = [
            host.popen(["bash", "-c", _SAMPLE, "bash", pattern(secret), SAMPLES]) for host in hosts
        ]

    def __enter__(self) -> "Watched":
        for host in self._hosts:
            host.exec(f"until [ -e {SAMPLES}.ready ]; do :; done")
        return self

    def __exit__(self, *_: object) -> None:
        for host, loop in zip(self._hosts, self._loops, strict=True):
            host.exec(["rm", "-f", f"{SAMPLES}.ready"])
            loop.wait(60)

    def seen(self) -> list[str]:
        texts = (host.exec(["cat", SAMPLES], check=False).stdout for host in self._hosts)
        return [text for text in texts if text]


def hosts_with_sudo() -> list[HostSettings]:
    nodes = (HostSettings(f"node{number}", sudo="password", password=PASSWORD) for number in range(2))
    return [desk(password=PASSWORD), *nodes, HostSettings("node2", password="another-one")]


def prepared(lab: Lab) -> tuple[Operator, str]:
    operator = operator_of(lab)
    operator.password = ""
    operator.host.write(PASSWORDS, f"*: {PASSWORD}\n* sudo: {PASSWORD}\n", operator.user, mode=0o600)
    flink = {
        "source": archive_on_desk("2.3.0", small=True),
        "config": {"s3.secret-key": STORE, "taskmanager.numberOfTaskSlots": 2},
    }
    java = {"set_in": ["ssh-environment"]}
    return operator, operator.write(answers(flink=flink, java=java, start={"flink": False}))


def test_passwords_are_found_nowhere(make_lab: MakeLab) -> None:
    lab = make_lab(hosts_with_sudo())
    operator, file = prepared(lab)
    given = ("--password-file", PASSWORDS)
    with Watched([operator.host], PASSWORD) as control:
        shows_it = ["env", f"GIVEN={PASSWORD}", "sh", "-c", f"until [ -s {SAMPLES} ]; do :; done"]
        operator.host.exec(shows_it)
    assert control.seen() != []
    operator.host.exec(["rm", SAMPLES])
    with Watched(lab.hosts, PASSWORD) as watched:
        exported = [operator.run("export", file, "--format", form, *given) for form in ("sh", "md")]
        # node2 refuses the password: an error is where a secret escapes most easily.
        with Running.started(
            operator, "apply", file, "--yes", "-v", "--log-file", "/home/flink/log", *given
        ) as run:
            applied = run.ended()
        told = [
            applied,
            operator.run("status", file, *given),
            operator.run("apply", file, "--dry-run", *given),
        ]
    assert applied.status == 4, applied
    assert "JAVA_HOME" in applied.out and lab["node0"].exists("/etc/ssh/flink-wizard.changes"), applied
    assert watched.seen() == []
    for ran in (*exported, *told):
        assert not re.search(pattern(PASSWORD), ran.out + ran.err), ran
    # A script that writes the configuration has to hold what stands in it, and says so.
    assert all(STORE in script.out and "s3.secret-key" in script.out for script in exported), exported
    for ran in told:
        assert not re.search(pattern(STORE), ran.out + ran.err), ran
    for host in lab.hosts:
        assert files_with(host, PASSWORD, PASSWORDS) == [], host.name
    state = operator.host.exec(
        ["grep", "-rlaE", pattern(STORE), "/home/flink/.local", "/home/flink/log"], check=False
    )
    assert state.stdout == "", state.stdout


@pytest.mark.parametrize("form", forms(PASSWORD))
def test_the_search_finds_what_it_looks_for(form: str) -> None:
    assert re.search(pattern(PASSWORD), f"x{form}y")
    assert not re.search(pattern(PASSWORD), pattern(PASSWORD))
