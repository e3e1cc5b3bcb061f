"""HDFS beside Flink: none, one that exists, or a new one; and what each of these must know.

Knows the modes, what was seen of Hadoop on each host, and what would be formatted. It must not know how HDFS is
installed.
"""

from __future__ import annotations

from collections.abc import Callable

from validators.values import ValueProblem, shown

from ..answers.build import home_of
from ..facts import HostFacts, StorageFacts
from ..hadoop.catalogue import UnknownHadoop, hadoop_of, known_versions
from ..hdfs import Joined, running_namenode, suggested_replication
from ..questions import Option, Question, Suggested, question
from ..spec import HostSpec
from ..text import one_line
from ..view import View
from ..words import DAEMONS, counted
from .cells import STATE, UNKNOWN, row_of, size_cell, verdict
from .hdfs_by_hand import by_hand, java_homes, settled
from .requirements import disk_free
from .step import Cell, Step

CONCERNS = frozenset(
    {
        "hdfs-conf-missing",
        "hdfs-config-broken",
        "hdfs-data-dir",
        "hdfs-dir-full",
        "hdfs-dirs-in-tmp",
        "hdfs-home-no-room",
        "hdfs-home-not-writable",
        "hdfs-home-taken",
        "hdfs-java-unsupported",
        "hdfs-no-classes",
        "hdfs-not-found",
        "hdfs-not-formatted",
        "hdfs-port-taken",
        "hdfs-root-refused",
        "namenode-is-loopback",
    }
)

COLUMNS = (STATE, "Hadoop that runs", "directories", "disk free")

_DAEMONS = ("namenode", "datanode", "secondarynamenode")

_MODES = {
    "none": "Flink alone",
    "existing": "join one that is there",
    "new": "install one here",
}


def _modes(view: View) -> tuple[Option, ...]:
    del view
    return tuple(Option(mode, mode, text) for mode, text in _MODES.items())


def _mode(view: View) -> Suggested:
    found = _running_namenode(view)
    if found is not None and view.answers.text_at("hdfs.mode") != "existing":
        return Suggested("none", f"but a NameNode runs on {found}: choose existing to join it to Flink")
    return Suggested("none", "Flink runs without it")


def _running_namenode(view: View) -> str | None:
    """The host of a NameNode that runs, None where none was seen."""
    found = running_namenode(view.spec, view.facts) if view.spec and view.facts else None
    return found[0] if found else None


def _found(pick: Callable[[Joined], str]) -> Callable[[View], Suggested | None]:
    """What the running NameNode shows of an HDFS that the answers do not name."""

    def suggest(view: View) -> Suggested | None:
        told, host = view.desired.joined if view.desired is not None else None, _running_namenode(view)
        if told is None or told.made_here or host is None or _named(view) or not pick(told):
            return None
        return Suggested(pick(told), f"as found on {host}")

    return suggest


def _named(view: View) -> bool:
    """Whether the answers say which HDFS is meant."""
    return bool(view.answers.text_at("hdfs.address") or view.answers.text_at("hdfs.conf_dir"))


def _in(*modes: str) -> Callable[[View], bool]:
    """Asked in these modes only."""
    return lambda view: (view.answers.text_at("hdfs.mode") or "none") in modes


def _versions(view: View) -> tuple[Option, ...]:
    del view
    options: list[Option] = []
    for version in known_versions():
        java = hadoop_of(version).java
        options.append(Option(version, version, "Java " + ", ".join(str(major) for major in java.supported)))
    return tuple(options)


def _version(view: View) -> Suggested:
    del view
    return Suggested(known_versions()[0], "the newest")


def _version_of(view: View) -> str:
    return view.answers.text_at("hdfs.version") or known_versions()[0]


def _home(view: View) -> Suggested | None:
    user = view.answers.text_at("user") or (view.spec.user if view.spec else "flink")
    return Suggested(f"{home_of(user)}/hadoop-{_version_of(view)}", "its own place")


