"""An existing cluster as its checks see it: what is wanted, what was read, and what Flink itself makes of that.

Knows where a daemon takes its configuration from and which daemons are this cluster's. It must not judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from wizard.desired import Desired
from wizard.facts import ClusterFacts, DaemonFacts, HomeFacts, HostFacts, PathFacts
from wizard.findings import Finding
from wizard.flink.configfile import ConfigFile, ConfigUnreadable, read_config
from wizard.flink.line import Format, Line
from wizard.needs import Rest
from wizard.operations.configure import config_file
from wizard.operations.leading import Leader, leader
from wizard.operations.restanswers import TaskManagerSeen, answer, number, taskmanagers
from wizard.spec import ClusterSpec, HostSpec

Kind = Literal["jobmanager", "taskmanager"]

KINDS: tuple[Kind, ...] = ("jobmanager", "taskmanager")


@dataclass(frozen=True)
class Observed:
    """`desired` is settled from the same facts; a host that was not read takes no part in any check."""

    desired: Desired
    facts: ClusterFacts

    @property
    def spec(self) -> ClusterSpec:
        return self.desired.spec

    @property
    def line(self) -> Line:
        return self.desired.line

    @property
    def master(self) -> HostSpec:
        return self.spec.master

    @property
    def several(self) -> bool:
        """Whether anything but the master is part of the cluster: then addresses matter."""
        return len(self.spec.hosts) > 1

    def hosts(self) -> Iterator[tuple[HostSpec, HostFacts]]:
        """The nodes that were read, the master first."""
        return iter(self._hosts)

    def workers(self) -> Iterator[tuple[HostSpec, HostFacts]]:
        return iter(self._workers)

    @cached_property
    def _hosts(self) -> tuple[tuple[HostSpec, HostFacts], ...]:
        read = ((host, self.facts[host.name]) for host in self.spec.hosts if host.name in self.facts)
        return tuple((host, seen) for host, seen in read if seen.reached)

    @cached_property
    def _workers(self) -> tuple[tuple[HostSpec, HostFacts], ...]:
        named = {worker.name for worker in self.spec.workers}
        return tuple((host, seen) for host, seen in self._hosts if host.name in named)

    def home(self, host: str) -> HomeFacts | None:
        """The Flink home of a host, None when there is none or it was not read."""
        seen = self.facts[host].homes.get(self.spec.flink.home)
        return seen if seen is not None and seen.exists else None

    def file(self, host: str) -> tuple[PathFacts | None, Format]:
        """The configuration that Flink would read on this host, with its format."""
        return config_file(self.facts[host], self.spec.flink.home, self.line)

    def config(self, host: str) -> ConfigFile | None:
        """What Flink takes from that file; None when it is not there, was not read or does not parse."""
        return self._configs.get(host)

    def value(self, host: str, key: str | None) -> str | None:
        """A key of the configuration of a host, None where it is not set."""
        config = self.config(host)
        return config.values.get(key) if config is not None and key is not None else None

    @cached_property
    def _configs(self) -> dict[str, ConfigFile]:
        found: dict[str, ConfigFile] = {}
        for host, _ in self.hosts():
            file, form = self.file(host.name)
            if file is None or file.text is None:
                continue
            try:
                found[host.name] = read_config(file.text, form)
            except ConfigUnreadable:
                continue
        return found

    def running(self, host: str, kind: Kind) -> tuple[DaemonFacts, ...]:
        """The daemons of this cluster on a host."""
        seen, spec = self.facts[host], self.spec
        return seen.daemons_of(kind, spec.flink.home, spec.conf_dir)

    @cached_property
    def leading(self) -> Leader | None:
        """Who leads as ZooKeeper says it; None without high availability, and where ZooKeeper does not answer."""
        return leading(self.desired, self.facts)

    @cached_property
    def asked(self) -> tuple[str, Rest]:
        """The JobManager that speaks for the cluster: the one that leads, else the first that answers, else the master's."""
        rests = dict(self.desired.rests)
        first = [self.leading.host] if self.leading is not None and self.leading.host in rests else []
        for host in dict.fromkeys((*first, *rests)):
            if answer(self.facts, host, rests[host], self.line.web.overview) is not None:
                return host, rests[host]
        return self.master.name, self.desired.rest

    @property
    def overview(self) -> Mapping[str, Any] | None:
        """What the JobManager says of itself, None when it does not answer."""
        return answer(self.facts, *self.asked, self.line.web.overview)

    @cached_property
    def registered(self) -> tuple[TaskManagerSeen, ...]:
        """The TaskManagers that the JobManager lists."""
        return taskmanagers(self.facts, *self.asked, self.line)

    @property
    def asked_at(self) -> str:
        """`host: http://address:port`, for a finding's evidence."""
        host, rest = self.asked
        return f"{host}: {rest.url}"

    def worker_of(self, one: TaskManagerSeen) -> str:
        """The worker on which a registered TaskManager runs, "" when its address tells none."""
        return self._worker_at.get(one.host, "")

    @cached_property
    def _worker_at(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for host, seen in self._workers:
            for name in known_as(host, seen):
                found.setdefault(name, host.name)
        return found

    @property
    def slots(self) -> int:
        return number(self.overview or {}, self.line.web.slot_count, 0)


def known_as(host: HostSpec, seen: HostFacts) -> set[str]:
    """Every name and address under which a host is known."""
    return {host.name, host.address, seen.hostname or host.name, *(seen.addresses or ())}


def leading(desired: Desired, facts: ClusterFacts) -> Leader | None:
    """Who leads as ZooKeeper says it to the first node that got an answer."""
    known = tuple((host.name, host.address) for host in desired.spec.jobmanagers)
    quorum = desired.quorum
    return leader(facts, desired.spec.names, quorum, known) if quorum is not None else None


Look = Callable[[Observed], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class ClusterCheck:
    """`ids` are all that it may find, each with its meaning in one line."""

    name: str
    ids: Mapping[str, str]
    look: Look = field(repr=False)


def place_of(text: str, key: str) -> str:
    """`line N: …` of the line that sets a key, "" when no single line does."""
    last = key.rsplit(".", 1)[-1]
    for pattern in (rf"\s*['\"]?{re.escape(key)}['\"]?\s*:", rf"\s+['\"]?{re.escape(last)}['\"]?\s*:"):
        for count, line in enumerate(text.splitlines(), start=1):
            if re.match(pattern, line):
                return f"line {count}: {line.strip()}"
    return ""


def quoted(seen: Observed, host: str, key: str) -> str:
    """`host: file: line N: …` of a key in the configuration of a host, for a finding's evidence."""
    file, _ = seen.file(host)
    if file is None or file.text is None:
        return f"{host}: no configuration file"
    return f"{host}: {file.path}: {place_of(file.text, key) or f'{key} is not set'}"
