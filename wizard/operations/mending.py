"""Small mends of a Flink home that is there: modes, line ends, owners, a configuration line, a process too many.

Each changes only what is wrong. Knows files and processes of one home; it must not know how the fault was found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..commands import Command, Run, Upload, shell
from ..facts import ClusterFacts, PathFacts
from ..flink.configfile import ConfigUnreadable, read_config
from ..flink.line import FLAT_CONFIG, Format, Line
from ..needs import Account, Daemons, Home, Need, Paths
from ..words import ownership
from .configure import config_file
from .daemons import StopDaemon, with_rests
from .operation import CannotOperate, Operation

_EXECUTABLE = """cd "$1/bin" && for f in *.sh flink; do [ ! -f "$f" ] || chmod a+x "$f"; done
"""

_STRIP = """set -e
file=$1 backup=$2 time=$3
cr=$(printf '\\r')
[ -e "$backup" ] || cp -p "$file" "$backup"
sed "s/$cr\\$//" "$backup" > "$file"
[ -z "$time" ] || touch -d "@$time" "$file"
"""

_END = """class=$1
shift
ours() { tr '\\0' '\\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -e "$class"; }
for pid in "$@"; do if ours "$pid"; then kill "$pid"; fi; done
n=0
for pid in "$@"; do
  while ours "$pid"; do
    n=$((n + 1))
    if [ $n -eq 100 ]; then kill -KILL "$pid"; fi
    if [ $n -gt 130 ]; then echo "the process $pid is still there" >&2; exit 1; fi
    sleep 0.1
  done
done
"""


@dataclass(frozen=True)
class MakeExecutable(Operation):
    """The execute bits of Flink's own scripts, which copies by zip or SFTP lose."""

    touched = (Home, Paths)
    home: str
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "make-executable"

    @property
    def title(self) -> str:
        return "Make Flink's scripts executable"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        home = facts[self.host].homes.get(self.home)
        return home is not None and home.executable is not False

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return (shell(_EXECUTABLE, self.home, why="chmod a+x bin/*.sh bin/flink"),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes[self.home]
        return facts.changed_home(self.host, replace(home, executable=True))


@dataclass(frozen=True)
class StripReturns(Operation):
    """Lists and scripts without the carriage returns of another system; the old files are kept.

    A script keeps the time that the home's manifest names, so that it is the distribution's own again.
    """

    touched = (Home, Paths)
    home: str
    lists: tuple[str, ...]
    run_id: str
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "strip-returns"

    @property
    def title(self) -> str:
        return "Take the carriage returns out of lists and scripts"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not self._files(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return tuple(
            shell(_STRIP, path, f"{path}.{self.run_id}.bak", time, why="strip the carriage returns")
            for path, time in self._files(facts)
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes[self.home]
        conf = {
            name: replace(file, text=file.text.replace("\r\n", "\n"))
            if name in self.lists and file.text
            else file
            for name, file in home.conf.items()
        }
        changed = home.changed_files and tuple(one for one in home.changed_files if one not in home.returns)
        new = replace(home, conf=MappingProxyType(conf), returns=(), changed_files=changed)
        return facts.changed_home(self.host, new)

    def _files(self, facts: ClusterFacts) -> tuple[tuple[str, str], ...]:
        """Absolute paths, each with the time that the manifest names ("" for none)."""
        home = facts[self.host].homes.get(self.home)
        if home is None:
            return ()
        lists = tuple(
            (file.path, "")
            for name, file in home.conf.items()
            if name in self.lists and file.text is not None and "\r" in file.text
        )
        recorded: Mapping[str, Any] = (home.manifest or {}).get("files", {})
        return lists + tuple(
            (f"{self.home}/{name}", str(recorded[name][1]) if name in recorded else "")
            for name in home.returns
        )


@dataclass(frozen=True)
class SetAsideConfig(Operation):
    """No configuration under the old name beside the new one, where Flink would read the old; it is kept under another."""

    touched = (Home, Paths)
    home: str
    run_id: str
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "set-aside-config"

    @property
    def title(self) -> str:
        return f"Move conf/{FLAT_CONFIG} away"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return facts[self.host].conf_file(self.home, FLAT_CONFIG) is None

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        old = facts[self.host].conf_file(self.home, FLAT_CONFIG)
        return () if old is None else (Run(("mv", "--", old.path, f"{old.path}.{self.run_id}.bak")),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        home = facts[self.host].homes[self.home]
        conf = MappingProxyType({name: file for name, file in home.conf.items() if name != FLAT_CONFIG})
        return facts.changed_home(self.host, replace(home, conf=conf))


@dataclass(frozen=True)
class OpenTmp(Operation):
    """/tmp with the mode that every system gives it: everybody writes there, and removes what is theirs."""

    @property
    def id(self) -> str:
        return "open-tmp"

    @property
    def title(self) -> str:
        return "Give /tmp its usual mode, 1777"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Account(), Paths(("/tmp",)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        seen = facts[self.host].paths.get("/tmp")
        return seen is not None and seen.writable

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        if facts[self.host].sudo in (None, "none"):
            raise CannotOperate(
                f"/tmp on {self.host} is root's, and sudo may not be used.",
                "",
                f"As root on {self.host}: chmod 1777 /tmp",
            )
        return (Run(("chmod", "1777", "/tmp"), sudo=True),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        old = facts[self.host].paths.get("/tmp") or PathFacts("/tmp", "directory")
        return facts.changed_path(self.host, replace(old, mode=0o1777, writable=True))


@dataclass(frozen=True)
class MakeOwn(Operation):
    """Directories that Flink writes to, made where they are missing and given to the user that runs Flink."""

    paths: tuple[str, ...]

    @property
    def id(self) -> str:
        return "make-own"

    @property
    def title(self) -> str:
        return "Give the directories that Flink writes to its user"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Account(), Paths(self.paths))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return all(
            seen is not None and seen.exists and seen.writable
            for seen in map(facts[self.host].paths.get, self.paths)
        )

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        made: list[Command] = []
        for path in self.paths:
            seen = host.paths.get(path)
            if seen is None or (seen.exists and seen.writable):
                continue
            if not seen.exists and seen.writable:
                made.append(Run(("mkdir", "-p", "--", path)))
                continue
            if host.sudo in (None, "none"):
                raise CannotOperate(
                    f"{path} on {self.host} belongs to {seen.owner or 'another user'}, and sudo may not be used.",
                    ownership(seen.owner, seen.mode),
                    f"As root on {self.host}: chown -R {host.user} {path}",
                )
            if not seen.exists:
                made.append(Run(("mkdir", "-p", "--", path), sudo=True))
            made.append(Run(("chown", "-R", host.user or "", "--", path), sudo=True))
            if seen.mode is not None and not seen.mode & 0o200:
                made.append(Run(("chmod", "u+rwx", "--", path), sudo=True))
        return tuple(made)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        for path in self.paths:
            old = facts[self.host].paths.get(path) or PathFacts(path, "directory")
            new = replace(old, kind="directory", writable=True, owner=facts[self.host].user or "")
            facts = facts.changed_path(self.host, new)
        return facts


@dataclass(frozen=True)
class MendSyntax(Operation):
    """The configuration with what Flink cannot read put right where that is plain: a blank after the colon, tabs."""

    touched = (Home, Paths)
    home: str
    line: Line
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "mend-syntax"

    @property
    def title(self) -> str:
        return "Mend the lines of the configuration that Flink cannot read"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Home(self.home, self.conf_dir),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        file, form = config_file(facts[self.host], self.home, self.line)
        return file is None or file.text is None or is_readable(file.text, form)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        file, form = config_file(facts[self.host], self.home, self.line)
        mended = mended_text(file.text, form) if file is not None and file.text is not None else None
        if file is None or mended is None:
            raise CannotOperate(
                "What the broken line should say is not plain.",
                file.path if file else "",
                "Correct that line by hand.",
            )
        return (Upload(file.path, mended, (file.mode or 0o644) & 0o777, file.text),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        file, form = config_file(facts[self.host], self.home, self.line)
        home = facts[self.host].homes[self.home]
        if file is None or file.text is None:
            return facts
        new = replace(file, text=mended_text(file.text, form) or file.text, mtime=float("inf"))
        conf = MappingProxyType({**home.conf, file.path.rsplit("/", 1)[1]: new})
        return facts.changed_home(self.host, replace(home, conf=conf))


def is_readable(text: str, form: Format) -> bool:
    """Whether Flink reads every line of a configuration; a byte-order mark hides the first key of the flat form."""
    try:
        problems = read_config(text, form).problems
    except ConfigUnreadable:
        return False
    return not problems and not (form == "flat" and text.startswith("\ufeff"))


def mended_text(text: str, form: Format) -> str | None:
    """The text with plain faults mended; None when it would still not be readable.

    A whole key that is indented belongs at the margin: Flink's keys have dots, the keys of a nested form have none.
    """
    mended = _plainly_mended(text, form)
    if not is_readable(mended, form):
        mended = re.sub(r"^[ ]+(?=[A-Za-z][\w-]*(\.[\w-]+)+: )", "", mended, flags=re.MULTILINE)
    return mended if is_readable(mended, form) else None


def _plainly_mended(text: str, form: Format) -> str:
    """Blanks after colons, blanks instead of tabs."""
    lines = text.removeprefix("\ufeff").split("\n") if form == "flat" else text.split("\n")
    mended: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        body = line[len(indent) :]
        if not body.startswith("#"):
            body = re.sub(r"^([A-Za-z][\w.-]*):(?=[^\s/])", r"\1: ", body)
        mended.append(indent.replace("\t", "  ") + body)
    return "\n".join(mended)


@dataclass(frozen=True)
class EndDaemons(StopDaemon):
    """End every daemon of one kind of this home, each proved to be one by /proc, also those no pid file names."""

    @property
    def id(self) -> str:
        return f"end-{self.kind}s"

    @property
    def title(self) -> str:
        return f"End every {'JobManager' if self.kind == 'jobmanager' else 'TaskManager'} of this Flink"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return with_rests(self.host, (Daemons(), Home(self.home, self.conf_dir)), self.rests)

    @property
    def while_jobs_run(self) -> str:
        return "Nothing was ended."

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        daemons = self.line.daemons
        main = daemons.jobmanager_class if self.kind == "jobmanager" else daemons.taskmanager_class
        pids = tuple(str(one.pid) for one in self.running(facts[self.host]))
        return (shell(_END, main, *pids, why=f"end the {self.kind}s by their process ids", timeout=60.0),)
