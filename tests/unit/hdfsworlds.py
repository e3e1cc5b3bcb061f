"""Clusters with an HDFS for tests of plans: bare, formatted, with data, half formatted, as small functions with names."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tests.unit.worlds import JAVAS, STATE, TAR, cluster, host, spec
from wizard.commands import FetchChoice
from wizard.desired import settle
from wizard.facts import ClusterFacts, HomeFacts, HostFacts
from wizard.hadoop.catalogue import hadoop_of
from wizard.plan import Plan
from wizard.plans.install import INSTALL, Context, StageMaker, plan_of
from wizard.servicefacts import StorageFacts
from wizard.spec import ClusterSpec, HdfsSpec

HADOOP_HOME = "/home/flink/hadoop"
NAME, DATA = "/data/name", "/data/data"
HADOOP_TAR = "/home/op/.cache/flink-wizard/hadoop.tar"


def hdfs_spec(version: str = "2.7.3", workers: int = 2, flink: str = "2.3.0", **changes: Any) -> ClusterSpec:
    values: dict[str, Any] = {
        "mode": "new",
        "version": version,
        "home": HADOOP_HOME,
        "namenode": "m",
        "datanodes": tuple(f"w{number}" for number in range(1, workers + 1)),
        "name_dirs": (NAME,),
        "data_dirs": (DATA,),
        "format": "if-empty",
    }
    more = changes.pop("more", {})
    return spec(flink, workers, hdfs=HdfsSpec(**{**values, **changes}), **more)


def bare(path: str) -> StorageFacts:
    return StorageFacts(path, "missing", writable=True, fstype="ext4", free_mib=50_000)


def formatted(path: str, id: str = "CID-a", kind: str = "NAME_NODE", **more: Any) -> StorageFacts:
    fields = {"storageType": kind, "clusterID": id, "namespaceID": id}
    seen = replace(bare(path), state="formatted", version=MappingProxyType(fields), entries=("current",))
    return replace(seen, files=7, mib=3, **more)


def holding(path: str, state: str, *entries: str, **more: Any) -> StorageFacts:
    return replace(bare(path), state=state, entries=entries or ("current",), **more)


def hdfs_host(name: str, *stores: StorageFacts, **changes: Any) -> HostFacts:
    """A host with Java 8 and 17, and these directories; without any, the bare ones of its role."""
    own = stores or (bare(NAME if name == "m" else DATA),)
    version = changes.pop("version", "2.7.3")
    conf = f"{HADOOP_HOME}/{hadoop_of(version).conf_dir}"
    facts = host(name, javas=(JAVAS[8], JAVAS[17]), **changes)
    homes = {**facts.homes, HADOOP_HOME: HomeFacts(HADOOP_HOME, False, conf_dir=conf)}
    return replace(
        facts,
        homes=MappingProxyType(homes),
        storage=MappingProxyType({store.path: store for store in own}),
    )


def hdfs_cluster(wish: ClusterSpec, **hosts: HostFacts) -> ClusterFacts:
    version = wish.hdfs.version or "2.7.3"
    return cluster(*(hosts.get(name) or hdfs_host(name, version=version) for name in wish.names))


def hdfs_plan(
    wish: ClusterSpec,
    facts: ClusterFacts,
    makers: tuple[tuple[str, StageMaker], ...] = INSTALL,
    run_id: str = "run1",
    leaving: frozenset[str] = frozenset(),
) -> Plan:
    choice = (FetchChoice("path", "/srv/hadoop.tar.gz"),)
    owner = f"run {run_id} by op on desk/boot as process 1/2 since 2026-01-01T00:00:00+00:00"
    context = Context(run_id, STATE, TAR, choice, owner, "", (), HADOOP_TAR, choice, leaving)
    return plan_of("install", makers, settle(wish, facts), context)
