"""Proofs that an HDFS works: asked of the NameNode's own /jmx, and of a file that is written and read back.

A start script's exit status proves nothing, and a DataNode of another HDFS ends with status 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

from ..commands import Command, Later, shell
from ..facts import ClusterFacts, PathFacts, RestFacts
from ..flink.signatures import HADOOP, known_cause
from ..hadoop.catalogue import Hadoop
from ..hadoop.jmx import NameNodeSeen, answers_of, namenode_seen
from ..needs import Daemons, LogTail, Need, Paths, Rest, Tcp
from ..words import counted
from .operation import NotNow, Operation, Proof, Verdict
from .places import absolute, path_at

_ROUND_TRIP = """home=$1 conf=$2 run=$3 client=$4
USER=${USER:-$(id -un)} HADOOP_CONF_DIR=$conf
export USER HADOOP_CONF_DIR
unset HADOOP_HOME HADOOP_PREFIX HADOOP_COMMON_HOME HADOOP_HDFS_HOME
fs() { "$home/$client" --config "$conf" @FS@ "$@"; }
file=/flink-wizard-proof-$run
said=$({
  printf '%s\\n' "$run" | fs -put - "$file" && back=$(fs -cat "$file") || { fs -rm "$file"; exit 1; }
  fs -rm "$file"
  [ "$back" = "$run" ] || { echo "what came back differs from what was written"; exit 1; }
} 2>&1 </dev/null) && { echo "$file was written and read back"; exit 0; }
printf '%s\\n' "$said" | grep -vE 'WARN|INFO|DEPRECATED' | tail -n 6 >&2
exit 1
"""

_NOTE = """set -e
mkdir -p "${1%/*}"
printf '%s\\n' "$2" > "$1.part"
mv -f "$1.part" "$1"
"""


def seen_at(facts: ClusterFacts, host: str, web: Rest) -> NameNodeSeen | None:
    """What the NameNode at this place said, None when none answered."""
    answer = facts[host].rest.get(web.key)
    return namenode_seen(answer.answers) if answer else None


def with_namenode(facts: ClusterFacts, host: str, web: Rest, live: int) -> ClusterFacts:
    """The facts as they would be were a NameNode there, out of safe mode, with so many DataNodes."""
    said = RestFacts(True, MappingProxyType(answers_of(live)))
    return facts.changed(host, rest=MappingProxyType({**facts[host].rest, web.key: said}))


def hadoop_logs(logs: str, daemon: str) -> tuple[str, ...]:
    """Shell patterns of a daemon's log and of its standard output."""
    return (f"{logs}/hadoop-*-{daemon}-*.log", f"{logs}/hadoop-*-{daemon}-*.out")


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
        return f"The NameNode answers on port {self.web.port} and is out of safe mode"

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
        wanted = f"an answer from http://{self.web.address}:{self.web.port}, safe mode off"
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
        version = f" of Hadoop {seen.version}" if seen.version else ""
        return Verdict(
            True, f"the NameNode{version} is out of safe mode, http://{self.web.address}:{self.web.port}"
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        seen = seen_at(facts, self.host, self.web)
        return with_namenode(facts, self.host, self.web, (seen.live if seen else None) or 0)

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (LogTail(hadoop_logs(self.logs, "namenode")),)}

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
        return {host: (LogTail(hadoop_logs(self.logs, "datanode")),) for host in self.datanodes}

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        absent = [host for host in self.datanodes if self._absent(facts, host)]
        return explained(facts, absent or self.datanodes, verdict, self.logs)


@dataclass(frozen=True)
class WriteAndReadBack(Operation):
    """A small file through HDFS, and the note that this was proved for exactly these daemons."""

    touched = (Paths,)
    hadoop: Hadoop
    home: str
    conf_dir: str
    web: Rest
    namenode: str
    datanodes: tuple[str, ...]
    state: str
    run_id: str

    @property
    def id(self) -> str:
        return "hdfs-write-and-read"

    @property
    def title(self) -> str:
        return "Write a file into HDFS and read it back"

    @property
    def _record(self) -> str:
        return f"{self.state}/hdfs-proof.json"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: tuple[Need, ...] = (self.web, Daemons(), Paths(texts=(self._record,)))
        return {host: (Daemons(),) for host in self.datanodes} | {self.host: own}

    def satisfied(self, facts: ClusterFacts) -> bool:
        seen = path_at(facts[self.host], self._record)
        try:
            noted: Any = json.loads((seen.text or "{}") if seen else "{}", strict=False)
        except ValueError:
            return False
        return isinstance(noted, dict) and cast("dict[str, Any]", noted).get("key") == self._key(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        seen = seen_at(facts, self.host, self.web)
        if seen is None:
            raise NotNow("the NameNode does not answer")
        if seen.safe_mode:
            raise NotNow("the NameNode is in safe mode")
        if not seen.live:
            raise NotNow("no DataNode is live")
        # The words are the catalogue's own; the client stands before --config, the rest behind it.
        client, _, _, *rest = self.hadoop.file_system
        script = _ROUND_TRIP.replace("@FS@", " ".join(rest))
        run = shell(
            script,
            self.home,
            self.conf_dir,
            self.run_id,
            client,
            why="write a file and read it back",
            timeout=180.0,
        )
        note = shell(
            _NOTE, absolute(self._record, facts[self.host]), self._noted(facts), why="note that it was proved"
        )
        return (run, note)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed_path(self.host, PathFacts(self._record, "file", text=self._noted(facts)))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        del facts
        return (f"{self._record} is not as it was written", f"Look at {self._record} on {self.host}.")

    def _noted(self, facts: ClusterFacts) -> str:
        return f'{{"key": "{self._key(facts)}"}}'

    def _key(self, facts: ClusterFacts) -> str:
        """What a proof holds for: exactly these processes. Known only later when they are yet to be started."""
        running = sorted(
            (host, one.kind, one.pid)
            for host in dict.fromkeys((self.namenode, *self.datanodes))
            for one in facts[host].daemons or ()
            if one.kind in {"namenode", "datanode"} and facts[host].runs_from(one, self.home, self.conf_dir)
        )
        if any(pid == 0 for _, _, pid in running):
            return str(Later(self.host, "hdfs-proof-key"))
        return hashlib.sha256(repr(running).encode()).hexdigest()[:32]


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
            facts = facts.changed(node, tcp=MappingProxyType({**facts[node].tcp, self.rpc: "open"}))
        return with_namenode(facts, self.host, self.webs[0], 1) if self.webs else facts


def explained(facts: ClusterFacts, hosts: Iterable[str], verdict: Verdict, logs: str) -> Verdict:
    """The verdict with the tail of the failing daemons' logs, and the cause where it is known."""
    shown: list[str] = []
    for host in hosts:
        for file, text in facts[host].tails.items():
            if not file.startswith(f"{logs}/") or not text.strip():
                continue
            cause = known_cause(text, HADOOP)
            if cause is not None:
                evidence = f"{host}:{file}: {cause.line}"
                return replace(verdict, evidence=evidence, action=f"{cause.cause} {cause.action}")
            shown += [f"{host}:{file}: {line}" for line in text.strip().splitlines()[-4:]]
    if not shown:
        return verdict
    evidence = "\n".join(part for part in (verdict.evidence, *shown[-12:]) if part)
    return replace(
        verdict, evidence=evidence, action=verdict.action or "Read these logs; the last lines are above."
    )
