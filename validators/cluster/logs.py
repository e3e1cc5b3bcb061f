"""What the daemons' own logs say: lines of known troubles in the newest run of each daemon, and of that run alone.

Knows which file is whose, where its newest run begins, and what is over. A line that another finding explains is that
finding's evidence; `catalogue.py` joins the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from validators.check import manual
from wizard.desired import Desired
from wizard.facts import DaemonFacts, DaemonKind, HostFacts
from wizard.findings import Finding
from wizard.flink.catalogue import line_of
from wizard.flink.signatures import FLINK, HADOOP, Book, Signature, book
from wizard.hadoop.catalogue import UnknownHadoop, hadoop_of
from wizard.hdfs import Hdfs
from wizard.needs import Logs
from wizard.servicefacts import LogFacts, LogLine
from wizard.spec import ClusterSpec
from wizard.words import DAEMONS

from .hdfs import kinds_on
from .observed import ClusterCheck, Observed
from .processes import wanted

RECENT = 600.0
"""Seconds for which a trouble of a daemon that runs all the same is still told."""

_HADOOP: tuple[DaemonKind, ...] = ("namenode", "datanode")
_KINDS: tuple[DaemonKind, ...] = ("jobmanager", "taskmanager", "zookeeper", *_HADOOP)
_STAMP = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[,.]")
_FILE = re.compile(r"-Dlog\.file=('[^']+'|\S+)")
_HADOOP_DIR = re.compile(r"-Dhadoop\.log\.dir=('[^']+'|\S+)")
_HADOOP_FILE = re.compile(r"-Dhadoop\.log\.file=('[^']+'|\S+)")

VAGUE = (
    "jobmanager-down",
    "taskmanager-down",
    "taskmanager-not-registered",
    "rest-unreachable",
    "zookeeper-down",
    "namenode-down",
    "datanode-down",
    "namenode-unreachable",
    "hdfs-no-live-datanodes",
)
"""Findings that say that a daemon is not well, and not why: there a log's cause is worth a sentence."""

_OF_DAEMON: Mapping[str, tuple[str, ...]] = {
    "jobmanager": ("jobmanager-down", "rest-unreachable"),
    "taskmanager": ("taskmanager-down", "taskmanager-not-registered"),
    "zookeeper": ("zookeeper-down",),
    "namenode": ("namenode-down", "namenode-unreachable"),
    "datanode": ("datanode-down", "hdfs-no-live-datanodes"),
}


def log_needs(spec: ClusterSpec, host: str) -> tuple[Logs, ...]:
    """The logs of what belongs on a host, where they lie unless a configuration says otherwise."""
    daemons = line_of(spec.flink.version).daemons
    below = f"{spec.local_dir}/log" if spec.local_dir else f"{spec.flink.home}/log"
    named = [daemons.jobmanager] if any(one.name == host for one in spec.jobmanagers) else []
    named += [daemons.taskmanager] if spec.is_worker(host) else []
    named += ["zookeeper"] if spec.ha is not None and host in spec.ha.nodes else []
    found = [Logs(tuple(_patterns(below, "flink", name) for name in named), book(FLINK).words)]
    wish = spec.hdfs
    if wish.mode == "new" and wish.home and wish.version:
        try:
            hadoop_of(wish.version)
        except UnknownHadoop:
            return tuple(found)
        kinds = ["namenode"] * (host == wish.namenode) + ["datanode"] * (host in wish.datanodes)
        patterns = tuple(_patterns(f"{wish.home}/logs", "hadoop", kind) for kind in kinds)
        found.append(Logs(patterns, book(HADOOP).words))
    return tuple(Logs(_both(one.patterns), one.words) for one in found if one.patterns)


def _patterns(below: str, product: str, daemon: str) -> str:
    return f"{below}/{product}-*-{daemon}-*"


