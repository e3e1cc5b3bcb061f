"""What is kept on the master of an installed cluster, as text: which Flink, where, with which suggestions applied.

It holds no time, so that an unchanged cluster has an unchanged record.
"""

from __future__ import annotations

import json

from .desired import Desired


def records_of(answers: str, desired: Desired) -> tuple[tuple[str, str], ...]:
    """The files that are kept on the master, each with its text."""
    return (("answers.yaml", answers), ("manifest.json", manifest_text(desired)))


def manifest_text(desired: Desired) -> str:
    """The record as JSON, with sorted keys."""
    spec = desired.spec
    record: dict[str, object] = {
        "version": 1,
        "cluster": spec.cluster,
        "flink": {"version": spec.flink.version, "home": spec.flink.home},
        "user": spec.user,
        "master": spec.master.name,
        "nodes": {
            name: {"config": dict(node.config), "taskmanagers": node.taskmanagers, "slots": node.slots}
            for name, node in desired.nodes.items()
        },
    }
    hdfs = desired.hdfs
    if hdfs is not None:
        record["hdfs"] = {
            "version": hdfs.hadoop.version,
            "home": hdfs.home,
            "address": hdfs.address,
            "namenode": hdfs.namenode.name,
            "replication": hdfs.replication,
            "directories": {
                name: {"name": list(node.name_dirs), "data": list(node.data_dirs)}
                for name, node in hdfs.nodes.items()
                if node.name_dirs or node.data_dirs
            },
        }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"
