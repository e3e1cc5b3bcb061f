"""Start and stop the NameNode and the DataNodes, each host by itself, so that a failure has a host's name.

Knows what runs, whether it is older than its configuration, and that a NameNode without a file system is not started.
Success of a start is not judged here: the proofs ask the NameNode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, Run, shell
from ..facts import ClusterFacts, DaemonFacts, HostFacts
from ..hadoop.catalogue import Daemon, Hadoop
from ..hadoop.jmx import namenode_seen
from ..needs import Daemons, Home, Need, Rest, Storage
from ..words import DAEMONS
from .daemons import GONE, DaemonsOfHome, NoneRuns, is_older, with_rests
from .hadoopconf import AS_ITS_SCRIPTS
from .hdfsstorage import MakeDataDirs
from .operation import CannotOperate, NotNow

RUN = f"""home=$1 conf=$2
shift 2
{AS_ITS_SCRIPTS}cd "$home" || exit
exec "$home/$@" </dev/null
"""
"""As Hadoop's own cluster scripts start a daemon: from its home, with its configuration named."""

_SEEN = """class=$1 logs=$2 kind=$3
seen() {
  if [ -r /proc/self/cmdline ]; then
    for file in $(grep -lF -e "$class" /proc/[0-9]*/cmdline 2>/dev/null); do
      case $(readlink "${file%/cmdline}/exe" 2>/dev/null) in *java*) return 0 ;; esac
    done
    return 1
  fi
  ps -axww -o command= | grep -F -e "$class" | grep -q '^[^ ]*java '
}
n=0
until seen; do
  n=$((n + 1))
  if [ $n -gt 100 ]; then
    for file in "$logs"/hadoop-*-"$kind"-*.out "$logs"/hadoop-*-"$kind"-*.log; do
      [ ! -s "$file" ] || grep -hE 'Error|ERROR|FATAL|Exception' "$file" | tail -n 4 >&2
    done
    exit 1
  fi
  sleep 0.2
done
"""
"""Hadoop's script is back before its JVM is there: it passes through other scripts first."""

_CLASSES: Mapping[str, str] = {
    "namenode": "org.apache.hadoop.hdfs.server.namenode.NameNode",
    "datanode": "org.apache.hadoop.hdfs.server.datanode.DataNode",
}


@dataclass(frozen=True, kw_only=True)
class _HadoopDaemon(DaemonsOfHome):
    """What starting and stopping share. `line` and `rests` tell which Flink jobs run that may use this HDFS."""

    hadoop: Hadoop
    kind: Daemon
    conf_dir: str

    def _words(self, action: str) -> tuple[str, ...]:
        return self.hadoop.daemon_words(self.conf_dir, "start" if action == "start" else "stop", self.kind)

    def _stop_commands(self, daemons: tuple[DaemonFacts, ...]) -> tuple[Command, ...]:
        stop = shell(
            RUN,
            self.home,
            self.conf_dir,
            *self._words("stop"),
            why=f"stop the {DAEMONS[self.kind]}",
            timeout=120.0,
        )
        pids = tuple(str(daemon.pid) for daemon in daemons)
        return (stop, Run(("sh", "-c", GONE, "sh", self.kind, "30", *pids), "see it gone", timeout=60.0))

    def _own_needs(self) -> tuple[Need, ...]:
        return (Daemons(), Home(self.home, self.conf_dir, "hadoop"))


