"""What makes answers fit together: hosts named once, versions that exist, keys that Flink reads.

Judges what the file alone shows, value against value. It must not know facts of hosts: what only a look at
them can show is for the checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validators.values import is_own_name, parse_hosts, shown
from wizard.flink.catalogue import (
    UnknownBuild,
    UnknownVersion,
    archive_names,
    is_released,
    line_of,
    nearest_version,
)
from wizard.flink.keys import judge_key
from wizard.hadoop.catalogue import UnknownHadoop, hadoop_of, same_setting

from .answers import Answers, HostEntry
from .ha import split_zookeeper
from .problem import Problem
from .tree import Place

_NAMED_ELSEWHERE = {
    "fs.defaultFS": "hdfs.address",
    "dfs.namenode.name.dir": "hdfs.name_dirs",
    "dfs.datanode.data.dir": "hdfs.data_dirs",
}
"""Settings of Hadoop that have an answer of their own, under their newest name."""

_ONE_WORKER = "host: {0}, taskmanagers: 2"


def same_name(host: str) -> str:
    """The form in which two spellings of one host name are equal."""
    return host.lower().removesuffix(".")


def judge(
    answers: Answers, places: Mapping[str, Place], refused: set[str], complete: bool = True
) -> list[Problem]:
    """Problems between values that each read well. Paths in `refused` were given, but could not be read.

    Without `complete` an answer that others need and that is missing is no problem: it will be asked for.
    """
    judging = _Judging(answers, places, refused, complete)
    found = [
        *judging.hosts(),
        *judging.loopback(),
        *judging.standby(),
        *judging.ha(),
        *judging.flink(),
        *judging.config(),
        *judging.idle(),
        *judging.hdfs(),
    ]
    return found


@dataclass(slots=True)
class _Named:
    """One host of an entry, after ranges are expanded."""

    name: str
    path: str
    entry: HostEntry


@dataclass(slots=True)
class _Judging:
    answers: Answers
    places: Mapping[str, Place]
    refused: set[str]
    complete: bool

    def problem(self, path: str, sentence: str, warning: bool = False) -> Problem:
        place = self.places.get(path)
        while place is None and "." in path:
            path = path.rpartition(".")[0]
            place = self.places.get(path)
        line, column = (place.line, place.column) if place else (0, 0)
        return Problem(self.answers.file, line, column, path, sentence, "warning" if warning else "error")

    def named(self, role: str) -> Iterator[_Named]:
        entries = self.answers.hosts_at(role)
        # Entries that could not be read are not among the values, so an index is taken from the places.
        paths = [path for path in self._entry_paths(role) if path not in self.refused]
        for entry, path in zip(entries, paths, strict=False):
            for address in entry.addresses():
                yield _Named(address.host, path, entry)

    def _entry_paths(self, role: str) -> list[str]:
        if role == "master":
            return ["master"]
        paths: list[str] = []
        index = 0
        while (path := f"{role}[{index}]") in self.places:
            if f"{path}.host" not in self.refused:
                paths.append(path)
            index += 1
        return paths

    def hosts(self) -> Iterator[Problem]:
        """No host twice in one list, and no two hosts with one address."""
        taken: dict[str, _Named] = {}
        for role in ("workers", "standby"):
            seen: dict[str, _Named] = {}
            for named in self.named(role):
                first = seen.setdefault(same_name(named.name), named)
                if first is not named:
                    yield self.twice(role, named, first)
        for role in ("master", "standby", "workers"):
            for named in self.named(role):
                entry = named.entry
                if entry.address is None:
                    continue
                if len(entry.addresses()) > 1:
                    yield self.problem(
                        f"{named.path}.address",
                        "one address cannot serve a range of hosts; list them one by one",
                    )
                    break
                first = taken.setdefault(same_name(entry.address), named)
                if same_name(first.name) != same_name(named.name):
                    sentence = f"{first.name} and {named.name} cannot both have the address {entry.address}"
                    yield self.problem(f"{named.path}.address", sentence)

    def twice(self, role: str, named: _Named, first: _Named) -> Problem:
        place = self.places.get(first.path)
        where = f" (first in line {place.line})" if place else ""
        hint = (
            f"; for more TaskManagers there write {{{_ONE_WORKER.format(first.name)}}}"
            if role == "workers"
            else ""
        )
        return self.problem(named.path, f"{named.name} is listed twice{where}{hint}")

    def loopback(self) -> Iterator[Problem]:
        """In a cluster of several hosts nobody can reach one of them as localhost."""
        everyone = [named for role in ("master", "standby", "workers") for named in self.named(role)]
        others = {same_name(named.name) for named in everyone}
        before: list[_Named] = []
        told: set[str] = set()
        for named in everyone:
            if not is_own_name(named.name) or named.entry.address or len(others) == 1 or named.path in told:
                continue
            mates = [other.name for other in before if same_name(other.name) != same_name(named.name)]
            before.append(named)
            if mates:
                sentence = f"{mates[0]} and {named.name} are both this machine; use one name for it"
            elif any(not is_own_name(other) for other in others):
                sentence = f"the other hosts cannot reach this one as {named.name}; write its own name"
            else:
                continue
            told.add(named.path)
            yield self.problem(named.path, sentence)

    def standby(self) -> Iterator[Problem]:
        masters = {same_name(named.name) for named in self.named("master")}
        for named in self.named("standby"):
            if same_name(named.name) in masters:
                yield self.problem(named.path, f"{named.name} is the master already")
        if self.answers.hosts_at("standby") and not any(path.startswith("ha.") for path in self._given()):
            yield self.problem("standby", "needs ha: {zookeeper: [HOST…], storage_dir: …} to take over")

    def ha(self) -> Iterator[Problem]:
        """A Flink that has it, a ZooKeeper of one kind, on nodes of the cluster or at addresses, and a lasting place."""
        if not any(path.startswith("ha.") for path in self._given()):
            return
        version = self.answers.text_at("flink.version") or ""
        if is_released(version) and line_of(version).ha is None:
            sentence = f"Flink {line_of(version).name} knows no standby JobManagers; they came with 0.10"
            yield self.problem("ha", sentence)
        storage = self.answers.text_at("ha.storage_dir") or ""
        if storage.removeprefix("file://").startswith("/tmp"):
            sentence = (
                "is below /tmp, which a restart of the host may empty; name a shared directory that lasts"
            )
            yield self.problem("ha.storage_dir", sentence, warning=True)
        if "ha.zookeeper" not in self.refused:
            yield from self.zookeeper()

    def zookeeper(self) -> Iterator[Problem]:
        names, servers = split_zookeeper(self.answers.list_at("ha.zookeeper"))
        if names and servers:
            sentence = f"{names[0]} without a port is a node that shall run it, {servers[0]} is there already; name one kind"
            yield self.problem("ha.zookeeper", sentence)
            return
        roles = ("master", "standby", "workers")
        nodes = {same_name(named.name) for role in roles for named in self.named(role)}
        known = not {"master", "workers", "standby"} & self.refused and bool(self.answers.hosts_at("workers"))
        for name in names if known else ():
            if same_name(name) not in nodes:
                sentence = f"{shown(name)} is none of the cluster's hosts; for a server that is there already write {name}:2181"
                yield self.problem("ha.zookeeper", sentence)
        written = [same_name(name) for name in (*names, *servers)]
        for name in dict.fromkeys(one for one in written if written.count(one) > 1):
            yield self.problem("ha.zookeeper", f"{name} is listed twice")
        if len(names) == 1 and self.answers.hosts_at("standby"):
            sentence = f"when {names[0]} is lost, no standby can take over; three nodes can spare one"
            yield self.problem("ha.zookeeper", sentence, warning=True)
        elif len(names) > 1 and len(names) % 2 == 0:
            more, spare = len(names) + 1, (len(names) - 1) // 2
            sentence = f"{len(names)} servers can spare {spare}, as many as {len(names) - 1}; name an odd number, such as {more}"
            yield self.problem("ha.zookeeper", sentence, warning=True)

    def _given(self) -> set[str]:
        return {*self.answers.values, *self.refused}

    def flink(self) -> Iterator[Problem]:
        """A Flink that was released, in a build that was published, in a directory of its own."""
        version = self.answers.text_at("flink.version")
        if version is None:
            return
        if not is_released(version):
            near = nearest_version(version)
            hint = f"; did you mean {near}?" if near else ""
            yield self.problem("flink.version", f"there is no Flink {version}{hint}")
            return
        hadoop, scala = self.answers.text_at("flink.build.hadoop"), self.answers.text_at("flink.build.scala")
        if hadoop is not None or scala is not None:
            try:
                archive_names(version, hadoop, scala)
            except (UnknownBuild, UnknownVersion) as error:
                yield self.problem("flink.build.hadoop" if hadoop else "flink.build.scala", str(error))
        user, home = self.answers.text_at("user"), self.answers.text_at("flink.home")
        if home is not None and home in (f"/home/{user}", "/root"):
            yield self.problem("flink.home", f"{home} is a user's home; name a directory of its own below it")

    def config(self) -> Iterator[Problem]:
        """Keys that this Flink does not read, or reads under another name."""
        version = self.answers.text_at("flink.version")
        if version is None or not is_released(version):
            return
        for key in self.answers.pairs_at("flink.config"):
            verdict = judge_key(version, key)
            if verdict.standing != "known":
                outdated = verdict.standing == "removed" or (verdict.standing == "later" and verdict.other)
                sentence = verdict.sentence
                if verdict.standing == "later" and verdict.other:
                    sentence += f"; use {verdict.other}"
                yield self.problem(f"flink.config.{key}", sentence, warning=not outdated)

    def idle(self) -> Iterator[Problem]:
        """What only a worker reads, said of a master that is none; a mode that only 0.9 and 0.10 know."""
        workers = {same_name(named.name) for named in self.named("workers")}
        for named in self.named("master") if "workers" not in self.refused else ():
            for key in ("taskmanagers", "slots", "memory"):
                if same_name(named.name) not in workers and getattr(named.entry, key) is not None:
                    sentence = f"has no effect while {named.name} is not among the workers"
                    yield self.problem(f"{named.path}.{key}", sentence, warning=True)
        version = self.answers.text_at("flink.version") or ""
        if (
            self.answers.get("start.mode")
            and is_released(version)
            and not version.startswith(("0.9", "0.10"))
        ):
            yield self.problem("start.mode", f"has no effect on Flink {version}", warning=True)

    def new_hdfs(self, given: set[str]) -> Iterator[Problem]:
        """What the answers alone show of a new HDFS: a Hadoop that is known, places that last, copies that fit."""
        version = self.answers.text_at("hdfs.version")
        if "hdfs.version" not in given and self.complete:
            yield self.problem("hdfs.mode", 'new needs hdfs.version; for example "3.3.6"')
        elif version is not None:
            try:
                hadoop_of(version)
            except UnknownHadoop as unknown:
                yield self.problem("hdfs.version", str(unknown))
        if self.answers.text_at("hdfs.source") == "pypi":
            yield self.problem(
                "hdfs.source", "Hadoop is not on PyPI; use auto, apache, or a path or URL of an archive"
            )
        if self.answers.text_at("hdfs.distribute") == "shared":
            sentence = "a shared Hadoop is not carried out, because each node has directories and a Java of its own; use copy"
            yield self.problem("hdfs.distribute", sentence)
        if self.answers.get("hdfs.conf_dir") is not None:
            yield self.problem(
                "hdfs.conf_dir", "has no effect on a new HDFS: it lies in hdfs.home", warning=True
            )
        for path in ("hdfs.name_dirs", "hdfs.data_dirs"):
            for index, directory in enumerate(self.answers.list_at(path)):
                if directory == "/tmp" or directory.startswith("/tmp/"):
                    sentence = f"{directory} is below /tmp, which is emptied; name a directory that lasts"
                    yield self.problem(f"{path}[{index}]", sentence)
        both = set(self.answers.list_at("hdfs.name_dirs")) & set(self.answers.list_at("hdfs.data_dirs"))
        for directory in sorted(both):
            yield self.problem(
                "hdfs.data_dirs", f"{directory} is a directory of the NameNode too; name another one"
            )
        for key in self.answers.pairs_at("hdfs.config"):
            if instead := _NAMED_ELSEWHERE.get(same_setting(key)[-1]):
                yield self.problem(f"hdfs.config.{key}", f"write {instead} instead, so that it is looked at")
        yield from self.replication()

    def replication(self) -> Iterator[Problem]:
        """More copies than DataNodes can never be made."""
        copies = self.answers.get("hdfs.replication")
        path, said = "hdfs.replication", self.answers.pairs_at("hdfs.config").get("dfs.replication", "")
        if said.isdigit():
            path, copies = "hdfs.config.dfs.replication", int(said)
        if not isinstance(copies, int) or {"workers", "hdfs.datanodes"} & self.refused:
            return
        named = self.answers.list_at("hdfs.datanodes")
        nodes = {
            same_name(host.host) for names in named for host in parse_hosts(names, underscores=True)
        } or {same_name(one.name) for one in self.named("workers")}
        if nodes and copies > len(nodes):
            have = "1 DataNode" if len(nodes) == 1 else f"{len(nodes)} DataNodes"
            yield self.problem(path, f"{copies} copies cannot be kept on {have}; write {len(nodes)} or less")

    def hdfs(self) -> Iterator[Problem]:
        """Each mode of HDFS has keys that it needs and keys that mean nothing to it."""
        if "hdfs.mode" in self.refused:
            return
        mode = self.answers.text_at("hdfs.mode") or "none"
        given = self._given()
        if mode == "none":
            for path in sorted(path for path in self.answers.values if path.startswith("hdfs.")):
                if path != "hdfs.mode":
                    yield self.problem(path, "has no effect while hdfs.mode is none", warning=True)
        if mode == "new":
            yield from self.new_hdfs(given)
        home = self.answers.text_at("hdfs.home")
        if home is not None and home == self.answers.text_at("flink.home"):
            yield self.problem("hdfs.home", f"{home} is the home of Flink; name another directory")
        nodes = {
            same_name(named.name) for role in ("master", "standby", "workers") for named in self.named(role)
        }
        wanted = [("hdfs.namenode", self.answers.text_at("hdfs.namenode"))]
        wanted += [
            (f"hdfs.datanodes[{i}]", name) for i, name in enumerate(self.answers.list_at("hdfs.datanodes"))
        ]
        if mode != "new" or {"master", "workers"} & self.refused:
            return
        hosts = list(parse_hosts(wanted[0][1], underscores=True)) if wanted[0][1] else []
        if len(hosts) > 1:
            yield self.problem("hdfs.namenode", f"{len(hosts)} hosts are named; there is one NameNode")
        for path, names in wanted:
            for name in (host.host for host in parse_hosts(names, underscores=True)) if names else ():
                if same_name(name) not in nodes:
                    yield self.problem(path, f"{shown(name)} is none of the cluster's hosts")
