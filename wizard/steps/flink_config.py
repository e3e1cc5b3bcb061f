"""How much memory and how many slots each host gives to Flink, its directories and ports; any other key beside these.

Knows which keys matter most and what each is called on a line. It must not know how a size is suggested.
"""

from __future__ import annotations

from ..desired import Node
from ..facts import HostFacts
from ..flink.configfile import ValueNotWritable, config_line
from ..flink.keys import is_secret
from ..flink.line import HeapKey, Line
from ..questions import Question, Suggested, config_question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .cells import STATE, UNKNOWN, number_cell, row_of, size_cell, state_by, verdict
from .config_suggest import suggested, with_default
from .config_values import (
    memory_parser,
    parse_config_port,
    parse_directories,
    parse_parallelism,
    parse_slots,
)
from .requirements import disk_free, java_cell, memory_cell
from .step import ByHand, Cell, Step
from .typed import names, of_spec
from .version import line_for

CONCERNS = frozenset(
    {
        "config-key-deprecated",
        "config-key-later",
        "config-key-removed",
        "config-key-unknown",
        "memory-too-large",
        "ports-equal",
        "values-do-not-fit",
    }
)

COLUMNS = (STATE, "cores", "memory", "disk free", "java", "what Flink gets")


def _more(view: View) -> tuple[Question, ...]:
    """The keys of the Flink that is asked for: they are called differently from line to line."""
    line = line_for(view)
    keys, memory = line.keys, line.memory

    def ask_size(key: HeapKey, daemon: str) -> Question:
        whole = "its whole heap" if key.model != "process" else "the whole process"
        return config_question(
            key.key,
            f"{daemon} memory",
            f"{key.key}: {whole}, as in 8g or 8192m.",
            memory_parser(key),
            "memory",
            suggest=lambda view: suggested(view, key.key),
        )

    return (
        ask_size(memory.taskmanager, "TaskManager"),
        ask_size(memory.jobmanager, "JobManager"),
        config_question(
            keys.slots,
            "Slots per TaskManager",
            f"{keys.slots}: how many parts of jobs each TaskManager runs at once.",
            parse_slots,
            "number",
            suggest=lambda view: suggested(view, keys.slots),
        ),
        config_question(
            keys.parallelism,
            "Parallelism",
            f"{keys.parallelism}: for jobs that name none. With more than there are slots they wait.",
            parse_parallelism,
            "number",
            suggest=lambda view: suggested(view, keys.parallelism),
        ),
        config_question(
            keys.tmp_dirs,
            "Temporary directories",
            f"{keys.tmp_dirs}: where data is spilled; several with commas.",
            parse_directories,
            suggest=lambda view: suggested(view, keys.tmp_dirs) or Suggested("/tmp", "Flink's default"),
        ),
        config_question(
            keys.web_port,
            "Web port",
            f"{keys.web_port}: the web interface and the REST interface of the JobManager.",
            parse_config_port,
            "number",
            suggest=lambda view: with_default(view, keys.web_port),
        ),
        config_question(
            keys.rpc_port,
            "JobManager port",
            f"{keys.rpc_port}: where TaskManagers register.",
            parse_config_port,
            "number",
            suggest=lambda view: with_default(view, keys.rpc_port),
        ),
    )


def gets(line: Line, node: Node) -> str:
    """What Flink gets on a host, as in "JobManager 1600m; 2 x 28672m, 8 slots each"."""
    config = dict(node.config)
    parts: list[str] = []
    if node.runs_jobmanager:
        parts.append(f"JobManager {_size(config.get(line.memory.jobmanager.key), line.memory.jobmanager)}")
    if node.taskmanagers:
        size = _size(config.get(line.memory.taskmanager.key), line.memory.taskmanager)
        many = f"{node.taskmanagers} x {size}" if node.taskmanagers > 1 else f"TaskManager {size}"
        slots = f"{node.slots} slots" if node.slots != 1 else "1 slot"
        parts.append(f"{many}, {slots}{' each' if node.taskmanagers > 1 else ''}")
    return "; ".join(parts) or "nothing runs here"


def _size(text: str | None, key: HeapKey) -> str:
    """A size with its unit; one that is derived from other keys has none of its own."""
    if text is None:
        return "by other keys"
    return f"{one_line(text, 20)}m" if key.unit == "mb" and text.isdigit() else one_line(text, 20)


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    name = host.name
    node = view.desired.nodes.get(name) if view.desired else None
    fits = state_by(view, name, "values-do-not-fit", "memory-too-large", else_="good")
    return (
        verdict(view, name, CONCERNS),
        number_cell(seen.cores),
        memory_cell(view, host, seen),
        size_cell(disk_free(view.spec, seen)),
        java_cell(view, host, seen),
        Cell(gets(view.desired.line, node), fits) if view.desired and node else UNKNOWN,
    )


def _summary(view: View) -> tuple[str, ...]:
    return tuple(one_line(warning, 300) for warning in view.desired.warnings) if view.desired else ()


def _objections(view: View) -> tuple[str, ...]:
    """Problems of keys that no question asks for: an answers file or the editor of other keys brought them."""
    asked = {one.path for one in _more(view)}
    return tuple(
        f"{one.path}: {one.sentence}"
        for one in view.problems
        if one.severity == "error" and one.path.startswith("flink.config") and one.path not in asked
    )


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    line = line_for(view)
    file = f"{spec.conf_dir or spec.flink.home + '/conf'}/{line.config.file}"
    if view.desired is None or view.desired.line != line:
        return (ByHand(f"In {file} on every host", (f"{line.keys.rpc_address}: {spec.master.address}",)),)
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, node in view.desired.nodes.items():
        common = tuple((key, value) for key, value in node.config if key != line.keys.tm_host)
        alike.setdefault(common, []).append(name)
    return tuple(
        ByHand(f"In {file} on {names(hosts)}", (*_lines(config, line), *_own_name(view, spec, line, hosts)))
        for config, hosts in alike.items()
    )


def _own_name(view: View, spec: ClusterSpec, line: Line, hosts: list[str]) -> tuple[str, ...]:
    del view
    if len(hosts) == 1:
        return (f"{line.keys.tm_host}: {spec.host(hosts[0]).address}",)
    return (f"{line.keys.tm_host}: {spec.host(hosts[0]).address}   # on each host its own name",)


def _lines(config: tuple[tuple[str, str], ...], line: Line) -> tuple[str, ...]:
    """The file's lines; what holds a secret is not shown."""
    said: list[str] = []
    for key, value in config:
        if is_secret(key):
            said.append(f"{key}: ****")
            continue
        try:
            said.append(config_line(key, value, line))
        except ValueNotWritable:
            said.append(f"# {key} cannot hold {one_line(value, 60)}")
    return tuple(said)


FLINK_CONFIG = Step(
    "flink-config",
    "Flink config",
    "How much memory and how many slots each host gives to Flink. "
    "What you leave open is suggested from what the hosts have.",
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    concerns=CONCERNS,
    more=_more,
    summary=_summary,
    objections=_objections,
)
