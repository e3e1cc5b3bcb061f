"""The configuration of one node as its Flink reads it.

Knows which file counts on which line. It must not know hosts, nor what becomes of a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..facts import HomeFacts
from ..flink.configfile import ConfigUnreadable, read_config
from ..flink.line import FLAT_CONFIG, Line

_FLAT_JAVA = re.compile(r"^[ ]*env\.java\.home[ ]*: ([^#\r\n]*)", re.M)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NodeConf:
    """`file` is the path that was read, "" when there is none. `notes` are sentences for the operator.

    `readable` False: Flink cannot read the file either, so its values are unknown.
    """

    file: str = ""
    values: Mapping[str, str] = field(default_factory=_nothing)
    notes: tuple[str, ...] = ()
    readable: bool = True

    @property
    def known(self) -> bool:
        return bool(self.file) and self.readable


def conf_of(line: Line, home: HomeFacts | None) -> NodeConf:
    """What this home's Flink takes from its configuration directory."""
    if home is None or not home.exists:
        return NodeConf(notes=("the Flink home is not there",))
    files = {name: file for name, file in home.conf.items() if file.text is not None}
    own, format_ = line.config.in_use(files.get)
    flat, new = files.get(FLAT_CONFIG), files.get(line.config.file)
    notes: list[str] = []
    if flat is not None and flat is not own:
        notes.append(f"Flink {line.name} does not read the {FLAT_CONFIG} beside it")
    elif new is not None and new is not own:
        notes.append(f"Flink {line.name} reads {FLAT_CONFIG}; {line.config.file} beside it has no effect")
    if own is None or own.text is None:
        where = home.conf_dir or f"{home.path}/conf"
        missing = f"{where}/{line.config.file} is not there, or may not be read"
        return NodeConf(notes=(missing, *notes))
    if line.config.merges_directory:
        more = sorted(
            name
            for name in home.conf
            if name.endswith((".yaml", ".yml", ".xml")) and name != line.config.file
        )
        if more:
            notes.append(
                f"Flink {line.name} also reads {', '.join(more)} beside it, which were not looked into"
            )
    try:
        read = read_config(own.text, format_)
    except ConfigUnreadable as broken:
        return NodeConf(own.path, notes=(f"{own.path} cannot be read, {broken}", *notes), readable=False)
    notes += [f"{own.path}, line {problem.line}: {problem.text}" for problem in read.problems]
    values = dict(read.values)
    key = line.keys.java_home
    if format_ == "yaml" and key in values and _FLAT_JAVA.search(own.text) is None:
        # The scripts look for this one key with sed, line by line.
        notes.append(f"{own.path}: {key} is not on a line of its own, so Flink's scripts do not see it")
        del values[key]
    return NodeConf(own.path, MappingProxyType(values), tuple(notes))
