"""Start and stop Flink's daemons, each host by itself, so that a failure has a host's name.

Knows what runs and whether it is older than its configuration. Success of a start is not judged here: a script's
exit status proves nothing; the proofs ask Flink.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

from ..commands import Command, Run, shell
from ..facts import ClusterFacts, DaemonFacts, HostFacts
from ..flink.configfile import ConfigUnreadable, read_config
from ..flink.line import FLAT_CONFIG, Line, Mode
from ..needs import Daemons, Home, LogTail, Need, Rest
from ..words import DAEMONS
from .daemonlogs import READ_LOGS, log_patterns, told_by_logs
from .operation import Operation

Kind = Literal["jobmanager", "taskmanager", "zookeeper"]

Rests = tuple[tuple[str, Rest], ...]
"""(host, what to ask there) of every JobManager."""

START = """home=$1 conf=$2
shift 2
USER=${USER:-$(id -un)}; export USER
[ -z "$conf" ] || { FLINK_CONF_DIR=$conf; export FLINK_CONF_DIR; }
bash -l "$home/bin/$@" </dev/null || exit
starting() {
  if [ -r /proc/self/cmdline ]; then
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' '\\n' |
      sed -nE '\\#/bin/(flink-daemon|jobmanager|taskmanager|zookeeper)[.]sh$#{n;/^start$/p;}'
  else
    ps -axww -o command= | grep -E '/bin/(flink-daemon|jobmanager|taskmanager|zookeeper)[.]sh start( |$)'
  fi
}
n=0
while [ $n -lt 150 ] && [ -n "$(starting)" ]; do
  n=$((n + 1))
  sleep 0.1
done
"""
"""Runs one of Flink's scripts as Flink does. That is back while what will be the JVM is still a copy of the script, which
nobody recognises as a daemon: such copies are waited for, at most 20 s on an idle host and longer on a busy one."""

CALCULATE = """home=$1 conf=${2:-$1/conf} java=$3 which=$4
said=$("$java" -XX:-UsePerfData -XX:TieredStopAtLevel=1 -cp "$home/bin/bash-java-utils.jar:$(echo "$home"/lib/flink-dist*.jar)" \\
  org.apache.flink.runtime.util.bash.BashJavaUtils "$which" --configDir "$conf" 2>&1)
status=$?
[ $status -eq 0 ] || printf '%s\\n' "$said" | grep -E 'Exception|ERROR' | head -n 5 >&2
exit $status
"""

GONE = """kind=$1 wait=$2
shift 2
for pid in "$@"; do
  n=0
  while kill -0 "$pid" 2>/dev/null; do
    n=$((n + 1))
    [ $n -le $((wait * 10)) ] || { echo "$kind with pid $pid is still there after $wait s" >&2; exit 1; }
    sleep 0.1
  done
done
"""


@dataclass(frozen=True)
class DaemonsOfHome(Operation):
    """What starting and stopping share, of Flink and of Hadoop: which daemons of one home run here."""

    home: str
    line: Line
    kind: str
    conf_dir: str | None
    rests: Rests = ()
    """Where the JobManagers answer, so that running jobs are named before anything is stopped."""

    def running(self, host: HostFacts) -> tuple[DaemonFacts, ...]:
        """The daemons of this kind whose configuration or classes come from this home."""
        return host.daemons_of(self.kind, self.home, self.conf_dir)

    def with_running(self, facts: ClusterFacts, *daemons: DaemonFacts) -> ClusterFacts:
        """The facts as they would be did exactly these run."""
        host = facts[self.host]
        old = self.running(host)
        others = tuple(daemon for daemon in host.daemons or () if daemon not in old)
        return facts.changed(self.host, daemons=(*others, *daemons))

    def jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        """The running jobs, as names for the operator."""
        return jobs_of_all(facts, self.rests, self.line)


@dataclass(frozen=True)
class NoneRuns(DaemonsOfHome):
    """Have no daemon of this kind run from this home."""

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not self.running(facts[self.host])

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return self.with_running(facts)

    def loses_jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        return self.jobs(facts) if self.running(facts[self.host]) else ()

    @property
    def while_jobs_run(self) -> str:
        return "It was not stopped."

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        pids = ", ".join(str(daemon.pid) for daemon in self.running(facts[self.host]))
        return (f"still running: pid {pids}", f"Look at these processes on {self.host}; end them by hand.")


@dataclass(frozen=True)
class _FlinkDaemon(DaemonsOfHome):
    kind: Kind
    conf_dir: str | None = None

    @property
    def name(self) -> str:
        return DAEMONS[self.kind]

    def with_running(self, facts: ClusterFacts, *daemons: DaemonFacts) -> ClusterFacts:
        return super().with_running(without_answers(facts, self.rests), *daemons)

    def _stop_commands(self, daemons: tuple[DaemonFacts, ...]) -> tuple[Command, ...]:
        """One stop a daemon: a script's stop ends the last pid of its file only, on every line."""
        words = {
            "jobmanager": self.line.jobmanager_stop,
            "taskmanager": self.line.taskmanager_stop,
            "zookeeper": self.line.zookeeper_stop,
        }[self.kind]()
        stops: list[Command] = [
            shell(START, self.home, self.conf_dir or "", *words, why=f"stop the {self.kind}", timeout=60.0)
            for _ in daemons
        ]
        pids = tuple(str(daemon.pid) for daemon in daemons)
        wait = Run(("sh", "-c", GONE, "sh", self.kind, "30", *pids), "see it gone", timeout=60.0)
        return (*stops, wait)


