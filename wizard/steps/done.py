"""After the run: how to look at the cluster, stop it, start it, add a worker. Knows words and commands.

It must not know what a run came to: that is in the walk's outcome.
"""

from __future__ import annotations

from ..flink.catalogue import line_of
from ..needs import web_url
from ..spec import ClusterSpec
from ..view import View
from .step import ByHand, Step
from .typed import file_of, login, of_spec, word


def web_address(view: View) -> str:
    """Where the JobManager's web interface is, "" while no cluster is named."""
    if view.spec is None:
        return ""
    port = view.desired.web_port if view.desired else 8081
    return web_url(view.spec.master.address, port)


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    file = file_of(view)
    note = () if view.file else ("# FILE is the answers file; it is written once the cluster has a name.",)
    worker = spec.workers[-1].name if spec.workers else spec.master.name
    line, home = line_of(spec.flink.version), spec.flink.home
    log = view.desired.log_dir if view.desired else f"{home}/log"
    web = view.desired.web_port if view.desired else 8081
    at_master = login(spec, spec.master)
    on_master = () if spec.master.local else (at_master,)
    tunnel = (
        ()
        if spec.master.local
        else (login(spec, spec.master, "-N", "-L", f"{web}:{spec.master.address}:{web}"),)
    )
    start = " ".join(line.start_cluster(spec.start.mode))
    return (
        ByHand("What runs where", (*note, f"flink-wizard status {file}")),
        ByHand(
            "Stop, start, restart; with a host's name only that one",
            (
                f"flink-wizard stop {file}",
                f"flink-wizard start {file}",
                f"flink-wizard restart {file} {word(worker)}",
            ),
        ),
        ByHand(
            "Another worker, or one less",
            (f"flink-wizard add-worker {file} HOST", f"flink-wizard remove-worker {file} {word(worker)}"),
        ),
        *(
            (ByHand("Another standby JobManager", (f"flink-wizard add-jobmanager {file} HOST",)),)
            if spec.ha
            else ()
        ),
        ByHand(
            "With Flink's own scripts",
            (*on_master, f"{word(home + '/bin')}/stop-cluster.sh", f"{word(home + '/bin')}/{start}"),
        ),
        ByHand("The web interface", (web_address(view), *tunnel)),
        ByHand("Logs, on every host", (f"ls -lt {word(log)}",)),
        *_hdfs(view),
    )


def _hdfs(view: View) -> tuple[ByHand, ...]:
    hdfs = view.desired.hdfs if view.desired is not None else None
    if hdfs is None:
        return ()
    home, files = word(hdfs.home), " ".join(hdfs.hadoop.file_system_words(word(hdfs.conf_dir)))
    return (
        ByHand("The web page of the NameNode", (hdfs.page,)),
        ByHand(
            f"HDFS, on {hdfs.namenode.name}",
            (
                f"{home}/{files} -ls /",
                f"{home}/{hdfs.hadoop.stop_all}",
                f"{home}/{hdfs.hadoop.start_all}",
                f"ls -lt {word(hdfs.logs)}",
            ),
        ),
    )


DONE = Step(
    "done",
    "Done",
    "What was verified on the cluster itself, with numbers. From here you look, stop, start, or add a worker.",
    by_hand=_by_hand,
)
