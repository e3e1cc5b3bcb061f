"""What a walk and a session begin with: answers, passwords, a log, and the secrets that stand on the hosts already."""

from __future__ import annotations

import os
from argparse import Namespace
from collections import deque
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.unit.worlds import cluster, flink_home, host, spec, with_home
from wizard.answers import Passwords, parse_answers
from wizard.audit import AuditLog
from wizard.desk import Desk
from wizard.facts import PathFacts
from wizard.opening import Unusable, open_walk
from wizard.practice import PracticeReach
from wizard.questions import origin
from wizard.rehearsal import Tempo
from wizard.scenarios import practice_scenario
from wizard.secrets import Masker, Secret
from wizard.sensitive import secrets_seen
from wizard.shelf import Shelf
from wizard.steps import WALKS
from wizard.view import Adopted
from wizard.walk import Walk


def conf(name: str, text: str) -> PathFacts:
    return PathFacts(f"/conf/{name}", "file", text=text)


def test_secrets_of_configurations_on_hosts_are_known_and_plain_words_are_none() -> None:
    texts = {
        "config.yaml": "s3:\n  secret-key: hunter2x\nsecurity.delegation.tokens.enabled: false\n",
        "flink-conf.yaml": "s3.secret-key: abcdefg\nparallelism.default: 4\n",
    }
    files = MappingProxyType({name: conf(name, text) for name, text in texts.items()})
    seen = cluster(with_home(host("m"), replace(flink_home("2.3.0"), conf=files)), host("w1"))
    assert {secret.reveal() for secret in secrets_seen(spec(), seen)} == {"hunter2x", "abcdefg"}


def opened(tmp_path: Path, **options: object) -> Namespace:
    """The options of a guided install."""
    plain = {"state_dir": str(tmp_path / "state"), "verbose": False, "log_file": None, "password_file": None}
    return Namespace(**{**plain, **options})


def test_an_answers_file_that_is_not_there_yet_is_made_by_the_walk(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    with open_walk(opened(tmp_path, answers=str(file)), "install") as walk:
        assert walk.settled(10)
        walk.decide("cluster", "demo")
        assert walk.settled(10) and walk.view.file == str(file)
    assert "cluster: demo" in file.read_text() and not (tmp_path / "state" / "demo").exists()


def test_this_machine_alone_is_a_preset(tmp_path: Path) -> None:
    with open_walk(opened(tmp_path, local=True), "dry-run") as walk:
        assert [entry.host for entry in walk.view.answers.hosts_at("workers")] == ["localhost"]
        assert walk.view.answers.text_at("cluster") == "local"


def test_a_dry_run_may_be_that_of_a_repair(tmp_path: Path) -> None:
    with open_walk(opened(tmp_path, repair=True), "dry-run") as walk:
        assert walk.steps == WALKS["repair"] and walk.use == "dry-run"


def test_passwords_come_from_the_file_and_the_environment_and_leave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINK_WIZARD_PASSWORD", "of-the-environment")
    monkeypatch.setenv("FLINK_WIZARD_SUDO_PASSWORD", "of-root")
    file = tmp_path / "passwords"
    file.write_text("node1: of-node1\n")
    file.chmod(0o600)
    with open_walk(opened(tmp_path, password_file=str(file)), "install") as walk:
        known = walk.desk.passwords
        assert (known.login("node1"), known.login("node2")) == (
            Secret("of-node1"),
            Secret("of-the-environment"),
        )
        assert known.sudo("node2") == Secret("of-root")
        assert "of-node1" not in walk.mask("it was of-node1")
    assert not {"FLINK_WIZARD_PASSWORD", "FLINK_WIZARD_SUDO_PASSWORD"} & set(os.environ)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_log_file_gets_what_happens_without_secrets(verbose: bool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with open_walk(opened(tmp_path, log_file=str(log), verbose=verbose), "practice") as walk:
        walk.pace(0)
        walk.password("hunter2-is-secret")
        walk.decide("flink.config.s3.secret-key", "hunter3-is-secret")
        assert walk.settled(10)
        walk.review()
        assert walk.settled(10)
        walk.apply()
        assert walk.settled(20) and walk.view.applied == "done"
    said = log.read_text()
    assert "Install Flink" in said and "secret" not in said.replace("s3.secret-key", "")
    assert ("mkdir -p" in said) is verbose


def test_a_trouble_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with (
        pytest.raises(Unusable, match="choose one of nothing, no-java"),
        open_walk(opened(tmp_path, trouble="flood"), "practice"),
    ):
        raise AssertionError("not reached")


def test_a_proposal_that_nobody_went_on_with_leaves_nothing(tmp_path: Path) -> None:
    """Looking at hosts makes no directory; the audit log's lines wait until the answers have a place."""
    for goes_on in (False, True):
        root = tmp_path / f"state-{goes_on}"
        masker = Masker(())
        shelf, desk = Shelf(masker, root), Desk(Passwords(), masker)
        answers = parse_answers(
            "version: 1\ncluster: prod\nmaster: m\nworkers: [w]\nflink: {version: '2.3.0'}\n"
        )
        shelf.audit(spec()).note("m", "true", "0", 0.1)
        reach = PracticeReach(practice_scenario(), Tempo(), desk.confirm, "nothing")
        with closing(
            Walk("repair", reach, desk, shelf, masker, adopted=Adopted(answers), settle=0.01)
        ) as walk:
            walk.visited("welcome")
            assert walk.settled(10)
            if goes_on:
                walk.visited("hosts")
                assert walk.settled(10)
            assert origin(walk.view, "flink.version") == ""
        assert (root / "prod" / "m" / "answers.yaml").exists() is goes_on
        assert root.exists() is goes_on


def test_lines_of_the_audit_log_wait_for_their_directory(tmp_path: Path) -> None:
    early: deque[str] = deque(maxlen=10)
    before = AuditLog(tmp_path / "flink" / "audit.log", Masker(()), early)
    before.note("m", "one", "0", 0.1)
    after = AuditLog(tmp_path / "prod" / "audit.log", Masker(()), early)
    (tmp_path / "prod").mkdir()
    after.note("m", "two", "0", 0.1)
    before.close()
    after.close()
    assert [line.split("\t")[-1] for line in (tmp_path / "prod" / "audit.log").read_text().splitlines()] == [
        "one",
        "two",
    ]
    assert not (tmp_path / "flink").exists()
