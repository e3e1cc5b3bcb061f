"""Flink's files on each node: there, the same as the master's, executable, with line ends of this system, writable.

Knows homes as observed. It must not know what a configuration says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from validators.check import manual
from wizard.facts import HomeFacts
from wizard.findings import Finding, Fix
from wizard.operations.copyhome import odd_jars
from wizard.words import ownership

from .observed import ClusterCheck, Observed

_COPY = "Copy the master's home; the old one is kept beside it"


def homes(seen: Observed) -> Iterator[Finding]:
    """A home that is missing, of another version, or with other jars than the master's."""
    spec = seen.spec
    source = seen.home(spec.master.name)
    whole = source is not None and source.version is not None
    for host, facts in seen.hosts():
        home = facts.homes.get(spec.flink.home)
        if home is None:
            continue
        fix = (
            Fix("safe", _COPY, (), "copy-flink")
            if whole and host.name != spec.master.name
            else manual("Install it", "flink-wizard apply FILE")
        )
        if not home.exists or (home.version is None and not home.jars):
            yield Finding(
                "install-path-missing-on-worker",
                "error",
                (host.name,),
                f"There is no Flink in {spec.flink.home}",
                "the directory is missing" if not home.exists else "no flink-dist jar in lib/",
                f"Flink {spec.flink.version}, at the same path on every host",
                "Flink's scripts call the same path on every host, and do not say where it was missing.",
                (f"{host.name}: {spec.flink.home}",),
                # What comes with the copy is the master's configuration, which names the master as this host.
                replace(fix, settings=tuple(seen.desired.nodes[host.name].config)) if fix.operation else fix,
            )
        elif len(dist := [name for name in home.jars if name.startswith("flink-dist")]) > 1:
            yield Finding(
                "flink-jars-damaged",
                "error",
                (host.name,),
                "There are several flink-dist jars",
                ", ".join(sorted(dist)),
                "one",
                "Flink's scripts refuse to choose: no daemon starts.",
                tuple(f"{host.name}: {spec.flink.home}/lib/{name}" for name in sorted(dist)),
                Fix("asks", _COPY, (), "copy-flink")
                if fix.operation
                else manual("Move the wrong one out of lib/"),
            )
        elif home.version is not None and home.version != spec.flink.version:
            yield Finding(
                "mixed-flink-versions",
                "error",
                (host.name,),
                f"Flink {home.version} is here",
                f"Flink {home.version}",
                f"Flink {spec.flink.version}",
                "A TaskManager of another version runs, and is refused again and again.",
                tuple(f"{host.name}: {spec.flink.home}/lib/{name}" for name in dist),
                Fix("asks", _COPY, (), "copy-flink") if fix.operation else fix,
            )
        elif source is not None and host.name != spec.master.name and home.jars and source.jars:
            yield from _jars(host.name, seen, home, source, fix)


def _jars(host: str, seen: Observed, home: HomeFacts, source: HomeFacts, fix: Fix) -> Iterator[Finding]:
    odd = odd_jars(home, source)
    if not odd:
        return
    damaged = [
        name for name in odd if name.startswith("flink-") or (name in home.jars and name in source.jars)
    ]
    shown = tuple(
        f"{host}: lib/{name}: {_size(home, name)}; {seen.master.name}: {_size(source, name)}" for name in odd
    )
    yield Finding(
        "flink-jars-damaged",
        "error" if damaged else "warning",
        (host,),
        f"The jars are not those of {seen.master.name}",
        ", ".join(odd[:4]) + (" …" if len(odd) > 4 else ""),
        f"the same jars as on {seen.master.name}",
        "A missing or damaged jar shows only when a class of it is needed, and then on this host alone.",
        shown[:10],
        Fix("safe" if damaged else "asks", _COPY, (), "copy-flink") if fix.operation else fix,
    )


def _size(home: HomeFacts, name: str) -> str:
    return f"{home.jars[name]} bytes" if name in home.jars else "missing"


