"""A running cluster as plain values, healthy in every point that a check looks at, of any Flink version.

A master m and workers w1 to w3; a case changes what differs. Nothing here is a mock: the values become facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tests.unit.runningbeside import JAVA_8, beside, ha_spec, hdfs_spec
from tests.unit.test_checks_install import made, over, own
from wizard.desired import Desired, settle
from wizard.facts import ClusterFacts, HostFacts
from wizard.flink.catalogue import line_of
from wizard.flink.configfile import config_line
from wizard.flink.java import module_flags
from wizard.servicefacts import ZooKeeperFacts
from wizard.spec import ClusterSpec, FlinkSpec, HostSpec

HOME = "/home/flink/flink"
WORKERS = ("w1", "w2", "w3")
HEALTHY = yaml.safe_load((Path(__file__).parent / "checks" / "healthy.yml").read_text())


def spec_of(case: Mapping[str, Any]) -> ClusterSpec:
    said = over(
        {"version": "2.3.0", "workers": list(WORKERS), "config": {}, "hosts": {}}, case.get("spec", {})
    )
    line = line_of(said["version"])
    config = {line.memory.taskmanager.key: line.memory.taskmanager.text(1600), **said["config"]}
    config.setdefault(line.keys.slots, "2")
    hosts = {
        name: HostSpec(**{"name": name, "address": name, **said["hosts"].get(name, {})})
        for name in ("m", *said["workers"])
    }
    workers = tuple(hosts[name] for name in said["workers"])
    asked: dict[str, Any] = {}
    if "hdfs" in said:
        asked["hdfs"] = hdfs_spec(said["hdfs"], workers)
    if "ha" in said:
        asked["ha"] = ha_spec(said["ha"])
        asked["standby"] = tuple(hosts[name] for name in said.get("standby", ["w1"]))
    flink = FlinkSpec(said["version"], HOME, config=config)
    return ClusterSpec("demo", "flink", hosts["m"], workers, flink, **asked)


def cluster_of(case: Mapping[str, Any]) -> tuple[Desired, ClusterFacts]:
    """What is wanted, and what is seen: the healthy cluster with the case's differences.

    `conf` edits keys of a host's configuration (null takes one out), `text` replaces it, `closed` holds
    [from, to, port, state], `listed` are the addresses at which the registered TaskManagers are.
    """
    spec = spec_of(case)
    line = line_of(spec.flink.version)
    bare = ClusterFacts(
        {name: _bare(name, number, line.java.recommended) for number, name in _numbered(spec)}
    )
    wanted = settle(spec, bare)
    plain: dict[str, Any] = {}
    for number, name in _numbered(spec):
        values = dict(wanted.nodes[name].config)
        java = f"/usr/lib/jvm/java-{line.java.recommended}"
        values[line.keys.java_home] = java
        flags = module_flags(line, line.java.recommended)
        if flags:
            values[flags.cluster_key] = " ".join(flags.cluster)
        values |= case.get("conf", {}).get(name, {})
        text = "".join(
            config_line(key, value, line) + "\n" for key, value in values.items() if value is not None
        )
        text = case.get("text", {}).get(name, text)
        workers = "".join(f"{entry}\n" for entry in wanted.worker_entries)
        running = {
            "name": name,
            **_java(line.java.recommended),
            "cores": 4,
            "memory_available_mib": 7000,
            "homes": {
                HOME: {
                    "path": HOME,
                    "exists": True,
                    "version": spec.flink.version,
                    "executable": True,
                    "writable": True,
                    "conf_dir": f"{HOME}/conf",
                    "jars": {f"flink-dist-{spec.flink.version}.jar": 100, "log4j-api.jar": 10},
                    "conf": {
                        line.config.file: _file(line.config.file, text),
                        line.lists.workers: _file(line.lists.workers, workers),
                    },
                }
            },
            "paths": {
                HOME: _directory(HOME, number),
                "/home/flink": _directory("/home/flink", number),
                f"{HOME}/log": _directory(f"{HOME}/log", number),
            },
            "daemons": [_daemon(kind, number) for kind in _kinds(spec, name)],
            "listening": [],
            "names": {host.address: [f"10.0.0.{place}"] for place, host in enumerate(spec.hosts, start=1)},
        }
        if name in (one.name for one in spec.jobmanagers):
            running["rest"] = {wanted.rest_of(name).key: _rest(wanted, case)}
        if name == "m":
            running["listening"] = [
                {"address": "0.0.0.0", "port": port, "pid": 11, "program": "java"}
                for port in (6123, wanted.web_port)
            ]
            running["logins"] = {
                worker: {"ok": True, "user": "flink", "hostname": worker}
                for worker in (w.name for w in spec.workers)
            }
        at = next((n for n, worker in enumerate(spec.workers) if worker.name == name), None)
        if at is not None:
            running["listening"] += [
                {"address": "0.0.0.0", "port": port, "pid": 20 + number, "program": "java"}
                for port in (400 + at, 500 + at)
            ]
        more = beside(wanted, name, case)
        for key in ("daemons", "listening"):
            more[key] = [*running[key], *more[key]]
        running = over(running, more)
        if wanted.hdfs is not None:
            running["javas"] = [*running["javas"], JAVA_8]
        if line.lists.masters:
            entries = case.get("masters", [*wanted.master_entries])
            text = "".join(f"{entry}\n" for entry in entries)
            running["homes"][HOME]["conf"][line.lists.masters] = _file(line.lists.masters, text)
        if name in case.get("workers_file", {}):
            running["homes"][HOME]["conf"][line.lists.workers] = _file(
                line.lists.workers, case["workers_file"][name]
            )
        whole = over(over(own(HEALTHY, name, str(number)), running), case.get("facts", {}).get("all", {}))
        plain[name] = over(whole, case.get("facts", {}).get(name, {}))
    facts = {name: made(HostFacts, value) for name, value in plain.items()}
    for source, target, port, state in case.get("closed", ()):
        facts = {**facts, source: _with_tcp(facts[source], target, port, state)}
    seen = ClusterFacts(facts)
    deaf = set(case.get("deaf", ()))
    if wanted.quorum is not None:
        told = {host: _zookeeper(wanted.quorum.servers, host not in deaf) for host in facts}
        facts = {host: replace(one, zookeeper=told[host]) for host, one in facts.items()}
    seen = ClusterFacts(facts)
    return settle(spec, seen), seen


def _zookeeper(servers: tuple[tuple[str, int], ...], serves: bool) -> dict[tuple[str, int], ZooKeeperFacts]:
    said = ZooKeeperFacts("standalone") if serves else ZooKeeperFacts("", "no answer in 5 s")
    return dict.fromkeys(servers, said)


def _numbered(spec: ClusterSpec) -> list[tuple[int, str]]:
    return list(enumerate(spec.names, start=1))


def _bare(name: str, number: int, java: int) -> HostFacts:
    return made(HostFacts, {**own(HEALTHY, name, str(number)), "name": name, "cores": 4, **_java(java)})


def _java(major: int) -> dict[str, Any]:
    home = f"/usr/lib/jvm/java-{major}"
    return {
        "javas": [{"home": home, "version": f"{major}.0.1", "major": major}],
        "java_command": {"home": "", "java": f"{home}/bin/java"},
        "java_login": {"home": "", "java": f"{home}/bin/java"},
    }


def _file(name: str, text: str) -> dict[str, Any]:
    return {"path": f"{HOME}/conf/{name}", "kind": "file", "mode": 0o644, "mtime": 1000.0, "text": text}


def _directory(path: str, number: int) -> dict[str, Any]:
    return {
        "path": path,
        "kind": "directory",
        "mode": 0o755,
        "writable": True,
        "fstype": "ext4",
        "free_mib": 50000,
        "inode": f"{number}:{number}34",
    }


def _kinds(spec: ClusterSpec, name: str) -> list[str]:
    return ["jobmanager"] * any(one.name == name for one in spec.jobmanagers) + [
        "taskmanager"
    ] * spec.is_worker(name)


def _daemon(kind: str, number: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "pid": 10 + number if kind == "jobmanager" else 20 + number,
        "user": "flink",
        "started": 2000.0,
        "conf_dir": f"{HOME}/conf",
        "home": HOME,
    }


def _rest(wanted: Desired, case: Mapping[str, Any]) -> dict[str, Any]:
    web = wanted.line.web
    at = case.get("listed", [worker.name for worker in wanted.spec.workers])
    listed = [
        {"id": f"{host}:50{n}-a", "path": f"pekko.tcp://flink@{host}:50{n}/user/rpc/tm", "dataPort": 400 + n,
         "slotsNumber": 2}
        for n, host in enumerate(at)
    ]  # fmt: skip
    overview = {web.taskmanager_count: len(listed), web.slot_count: 2 * len(listed)}
    if wanted.line.number >= (1, 0):
        overview["flink-version"] = wanted.spec.flink.version
    answers = {web.taskmanagers: {"taskmanagers": listed}, web.jobs: {"jobs": []}, web.overview: overview}
    return {"reachable": True, "answers": answers}


def _with_tcp(host: HostFacts, target: str, port: int, state: str) -> HostFacts:
    return replace(host, tcp={**host.tcp, (target, port): state})  # type: ignore[dict-item]
