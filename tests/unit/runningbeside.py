"""What runs beside Flink on a healthy cluster, as plain values: an HDFS, two JobManagers with ZooKeeper, and logs.

A case asks for it with `spec: {hdfs: {…}}` or `spec: {ha: {…}}` and says in `files`, `facts` and `deaf` what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.desired import Desired
from wizard.hadoop.jmx import answers_of
from wizard.hadoop.sitexml import edit_site
from wizard.hdfs import Hdfs
from wizard.spec import ClusterSpec, HaSpec, HdfsSpec, HostSpec

HADOOP = "/opt/hadoop"
NAME, DATA = "/data/name", "/data/data"
STORAGE = "/mnt/ha"
JAVA_8 = {"home": "/usr/lib/jvm/java-8", "version": "1.8.0_1", "major": 8}


def hdfs_spec(said: Mapping[str, Any], workers: tuple[HostSpec, ...]) -> HdfsSpec:
    """An HDFS with its NameNode on m and a DataNode on each worker, unless the case says otherwise."""
    if said.get("mode") == "existing":
        return HdfsSpec(**said)
    usual = {
        "mode": "new",
        "version": "2.7.3",
        "home": HADOOP,
        "namenode": "m",
        "datanodes": tuple(worker.name for worker in workers),
        "name_dirs": (NAME,),
        "data_dirs": (DATA,),
    }
    return HdfsSpec(
        **{
            **usual,
            **{name: tuple(part) if isinstance(part, list) else part for name, part in said.items()},
        }
    )


def ha_spec(said: Mapping[str, Any]) -> HaSpec:
    """ZooKeeper on w2, as Flink brings it."""
    nodes = tuple(said.get("nodes", ["w2"]))
    return HaSpec(tuple(said.get("zookeeper", ())), said.get("storage_dir", STORAGE), nodes)


def beside(wanted: Desired, name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one host that come on top of Flink's; lists are to be joined with Flink's own."""
    more: dict[str, Any] = {"daemons": [], "listening": []}
    if wanted.hdfs is not None:
        more = _with(more, _hadoop(wanted.hdfs, wanted.spec, name, case))
    if wanted.spec.ha is not None:
        more = _with(more, _ha(wanted, name))
    return more


def _with(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    joined = {**one, **other}
    for key in ("daemons", "listening"):
        joined[key] = [*one[key], *other[key]]
    return joined


def _hadoop(hdfs: Hdfs, spec: ClusterSpec, name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    node = hdfs.nodes[name]
    said: Mapping[str, str] = case.get("files", {}).get(name, {})
    texts = {
        "core-site.xml": edit_site("", dict(node.core)),
        "hdfs-site.xml": edit_site("", dict(node.site)),
        hdfs.hadoop.env_file: "export JAVA_HOME=/usr/lib/jvm/java-8\n",
        hdfs.hadoop.workers_file: "".join(f"{one.address}\n" for one in hdfs.datanodes),
    }
    texts |= said
    for file, pairs in case.get("site", {}).get(name, {}).items():
        texts[file] = edit_site(texts[file], pairs)
    kinds = ["namenode"] * (name == hdfs.namenode.name) + ["datanode"] * bool(node.data_dirs)
    stores = {path: _store(path, "NAME_NODE") for path in node.name_dirs}
    stores |= {path: _store(path, "DATA_NODE") for path in node.data_dirs}
    live = [one.name for one in hdfs.datanodes]
    facts: dict[str, Any] = {
        "daemons": [
            {
                "kind": kind,
                "pid": 40 if kind == "namenode" else 41,
                "user": "flink",
                "started": 2000.0,
                "conf_dir": hdfs.conf_dir,
                "home": HADOOP,
                "command": f"java -Dhadoop.log.dir={HADOOP}/logs -Dhadoop.log.file=hadoop-flink-{kind}-{name}.log",
            }
            for kind in kinds
        ],
        "listening": [
            {"address": "0.0.0.0", "port": port, "pid": 40, "program": "java"}
            for port in (hdfs.rpc_port, hdfs.web.port)
            if "namenode" in kinds
        ],
        "homes": {
            HADOOP: {
                "path": HADOOP,
                "exists": True,
                "version": hdfs.hadoop.version,
                "conf_dir": hdfs.conf_dir,
                "writable": True,
                "conf": {
                    file: {
                        "path": f"{hdfs.conf_dir}/{file}",
                        "kind": "file",
                        "mode": 0o644,
                        "mtime": 1000.0,
                        "text": text,
                    }
                    for file, text in texts.items()
                },
            }
        },
        "storage": stores,
        "login_environment": {"HADOOP_CLASSPATH": f"{HADOOP}/share/hadoop/common/*"},
    }
    if "namenode" in kinds:
        facts["rest"] = {
            hdfs.web.key: {"reachable": True, "answers": answers_of(len(live), tuple(live))},
        }
    return facts


def _store(path: str, kind: str) -> dict[str, Any]:
    return {
        "path": path,
        "state": "formatted",
        "version": {"storageType": kind, "clusterID": "CID-a", "namespaceID": "1"},
        "entries": ["current"],
        "files": 7,
        "mib": 3,
        "writable": True,
        "mode": 0o700,
        "owner": "flink",
        "fstype": "ext4",
        "free_mib": 50000,
    }


def _ha(wanted: Desired, name: str) -> dict[str, Any]:
    spec, home = wanted.spec, wanted.spec.flink.home
    nodes = spec.ha.nodes if spec.ha else ()
    facts: dict[str, Any] = {
        "daemons": [
            {
                "kind": "zookeeper",
                "pid": 50,
                "user": "flink",
                "started": 2000.0,
                "conf_dir": f"{home}/conf",
                "home": home,
            }
        ]
        if name in nodes
        else [],
        "listening": [],
        "paths": {
            STORAGE: {
                "path": STORAGE,
                "kind": "directory",
                "mode": 0o755,
                "owner": "flink",
                "writable": True,
                "inode": f"{name}:77",
            }
        },
    }
    quorum = wanted.quorum
    if quorum is not None:
        facts["znodes"] = {quorum.paths[0]: "pekko.tcp://flink@m:6123/user/rpc/dispatcher"}
    return facts
