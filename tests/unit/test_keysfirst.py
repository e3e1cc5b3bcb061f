"""Keys go first: what reads and judges hosts waits while one is under way, and never longer than is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from wizard.keysfirst import LONGEST, KeysFirst


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> Iterator[KeysFirst]:
    made = KeysFirst(clock)
    yield made
    made.end()


def passing(keys: KeysFirst) -> tuple[threading.Thread, threading.Event]:
    """Somebody who gives way, and what tells that the way was free."""
    passed = threading.Event()

    def work() -> None:
        keys.give_way()
        passed.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, passed


def test_nobody_waits_while_no_key_has_come(keys: KeysFirst) -> None:
    keys.give_way()
    assert not keys.under_way


def test_whoever_works_waits_until_the_key_is_on_the_screen() -> None:
    waited: list[float] = []

    class Over(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0.0)
            return super().wait(30.0)

    keys = KeysFirst()
    keys._over = Over()
    keys.begin()
    thread, passed = passing(keys)
    while not waited:
        thread.join(0.001)
    assert not passed.is_set()
    keys.end()
    thread.join(30.0)
    assert passed.is_set() and 0.0 < waited[0] <= LONGEST


def test_the_thread_that_takes_keys_never_waits_for_itself(keys: KeysFirst) -> None:
    keys.begin()
    keys.give_way()
    assert keys.under_way


def test_a_key_that_is_never_drawn_holds_nobody_up_for_longer(keys: KeysFirst, clock: Clock) -> None:
    keys.begin()
    clock.now += LONGEST
    assert not keys.under_way
    thread, passed = passing(keys)
    thread.join(30.0)
    assert passed.is_set()


def test_it_is_quiet_from_the_last_key_on(keys: KeysFirst, clock: Clock) -> None:
    keys.begin()
    assert keys.quiet == 0.0
    clock.now += 0.03
    keys.end()
    assert keys.quiet == pytest.approx(0.03)
