"""From answers to the desired cluster: defaults filled in, ranges expanded, every host complete.

Knows defaults. It must not know files or facts of hosts; which names are this machine it is told.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from validators.values import parse_hosts
from wizard.spec import (
    AdminSpec,
    ClusterSpec,
    FlinkSpec,
    HaSpec,
    HdfsSpec,
    HostSpec,
    JavaSpec,
    SshSpec,
    StartSpec,
)

from .answers import Answers, HostEntry
from .declared import DECLARED
from .ha import split_zookeeper, suggested_nodes
from .judging import same_name
from .keys import Key

ROLES = ("master", "standby", "workers")
"""What a host can be, in the order in which hosts are listed."""


def home_of(user: str) -> str:
    """Where that user's home is on most machines."""
    return "/root" if user == "root" else f"/home/{user}"


def build_spec(answers: Answers, *, is_here: Callable[[str], bool], login: str | None = None) -> ClusterSpec:
    """The desired cluster of complete answers. `is_here` says which names are this machine; `login` is the user when
    none was given: who runs this.

    Raises:
        KeyError: a required answer is missing; answers read as complete have them all.
    """
    user = answers.text_at("user") or login or getpass.getuser()
    version = _required(answers, "flink.version")
    hosts = _Hosts(answers, is_here)
    return ClusterSpec(
        cluster=_required(answers, "cluster"),
        user=user,
        master=hosts.of("master")[0],
        workers=hosts.of("workers"),
        flink=FlinkSpec(
            version=version,
            home=answers.text_at("flink.home") or f"{home_of(user)}/flink-{version}",
            source=_given(answers, "flink.source"),
            distribute=_given(answers, "flink.distribute"),
            config=MappingProxyType(dict(answers.pairs_at("flink.config"))),
            build_hadoop=answers.text_at("flink.build.hadoop"),
            build_scala=answers.text_at("flink.build.scala"),
            conf_dir=answers.text_at("flink.conf_dir"),
        ),
        ssh=_ssh(answers),
        java=JavaSpec(
            home=_given(answers, "java.home"),
            set_in=_given(answers, "java.set_in"),
            allow_unsupported=_given(answers, "java.allow_unsupported"),
        ),
        hdfs=_hdfs(answers, user, hosts),
        start=StartSpec(
            flink=_given(answers, "start.flink"),
            hdfs=_given(answers, "start.hdfs"),
            mode=_given(answers, "start.mode"),
        ),
        ha=_ha(answers, hosts),
        standby=hosts.of("standby"),
    )


def _required(answers: Answers, path: str) -> str:
    value = answers.text_at(path)
    if value is None:
        raise KeyError(path)
    return value


def _given(answers: Answers, path: str) -> Any:
    """The answer, or the declared default."""
    value = answers.get(path)
    return value if value is not None else cast(Key, DECLARED[path]).default


def _ssh(answers: Answers) -> SshSpec:
    admin = answers.text_at("ssh.admin.user")
    return SshSpec(
        port=cast("int | None", answers.get("ssh.port")),
        key=answers.text_at("ssh.key"),
        host_keys=_given(answers, "ssh.host_keys"),
        cluster_key=_given(answers, "ssh.cluster_key"),
        cluster_key_type=_given(answers, "ssh.cluster_key_type"),
        jump=answers.text_at("ssh.jump"),
        admin=AdminSpec(admin, answers.text_at("ssh.admin.key")) if admin else None,
    )


def _ha(answers: Answers, hosts: _Hosts) -> HaSpec | None:
    storage = answers.text_at("ha.storage_dir")
    if storage is None:
        return None
    nodes, servers = split_zookeeper(answers.list_at("ha.zookeeper"))
    known = {same_name(host.name): host.name for role in ROLES for host in hosts.of(role)}
    left_open = not nodes and not servers
    if left_open:
        nodes = suggested_nodes(tuple(dict.fromkeys(known.values())))
    # One that is no node is a problem of the answers; until it is mended the others serve.
    found = tuple(known[same_name(name)] for name in nodes if same_name(name) in known)
    return HaSpec(servers, storage, found, left_open)


