"""An instant practice walk and the application that shows it, for every test of a screen.

    async def test_something(wizard):            # a WizardApp on a practice walk
        async with wizard.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: wizard.walk.view.complete)

The clock of the application stands still, nothing blinks or moves, and a rehearsal takes no time.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest
from textual.pilot import Pilot

from screens.app import WizardApp
from wizard.opening import open_walk
from wizard.view import Use
from wizard.walk import Walk

MOMENT = 1_750_000_000.0
"""When everything happens: seconds since the epoch."""


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the tester's time zone nor their wish for no colour shows on a screen."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)


@contextmanager
def opened(use: Use = "practice", **options: object) -> Generator[Walk]:
    """A walk whose rehearsals take no time; `options` are those of the command line."""
    with open_walk(argparse.Namespace(**{"state_dir": None, **options}), use) as walk:
        tempo = getattr(walk._reach, "tempo", None)
        if tempo is not None:
            tempo.seconds = 0
        yield walk


@pytest.fixture
def practice() -> Iterator[Walk]:
    """A practice walk, instant."""
    with opened() as walk:
        yield walk


@pytest.fixture
def wizard(practice: Walk) -> WizardApp:
    """The application on a practice walk, not yet running."""
    return app_of(practice)


def app_of(walk: Walk) -> WizardApp:
    """The application on this walk, with a clock that stands still."""
    return WizardApp(walk, clock=lambda: MOMENT)


async def until(pilot: Pilot[int], holds: Callable[[], object], turns: int = 400) -> None:
    """Let the application go on until this holds."""
    for _ in range(turns):
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"it never came to hold after {turns} turns")


os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")


@pytest.fixture(autouse=True)
def _nobody_looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is painted where no picture is taken: nobody looks at a terminal that is not there."""
    if "album" not in request.fixturenames:
        monkeypatch.setattr("textual.screen.Screen._compositor_refresh", lambda screen: None)
