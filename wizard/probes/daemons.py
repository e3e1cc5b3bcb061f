"""Running Flink and Hadoop JVMs, from /proc or, where there is none, from ps.

Knows the main classes of every Flink line and of Hadoop, and where command lines name home and configuration.
It must not know what ought to run. The `ps` form is written for macOS and untried on a real one.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from wizard.facts import DaemonFacts, DaemonKind
from wizard.needs import Daemons
from wizard.probes.script import Reading, Section, decoded_text

MAIN_CLASSES: Mapping[str, DaemonKind] = {
    "org.apache.flink.runtime.jobmanager.JobManager": "jobmanager",
    "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint": "jobmanager",
    "org.apache.flink.container.entrypoint.StandaloneJobClusterEntryPoint": "jobmanager",
    "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint": "jobmanager",
    "org.apache.flink.runtime.taskmanager.TaskManager": "taskmanager",
    "org.apache.flink.runtime.taskexecutor.TaskManagerRunner": "taskmanager",
    "org.apache.flink.runtime.webmonitor.history.HistoryServer": "historyserver",
    "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer": "zookeeper",
    "org.apache.zookeeper.server.quorum.QuorumPeerMain": "zookeeper",
    "org.apache.hadoop.hdfs.server.namenode.NameNode": "namenode",
    "org.apache.hadoop.hdfs.server.namenode.SecondaryNameNode": "secondarynamenode",
    "org.apache.hadoop.hdfs.server.datanode.DataNode": "datanode",
    "org.apache.hadoop.hdfs.server.datanode.SecureDataNodeStarter": "datanode",
}

_COMMAND_LIMIT = 4000

_SCRIPT = r"""
if [ -r /proc/self/cmdline ]; then
  h ticks; if has getconf; then getconf CLK_TCK; else echo 100; fi
  h boot; grep '^btime' /proc/stat
  e='org\.apache\.(flink|hadoop|zookeeper)\.'
  for f in $(grep -lE "$e" /proc/[0-9]*/cmdline 2>/dev/null); do
    p=${f#/proc/}; p=${p%/cmdline}
    if [ "$p" = $$ ]; then continue; fi
    # A second number: the process belongs to a container, which is a host of its own.
    if grep -qE '^NSpid:[[:space:]]+[0-9]+[[:space:]]+[0-9]' "/proc/$p/status"; then continue; fi
    # A process may end at any moment, between the search and here too.
    c=$(b64 <"/proc/$p/cmdline") || continue
    h process "$p"; printf '%s\n' "$c"
    h stat; read -r line <"/proc/$p/stat" && printf '%s\n' "$line"
    h user; stat -c %U "/proc/$p"
    h exe; readlink "/proc/$p/exe"
    h env; tr '\0' '\n' <"/proc/$p/environ" | sed -n 's/^HADOOP_CONF_DIR=//p'
  done 2>/dev/null
else
  h ps; limit 10 ps -axww -o pid= -o user= -o lstart= -o command=
fi

"""


def sections(needs: Sequence[Daemons]) -> tuple[Section, ...]:
    del needs
    return (Section("the running daemons", _SCRIPT, read, 15),)


def read(reading: Reading) -> Mapping[str, Any]:
    """HostFacts' daemons, by process id."""
    found = read_ps(reading.body("ps")) if reading.has("ps") else _read_proc(reading)
    return {"daemons": tuple(sorted(found, key=lambda daemon: daemon.pid))}


def _read_proc(reading: Reading) -> list[DaemonFacts]:
    ticks = int(reading.body("ticks").strip() or 100)
    boot = float((reading.body("boot").split() or ["", "0"])[1])
    found: list[DaemonFacts] = []
    blocks = reading.blocks
    for index, block in enumerate(blocks):
        if block.key != "process":
            continue
        stat, user, exe, conf_dir = (piece.body.strip() for piece in blocks[index + 1 : index + 5])
        argv = decoded_text(block.body).rstrip("\0").split("\0")
        # The program's name in field 2 may hold blanks and parentheses; the start time is field 22.
        fields = stat.rpartition(")")[2].split()
        if len(fields) < 20 or fields[0] == "Z":
            continue
        daemon = recognised(argv, int(block.rest), user, boot + int(fields[19]) / ticks, exe)
        if daemon and daemon.home and not daemon.conf_dir and conf_dir.startswith("/"):
            daemon = replace(daemon, conf_dir=conf_dir)
        if daemon:
            found.append(daemon)
    return found


def read_ps(text: str) -> list[DaemonFacts]:
    """`ps -o pid=,user=,lstart=,command=`: arguments that hold blanks cannot be told apart here."""
    found: list[DaemonFacts] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 8 or not words[0].isdigit():
            continue
        try:
            started = time.mktime(time.strptime(" ".join(words[2:7]), "%a %b %d %H:%M:%S %Y"))
        except ValueError:
            continue
        daemon = recognised(words[7:], int(words[0]), words[1], started, "")
        if daemon:
            found.append(daemon)
    return found


def recognised(argv: Sequence[str], pid: int, user: str, started: float, exe: str) -> DaemonFacts | None:
    """The daemon with this command line, or None. A main class counts only as an argument of its own."""
    program = exe or argv[0]
    if not re.search(r"(?:^|/)(?:java|jsvc)[^/]*$", program) and not re.search(r"(?:^|/)java$", argv[0]):
        return None
    place = next((number for number, word in enumerate(argv) if word in MAIN_CLASSES), None)
    if place is None or "-format" in argv[place:]:
        return None
    kind = MAIN_CLASSES[argv[place]]
    conf_dir = _after(argv, "--configDir") or _after(argv[place:], "-c")
    class_path = _after(argv, "-classpath") or _after(argv, "-cp")
    home = _flink_home(class_path, conf_dir)
    if kind in {"namenode", "datanode", "secondarynamenode"}:
        home = _property(argv, "hadoop.home.dir")
        conf_dir = next((entry for entry in class_path.split(":")[:1] if entry.startswith("/")), "")
    java = program if program.startswith("/") else argv[0]
    return DaemonFacts(kind, pid, user, started, conf_dir, home, java.removesuffix(" (deleted)"), _told(argv))


def _flink_home(class_path: str, conf_dir: str) -> str:
    for entry in class_path.split(":"):
        match = re.match(r"(/.*)/lib/+flink-dist[^/]*\.jar$", entry)
        if match:
            return match[1]
    return conf_dir.rstrip("/").removesuffix("/conf") if conf_dir.rstrip("/").endswith("/conf") else ""


def _after(argv: Sequence[str], option: str) -> str:
    for word, value in pairwise(argv):
        if word == option:
            return value
    return ""


def _property(argv: Sequence[str], name: str) -> str:
    return next((word.partition("=")[2] for word in argv if word.startswith(f"-D{name}=")), "")


def _told(argv: Sequence[str]) -> str:
    """The command line without what nobody reads: the class path and module flags."""
    shown: list[str] = []
    for before, word in zip(["", *argv], argv, strict=False):
        if not word.startswith(("--add-exports=", "--add-opens=")):
            shown.append("…" if before in {"-classpath", "-cp"} else shlex.quote(word))
    return " ".join(shown)[:_COMMAND_LIMIT]