def _sources(view: View) -> tuple[Option, ...]:
    try:
        checksum = hadoop_of(_version_of(view)).checksums[0].algorithm
    except UnknownHadoop:
        checksum = "sha512"
    by = "SHA-512" if checksum == "sha512" else checksum.upper()
    return (
        Option("auto", "auto", f"Apache's mirror, then Apache's archive; checked by {by}"),
        Option("apache", "Apache", "the same places, with more patience"),
        Option("pypi", "PyPI", "no Python package holds Hadoop", disabled=True),
    )


def _last(view: View) -> tuple[Question, ...]:
    """Formatting is allowed by typing the cluster's name, never by yes or no."""
    cluster = view.answers.text_at("cluster") or (view.spec.cluster if view.spec else "flink")

    def parse(text: str) -> str:
        typed = text.strip()
        # What was decided before is read back as it stands in the answers.
        if typed in (cluster, "if-empty"):
            return "if-empty"
        if typed == "never":
            return typed
        raise ValueProblem(f"{shown(typed)} is not {cluster}; nothing will be formatted")

    return (
        Question(
            "hdfs.format",
            "Allow the format",
            "A new file system needs one format. Type the cluster's name to allow it. It is done only where the directories "
            "are empty or missing, and refused where data is found.",
            "text",
            parse,
            examples=(cluster,),
            suggest=_no_format,
            asked=_in("new"),
        ),
        question("hdfs.config", asked=_in("new")),
    )


def _no_format(view: View) -> Suggested | None:
    if view.answers.text_at("hdfs.format") == "if-empty":
        return None
    return Suggested("never", "no format")


def _address(view: View) -> Suggested | None:
    hdfs = settled(view)
    if hdfs is None or view.answers.text_at("hdfs.mode") != "new":
        return None
    return Suggested(hdfs.address, "its own port")


def _java(view: View) -> Suggested | None:
    """What hadoop-env.sh will name on the NameNode's host; the others where it differs."""
    hdfs = settled(view)
    if hdfs is None:
        return None
    homes, name = java_homes(view, hdfs), hdfs.namenode.name
    if name in homes:
        detail = tuple(f"{host}: {home}" for host, home in homes.items() if home != homes[name])
        return Suggested(homes[name], "fits Hadoop", detail)
    seen = view.facts_of(name)
    read = seen is not None and seen.javas is not None
    return (
        Suggested("one is installed", "none fits yet")
        if read and not view.answers.text_at("hdfs.java_home")
        else None
    )


def _namenode(view: View) -> Suggested | None:
    return Suggested(view.spec.master.name, "the master") if view.spec else None


def _datanodes(view: View) -> Suggested | None:
    spec = view.spec
    return Suggested(", ".join(worker.name for worker in spec.workers), "all workers") if spec else None


def _name_dirs(view: View) -> Suggested | None:
    hdfs = settled(view)
    if hdfs is None:
        return None
    paths = hdfs.nodes[hdfs.namenode.name].name_dirs
    return Suggested(", ".join(paths), "roomiest disk")


def _data_dirs(view: View) -> Suggested | None:
    hdfs = settled(view)
    if hdfs is None or not hdfs.datanodes:
        return None
    each = {host.name: ", ".join(hdfs.nodes[host.name].data_dirs) for host in hdfs.datanodes}
    first = next(iter(each.values()))
    detail = tuple(f"{host}: {paths}" for host, paths in each.items()) if len(set(each.values())) > 1 else ()
    return Suggested(first, "roomiest disk", detail)


def _replication(view: View) -> Suggested | None:
    spec = view.spec
    nodes = (spec.hdfs.datanodes or spec.workers) if spec else ()
    return (
        Suggested(
            str(suggested_replication(nodes)),
            "at most 3",
            (f"{counted(len(nodes), 'DataNode')}, one copy on each at most",),
        )
        if nodes
        else None
    )


def _running(seen: HostFacts) -> Cell:
    if seen.daemons is None:
        return UNKNOWN
    found = [DAEMONS[daemon.kind] for daemon in seen.daemons if daemon.kind in _DAEMONS]
    return Cell(", ".join(dict.fromkeys(found)), "good") if found else Cell("none")


