"""The one way from a step to any other: raised where the operator has chosen it."""

from __future__ import annotations


class Go(Exception):
    """To the step of that id."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step
