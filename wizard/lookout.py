"""Reads hosts in the background, each by itself, and keeps what was read and which of it still holds.

Knows hosts, needs and which login a reading belongs to. It must not know answers, nor what is made of the facts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from . import events
from .events import Sink
from .facts import ClusterFacts, HostFacts, LoginFailure
from .keysfirst import KEYS
from .needs import Need
from .readings import Readings
from .session import Parts, survey
from .spec import ClusterSpec
from .turnstile import Turnstile

AT_ONCE = 64
"""Hosts that are read at the same time at most: many that hang must not keep the others waiting."""

FRESH = 12
"""Of these, those that are at it for less than `SOON`: each login costs this machine about a hundredth of a second of
computing, and the threads that do it and the keyboard share one interpreter."""

TYPING = 2.0
"""Seconds after a key during which half as many are fresh: hosts can wait longer than whoever types."""

SOON = 1.0
"""Seconds after which a host that has not answered mostly makes us wait and nothing else."""


Needs = Mapping[str, tuple[Need, ...]]
Survey = Callable[[ClusterSpec, ClusterFacts], Needs]


class Reach(Protocol):
    """How a walk reaches hosts: really, as a rehearsal, or not at all. Connections outlive a change of the answers."""

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> Parts:
        """Parts for this cluster; `stop` ends what they do, also a login that is under way."""
        ...

    def identity(self, spec: ClusterSpec, host: str) -> str:
        """What makes a login of this host another one: facts that were read under another identity are void."""
        ...

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        """Try these hosts anew at the next reading."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known at one moment: facts, the needs that they answer, and the login of each host."""

    facts: ClusterFacts
    held: Mapping[str, Set[Need]]
    identities: Mapping[str, str]


@dataclass(slots=True)
class _Reading:
    """One reading under way; `stop` is set when nobody waits for it any more."""

    identity: str
    needs: tuple[Need, ...]
    stop: threading.Event = field(default_factory=threading.Event)


class Lookout:
    """`changed` is called, from a reader's thread, whenever a reading has ended. All methods return at once."""

    def __init__(
        self,
        reach: Reach,
        sink: Sink,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
        survey: Survey = survey,
    ) -> None:
        self._reach = reach
        self._sink = sink
        self._changed = changed
        self._clock = clock
        self._survey = survey
        self._lock = threading.Lock()
        self._facts = ClusterFacts()
        self._held: dict[str, set[Need]] = {}
        self._identities: dict[str, str] = {}
        self._under_way: dict[str, _Reading] = {}
        self._read_at: dict[str, float] = {}
        self._telling = 0
        self._closed = False
        self._turns = Turnstile(lambda: FRESH // 2 if KEYS.quiet < TYPING else FRESH, SOON)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")

    @property
    def seen(self) -> Seen:
        with self._lock:
            held = {host: frozenset(needs) for host, needs in self._held.items()}
            return Seen(self._facts, held, dict(self._identities))

    @property
    def facts(self) -> ClusterFacts:
        with self._lock:
            return self._facts

    @property
    def reading(self) -> frozenset[str]:
        """Hosts that are being read just now."""
        with self._lock:
            return frozenset(self._under_way)

    @property
    def read_at(self) -> Mapping[str, float]:
        """Host → when its last reading ended, seconds since the epoch."""
        with self._lock:
            return MappingProxyType(dict(self._read_at))

    @property
    def busy(self) -> bool:
        """Whether a reading is under way, or one that has ended was not told of yet."""
        with self._lock:
            return bool(self._under_way or self._telling)

    def want(self, spec: ClusterSpec) -> None:
        """Have every host of this cluster read whose readings do not hold for it; the newest wish counts."""
        wanted = self._survey(spec, self.facts)
        identities = {host: self._reach.identity(spec, host) for host in spec.names}
        with self._lock:
            if self._closed:
                return
            for host in set(self._under_way) - set(identities):
                self._give_up(host)
            for host, identity in identities.items():
                if self._identities.get(host, identity) != identity:
                    self._void(host)
                self._identities[host] = identity
                held = self._held.get(host, set())
                missing = tuple(need for need in wanted[host] if need not in held)
                lost = host in self._facts and not self._facts[host].reached
                if missing and not lost and host not in self._under_way:
                    reading = _Reading(identity, missing)
                    self._under_way[host] = reading
                    self._threads.submit(self._read, spec, host, reading)

    def rest(self) -> None:
        """Nobody wants anything read just now."""
        with self._lock:
            for host in tuple(self._under_way):
                self._give_up(host)

    def void(self, hosts: Iterable[str]) -> None:
        """Forget what was read of these hosts, and what is being read: the next wish reads them anew."""
        with self._lock:
            for host in hosts:
                self._void(host)

    def took(self, before: Seen, readings: Readings, read: Iterable[str]) -> None:
        """What a job has read is known from now on, where the login is still the one that it began with.

        `read` are the hosts whose age is that of this job.
        """
        facts, held, now = readings.facts, readings.held, self._clock()
        with self._lock:
            for host, one in facts.hosts.items():
                if self._identities.get(host) != before.identities.get(host):
                    continue
                self._forget(host)
                if one.failure is not None and one.failure.kind == "cancelled":
                    continue  # Its reading was broken off: that says nothing about the host.
                self._facts = ClusterFacts(MappingProxyType({**self._facts.hosts, host: one}))
                self._held[host] = set(held.get(host, ()))
            for host in read:
                self._read_at[host] = now

    def failed(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Hosts whose last reading failed in one of these ways, or that have not answered yet."""
        with self._lock:
            lost = {one.name for one in self._facts if one.failure and one.failure.kind in set(kinds)}
            return tuple(lost | {host for host in self._under_way if host not in self._facts})

    def close(self) -> None:
        """Give up every reading."""
        with self._lock:
            self._closed = True
            for host in tuple(self._under_way):
                self._give_up(host)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, spec: ClusterSpec, host: str, reading: _Reading) -> None:
        if reading.stop.is_set():
            return
        try:
            with self._turns.turn(reading.stop):
                if reading.stop.is_set():
                    return
                prober = self._reach.parts(spec, reading.stop).prober
                facts = prober.read({host: reading.needs}, reading.stop, self._sink).get(host)
        except Exception as fault:  # noqa: BLE001 - whatever went wrong, nobody must wait for this host for ever
            facts = _crashed(host, fault)
            self._sink(events.Note(f"{facts.failure.cause if facts.failure else ''}", host))
        with self._lock:
            if self._under_way.get(host) is not reading:
                return
            del self._under_way[host]
            if facts is not None:
                self._facts = self._facts.with_host(facts)
                if facts.reached:
                    self._held.setdefault(host, set()).update(reading.needs)
            self._read_at[host] = self._clock()
            self._telling += 1
        try:
            self._changed()
        finally:
            with self._lock:
                self._telling -= 1

    def _void(self, host: str) -> None:
        self._give_up(host)
        self._read_at.pop(host, None)
        self._forget(host)

    def _forget(self, host: str) -> None:
        self._held.pop(host, None)
        kept = {name: facts for name, facts in self._facts.hosts.items() if name != host}
        self._facts = ClusterFacts(MappingProxyType(kept))

    def _give_up(self, host: str) -> None:
        reading = self._under_way.pop(host, None)
        if reading is not None:
            reading.stop.set()
            self._turns.nudge()


def _crashed(host: str, fault: Exception) -> HostFacts:
    cause = f"Reading {host} broke off inside the wizard: {type(fault).__name__}: {fault}"
    failure = LoginFailure(
        "crashed", cause, "", "Read it again; if that does not help, report this sentence."
    )
    return HostFacts(host, failure)
