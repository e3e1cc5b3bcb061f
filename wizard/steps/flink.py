"""Which Flink is installed, where it comes from, and where it lies.

Knows the catalogue and what was seen of the home on each host. It must not know how an archive is fetched.
"""

from __future__ import annotations

from ..answers.build import home_of
from ..facts import HostFacts
from ..flink.catalogue import (
    LINES,
    VERSIONS,
    Build,
    builds_of,
    line_of,
)
from ..flink.line import Line
from ..questions import Option, Suggested, question
from ..spec import HostSpec
from ..text import one_line
from ..view import View
from .cells import STATE, UNKNOWN, row_of, size_cell, state_by, verdict
from .fetching import by_hand
from .hosts import login_name
from .requirements import disk_free
from .step import Cell, Step
from .typed import parent
from .version import DEFAULT_VERSION, line_for, version_of

CONCERNS = frozenset(
    {
        "home-holds-other-version",
        "home-is-shared",
        "home-not-shared",
        "home-not-writable",
        "home-space",
        "home-taken",
    }
)

COLUMNS = (STATE, "in the home", "disk free", "may write")

LONG_TERM = "1.20"
"""The last line of 1.x, which gets fixes for longer than others (FLIP-458)."""


def support_of(line: Line) -> str:
    """Whether Apache still mends a line: it does so for its two newest, and for the long-term one."""
    if line == LINES[-1]:
        return "newest line"
    if line == LINES[-2]:
        return "still gets fixes"
    return "long-term support" if line.name == LONG_TERM else "no more fixes"


def java_range(line: Line) -> str:
    """As in "Java 11, 17 (21 as an experiment)"."""
    java = line.java
    plain = [str(major) for major in java.supported if major not in java.deprecated]
    text = "Java " + ", ".join(plain)
    beside = [f"{', '.join(map(str, java.deprecated))} discouraged"] if java.deprecated else []
    beside += [f"{', '.join(map(str, java.experimental))} as an experiment"] if java.experimental else []
    return f"{text} ({'; '.join(beside)})" if beside else text


def _versions(view: View) -> tuple[Option, ...]:
    """Every release, newest first."""
    del view
    options: list[Option] = []
    for version in reversed(VERSIONS):
        line = line_of(version)
        newest = "" if version == line.newest else f"; {line.newest} is newer"
        options.append(Option(version, version, f"{java_range(line)}; {support_of(line)}{newest}"))
    return tuple(options)


def _version(view: View) -> Suggested | None:
    del view
    line = line_of(DEFAULT_VERSION)
    return Suggested(DEFAULT_VERSION, "the newest release", (java_range(line),))


def _sources(view: View) -> tuple[Option, ...]:
    version = version_of(view)
    pypi = line_for(view).pypi
    held = pypi is not None and version in pypi.versions
    second = ", then PyPI" if held else ""
    return (
        Option("auto", "auto", f"Apache's mirror, then Apache's archive{second}; checked by SHA-512"),
        Option("apache", "Apache", "its mirror and its archive alone; checked by SHA-512"),
        Option(
            "pypi",
            "PyPI",
            "the Python packages of Flink, by your own pip"
            if held
            else f"no Python package holds Flink {version}",
            disabled=not held,
        ),
    )


def _home(view: View) -> Suggested | None:
    version = version_of(view)
    user = view.answers.text_at("user") or (view.spec.user if view.spec else login_name()) or "flink"
    return Suggested(f"{home_of(user)}/flink-{version}", f"a directory of its own for {version}")


def _ways(view: View) -> tuple[Option, ...]:
    del view
    return (
        Option("copy", "copy", "every host gets its own"),
        Option("shared", "shared", "the home lies in a directory that all hosts share, such as NFS"),
    )


def _way(view: View) -> Suggested | None:
    shared = any(finding.id == "home-is-shared" for finding in view.findings)
    if shared:
        return Suggested("copy", "but the place of the home is shared by these hosts: choose shared")
    return Suggested("copy", "every host reads its own disk")


