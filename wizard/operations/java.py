"""A Java that the Flink line accepts on one host: from the package program, the master or an archive.

Knows the ways and when each is possible. It must not know how Flink is told of the Java home.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..commands import Command, Later, Run, Transfer, shell
from ..facts import ClusterFacts, HostFacts, JavaFacts, JavaSeen
from ..javachoice import JavaChoice, JavaWish, choose_java, home_question, named_major
from ..needs import Account, Ask, Javas, Machine, Need
from ..servicefacts import CommandFacts
from .operation import CannotOperate, Operation, Proof, Verdict
from .packages import INSTALL_SECONDS, Family, family_of, installer, refresh
from .places import home_of

JAVA_ROOT = "~/.local/share/flink-wizard/java"
"""Below it a Java that the wizard brought lies in a directory named by its major."""

_FIND_HOME = """\
for wanted in "$@"; do
  for home in /usr/lib/jvm/* /usr/lib64/jvm/* /opt/homebrew/opt/openjdk* /usr/local/opt/openjdk*; do
    [ -x "$home/bin/java" ] || continue
    version=$("$home/bin/java" -XX:-UsePerfData -version 2>&1 |
      sed -n 's/.*version "\\([^"]*\\)".*/\\1/p' | head -n 1)
    major=${version#1.}
    [ "${major%%[!0-9]*}" = "$wanted" ] && cd "$home" && exec pwd -P
  done
done
echo "no Java $* below /usr/lib/jvm" >&2
exit 1"""

_PUT_IN_PLACE = """\
set -e
"$1/bin/java" -XX:-UsePerfData -version
rm -rf -- "$2"
mv -- "$1" "$2\""""

_UNWRAP = """\
set -e
if [ ! -x "$1/bin/java" ]; then
  for inner in "$1"/*/bin/java "$1"/*/Contents/Home/bin/java; do
    [ -x "$inner" ] && break
  done
  [ -x "$inner" ] || { echo "no bin/java in the archive" >&2; exit 1; }
  home=${inner%/bin/java}
  mv -- "$home" "$1.home"
  rm -rf -- "$1"
  mv -- "$1.home" "$1"
fi"""


def java_needs(wish: JavaWish) -> tuple[Need, ...]:
    """What to read of a host's Java: all homes, and where a named one leads when it is a link."""
    if wish.home == "auto":
        return (Javas(),)
    real = Ask(home_question(wish.home), ("sh", "-c", 'cd -P -- "$1" && pwd', "sh", wish.home), 10)
    return (Javas((wish.home,)), real)


@dataclass(frozen=True)
class InstallJava(Operation):
    """An accepted Java on the host. A worker takes the master's where it runs there too, else a package.

    Copying comes first because it needs neither root nor internet, and gives every node the same Java.
    """

    wish: JavaWish
    master: str = ""
    """Where a Java may be copied from, "" for nowhere."""
    archive: str = ""
    """A tar file of a JRE or JDK on the control machine, "" for none; it then comes before the other ways."""
    archive_host: str = ""
    purpose: str = ""
    """What it is for when it is not Flink."""

    @property
    def id(self) -> str:
        return f"install-java-for-{self.purpose.lower()}" if self.purpose else "install-java"

    @property
    def title(self) -> str:
        majors = " or ".join(str(major) for major in self.wish.install_order)
        return f"Install Java {majors}" + (f" for {self.purpose}" if self.purpose else "")

    @property
    def _later(self) -> Later:
        return Later(self.host, f"java-home-for-{self.purpose.lower()}" if self.purpose else "java-home")

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {self.host: (Machine(), Account(), *java_needs(self.wish))}
        if self.copies:
            wanted[self.master] = (Machine(), Javas())
        return wanted

    @property
    def copies(self) -> bool:
        return bool(self.master) and self.master != self.host

    def satisfied(self, facts: ClusterFacts) -> bool:
        return choose_java(facts[self.host], self.wish) is not None

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        if self.wish.home != "auto":
            raise CannotOperate(*_named_home_is_wrong(facts[self.host], self.wish))
        if self.archive:
            return self._unpack(facts)
        source = self._source(facts)
        return self._copy(facts, source) if source else self._package(facts)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        source = None if self.archive else self._source(facts)
        if source is not None:
            new = JavaFacts(self._target(host, source.major), str(source.major), source.major or 0)
        elif self.archive:
            major = self.wish.recommended
            new = JavaFacts(self._target(host, major), str(major), major)
        else:
            major = self.wish.recommended
            new = JavaFacts(str(self._later), str(major), major)
        return facts.changed(self.host, javas=(*(host.javas or ()), new))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        found = ", ".join(f"Java {java.major} in {java.home}" for java in facts[self.host].javas or ())
        majors = " or ".join(str(major) for major in self.wish.install_order)
        return (found or "no Java found", f"Install Java {majors} on {self.host} by hand, then run again.")

    def _source(self, facts: ClusterFacts) -> JavaChoice | None:
        """The master's Java when it can run here: same kernel, same processor, same C library."""
        if not self.copies:
            return None
        here, there = facts[self.host].os, facts[self.master].os
        if here is None or there is None or (here.kernel, here.arch) != (there.kernel, there.arch):
            return None
        if (here.family == "alpine") != (there.family == "alpine"):
            return None
        return choose_java(facts[self.master], replace(self.wish, home="auto"))

    def _target(self, host: HostFacts, major: int | None) -> str:
        return f"{home_of(host)}{JAVA_ROOT.removeprefix('~')}/{major or 'java'}"

    def _copy(self, facts: ClusterFacts, source: JavaChoice) -> tuple[Command, ...]:
        target = self._target(facts[self.host], source.major)
        staging = target + ".part"
        return (
            Run(("mkdir", "-p", target.rpartition("/")[0])),
            # Debian's Java keeps conf, security and cacerts as links into /etc: the stream must follow links.
            Transfer(
                self.master, source.home, self.host, staging, why="copy the master's Java, links followed"
            ),
            shell(_PUT_IN_PLACE, staging, target, why="try the Java and move it into place"),
        )

    def _unpack(self, facts: ClusterFacts) -> tuple[Command, ...]:
        target = self._target(facts[self.host], self.wish.recommended)
        staging = target + ".part"
        return (
            Run(("mkdir", "-p", target.rpartition("/")[0])),
            Transfer(self.archive_host, self.archive, self.host, staging, source_is_tar=True),
            shell(_UNWRAP, staging, why="find the Java home in the archive"),
            shell(_PUT_IN_PLACE, staging, target, why="try the Java and move it into place"),
        )

    def _package(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        order = self.wish.install_order
        family = installer(host, package_names(family_of(host), order[:1]))
        packages = tuple(family.java_package(major) for major in order)
        script = f'for package in "$@"; do {shlex.join(family.install)} "$package" && exit 0; done; exit 1'
        return (
            *refresh(family),
            shell(
                script,
                *packages,
                why="install the first of these that the host's repositories hold",
                sudo=family.sudo,
                timeout=INSTALL_SECONDS,
            ),
            shell(
                _FIND_HOME,
                *(str(major) for major in order),
                why="find its home",
                gives=self._later,
            ),
        )


def package_names(family: Family | None, majors: tuple[int, ...]) -> str:
    """The packages of these majors as words, or "Java N" where the family is unknown."""
    if family is None:
        return " or ".join(f"Java {major}" for major in majors)
    return " ".join(family.java_package(major) for major in majors)


def _named_home_is_wrong(host: HostFacts, wish: JavaWish) -> tuple[str, str, str]:
    major = named_major(host, wish.home)
    majors = ", ".join(str(m) for m in sorted({*wish.supported, *wish.experimental}))
    if major is None:
        return (
            f"No Java was found in {wish.home} on {host.name}.",
            "the answers name this home; it has no bin/java",
            "Correct java_home in the answers, or take the line out to let the wizard choose.",
        )
    return (
        f"{wish.home} on {host.name} holds Java {major}, which this Flink does not run on.",
        f"it accepts {majors}",
        "Name another home in the answers, or take the line out to let the wizard choose.",
    )


@dataclass(frozen=True)
class ProveJava(Proof):
    """JAVA_HOME as each kind of shell sees it, for the ways in which it was set.

    The plain shell is asked from `master` by a new ssh login to `address`: a connection that was open before
    sshd was told of ~/.ssh/environment knows nothing of it. Without a master (no ssh is used) only `bash -l`
    is
    asked.
    """

    wish: JavaWish
    ways: tuple[str, ...] = ("flink-config",)
    master: str = ""
    address: str = ""

    @property
    def id(self) -> str:
        return "prove-java"

    @property
    def title(self) -> str:
        return "Flink's scripts find Java"

    @property
    def _question(self) -> str:
        return f"JAVA_HOME by ssh to {self.address or self.host}"

    @property
    def _by_ssh(self) -> bool:
        return bool(self.master) and bool({"shell-profile", "ssh-environment"} & set(self.ways))

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        wanted: dict[str, tuple[Need, ...]] = {self.host: java_needs(self.wish)}
        if self._by_ssh:
            quiet = ("BatchMode=yes", "ConnectTimeout=5", "StrictHostKeyChecking=yes", "UpdateHostKeys=no")
            options = tuple(word for option in quiet for word in ("-o", option))
            argv = ("ssh", "-n", *options, self.address or self.host, 'printf %s "$JAVA_HOME"')
            wanted[self.master] = (*wanted.get(self.master, ()), Ask(self._question, argv, 20))
        return wanted

    def judge(self, facts: ClusterFacts) -> Verdict:
        host = facts[self.host]
        choice = choose_java(host, self.wish)
        if choice is None:
            return Verdict(False, "no Java that this Flink accepts", "one", final=True)
        wrong: list[str] = []
        if self._by_ssh:
            asked = facts[self.master].commands.get(self._question)
            if asked is None or asked.status != 0:
                said = asked.stderr.strip() if asked is not None else "nobody asked"
                wrong.append(f"{self._question}: no answer ({said})")
            elif not _same(asked.stdout.strip(), choice.home):
                wrong.append(f"{self._question}: {asked.stdout.strip() or 'nothing'}")
        login = host.java_login.home if host.java_login else ""
        if "shell-profile" in self.ways and not _same(login, choice.home):
            wrong.append(f"JAVA_HOME in bash -l: {login or 'nothing'}")
        if wrong:
            return Verdict(
                False,
                "; ".join(wrong),
                f"JAVA_HOME={choice.home}",
                "\n".join(wrong),
                "Another line of the shell profile sets it later, or the profile ends early: look there.",
                final=True,
            )
        if set(self.ways) == {"ssh-environment"} and not self._by_ssh:
            return Verdict(True, "not asked: no ssh is used between the nodes", skipped=True)
        return Verdict(True, f"Java {choice.major} in {choice.home}")

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        choice = choose_java(facts[self.host], self.wish)
        if choice is None:
            return facts
        if "shell-profile" in self.ways:
            facts = facts.changed(self.host, java_login=JavaSeen(choice.home, f"{choice.home}/bin/java"))
        if not self._by_ssh:
            return facts
        answer = CommandFacts(0, choice.home)
        return facts.added(self.master, commands={self._question: answer})


def _same(home: str, other: str) -> bool:
    return home.rstrip("/") == other.rstrip("/")
