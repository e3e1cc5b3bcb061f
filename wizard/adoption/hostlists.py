"""Flink's lists of hosts, conf/workers (conf/slaves before 1.11) and conf/masters, read as its scripts read them.

Knows the rules of a line (extractHostName of 0.9 to 2.3). It must not know hosts, nor what they resolve to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from validators.values import OWN_NAMES, ValueProblem, parse_host_address, shown

from ..facts import PathFacts
from ..flink.line import Line

_TOPOLOGY = re.compile(r".*/([0-9A-Za-z.-]+)")
LISTS = ("workers", "slaves")


@dataclass(frozen=True, slots=True)
class Listed:
    """One host of a list; `count` is how often it stands there, `line` the first time, from 1."""

    host: str
    user: str | None = None
    port: int | None = None
    count: int = 1
    line: int = 1


@dataclass(frozen=True, slots=True)
class HostList:
    """A list as it was read. `name` is its file in conf/, "" when there is none; `notes` are sentences."""

    name: str = ""
    hosts: tuple[Listed, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all_local(self) -> bool:
        """Whether the scripts start everything here, without ssh."""
        return bool(self.hosts) and all(one.host in OWN_NAMES for one in self.hosts)


def read_list(text: str, name: str) -> HostList:
    """The first word of each line, what follows a # left out, a topology prefix too; repetitions are counted."""
    found: dict[str, Listed] = {}
    notes: list[str] = []
    lines = text.split("\n")
    if any(line.endswith("\r") for line in lines):
        notes.append(f"conf/{name} has Windows line ends; older ssh takes them for a part of the names.")
    for number, line in enumerate(lines, 1):
        words = line.rstrip("\r").split()
        word = words[0].partition("#")[0] if words else ""
        if not word:
            continue
        rack = _TOPOLOGY.fullmatch(word)
        word = rack[1] if rack else word
        try:
            address = parse_host_address(word, underscores=True)
        except ValueProblem as problem:
            notes.append(f"conf/{name}, line {number}: {problem.sentence}. It was left out.")
            continue
        known = found.get(word)
        if known is None:
            found[word] = Listed(address.host, address.user, address.port, 1, number)
        else:
            found[word] = Listed(known.host, known.user, known.port, known.count + 1, known.line)
    return HostList(name, tuple(found.values()), tuple(notes))


def workers_of(conf: Mapping[str, PathFacts], line: Line) -> HostList:
    """The list that this Flink reads, else the one that lies there under the name of another line."""
    own = line.lists.workers
    other = next(name for name in LISTS if name != own)
    texts = {name: file.text for name in LISTS if (file := conf.get(name)) and file.text is not None}
    if own not in texts and other not in texts:
        return HostList(notes=(f"conf/{own} is not there.",))
    if own not in texts:
        read = read_list(texts[other], other)
        note = (
            f"conf/{own} is not there; Flink {line.name} does not read conf/{other}, whose hosts were taken."
        )
        return HostList(read.name, read.hosts, (note, *read.notes))
    read = read_list(texts[own], own)
    if other in texts and read_list(texts[other], other).hosts != read.hosts:
        note = f"conf/{other} names other hosts than conf/{own}; Flink {line.name} reads conf/{own} alone."
        return HostList(read.name, read.hosts, (note, *read.notes))
    return read


def masters_of(conf: Mapping[str, PathFacts], line: Line) -> HostList:
    """conf/masters, without its ports, which are those of the web interface; empty where this Flink has none."""
    file = conf.get(line.lists.masters) if line.lists.masters else None
    if file is None or file.text is None:
        return HostList()
    read = read_list(file.text, line.lists.masters or "")
    return replace(read, hosts=tuple(replace(one, port=None) for one in read.hosts))


def odd_ports(read: HostList) -> tuple[str, ...]:
    """What is to be said of entries like node1:2222 among the workers, which ssh takes for one name."""
    return tuple(
        f"conf/{read.name}, line {one.line}: {shown(f'{one.host}:{one.port}')} is one name to ssh; "
        "a port belongs into env.ssh.opts or the master's ~/.ssh/config."
        for one in read.hosts
        if one.port is not None
    )
