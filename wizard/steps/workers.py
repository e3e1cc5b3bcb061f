"""Which hosts run TaskManagers, how many, and what differs from host to host; and the sums of it all.

Knows roles and what was settled for each host. It must not know how a value was suggested.
"""

from __future__ import annotations

from ..desired import Desired
from ..flink.catalogue import line_of
from ..questions import Option, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from ..words import counted
from .cells import UNKNOWN, gib, marked, state_by, unread
from .division import divide, divisions
from .step import ByHand, Cell, Step
from .typed import SHOWN, of_spec, word
from .version import line_for

COLUMNS = ("state", "runs", "how many", "slots each", "memory each", "left to the system")


def roles(spec: ClusterSpec, host: HostSpec) -> str:
    """What runs on a host."""
    jobmanager = host.name == spec.master.name
    taskmanager = spec.is_worker(host.name)
    if jobmanager and taskmanager:
        return "JobManager and TaskManager"
    return "JobManager" if jobmanager else "TaskManager"


def _row(view: View, host: HostSpec) -> tuple[Cell, ...]:
    """Roles are known before a host is read; the rest follows from what it has."""
    spec, desired = view.spec, view.desired
    runs = Cell(roles(spec, host)) if spec else UNKNOWN
    said = unread(view, host.name)
    seen = view.facts_of(host.name)
    node = desired.nodes.get(host.name) if desired else None
    if said is not None or seen is None:
        return (said or UNKNOWN, runs, *(UNKNOWN,) * (len(COLUMNS) - 2))
    if desired is None or node is None:
        return marked(view, seen, (Cell("checking", "wait"), runs, *(UNKNOWN,) * (len(COLUMNS) - 2)))
    fits = state_by(view, host.name, "values-do-not-fit", "memory-too-large", else_="good")
    state = Cell("ok" if fits == "good" else "does not fit", fits)
    none = Cell("-", "dim")
    division = divide(desired, node, host.name, seen.memory_mib) if seen.memory_mib and seen.cores else None
    key = desired.line.memory.taskmanager
    size = dict(node.config).get(key.key)
    words = f"{size}m" if size and key.unit == "mb" and size.isdigit() else size or "by other keys"
    left = Cell(f"{gib(division.mib('system'))} of {gib(division.total)}") if division else UNKNOWN
    cells = (
        state,
        runs,
        Cell(str(node.taskmanagers)) if node.taskmanagers else none,
        Cell(str(node.slots)) if node.taskmanagers else none,
        Cell(one_line(words, 24)) if node.taskmanagers else none,
        left,
    )
    return marked(view, seen, cells)


def _summary(view: View) -> tuple[str, ...]:
    desired = view.desired
    if desired is None:
        return ()
    running = sum(1 for node in desired.nodes.values() if node.taskmanagers)
    total = (
        f"{counted(desired.taskmanagers, 'TaskManager')} on {counted(running, 'host')}, "
        f"{counted(desired.slots, 'slot')} in all."
    )
    lines = [total, _parallelism(desired)]
    known = divisions(view)
    if known:
        have = sum(one.total * len(one.hosts) for one in known)
        take = sum((one.taskmanager * one.taskmanagers + one.jobmanager) * len(one.hosts) for one in known)
        lines.append(f"Flink's daemons take {gib(take)} of the {gib(have)} that the hosts have.")
    unread_hosts = [name for name in desired.nodes if not view.facts[name].memory_mib]
    if unread_hosts:
        lines.append(
            f"{counted(len(unread_hosts), 'host was', 'hosts were')} not read: there the values are assumed."
        )
    return tuple(lines)


def _parallelism(desired: Desired) -> str:
    master = dict(desired.nodes[desired.spec.master.name].config)
    text = master.get(desired.line.keys.parallelism, "1")
    slots = desired.slots
    if not (text.isascii() and text.isdigit()):
        return f"The parallelism {one_line(text, 20)} is no whole number."
    asked = int(text)
    if asked > slots:
        return f"A job that names no parallelism asks for {asked} of {slots} slots: it would wait."
    if asked == slots:
        return f"A job that names no parallelism takes all {slots} slots."
    return f"A job that names no parallelism takes {asked} of {slots} slots."


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    line = line_of(spec.flink.version)
    conf = spec.conf_dir or f"{spec.flink.home}/conf"
    entries = view.desired.worker_entries if view.desired else tuple(host.address for host in spec.workers)
    shown = (
        *entries[:SHOWN],
        *((f"# and {len(entries) - SHOWN} more lines",) if len(entries) > SHOWN else ()),
    )
    parts = [ByHand(f"In {conf}/{line.lists.workers}, one line for each TaskManager", shown)]
    if line.lists.masters:
        port = view.desired.web_port if view.desired else 8081
        parts.append(ByHand(f"In {conf}/{line.lists.masters}", (f"{spec.master.address}:{port}",)))
    start = " ".join(line.start_cluster(spec.start.mode))
    parts.append(ByHand(f"Start, on {spec.master.name}", (f"{word(spec.flink.home + '/bin')}/{start}",)))
    return tuple(parts)


def _has_modes(view: View) -> bool:
    return line_for(view).scripts.jm_streaming_mode


def _modes(view: View) -> tuple[Option, ...]:
    del view
    return (
        Option("batch", "batch", "managed memory is taken when the daemons start"),
        Option("streaming", "streaming", "managed memory is taken when a job wants it: more heap is free"),
    )


WORKERS = Step(
    "workers",
    "Workers",
    "Which hosts run TaskManagers, how many, and with how much. "
    "Say what differs in braces: {host: node3, slots: 2, memory: 4g}.",
    questions=(
        question(
            "workers",
            help="One a line; in braces also taskmanagers, slots, memory, java_home, address, user, port, key.",
        ),
        question("start.flink"),
        question("start.mode", options=_modes, asked=_has_modes),
    ),
    columns=COLUMNS,
    row=_row,
    by_hand=_by_hand,
    summary=_summary,
)
