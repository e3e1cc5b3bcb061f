"""Flink's own ZooKeeper: its file zoo.cfg on a node; and proofs that a ZooKeeper serves and that one JobManager leads.

Knows the settings that this cluster needs; all others, comments and their order stay as they are. A ZooKeeper that was
there already is only asked. It must not know how a daemon is started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, Upload
from ..facts import ClusterFacts, HomeFacts, PathFacts
from ..flink.line import Line
from ..needs import Daemons, Home, LogTail, Need, Paths, Quorum
from ..servicefacts import ZooKeeperFacts
from ..words import counted
from .daemonlogs import log_patterns
from .leading import leader
from .operation import CannotOperate, Operation, Proof, Verdict
from .prove import explained

FILE = "zoo.cfg"

_SETTING = re.compile(r"\s*([^#!=:\s]+)\s*[=:]\s*(.*?)\s*$")

_DEFAULTS = "tickTime=2000\ninitLimit=10\nsyncLimit=5\n"
"""What Flink ships (0.10 to 2.3), for a file that is missing."""


@dataclass(frozen=True)
class WriteZooConfig(Operation):
    """`settings` are wanted; servers that are not among them are taken out."""

    touched = (Home, Paths)
    home: str
    settings: tuple[tuple[str, str], ...]
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "write-zoo.cfg"

    @property
    def title(self) -> str:
        return "Write conf/zoo.cfg"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        file = self._file(facts)
        if file is None or file.text is None:
            return False
        found = settings_of(file.text)
        servers = {key for key in found if key.startswith("server.")}
        return dict(self.settings).items() <= found.items() and servers <= {key for key, _ in self.settings}

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        file = self._file(facts)
        path = f"{self.conf_dir or self.home + '/conf'}/{FILE}"
        if file is not None and file.text is None:
            raise CannotOperate(
                f"{file.path} cannot be read, so it is not written either.",
                f"{file.kind}, owner {file.owner or 'unknown'}",
                "Give it to the user that runs Flink, or move it away: then a new one is written.",
            )
        text = edited(file.text if file and file.text is not None else _DEFAULTS, self.settings)
        home = facts[self.host].homes.get(self.home)
        backup = file is not None and not (home and home.brought(file))
        before = file.text if file else None
        return (
            Upload(path, text, before=before, backup=backup, why="where Flink's ZooKeeper keeps its data"),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=True)
        upload = next(command for command in self.commands(facts) if isinstance(command, Upload))
        old = home.conf.get(FILE) or PathFacts(upload.path, "file")
        file = replace(old, kind="file", text=upload.content, mtime=float("inf"))
        return facts.changed_home(self.host, replace(home, conf=MappingProxyType({**home.conf, FILE: file})))

    def _file(self, facts: ClusterFacts) -> PathFacts | None:
        return facts[self.host].conf_file(self.home, FILE)


def settings_of(text: str) -> dict[str, str]:
    """The settings of a zoo.cfg, the last of several with one name."""
    found = (_SETTING.match(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


def edited(text: str, settings: tuple[tuple[str, str], ...]) -> str:
    """The text with these settings; each stands where it stood, new ones at the end. Other servers are gone."""
    wanted = dict(settings)
    lines: list[str] = []
    for line in text.splitlines():
        match = _SETTING.match(line)
        key = match[1] if match else ""
        if key in dict(settings):
            if key in wanted:
                value = wanted.pop(key)
                lines.append(line if match and match[2] == value else f"{key}={value}")
        elif not key.startswith("server."):
            lines.append(line)
    return "\n".join((*lines, *(f"{key}={value}" for key, value in wanted.items()))) + "\n"


@dataclass(frozen=True)
class QuorumServes(Proof):
    """ZooKeeper answers this host and serves: a JobManager that cannot reach it waits without end.

    `own` are the hosts that run it for this cluster, empty when it was there already.
    """

    quorum: Quorum
    line: Line
    home: str
    own: tuple[str, ...] = ()
    logs: str = ""

    @property
    def id(self) -> str:
        return "zookeeper-serves"

    @property
    def title(self) -> str:
        return "Enough ZooKeeper servers serve" if self.own else "A ZooKeeper server serves"

    @property
    def patience(self) -> float:
        return 60.0 if self.own else 10.0

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.quorum,)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = facts[self.host].zookeeper
        told = {server: seen.get(server) for server in self.quorum.servers}
        serving = [server for server, one in told.items() if one is not None and one.serves]
        wanted = f"more than half of {counted(len(told), 'ZooKeeper server')}"
        observed = f"{len(serving)} of {counted(len(told), 'ZooKeeper server')} serve {self.host}"
        evidence = "\n".join(
            f"{address}:{port}: {one.evidence if one else 'not asked'}"
            for (address, port), one in told.items()
            if one is None or not one.serves
        )
        action = (
            f"Read the newest ZooKeeper log in {self.logs or self.home + '/log'} on these hosts."
            if self.own
            else "Start it, open its port to this host, or correct ha.zookeeper in the answers."
        )
        # Servers that were there already may be named in part: then one that serves is the proof.
        good = len(serving) * 2 > len(told) if self.own else bool(serving)
        return Verdict(good, observed, wanted if self.own else "a server that serves", evidence, action)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return _serving(facts, self.host, self.quorum)

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        patterns = log_patterns(self.logs or f"{self.home}/log", "zookeeper")
        return {host: (LogTail(patterns),) for host in self.own}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return explained(facts, self.own, verdict, self.logs or f"{self.home}/log") if self.own else verdict


@dataclass(frozen=True)
class OneLeads(Proof):
    """One of the JobManagers leads, as ZooKeeper has it, and its process runs."""

    quorum: Quorum
    home: str
    jobmanagers: tuple[tuple[str, str], ...]
    """(host, address) of each."""
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "one-leads"

    @property
    def title(self) -> str:
        many = len(self.jobmanagers)
        return f"One of {many} JobManagers leads" if many > 1 else "The JobManager leads"

    @property
    def patience(self) -> float:
        return 120.0

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: dict[str, tuple[Need, ...]] = {name: (Daemons(),) for name, _ in self.jobmanagers}
        return own | {self.host: (self.quorum, Daemons())}

    def judge(self, facts: ClusterFacts) -> Verdict:
        found = leader(facts, (self.host,), self.quorum, self.jobmanagers)
        wanted = "one of " + ", ".join(name for name, _ in self.jobmanagers)
        if found is None:
            return Verdict(False, "ZooKeeper does not answer", wanted)
        if not found.address:
            return Verdict(
                False, "nobody leads yet", wanted, action="Read the newest log of each JobManager."
            )
        if not found.host:
            other = "Give this cluster an id of its own, or stop that JobManager."
            return Verdict(
                False, f"{found.address} leads, which is no JobManager of this cluster", wanted, action=other
            )
        seen = facts[found.host]
        if seen.reached and not seen.daemons_of("jobmanager", self.home, self.conf_dir):
            return Verdict(False, f"{found.host} led, and its JobManager has ended", wanted)
        return Verdict(True, f"{found.host} leads")

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        # A preview must not choose another leader than the one that was seen.
        facts = _serving(facts, self.host, self.quorum)
        if self.judge(facts).good:
            return facts
        running = [name for name, _ in self.jobmanagers if facts[name].reached] or [self.jobmanagers[0][0]]
        address = dict(self.jobmanagers)[running[0]]
        text = f"akka.tcp://flink@{f'[{address}]' if ':' in address else address}:1/user"
        return facts.added(self.host, znodes={self.quorum.paths[0]: text})


def _serving(facts: ClusterFacts, host: str, quorum: Quorum) -> ClusterFacts:
    return facts.added(host, zookeeper=dict(_modes(quorum)))


def _modes(quorum: Quorum) -> Iterator[tuple[tuple[str, int], ZooKeeperFacts]]:
    for number, server in enumerate(quorum.servers):
        yield (
            server,
            ZooKeeperFacts("standalone" if len(quorum.servers) == 1 else "follower" if number else "leader"),
        )
