"""What Flink needs of every host, as it was observed, and what would install what is missing.

Knows values that a host reports. It must not know how they are read, nor judge them: that is for the checks.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import HostFacts
from ..flink.line import Line
from ..javachoice import JavaWish
from ..operations.packages import family_of
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .cells import STATE, UNKNOWN, gib, number_cell, row_of, size_cell, state_by, verdict
from .step import ByHand, Cell, Step
from .typed import SHOWN, login, names, of_spec, parent, word
from .version import line_for

CONCERNS = frozenset(
    {
        "check-crashed",
        "clock-skew",
        "hostname-clash",
        "java-missing",
        "java-unsupported",
        "login-profile-hijacks",
        "memory-too-small",
        "name-differs",
        "name-is-loopback",
        "name-not-resolvable",
        "open-files-low",
        "other-cluster-on-port",
        "other-flink-running",
        "own-name-is-loopback",
        "pdsh-uses-rsh",
        "port-taken",
        "system-unknown",
        "system-untried",
        "tmp-space",
        "tmp-unusable",
        "tools-missing",
        "user-differs",
        "user-is-root",
    }
)

COLUMNS = (STATE, "java", "memory", "cores", "disk free", "clock", "open files", "user", "system")


def java_cell(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    """The version of the Java that Flink would run on here, and how this Flink likes it."""
    if seen.javas is None:
        return UNKNOWN
    node = view.desired.nodes.get(host.name) if view.desired else None
    wish = node.java if node else JavaWish.of(line_for(view).java)
    choice = wish.choose(seen)
    if choice is None:
        others = ", ".join(dict.fromkeys(one_line(java.version, 20) for java in seen.javas))
        return Cell(
            others or "none", state_by(view, host.name, "java-missing", "java-unsupported", else_="bad")
        )
    version = next(
        (java.version for java in seen.javas if java.home == choice.home), str(choice.major or "?")
    )
    good = choice.verdict in ("recommended", "supported")
    return Cell(one_line(version, 20), "good" if good else "warn")


def disk_free(spec: ClusterSpec | None, seen: HostFacts) -> int | None:
    """MiB that are free where the Flink home goes, None when that was not read."""
    if spec is None:
        return None
    for path in (spec.flink.home, parent(spec.flink.home)):
        found = seen.paths.get(path)
        if found is not None and found.free_mib is not None:
            return found.free_mib
    holding = [
        disk
        for disk in seen.disks or ()
        if disk.mount == "/" or f"{spec.flink.home}/".startswith(f"{disk.mount.rstrip('/')}/")
    ]
    best = max(holding, key=lambda disk: len(disk.mount), default=None)
    return best.free_mib if best else None


def memory_cell(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    total = seen.memory_total_mib
    limited = total is not None and seen.memory_mib is not None and total > seen.memory_mib
    state = state_by(view, host.name, "memory-too-small")
    if limited:
        return Cell(f"{gib(seen.memory_mib)} of {gib(total)}", state)
    return size_cell(seen.memory_mib, state)


def _clock(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    if seen.clock_offset is None:
        return UNKNOWN
    return Cell(f"{seen.clock_offset:+.1f} s", state_by(view, host.name, "clock-skew"))


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    name = host.name
    system = one_line(seen.os.pretty or seen.os.kernel, 40) if seen.os else ""
    return (
        verdict(view, name, CONCERNS),
        java_cell(view, host, seen),
        memory_cell(view, host, seen),
        number_cell(seen.cores),
        size_cell(
            disk_free(view.spec, seen), state_by(view, name, "home-space", "tmp-space", "tmp-unusable")
        ),
        _clock(view, host, seen),
        number_cell(seen.nofile, state_by(view, name, "open-files-low")),
        Cell(one_line(seen.user, 32), state_by(view, name, "user-differs", "user-is-root"))
        if seen.user
        else UNKNOWN,
        Cell(system, state_by(view, name, "system-unknown")) if system else UNKNOWN,
    )


def _installs(view: View, spec: ClusterSpec, line: Line) -> Iterator[ByHand]:
    """The lines that would install what is missing, as the findings have them; else what to type where."""
    for finding in view.findings:
        if finding.id in CONCERNS and finding.fix and finding.fix.commands and finding.severity != "info":
            lines = [line for command in finding.fix.commands for line in command.split("\n")]
            yield ByHand(one_line(f"{finding.title} ({names(finding.hosts)})", 160), tuple(lines[:SHOWN]))
    packages: dict[str, list[str]] = {}
    for host in spec.hosts:
        seen = view.facts_of(host.name)
        family = family_of(seen) if seen else None
        if family is not None:
            tools = tuple(dict.fromkeys(family.tools.values()))
            java = family.java_package(line.java.recommended)
            packages.setdefault(family.by_hand((*tools, java)), []).append(host.name)
    for command, hosts in packages.items():
        yield ByHand(f"All that Flink {spec.flink.version} needs, on {names(hosts)}", (command,))


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    line, home = line_for(view), spec.flink.home
    others = tuple(host.address for host in spec.hosts if host.name != spec.master.name)
    look = [
        "java -version",
        "command -v bash tar gzip ssh",
        "free -m; nproc",
        f"df -h {word(parent(home))} /tmp",
        "ulimit -n; date -u; id",
        f"getent hosts {word(spec.master.address)}",
        "ss -ltn",
    ]
    if others and not spec.master.local:
        look.insert(0, f"{login(spec, spec.master)}   # and so on every host")
    return (ByHand("Look on every host", tuple(look)), *_installs(view, spec, line))


REQUIREMENTS = Step(
    "requirements",
    "Requirements",
    "What Flink needs of every host: a system, Java, memory, free ports, names that resolve. "
    "What is missing and can be installed is installed by the plan.",
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    concerns=CONCERNS,
)
