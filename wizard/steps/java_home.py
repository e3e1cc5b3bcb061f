"""Which Java runs Flink on each host, and where JAVA_HOME is written.

Knows the homes found and what shells see of them. It must not know how a Java is found or installed.
"""

from __future__ import annotations

from collections import Counter

from ..facts import HostFacts, JavaSeen
from ..flink.java import java_verdict
from ..javachoice import JavaWish
from ..questions import Option, Suggested, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from ..words import counted
from .cells import STATE, UNKNOWN, row_of, verdict
from .step import ByHand, Cell, State, Step
from .typed import from_master, lines_for, names, of_spec, word
from .version import line_for, version_of

CONCERNS = frozenset({"java-experimental", "java-home-wrong", "sudo-unavailable"})

COLUMNS = (STATE, "found", "an ssh command sees", "bash -l sees", "Flink will run on")

_PLACE = "/path/to/java"


def wish_for(view: View, host: HostSpec) -> JavaWish:
    """What is asked of Java on this host."""
    node = view.desired.nodes.get(host.name) if view.desired else None
    if node is not None:
        return node.java
    home = host.java_home or (view.spec.java.wished if view.spec else "auto")
    allow = view.spec.java.allow_unsupported if view.spec else False
    return JavaWish.of(line_for(view).java, home, allow)


def _seen(view: View, seen: HostFacts, shell: JavaSeen | None) -> Cell:
    """A Java as a shell sees it, by the version that was found where it leads."""
    if shell is None:
        return UNKNOWN
    if not shell.home and not shell.java:
        return Cell("none", "plain")
    way = "JAVA_HOME" if shell.home else "PATH"
    place = shell.home.rstrip("/") or shell.java
    for java in seen.javas or ():
        home = java.home.rstrip("/")
        if place == home or place.startswith(f"{home}/"):
            fine = java_verdict(line_for(view), java.major).fine
            return Cell(f"{one_line(java.version, 20)} by {way}", "good" if fine else "warn")
    return Cell(f"{one_line(place, 60)} by {way}", "warn")