def _both(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{pattern}.{end}" for pattern in patterns for end in ("log", "out"))


def more_logs(desired: Desired, host: str, facts: HostFacts) -> tuple[Logs, ...]:
    """The logs that only the daemons that run, or a configuration, have named."""
    usual_ones = log_needs(desired.spec, host)
    flink: list[str] = []
    hadoop: list[str] = []
    for one in facts.daemons or ():
        path = file_of(one)
        if path and not any(fnmatchcase(path, pattern) for need in usual_ones for pattern in need.patterns):
            (hadoop if one.kind in _HADOOP else flink).extend(_out(path))
    usual = {f"{desired.spec.flink.home}/log", f"{desired.spec.local_dir}/log"}
    if desired.log_dir not in usual:
        node, daemons = desired.nodes[host], desired.line.daemons
        named = [daemons.jobmanager] * node.runs_jobmanager + [daemons.taskmanager] * bool(node.taskmanagers)
        flink += _both(tuple(_patterns(desired.log_dir, "flink", name) for name in named))
    wanted = ((tuple(flink), book(FLINK).words), (tuple(hadoop), book(HADOOP).words))
    return tuple(Logs(patterns, words) for patterns, words in wanted if patterns)


def file_of(daemon: DaemonFacts) -> str:
    """The log that a daemon's command line names, "" when it names none."""

    def said(pattern: re.Pattern[str]) -> str:
        found = pattern.search(daemon.command)
        return found[1].strip("'").rstrip("/") if found else ""

    if daemon.kind not in _HADOOP:
        return said(_FILE)
    below, name = said(_HADOOP_DIR), said(_HADOOP_FILE)
    return f"{below}/{name}" if below and name else ""


def _out(path: str) -> tuple[str, str]:
    return path, re.sub(r"\.log$", ".out", path)


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run of a daemon on a host, in one of its files. `up`: it is still going on."""

    host: str
    kind: DaemonKind
    path: str
    lines: tuple[LogLine, ...]
    log: LogFacts
    up: bool


def runs(seen: Observed) -> Iterator[Run]:
    """The newest run of each daemon that belongs on a host: the .log and the .out of one that runs, else the newest."""
    for host, facts in seen.hosts():
        for kind in _KINDS:
            going = _going(seen, host.name, facts, kind)
            if not going and not _belongs(seen, host.name, kind):
                continue
            files = [log for log in facts.logs.values() if _is_of(seen, log.path, kind, host.name)]
            own = {path for one in going if (log := file_of(one)) for path in _out(log)}
            if going and own:
                files = [log for log in files if log.path in own]
            started = min((one.started for one in going), default=None)
            fresh = [log for log in files if started is None or (log.mtime or started) >= started - 2.0]
            told = [_run_of(host.name, kind, log, bool(going)) for log in fresh]
            # A JVM that ends before it logs speaks in its .out alone; the .log is then an older run's.
            outs = [one for one in told if one.path.endswith(".out") and _causes(one)]
            if not going and outs:
                told = [
                    one for one in told if one in outs or (one.log.mtime or 0) >= (outs[0].log.mtime or 0) - 2
                ]
            yield from told


def _going(seen: Observed, host: str, facts: HostFacts, kind: str) -> tuple[DaemonFacts, ...]:
    spec, hdfs = seen.spec, seen.desired.hdfs
    if kind in _HADOOP:
        if hdfs is None:
            mine = tuple(one for one in facts.daemons or () if one.kind == kind)
            return mine if seen.desired.joined is not None else ()
        return facts.daemons_of(kind, hdfs.home, hdfs.conf_dir)
    return facts.daemons_of(kind, spec.flink.home, spec.conf_dir)


def _belongs(seen: Observed, host: str, kind: str) -> bool:
    spec = seen.spec
    if kind in _HADOOP:
        hdfs: Hdfs | None = seen.desired.hdfs
        return hdfs is not None and spec.start.hdfs and kind in kinds_on(hdfs, host)
    if kind == "zookeeper":
        return spec.start.flink and spec.ha is not None and host in spec.ha.nodes
    return (
        spec.start.flink and wanted(seen, host, "jobmanager" if kind == "jobmanager" else "taskmanager") > 0
    )


def _is_of(seen: Observed, path: str, kind: str, host: str) -> bool:
    """Whether a file is a log of that daemon, and not of another host that logs into the same directory."""
    name = path.rpartition("/")[2].rpartition(".")[0]
    daemons = seen.line.daemons
    called = {"jobmanager": daemons.jobmanager, "taskmanager": daemons.taskmanager}.get(kind, kind)
    if not re.match(rf"(?:flink|hadoop)-.*-{re.escape(called)}-", name):
        return False
    if kind == "namenode" and "-secondarynamenode-" in name:
        return False
    others = {
        facts.hostname
        for other, facts in seen.hosts()
        if other.name != host and facts.hostname and facts.hostname != seen.facts[host].hostname
    }
    return not any(name.endswith(f"-{other}") for other in others)


def _run_of(host: str, kind: DaemonKind, log: LogFacts, up: bool) -> Run:
    """Only what stands behind the last line with which a run begins."""
    known = _book(kind)
    lines = log.lines
    for number in range(len(lines) - 1, -1, -1):
        if known.started.found(lines[number].text):
            lines = lines[number + 1 :]
            break
    return Run(host, kind, log.path, lines, log, up)


def _book(kind: str) -> Book:
    return book(HADOOP if kind in _HADOOP else FLINK)


@dataclass(frozen=True, slots=True)
class Trouble:
    signature: Signature
    cause: str
    action: str
    lines: tuple[LogLine, ...]


def _causes(run: Run) -> tuple[Trouble, ...]:
    """The known troubles of a run that are not over, the cause before what follows from it."""
    known = _book(run.kind)
    well = known.well.get(run.kind)
    over = max((at for at, one in enumerate(run.lines) if well and well.found(one.text)), default=-1)
    stopped = not run.up and any(known.ended.found(one.text) for one in run.lines[-20:])
    by: dict[int, list[LogLine]] = {}
    for at, line in enumerate(run.lines):
        for place, signature in enumerate(known.signatures):
            if signature.daemons and run.kind not in signature.daemons:
                continue
            if signature.line.found(line.text) is None:
                continue
            passed = (at < over or stopped) and not signature.lasts
            if not passed and (not run.up or _recent(run, line)):
                by.setdefault(place, []).append(line)
            break
    found: list[Trouble] = []
    for place in sorted(by):
        signature = known.signatures[place]
        read = signature.read(by[place][-1].text)
        if read is not None:
            found.append(Trouble(signature, read.cause, read.action, tuple(by[place])))
    return tuple(found)


def _recent(run: Run, line: LogLine) -> bool:
    """Whether a line was written not long before the last one of its log; a line without a time counts."""
    at = _time(line.text)
    newest = max((time for text in run.log.last if (time := _time(text)) is not None), default=None)
    return at is None or newest is None or newest - at <= RECENT


def _time(text: str) -> float | None:
    """The time at the beginning of a line, in seconds; only differences of one log's times mean something."""
    stamp = _STAMP.match(text)
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def look(seen: Observed) -> Iterator[Finding]:
    """The first cause that each run shows, and what is sure to be a trouble of its own besides."""
    for run in runs(seen):
        troubles = _causes(run)
        for number, trouble in enumerate(troubles):
            if number == 0 or trouble.signature.lasts:
                yield _finding(run, trouble)
        if not troubles and not run.up and run.log.last:
            yield _last_words(run)


def _last_words(run: Run) -> Finding:
    """How the log of a daemon that is down ends: evidence for whoever looks on, and nothing else."""
    ends = [text for text in run.log.last if text.strip(" *\t/")][-3:]
    return Finding(
        "",
        "info",
        (run.host,),
        "",
        "",
        "",
        evidence=tuple(f"{run.host}: {run.path}: {text.strip()[:300]}" for text in ends),
        evidence_of=(f"{run.kind}-down",),
    )


def _finding(run: Run, trouble: Trouble) -> Finding:
    one = trouble.signature
    newest = trouble.lines[-1]
    times = f", {len(trouble.lines)} times in this run" if len(trouble.lines) > 1 else ""
    # A daemon that runs has come through what does not last: then the line is evidence for others and nothing else.
    passing = run.up and not one.lasts
    return Finding(
        "" if passing else one.id,
        one.severity,
        (run.host,),
        trouble.cause.rstrip("."),
        f"{newest.text.strip()[:300]}{times}",
        f"a {DAEMONS[run.kind]} without this line in its newest run",
        f"It stands in the newest log of the {DAEMONS[run.kind]}"
        + (", which runs." if run.up else ", which does not run."),
        tuple(quoted(run, line) for line in trouble.lines[-3:]),
        manual(trouble.action),
        evidence_of=(*one.of, *_OF_DAEMON[run.kind]),
        anywhere=one.anywhere,
    )


def quoted(run: Run, line: LogLine) -> str:
    number = f":{line.number}" if line.number is not None else ""
    return f"{run.host}: {run.path}{number}: {line.text.strip()[:300]}"


LOGS = ClusterCheck(
    "logs",
    {
        "jvm-option-unknown": "the JVM does not know an option that it is given",
        "configuration-refused": "a daemon refuses its configuration",
        "hdfs-permission-denied": "HDFS refuses what Flink's user wants to do",
        "network-buffers-or-metaspace": "too few network buffers, or too little metaspace",
        "heap-exhausted": "a job has filled the heap of a daemon",
        "tmp-cleaned-while-running": "files of a running daemon were taken out of /tmp",
        "taskmanager-lost": "the JobManager has lost a TaskManager",
    },
    look,
)
