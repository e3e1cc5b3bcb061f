"""Flink's configuration on one node: an operator's file is edited in place, an untouched one is replaced by ours.

Knows which values this node shall have. It must not know where suggestions come from, or start anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, Upload
from ..facts import ClusterFacts, HomeFacts, HostFacts, PathFacts
from ..flink.configfile import ConfigUnreadable, ValueNotWritable, edit_config, read_config
from ..flink.java import module_flags
from ..flink.line import Format, Line
from ..flink.template import render_config
from ..javachoice import JavaChoice, JavaWish
from ..needs import Home, Javas, Need, Paths
from ..product import FLINK, HADOOP, Product
from .operation import CannotOperate, Operation


@dataclass(frozen=True)
class WriteConfig(Operation):
    """`values` are wanted, `unset` must be absent, `fresh` only go into a file that is new.

    With `java` the node's own Java home is written too, with the module flags that an unsupported Java needs.
    """

    touched = (Home, Paths)
    home: str
    line: Line
    values: tuple[tuple[str, str], ...]
    unset: tuple[str, ...] = ()
    fresh: tuple[tuple[str, str], ...] = ()
    java: JavaWish | None = None
    java_in_config: bool = True
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "write-config"

    @property
    def title(self) -> str:
        return f"Write conf/{self.line.config.file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        homes = (self.java.home,) if self.java and self.java.home != "auto" else ()
        return {self.host: (Home(self.home, self.conf_dir), Javas(homes))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        file, fmt = self._file(facts)
        if file is None or file.text is None or self._untouched(facts, file):
            return False
        try:
            found = self._seen(file.text, fmt)
        except ConfigUnreadable:
            return False
        wanted = self._wanted(facts, found)
        return all(found.get(key) == value for key, value in wanted.items()) and not set(self.unset) & set(
            found
        )

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        file, fmt = self._file(facts)
        path = self._path(facts)
        if file is not None and file.text is None:
            raise CannotOperate(
                f"{path} cannot be read, so it is not written either.",
                f"{file.kind}, {file.size if file.size is not None else 'unknown'} bytes, owner {file.owner or 'unknown'}",
                "Give it to the user that runs Flink, or move it away: then a new one is written.",
            )
        try:
            if file is None or file.text is None or self._untouched(facts, file):
                wanted = self._wanted(facts, {})
                text = render_config(self.line, {**dict(self.fresh), **wanted})
                before = file.text if file else None
                return (
                    Upload(path, text, before=before, backup=False, why="the configuration of this node"),
                )
            found = self._seen(file.text, fmt)
            wanted = self._wanted(facts, found)
            changes: dict[str, str | None] = {k: v for k, v in wanted.items() if found.get(k) != v}
            changes |= {key: None for key in self.unset if key in found}
            text = edit_config(file.text, changes, fmt)
        except ConfigUnreadable as error:
            raise CannotOperate(
                f"{path} cannot be read, so it is not edited.",
                str(error),
                "Mend that line, or move the file away: then a new one is written.",
            ) from None
        except ValueNotWritable as error:
            raise CannotOperate(
                f"{path} cannot hold a value of the answers.", str(error), "Correct it in the answers."
            ) from None
        mode = file.mode if file.mode is not None else 0o644
        return (Upload(path, text, mode & 0o777, file.text, why="only the lines that differ"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        home = host.homes.get(self.home) or HomeFacts(self.home, exists=True)
        upload = next(command for command in self.commands(facts) if isinstance(command, Upload))
        name = upload.path.rsplit("/", 1)[1]
        old = home.conf.get(name) or PathFacts(upload.path, "file")
        # The moment is the latest that can be, so that what runs is older than its configuration.
        file = replace(old, kind="file", text=upload.content, mtime=float("inf"))
        conf = MappingProxyType({**home.conf, name: file})
        return facts.changed_home(self.host, replace(home, conf=conf))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        file, _ = self._file(facts)
        return (
            "the file was read again and differs" if file else "the file is not there",
            "Look at the file.",
        )

    def _seen(self, text: str, fmt: Format) -> dict[str, str]:
        """What Flink and its scripts take from the file: they miss a Java home that is not one flat line."""
        config, key = read_config(text, fmt), self.line.keys.java_home
        missed = any(one.text.startswith(f"{key} is read only") for one in config.problems)
        return {name: value for name, value in config.values.items() if not (missed and name == key)}

    def _file(self, facts: ClusterFacts) -> tuple[PathFacts | None, Format]:
        return config_file(facts[self.host], self.home, self.line)

    def _path(self, facts: ClusterFacts) -> str:
        file, _ = self._file(facts)
        return file.path if file else f"{self.conf_dir or self.home + '/conf'}/{self.line.config.file}"

    def _untouched(self, facts: ClusterFacts, file: PathFacts) -> bool:
        """Whether the file is still the one that the distribution brought."""
        home = facts[self.host].homes.get(self.home)
        return home is not None and home.brought(file)

    def _wanted(self, facts: ClusterFacts, found: Mapping[str, str]) -> dict[str, str]:
        wanted = dict(self.values)
        if self.java is None:
            return wanted
        choice = self._java(facts)
        if self.java_in_config:
            wanted[self.line.keys.java_home] = choice.home
        base = {**dict(self.fresh), **found, **wanted}
        wanted.update(missing_flags(self.line, choice.major, base))
        return wanted

    def _java(self, facts: ClusterFacts) -> JavaChoice:
        assert self.java is not None
        choice = self.java.choose(facts[self.host])
        if choice is None:
            raise CannotOperate(
                f"{self.host} has no Java that Flink {self.line.name} accepts.",
                ", ".join(f"{java.home} ({java.version})" for java in facts[self.host].javas or ())
                or "none found",
                "Install one, or name one with java_home.",
            )
        return choice


@dataclass(frozen=True)
class WriteList(Operation):
    """conf/workers, conf/slaves or conf/masters: one entry a line, in this order."""

    touched = (Home, Paths)
    home: str
    file: str
    entries: tuple[str, ...]
    conf_dir: str | None = None
    product: Product = FLINK

    @property
    def id(self) -> str:
        return f"write-{self.file}" if self.product is FLINK else f"write-{self.product.slug}-{self.file}"

    @property
    def title(self) -> str:
        if self.product is HADOOP:
            return f"List the {'NameNode' if self.file == 'masters' else 'DataNodes'} in Hadoop's {self.file}"
        what = "workers" if self.file != "masters" else "masters" if len(self.entries) > 1 else "master"
        return f"List the {what} in conf/{self.file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir, self.product.slug),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        file = self._file(facts)
        return file is not None and listed(file.text or "") == self.entries

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        file = self._file(facts)
        path = file.path if file else f"{self.conf_dir or self.home + '/conf'}/{self.file}"
        if file is not None and file.text is None:
            raise CannotOperate(
                f"{path} cannot be read, so it is not written either.",
                f"{file.kind}, owner {file.owner or 'unknown'}",
                "Give it to the user that runs Flink, or move it away: then a new one is written.",
            )
        before = file.text if file else None
        remarks = [line for line in (before or "").splitlines() if line.lstrip().startswith("#")]
        text = "\n".join((*remarks, *self.entries)) + "\n"
        backup = before is not None and listed(before) not in {("localhost",), ("localhost:8081",), ()}
        return (Upload(path, text, before=before, backup=backup),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=True)
        upload = next(command for command in self.commands(facts) if isinstance(command, Upload))
        old = home.conf.get(self.file) or PathFacts(upload.path, "file")
        conf = MappingProxyType({**home.conf, self.file: replace(old, kind="file", text=upload.content)})
        return facts.changed_home(self.host, replace(home, conf=conf))

    def _file(self, facts: ClusterFacts) -> PathFacts | None:
        return facts[self.host].conf_file(self.home, self.file)


def config_file(host: HostFacts, home: str, line: Line) -> tuple[PathFacts | None, Format]:
    """The file that this Flink would read, None where it is missing, and its format."""
    return line.config.in_use(lambda name: host.conf_file(home, name))


def missing_flags(line: Line, major: int | None, found: Mapping[str, str]) -> dict[str, str]:
    """The option keys with the module flags added that this Java needs and that are not there yet."""
    flags = module_flags(line, major or 0)
    if not flags:
        return {}
    keys = {flags.cluster_key: flags.cluster}
    if flags.client_key:
        keys[flags.client_key] = flags.client
    merged: dict[str, str] = {}
    for key, wanted in keys.items():
        words = found.get(key, "").split()
        merged[key] = " ".join((*words, *(flag for flag in wanted if flag not in words)))
    return merged


def listed(text: str) -> tuple[str, ...]:
    """The hosts of a list as Flink's scripts read it: the first word of a line, text from # and a topology prefix
    dropped (0.9 to 2.3)."""
    words = (line.split("#", 1)[0].split() for line in text.splitlines())
    return tuple(re.sub(r".*/(?=[0-9A-Za-z.-]+$)", "", line[0]) for line in words if line)
