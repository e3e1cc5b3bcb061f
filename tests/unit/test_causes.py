"""What went wrong is told in sentences, whoever tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.ssh.errors import SENTENCES

ROOT = Path(__file__).parents[2]
PLACE_OF_CAUSE = {"CannotOperate": 0, "CommandFailed": 1, "ConnectionFailed": 2, "CommandTimeout": 2}
NAMES = ("sshd",)
"""What may begin a sentence with a small letter, besides a value such as a host or a path."""


def causes() -> Iterator[tuple[str, str]]:
    """Where a cause is written, and its text with "…" for each value in it."""
    for file in sorted((ROOT / "wizard").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            place = PLACE_OF_CAUSE.get(call.func.id, len(call.args))
            if place < len(call.args) and isinstance(call.args[place], ast.Constant | ast.JoinedStr):
                yield f"{file.relative_to(ROOT)}:{call.lineno}", _text(call.args[place])


def _text(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)


@pytest.mark.parametrize(
    ("where", "text"), [*causes(), *((key, cause) for key, (cause, _) in SENTENCES.items())]
)
def test_a_cause_is_a_sentence(where: str, text: str) -> None:
    first = text.split()[0]
    assert text.endswith(".") and not text.endswith(".."), where
    assert not first[0].islower() or first in NAMES, where
