"""What one would type for an HDFS beside Flink: made new, or joined.

Knows the settled HDFS and the words of shells. It must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..hdfs import Hdfs, program_in
from ..spec import ClusterSpec
from ..text import one_line
from ..view import View
from .step import ByHand
from .typed import of_spec, word


def settled(view: View) -> Hdfs | None:
    return view.desired.hdfs if view.desired is not None else None


def java_homes(view: View, hdfs: Hdfs) -> dict[str, str]:
    """Host → the Java that its Hadoop will run on, of those that are there."""
    homes: dict[str, str] = {}
    for name, node in hdfs.nodes.items():
        seen = view.facts_of(name)
        choice = node.java.choose(seen) if seen is not None else None
        if choice is not None:
            homes[name] = choice.home
    return homes


@of_spec
def by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    hdfs = settled(view)
    if hdfs is not None:
        return tuple(_made(view, spec, hdfs))
    told = view.desired.joined if view.desired is not None else None
    directory = word((told.conf_dir if told else "") or "/etc/hadoop/conf")
    program = word(program_in(told.client)) if told and told.client else "hadoop"
    return (
        ByHand(
            f"To let Flink read an HDFS that is there: in ~/.profile of {one_line(spec.user)} on every host",
            (f"export HADOOP_CONF_DIR={directory}", f"export HADOOP_CLASSPATH=$({program} classpath)"),
        ),
    )


def _made(view: View, spec: ClusterSpec, hdfs: Hdfs) -> Iterator[ByHand]:
    home, hadoop, name = word(hdfs.home), hdfs.hadoop, hdfs.namenode.name
    node = hdfs.nodes[name]
    yield ByHand(
        "Hadoop, unpacked at the same path on every host",
        (
            f"tar xzf {word(hadoop.archive.format(version=hadoop.version))}",
            f"mv hadoop-{hadoop.version} {home}",
        ),
    )
    java = java_homes(view, hdfs).get(name)
    yield ByHand(
        f"{hadoop.env_file} in its {hadoop.conf_dir}, on every host",
        (f"export JAVA_HOME={word(java) if java else '/path/to/java'}",),
    )
    settings = [f"{key} = {one_line(value, 200)}" for key, value in (*node.core, *node.site)]
    yield ByHand(f"core-site.xml and hdfs-site.xml beside it, on {name}", tuple(settings))
    yield ByHand(f"{hadoop.workers_file} beside it", tuple(host.address for host in hdfs.datanodes))
    format_line = " ".join(hadoop.format_words(word(hdfs.conf_dir)))
    yield ByHand(
        f"On {name}, once, and only where {', '.join(node.name_dirs)} is empty: a format deletes what was in HDFS",
        (f"cd {home}", format_line),
    )
    yield ByHand(f"Start it on {name}, as {one_line(spec.user)}", (f"{home}/{hadoop.start_all}",))
