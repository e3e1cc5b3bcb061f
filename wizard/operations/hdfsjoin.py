"""Flink joined to an HDFS: Hadoop's classes on the class path of every login shell, by which Flink starts its daemons.

Knows the shell files' block alone; the key of Flink's configuration is written with that configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command
from ..facts import ClusterFacts, HostFacts
from ..needs import Ask, Need
from ..servicefacts import CommandFacts
from ..words import counted
from .operation import CannotOperate, Proof, Verdict
from .profile import ProfileOperation, login_file

VARIABLE = "HADOOP_CLASSPATH"


@dataclass(frozen=True)
class SetHadoopClassPath(ProfileOperation):
    """HADOOP_CLASSPATH in the login profile, asked of Hadoop itself at each login; one that is set already wins.

    `client` is a Hadoop home, "" for the program `hadoop` on the PATH; `conf_dir` its configuration, "" for its own.
    """

    client: str
    conf_dir: str

    @property
    def id(self) -> str:
        return "set-hadoop-classpath"

    @property
    def title(self) -> str:
        return "Put Hadoop's classes on Flink's class path"

    @property
    def variable(self) -> str:
        return VARIABLE

    def value(self, facts: ClusterFacts) -> str | None:
        del facts
        return f"{self.client}/bin/hadoop" if self.client else "hadoop"

    def seen(self, facts: ClusterFacts) -> bool:
        del facts
        return False

    def _java(self) -> tuple[Need, ...]:
        return ()

    def _files(self, host: HostFacts) -> tuple[str, ...]:
        # A login shell alone: Flink starts everything by one, and other logins need not wait for Hadoop.
        return (login_file(host),)

    def _lines(self, value: str) -> tuple[str, ...]:
        words = [_quoted(value)]
        words += ["--config", _quoted(self.conf_dir)] if self.conf_dir else []
        call = " ".join((*words, "classpath"))
        conf = (f"export HADOOP_CONF_DIR={_quoted(self.conf_dir)}",) if self.conf_dir else ()
        return (*conf, f'export {VARIABLE}="${{{VARIABLE}:-$({call} 2>/dev/null)}}"')

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        found = facts[self.host].commands.get(has_hadoop_question())
        if not self.client and found is not None and found.status != 0:
            raise CannotOperate(
                "No Hadoop was found, and Flink needs its classes to read hdfs://.",
                "hadoop is not on the PATH of a login shell",
                "Install Hadoop's programs on every node, or name where they lie with hdfs.home.",
            )
        return super().commands(facts)

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted = dict(super().needs())
        if not self.client:
            wanted[self.host] = (*wanted[self.host], has_hadoop())
        return wanted


@dataclass(frozen=True)
class ProveHadoopClasses(Proof):
    """A login shell, by which Flink starts its daemons, sees Hadoop's classes."""

    @property
    def id(self) -> str:
        return "prove-hadoop-classes"

    @property
    def title(self) -> str:
        return f"Flink's scripts on {self.host} find Hadoop's classes"

    @property
    def fatal(self) -> bool:
        return False

    @property
    def _question(self) -> str:
        return f"{VARIABLE} in a login shell"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        asked = ("bash", "-l", "-c", f'printf %s "${VARIABLE}"')
        return {self.host: (Ask(self._question, asked, 60),)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = facts[self.host].commands.get(self._question)
        found = seen.stdout.strip() if seen is not None else ""
        if "/" in found:
            return Verdict(True, counted(len(found.split(":")), "entry", "entries"))
        return Verdict(
            False,
            f"{VARIABLE} is {found or 'empty'} in a login shell",
            "the class path that `hadoop classpath` prints",
            seen.stderr.strip()[-400:] if seen else "",
            f"Run `bash -l -c 'hadoop classpath'` on {self.host}; it says why. Java is named in hadoop-env.sh.",
            final=True,
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        answer = CommandFacts(0, "/hadoop/conf:/hadoop/lib/*")
        commands = {**facts[self.host].commands, self._question: answer}
        return facts.changed(self.host, commands=commands)


def has_hadoop() -> Ask:
    """Whether a login shell finds the program `hadoop`."""
    return Ask(has_hadoop_question(), ("bash", "-l", "-c", "command -v hadoop"), 30)


def has_hadoop_question() -> str:
    return "hadoop on the PATH"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
