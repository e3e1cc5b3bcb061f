"""One connection a host, opened when it is first needed, shared by everything that talks to that host.

Knows how many logins may be under way at once and what is worth a second try. It must not import the SSH
library, nor know how a connection is opened: that is passed in.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from wizard.connection import Connection, ConnectionFailed, Either, NeverStarted, OutputSink, Result, Stop
from wizard.ssh.errors import failed, through
from wizard.ssh.places import STEP, look, pause

AT_ONCE = 16
THROUGH_ONE_JUMP_HOST = 4
TRIES = 5
"""Logins tried when sshd drops connections (MaxStartups 10:30:100: some from the eleventh on)."""


class Connections:
    """Connections by host name. All methods may be called from several threads.

    `open_one` opens a connection, until the given stop is set, or raises `ConnectionFailed`; `jump_of` names
    the host in between, if any: it is opened first, from this same pool, so that `open_one` finds it there.
    A host that failed stays failed until `forget`: others then need not wait for its time limits again.
    """

    def __init__(
        self,
        open_one: Callable[[str, Stop | None], Connection],
        *,
        jump_of: Callable[[str], str | None] = lambda _host: None,
        at_once: int = AT_ONCE,
        through_one_jump_host: int = THROUGH_ONE_JUMP_HOST,
        first_pause: float = 0.25,
    ) -> None:
        self._open_one = open_one
        self._jump_of = jump_of
        self._first_pause = first_pause
        self._through_one = through_one_jump_host
        self._at_once = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._jumps: dict[str, threading.BoundedSemaphore] = {}
        self._over = threading.Event()

    def get(self, host: str, *, stop: Stop | None = None) -> Connection:
        """The connection to a host, opened now if there is none that is alive.

        Raises:
            ConnectionFailed: now, or the same one as before until `forget(host)`.
        """
        until = Either(stop, self._over)
        while True:
            place = self._place(host)
            while not place.lock.acquire(timeout=STEP):
                look(host, until)
            try:
                if place.failed is not None:
                    raise place.failed
                if place.connection is not None and not _alive(place.connection):
                    place.connection.close()
                    place.connection = None
                if place.connection is None:
                    place.connection = self._open(host, place, until)
                connection = place.connection
            finally:
                place.lock.release()
            with self._lock:
                if not self._over.is_set() and self._places.get(host) is place:
                    return connection
            connection.close()  # While it was opened, all were closed, or this host was forgotten.

    def run(
        self,
        host: str,
        command: str,
        *,
        stdin: bytes | Iterable[bytes] | None = None,
        timeout: float | None = 60.0,
        idle_timeout: float | None = None,
        on_output: OutputSink | None = None,
        keep_output: bool = True,
        stop: Stop | None = None,
    ) -> Result:
        """Run a command on a host; see `Connection.run`.

        On a connection that turns out to be dead before the command was sent, it is opened once more.
        """

        def once() -> Result:
            return self.get(host, stop=stop).run(
                command,
                stdin=stdin,
                timeout=timeout,
                idle_timeout=idle_timeout,
                on_output=on_output,
                keep_output=keep_output,
                stop=stop,
            )

        try:
            return once()
        except NeverStarted:
            return once()

    def failure(self, host: str) -> ConnectionFailed | None:
        """Why a host is out of reach; None where nothing failed, or nothing was tried."""
        with self._lock:
            place = self._places.get(host)
        return place.failed if place is not None else None

    def forget(self, host: str) -> None:
        """Close the connection to a host and forget its failure: the next `get` tries anew."""
        with self._lock:
            place = self._places.pop(host, None)
        if place is not None and place.connection is not None:
            place.connection.close()

    def renew(self, host: str) -> None:
        """Forget a host unless a connection to it is open: a failure, and an attempt that is under way."""
        with self._lock:
            place = self._places.get(host)
            if place is not None and place.connection is None:
                del self._places[host]

    def close_all(self) -> None:
        """Close every connection, also those being opened; what runs on them ends. Later calls fail."""
        with self._lock:
            self._over.set()
            places = list(self._places.values())
        for place in places:
            connection = place.connection
            if connection is not None:
                connection.close()

    def _place(self, host: str) -> _Place:
        with self._lock:
            if self._over.is_set():
                raise failed(host, "cancelled")
            return self._places.setdefault(host, _Place())

    def _open(self, host: str, place: _Place, stop: Stop | None) -> Connection:
        jump = self._jump_of(host)
        if jump is not None:
            self._refuse_circle(host)
            self._open_before(host, jump, place, stop)
        with ExitStack() as held:
            for semaphore in self._limits(jump):
                while not semaphore.acquire(timeout=STEP):
                    look(host, stop)
                held.callback(semaphore.release)
            for attempt in range(TRIES):
                look(host, stop)
                try:
                    return self._open_one(host, stop)
                except ConnectionFailed as wrong:
                    if wrong.kind == "cancelled":
                        raise
                    if wrong.kind != "reset" or attempt == TRIES - 1:
                        place.failed = wrong
                        raise
                pause(host, self._first_pause * 2**attempt * random.uniform(0.5, 1.5), stop)
        raise AssertionError("not reached")

    def _refuse_circle(self, host: str) -> None:
        way = [host]
        while (before := self._jump_of(way[-1])) is not None:
            if before in way:
                raise failed(host, "unreachable/loop", limit=len(way), evidence=" → ".join([*way, before]))
            way.append(before)

    def _open_before(self, host: str, jump: str, place: _Place, stop: Stop | None) -> None:
        """The host in between, before this host takes a place: else those who wait could block it."""
        try:
            self.get(jump, stop=stop)
        except ConnectionFailed as wrong:
            if wrong.kind == "cancelled":
                raise failed(host, "cancelled") from wrong
            place.failed = through(host, jump, wrong)
            raise place.failed from wrong

    def _limits(self, jump: str | None) -> list[threading.BoundedSemaphore]:
        if jump is None:
            return [self._at_once]
        with self._lock:
            # Those who wait for the jump host must not take the places of others: its limit comes first.
            limit = self._jumps.setdefault(jump, threading.BoundedSemaphore(self._through_one))
        return [limit, self._at_once]


class _Place:
    """What is known of one host; whoever opens its connection holds the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: Connection | None = None
        self.failed: ConnectionFailed | None = None


def _alive(connection: Connection) -> bool:
    return bool(getattr(connection, "alive", True))
