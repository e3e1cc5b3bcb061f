"""The files of Flink or of Hadoop: obtained once on the control machine, put on every node as a whole or not at all.

A home carries its manifest, written last, so that a home with a manifest is complete. What an operator added to a
home (connectors, plugins, configuration, logs) goes with it; a replaced home is kept beside the new one.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..commands import Command, Fetch, FetchChoice, Transfer, shell
from ..facts import ClusterFacts, HomeFacts, PathFacts
from ..needs import Daemons, Home, LogTail, Machine, Need, Paths
from ..product import FLINK, Product
from ..spec import HERE
from .operation import CannotOperate, Operation, Proof, Verdict

_SWAP = """set -e
home=$1 new=$2 ready=$3 old=$4 same=$5 conf=$6 log=$7
shift 7
[ -f "$new/.flink-wizard/manifest.json" ] || { echo "the copy in $new is not complete" >&2; exit 1; }
mkdir -p "$new/$log"
if [ -d "$home" ]; then
  for name in "$@"; do
    mkdir -p "$new/$(dirname "$name")"
    cp -a "$home/$name" "$new/$name"
  done
  if [ "$same" = yes ] && [ -d "$home/$conf" ]; then cp -a "$home/$conf/." "$new/$conf/"; fi
  if [ -d "$home/$log" ]; then cp -a "$home/$log/." "$new/$log/"; fi
  # From here on the copy holds all that the old home held: were this run ended now, the next one moves it on.
  rm -rf "$ready"
  mv "$new" "$ready"
  mv "$home" "$old"
else
  ready=$new
