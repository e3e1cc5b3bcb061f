"""`export` on real hosts: its script, run by hand from outside, makes the cluster that `apply` would have made."""

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, operator_of, rest, three_with_desk
from tests.lab import Lab


def trust_the_desk(lab: Lab) -> None:
    """A key of the operator's own: an exported script types no passwords."""
    desk = lab["desk"]
    desk.exec("mkdir -p -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519", user="flink")
    key = desk.read("/home/flink/.ssh/id_ed25519.pub")
    for host in lab.hosts:
        if host is not desk:
            host.exec(
                "mkdir -p -m 700 .ssh && umask 077 && cat >> .ssh/authorized_keys", user="flink", stdin=key
            )


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_exported_script_makes_the_cluster_and_leaves_nothing_to_install(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk())
    trust_the_desk(lab)
    operator = operator_of(lab)
    desk = lab["desk"]
    file = operator.write(answers())
    own_cache = {"XDG_CACHE_HOME": "/home/flink/cache"}

    exported = operator.run("export", file, "--format", "sh", **own_cache)
    assert exported.status == 0, exported
    assert lab.password not in exported.out
    desk.write("/home/flink/by-hand.sh", exported.out, owner="flink", mode=0o600)
    done = desk.exec("sh by-hand.sh", user="flink", timeout=480, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT OK" not in done.stdout + done.stderr

    overview = rest(lab["node0"])
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)
    assert not lab["node0"].exists("/home/flink/.flink-wizard/demo/lock")

    applied = operator.run("apply", file, "--yes", **own_cache)
    assert applied.status == 0, applied
    changed = {
        event["operation"]
        for event in operator.journal()
        if event["event"] == "OperationFinished" and event["status"] == "changed"
    }
    assert changed <= {"take-lock", "run-proof-job", "release-lock"}, changed


def test_a_runbook_is_made_without_touching_a_host(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    before = lab.snapshot()
    made = operator.run("export", operator.write(answers()), "--format", "md")
    assert made.status == 0, made
    for part in ("# Flink cluster demo", "### node1: Install Flink 2.3.0", "**Expect, on node0:**"):
        assert part in made.out
    assert set(lab.changes_since(before)) <= {"desk"}
