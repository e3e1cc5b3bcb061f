"""The steps as data: their words, their questions, a row for whatever was observed, and what one types by hand."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import validators
from validators.cluster.catalogue import meanings
from validators.values import ValueProblem
from wizard.answers.answers import HostEntry
from wizard.answers.declared import DECLARED
from wizard.answers.problem import Problem
from wizard.facts import HostFacts
from wizard.flink.catalogue import line_of
from wizard.questions import answer_text
from wizard.spec import SshSpec
from wizard.steps import INSTALL, REPAIR, Step
from wizard.steps.cells import age_of
from wizard.steps.hdfs import HDFS
from wizard.steps.ssh_keys import to_be_added, trusted_keys
from wizard.view import View

from . import worlds
from .stepviews import FILE, LINES, full, view_of

STEPS: dict[str, Step] = {
    f"{step.id}-{kind}": step for kind, walk in (("i", INSTALL), ("r", REPAIR)) for step in walk
}
EVERY = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
EACH_LINE = pytest.mark.parametrize("version", LINES)

NO_IDS = {
    "key-unreadable": "a kind of failed login",
    "key-locked": "a kind of failed login",
    "ssh-keygen": "a program",
    "ssh-environment": "a way of setting JAVA_HOME",
}
"""Words of the checks' source that look like an id: what they are."""