fi
mv "$ready" "$home"
"""

_FINISH = """[ ! -e "$2" ] && exec mv "$1" "$2"
"""


def manifest_path(tar: str) -> str:
    """Where the manifest of a distribution in the cache stands."""
    return tar + ".manifest.json"


def staging_of(home: str) -> str:
    """The name beside a home under which a new one grows. One name, so that a later run finds and replaces it."""
    return f"{posixpath.dirname(home)}/.{posixpath.basename(home)}.flink-wizard-new"


def ready_of(home: str) -> str:
    """The name of a copy that is complete with what the operator added, between the two renames of a swap."""
    return f"{posixpath.dirname(home)}/.{posixpath.basename(home)}.flink-wizard-ready"


def home_is_good(home: HomeFacts | None, version: str, archive: str | None) -> bool:
    """Whether this home is that version, whole. `archive` is the hash of the distribution, None when not known here.

    A home that somebody else installed has no manifest; its version is then all that is asked of it.
    """
    if home is None or not home.exists or home.version != version:
        return False
    if home.executable is False:
        return False
    if home.manifest is None:
        return True
    if home.manifest.get("version") != version or home.changed_files:
        return False
    return archive is None or home.manifest.get("archive_sha") == archive


@dataclass(frozen=True)
class Obtain(Operation):
    """Get the distribution into the cache, unless every node already has it. `targets`: host → home."""

    version: str
    choices: tuple[FetchChoice, ...]
    tar: str
    targets: tuple[tuple[str, str], ...]
    conf_dir: str | None = None
    product: Product = FLINK

    @property
    def id(self) -> str:
        return f"obtain-{self.product.slug}"

    @property
    def title(self) -> str:
        return f"Obtain {self.product.name} {self.version} and verify it"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        sources = tuple(choice.address for choice in self.choices if choice.kind == "path")
        wanted: dict[str, tuple[Need, ...]] = {
            HERE: (Paths(paths=(self.tar, *sources), texts=(manifest_path(self.tar),)),)
        }
        return wanted | {host: (Home(home, self.conf_dir, self.product.slug),) for host, home in self.targets}

    def satisfied(self, facts: ClusterFacts) -> bool:
        cached = cached_manifest(facts, self.tar)
        current = cached is not None and self._current(cached, facts)
        named = archive_counts(self.choices)
        if named and cached is not None and not current:
            return False
        archive: str | None = cached.get("archive_sha") if cached and current and named else None
        homes = [facts[host].homes.get(home) for host, home in self.targets if facts[host].reached]
        if homes and all(home_is_good(home, self.version, archive) for home in homes):
            return True
        return current

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        del facts
        return (Fetch(self.version, self.choices, self.tar, product=self.product.slug),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        source = next((facts[HERE].paths.get(c.address) for c in self.choices if c.kind == "path"), None)
        manifest: dict[str, Any] = {"version": self.version, "archive_sha": "", "size": 0}
        if source is not None:
            manifest["source"] = {"size": source.size, "mtime": int(source.mtime or 0)}
        text = json.dumps(manifest)
        after = facts.changed_path(HERE, PathFacts(manifest_path(self.tar), "file", text=text))
        return after.changed_path(HERE, PathFacts(self.tar, "file", size=0))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        del facts
        return (
            f"{self.tar} is not there or not complete.",
            "Run again; the download goes on where it stopped.",
        )

    def _current(self, manifest: Mapping[str, Any], facts: ClusterFacts) -> bool:
        """Whether a cached distribution is still what the path that it came from holds."""
        for choice in self.choices:
            source = facts[HERE].paths.get(choice.address) if choice.kind == "path" else None
            noted: dict[str, Any] = manifest.get("source") or {}
            if source is not None and source.exists:
                same = (noted.get("size"), noted.get("mtime")) == (source.size, int(source.mtime or 0))
                return manifest.get("version") == self.version and same
        return manifest.get("version") == self.version


def archive_counts(choices: tuple[FetchChoice, ...]) -> bool:
    """Whether an operator named one archive. Releases of one version are the same Flink wherever they come from."""
    return all(choice.kind in {"path", "url"} for choice in choices)


def cached_manifest(facts: ClusterFacts, tar: str) -> Mapping[str, Any] | None:
    """The manifest of a distribution in the cache, when it and its tar file are both there, whole."""
    text = facts[HERE].paths.get(manifest_path(tar))
    file = facts[HERE].paths.get(tar)
    if text is None or text.text is None or file is None or not file.exists:
        return None
    try:
        manifest: dict[str, Any] = json.loads(text.text)
    except ValueError:
        return None
    return manifest if manifest.get("size") in (None, file.size) else None


@dataclass(frozen=True)
class InstallHome(Operation):
    """Put the distribution on a node: a stream into a name beside the home, then one rename.

    `run_id` names the backup of a home that is replaced.
    """

    touched = (Home, Paths, Machine, Daemons, LogTail)
    home: str
    version: str
    tar: str
    run_id: str
    this_archive: bool = True
    """Whether a home of the right version from another archive is replaced."""
    conf_dir: str | None = None
    """Where this node's configuration is, when the home is shared by all."""
    product: Product = FLINK

    @property
    def id(self) -> str:
        return f"install-{self.product.slug}"

    @property
    def title(self) -> str:
        return f"Install {self.product.name} {self.version} in {self.home}"

    @property
    def _conf(self) -> str:
        """The home's own directory of configuration, below it."""
        inside = (self.conf_dir or "").removeprefix(f"{self.home}/")
        return inside if inside in self.product.conf else self.product.conf[0]

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {
            self.host: (Home(self.home, self.conf_dir, self.product.slug), Daemons()),
            HERE: (Paths(paths=(self.tar,), texts=(manifest_path(self.tar),)),),
        }

    def satisfied(self, facts: ClusterFacts) -> bool:
        cached = cached_manifest(facts, self.tar)
        archive = (cached.get("archive_sha") or None) if cached and self.this_archive else None
        return home_is_good(facts[self.host].homes.get(self.home), self.version, archive)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        old = host.homes.get(self.home)
        running = [daemon for daemon in host.daemons or () if host.runs_from(daemon, self.home)]
        if running:
            listed = ", ".join(f"{daemon.kind} (pid {daemon.pid})" for daemon in running)
            raise CannotOperate(
                f"{self.home} has to be replaced, but daemons run from it.",
                listed,
                "Stop them first with flink-wizard stop, then apply again.",
            )
        if old and old.exists and old.version is None and old.operator_files and not old.manifest:
            raise CannotOperate(
                f"{self.home} exists and is not a {self.product.name} home.",
                ", ".join(old.operator_files[:5]),
                f"Move it away, or choose another {self.product.section}.home.",
            )
        staging, ready = staging_of(self.home), ready_of(self.home)
        if self._interrupted(old):
            return (shell(_FINISH, ready, self.home, why="finish what an interrupted run had begun"),)
        carried = old.operator_files if old else ()
        same = "yes" if old and old.version == self.version else "no"
        backup = f"{self.home}.{self.run_id}.bak"
        return (
            Transfer(HERE, self.tar, self.host, staging, source_is_tar=True),
            shell(
                _SWAP,
                self.home,
                staging,
                ready,
                backup,
                same,
                self._conf,
                self.product.logs,
                *carried,
                why="move the finished copy into place",
            ),
        )

    @property
    def _elsewhere(self) -> bool:
        """Whether the configuration lies outside the home, and so outlives it."""
        return self.conf_dir is not None and not self.conf_dir.startswith(f"{self.home}/")

    def _interrupted(self, old: HomeFacts | None) -> bool:
        """Whether a run was ended after it had moved the old home away and before the new one was in its place."""
        return old is not None and not old.exists and posixpath.basename(ready_of(self.home)) in old.leftovers

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        cached = cached_manifest(facts, self.tar) or {}
        old = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=False)
        manifest = MappingProxyType({"version": self.version, "archive_sha": cached.get("archive_sha", "")})
        keeps_conf = old.exists and old.version == self.version
        home = replace(
            old,
            exists=True,
            version=self.version,
            manifest=manifest,
            changed_files=(),
            executable=True,
            leftovers=(),
            conf=old.conf if keeps_conf or self._elsewhere else MappingProxyType({}),
            conf_dir=old.conf_dir or self.conf_dir or f"{self.home}/{self._conf}",
        )
        return facts.changed_home(self.host, home)

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        home = facts[self.host].homes.get(self.home)
        changed = ", ".join((home.changed_files or ())[:5]) if home else "nothing is there"
        return (changed, "Run again: the copy is made anew and replaces this one only when it is whole.")