def _choice(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    if seen.javas is None:
        return UNKNOWN
    choice = wish_for(view, host).choose(seen)
    if choice is not None:
        good: State = "good" if choice.verdict in ("recommended", "supported") else "warn"
        return Cell(one_line(f"{choice.major or '?'}: {choice.home}", 90), good)
    fixed = any(
        finding.fix and finding.fix.operation and host.name in finding.hosts
        for finding in view.findings
        if finding.id in ("java-missing", "java-unsupported", "java-home-wrong")
    )
    return Cell("one that will be installed", "warn") if fixed else Cell("none that fits", "bad")


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    found = ", ".join(dict.fromkeys(one_line(java.version, 20) for java in seen.javas or ()))
    return (
        verdict(view, host.name, CONCERNS),
        Cell(found or "none") if seen.javas is not None else UNKNOWN,
        _seen(view, seen, seen.java_command),
        _seen(view, seen, seen.java_login),
        _choice(view, host, seen),
    )


def _homes(view: View) -> tuple[Option, ...]:
    """auto, then every home that was found: on how many hosts, and how this Flink likes it."""
    line = line_for(view)
    hosts: dict[str, list[str]] = {}
    majors: dict[str, tuple[int, str]] = {}
    for seen in view.facts:
        for java in seen.javas or ():
            hosts.setdefault(java.home, []).append(seen.name)
            majors[java.home] = (java.major, java.version)
    options = [Option("auto", "auto", "as found: the Java that suits this Flink best, on each host its own")]
    for home, there in sorted(hosts.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        major, version = majors[home]
        judged = java_verdict(line, major)
        where = (
            "on every host" if view.spec and len(there) == len(view.spec.hosts) else f"on {names(there, 3)}"
        )
        said = "does not run this Flink" if judged.judgement == "broken" else judged.judgement
        detail = f"Java {one_line(version, 20)} {where}; {said}"
        options.append(Option(home, one_line(home, 120), detail, not judged.waivable and not judged.fine))
    return tuple(options)


def _home(view: View) -> Suggested | None:
    chosen: Counter[int] = Counter()
    for host in view.spec.hosts if view.spec else ():
        seen = view.facts_of(host.name)
        choice = JavaWish.of(line_for(view).java).choose(seen) if seen and seen.javas else None
        if choice is not None and choice.major is not None:
            chosen[choice.major] += 1
    if not chosen:
        return Suggested("auto", "the best that is found on each host")
    parts = [f"Java {major} on {counted(number, 'host')}" for major, number in chosen.most_common()]
    return Suggested("auto", ", ".join(parts))


def _ways(view: View) -> tuple[Option, ...]:
    file = line_for(view).config.file
    return (
        Option("flink-config", f"in conf/{file}", "env.java.home, on each host its own; the surest way"),
        Option("shell-profile", "in the shell profile", "export JAVA_HOME, for every shell of this user"),
        Option(
            "ssh-environment",
            "in ~/.ssh/environment",
            "for every login by ssh; sshd must permit it, so it needs sudo",
        ),
    )


def _allow(view: View) -> Suggested | None:
    java = line_for(view).java
    majors = ", ".join(str(major) for major in sorted({*java.supported, *java.experimental}))
    return Suggested("false", f"Flink {version_of(view)} is made for Java {majors}")


def _java_of(view: View, host: HostSpec) -> str:
    seen = view.facts_of(host.name)
    choice = wish_for(view, host).choose(seen) if seen and seen.javas else None
    named = host.java_home or (view.spec.java.wished if view.spec else "auto")
    return choice.home if choice else named if named != "auto" else _PLACE


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    line = line_for(view)
    per_home: dict[str, list[str]] = {}
    for host in spec.hosts:
        per_home.setdefault(_java_of(view, host), []).append(host.name)
    parts = [
        ByHand("What is there, on every host", ("ls -d /usr/lib/jvm/*", "readlink -f $(command -v java)"))
    ]
    for home, hosts in per_home.items():
        where = names(hosts)
        if "flink-config" in spec.java.set_in:
            file = f"{spec.conf_dir or spec.flink.home + '/conf'}/{line.config.file}"
            parts.append(ByHand(f"In {file} on {where}", (f"{line.keys.java_home}: {one_line(home, 4096)}",)))
        if "shell-profile" in spec.java.set_in:
            title = f"In ~/.profile, and at the top of ~/.bashrc, on {where}"
            parts.append(ByHand(title, (f"export JAVA_HOME={word(home)}",)))
        if "ssh-environment" in spec.java.set_in:
            parts.append(ByHand(f"In ~/.ssh/environment on {where}", (f"JAVA_HOME={one_line(home, 4096)}",)))
    if "ssh-environment" in spec.java.set_in:
        parts.append(
            ByHand(
                "As root on every host: put this at the top of /etc/ssh/sshd_config, then reload sshd",
                ("PermitUserEnvironment yes", "# sshd -t && systemctl reload ssh || systemctl reload sshd"),
            )
        )
    if len(spec.hosts) > 1:
        proof = " 'echo \"$JAVA_HOME\"; java -version'"
        parts.append(
            ByHand(
                f"Proof, from {spec.master.name}",
                lines_for(spec.hosts, lambda host: from_master(spec, host) + proof),
            )
        )
    return tuple(parts)


JAVA_HOME = Step(
    "java-home",
    "JAVA_HOME",
    "Which Java runs Flink on each host, and where JAVA_HOME is written. "
    "An ssh command without a terminal proves it, because that is how Flink starts.",
    questions=(
        question(
            "java.home",
            help="auto, the path of a Java home, or of an archive of one on this machine (.tar.gz).",
            options=_homes,
            suggest=_home,
        ),
        question("java.set_in", options=_ways),
        question("java.allow_unsupported", suggest=_allow),
    ),
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    concerns=CONCERNS,
)
