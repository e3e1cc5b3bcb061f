"""Which hosts run TaskManagers, how many, and what differs from host to host; and the sums of it all.

Knows roles and what was settled for each host. It must not know how a value was suggested.
"""

from __future__ import annotations

from .. import availability
from ..answers.ha import suggested_nodes
from ..desired import Desired
from ..flink.catalogue import line_of
from ..questions import Option, Suggested, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from ..words import counted
from .cells import UNKNOWN, gib, marked, state_by, unread
from .division import divide, divisions
from .step import ByHand, Cell, Step
from .typed import SHOWN, names, of_spec, word
from .version import line_for

CONCERNS = frozenset({"storage-unwritable", "zookeeper-port-taken", "zookeeper-unreachable"})

COLUMNS = ("state", "runs", "how many", "slots each", "memory each", "left to the system")


def roles(spec: ClusterSpec, host: HostSpec) -> str:
    """What runs on a host."""
    runs: list[str] = []
    if host in spec.jobmanagers:
        runs.append("JobManager" if host.name == spec.master.name else "standby JobManager")
    if spec.is_worker(host.name):
        runs.append("TaskManager")
    if spec.ha and host.name in spec.ha.nodes:
        runs.append("ZooKeeper")
    return " and ".join((", ".join(runs[:-1]), runs[-1])) if len(runs) > 1 else "".join(runs)


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
    standby = state_by(view, host.name, *sorted(CONCERNS), else_="good")
    state = Cell("ok" if fits == "good" else "does not fit", fits)
    if fits == "good" and standby != "good":
        state = Cell("see below", standby)
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
        masters = view.desired.master_entries if view.desired else (f"{spec.master.address}:8081",)
        parts.append(ByHand(f"In {conf}/{line.lists.masters}", masters))
    if spec.ha and spec.ha.nodes:
        settings = availability.zoo_settings(spec, spec.host(spec.ha.nodes[0]))
        parts.append(
            ByHand(
                f"In {conf}/zoo.cfg of {names(spec.ha.nodes, 3)}",
                tuple(f"{key}={value}" for key, value in settings),
            )
        )
        parts.append(
            ByHand(
                f"Start ZooKeeper, on {spec.master.name}",
                (f"{word(spec.flink.home + '/bin')}/start-zookeeper-quorum.sh",),
            )
        )
    start = " ".join(line.start_cluster(spec.start.mode))
    parts.append(ByHand(f"Start, on {spec.master.name}", (f"{word(spec.flink.home + '/bin')}/{start}",)))
    return tuple(parts)


def _can_stand_by(view: View) -> bool:
    return line_for(view).ha is not None


def _stands_by(view: View) -> bool:
    """Whether somebody wants more than one JobManager: then it is asked what that takes."""
    given = (view.answers.get(path) for path in ("standby", "ha.storage_dir", "ha.zookeeper"))
    return _can_stand_by(view) and any(value is not None for value in given)


def _zookeeper(view: View) -> Suggested | None:
    nodes = suggested_nodes(view.spec.names) if view.spec else ()
    if not nodes:
        return None
    return Suggested(", ".join(nodes), "Flink's own; one may be lost" if len(nodes) > 1 else "Flink's own")


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
        question(
            "standby",
            help="Hosts whose JobManager takes over when the one that leads is lost. Left open: there is none.",
            asked=_can_stand_by,
        ),
        question(
            "ha.storage_dir",
            help="Where JobManagers keep what a standby needs: a directory that all of them share.",
            asked=_stands_by,
        ),
        question("ha.zookeeper", suggest=_zookeeper, asked=_stands_by),
        question("start.flink"),
        question("start.mode", options=_modes, asked=_has_modes),
    ),
    columns=COLUMNS,
    row=_row,
    concerns=CONCERNS,
    by_hand=_by_hand,
    summary=_summary,
)