def _hdfs(answers: Answers, user: str, hosts: _Hosts) -> HdfsSpec:
    mode = _given(answers, "hdfs.mode")
    if mode == "none":
        return HdfsSpec()
    version, home = answers.text_at("hdfs.version"), answers.text_at("hdfs.home")
    namenode, datanodes = answers.text_at("hdfs.namenode"), answers.list_at("hdfs.datanodes")
    if mode == "new":
        home = home or f"{home_of(user)}/hadoop-{version}"
        namenode = namenode or hosts.of("master")[0].name
        datanodes = datanodes or tuple(worker.name for worker in hosts.of("workers"))
        namenode = hosts.named(namenode)[0]
    return HdfsSpec(
        mode=mode,
        address=answers.text_at("hdfs.address"),
        conf_dir=answers.text_at("hdfs.conf_dir"),
        version=version,
        source=_given(answers, "hdfs.source"),
        home=home,
        distribute=_given(answers, "hdfs.distribute"),
        java_home=answers.text_at("hdfs.java_home"),
        namenode=namenode,
        datanodes=tuple(dict.fromkeys(name for names in datanodes for name in hosts.named(names))),
        name_dirs=answers.list_at("hdfs.name_dirs"),
        data_dirs=answers.list_at("hdfs.data_dirs"),
        replication=cast("int | None", answers.get("hdfs.replication")),
        config=MappingProxyType(dict(answers.pairs_at("hdfs.config"))),
        format=_given(answers, "hdfs.format"),
    )


class _Hosts:
    """The hosts of the answers. One that has several roles is described once, by all its entries together."""

    def __init__(self, answers: Answers, is_here: Callable[[str], bool]) -> None:
        self._answers = answers
        self._is_here = is_here
        everyone = [host for role in ROLES for host in self._written(role)]
        self._merged: dict[str, HostSpec] = {}
        for host in everyone:
            known = self._merged.get(same_name(host.name))
            self._merged[same_name(host.name)] = _together(known, host) if known else host

    def of(self, role: str) -> tuple[HostSpec, ...]:
        return tuple(self._merged[same_name(host.name)] for host in self._written(role))

    def named(self, text: str) -> tuple[str, ...]:
        """The hosts that a name or a range of names stands for, called as the cluster calls them."""
        found = (host.host for host in parse_hosts(text, underscores=True))
        return tuple(
            self._merged[key].name if (key := same_name(name)) in self._merged else name for name in found
        )

    def _written(self, role: str) -> Iterator[HostSpec]:
        for entry in self._answers.hosts_at(role):
            yield from host_specs(entry, self._is_here)


def host_specs(entry: HostEntry, is_here: Callable[[str], bool]) -> Iterator[HostSpec]:
    """Every host an entry stands for. A host with a port of its own is never this machine without ssh:
    such names lead into containers and tunnels."""
    for address in parse_hosts(entry.host, underscores=True):
        port = entry.port or address.port
        yield HostSpec(
            name=address.host,
            address=entry.address or address.host,
            user=entry.user or address.user,
            port=port,
            key=entry.key,
            local=port is None and is_here(address.host),
            taskmanagers=entry.taskmanagers,
            slots=entry.slots,
            memory_mib=entry.memory,
            java_home=entry.java_home,
        )


def _together(first: HostSpec, second: HostSpec) -> HostSpec:
    """What either entry says; the first where both say something."""
    address = first.address if first.address != first.name else second.address
    if address == second.name:
        address = first.name
    port = first.port or second.port
    return replace(
        first,
        address=address,
        user=first.user or second.user,
        port=port,
        key=first.key or second.key,
        local=first.local and second.local,
        taskmanagers=first.taskmanagers or second.taskmanagers,
        slots=first.slots or second.slots,
        memory_mib=first.memory_mib or second.memory_mib,
        java_home=first.java_home or second.java_home,
    )
