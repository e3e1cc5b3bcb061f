"""The place for Flink: writable, free or already Flink, and really shared or really each host's own.

Knows paths and file systems as observed. It must not know how a home is put there.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, Needs, manual, reached
from wizard.facts import ClusterFacts, DiskFacts, HostFacts, PathFacts
from wizard.findings import Finding, Fix
from wizard.needs import Account, Home, Machine, Paths
from wizard.spec import ClusterSpec
from wizard.words import ownership

from .resources import holds_wanted


def _above(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] or "/"


def _needs(spec: ClusterSpec) -> Needs:
    home = spec.flink.home
    return dict.fromkeys(
        spec.names, (Account(), Machine(), Home(home, spec.conf_dir), Paths((home, _above(home))))
    )


def writable(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """A new home grows beside its place, so the directory above must be writable; for one that is there,
    itself.
    """
    home = spec.flink.home
    for host, seen in reached(spec, facts):
        there = holds_wanted(seen, spec)
        path = seen.paths.get(home if there else _above(home))
        if path is None or path.writable:
            continue
        user = seen.user or spec.user
        yield Finding(
            "home-not-writable",
            "error",
            (host.name,),
            f"{user} may not write {path.path}",
            f"{path.path}: {ownership(path.owner, path.mode)}"
            if path.exists
            else f"{path.path} is missing and may not be made",
            f"{user} may write it",
            "A new home grows beside its place and is moved there when it is whole.",
            fix=_way_to_write(home, path, user, there),
        )


def _way_to_write(home: str, path: PathFacts, user: str, there: bool) -> Fix:
    """A directory that is there belongs to somebody: it is not given away, the home moves one below it."""
    if there:
        return manual("As root, or name another flink.home", f"chown -R {user} {path.path}")
    if not path.exists:
        return manual("As root, or name another flink.home", f"install -d -o {user} {path.path}")
    own = f"{path.path.rstrip('/')}/flink"
    better = f"{own}/{home.rpartition('/')[2]}"
    return manual(f"As root; then flink.home: {better} in the answers", f"install -d -o {user} {own}")


def taken(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    home = spec.flink.home
    for host, seen in reached(spec, facts):
        path, flink = seen.paths.get(home), seen.homes.get(home)
        if path is not None and path.kind in ("file", "other"):
            yield _taken(host.name, home, f"{home} is a {path.kind}", ())
        elif path is not None and path.kind == "link" and flink is not None and not flink.exists:
            yield _taken(host.name, home, f"{home} is a link that leads nowhere", ())
        elif flink is not None and flink.exists and flink.version is None and flink.operator_files:
            listed = flink.operator_files[:5]
            yield _taken(host.name, home, f"{len(flink.operator_files)} files that are not Flink's", listed)
        elif flink is not None and flink.exists and flink.version not in (None, spec.flink.version):
            yield Finding(
                "home-holds-other-version",
                "warning",
                (host.name,),
                f"{home} holds Flink {flink.version}",
                f"Flink {flink.version}",
                f"Flink {spec.flink.version}",
                "It will be replaced. The old home is kept beside it; what an operator added is "
                "carried over.",
            )


def _taken(host: str, home: str, observed: str, files: tuple[str, ...]) -> Finding:
    return Finding(
        "home-taken",
        "error",
        (host,),
        f"{home} holds something that is not Flink",
        observed,
        "nothing, or a Flink",
        "Nothing that is not Flink's is ever moved or overwritten.",
        tuple(f"{host}: {name}" for name in files),
        manual("Name another flink.home in the answers, or move it away yourself"),
    )


def sharing(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """A shared directory is known by a network file system and one inode number on several hosts, or by one
    device and inode under one running kernel, as containers of a machine have it.

    Elsewhere the device number differs from host to host, and on local disks equal numbers mean nothing:
    clones share them.
    """
    places: dict[str, tuple[str, bool]] = {}
    bound: dict[tuple[str, str], list[str]] = {}
    for host, seen in reached(spec, facts):
        place = _place(seen, spec.flink.home)
        if place is not None and place.inode and place.fstype:
            remote = not DiskFacts("", "", place.fstype, 0, 0).local
            places[host.name] = (place.inode.rpartition(":")[2], remote)
            if seen.boot_id:
                bound.setdefault((seen.boot_id, place.inode), []).append(host.name)
    if len(places) < 2:
        return
    inodes = {inode for inode, _ in places.values()}
    remote = [name for name, (_, far) in places.items() if far]
    evidence = tuple(
        f"{name}: {place.path} on {place.fstype}, inode {place.inode.rpartition(':')[2]}"
        for name in places
        if (place := _place(facts[name], spec.flink.home)) is not None
    )
    if spec.flink.distribute == "copy":
        shared = [name for name in remote if sum(places[name][0] == places[other][0] for other in remote) > 1]
        shared += [name for names in bound.values() if len(names) > 1 for name in names if name not in shared]
        if shared:
            yield Finding(
                "home-is-shared",
                "error",
                tuple(shared),
                "The home lies in a directory that these hosts share",
                f"one directory, seen by {len(shared)} hosts",
                "a directory of each host's own",
                "The answers say distribute: copy: every host would write the same files over those "
                "of the others.",
                evidence,
                manual("Write distribute: shared in the answers, or name a home on a local disk"),
            )
    elif len(inodes) > 1:
        local = [name for name, (_, far) in places.items() if not far]
        yield Finding(
            "home-not-shared",
            "error",
            tuple(local or places),
            "The home is not one shared directory",
            f"{len(inodes)} different directories",
            "the same directory on every host",
            "The answers say distribute: shared: it is written once, and the other hosts would have "
            "no Flink.",
            evidence,
            manual("Write distribute: copy in the answers, or mount the shared directory on these hosts"),
        )


def _place(seen: HostFacts, home: str) -> PathFacts | None:
    """The home itself where it is there, else the directory above it."""
    for name in (home, _above(home)):
        path = seen.paths.get(name)
        if path is not None and path.exists:
            return path
    return None


HOME = (
    Check("home-not-writable", _needs, writable),
    Check("home-taken", _needs, taken),
    Check("home-is-shared", _needs, sharing),
)
