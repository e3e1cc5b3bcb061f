"""Answers on their way into a file: kept when they fit together, and never at the cost of what lies there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wizard.answers import Answers, HostEntry, parse_answers
from wizard.draft import Draft

OTHER = "version: 1\ncluster: a  # theirs\nmaster: other\n"


def draft(folder: Path, text: str = "") -> Draft:
    def place(answers: Answers) -> Path | None:
        cluster = answers.text_at("cluster")
        return folder / cluster / "answers.yaml" if cluster else None

    return Draft(place, parse_answers(text, complete=False) if text else Answers(), text)


def at(folder: Path, cluster: str, text: str | None = None) -> Path:
    path = folder / cluster / "answers.yaml"
    if text is not None:
        path.parent.mkdir()
        path.write_text(text)
    return path


def saved(one: Draft, **decided: str) -> Draft:
    for path, value in decided.items():
        one.decide(path, value)
    one.save()
    return one


def test_nothing_is_written_before_there_is_a_place(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), user="flink")
    assert one.path is None and list(tmp_path.iterdir()) == []


def test_a_renamed_cluster_takes_its_own_new_file_along(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), cluster="a")
    saved(one, cluster="b")
    assert one.path == at(tmp_path, "b") and "cluster: b" in one.path.read_text()
    assert [folder.name for folder in tmp_path.iterdir()] == ["b"]


def test_a_folder_that_holds_more_than_the_answers_stays(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), cluster="a")
    (tmp_path / "a" / "audit.log").touch()
    saved(one, cluster="b")
    assert not at(tmp_path, "a").exists() and (tmp_path / "a" / "audit.log").exists()


def test_answers_that_were_carried_out_stay_when_the_cluster_gets_another_name(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), cluster="a")
    one.keep()
    saved(one, cluster="b")
    assert "cluster: a" in at(tmp_path, "a").read_text() and "cluster: b" in at(tmp_path, "b").read_text()
    saved(one, cluster="c")
    assert not at(tmp_path, "b").exists()


def test_answers_that_were_opened_stay_when_the_cluster_gets_another_name(tmp_path: Path) -> None:
    old = at(tmp_path, "a", OTHER)
    one = saved(draft(tmp_path, OTHER))
    assert os.listdir(old.parent) == ["answers.yaml"] and one.trouble == ""
    saved(one, user="me")
    assert "user: me" in old.read_text()
    saved(one, cluster="b")
    assert old.read_text() == OTHER
    assert "cluster: b  # theirs" in at(tmp_path, "b").read_text()


def test_answers_of_an_earlier_walk_under_the_same_name_stay_beside_the_new_ones(tmp_path: Path) -> None:
    old = at(tmp_path, "a", OTHER)
    os.utime(old, (0, 10**9))
    one = saved(draft(tmp_path), cluster="a", user="me")
    (backup,) = old.parent.glob("answers.yaml.2001*.bak")
    assert backup.read_text() == OTHER and "user: me" in old.read_text()
    assert one.trouble == f"{old} held other answers; those are kept beside it, in {backup.name}."
    saved(one, user="you")
    assert len(os.listdir(old.parent)) == 2 and backup.name in one.trouble


def test_answers_of_another_cluster_whose_name_was_only_typed_in_passing_are_put_back(tmp_path: Path) -> None:
    old = at(tmp_path, "prod", OTHER)
    one = saved(draft(tmp_path), cluster="prod")
    saved(one, cluster="prod2")
    assert old.read_text() == OTHER and os.listdir(old.parent) == ["answers.yaml"] and one.trouble == ""


def test_earlier_answers_that_are_opened_after_all_are_put_back_first(tmp_path: Path) -> None:
    old = at(tmp_path, "a", OTHER)
    one = saved(draft(tmp_path), cluster="a")
    one.give_back()
    assert old.read_text() == OTHER
    saved(one)
    assert "theirs" not in old.read_text() and len(os.listdir(old.parent)) == 2


def test_what_somebody_else_wrote_meanwhile_is_kept_and_written_into(tmp_path: Path) -> None:
    old = at(tmp_path, "a", OTHER)
    one = saved(draft(tmp_path, OTHER), user="me")
    edited = old.read_text() + "# a word in between\nssh: {port: 2222}\n"
    old.write_text(edited)
    saved(one, user="you")
    (backup,) = old.parent.glob("*.bak")
    assert backup.read_text() == edited and backup.name in one.trouble
    assert "# a word in between" in old.read_text() and "user: you" in old.read_text()
    assert parse_answers(old.read_text(), complete=False).values == one.answers.values


def test_what_somebody_else_wrote_meanwhile_stays_when_the_cluster_gets_another_name(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), cluster="a")
    at(tmp_path, "a").write_text("mine now\n")
    saved(one, cluster="b")
    assert at(tmp_path, "a").read_text() == "mine now\n"


def test_answers_that_do_not_fit_are_written_once_they_do(tmp_path: Path) -> None:
    one = draft(tmp_path)
    one.decide("cluster", "a")
    one.decide("workers", (HostEntry("n1"), HostEntry("n1")))
    problems = one.save()
    assert [problem.path for problem in problems] == ["workers[1]"] and one.trouble
    assert list(tmp_path.iterdir()) == []
    one.decide("workers", (HostEntry("n1"),))
    assert one.save() == () and not one.trouble
    assert "n1" in at(tmp_path, "a").read_text()


def test_a_file_without_its_format_gets_it(tmp_path: Path) -> None:
    saved(draft(tmp_path, "cluster: a\n"), user="flink")
    assert parse_answers(at(tmp_path, "a").read_text(), complete=False).get("version") == 1


def given_file(path: Path) -> Draft:
    text = path.read_bytes().decode()
    return Draft(lambda answers: path, parse_answers(text, complete=False), text)


def test_a_given_file_is_the_only_copy_and_keeps_what_is_not_decided_anew(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "\ufeff# mine\r\nversion: 1\r\ncluster: 'a'  # odd   spacing\r\nmaster: m\r\n"
    path.write_bytes(text.encode())
    path.chmod(0o640)
    one = saved(given_file(path), cluster="b", user="me")
    expected = text.replace("'a'", "'b'").replace("master", "user: me\r\nmaster")
    assert path.read_bytes().decode() == expected == one.text
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_file_that_says_it_already_is_not_written(tmp_path: Path) -> None:
    path = at(tmp_path, "a", OTHER)
    os.utime(path, (0, 0))
    saved(given_file(path))
    assert path.stat().st_mtime == 0


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    saved(draft(tmp_path), cluster="a")
    assert at(tmp_path, "a").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = at(tmp_path, "real", OTHER)
    link = tmp_path / "link.yaml"
    link.symlink_to(real)
    saved(given_file(link), user="me")
    assert link.is_symlink() and "user: me" in real.read_text()
    assert os.listdir(real.parent) == ["answers.yaml"]


def test_a_file_that_cannot_be_written_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    one = saved(draft(tmp_path), cluster="a")
    assert (
        one.trouble
        == f"{tmp_path / 'a' / 'answers.yaml'}: Not a directory. The answers are kept in memory alone."
    )
    assert one.path is None and "cluster: a" in one.text
    (tmp_path / "a").unlink()
    assert saved(one).trouble == "" and at(tmp_path, "a").read_text() == one.text


def test_a_move_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    one = saved(draft(tmp_path), cluster="a")
    at(tmp_path, "b").mkdir(parents=True)
    saved(one, cluster="b")
    assert "Is a directory" in one.trouble and at(tmp_path, "a").exists() and one.path == at(tmp_path, "a")


@pytest.mark.parametrize(("value", "written"), [(True, "true"), (2, "2"), ("x: y", "x: y"), (None, None)])
def test_a_free_key_is_decided_by_its_whole_path(tmp_path: Path, value: object, written: str | None) -> None:
    one = draft(tmp_path)
    one.decide("flink.config.a.b", "1")
    one.decide("flink.config.c.d", value)  # type: ignore[arg-type]
    assert one.answers.pairs_at("flink.config") == {"a.b": "1"} | ({"c.d": written} if written else {})
    one.decide("flink.config.a.b", None)
    one.decide("flink.config.c.d", None)
    assert one.answers == Answers()
