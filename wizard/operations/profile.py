"""Variables in the account's shell files, where Flink's and Hadoop's ways of starting programs both see them.

Flink starts its workers with `bash -l`: that reads the first of ~/.bash_profile, ~/.bash_login and
~/.profile. Hadoop runs a plain `ssh host command`: that reads only ~/.bashrc, and there only what stands
above the line
that ends it for shells without a terminal. Knows these files; it must not know what the variables mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, Upload
from ..facts import ClusterFacts, HostFacts, JavaSeen
from ..javachoice import JavaWish, choose_java
from ..needs import Account, Javas, Machine, Need, Paths
from .java import java_needs
from .marked import has_block, with_block
from .operation import CannotOperate, Operation
from .places import absolute, path_at, text_at, with_file

LOGIN_FILES = ("~/.bash_profile", "~/.bash_login", "~/.profile")


def plain_file(host: HostFacts) -> str | None:
    """The file that a shell without a terminal reads, None for a login shell that reads none."""
    name = (host.shell or "bash").rpartition("/")[2]
    return {"bash": "~/.bashrc", "zsh": "~/.zshenv"}.get(name)


def login_file(host: HostFacts) -> str:
    """The one that `bash -l` reads. A missing one becomes ~/.profile: a new ~/.bash_profile would hide it."""
    for name in LOGIN_FILES:
        found = path_at(host, name)
        if found is not None and found.exists:
            return name
    return "~/.profile"


@dataclass(frozen=True)
class ProfileOperation(Operation):
    """One exported variable in a marked block of its own, in the files that both kinds of shell read."""

    @property
    @abstractmethod
    def variable(self) -> str: ...

    @abstractmethod
    def value(self, facts: ClusterFacts) -> str | None:
        """What it shall be, None when that cannot be said yet."""

    @abstractmethod
    def seen(self, facts: ClusterFacts) -> bool:
        """Whether the shells see the right value already, wherever it was set."""

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {
            self.host: (
                Machine(),
                Account(),
                *self._java(),
                Paths(texts=(*LOGIN_FILES, "~/.bashrc", "~/.zshenv")),
            )
        }

    def _java(self) -> tuple[Need, ...]:
        return (Javas(),)

    def satisfied(self, facts: ClusterFacts) -> bool:
        value, host = self.value(facts), facts[self.host]
        if value is None:
            return False
        return self.seen(facts) or all(
            (found := path_at(host, file)) is not None
            and found.text is not None
            and has_block(found.text, self.variable, self._lines(value))
            for file in self._files(host)
        )

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        value = self._wanted(facts)
        uploads: list[Command] = []
        for file in self._files(host):
            before = text_at(host, file)
            if before is not None and has_block(before, self.variable, self._lines(value)):
                continue
            found = path_at(host, file)
            mode = found.mode if found is not None and found.mode is not None else 0o644
            text = self._text(file, before, value)
            uploads.append(Upload(absolute(file, host), text, mode, before, why=f"set {self.variable}"))
        return tuple(uploads)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host, value = facts[self.host], self._wanted(facts)
        for file in self._files(host):
            text = self._text(file, text_at(host, file), value)
            facts = with_file(facts, self.host, file, text, 0o644)
        return facts

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        files = " and ".join(self._files(facts[self.host]))
        return (f"the block for {self.variable} is not in {files}", f"Look at {files} on {self.host}.")

    def _wanted(self, facts: ClusterFacts) -> str:
        value = self.value(facts)
        if value is None:
            raise CannotOperate(
                f"What {self.variable} shall be on {self.host} is not known.",
                "no Java that this Flink accepts was found there",
                f"Install Java on {self.host}, then run again.",
            )
        return value

    def _files(self, host: HostFacts) -> tuple[str, ...]:
        plain = plain_file(host)
        return (login_file(host),) if plain is None else (plain, login_file(host))

    def _lines(self, value: str) -> tuple[str, ...]:
        # Always quoted, also where it need not be: a value that is only known later must give the same text.
        return (f"export {self.variable}='" + value.replace("'", "'\\''") + "'",)

    def _text(self, file: str, before: str | None, value: str) -> str:
        # The last word counts in a login file; in the others what stands below the guard is never read.
        return with_block(before or "", self.variable, self._lines(value), top=file not in LOGIN_FILES)


@dataclass(frozen=True)
class SetProfileVariable(ProfileOperation):
    """A variable with a fixed value, such as FLINK_CONF_DIR."""

    name: str
    wanted: str

    @property
    def id(self) -> str:
        return f"set-{self.name.lower().replace('_', '-')}"

    @property
    def title(self) -> str:
        return f"Set {self.name} for shells with and without a terminal"

    @property
    def variable(self) -> str:
        return self.name

    def value(self, facts: ClusterFacts) -> str | None:
        return self.wanted

    def seen(self, facts: ClusterFacts) -> bool:
        return (facts[self.host].login_environment or {}).get(self.name) == self.wanted

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return super().expected(facts).added(self.host, login_environment={self.name: self.wanted})


@dataclass(frozen=True)
class UseSshInPdsh(SetProfileVariable):
    """pdsh silently takes the place of ssh in Flink's start script; with rsh it starts no worker and still
    exits 0.
    """

    name: str = "PDSH_RCMD_TYPE"
    wanted: str = "ssh"

    def seen(self, facts: ClusterFacts) -> bool:
        return facts[self.host].pdsh_transport not in (None, "rsh") or super().seen(facts)


@dataclass(frozen=True)
class SetJavaHomeInProfile(ProfileOperation):
    """JAVA_HOME of the Java that was chosen for this host, in its shell files."""

    wish: JavaWish

    @property
    def id(self) -> str:
        return "set-java-home-profile"

    @property
    def title(self) -> str:
        return "Set JAVA_HOME in the shell profile"

    @property
    def variable(self) -> str:
        return "JAVA_HOME"

    def _java(self) -> tuple[Need, ...]:
        return java_needs(self.wish)

    def value(self, facts: ClusterFacts) -> str | None:
        choice = choose_java(facts[self.host], self.wish)
        return choice.home if choice is not None else None

    def seen(self, facts: ClusterFacts) -> bool:
        host, value = facts[self.host], self.value(facts)
        both = (host.java_command, host.java_login)
        return all(seen is not None and seen.home.rstrip("/") == (value or "").rstrip("/") for seen in both)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return java_seen(super().expected(facts), self.host, self._wanted(facts), login=True)


def java_seen(facts: ClusterFacts, host: str, home: str, login: bool) -> ClusterFacts:
    program = f"{home}/bin/java"
    old = facts[host].java_command
    facts = facts.changed(host, java_command=JavaSeen(home, old.java if old and old.java else program))
    if login:
        old = facts[host].java_login
        facts = facts.changed(host, java_login=JavaSeen(home, old.java if old and old.java else program))
    return facts
