"""A node's own configuration and log directories, where the Flink home itself is shared by all nodes.

What no node has of its own (how Flink logs) stays in the home and is linked. Knows these directories; it must not
know the values that go into the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..commands import Command, shell
from ..facts import ClusterFacts, HomeFacts, PathFacts
from ..needs import Ask, Home, Need, Paths
from ..servicefacts import CommandFacts
from .operation import Operation, Proof, Verdict

LOGGING = ("log4j.properties", "log4j-cli.properties")
"""Without these a daemon, and bin/flink, logs nothing (0.9 to 2.3)."""

_MAKE = """set -e
home=$1 conf=$2 log=$3
mkdir -p "$conf" "$log"
for file in "$home"/conf/*; do
  name=${file##*/}
  case $name in config.yaml|flink-conf.yaml|workers|slaves|masters) continue ;; esac
  [ -e "$conf/$name" ] || ln -sfn "$file" "$conf/$name"
done
"""


@dataclass(frozen=True)
class MakeConfDir(Operation):
    """The directories, with links to what is common to all nodes."""

    home: str
    conf_dir: str
    log_dir: str

    @property
    def id(self) -> str:
        return "make-conf-dir"

    @property
    def title(self) -> str:
        return f"Make this node's own {self.conf_dir}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir), Paths((self.log_dir,)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        log = facts[self.host].paths.get(self.log_dir)
        linked = all(facts[self.host].conf_file(self.home, name) for name in LOGGING)
        return linked and log is not None and log.kind == "directory"

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        del facts
        return (shell(_MAKE, self.home, self.conf_dir, self.log_dir, why="directories of this node's own"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        facts = facts.changed_path(self.host, PathFacts(self.log_dir, "directory", writable=True))
        home = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=True)
        links = {name: PathFacts(f"{self.conf_dir}/{name}", "link") for name in LOGGING}
        conf = MappingProxyType({**links, **home.conf})
        return facts.changed_home(self.host, replace(home, conf=conf, conf_dir=self.conf_dir))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        del facts
        return (f"{self.home}/conf has no {LOGGING[0]}", f"Look at {self.home}/conf; Flink brings that file.")


@dataclass(frozen=True)
class ProveConfDir(Proof):
    """Flink's own ssh from the master, and the login shell that it starts, see the node's own directory."""

    master: str
    address: str
    conf_dir: str

    @property
    def id(self) -> str:
        return "prove-conf-dir"

    @property
    def title(self) -> str:
        return "Flink's scripts find this node's own configuration"

    @property
    def _question(self) -> str:
        return f"FLINK_CONF_DIR by ssh to {self.address}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        quiet = ("BatchMode=yes", "ConnectTimeout=5", "StrictHostKeyChecking=yes", "UpdateHostKeys=no")
        options = tuple(word for option in quiet for word in ("-o", option))
        asked = "bash -l -c 'printf %s \"$FLINK_CONF_DIR\"' </dev/null"
        return {self.master: (Ask(self._question, ("ssh", "-n", *options, self.address, asked), 20),)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = facts[self.master].commands.get(self._question)
        found = seen.stdout.strip() if seen is not None and seen.status == 0 else ""
        evidence = seen.stderr.strip() if seen is not None else ""
        return Verdict(
            found == self.conf_dir,
            found or "nothing",
            self.conf_dir,
            evidence,
            "Another line of the shell profile sets FLINK_CONF_DIR later, or the profile ends early: look there.",
            final=True,
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        answer = CommandFacts(0, self.conf_dir)
        return facts.added(self.master, commands={self._question: answer})
