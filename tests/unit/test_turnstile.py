"""Few that compute, many that hang: who hangs holds nobody up for longer than the patience."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from wizard.turnstile import Turnstile

from .walks import until


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def entering(
    stack: ExitStack, turns: Turnstile, inside: list[int], number: int, stop: threading.Event
) -> None:
    """Somebody comes, and stays inside until the stack is closed."""
    leave = threading.Event()

    def stay() -> None:
        with turns.turn(stop):
            inside.append(number)
            leave.wait(20)

    thread = threading.Thread(target=stay)
    thread.start()
    stack.callback(thread.join)
    stack.callback(leave.set)


def test_one_more_comes_in_for_each_that_only_waits_by_now() -> None:
    clock, stop = Clock(), threading.Event()
    turns = Turnstile(2, 10.0, clock)
    inside: list[int] = []
    with ExitStack() as stack:
        stack.callback(stop.set)
        for number in range(5):
            entering(stack, turns, inside, number, threading.Event() if number < 2 else stop)
            if number < 2:
                until(lambda: len(inside) == number + 1)  # noqa: B023
        assert turns._left() == 10.0 and sorted(inside) == [0, 1]
        clock.now = 11.0
        turns.nudge()
        until(lambda: len(inside) == 4)
        assert turns._left() == 10.0
        stop.set()
        turns.nudge()
        until(lambda: len(inside) == 5)


def test_who_leaves_lets_the_next_one_in() -> None:
    turns, stop = Turnstile(1, 3600.0), threading.Event()
    inside: list[int] = []
    with ExitStack() as stack:
        with turns.turn(stop):
            entering(stack, turns, inside, 1, stop)
            assert inside == []
        until(lambda: inside == [1])


def test_how_many_come_in_may_change_and_whoever_is_inside_stays() -> None:
    room = [1]
    turns, stop = Turnstile(lambda: room[0], 3600.0), threading.Event()
    inside: list[int] = []
    with ExitStack() as stack:
        entering(stack, turns, inside, 0, stop)
        until(lambda: inside == [0])
        entering(stack, turns, inside, 1, stop)
        room[0] = 2
        turns.nudge()
        until(lambda: inside == [0, 1])
        room[0] = 1
        assert turns._left() > 0
