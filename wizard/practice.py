"""Practice: the hosts of a scenario, what goes wrong on one of them, and what a run does to them for good.

Knows scenarios and imagined hosts. It must not know a connection, nor read anything of this machine: practice
contacts nothing.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, cast

from . import events
from .commands import Later, fill
from .connection import ConnectionFailed, Stop
from .events import Sink, nowhere
from .facts import ClusterFacts, DaemonFacts, HostFacts, LoginFailure, PublicKey
from .fingerprints import fingerprint
from .imagined import World
from .imaginedhost import answered, home_of
from .needs import Need
from .operations.operation import Operation
from .parts import CommandFailed
from .plan import Step
from .rehearsal import RehearsalParts, Tempo
from .scenarios import Scenario, Trouble
from .spec import HERE, ClusterSpec
from .times import REAL, Times
from .view import ShownKey


class PracticeReach:
    """The way to imagined hosts. One trouble at a time; `confirm` is asked about the host key that one of them shows."""

    def __init__(
        self,
        scenario: Scenario,
        tempo: Tempo,
        confirm: Callable[[ShownKey], bool] = lambda key: True,
        trouble: str = "nothing",
        times: Times = REAL,
    ) -> None:
        self.scenario = scenario
        self.tempo = tempo
        self._confirm = confirm
        self._lock = threading.Lock()
        self._trouble = scenario.trouble(trouble)
        self._mended = False
        self._ticks = count(times.now(), 10.0)
        self._world = _World(ClusterFacts(), self._ticks)

    @property
    def trouble(self) -> Trouble:
        return self._trouble

    def choose(self, id: str) -> Trouble:
        """From now on this goes wrong, on hosts as they were in the beginning. Raises KeyError."""
        with self._lock:
            self._trouble, self._mended = self.scenario.trouble(id), False
            self._world = _World(ClusterFacts(), self._ticks)
            return self._trouble

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RehearsalParts:
        """See `walk.Reach`."""
        del stop
        return RehearsalParts(_PracticeProber(self, spec), self.tempo, self._fault, self._world_of)

    def identity(self, spec: ClusterSpec, host: str) -> str:
        one = spec.host(host)
        return f"{one.user or spec.user}@{host}:{one.port or spec.ssh.port or 22}"

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        """Reading anew finds the trouble mended: somebody has gone and seen to it."""
        del spec
        with self._lock:
            if self._trouble.host in hosts and not self._trouble.stays:
                self._mended = True
                self._world.revert(self._trouble.host, tuple(self._trouble.facts))

    def close(self) -> None:
        """Nothing is open."""

    def facts(self, spec: ClusterSpec, name: str, needs: Sequence[Need]) -> HostFacts:
        """What reading that host gives now."""
        with self._lock:
            trouble, world = self._trouble, self._world
            active = trouble.host == name and not self._mended
        if active and trouble.login is not None and not self._let_in(spec, name, trouble.login):
            return HostFacts(name, trouble.login, imagined=True)
        seen = answered(self._fresh(spec, name), needs, lambda one: (address_of(self.scenario, one),))
        known = world.facts.get(name)
        if known is not None and known.reached and known.user == seen.user:
            return seen.merged(known)
        return self._with(trouble, seen) if active and trouble.facts else seen

    def _fresh(self, spec: ClusterSpec, name: str) -> HostFacts:
        """The host as it was in the beginning, with the account that the answers name."""
        one = next((host for host in spec.hosts if host.name == name), None)
        user = (one.user if one else None) or spec.user
        if name == HERE:
            return HostFacts(HERE, imagined=True, user=user, home=home_of(user), disks=())
        address = address_of(self.scenario, name)
        facts = self.scenario.facts(name, address, user, home_of(user), {})
        ssh = replace(facts.ssh, host_keys=(host_key(name),)) if facts.ssh else None
        return replace(facts, uid=0 if user == "root" else facts.uid, ssh=ssh)

    def _with(self, trouble: Trouble, seen: HostFacts) -> HostFacts:
        """The host with the trouble's facts in place of its own."""
        plain = self.scenario.facts(seen.name, "", seen.user or "", seen.home or "", trouble.facts)
        wrong = {name: getattr(plain, name) for name in trouble.facts}
        return seen.merged(HostFacts(seen.name, imagined=True, **wrong))

    def _let_in(self, spec: ClusterSpec, name: str, failure: LoginFailure) -> bool:
        if failure.kind != "host-key-unknown":
            return False
        address = address_of(self.scenario, name)
        key = host_key(name)
        port = spec.host(name).port or spec.ssh.port or 22
        return self._confirm(ShownKey(name, address, port, key.type, fingerprint(key.blob)))

    def _fault(self, operation: Operation) -> CommandFailed | None:
        trouble, failure = self._trouble, self._trouble.failure
        with self._lock:
            if self._mended or failure is None or operation.host != trouble.host:
                return None
            if not operation.id.startswith(trouble.fails):
                return None
            self._mended = True
        return CommandFailed(operation.host, failure.cause, failure.evidence, failure.action)

    def _world_of(self, facts: ClusterFacts) -> World:
        """The hosts as they were read, which a run changes for good."""
        with self._lock:
            self._world = _World(facts, self._ticks)
            return self._world


