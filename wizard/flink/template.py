"""A new Flink configuration file, where there is none to edit.

Groups the values it is given under short comments. It must not decide any value.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.flink.configfile import config_line
from wizard.flink.line import Line

# A key belongs to the first group that has one of its beginnings; the empty one takes the rest.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Where the JobManager is", ("jobmanager.rpc.", "jobmanager.bind-host", "jobmanager.host")),
    ("Web interface", ("rest.", "web.", "jobmanager.web.", "webclient.")),
    ("TaskManagers, and ports between the hosts", ("taskmanager.host", "taskmanager.bind-host",
        "taskmanager.rpc.", "taskmanager.data.", "blob.server.", "metrics.internal.")),
    ("Memory", ("jobmanager.heap.", "taskmanager.heap.", "jobmanager.memory.", "taskmanager.memory.",
                "taskmanager.network.")),
    ("Slots and parallelism", ("taskmanager.numberOfTaskSlots", "parallelism.")),
    ("Directories", ("io.tmp.dirs", "taskmanager.tmp.dirs")),
    ("State and checkpoints", ("state.", "execution.checkpointing.", "savepoints.")),
    ("High availability", ("high-availability", "recovery.", "zookeeper.")),
    ("Hadoop", ("fs.", "env.hadoop.")),
    ("Java and the scripts", ("env.",)),
    ("Further settings", ("",)),
)  # fmt: skip


def render_config(line: Line, values: Mapping[str, str]) -> str:
    """The text of a configuration file for `line` that holds `values`, one flat line each.

    Raises ValueNotWritable when the line's format cannot hold a value.
    """
    left = dict(values)
    parts = [
        f"# Flink {line.name}, conf/{line.config.file}, written by flink-wizard.\n"
        "# Edit it freely: your values and comments are kept.\n"
    ]
    for title, beginnings in GROUPS:
        mine = [key for key in left if key.startswith(beginnings)]
        if mine:
            rows = "".join(config_line(key, left.pop(key), line) + "\n" for key in mine)
            parts.append(f"\n# {title}\n{rows}")
    return "".join(parts)
