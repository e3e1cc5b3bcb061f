"""What is known so far, and which of it still holds: the runner's memory of the hosts.

A reading holds until something was written on its host that can have changed it; one that looks beyond its host,
until that was written anywhere. Knows no operation and no command.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

from .connection import Stop
from .events import Sink
from .facts import ClusterFacts, HostFacts
from .needs import Need
from .parts import Prober


class Readings:
    """Facts with their age. `held` says which needs the first facts answer. All methods may be called from several threads."""

    def __init__(
        self,
        prober: Prober,
        stop: Stop,
        facts: ClusterFacts | None = None,
        held: Mapping[str, Set[Need]] = MappingProxyType({}),
    ) -> None:
        self._prober = prober
        self._stop = stop
        self._facts = facts or ClusterFacts()
        self._held: dict[str, set[Need]] = {host: set(needs) for host, needs in held.items()}
        self._writes: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def prober(self) -> Prober:
        return self._prober

    @property
    def facts(self) -> ClusterFacts:
        with self._lock:
            return self._facts

    @property
    def held(self) -> Mapping[str, Set[Need]]:
        """Host → the needs whose readings still hold."""
        with self._lock:
            return {host: set(needs) for host, needs in self._held.items()}

    def failed(self, host: str) -> bool:
        with self._lock:
            return not self._facts[host].reached

    def look(
        self, wanted: Mapping[str, Sequence[Need]], report: Sink | None = None, *, again: bool = False
    ) -> ClusterFacts:
        """Read what is wanted and does not hold any more; `again` reads it all afresh.

        A host whose last reading failed is not asked again unless `again` is set.
        """
        missing: dict[str, tuple[Need, ...]] = {}
        with self._lock:
            for host, needs in wanted.items():
                if not again and not self._facts[host].reached:
                    continue
                held = self._held.get(host, set())
                asked = tuple(need for need in needs if again or need not in held)
                if asked:
                    missing[host] = asked
            before = dict(self._writes)
        if missing:
            self._keep(missing, self._prober.read(missing, self._stop, report), before)
        return self.facts

    def wrote(self, host: str, touched: tuple[type[Any], ...] | None = None) -> None:
        """Something was written on that host: its readings, and all that look across hosts, are old.

        With `touched` only readings of these kinds are.
        """
        with self._lock:
            self._writes[host] = self._writes.get(host, 0) + 1
            for name, needs in self._held.items():
                self._held[name] = {
                    need
                    for need in needs
                    if (touched is not None and not isinstance(need, touched))
                    or not (name == host or need.crosses)
                }

    def _keep(
        self, asked: Mapping[str, tuple[Need, ...]], read: Mapping[str, HostFacts], before: Mapping[str, int]
    ) -> None:
        with self._lock:
            for host, needs in asked.items():
                facts = read.get(host)
                if facts is None:
                    continue
                self._facts = self._facts.with_host(facts)
                if not facts.reached or self._writes.get(host) != before.get(host):
                    continue
                still = self._writes == before
                self._held.setdefault(host, set()).update(need for need in needs if still or not need.crosses)
