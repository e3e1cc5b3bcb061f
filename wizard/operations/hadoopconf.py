"""Hadoop's configuration on one node: core-site.xml and hdfs-site.xml edited in place, JAVA_HOME in hadoop-env.sh.

Knows which values this node shall have. It must not know where suggestions come from, or start anything.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, Upload, shell
from ..facts import ClusterFacts, HomeFacts, PathFacts
from ..hadoop.catalogue import Hadoop, same_setting
from ..hadoop.sitexml import SiteUnreadable, edit_site, read_site
from ..javachoice import JavaChoice, JavaWish, choose_java
from ..needs import Home, Need
from .java import java_needs
from .marked import block, has_block, with_block
from .operation import CannotOperate, Operation

MARK = "JAVA_HOME"

AS_ITS_SCRIPTS = """USER=${USER:-$(id -un)} HADOOP_CONF_DIR=$conf
export USER HADOOP_CONF_DIR
unset HADOOP_HOME HADOOP_PREFIX HADOOP_COMMON_HOME HADOOP_HDFS_HOME
"""
"""The environment of a Hadoop command: `$conf` names its configuration, and no other Hadoop of a profile is used."""

_APPEND = """file=$1
mkdir -p "${file%/*}" && touch "$file" || exit
if [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file" || exit; fi
printf %s "$2" >> "$file"
"""


@dataclass(frozen=True)
class _HadoopFile(Operation):
    """One file of Hadoop's configuration directory."""

    touched = (Home,)
    home: str
    conf_dir: str

    @property
    @abstractmethod
    def file(self) -> str: ...

    @abstractmethod
    def text(self, facts: ClusterFacts, before: str | None) -> str:
        """The whole file as it shall be. Raises CannotOperate."""

    @property
    def id(self) -> str:
        return f"write-{self.file.partition('.')[0]}"

    @property
    def path(self) -> str:
        return f"{self.conf_dir}/{self.file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir, "hadoop"),)}

    def found(self, facts: ClusterFacts) -> PathFacts | None:
        return facts[self.host].conf_file(self.home, self.file)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        found = self.found(facts)
        self._readable(found)
        if found is None or not self._owned(facts):
            text = self.text(facts, None)
            before = found.text if found is not None else None
            return (Upload(self.path, text, before=before, backup=False, why="the settings of this node"),)
        mode = found.mode if found.mode is not None else 0o644
        text = self.text(facts, found.text)
        return (Upload(self.path, text, mode & 0o777, found.text, why="only the lines that differ"),)

    def after(self, facts: ClusterFacts) -> str:
        """The whole file once it is written."""
        found = self.found(facts)
        return self.text(facts, found.text if found is not None and self._owned(facts) else None)

    def _owned(self, facts: ClusterFacts) -> bool:
        """Whether somebody wrote this file; one that the distribution brought is not known before it is there."""
        found, home = self.found(facts), facts[self.host].homes.get(self.home)
        return found is not None and (home is None or not home.brought(found))

    def _readable(self, found: PathFacts | None) -> None:
        if found is not None and found.text is None:
            raise CannotOperate(
                f"{self.path} cannot be read, so it is not written either.",
                f"{found.kind}, owner {found.owner or 'unknown'}",
                "Give it to the user that runs Hadoop, or move it away: then a new one is written.",
            )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=True)
        self._readable(self.found(facts))
        old = self.found(facts) or PathFacts(self.path, "file")
        # The moment is the latest that can be, so that what runs is older than its configuration.
        file = replace(old, kind="file", text=self.after(facts), mtime=float("inf"))
        conf = MappingProxyType({**home.conf, self.file: file})
        return facts.changed_home(self.host, replace(home, conf=conf))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        found = self.found(facts)
        return (
            "the file was read again and differs" if found else "the file is not there",
            f"Look at {self.path}.",
        )


@dataclass(frozen=True)
class WriteSite(_HadoopFile):
    """Settings of core-site.xml or hdfs-site.xml. What stands there under an older name is changed there."""

    name: str
    values: tuple[tuple[str, str], ...]

    @property
    def file(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Write Hadoop's {self.name}"

    def satisfied(self, facts: ClusterFacts) -> bool:
        found = self.found(facts)
        if found is None or found.text is None:
            return False
        try:
            return edit_site(found.text, dict(self.values), same_setting) == found.text
        except SiteUnreadable:
            return False

    def text(self, facts: ClusterFacts, before: str | None) -> str:
        del facts
        try:
            return edit_site(before or "", dict(self.values), same_setting)
        except SiteUnreadable as error:
            raise unreadable(self.path, error) from None


@dataclass(frozen=True)
class WriteHadoopEnv(_HadoopFile):
    """The Java of this host in hadoop-env.sh, with the module flags that a Java too new for this Hadoop needs.

    Hadoop's scripts log in without a login shell, so a JAVA_HOME in a profile does not reach them.
    """

    hadoop: Hadoop
    java: JavaWish

    @property
    def file(self) -> str:
        return self.hadoop.env_file

    @property
    def title(self) -> str:
        return f"Set JAVA_HOME in {self.hadoop.env_file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir, "hadoop"), *java_needs(self.java))}

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        found = self.found(facts)
        if self._owned(facts):
            return super().commands(facts)
        # What else the distribution says there is kept, and is the same to a preview that does not know it yet.
        self._readable(found)
        lines = self._lines(self._choice(facts))
        return (shell(_APPEND, self.path, block(MARK, lines), why="added to the file that Hadoop brought"),)

    def after(self, facts: ClusterFacts) -> str:
        found = self.found(facts)
        return self.text(facts, found.text if found is not None else None)

    def satisfied(self, facts: ClusterFacts) -> bool:
        found, choice = self.found(facts), choose_java(facts[self.host], self.java)
        return (
            choice is not None
            and found is not None
            and found.text is not None
            and has_block(found.text, MARK, self._lines(choice))
        )

    def text(self, facts: ClusterFacts, before: str | None) -> str:
        return with_block(before or "", MARK, self._lines(self._choice(facts)), top=False)

    def _choice(self, facts: ClusterFacts) -> JavaChoice:
        choice = choose_java(facts[self.host], self.java)
        if choice is None:
            raise CannotOperate(
                f"{self.host} has no Java that Hadoop {self.hadoop.version} accepts.",
                ", ".join(f"{java.home} ({java.version})" for java in facts[self.host].javas or ())
                or "none found",
                "Install one, or name one with hdfs.java_home.",
            )
        return choice

    def _lines(self, choice: JavaChoice) -> tuple[str, ...]:
        home = choice.home.replace("'", "'\\''")
        flags = self.hadoop.flags_for(choice.major or 0)
        added = (f'export HADOOP_OPTS="$HADOOP_OPTS {" ".join(flags)}"',) if flags else ()
        return (f"export JAVA_HOME='{home}'", *added)


def unreadable(path: str, error: SiteUnreadable) -> CannotOperate:
    """What to say of a file that Hadoop would refuse."""
    return CannotOperate(
        f"{path} cannot be read, so it is not edited.",
        f"{path}, {error}",
        "Mend that line, or move the file away: then a new one is written.",
    )


def site_value(facts: ClusterFacts, host: str, home: str, file: str, key: str) -> str | None:
    """What a node's file says of a setting today, None where it says nothing or cannot be read."""
    found = facts[host].conf_file(home, file)
    if found is None or found.text is None:
        return None
    try:
        return read_site(found.text).get(key, same_setting)
    except SiteUnreadable:
        return None
