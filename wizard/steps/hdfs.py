"""HDFS beside Flink: none, one that exists, or a new one; and what each of these must know.

Knows the modes and which of them this version can carry out. It must not know how HDFS is installed.
"""

from __future__ import annotations

from collections.abc import Callable

from validators.values import ValueProblem, shown

from ..facts import HostFacts
from ..questions import Option, Question, Suggested, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .cells import row_of, size_cell
from .requirements import disk_free
from .step import ByHand, Cell, Step
from .typed import of_spec

CARRIED_OUT: frozenset[str] = frozenset({"none"})
"""The modes that the engine can make true; the others are shown with the reason why not."""

REASON = "this version of the wizard installs Flink alone"

COLUMNS = ("Hadoop that runs", "disk free")

_DAEMONS = {"namenode": "NameNode", "datanode": "DataNode", "secondarynamenode": "SecondaryNameNode"}


def _modes(view: View) -> tuple[Option, ...]:
    del view
    words = {
        "none": "Flink alone; jobs may still read any HDFS",
        "existing": "one that is there already is joined to Flink",
        "new": "a NameNode on the master, DataNodes on the workers",
    }
    return tuple(
        Option(mode, mode, text if mode in CARRIED_OUT else f"{text}: {REASON}", mode not in CARRIED_OUT)
        for mode, text in words.items()
    )


def _parse_mode(text: str) -> str:
    mode = text.strip()
    if mode not in ("none", "existing", "new"):
        raise ValueProblem(f"{shown(mode)} is not one of none, existing or new")
    if mode not in CARRIED_OUT:
        raise ValueProblem(f"{REASON}, so HDFS can only be none here")
    return mode


def _in(*modes: str) -> Callable[[View], bool]:
    """Asked in these modes only, and only where they can be carried out."""

    def asked(view: View) -> bool:
        mode = view.answers.text_at("hdfs.mode") or "none"
        return mode in modes and mode in CARRIED_OUT

    return asked


def _format(view: View) -> tuple[Question, ...]:
    """Formatting is allowed by typing the cluster's name, never by yes or no."""
    cluster = view.answers.text_at("cluster") or (view.spec.cluster if view.spec else "flink")

    def parse(text: str) -> str:
        typed = text.strip()
        # What was decided before is read back as it stands in the answers.
        if typed in (cluster, "if-empty"):
            return "if-empty"
        if typed == "never":
            return typed
        raise ValueProblem(f"{shown(typed)} is not {cluster}; nothing will be formatted")

    return (
        Question(
            "hdfs.format",
            "Type the cluster's name to allow formatting empty directories",
            "A NameNode is formatted only where its directories are empty. Where data is found, it is refused.",
            "text",
            parse,
            examples=(cluster,),
            suggest=lambda view: Suggested("never", "nothing is formatted"),
            asked=_in("new"),
        ),
    )


def _replication(view: View) -> Suggested | None:
    spec = view.spec
    nodes = len(spec.hdfs.datanodes or spec.workers) if spec else 0
    return (
        Suggested(str(min(3, nodes)), f"three copies, or one on each of {nodes} DataNodes") if nodes else None
    )


def _running(seen: HostFacts) -> Cell:
    if seen.daemons is None:
        return Cell("-", "dim")
    found = [_DAEMONS[daemon.kind] for daemon in seen.daemons if daemon.kind in _DAEMONS]
    return Cell(", ".join(dict.fromkeys(found)), "good") if found else Cell("none")


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    del host
    return (_running(seen), size_cell(disk_free(view.spec, seen)))


def _objections(view: View) -> tuple[str, ...]:
    mode = view.answers.text_at("hdfs.mode") or "none"
    if mode in CARRIED_OUT:
        return ()
    return (f"hdfs.mode: {one_line(mode, 20)} was answered, but {REASON}. Choose none.",)


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    del view
    directory = spec.hdfs.conf_dir or "/etc/hadoop/conf"
    return (
        ByHand(
            f"To let Flink read an HDFS that is there: in ~/.profile of {spec.user} on every host",
            (f"export HADOOP_CONF_DIR={directory}", "export HADOOP_CLASSPATH=$(hadoop classpath)"),
        ),
    )


_MODE = question("hdfs.mode", title="HDFS", options=_modes)
_EITHER, _NEW, _EXISTING = _in("existing", "new"), _in("new"), _in("existing")

HDFS = Step(
    "hdfs",
    "HDFS",
    "A file system for data and checkpoints, if you want one beside Flink. Flink runs without it.",
    questions=(
        Question(
            _MODE.path,
            _MODE.title,
            "Whether there is an HDFS beside Flink.",
            _MODE.kind,
            _parse_mode,
            options=_modes,
            suggest=lambda view: Suggested("none", "Flink runs without it"),
        ),
        question("hdfs.address", asked=_EXISTING),
        question("hdfs.conf_dir", asked=_EXISTING),
        question("hdfs.version", asked=_NEW),
        question("hdfs.source", asked=_NEW),
        question("hdfs.home", asked=_NEW),
        question("hdfs.distribute", asked=_NEW),
        question("hdfs.java_home", asked=_NEW),
        question("hdfs.namenode", asked=_NEW),
        question("hdfs.datanodes", asked=_NEW),
        question("hdfs.name_dirs", asked=_NEW),
        question("hdfs.data_dirs", asked=_NEW),
        question("hdfs.replication", asked=_NEW, suggest=_replication),
        question("hdfs.config", asked=_EITHER),
    ),
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    more=_format,
    objections=_objections,
)