def ids_in_the_checks() -> set[str]:
    """Every kebab-case text that stands by itself in the source of the checks, which is how an id is written."""
    folder = Path(validators.__file__).parent
    files = [
        *(folder / "install").glob("*.py"),
        folder / "settled.py",
        folder / "check.py",
        folder / "catalogue.py",
    ]
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            said = node.value if isinstance(node, ast.Constant) else None
            if isinstance(said, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", said):
                found.add(said)
    return found - set(NO_IDS)


def test_every_finding_belongs_to_exactly_one_step_of_an_install() -> None:
    owned = [id_ for step in INSTALL for id_ in sorted(step.concerns)]
    assert len(owned) == len(set(owned))
    assert set(owned) == ids_in_the_checks()


def test_a_repair_shows_every_finding_on_one_step() -> None:
    shown = next(step for step in REPAIR if step.id == "findings").concerns
    assert shown == frozenset(meanings()).union(*(step.concerns for step in INSTALL))


def test_the_walks_have_the_steps_that_others_route_by() -> None:
    assert [step.id for step in INSTALL] == [
        "welcome",
        "hosts",
        "requirements",
        "ssh-keys",
        "java-home",
        "flink",
        "flink-config",
        "workers",
        "hdfs",
        "review",
        "apply",
        "done",
    ]
    assert [step.id for step in REPAIR] == [
        "welcome",
        "hosts",
        "found",
        "findings",
        "review",
        "apply",
        "done",
    ]


@EVERY
def test_a_purpose_is_two_short_sentences_and_a_title_fits_the_rail(step: Step) -> None:
    sentences = re.findall(r"[^.]+\.(?:\s|$)", step.purpose)
    assert len(sentences) == 2 and "".join(sentences) == step.purpose
    assert len(step.purpose) <= 180 and "!" not in step.purpose
    assert 0 < len(step.title) <= 14


@EVERY
@EACH_LINE
def test_every_question_is_declared_and_worded(step: Step, version: str) -> None:
    view = view_of(version)
    for one in (*step.questions, *step.more(view)):
        assert one.path in DECLARED or one.path.startswith("flink.config.")
        assert one.title and one.help.endswith(".") and "!" not in one.help
        assert len(one.title) <= 62


@EVERY
@EACH_LINE
def test_what_is_suggested_or_offered_can_be_answered(step: Step, version: str) -> None:
    view = view_of(version)
    for one in step.asks(view):
        suggestion = one.suggest(view)
        if suggestion is not None:
            one.parse(suggestion.value)
            assert suggestion.reason
        for option in one.options(view):
            assert option.title
            if option.disabled:
                assert option.detail
            else:
                one.parse(option.value)


@EVERY
@EACH_LINE
def test_an_answer_is_read_back_as_it_was_written(step: Step, version: str) -> None:
    view = view_of(version)
    for one in step.asks(view):
        texts = [option.value for option in one.options(view) if not option.disabled] + [
            suggestion.value for suggestion in (one.suggest(view),) if suggestion
        ]
        for text in texts[:4]:
            value = one.parse(text)
            section, _, key = one.path.partition("flink.config.")
            answered = (
                view.answers.with_value(one.path, value)
                if section
                else view.answers.with_value("flink.config", {key: str(value)})
            )
            assert one.parse(answer_text(replace(view, answers=answered), one)) == value


@EVERY
@EACH_LINE
@pytest.mark.parametrize("use", ["install", "dry-run", "practice", "repair"])
def test_a_row_has_a_cell_for_each_column_whatever_was_observed(step: Step, version: str, use: str) -> None:
    settled = view_of(version, use)  # type: ignore[arg-type]
    for view in (settled, replace(settled, findings=(), desired=None)):
        assert view.spec is not None
        for host in view.spec.hosts:
            cells = step.row(view, host)
            assert len(cells) == len(step.columns)
            for cell in cells:
                assert "\n" not in cell.text and "None" not in cell.text and cell.text.isascii()
            if not cells:
                continue
            first = cells[0]
            if host.name == "failed":
                assert (first.text, first.state) == ("nothing listens on port 22", "bad")
            if host.name == "reading":
                assert (first.text, first.state) == ("reading", "wait")
            if host.name == "unread":
                assert (first.text, first.state) == ("waiting", "wait")
            if host.name == "imagined" and use != "practice":
                assert first.text.startswith("imagined") and first.state != "good"


@EVERY
def test_what_a_host_says_cannot_break_a_table(step: Step) -> None:
    evil = "\x1b[31mred\x1b[0m\nline [bold]"
    seen = full("m")
    assert seen.os is not None
    seen = replace(
        seen, user=evil, os=replace(seen.os, pretty=evil), javas=(replace(worlds.JAVAS[17], home=evil),)
    )
    view = view_of("2.3.0", facts=worlds.cluster(seen, HostFacts("full", replace(worlds.LOST, cause=evil))))
    assert view.spec is not None
    shown = [cell.text for host in view.spec.hosts[:2] for cell in step.row(view, host)]
    shown += [line for part in step.by_hand(view) for line in (part.title, *part.lines)]
    assert not any(letter in text for text in shown for letter in "\x1b\n")


@EVERY
@EACH_LINE
def test_by_hand_is_for_these_answers(step: Step, version: str) -> None:
    view = view_of(version)
    parts = step.by_hand(view)
    text = "\n".join(line for part in parts for line in (part.title, *part.lines))
    line = line_of(version)
    names = {
        "welcome": (FILE,),
        "hosts": ("ssh flink@m", "ssh flink@full"),
        "requirements": ("java -version", "/home/flink"),
        "ssh-keys": ("flink@full", "~/.ssh/id_ed25519", "On m"),
        "java-home": ("env.java.home: /usr/lib/jvm/java-", line.config.file, f"{worlds.HOME}/conf"),
        "flink": (f"flink-{version}", worlds.HOME, "full:/home/flink"),
        "flink-config": (line.memory.taskmanager.key, line.config.file, line.keys.slots),
        "workers": (f"conf/{line.lists.workers}", "full\nbare", f"{worlds.HOME}/bin/start-cluster"),
        "hdfs": ("HADOOP_CLASSPATH",),
        "findings": (f"conf/{line.config.file}", FILE),
        "found": (f"{worlds.HOME}/lib", "ssh flink@m"),
        "review": (FILE, "--dry-run"),
        "apply": (FILE,),
        "done": (f"status {FILE}", f"stop {FILE}", f"add-worker {FILE}", "http://m:8081"),
    }
    for name in names[step.id]:
        assert name in text
    assert all(part.title and part.lines for part in parts)


@EVERY
def test_a_walk_that_has_just_begun_can_be_shown(step: Step) -> None:
    view = View("install")
    assert step.by_hand(view)
    assert step.standing(view) == "todo"
    step.summary(view)
    for one in step.asks(view):
        one.suggest(view)
        one.options(view)


def test_ports_users_and_keys_stand_in_the_lines_that_are_typed() -> None:
    view = view_of(
        "2.3.0",
        ssh=SshSpec(port=2222, key="~/.ssh/my key", cluster_key="~/.ssh/flink", cluster_key_type="rsa"),
    )
    said = {
        step.id: "\n".join(line for part in step.by_hand(view) for line in part.lines) for step in INSTALL
    }
    assert "ssh -p 2222 -i ~/'.ssh/my key' flink@m hostname" in said["hosts"]
    assert "ssh-keygen -t rsa -b 3072 -N '' -f ~/.ssh/flink" in said["ssh-keys"]
    assert "ssh-keyscan -p 2222 full" in said["ssh-keys"]
    assert "scp -rp -P 2222" in said["flink"]


def test_on_one_machine_alone_no_login_is_taught() -> None:
    view = view_of("2.3.0")
    assert view.spec is not None
    alone = replace(view.spec, master=replace(view.spec.master, local=True), workers=(view.spec.master,))
    for step in INSTALL:
        lines = [
            line for part in step.by_hand(replace(view, spec=alone, desired=None)) for line in part.lines
        ]
        assert not any(
            re.search(r"\b(ssh|scp|ssh-copy-id) ", line.replace("command -v", ""))
            for line in lines
            if "gzip ssh" not in line
        )


@EACH_LINE
def test_of_many_hosts_some_are_written_out_and_the_others_counted(version: str) -> None:
    view = view_of(version)
    assert view.spec is not None
    many = tuple(replace(view.spec.workers[0], name=f"n{n}", address=f"n{n}") for n in range(200))
    view = replace(view, spec=replace(view.spec, workers=many), desired=None)
    for step in INSTALL:
        for part in step.by_hand(view):
            assert len(part.lines) <= 40 and len(part.title) < 200


def test_keys_that_open_a_host_are_listed_with_their_fingerprints() -> None:
    view = view_of("2.3.0")
    (row,) = trusted_keys(view, "full")
    assert (row.type, row.comment, row.ours) == ("ssh-rsa", "op@desk", False)
    assert row.fingerprint.startswith("SHA256:")
    assert to_be_added(view, "full").endswith("of m, at the end of /home/flink/.ssh/authorized_keys")
    assert trusted_keys(view, "unread") == () and to_be_added(view, "unread") == ""


def test_a_finding_stands_in_the_row_of_its_host_and_not_in_others() -> None:
    poor = replace(full("full"), tools=frozenset({"bash", "gzip"}), memory_mib=512)
    view = view_of("2.3.0", facts=worlds.cluster(full("m"), poor, full("bare")))
    assert view.spec is not None
    step = next(step for step in INSTALL if step.id == "requirements")
    rows = {host.name: step.row(view, host)[0] for host in view.spec.hosts}
    assert rows["full"].text == "tools missing, will be mended +1" and rows["full"].state == "warn"
    assert rows["bare"].text == "ok"


def test_each_mode_of_hdfs_asks_what_it_must_know() -> None:
    view = view_of("2.3.0")
    (mode,) = HDFS.asks(view)
    assert not any(option.disabled for option in mode.options(view))
    new = view_of("2.3.0", more='hdfs: {mode: new, version: "3.3.6"}\n')
    asked = {one.path: one for one in HDFS.asks(new)}
    assert {"hdfs.namenode", "hdfs.name_dirs", "hdfs.data_dirs", "hdfs.format"} <= set(asked)
    assert all(option.disabled for option in asked["hdfs.source"].options(new) if option.value == "pypi")
    existing = view_of("2.3.0", more="hdfs: {mode: existing}\n")
    assert [one.path for one in HDFS.asks(existing)] == [
        "hdfs.mode",
        "hdfs.address",
        "hdfs.conf_dir",
        "hdfs.home",
    ]
    assert "name the address" in " ".join(HDFS.open_problems(existing))


def test_formatting_is_allowed_by_the_name_of_the_cluster_alone() -> None:
    one, *_ = HDFS.more(view_of("2.3.0"))
    assert one.parse("demo") == "if-empty"
    for text in ("yes", "true", "Demo", "y"):
        with pytest.raises(ValueProblem, match="nothing will be formatted"):
            one.parse(text)


def test_a_problem_of_a_key_that_no_question_asks_for_is_said_beside_the_configuration() -> None:
    view = replace(
        view_of("2.3.0"),
        problems=(Problem("", 0, 0, "flink.config.taskmanager.heap.size", "no longer read"),),
    )
    config = next(step for step in INSTALL if step.id == "flink-config")
    assert config.open_problems(view) == ("flink.config.taskmanager.heap.size: no longer read",)


def test_only_the_lines_that_have_two_modes_ask_for_one() -> None:
    workers = next(step for step in INSTALL if step.id == "workers")
    asked = {version: [one.path for one in workers.asks(view_of(version))] for version in LINES}
    assert [version for version in LINES if "start.mode" in asked[version]] == ["0.9.1"]


def test_what_standby_jobmanagers_take_is_asked_once_somebody_wants_them() -> None:
    workers = next(step for step in INSTALL if step.id == "workers")
    more = {"ha.storage_dir", "ha.zookeeper"}
    asked = {version: {one.path for one in workers.asks(view_of(version))} for version in LINES}
    assert [version for version in LINES if "standby" not in asked[version]] == ["0.9.1"]
    assert not any(more & paths for paths in asked.values())
    view = view_of("2.3.0")
    wanted = replace(view, answers=view.answers.with_value("standby", (HostEntry("full"),)))
    questions = {one.path: one for one in workers.asks(wanted)}
    assert more <= set(questions) and "Where JobManagers keep" in questions["ha.storage_dir"].help
    suggested = questions["ha.zookeeper"].suggest(wanted)
    assert suggested is not None and suggested.value == "m, full, bare"
    assert "Storage directory is missing." in workers.open_problems(wanted)


def test_a_repair_asks_which_flink_is_there_and_offers_what_runs() -> None:
    hosts = next(step for step in REPAIR if step.id == "hosts")
    view = view_of("2.3.0", "repair")
    asked = {one.path: one for one in hosts.asks(view)}
    assert {"flink.version", "flink.home"} <= set(asked)
    assert worlds.HOME in [option.value for option in asked["flink.home"].options(view)]
    found = {option.value: option.detail for option in asked["flink.version"].options(view)}
    assert "found in" in found["1.20.5"]


def test_the_age_of_a_reading_is_short() -> None:
    view = view_of("2.3.0")
    assert [age_of(view, "m", 100.0 + past) for past in (0, 12, 300, 9000)] == ["now", "12 s", "5 min", "2 h"]
    assert age_of(view, "unread", 100.0) == ""


def test_a_problem_belongs_to_the_question_whose_path_it_lies_in() -> None:
    hosts = next(step for step in INSTALL if step.id == "hosts")
    for path, said in (
        ("workers[2].port", True),
        ("workersx", False),
        ("user", True),
        ("flink.version", False),
    ):
        view = replace(view_of("2.3.0"), problems=(Problem("", 0, 0, path, "wrong"),))
        assert bool([text for text in hosts.open_problems(view) if "wrong" in text]) is said
