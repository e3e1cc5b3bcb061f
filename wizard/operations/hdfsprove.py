"""Proofs that an HDFS works: asked of the NameNode's own /jmx, and of a file that is written and read back.

A start script's exit status proves nothing, and a DataNode of another HDFS ends with status 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..facts import ClusterFacts
from ..flink.signatures import HADOOP
from ..hadoop.jmx import NameNodeSeen, answers_of, namenode_seen
from ..needs import Daemons, LogTail, Need, Rest, Tcp
from ..servicefacts import RestFacts
from ..words import counted
from .daemonlogs import READ_LOGS, log_patterns, told_by_logs
from .operation import Proof, Verdict


def seen_at(facts: ClusterFacts, host: str, web: Rest) -> NameNodeSeen | None:
    """What the NameNode at this place said, None when none answered."""
    answer = facts[host].rest.get(web.key)
    return namenode_seen(answer.answers) if answer else None


def with_namenode(facts: ClusterFacts, host: str, web: Rest, live: int) -> ClusterFacts:
    """The facts as they would be were a NameNode there, out of safe mode, with so many DataNodes."""
    said = RestFacts(True, MappingProxyType(answers_of(live)))
    return facts.added(host, rest={web.key: said})


@dataclass(frozen=True)
class NameNodeReady(Proof):
    """The NameNode answers and is out of safe mode. Leaving it by force is never done: that can lose blocks."""

    web: Rest
    logs: str
    wait: float = 120.0

    @property
    def id(self) -> str:
        return "namenode-ready"

    @property
    def title(self) -> str:
        return "The NameNode answers and is out of safe mode"

    @property
    def patience(self) -> float:
        return self.wait

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.web, Daemons())}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = seen_at(facts, self.host, self.web)
        wanted = f"an answer from {self.web.url}, safe mode off"
        if seen is None:
            daemons = facts[self.host].daemons
            gone = daemons is not None and not any(one.kind == "namenode" for one in daemons)
            answer = facts[self.host].rest.get(self.web.key)
            observed = "no NameNode runs" if gone else "the NameNode runs but does not answer"
            return Verdict(False, observed, wanted, answer.evidence if answer else "", final=gone)
        if seen.safe_mode:
            return Verdict(
                False,
                "the NameNode is in safe mode",
                "safe mode off",
                seen.safe_mode,
                "It leaves safe mode by itself once the DataNodes have reported their blocks. Start the missing ones; "
                "never force it while blocks are missing.",
            )
        version = f"Hadoop {seen.version}, " if seen.version else ""
        return Verdict(True, f"{version}{self.web.url}")

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        seen = seen_at(facts, self.host, self.web)
        return with_namenode(facts, self.host, self.web, (seen.live if seen else None) or 0)

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (LogTail(log_patterns(self.logs, "namenode", "hadoop")),)}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return explained(facts, [self.host], verdict, self.logs)


@dataclass(frozen=True)
class DataNodesLive(Proof):
    """As many DataNodes as were asked for are live. Never lowers what is wanted."""

    web: Rest
    logs: str
    datanodes: tuple[str, ...]

    @property
    def id(self) -> str:
        return "datanodes-live"

    @property
    def title(self) -> str:
        verb = "is" if len(self.datanodes) == 1 else "are"
        return f"{counted(len(self.datanodes), 'DataNode')} {verb} live"

    @property
    def patience(self) -> float:
        return 90.0

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: dict[str, tuple[Need, ...]] = {host: (Daemons(),) for host in self.datanodes}
        return own | {self.host: (self.web, Daemons())}

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (self.web,)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = seen_at(facts, self.host, self.web)
        wanted = counted(len(self.datanodes), "DataNode")
        if seen is None or seen.live is None:
            return Verdict(False, "the NameNode does not tell", wanted, final=self._no_namenode(facts))
        if seen.live >= len(self.datanodes):
            more = (
                ""
                if seen.live == len(self.datanodes)
                else f", more than the {len(self.datanodes)} of the answers"
            )
            return Verdict(True, f"{counted(seen.live, 'DataNode')} live{more}", wanted)
        absent = [host for host in self.datanodes if self._absent(facts, host)]
        where = f"; none runs on {', '.join(absent)}" if absent else ""
        observed = f"{seen.live} of {len(self.datanodes)} DataNodes{where}"
        return Verdict(False, observed, wanted, final=seen.live >= len(self.datanodes) - len(absent))

    def _absent(self, facts: ClusterFacts, host: str) -> bool:
        daemons = facts[host].daemons
        return daemons is not None and not any(one.kind == "datanode" for one in daemons)

    def _no_namenode(self, facts: ClusterFacts) -> bool:
        daemons = facts[self.host].daemons
        return daemons is not None and not any(one.kind == "namenode" for one in daemons)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return with_namenode(facts, self.host, self.web, len(self.datanodes))

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {host: (LogTail(log_patterns(self.logs, "datanode", "hadoop")),) for host in self.datanodes}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        absent = [host for host in self.datanodes if self._absent(facts, host)]
        return explained(facts, absent or self.datanodes, verdict, self.logs)


@dataclass(frozen=True)
class ExistingAnswers(Proof):
    """An HDFS that somebody else keeps: its NameNode tells of itself, and every node reaches it. Nothing is written."""

    webs: tuple[Rest, ...]
    rpc: tuple[str, int] | None
    address: str
    nodes: tuple[str, ...]

    @property
    def id(self) -> str:
        return "existing-hdfs-answers"

    @property
    def title(self) -> str:
        return f"The HDFS at {self.address or 'its address'} answers"

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        tcp: tuple[Need, ...] = (Tcp((self.rpc,)),) if self.rpc else ()
        own = {node: tcp for node in self.nodes if tcp}
        return own | {self.host: (*self.webs, *tcp)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        if self.rpc is None:
            return Verdict(
                False,
                "the address of the NameNode is not known",
                "hdfs://HOST:PORT",
                "neither hdfs.address nor fs.defaultFS in core-site.xml names it",
                "Write hdfs.address in the answers.",
                final=True,
            )
        closed = [
            f"{node} → {self.rpc[0]}:{self.rpc[1]}: {state}"
            for node in self.nodes
            if facts[node].reached and (state := facts[node].tcp.get(self.rpc, "not tried")) != "open"
        ]
        wanted = f"{self.rpc[0]}:{self.rpc[1]} open to every node"
        if closed:
            return Verdict(
                False,
                f"{counted(len(closed), 'node')} cannot reach the NameNode",
                wanted,
                "\n".join(closed[:10]),
                "See that the NameNode runs, binds to an address that these nodes can reach, and that no firewall is between.",
                final=True,
            )
        seen = next((one for web in self.webs if (one := seen_at(facts, self.host, web))), None)
        if seen is None:
            return Verdict(
                True, f"{self.rpc[0]}:{self.rpc[1]} is open; its web address did not answer", wanted
            )
        if seen.safe_mode:
            return Verdict(
                False,
                "the NameNode is in safe mode",
                "safe mode off",
                seen.safe_mode,
                "Ask who keeps it.",
                True,
            )
        if seen.live == 0:
            return Verdict(
                False, "no DataNode is live", "at least one", action="Ask who keeps it.", final=True
            )
        nodes = f", {counted(seen.live, 'DataNode')} live" if seen.live is not None else ""
        return Verdict(True, f"NameNode out of safe mode{nodes}", wanted)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        if self.rpc is None:
            return facts
        for node in self.nodes:
            facts = facts.added(node, tcp={self.rpc: "open"})
        return with_namenode(facts, self.host, self.webs[0], 1) if self.webs else facts


def explained(facts: ClusterFacts, hosts: Iterable[str], verdict: Verdict, logs: str) -> Verdict:
    """The verdict with the cause where it is known; else what the NameNode said stays, with the tails below it."""
    evidence, cause = told_by_logs(facts, hosts, logs, HADOOP)
    if not evidence:
        return verdict
    if cause is not None:
        return replace(verdict, evidence=evidence, action=f"{cause.cause} {cause.action}")
    told = "\n".join(part for part in (verdict.evidence, evidence) if part)
    return replace(verdict, evidence=told, action=verdict.action or READ_LOGS)
