"""Answers on their way into a file: kept when they fit together, and never at the cost of what lies there."""

from __future__ import annotations

from pathlib import Path

from wizard.answers import Answers, HostEntry, parse_answers
from wizard.draft import Draft


def draft(folder: Path, text: str = "") -> Draft:
    def place(answers: Answers) -> Path | None:
        cluster = answers.text_at("cluster")
        return folder / cluster / "answers.yaml" if cluster else None

    answers = parse_answers(text, complete=False) if text else Answers()
    return Draft(place, answers, text)


def test_nothing_is_written_before_there_is_a_place(tmp_path: Path) -> None:
    one = draft(tmp_path)
    one.decide("user", "flink")
    assert one.save() == () and one.path is None and list(tmp_path.iterdir()) == []


def test_a_renamed_cluster_takes_its_own_new_file_along(tmp_path: Path) -> None:
    one = draft(tmp_path)
    for name in ("a", "b"):
        one.decide("cluster", name)
        one.save()
    assert not (tmp_path / "a" / "answers.yaml").exists()
    assert "cluster: b" in (tmp_path / "b" / "answers.yaml").read_text()


def test_answers_that_were_opened_stay_when_the_cluster_gets_another_name(tmp_path: Path) -> None:
    old = tmp_path / "a" / "answers.yaml"
    old.parent.mkdir()
    old.write_text("version: 1\ncluster: a  # ours\nmaster: m\n")
    one = draft(tmp_path, old.read_text())
    one.save()
    one.decide("cluster", "b")
    one.save()
    assert old.read_text() == "version: 1\ncluster: a  # ours\nmaster: m\n"
    assert "cluster: b  # ours" in (tmp_path / "b" / "answers.yaml").read_text()


def test_answers_of_an_earlier_walk_under_the_same_name_stay_beside_the_new_ones(tmp_path: Path) -> None:
    old = tmp_path / "a" / "answers.yaml"
    old.parent.mkdir()
    old.write_text("version: 1\ncluster: a\nmaster: other\n")
    one = draft(tmp_path)
    one.decide("cluster", "a")
    one.decide("user", "flink")
    one.save()
    assert old.with_name("answers.yaml.bak").read_text() == "version: 1\ncluster: a\nmaster: other\n"


def test_answers_that_do_not_fit_are_written_once_they_do(tmp_path: Path) -> None:
    one = draft(tmp_path)
    one.decide("cluster", "a")
    one.decide("workers", (HostEntry("n1"), HostEntry("n1")))
    problems = one.save()
    assert [problem.path for problem in problems] == ["workers[1]"] and one.trouble
    one.decide("workers", (HostEntry("n1"),))
    assert one.save() == () and not one.trouble
    assert "n1" in (tmp_path / "a" / "answers.yaml").read_text()


def test_a_file_without_its_format_gets_it(tmp_path: Path) -> None:
    one = draft(tmp_path, "cluster: a\n")
    one.decide("user", "flink")
    one.save()
    assert parse_answers((tmp_path / "a" / "answers.yaml").read_text(), complete=False).get("version") == 1
