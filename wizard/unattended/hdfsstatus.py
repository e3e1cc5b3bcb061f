"""What `status` says of an HDFS: its daemons on each host, and what the NameNode tells of all of them.

Knows facts and words. It must not know how anything is read or printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired
from ..facts import ClusterFacts, HostFacts
from ..hadoop.catalogue import Daemon
from ..operations.hdfsdaemons import hadoop_is_stale
from ..operations.hdfsprove import seen_at
from ..text import one_line
from ..words import DAEMONS, counted


def hadoop_daemons(desired: Desired, host: str, seen: HostFacts) -> Iterator[tuple[str, bool]]:
    """A phrase for each daemon of the HDFS that belongs on this host or runs there, and whether that is well."""
    hdfs = desired.hdfs
    if hdfs is None:
        return
    wanted: dict[Daemon, bool] = {
        "namenode": host == hdfs.namenode.name,
        "datanode": host in {one.name for one in hdfs.datanodes},
    }
    for kind, belongs in wanted.items():
        running = [
            one
            for one in seen.daemons or ()
            if one.kind == kind and seen.runs_from(one, hdfs.home, hdfs.conf_dir)
        ]
        if not belongs and not running:
            continue
        pids = ", ".join(str(one.pid) for one in running)
        phrase = f"{DAEMONS[kind]} {len(running)} of {int(belongs)}" + (f" (pid {pids})" if pids else "")
        if any(hadoop_is_stale(seen, one, hdfs.home, hdfs.hadoop) for one in running):
            phrase += ", restart pending"
        yield phrase, len(running) == int(belongs) or not desired.spec.start.hdfs


def hdfs_status(desired: Desired, facts: ClusterFacts) -> tuple[str, bool]:
    """A sentence on the whole HDFS and whether it is well; "" where there is none."""
    hdfs, told = desired.hdfs, desired.joined
    if told is None or (hdfs is not None and not desired.spec.start.hdfs):
        return "", True
    host = hdfs.namenode.name if hdfs is not None else desired.spec.master.name
    for web in told.webs:
        seen = seen_at(facts, host, web)
        if seen is None:
            continue
        live = "an unknown number of" if seen.live is None else str(seen.live)
        nodes = f"{live} DataNodes live"
        if hdfs is not None:
            nodes = f"{live} of {counted(len(hdfs.datanodes), 'DataNode')} live"
        safe = f"; safe mode: {one_line(seen.safe_mode, 160)}" if seen.safe_mode else ""
        wanted = len(hdfs.datanodes) if hdfs is not None else 1
        well = not safe and (seen.live is None or seen.live >= wanted)
        return f"HDFS {one_line(told.address, 120)}: {nodes}{safe}; {web.url}", well
    asked = " and ".join(web.url for web in told.webs)
    return f"the NameNode does not answer on {asked or 'its address, which is not known'}", False
