"""Line mode with everything typed ahead: what an answer does, what is said of a wrong one, what is left behind."""

from __future__ import annotations

import io
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from screens.plain.applying import Following
from screens.plain.console import Console
from screens.plain.talk import Talk
from screens.plain.walking import Walking
from wizard import events
from wizard.answers import BadAnswers, parse_answers
from wizard.secrets import Secret
from wizard.walk import Walk, spec_of

from .conftest import opened

WELCOME, HOSTS, REQUIREMENTS, KEYS, JAVA = ["", "next"], ["next", ""], [""], ["next", ""], ["next", ""]
FLINK, CONFIG, WORKERS, HDFS = ["next", ""], ["next", "", ""], ["next", ""], ["next", ""]
TO_REVIEW = [*WELCOME, *HOSTS, *REQUIREMENTS, *KEYS, *JAVA, *FLINK, *CONFIG, *WORKERS, *HDFS]
TO_CONFIG = [*WELCOME, *HOSTS, *REQUIREMENTS, *KEYS, *JAVA, *FLINK]


@dataclass
class Said:
    """What a conversation came to: its exit status, and every line of it as one text without line ends."""

    status: int
    text: str

    @property
    def flat(self) -> str:
        return " ".join(self.text.split())


def typed_ahead(walk: Walk, lines: Sequence[str], then: Callable[[Talk], int]) -> Said:
    """What is said while these lines are typed ahead; behind them the input ends."""
    out = io.StringIO()
    with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
        keyboard.send_text("".join(f"{line}\r" for line in lines))
        keyboard.send_text("\x04\x04")
        status = then(Talk(Console(walk.mask, out, simple=False)))
    return Said(status, out.getvalue())


def conversation(walk: Walk, lines: Sequence[str]) -> Said:
    """All lines typed ahead; the end of the input leaves the walk."""
    return typed_ahead(walk, lines, lambda talk: Walking(walk, talk).run())


def sentence_of_the_file(text: str) -> str:
    """What the reader of answers files says of the one thing that is wrong."""
    with pytest.raises(BadAnswers) as bad:
        parse_answers(f"version: 1\nmaster: node0\nworkers: [node1]\n{text}", complete=False)
    assert len(bad.value.problems) == 1
    return bad.value.problems[0].sentence


WRONG = [
    ("cluster: -x y", [""], "-x y"),
    (
        "user: 0bad!",
        [
            *WELCOME,
            "",
            "",
        ],
        "0bad!",
    ),
    ("ssh: {port: 99999}", [*WELCOME, "", "", ""], "99999"),
    ("ssh: {port: none}", [*WELCOME, "", "", ""], "none"),
    ("ssh: {host_keys: maybe}", [*WELCOME, "", "", "", "", ""], "maybe"),
    ("flink: {home: relative}", [*TO_CONFIG[:-2], "", ""], "relative"),
    ("java: {set_in: [nowhere]}", [*WELCOME, *HOSTS, *REQUIREMENTS, *KEYS, ""], "nowhere"),
]


@pytest.mark.parametrize(("file", "before", "typed"), WRONG)
def test_a_wrong_answer_gets_the_sentence_of_the_file(
    practice: Walk, file: str, before: list[str], typed: str
) -> None:
    assert sentence_of_the_file(file) in conversation(practice, [*before, typed]).flat


