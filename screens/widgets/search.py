"""Finds words in a plan: in titles, commands, scripts and diffs.

Knows an outline. It must not know how it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.showing import Outline


@dataclass(frozen=True, slots=True)
class Found:
    """A step that holds what was sought, or the command of it that does."""

    step: int
    command: int | None


class Index:
    """The texts of one plan, in its order; capitals do not count."""

    def __init__(self, outline: Outline) -> None:
        self._texts: list[tuple[Found, str]] = []
        for number, step in enumerate(outline.steps):
            self._texts.append((Found(number, None), f"{step.host}\n{step.title}".lower()))
            for place, command in enumerate(step.commands):
                text = "\n".join((command.title, *(line.text for line in command.lines)))
                self._texts.append((Found(number, place), text.lower()))

    def find(self, text: str) -> tuple[Found, ...]:
        """Every place that holds this text."""
        sought = text.strip().lower()
        return tuple(found for found, held in self._texts if sought in held) if sought else ()