@dataclass(frozen=True)
class StartDaemon(_FlinkDaemon):
    """Have `count` daemons of one kind run, none of them older than its configuration.

    `at` is this host's address and web port for a JobManager that is one of several, `peer` the number of a ZooKeeper
    server.
    """

    count: int = 1
    mode: Mode = "batch"
    at: tuple[str, int] | None = None
    peer: int = 0
    logs: str = ""
    """Where daemons log, when not in the home."""

    @property
    def id(self) -> str:
        return f"start-{self.kind}"

    @property
    def title(self) -> str:
        if self.kind == "zookeeper":
            return "Start ZooKeeper"
        return f"Start the {self.name}" if self.count == 1 else f"Start {self.count} {self.name}s"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return with_rests(self.host, (Daemons(), Home(self.home, self.conf_dir)), self.rests)

    def satisfied(self, facts: ClusterFacts) -> bool:
        running = self.running(facts[self.host])
        return len(running) == self.count and not self._stale(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        running = self.running(facts[self.host])
        stop = running if self._stale(facts) or len(running) > self.count else ()
        missing = self.count - (0 if stop else len(running))
        start = shell(
            START,
            self.home,
            self.conf_dir or "",
            *self._start_words(),
            why=f"start a {self.kind}",
            timeout=180.0,
        )
        return (*(self._stop_commands(stop) if stop else ()), *self._calculate(facts), *(start,) * missing)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        conf_dir = self.conf_dir or f"{self.home}/conf"
        new = DaemonFacts(self.kind, 0, host.user or "", float("inf"), conf_dir, self.home)
        return self.with_running(facts, *(new,) * self.count)

    def loses_jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        running = self.running(facts[self.host])
        stops = bool(running) and (self._stale(facts) or len(running) > self.count)
        return self.jobs(facts) if stops else ()

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        # A JVM that refused its options said so on its standard output, and the log is that of the one before.
        return {self.host: (LogTail(tuple(reversed(log_patterns(self._logs, self._log_name)))),)}

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        seen = len(self.running(facts[self.host]))
        observed = f"{seen} of {self.count} run"
        told, cause = told_by_logs(facts, [self.host], self._logs) if seen < self.count else ("", None)
        if cause is not None:
            return (f"{observed}\n{told}", f"{cause.cause} {cause.action}")
        if told:
            return (f"{observed}\n{told}", READ_LOGS)
        return (observed, f"Read the newest files in {self._logs} on {self.host}.")

    @property
    def _logs(self) -> str:
        return self.logs or f"{self.home}/log"

    @property
    def _log_name(self) -> str:
        if self.kind == "zookeeper":
            return "zookeeper"
        return self.line.daemons.jobmanager if self.kind == "jobmanager" else self.line.daemons.taskmanager

    def _stale(self, facts: ClusterFacts) -> bool:
        host = facts[self.host]
        return any(is_stale(host, daemon, self.home, self.line) for daemon in self.running(host))

    def _start_words(self) -> tuple[str, ...]:
        if self.kind == "taskmanager":
            return self.line.taskmanager_start(self.mode)
        if self.kind == "zookeeper":
            return self.line.zookeeper_start(self.peer)
        address, port = self.at or (None, None)
        return self.line.jobmanager_start(self.mode, address, port)

    def _calculate(self, facts: ClusterFacts) -> tuple[Command, ...]:
        """Flink's own memory calculation, under this name from 1.11 on: it refuses what cannot start."""
        if self.line.number < (1, 11) or self.kind == "zookeeper":
            return ()
        which = "GET_JM_RESOURCE_PARAMS" if self.kind == "jobmanager" else "GET_TM_RESOURCE_PARAMS"
        java = java_of(facts[self.host], self.home, self.line)
        return (
            shell(
                CALCULATE,
                self.home,
                self.conf_dir or "",
                java,
                which,
                why="ask Flink's own memory calculation",
            ),
        )


@dataclass(frozen=True)
class StopDaemon(_FlinkDaemon, NoneRuns):
    """Have no daemon of this kind run from this home, by Flink's own scripts."""

    @property
    def id(self) -> str:
        return f"stop-{self.kind}"

    @property
    def title(self) -> str:
        return "Stop ZooKeeper" if self.kind == "zookeeper" else f"Stop the {self.name}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return with_rests(self.host, (Daemons(),), self.rests)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return self._stop_commands(self.running(facts[self.host]))


def is_stale(host: HostFacts, daemon: DaemonFacts, home: str, line: Line) -> bool:
    """Whether a daemon of Flink is older than the configuration it would read now."""
    names = ("zoo.cfg",) if daemon.kind == "zookeeper" else (line.config.file, FLAT_CONFIG)
    return is_older(host, daemon, home, *names)


def is_older(host: HostFacts, daemon: DaemonFacts, home: str, *names: str) -> bool:
    """Whether a daemon is older than one of these files of its home's conf/. Start times are good to a second."""
    files = (host.conf_file(home, name) for name in names)
    newest = max((file.mtime for file in files if file and file.mtime is not None), default=0.0)
    return daemon.started + 2.0 < newest


def with_rests(host: str, own: tuple[Need, ...], rests: Rests) -> Mapping[str, tuple[Need, ...]]:
    """What is needed of a host itself, and what the JobManagers are asked."""
    asked = {name: (rest,) for name, rest in rests}
    return {**asked, host: (*own, *asked.get(host, ()))}


def without_answers(facts: ClusterFacts, rests: Rests) -> ClusterFacts:
    """The facts once what the JobManagers said is no longer known, because a daemon comes or goes."""
    for host, rest in rests:
        if rest.key in facts[host].rest:
            left = {key: seen for key, seen in facts[host].rest.items() if key != rest.key}
            facts = facts.changed(host, rest=MappingProxyType(left))
    return facts


def jobs_of_all(facts: ClusterFacts, rests: Rests, line: Line) -> tuple[str, ...]:
    """Jobs that any of the JobManagers says are running, each once."""
    return tuple(dict.fromkeys(job for host, rest in rests for job in running_jobs(facts, host, rest, line)))


def running_jobs(facts: ClusterFacts, master: str, rest: Rest | None, line: Line) -> tuple[str, ...]:
    """Jobs that the JobManager says are running, as `name (id)`; empty when it does not answer.

    A list under "jobs" from 1.5 on, under "running" from 0.10 on, bare in 0.9 (with other names of the fields).
    """
    if rest is None:
        return ()
    seen = facts[master].rest.get(rest.key)
    answer: Any = seen.answers.get(line.web.jobs) if seen else None
    if isinstance(answer, dict):
        named = cast("dict[str, Any]", answer)
        answer = named.get("jobs", named.get("running"))
    if not isinstance(answer, list):
        return ()
    listed = [cast("dict[str, Any]", job) for job in cast("list[Any]", answer) if isinstance(job, dict)]
    ended = {"FINISHED", "CANCELED", "FAILED"}
    return tuple(
        f"{job.get('name', job.get('jobname', '?'))} ({job.get('jid', job.get('jobid', '?'))})"
        for job in listed
        if job.get("state", job.get("status")) not in ended
    )


def java_of(host: HostFacts, home: str, line: Line) -> str:
    """The java program that Flink's scripts would take on this host: env.java.home, JAVA_HOME, then the PATH."""
    file = host.conf_file(home, line.config.file)
    if file and file.text:
        try:
            configured = read_config(file.text, line).values.get(line.keys.java_home)
        except ConfigUnreadable:
            configured = None
        if configured:
            return f"{configured}/bin/java"
    login = host.java_login
    return f"{login.home}/bin/java" if login and login.home else "java"