@dataclass(frozen=True)
class SeeSharedHome(Proof):
    """A node that shares the home with the master writes nothing; it only has to see the same files."""

    home: str
    version: str
    master: str
    conf_dir: str | None = None

    @property
    def id(self) -> str:
        return "see-shared-home"

    @property
    def patience(self) -> float:
        """A network file system may show what it knew before for some seconds."""
        return 30.0

    @property
    def title(self) -> str:
        return f"{self.host} sees the shared {self.home}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        home = Home(self.home, self.conf_dir)
        return {self.host: (home,), self.master: (home,)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        if home_is_good(facts[self.host].homes.get(self.home), self.version, None):
            return Verdict(True, f"Flink {self.version}")
        return Verdict(
            False,
            f"{self.host} does not see Flink {self.version} in {self.home}.",
            evidence=f"{self.master} wrote it there, and the answers say that the directory is shared.",
            action=f"Mount the shared directory on {self.host}, or set flink.distribute to copy.",
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        own = facts[self.host].homes.get(self.home) or HomeFacts(self.home, exists=False)
        home = facts[self.master].homes.get(self.home)
        if home is None or home_is_good(own, self.version, None):
            return facts
        # The files are the same; the configuration of this node stands in a directory of its own.
        return facts.changed_home(self.host, replace(home, conf=own.conf, conf_dir=own.conf_dir))
