"""That docs/manual-coverage.md answers for every instruction of the manual page, and names only what exists.

The instructions, in our own words, are in tests/golden/manual-instructions.txt: one a line, `M01 text`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("foundation", "screens", "hdfs", "repair")
STEPS = (
    "Welcome",
    "Hosts",
    "Requirements",
    "SSH keys",
    "JAVA_HOME",
    "Flink",
    "Flink config",
    "Workers",
    "HDFS",
    "Review",
    "Apply",
    "Done",
)
LATER = "later"


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of the document, without its two head lines."""
    text = (ROOT / "docs" / "manual-coverage.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def instructions() -> list[list[str]]:
    lines = (ROOT / "tests" / "golden" / "manual-instructions.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(" ", 1) for line in lines]


ROWS = table("Instructions")
COVERS = {label: (places, tests) for label, places, tests in table("What covers them")}


def labels(cell: str) -> list[str]:
    return [label.strip() for label in cell.split(",")]


def named(cell: str) -> list[tuple[str, str]]:
    """Pairs of file and name from a cell like `a/b.py`: `Name`, `Other`; `c/d.py`: `Name`."""
    pairs: list[tuple[str, str]] = []
    for part in cell.split(";"):
        file, *names = re.findall(r"`([^`]+)`", part)
        pairs += [(file, name) for name in names or [""]]
    return pairs


def missing(cell: str) -> list[str]:
    absent: list[str] = []
    for file, name in named(cell):
        path = ROOT / file
        text = path.read_text(encoding="utf-8") if path.is_file() else None
        if text is None or not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
            absent.append(f"{file}: {name}")
    return absent


def test_every_instruction_has_exactly_one_row_in_its_own_words() -> None:
    assert [row[:2] for row in ROWS] == instructions()
    assert [number for number, _ in instructions()] == [f"M{n:02}" for n in range(1, len(ROWS) + 1)]


def test_every_row_names_a_step_a_part_and_what_covers_it() -> None:
    for number, _, step, cover, part in ROWS:
        assert step in STEPS, number
        assert part in PARTS, number
        assert set(labels(cover)) <= set(COVERS), number


def test_nothing_is_listed_that_covers_no_instruction() -> None:
    assert set(COVERS) == {label for row in ROWS for label in labels(row[3])}


def test_only_rows_of_a_later_part_may_wait() -> None:
    waiting = {label for label, (places, tests) in COVERS.items() if LATER in (places, tests)}
    for number, _, _, cover, part in ROWS:
        assert part != "foundation" or not waiting & set(labels(cover)), number


@pytest.mark.parametrize("label", [label for label, (places, _) in COVERS.items() if places != LATER])
def test_what_covers_an_instruction_exists_and_so_does_its_test(label: str) -> None:
    places, tests = COVERS[label]
    assert missing(places) == []
    assert missing(tests) == []
    assert all(file.startswith("tests/") for file, _ in named(tests))