class _World(World):
    """A world whose values that exist only later are there at once, as a host would have made them.

    Every change happens ten seconds after the one before, so that what is newer can be told.
    """

    def __init__(self, facts: ClusterFacts, ticks: Iterator[float]) -> None:
        super().__init__(facts)
        self._ticks = ticks

    def become(self, step: Step) -> None:
        super().become(step)
        with self._lock:
            real = _real(self._facts[step.host], step.host, next(self._ticks))
            self._facts = ClusterFacts(MappingProxyType({**self._facts.hosts, step.host: real}))

    def revert(self, host: str, names: tuple[str, ...]) -> None:
        """Have these facts of a host read again as they are without the trouble."""
        with self._lock:
            known = self._facts.get(host)
            if known is not None:
                blank: dict[str, Any] = {
                    name: MappingProxyType({}) if isinstance(getattr(known, name), Mapping) else None
                    for name in names
                }
                self._facts = self._facts.changed(host, **blank)


@dataclass(slots=True)
class _PracticeProber:
    reach: PracticeReach
    spec: ClusterSpec

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`."""
        told = report or nowhere
        try:
            self.reach.tempo.beat(stop, next(iter(wanted), ""))
        except ConnectionFailed as over:
            failure = LoginFailure(over.kind, over.cause)
            return {host: HostFacts(host, failure, imagined=True) for host in wanted}
        read = {host: self.reach.facts(self.spec, host, needs) for host, needs in wanted.items()}
        for host, facts in read.items():
            wrong = facts.failure or LoginFailure("", "")
            told(events.HostLooked(host, self.reach.tempo.seconds, wrong.cause, wrong.action, wrong.kind))
        return read


def address_of(scenario: Scenario, name: str) -> str:
    """The address of an imagined host: of the range that is kept for examples, unless the name is one itself."""
    return scenario.addresses.get(name.partition(".")[0]) or _example(name)


@cache
def _example(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return f"192.0.2.{20 + hashlib.sha256(name.encode()).digest()[0] % 200}"


def host_key(name: str) -> PublicKey:
    """The host key of an imagined host."""
    return PublicKey("ssh-ed25519", _blob(name), f"root@{name}")


def _blob(seed: str) -> str:
    raw = b"\0\0\0\x0bssh-ed25519\0\0\0 " + hashlib.sha256(seed.encode()).digest()
    return base64.b64encode(raw).decode()


def _later(later: Later) -> str:
    if later.name == "public-key":
        return f"ssh-ed25519 {_blob(later.host + ' cluster key')} flink@{later.host}"
    if later.name == "java-home":
        return "/usr/lib/jvm/java-17-openjdk-amd64"
    return hashlib.sha256(f"{later.host} {later.name}".encode()).hexdigest()[:32]


def _real(value: Any, host: str, now: float) -> Any:
    """The value with what exists only later put in: texts that wait for it, times, the process ids of daemons."""
    if isinstance(value, str):
        return fill(value, _later) if "\0" in value else value
    if isinstance(value, float):
        return now if value == float("inf") else value
    if isinstance(value, DaemonFacts) and value.pid == 0:
        number = int(hashlib.sha256(f"{host} {value.kind} {now}".encode()).hexdigest()[:3], 16)
        return replace(value, pid=4100 + number, started=now)
    if isinstance(value, PublicKey) and "\0" in value.blob:
        kind, blob, comment = fill(value.blob, _later).split(" ", 2)
        return PublicKey(kind, blob, comment)
    if isinstance(value, tuple):
        return tuple(_real(part, host, now) for part in cast("tuple[Any, ...]", value))
    if isinstance(value, Mapping):
        parts = cast("Mapping[Any, Any]", value)
        real = {key: _real(part, host, now) for key, part in parts.items()}
        return real if isinstance(value, dict) else MappingProxyType(real)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{item.name: _real(getattr(value, item.name), host, now) for item in fields(value)}
        )
    return value