def _directories(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    """What lies in this host's directories, the worst of them."""
    hdfs = settled(view)
    paths = hdfs.nodes[host.name].directories if hdfs is not None and host.name in hdfs.nodes else ()
    if not paths:
        return Cell("none" if hdfs is not None else "-", "dim")
    stores = [seen.storage.get(path) for path in paths]
    if any(store is None for store in stores):
        return UNKNOWN
    held = [store for store in stores if store is not None and not store.bare]
    if not held:
        return Cell("empty", "good")
    return Cell(_word(held[0]), "good" if held[0].state == "formatted" else "bad")


def _word(store: StorageFacts) -> str:
    words = {
        "formatted": "HDFS",
        "partial": "half formatted",
        "other": "other files",
        "unreadable": "unreadable",
    }
    said = words.get(store.state, store.state)
    return f"{said}, {store.files} files" if store.files else said


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    return (
        verdict(view, host.name, CONCERNS, "hdfs-"),
        _running(seen),
        _directories(view, host, seen),
        size_cell(disk_free(view.spec, seen)),
    )


def _summary(view: View) -> tuple[str, ...]:
    hdfs, told = settled(view), view.desired.joined if view.desired is not None else None
    if hdfs is not None:
        allowed = "allowed where everything is empty" if hdfs.may_format else "not allowed"
        return (
            f"{hdfs.address}, {counted(len(hdfs.datanodes), 'DataNode')}, "
            f"{counted(hdfs.replication, 'copy', 'copies')} of each block; format {allowed}",
            f"The NameNode's web page: {hdfs.page}",
        )
    if told is not None:
        return (
            f"{one_line(told.address, 120) or 'The address is not known'}; this HDFS is joined, and never changed.",
        )
    return ()


def _objections(view: View) -> tuple[str, ...]:
    mode = view.answers.text_at("hdfs.mode") or "none"
    if mode == "existing" and not _named(view) and _running_namenode(view) is None:
        return (
            "No NameNode runs on these hosts: name the address of the HDFS, or Hadoop's configuration directory.",
        )
    return ()


_NEW, _EXISTING = _in("new"), _in("existing")

HDFS = Step(
    "hdfs",
    "HDFS",
    "A file system for data and checkpoints, if you want one beside Flink. Flink runs without it.",
    questions=(
        question(
            "hdfs.mode",
            title="HDFS",
            help="Whether there is an HDFS beside Flink.",
            options=_modes,
            suggest=_mode,
        ),
        question("hdfs.version", asked=_NEW, options=_versions, suggest=_version),
        question("hdfs.source", asked=_NEW, options=_sources),
        question("hdfs.home", asked=_NEW, suggest=_home),
        question("hdfs.java_home", asked=_NEW, suggest=_java),
        question("hdfs.namenode", asked=_NEW, suggest=_namenode),
        question("hdfs.address", asked=_NEW, suggest=_address),
        question(
            "hdfs.address",
            help="The address of the NameNode; left out: as Hadoop's configuration says.",
            asked=_EXISTING,
            suggest=_found(lambda told: told.address),
        ),
        question(
            "hdfs.conf_dir",
            title="Hadoop's settings",
            help="The directory with core-site.xml and hdfs-site.xml, the same on every node.",
            asked=_EXISTING,
            suggest=_found(lambda told: told.conf_dir),
        ),
        question(
            "hdfs.home",
            title="Hadoop's programs",
            help="Where Hadoop lies on every node: Flink takes its classes from there. Left out: the program hadoop of the "
            "PATH.",
            asked=_EXISTING,
            suggest=_found(lambda told: told.client),
        ),
        question("hdfs.datanodes", asked=_NEW, suggest=_datanodes),
        question("hdfs.name_dirs", title="NameNode dirs", asked=_NEW, suggest=_name_dirs),
        question("hdfs.data_dirs", title="DataNode dirs", asked=_NEW, suggest=_data_dirs),
        question("hdfs.replication", asked=_NEW, suggest=_replication),
    ),
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=by_hand,
    concerns=CONCERNS,
    more=_last,
    summary=_summary,
    objections=_objections,
)
