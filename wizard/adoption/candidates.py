"""Which Flink homes a host has, where each was noticed, and which of them the cluster is.

Knows the usual places and what running JVMs say. It must not know what is in a home, nor who is asked to choose.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..facts import DaemonFacts, HomeFacts, HostFacts
from ..needs import Ask
from ..text import one_line
from ..words import DAEMONS

_PLACES = (
    '"$HOME"/flink* "$HOME"/*/flink* /opt/flink* /opt/*/flink* /opt/flink*/* /usr/local/flink* /usr/local/*/flink*'
    " /usr/lib/flink* /usr/share/flink* /srv/flink* /srv/*/flink* /srv/flink*/* /home/flink*/flink*"
    " /data/flink* /data/*/flink* /apps/flink*"
)

_SCRIPT = (
    r"""
look() {
  case $1 in *.bak|*/.*|*[!\ -~]*) return;; esac
  for j in "$1"/lib/flink-dist*.jar; do
    if [ -f "$j" ]; then
      r=$(cd -P "$1" 2>/dev/null && pwd -P) || return
      printf '%s\t%s\t%s\t%s\n' "$2" "$1" "$r" "${j##*/}"
      return
    fi
  done
}
for d in """
    + _PLACES
    + r"""; do look "$d" place; done
for f in "$HOME"/.bashrc "$HOME"/.bash_profile "$HOME"/.profile /etc/environment /etc/profile.d/*.sh; do
  if [ -r "$f" ]; then
    sed -n 's/^[[:space:]]*\(export[[:space:]]*\)*FLINK_HOME=["'\'']*\(\/[^"'\''$;[:space:]]*\).*/\2/p' "$f"
  fi
done | while IFS= read -r d; do look "${d%/}" profile; done
"""
)

USUAL = Ask("the usual places of Flink", ("sh", "-c", _SCRIPT), 30)
"""Directories that hold a flink-dist jar: where people put Flink, and what FLINK_HOME of a profile names."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One home, by its real path. `names` are links that lead to it; `runs` the kinds of daemons from it."""

    path: str
    names: tuple[str, ...] = ()
    version: str = ""
    reasons: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    conf_dir: str = ""
    """Where the daemons read their configuration, when not below the home."""
    named: bool = False
    """Whether FLINK_HOME names it."""

    @property
    def words(self) -> str:
        """One line for whoever chooses."""
        version = f"Flink {self.version}" if self.version else "Flink of an unknown version"
        return one_line(f"{self.path} ({version}; {', '.join(self.reasons)})", 200)


@dataclass(frozen=True, slots=True)
class Choice:
    """`home` is None when there is none, or several and nothing tells which; `why` says what decided."""

    home: Candidate | None
    why: str = ""
    others: tuple[Candidate, ...] = ()


@dataclass(slots=True)
class _Gathered:
    found: dict[str, Candidate] = field(default_factory=dict[str, Candidate])

    def add(self, path: str, *, name: str = "", version: str = "", reason: str = "") -> Candidate:
        old = self.found.get(path) or Candidate(path)
        names = (*old.names, name) if name and name != path and name not in old.names else old.names
        reasons = (*old.reasons, reason) if reason and reason not in old.reasons else old.reasons
        new = replace(old, names=names, version=old.version or version, reasons=reasons)
        self.found[path] = new
        return new