def scripts(seen: Observed) -> Iterator[Finding]:
    """Execute bits and line ends."""
    lists = tuple(name for name in (seen.line.lists.workers, seen.line.lists.masters) if name)
    for host, _ in seen.hosts():
        home = seen.home(host.name)
        if home is None:
            continue
        if home.executable is False:
            yield Finding(
                "missing-exec-bits",
                "error",
                (host.name,),
                "Flink's scripts are not executable",
                "bin/*.sh without execute bits",
                "bin/*.sh executable",
                "The start script ends with “Permission denied”, or starts nothing and says nothing.",
                (f"{host.name}: {seen.spec.flink.home}/bin/*.sh",),
                Fix("safe", "Make them executable", (), "make-executable"),
            )
        wrong = [f"bin/{name.removeprefix('bin/')}" for name in home.returns]
        for name in lists:
            file = home.conf.get(name)
            # Only the master's own lists are read when the cluster is started.
            if file is not None and "\r" in (file.text or "") and host.name == seen.master.name:
                wrong.append(f"conf/{name}")
        if wrong:
            yield Finding(
                "crlf-scripts-or-workers",
                "error",
                (host.name,),
                "Files with the line ends of another system",
                ", ".join(wrong[:4]) + (" …" if len(wrong) > 4 else ""),
                "lines that end with a line feed alone",
                "The carriage return becomes part of the last word: of a host's name, of a command.",
                tuple(f"{host.name}: {seen.spec.flink.home}/{name}" for name in wrong[:10]),
                Fix("safe", "Take the carriage returns out", (), "strip-returns"),
            )


def written(seen: Observed, host: str) -> tuple[str, ...]:
    """The directories in which a daemon of this host writes its log and its process id."""
    keys = seen.line.keys
    log = seen.value(host, keys.log_dir) or f"{seen.spec.flink.home}/log"
    pid = seen.value(host, keys.pid_dir) or "/tmp"
    return tuple(dict.fromkeys((log, pid)))


def temporary(seen: Observed, host: str) -> tuple[str, ...]:
    """The directories that the configuration of a host names for temporary files."""
    value = seen.value(host, seen.line.keys.tmp_dirs) or ""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[,:]", value) if part.strip()))


def writable(seen: Observed) -> Iterator[Finding]:
    yield from _not_writable(seen, "install-or-log-dir-not-writable", written)
    yield from _not_writable(seen, "tmp-unusable", temporary)


def _not_writable(
    seen: Observed, id: str, named: Callable[[Observed, str], tuple[str, ...]]
) -> Iterator[Finding]:
    for host, facts in seen.hosts():
        if seen.home(host.name) is None:
            continue
        wrong = [
            path
            for name in named(seen, host.name)
            if name != "/tmp"
            and (path := facts.paths.get(name)) is not None
            and not (path.exists and path.writable)
        ]
        if not wrong:
            continue
        foreign = any(path.exists or not path.writable for path in wrong)
        yield Finding(
            id,
            "error",
            (host.name,),
            f"{facts.user or seen.spec.user} may not write {', '.join(path.path for path in wrong)}",
            "; ".join(
                f"{path.path}: {ownership(path.owner, path.mode)}"
                if path.exists
                else f"{path.path} is missing"
                for path in wrong
            ),
            f"{facts.user or seen.spec.user} may write it",
            "The daemon ends before its first line of log, and the start script exits with 0.",
            tuple(f"{host.name}: {path.path}" for path in wrong),
            Fix(
                "asks" if foreign else "safe",
                "Give it to the user that runs Flink" if foreign else "Make it",
                (),
                "make-own",
                tuple((path.path, None) for path in wrong),
            ),
        )


FILES = (
    ClusterCheck(
        "homes",
        {
            "install-path-missing-on-worker": "there is no Flink at the path that the master uses",
            "mixed-flink-versions": "another version than the others have",
            "flink-jars-damaged": "other jars in lib/ than on the master",
        },
        homes,
    ),
    ClusterCheck(
        "scripts",
        {
            "missing-exec-bits": "Flink's scripts are not executable",
            "crlf-scripts-or-workers": "carriage returns in scripts or in the list of workers",
        },
        scripts,
    ),
    ClusterCheck(
        "writable",
        {
            "install-or-log-dir-not-writable": "the user that runs Flink may not write where the daemons do",
            "tmp-unusable": "/tmp, or another directory for temporary files, is not writable",
        },
        writable,
    ),
)