def test_the_answers_left_behind_ask_for_the_cluster_of_the_walk(practice: Walk, tmp_path: Path) -> None:
    changes = [
        "", "again", *["", "node[1-2], {host: node3, slots: 2}", "", "2222", "next", ""],
        *REQUIREMENTS, "~/.ssh/flink", "2", "", "3", "1, 2", "next", "", "2", "next", "",
        "3g", "", "2", "next", "taskmanager.memory.managed.fraction", "0.3", "", "",
    ]  # fmt: skip
    said = conversation(practice, changes)
    path = Path(practice.view.file)
    left = parse_answers(path.read_text(), str(path))
    assert spec_of(left, lambda host: False) == practice.view.spec, said.text
    assert left.get("cluster") == "again"
    assert left.text_at("ssh.cluster_key_type") == "rsa"
    assert left.text_at("java.home") == "/usr/lib/jvm/java-11-openjdk-amd64"
    assert left.get("java.set_in") == ("flink-config", "shell-profile")
    assert left.get("ssh.port") == 2222
    pairs = left.pairs_at("flink.config")
    assert pairs["taskmanager.memory.process.size"] == "3072m"
    assert pairs["taskmanager.numberOfTaskSlots"] == "2"
    assert pairs["taskmanager.memory.managed.fraction"] == "0.3"


def test_enter_decides_nothing_and_a_minus_sign_takes_an_answer_back(practice: Walk) -> None:
    before = practice.view.answers
    conversation(practice, ["", "", "", "", "", "", "", "", "", ""])
    assert practice.view.answers == before
    with opened() as other:
        conversation(other, [*TO_CONFIG, "4g", "back", "-"])
        assert other.view.answers.pairs_at("flink.config") == {}


def test_an_answer_that_is_a_word_of_the_wizard_is_typed_behind_a_blank(practice: Walk) -> None:
    conversation(practice, ["", " next", "back"])
    assert practice.view.answers.get("cluster") == "next"


def test_hosts_are_taken_from_a_file(practice: Walk, tmp_path: Path) -> None:
    names = tmp_path / "hosts.txt"
    names.write_text("# the new ones\nnode7\nnode[8-9]\n")
    said = conversation(practice, [*WELCOME, "", f"@{tmp_path}/none", f"@{names}", "next"])
    assert f"{tmp_path}/none: No such file or directory." in said.flat
    assert practice.view.spec is not None
    assert [host.name for host in practice.view.spec.workers] == ["node7", "node8", "node9"]


def test_what_cannot_be_chosen_says_why(practice: Walk) -> None:
    said = conversation(practice, [*TO_CONFIG, *CONFIG, *WORKERS, "new", "", "pypi"])
    assert said.flat.count("no Python package holds Hadoop") >= 2
    assert practice.view.answers.get("hdfs.source") is None


@pytest.mark.parametrize(
    ("typed", "allowed"), [("yes", None), ("y", None), ("Practice", None), ("practice", "if-empty")]
)
def test_a_format_is_allowed_by_the_cluster_s_name_alone(
    practice: Walk, typed: str, allowed: str | None
) -> None:
    said = conversation(practice, [*TO_CONFIG, *CONFIG, *WORKERS, "new", *[""] * 10, typed])
    assert practice.view.answers.get("hdfs.format") == allowed, said.text[-3000:]
    assert ("nothing will be formatted" in said.flat) == (allowed is None)


def test_a_secret_key_is_never_said(practice: Walk) -> None:
    secret, asked_again = "Opensesame-17", ["2", *CONFIG]
    keys = ["next", "s3.secret-key", secret, "s3.secret-key", "", "", *asked_again]
    said = conversation(practice, [*TO_CONFIG, *keys, *WORKERS, *HDFS, *["yes"] * 60])
    assert practice.view.answers.pairs_at("flink.config")["s3.secret-key"] == secret
    assert "s3.secret-key: not shown" in said.text
    assert "Stage Configure Flink" in said.text
    assert secret not in said.text


def test_a_password_in_a_preview_is_masked(practice: Walk) -> None:
    practice.desk.keep_password(Secret("/home/flink/flink-2.3.0"))
    said = conversation(practice, [*TO_REVIEW, "yes", *["yes"] * 60])
    assert "Stage Install Flink" in said.text
    assert "/home/flink/flink-2.3.0" not in said.text


def test_a_refused_plan_says_why_and_cannot_be_confirmed() -> None:
    with opened(trouble="port") as walk:
        said = conversation(walk, [*TO_REVIEW, "no"])
        assert "Nothing can be applied. 1 finding must be mended first." in said.flat
        assert "Go ahead." not in said.text
        assert said.status == 3