def _builds(view: View) -> tuple[Build, ...]:
    return builds_of(version_of(view))


def _hadoops(view: View) -> tuple[Option, ...]:
    names = dict.fromkeys(build.hadoop for build in _builds(view))
    return tuple(
        Option(name or "none", _hadoop_name(name), "" if name else "jobs bring what they need of Hadoop")
        for name in names
    )


def _hadoop_name(build: str | None) -> str:
    """As in "Hadoop 2.7" for hadoop27."""
    if build is None:
        return "without Hadoop"
    digits, dash, rest = build.removeprefix("hadoop").partition("-")
    number = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"Hadoop {number}" + (f" with {rest.upper()}" if dash else "")


def _hadoop(view: View) -> Suggested | None:
    name = _builds(view)[0].hadoop
    return Suggested(
        name or "none", "jobs that read HDFS need the Hadoop of that HDFS" if name else "the plain one"
    )


def _scalas(view: View) -> tuple[Option, ...]:
    return tuple(Option(scala, scala) for scala in dict.fromkeys(b.scala for b in _builds(view)) if scala)


def _scala(view: View) -> Suggested | None:
    scala = _builds(view)[0].scala
    return Suggested(scala, "the newest that this Flink was built with") if scala else None


def _from_apache(view: View) -> bool:
    return (view.answers.text_at("flink.source") or "auto") in ("auto", "apache")


def _several_hadoops(view: View) -> bool:
    return _from_apache(view) and len({build.hadoop for build in _builds(view)}) > 1


def _several_scalas(view: View) -> bool:
    return _from_apache(view) and len({build.scala for build in _builds(view)}) > 1


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    spec, name = view.spec, host.name
    place = seen.paths.get(spec.flink.home) if spec else None
    place = (
        place
        if place is not None and place.exists
        else seen.paths.get(parent(spec.flink.home))
        if spec
        else None
    )
    space = state_by(view, name, "home-space")
    may = state_by(view, name, "home-not-writable", else_="good")
    return (
        verdict(view, name, CONCERNS),
        _in_the_home(view, host, seen),
        size_cell(disk_free(spec, seen), space),
        Cell("yes" if place.writable else "no", may) if place is not None else UNKNOWN,
    )


def _in_the_home(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    home = seen.homes.get(view.spec.flink.home) if view.spec else None
    if home is None or view.spec is None:
        return UNKNOWN
    if not home.exists:
        return Cell("nothing yet")
    if home.version is None:
        other = state_by(view, host.name, "home-taken", else_="warn")
        return Cell("not Flink" if home.operator_files else "an empty directory", other)
    if home.version == view.spec.flink.version:
        return Cell(f"Flink {one_line(home.version, 20)}", "good")
    return Cell(f"Flink {one_line(home.version, 20)}, to be replaced", "warn")


FLINK = Step(
    "flink",
    "Flink",
    "Which Flink is installed, where it comes from, and where it lies. "
    "Its path is the same on every host, because Flink's scripts expect it there.",
    questions=(
        question(
            "flink.version",
            help="The version of Flink. The newest patch of a line has all its fixes.",
            options=_versions,
            suggest=_version,
        ),
        question(
            "flink.build.hadoop",
            title="Built for Hadoop",
            help="Old releases carry the classes of one Hadoop; take that of your HDFS.",
            options=_hadoops,
            suggest=_hadoop,
            asked=_several_hadoops,
        ),
        question(
            "flink.build.scala",
            title="Built with Scala",
            help="Jobs in Scala need the Flink of their Scala version.",
            options=_scalas,
            suggest=_scala,
            asked=_several_scalas,
        ),
        question(
            "flink.source",
            help="auto, apache, pypi, or the path or address of an archive that you trust.",
            options=_sources,
        ),
        question(
            "flink.home",
            help="A directory for Flink alone, the same path on every host.",
            suggest=_home,
        ),
        question("flink.distribute", options=_ways, suggest=_way),
    ),
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=by_hand,
    concerns=CONCERNS,
)
