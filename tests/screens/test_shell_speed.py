"""What keeps keys quick, as structure: what lays out the screen anew, what waits for a key, when garbage is looked for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from screens import sweeping
from screens.app import WizardApp
from screens.logbook import LogBook
from screens.widgets.field import LineField
from screens.widgets.loglines import LogLines
from wizard import events
from wizard.keysfirst import KEYS, KeysFirst

from .conftest import MOMENT, until


class Part(App[None]):
    """A widget on a screen that counts its layouts."""

    def __init__(self, part: LogLines | LineField) -> None:
        super().__init__()
        self.part = part
        self.layouts = 0

    def compose(self) -> ComposeResult:
        yield self.part

    def on_ready(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._counted())

    def _counted(self) -> None:
        self.layouts += 1


def filled(book: LogBook, count: int) -> None:
    for number in range(count):
        book.take(MOMENT, events.OutputArrived("node1", "stdout", f"line {number}\n"))


async def test_a_log_that_grows_does_not_lay_out_the_screen_anew() -> None:
    book = LogBook()
    lines = LogLines(book, id="log")
    app = Part(lines)
    async with app.run_test(size=(80, 24)) as pilot:
        filled(book, 100)
        lines.sync()
        await pilot.pause()
        await pilot.pause()
        before = app.layouts
        for _ in range(5):
            filled(book, 1_000)
            lines.sync()
            await pilot.pause()
        assert app.layouts == before
        assert lines.virtual_size.height == 5_100 and lines.vertical_scrollbar.window_virtual_size == 5_100
        assert lines.scroll_offset.y == lines.max_scroll_y == 5_100 - 24


async def test_a_letter_in_a_field_does_not_lay_out_the_screen_anew() -> None:
    field = LineField()
    app = Part(field)
    async with app.run_test(size=(80, 24)) as pilot:
        field.focus()
        await pilot.press("a")
        await pilot.pause()
        before = app.layouts
        await pilot.press("b", "c")
        await pilot.pause()
        assert field.text == "abc" and app.layouts == before


async def test_a_key_is_under_way_until_it_is_drawn_and_then_no_more(wizard: WizardApp) -> None:
    seen: list[bool] = []
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: wizard.walk.view.complete)
        with watched(KEYS, seen):
            await pilot.press("tab")
            await settled(pilot, lambda: KEYS._over.is_set())
    assert seen == [True, False]


async def settled(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    await until(pilot, holds)
    await pilot.pause()


@contextmanager
def watched(keys: KeysFirst, seen: list[bool]) -> Generator[None]:
    """Note every beginning and the first end after it."""
    begin, end = keys.begin, keys.end

    def began() -> None:
        begin()
        seen.append(True)

    def ended() -> None:
        end()
        if seen and seen[-1]:
            seen.append(False)

    keys.begin, keys.end = began, ended  # type: ignore[method-assign]
    try:
        yield
    finally:
        keys.begin, keys.end = begin, end  # type: ignore[method-assign]


class Keys(KeysFirst):
    """Keys of which the last came so many seconds ago."""

    def __init__(self, quiet: float) -> None:
        super().__init__()
        self._quiet = quiet

    @property
    def quiet(self) -> float:
        return self._quiet


@pytest.mark.parametrize(
    ("counts", "quiet", "looked"),
    [
        ((10, 0, 0), 60.0, None),
        ((20_001, 0, 0), 0.0, None),
        ((20_001, 0, 0), 0.1, 0),
        ((20_001, 21, 0), 0.1, 0),
        ((20_001, 21, 0), 2.0, 1),
        ((20_001, 21, 21), 60.0, 2),
        ((25 * 20_000 + 1, 0, 0), 0.0, 0),
    ],
)
def test_garbage_is_looked_for_when_no_key_is_near_or_too_much_was_made(
    counts: tuple[int, int, int], quiet: float, looked: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(gc, "get_count", lambda: counts)
    monkeypatch.setattr(gc, "collect", asked.append)
    assert sweeping.sweep(Keys(quiet)) == looked
    assert asked == ([] if looked is None else [looked])