def test_a_master_that_cannot_be_reached_is_status_4(tmp_path: Path) -> None:
    with opened("install", state_dir=str(tmp_path)) as walk:
        hosts = ["node0.invalid", "node1.invalid", "next", ""]
        said = conversation(
            walk, ["demo", *hosts, *REQUIREMENTS, *KEYS, *JAVA, *FLINK, *CONFIG, *WORKERS, *HDFS]
        )
        assert "node0.invalid" in said.text and "(problem)" in said.text
        assert "Nothing can be applied." in said.text and "node0.invalid: takes no part." in said.text
        assert f"{tmp_path}/demo/node0.invalid/answers.yaml" in said.text
        assert said.status == 4


def test_a_finding_can_be_made_to_warn_only() -> None:
    with opened(trouble="port") as walk:
        said = conversation(walk, [*WELCOME, *HOSTS, "4", "1", "yes", *TO_REVIEW[4:], "no"])
        assert "Nothing can be applied" not in said.text
        assert "Go ahead." in said.text


def test_the_plan_is_saved_and_a_file_that_is_there_stays_unless_that_is_meant(
    practice: Walk, tmp_path: Path
) -> None:
    there = tmp_path / "plan.sh"
    there.write_text("mine")
    conversation(practice, [*TO_REVIEW, "no", "3", "1", str(there), "no"])
    assert there.read_text() == "mine"
    with opened() as other:
        said = conversation(
            other, [*TO_REVIEW, "no", "3", "1", str(there), "yes", "3", "3", str(tmp_path / "a.yaml")]
        )
        assert "start-cluster" in there.read_text() or "#!/bin/sh" in there.read_text()
        assert f"Written to {tmp_path}/a.yaml." in said.flat
        assert parse_answers((tmp_path / "a.yaml").read_text(), "a.yaml").get("cluster") == "practice"


def test_many_hosts_are_counted_and_told_when_asked(practice: Walk) -> None:
    said = conversation(practice, [*WELCOME, "", "w[001-120]", "next", "4"])
    assert "121 other hosts: nothing to remark." in said.text
    assert said.text.count("w120: login flink@w120:22") == 1


def test_going_back_from_the_end_makes_a_new_review_without_a_change(practice: Walk) -> None:
    said = conversation(practice, [*TO_REVIEW, "no", "1", "yes", "2"])
    assert "Done: 26 changes." in said.text
    assert "Nothing is to be changed; the cluster is only checked." in said.flat


def test_running_jobs_are_named_before_they_are_ended(practice: Walk) -> None:
    heard = queue.SimpleQueue[events.Event]()
    heard.put(events.ConsentAsked(7, "node0", "Restart the JobManager", ("nightly \x1b[31m[bold]count[/]",)))
    heard.put(events.ViewChanged(1))

    def follow(talk: Talk) -> int:
        Following(practice, talk, heard).follow()
        return 0

    said = typed_ahead(practice, ["maybe", "", "no"], follow)
    assert "node0: Restart the JobManager would end 1 running job:\n  nightly [bold]count[/]\n" in said.text
    assert said.text.count("Please type yes or no.") == 1


def test_a_dry_run_claims_nothing_that_was_not_seen(tmp_path: Path) -> None:
    with opened("dry-run", state_dir=str(tmp_path)) as walk:
        lines = ["", "node0.invalid", "node1.invalid", "next", "", *TO_REVIEW[4:], "no", "1", "yes", ""]
        said = conversation(walk, lines)
        assert said.text.count("Dry run: nothing is changed.") == len(walk.steps)
        assert "login imagined (warning)" in said.text
        assert "What was verified:" not in said.text and "Web interface:" not in said.text
        assert f"flink-wizard apply {tmp_path}/flink/node0.invalid/answers.yaml" in said.text
        assert said.status == 0
