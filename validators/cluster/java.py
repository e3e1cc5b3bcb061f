"""The Java that Flink would start with on each node: there, of a major that this Flink runs on, the same everywhere.

Follows the order of Flink's scripts: env.java.home of the configuration, JAVA_HOME of the login shell, java on its
PATH. It must not know how a Java is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from validators.check import manual
from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.javachoice import JavaWish
from wizard.words import DAEMONS

from .observed import KINDS, ClusterCheck, Kind, Observed, quoted

_WHY = "Without it no daemon starts, and Flink's start script does not say on which host."


@dataclass(frozen=True, slots=True)
class Used:
    """A Java home and who names it: "config", "JAVA_HOME" or "PATH". `major` is None where it was not seen."""

    home: str
    source: str
    major: int | None


def used_java(seen: Observed, host: str) -> Used | None:
    """What Flink's scripts would take on this host; None when they would find nothing."""
    facts = seen.facts[host]
    configured = seen.value(host, seen.line.keys.java_home) if not _nested(seen, host) else None
    login = facts.java_login
    if configured:
        return Used(configured, "config", facts.java_major(configured))
    if login is not None and login.home:
        return Used(login.home, "JAVA_HOME", facts.java_major(login.home))
    if login is not None and login.java:
        home = login.java.removesuffix("/bin/java").removesuffix("/jre")
        return Used(home, "PATH", facts.java_major(home))
    return None


def java(seen: Observed) -> Iterator[Finding]:
    for host, facts in seen.hosts():
        if facts.javas is None or (facts.java_login is None and seen.config(host.name) is None):
            continue
        if facts.login_shell_sane is False:
            continue
        wish = seen.desired.nodes[host.name].java
        used = used_java(seen, host.name)
        nested = _nested(seen, host.name)
        if nested:
            yield _nested_home(seen, host.name, nested)
        elif used is None:
            yield _none(seen, host.name, facts, wish)
        elif _is_missing(facts, used):
            yield _wrong_home(seen, host.name, facts, used, wish)
        elif used.major is not None and wish.verdict(used.major) in {"broken", "too-old", "unsupported"}:
            finding = _unsupported(seen, host.name, facts, used, wish)
            if finding is not None:
                yield finding
    yield from _mixed(seen)


def _is_missing(facts: HostFacts, used: Used) -> bool:
    program = facts.paths.get(f"{used.home}/bin/java")
    if used.major is not None:
        return False
    return (program is not None and not program.exists) or (
        program is None and used.source == "JAVA_HOME" and facts.java_login is not None and not facts.javas
    )


def _nested(seen: Observed, host: str) -> str:
    """The complaint of the configuration's reader that Flink's scripts do not see env.java.home, "" for none."""
    config = seen.config(host)
    for problem in config.problems if config is not None else ():
        if problem.text.startswith(f"{seen.line.keys.java_home} is read only"):
            return f"line {problem.line}: {problem.text}"
    return ""


def _nested_home(seen: Observed, host: str, said: str) -> Finding:
    key = seen.line.keys.java_home
    value = seen.value(host, key) or ""
    file, _ = seen.file(host)
    return Finding(
        "env-java-home-nested",
        "error",
        (host,),
        f"Flink's scripts do not see {key}",
        f"{key} below other keys, or in quotes",
        f"{key}: {value} on one line",
        "The scripts search for this one line; written otherwise another Java runs, or none.",
        (f"{host}: {file.path if file else ''}: {said}",),
        Fix("safe", "Write it as one line", (), "write-config", ((key, value),)),
    )


def _none(seen: Observed, host: str, facts: HostFacts, wish: JavaWish) -> Finding:
    choice = wish.choose(facts)
    profile = _below_the_guard(facts)
    majors = ", ".join(str(major) for major in sorted(wish.supported))
    if choice is not None:
        fix = Fix(
            "safe",
            f"Write {seen.line.keys.java_home}: {choice.home} into the configuration of this host",
            (),
            "write-config",
            ((seen.line.keys.java_home, choice.home),),
        )
        return Finding(
            "java-home-only-interactive" if profile else "java-missing-on-worker",
            "error",
            (host,),
            "Flink's scripts find no Java, though one is there",
            "neither env.java.home, nor JAVA_HOME or java in a login shell without a terminal",
            f"Java {majors}",
            "A shell file sets JAVA_HOME only where somebody is at the keyboard; Flink starts its workers by ssh."
            if profile
            else _WHY,
            ((profile,) if profile else ()) + (f"{host}: {choice.home} is Java {choice.major}",),
            fix,
        )
    return Finding(
        "java-missing-on-worker",
        "error",
        (host,),
        "No Java" if not facts.javas else f"No Java that Flink {seen.spec.flink.version} runs on",
        ", ".join(f"Java {one.major} in {one.home}" for one in facts.javas or ()) or "no Java was found",
        f"Java {majors}",
        _WHY,
        tuple(f"{host}: {one.home} (Java {one.version})" for one in facts.javas or ())
        or (f"{host}: bash -l: no JAVA_HOME, no java on the PATH",),
        Fix("asks", "Install one", (), "install-java"),
    )