@dataclass(frozen=True, kw_only=True)
class StartHadoop(_HadoopDaemon):
    """Have one daemon of this kind run, not older than its configuration.

    `dirs` are the NameNode's own, which must hold a file system; `namenode` is the host whose NameNode must run before
    a DataNode is of use, "" for the NameNode itself.
    """

    dirs: tuple[str, ...] = ()
    namenode: str = ""
    data: MakeDataDirs | None = None
    """Judges the directories of a DataNode: it would clear one that has lost its VERSION."""

    @property
    def id(self) -> str:
        return f"start-{self.kind}"

    @property
    def title(self) -> str:
        return f"Start the {DAEMONS[self.kind]}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own = (*self._own_needs(), *((Storage(self.dirs),) if self.dirs else ()))
        wanted = dict(with_rests(self.host, own, self.rests))
        if self.namenode:
            wanted[self.namenode] = (*wanted.get(self.namenode, ()), Daemons())
        if self.data is not None:
            for host, needs in self.data.needs().items():
                wanted[host] = (*wanted.get(host, ()), *needs)
        return wanted

    def satisfied(self, facts: ClusterFacts) -> bool:
        return len(self.running(facts[self.host])) == 1 and not self._stale(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        if self.hadoop.root_needs_user_vars and host.uid == 0:
            raise CannotOperate(
                f"Hadoop {self.hadoop.version} does not start its daemons as root.",
                f"the login on {self.host} is root",
                "Run HDFS as an ordinary user: set user in the answers.",
            )
        stores = [host.storage.get(path) for path in self.dirs]
        if self.kind == "namenode" and not all(
            one is not None and one.state == "formatted" for one in stores
        ):
            raise NotNow("its directories hold no file system yet")
        if self.namenode and not any(one.kind == "namenode" for one in facts[self.namenode].daemons or ()):
            raise NotNow(f"the NameNode on {self.namenode} does not run")
        if self.data is not None and (objection := self.data.objection(facts)):
            raise objection
        running = self.running(host)
        stop = running if self._stale(facts) or len(running) > 1 else ()
        start = shell(
            RUN,
            self.home,
            self.conf_dir,
            *self._words("start"),
            why=f"start the {DAEMONS[self.kind]}",
            timeout=120.0,
        )
        what = (_CLASSES[self.kind], f"{self.home}/logs", self.kind)
        see = shell(_SEEN, *what, why=f"see the {DAEMONS[self.kind]}'s JVM", timeout=60.0)
        return (*(self._stop_commands(stop) if stop else ()), *(() if running and not stop else (start, see)))

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        new = DaemonFacts(self.kind, 0, host.user or "", float("inf"), self.conf_dir, self.home)
        return self.with_running(facts, new)

    def loses_jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        running = self.running(facts[self.host])
        stops = bool(running) and (self._stale(facts) or len(running) > 1)
        return self.jobs(facts) if stops else ()

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        seen = len(self.running(facts[self.host]))
        return (f"{seen} of 1 run", f"Read the newest files in {self.home}/logs on {self.host}.")

    def _stale(self, facts: ClusterFacts) -> bool:
        host = facts[self.host]
        return any(hadoop_is_stale(host, one, self.home, self.hadoop) for one in self.running(host))


@dataclass(frozen=True, kw_only=True)
class StopHadoop(_HadoopDaemon, NoneRuns):
    """Have no daemon of this kind run from this home."""

    @property
    def id(self) -> str:
        return f"stop-{self.kind}"

    @property
    def title(self) -> str:
        return f"Stop the {DAEMONS[self.kind]}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return with_rests(self.host, self._own_needs(), self.rests)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return self._stop_commands(self.running(facts[self.host]))


@dataclass(frozen=True, kw_only=True)
class RetireDataNode(StopHadoop):
    """Stop one DataNode for good, where every block has copies enough without it. Its directories stay as they are.

    `together` is how many are retired in one go: two at once may hold both copies of a block. `datanodes` are the hosts
    of all of them: one that was stopped lately counts as live for ten minutes more, and its blocks as copied.
    """

    web: Rest
    namenode: str
    replication: int
    together: int
    datanodes: tuple[str, ...]

    @property
    def id(self) -> str:
        return "retire-datanode"

    @property
    def title(self) -> str:
        return "Retire the DataNode"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted = dict(super().needs())
        for host in self.datanodes:
            wanted[host] = (*wanted.get(host, ()), Daemons())
        return wanted | {self.namenode: (*wanted.get(self.namenode, ()), self.web)}

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        self._ensure_safe(facts)
        return super().commands(facts)

    def _ensure_safe(self, facts: ClusterFacts) -> None:
        """Raises CannotOperate where a block could be out of reach afterwards."""
        answer = facts[self.namenode].rest.get(self.web.key)
        seen = namenode_seen(answer.answers) if answer else None
        if seen is None or seen.live is None:
            raise CannotOperate(
                "The NameNode does not say how many copies there are.",
                answer.evidence if answer else "",
                f"See that the NameNode on {self.namenode} runs, then run again.",
            )
        if self.together > 1:
            raise CannotOperate(
                "Only one DataNode is retired at a time.",
                f"{self.together} were named",
                "Remove one, wait until the NameNode has made new copies, then remove the next.",
            )
        running = sum(
            any(one.kind == "datanode" for one in facts[host].daemons or ()) for host in self.datanodes
        )
        if running < seen.live:
            raise CannotOperate(
                "The NameNode counts a DataNode as live that does not run here.",
                f"{seen.live} DataNodes live, {running} run on the hosts of the answers",
                "Was one stopped lately? After some ten minutes the NameNode gives it up and makes new copies of its blocks; "
                "then run again. If it runs on another host, add that host to the answers.",
            )
        if seen.live - 1 < self.replication:
            raise CannotOperate(
                f"Without {self.host} there were fewer DataNodes than copies of each block.",
                f"{seen.live} DataNodes live, {self.replication} copies of each block",
                "Add a DataNode first, or lower hdfs.replication and the copies of the files (hdfs dfs -setrep).",
            )
        if self.replication < 2:
            raise CannotOperate(
                f"Each block has one copy only, and some lie on {self.host}.",
                f"hdfs.replication is {self.replication}",
                "Raise hdfs.replication and the copies of the files (hdfs dfs -setrep 2) and run again; or decommission it: "
                "name it in the file of dfs.hosts.exclude, hdfs dfsadmin -refreshNodes, and wait until it is Decommissioned.",
            )
        if seen.under_replicated or seen.safe_mode:
            raise CannotOperate(
                "Some blocks have too few copies already.",
                seen.safe_mode or f"{seen.under_replicated} blocks are under-replicated",
                "Wait until the NameNode has made new copies, then run again.",
            )


def hadoop_is_stale(host: HostFacts, daemon: DaemonFacts, home: str, hadoop: Hadoop) -> bool:
    """Whether a daemon of Hadoop is older than the configuration it would read now."""
    return is_older(host, daemon, home, "core-site.xml", "hdfs-site.xml", hadoop.env_file)
