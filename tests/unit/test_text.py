"""Text from a host never moves a cursor, changes a colour or hides what it says."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.text import clean, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nnext", "plain\ttext\nnext"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hhome", "home"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]52;c;Y2xpcGJvYXJk\x1b\\text", "text"),
        ("\x1bP1;2q\x1b\\text", "text"),
        ("\x1b(Btext\x1bc", "text"),
        ("\x9b31mtext", "text"),
        ("bell\x07 back\x08 nul\x00", "bell back nul"),
        ("line\r\nline\r\n", "line\nline\n"),
        ("10%\r20%\r", "10%\n20%"),
        ("a\u202eb\u2066c\ufeffd", "abcd"),
        ("grün 漢字 é", "grün 漢字 é"),
        ("\x1b[", ""),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_nothing_that_controls_is_left(text: str) -> None:
    cleaned = clean(text)
    assert not [char for char in cleaned if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"]
    assert clean(cleaned) == cleaned


def test_evidence_is_one_line_and_short() -> None:
    assert one_line("a\n  b\x1b[0m\tc") == "a b c"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"
