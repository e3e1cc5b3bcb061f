"""How a refused value is worded: one sentence, the value made safe to show, and what was probably meant.

Knows text only. It must not know which question the value answers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST_SHOWN = 60


class ValueProblem(ValueError):
    """A value is not what its question wants. `sentence` is for the operator and starts with the value."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def shown(text: str) -> str:
    """The value as a sentence may carry it: no control characters, never longer than a line."""
    if not text:
        return "an empty value"
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 20] + "…"
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in short
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, if any is near enough."""
    candidates = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word[:200].lower(), candidates, n=1, cutoff=0.6)
    return candidates[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A tail for a sentence: `; did you mean "x"?`, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""
