"""The lines of logs whose cause is known: each reads its own example, is found by its word, and names findings that exist."""

from __future__ import annotations

from typing import Any

import pytest

from validators.cluster.catalogue import meanings
from wizard.flink.signatures import FLINK, HADOOP, Signature, book, known_cause

ALL = [
    pytest.param(asset, one, id=f"{asset}: {one.example[:60]}")
    for asset in (FLINK, HADOOP)
    for one in book(asset).signatures
]


@pytest.mark.parametrize(("asset", "one"), ALL)
def test_an_example_is_read_by_its_own_entry_and_by_no_earlier_one(asset: str, one: Signature) -> None:
    assert any(word in one.example for word in one.line.words)
    cause = one.read(one.example)
    assert cause is not None and cause.cause and cause.action and "{" not in cause.cause + cause.action
    assert known_cause(f"first\n{one.example}\nlast", asset) == cause


@pytest.mark.parametrize(("asset", "one"), ALL)
def test_an_entry_names_findings_that_exist(asset: str, one: Signature) -> None:
    assert {one.id, *one.of, *one.anywhere} <= set(meanings())


@pytest.mark.parametrize(
    ("asset", "line"),
    [
        (FLINK, "2026-11-26 00:10:34,802 INFO  -  Starting StandaloneSessionClusterEntrypoint (Version: 1.9.3, Rev:6d23b2c)"),
        (FLINK, "2026-11-26 00:10:35,292 INFO  TaskManagerRunner -  Starting TaskManager (Version: 1.9.3, Rev:6d23b2c)"),
        (HADOOP, "STARTUP_MSG: Starting DataNode"),
    ],
)  # fmt: skip
def test_a_run_begins_with_a_line_that_is_known(asset: str, line: str) -> None:
    started = book(asset).started
    assert started.found(line) and any(word in line for word in started.words)


def test_every_word_can_be_searched_for_as_it_is() -> None:
    words: list[Any] = [*book(FLINK).words, *book(HADOOP).words]
    assert all(isinstance(word, str) and word.strip() and "\n" not in word for word in words)
