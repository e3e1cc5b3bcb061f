"""Planted passwords for login and sudo are found nowhere after a run: in no file, no output and no process.

Knows every place where a secret might leak on the operator's machine and on the hosts, and how it might be encoded.
"""

import re

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, archive_on_desk, desk, operator_of
from tests.cluster.interrupting import Running
from tests.cluster.leaks import SAMPLES, Watched, files_with, forms, pattern
from tests.lab import HostSettings, Lab

PASSWORD = "pl4nted-Secret"
STORE = "pl4nted-Store"
PASSWORDS = "/home/flink/passwords"


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
