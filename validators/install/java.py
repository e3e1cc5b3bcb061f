"""Java on every node: there, of a major that this Flink runs on, or to be had by an operation of the plan.

Knows the line's majors. It must not know how a Java is found or installed.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, Needs, fix_by, reached
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.flink.catalogue import line_of, module_flag_list
from wizard.javachoice import JavaChoice, JavaWish
from wizard.operations.java import InstallJava
from wizard.operations.operation import CannotOperate
from wizard.spec import HERE, ClusterSpec, HostSpec


def wish_of(spec: ClusterSpec, host: HostSpec) -> JavaWish:
    """What the answers ask of Java on this host."""
    home = host.java_home or spec.java.wished
    return JavaWish.of(line_of(spec.flink.version).java, home, spec.java.allow_unsupported)


def _operation(spec: ClusterSpec, host: HostSpec) -> InstallJava:
    master = spec.master.name
    source = "" if host.name == master else master
    return InstallJava(host.name, wish_of(spec, host), source, spec.java.archive, HERE)


def java(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    ready = _with_the_masters(spec, facts)
    for host, seen in reached(spec, facts):
        if seen.javas is None:
            continue
        choice = wish_of(spec, host).choose(seen)
        if choice is None:
            yield _no_java(spec, host, seen, ready)
        elif choice.verdict in ("unsupported", "experimental"):
            yield _unusual(spec, host, choice)


def _with_the_masters(spec: ClusterSpec, facts: ClusterFacts) -> ClusterFacts:
    """The facts once the master has its Java, which it gets before the workers do."""
    operation = _operation(spec, spec.master)
    seen = facts[spec.master.name]
    if not seen.reached or seen.javas is None or operation.satisfied(facts):
        return facts
    try:
        operation.commands(facts)
    except CannotOperate:
        return facts
    return operation.expected(facts)


def _no_java(spec: ClusterSpec, host: HostSpec, seen: HostFacts, ready: ClusterFacts) -> Finding:
    wish = wish_of(spec, host)
    found = seen.javas or ()
    majors = ", ".join(str(major) for major in sorted({*wish.supported, *wish.experimental}))
    named = wish.home != "auto"
    worst = any(wish.verdict(item.major) == "unsupported" for item in found)
    title = (
        f"JAVA_HOME in the answers is wrong: {wish.home}"
        if named
        else f"No Java that Flink {spec.flink.version} runs on"
        if found
        else "No Java"
    )
    return Finding(
        "java-home-wrong" if named else "java-unsupported" if found else "java-missing",
        "error",
        (host.name,),
        title,
        ", ".join(sorted({f"Java {item.major}" for item in found})) or "no Java was found",
        f"Java {majors}",
        "With java: {allow_unsupported: true} in the answers the Java that is there is used all the same."
        if worst and not named and not wish.allow_unsupported
        else "Without it no daemon starts, and Flink's start script does not say on which host.",
        tuple(f"{host.name}: {item.home} (Java {item.version})" for item in found),
        _fix(spec, host, ready),
    )


def _fix(spec: ClusterSpec, host: HostSpec, ready: ClusterFacts) -> Fix:
    if host.name == spec.master.name:
        # The master's own way is judged from what is there, not from what it will have become.
        without = ready[host.name].javas or ()
        ready = ready.changed(host.name, javas=tuple(item for item in without if "\0" not in item.home))
    return fix_by(_operation(spec, host), ready)


def _unusual(spec: ClusterSpec, host: HostSpec, choice: JavaChoice) -> Finding:
    line = line_of(spec.flink.version).java
    if choice.verdict == "experimental":
        return Finding(
            "java-experimental",
            "info",
            (host.name,),
            f"Java {choice.major} is experimental for Flink {spec.flink.version}",
            f"Java {choice.major} in {choice.home}",
            f"Java {line.recommended}",
        )
    flags = module_flag_list(line.flags_to_add)
    tried = choice.major in line.flags_tried
    return Finding(
        "java-unsupported",
        "warning",
        (host.name,),
        f"Java {choice.major} is not supported by Flink {spec.flink.version}; the answers allow it",
        f"Java {choice.major} in {choice.home}",
        "Java " + ", ".join(str(major) for major in line.supported),
        f"The module flags that it needs are written as {line.opts_key}; "
        + ("jobs ran with them." if tried else "nobody has tried this pair."),
        flags,
    )


def _needs(spec: ClusterSpec) -> Needs:
    needs: dict[str, tuple[object, ...]] = {}
    for host in spec.hosts:
        for name, wanted in _operation(spec, host).needs().items():
            needs[name] = tuple(dict.fromkeys((*needs.get(name, ()), *wanted)))
    return needs  # type: ignore[return-value]


JAVA = (Check("java-missing", _needs, java),)