def candidates(facts: HostFacts, asked: str | None = None) -> tuple[Candidate, ...]:
    """Every home that this host shows, those that something runs from first. `asked` is one that was named."""
    gathered = _Gathered()
    real: dict[str, str] = {}
    for kind, path, where, jar in _listed(facts):
        real[path] = where
        reason = "named by FLINK_HOME in a profile" if kind == "profile" else "in a usual place"
        one = gathered.add(where, name=path, version=version_in(jar), reason=reason)
        gathered.found[where] = replace(one, named=one.named or kind == "profile")
    for daemon in _flinks(facts):
        path = daemon.home.rstrip("/")
        path = real.get(path, path)
        one = gathered.add(path, reason=f"a {DAEMONS[daemon.kind]} runs from it")
        own = posixpath.normpath(daemon.conf_dir) if daemon.conf_dir else ""
        apart = own if own not in {"", *(f"{name}/conf" for name in (path, *one.names, daemon.home))} else ""
        gathered.found[path] = replace(one, runs=(*one.runs, daemon.kind), conf_dir=one.conf_dir or apart)
    login = (facts.login_environment or {}).get("FLINK_HOME", "").rstrip("/")
    if login.startswith("/"):
        path = real.get(login, login)
        one = gathered.add(path, reason="named by FLINK_HOME of the login")
        gathered.found[path] = replace(one, named=True)
    if asked is not None:
        gathered.add(real.get(asked, asked), name=asked, reason="named by --flink-home")
    return tuple(sorted(gathered.found.values(), key=lambda one: (not one.runs, one.path)))


def read_homes(found: Iterable[Candidate], homes: Mapping[str, HomeFacts]) -> tuple[Candidate, ...]:
    """The candidates that are a Flink home indeed, each once by its real path, with the version that was read."""
    kept: dict[str, Candidate] = {}
    for one in found:
        home = homes.get(one.path)
        if home is None or not home.exists or home.version is None:
            continue
        path = home.real or one.path
        same = kept.get(path)
        names = (*one.names, one.path) if path != one.path else one.names
        new = replace(one, path=path, names=names, version=home.version)
        if same is not None:
            new = replace(
                new,
                names=tuple(dict.fromkeys((*same.names, *names))),
                reasons=tuple(dict.fromkeys((*same.reasons, *one.reasons))),
                runs=same.runs + one.runs,
                conf_dir=same.conf_dir or one.conf_dir,
                named=same.named or one.named,
            )
        kept[path] = new
    return tuple(kept.values())


def chosen(found: tuple[Candidate, ...], asked: str | None = None) -> Choice:
    """The home that is meant: the one that was named, else the only one, else the only one that is in use."""
    if asked is not None:
        named = next((one for one in found if asked in (one.path, *one.names)), None)
        return Choice(named, "named by --flink-home", found)
    if len(found) < 2:
        return Choice(found[0], ", ".join(found[0].reasons), found) if found else Choice(None)
    tests = (
        ("a JobManager runs from it and from no other", [one for one in found if "jobmanager" in one.runs]),
        ("Flink runs from it and from no other", [one for one in found if one.runs]),
        ("FLINK_HOME names it, and nothing runs", [one for one in found if one.named]),
    )
    for why, fitting in tests:
        if len(fitting) == 1:
            return Choice(fitting[0], why, found)
        if fitting:
            break
    return Choice(None, "", found)


def version_in(jar: str) -> str:
    """The version in the name of a flink-dist jar, "" when it has none."""
    match = re.fullmatch(r"flink-dist(?:_2\.\d+)?-(\d.*)\.jar", jar)
    return match[1] if match else ""


def scala_in(facts: HostFacts, path: str) -> str:
    """The Scala that the flink-dist jar in this home names, "" when it names none."""
    for _, _, where, jar in _listed(facts):
        match = re.match(r"flink-dist_(2\.\d+)-", jar)
        if where == path and match:
            return match[1]
    return ""


OF_FLINK = ("jobmanager", "taskmanager")
"""The daemons whose home is the cluster's own Flink."""


def _flinks(facts: HostFacts) -> list[DaemonFacts]:
    return [one for one in facts.daemons or () if one.kind in OF_FLINK and one.home.startswith("/")]


def _listed(facts: HostFacts) -> list[tuple[str, str, str, str]]:
    """(how it was noticed, path, real path, jar) of each line that the search printed."""
    answer = facts.commands.get(USUAL.name)
    rows = [line.split("\t") for line in answer.stdout.splitlines()] if answer else []
    return [(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]