def _below_the_guard(facts: HostFacts) -> str:
    """The line of ~/.bashrc that sets JAVA_HOME where only shells with a terminal come to, "" for none."""
    file = facts.paths.get("~/.bashrc")
    guarded = False
    for number, line in enumerate((file.text or "").splitlines() if file else (), start=1):
        guarded = guarded or bool(re.match(r"\s*(case \$- in|\[ -z \"?\$PS1|\[\[ \$- != \*i\*)", line))
        if guarded and re.match(r"\s*(export\s+)?JAVA_HOME=", line):
            return f"{facts.name}: ~/.bashrc: line {number}: {line.strip()}"
    return ""


def _wrong_home(seen: Observed, host: str, facts: HostFacts, used: Used, wish: JavaWish) -> Finding:
    key = seen.line.keys.java_home
    choice = wish.choose(facts)
    evidence = (
        quoted(seen, host, key)
        if used.source == "config"
        else f"{host}: JAVA_HOME={used.home} in a login shell"
    )
    return Finding(
        "java-home-wrong",
        "error",
        (host,),
        f"There is no Java in {used.home}",
        f"{used.home}/bin/java is missing",
        choice.home if choice is not None else "the home of a Java",
        _WHY,
        (evidence,),
        Fix("safe", f"Name {choice.home} instead", (), "write-config", ((key, choice.home),))
        if choice is not None
        else Fix("asks", "Install one", (), "install-java"),
    )


def _unsupported(seen: Observed, host: str, facts: HostFacts, used: Used, wish: JavaWish) -> Finding | None:
    assert used.major is not None
    verdict = wish.verdict(used.major)
    choice = wish.choose(facts)
    if choice is not None and choice.major == used.major:
        return None  # The answers allow it.
    key = seen.line.keys.java_home
    # A daemon that runs on a Java nobody promised anything for does run: that is a warning, not a failure.
    runs = verdict == "unsupported" and bool(
        seen.running(host, "taskmanager") or seen.running(host, "jobmanager")
    )
    return Finding(
        "java-version-unsupported",
        "warning" if runs else "error",
        (host,),
        f"Java {used.major} does not go with Flink {seen.spec.flink.version}",
        f"Java {used.major} in {used.home}",
        "Java " + ", ".join(str(major) for major in sorted(wish.supported)),
        "The JVM ends before its first line of log."
        if verdict == "broken"
        else "Flink's classes do not load in it."
        if verdict == "too-old"
        else "It may run until a job needs what newer Javas closed.",
        (
            quoted(seen, host, key)
            if used.source == "config"
            else f"{host}: {used.source} of a login shell: {used.home}",
        ),
        Fix("asks", f"Use Java {choice.major} in {choice.home}", (), "write-config", ((key, choice.home),))
        if choice is not None
        else Fix("asks", "Install one that fits", (), "install-java"),
    )


def _mixed(seen: Observed) -> Iterator[Finding]:
    """Running daemons whose Javas differ; what is only installed beside does no harm."""
    running: dict[str, tuple[int, Kind]] = {}
    for host, facts in seen.hosts():
        for kind in KINDS:
            for one in seen.running(host.name, kind):
                home = one.java.removesuffix("/bin/java").removesuffix("/jre")
                major = facts.java_major(home)
                if major is not None:
                    running[host.name] = major, kind
    if len({major for major, _ in running.values()}) < 2:
        return
    common, _ = running.get(seen.master.name) or next(iter(running.values()))
    alike: dict[Fix, list[str]] = {}
    for name, (major, kind) in running.items():
        if major != common:
            alike.setdefault(_same_java(seen, name, kind, common), []).append(name)
    for fix, odd in alike.items():
        yield Finding(
            "java-mixed-versions",
            "warning",
            tuple(odd),
            "The daemons run on different Javas",
            ", ".join(f"{name}: Java {major}" for name, (major, _) in running.items()),
            f"Java {common} everywhere",
            "What one Java writes another may not read; jobs fail on some hosts only.",
            tuple(f"{name}: Java {running[name][0]}" for name in odd),
            fix,
        )


def _same_java(seen: Observed, host: str, kind: Kind, major: int) -> Fix:
    """How this host's daemon comes to that Java: it is named there already, it is to be named, or it is missing."""
    key = seen.line.keys.java_home
    named = seen.value(host, key)
    homes = tuple(one.home for one in seen.facts[host].javas or () if one.major == major)
    if named in homes:
        return Fix(
            "asks",
            f"Start the {DAEMONS[kind]} anew, on the Java {major} that is named there",
            (),
            f"end-{kind}s",
        )
    if homes:
        return Fix("asks", f"Use Java {major} in {homes[0]}", (), "write-config", ((key, homes[0]),))
    return manual(f"Set {key} on this host to a Java {major}, then restart")


JAVA = ClusterCheck(
    "java",
    {
        "java-missing-on-worker": "Flink's scripts find no Java",
        "java-home-only-interactive": "JAVA_HOME is set only for shells with a terminal",
        "java-home-wrong": "the Java home that is named holds no Java",
        "env-java-home-nested": "env.java.home is written so that Flink's scripts miss it",
        "java-version-unsupported": "a Java that does not go with this Flink",
        "java-mixed-versions": "the daemons run on different Javas",
    },
    java,
)
