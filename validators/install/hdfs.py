"""HDFS beside Flink: what stands in the way of it, and above all what a format or a start would lose.

Asks the operations themselves whether they can be done, so that nothing is begun that must be refused later. It must
not know how HDFS is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from validators.check import Check, Needs, manual, reached, refused
from validators.values import is_loopback
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding
from wizard.hadoop.catalogue import join_of
from wizard.hdfs import CORE, SITE, Hdfs, program_in, running_namenode, settle_hdfs, with_found
from wizard.operations.hadoopconf import WriteSite
from wizard.operations.hdfsjoin import SetHadoopClassPath, has_hadoop
from wizard.operations.home import InstallHome
from wizard.operations.java import InstallJava
from wizard.operations.operation import CannotOperate, NotNow
from wizard.plans.hdfs import data_dirs_of, format_of
from wizard.product import HADOOP
from wizard.spec import ClusterSpec
from wizard.words import ownership

_LEAST_MIB = 1024
"""Below it a directory of HDFS is as good as full."""

_HOME_MIB = 2048
"""An unpacked Hadoop 3 and room for its logs; older ones take less."""


def _needs(spec: ClusterSpec) -> Needs:
    """The survey of an HDFS is made with the first reading already; here only what it leaves out."""
    existing = spec.hdfs.mode == "existing" and not spec.hdfs.home
    return dict.fromkeys(spec.names, (has_hadoop(),)) if existing else {}


def storage(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """What lies in the directories: data that a format would lose, a DataNode of another HDFS, nothing to write to."""
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None or not _read(hdfs, facts):
        return
    ready = _configured(hdfs, facts)
    wanted = "empty or missing directories, or a file system that is whole"
    why = "A format gives the NameNode a new, empty file system: it would know no block that is there now."
    operation = format_of(hdfs, spec.state, "")
    if facts[operation.host].reached:
        # A host that is out of reach puts the format off; that is told by the run.
        with suppress(NotNow):
            yield from tuple(refused("hdfs-not-formatted", operation, ready, wanted, why))
    for host in hdfs.datanodes:
        if facts[host.name].reached and facts[hdfs.namenode.name].reached:
            yield from refused(
                "hdfs-data-dir",
                data_dirs_of(hdfs, host.name),
                facts,
                "a directory that may be written, empty or of this HDFS",
                "A DataNode whose directory is of another HDFS ends at once, and one without VERSION is cleared.",
            )


def _read(hdfs: Hdfs, facts: ClusterFacts) -> bool:
    """Whether the directories of every host that was reached are known."""
    return all(
        path in facts[name].storage
        for name, node in hdfs.nodes.items()
        if facts[name].reached
        for path in node.directories
    )


def _configured(hdfs: Hdfs, facts: ClusterFacts) -> ClusterFacts:
    """The facts once the NameNode's configuration is written, which comes before a format."""
    name = hdfs.namenode.name
    write = WriteSite(name, hdfs.home, hdfs.conf_dir, SITE, hdfs.nodes[name].site)
    try:
        return write.expected(facts)
    except CannotOperate:
        return facts


def room(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None:
        return
    for host, seen in reached(spec, facts):
        for path in hdfs.nodes[host.name].directories:
            store = seen.storage.get(path)
            if store is None:
                continue
            if store.free_mib is not None and store.free_mib < _LEAST_MIB:
                yield Finding(
                    "hdfs-dir-full",
                    "error" if store.bare else "warning",
                    (host.name,),
                    f"{path} has no room left",
                    f"{store.free_mib} MiB free",
                    f"{_LEAST_MIB} MiB at least",
                    "A DataNode on a full disk takes no blocks, and a NameNode on one goes into safe mode.",
                    fix=manual("Make room, or name a directory on another disk", f"df -h {path}"),
                )
            if store.fstype in {"tmpfs", "ramfs"} or path.startswith("/tmp/"):
                yield Finding(
                    "hdfs-dirs-in-tmp",
                    "warning",
                    (host.name,),
                    f"{path} does not last",
                    f"{path} on {store.fstype or 'an unknown file system'}",
                    "a directory on a disk, not below /tmp",
                    "After a restart the files of this HDFS may be gone.",
                    fix=manual("Name other directories in hdfs.name_dirs and hdfs.data_dirs"),
                )


def configuration(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """An XML that does not parse stops every daemon; it is refused with its line before anything is changed."""
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None:
        return
    for host, seen in reached(spec, facts):
        if hdfs.home not in seen.homes:
            continue
        node = hdfs.nodes[host.name]
        for name, values in ((CORE, node.core), (SITE, node.site)):
            yield from refused(
                "hdfs-config-broken",
                WriteSite(host.name, hdfs.home, hdfs.conf_dir, name, values),
                facts,
                "well-formed XML",
                "Hadoop refuses the whole file, and its daemons end.",
            )


def home(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None:
        return
    above = hdfs.home.rpartition("/")[0] or "/"
    for host, seen in reached(spec, facts):
        if hdfs.home not in seen.homes:
            continue
        operation = InstallHome(
            host.name, hdfs.home, hdfs.hadoop.version, "", "", False, hdfs.conf_dir, HADOOP
        )
        yield from refused(
            "hdfs-home-taken",
            operation,
            facts,
            "nothing, or a Hadoop",
            "Nothing that is not Hadoop's is ever moved.",
        )
        path = seen.paths.get(above)
        there = operation.satisfied(facts)
        if path is not None and not path.writable and not there:
            user = seen.user or spec.user
            yield Finding(
                "hdfs-home-not-writable",
                "error",
                (host.name,),
                f"{user} may not write {above}",
                f"{above}: {ownership(path.owner, path.mode)}"
                if path.exists
                else f"{above} is missing and may not be made",
                f"{user} may write it",
                "Hadoop's home grows beside its place and is moved there when it is whole.",
                fix=manual(
                    f"As root, a directory of its own; then hdfs.home in the answers: install -d -o {user} DIR"
                ),
            )
        if path is not None and path.free_mib is not None and path.free_mib < _HOME_MIB and not there:
            yield Finding(
                "hdfs-home-no-room",
                "warning",
                (host.name,),
                f"There may be too little room for Hadoop below {above}",
                f"{path.free_mib} MiB free",
                f"{_HOME_MIB} MiB",
                "A Hadoop 3 takes up to 1.5 GiB unpacked.",
                fix=manual("Make room, or name another hdfs.home", f"df -h {above}"),
            )


def root(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None or not hdfs.hadoop.root_needs_user_vars:
        return
    daemons = {hdfs.namenode.name, *(host.name for host in hdfs.datanodes)}
    for host, seen in reached(spec, facts):
        if seen.uid == 0 and host.name in daemons:
            yield Finding(
                "hdfs-root-refused",
                "error",
                (host.name,),
                f"Hadoop {hdfs.hadoop.version} does not start its daemons as root",
                "the login user is root",
                "an ordinary user",
                "Its scripts end with “Attempting to operate on hdfs namenode as root”.",
                fix=manual("Name an ordinary user in the answers (user: flink)"),
            )


def java(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None:
        return
    majors = ", ".join(str(major) for major in hdfs.hadoop.java.supported)
    for host, seen in reached(spec, facts):
        if seen.javas is None:
            continue
        wish = hdfs.nodes[host.name].java
        yield from refused(
            "hdfs-java-unsupported",
            InstallJava(host.name, wish, purpose="Hadoop"),
            facts,
            f"Java {majors}",
            f"Hadoop {hdfs.hadoop.version} runs on it. With java: {{allow_unsupported: true}} the Java that is there is "
            "used all the same.",
        )
        choice = wish.choose(seen)
        if choice is not None and choice.verdict == "unsupported":
            flags = hdfs.hadoop.flags_for(choice.major or 0)
            yield Finding(
                "hdfs-java-unsupported",
                "warning",
                (host.name,),
                f"Java {choice.major} is not supported by Hadoop {hdfs.hadoop.version}; the answers allow it",
                f"Java {choice.major} in {choice.home}",
                f"Java {majors}",
                "The module flags that it needs are written to hadoop-env.sh."
                if flags
                else "Nobody has tried this pair.",
                flags,
            )


def address(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """A NameNode listens on what its own name means to it: with Debian's 127.0.1.1 no DataNode reaches it."""
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None or len(spec.hosts) == 1:
        return
    host = hdfs.address.removeprefix("hdfs://").rpartition(":")[0].strip("[]") or hdfs.namenode.address
    for node, seen in reached(spec, facts):
        answer = (host,) if is_loopback(host) else seen.names.get(host, ())
        if answer and all(is_loopback(text) for text in answer):
            own = node.name == hdfs.namenode.name
            yield Finding(
                "namenode-is-loopback",
                "error",
                (node.name,),
                f"The NameNode's address {host} is a loopback address on {node.name}",
                f"{host} → {', '.join(answer)}",
                "an address that every node reaches",
                "The NameNode would listen for itself alone."
                if own
                else "The DataNode there would look for the NameNode on its own host.",
                (f"{node.name}: {host} → {', '.join(answer)}",),
                manual(
                    "Correct /etc/hosts there, or name an address with hdfs.address", f"getent ahosts {host}"
                ),
            )


def ports(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    hdfs = settle_hdfs(spec, facts)
    if hdfs is None or not spec.start.hdfs:
        return
    own = hdfs.hadoop.ports
    for host, seen in reached(spec, facts):
        wanted: list[tuple[int, str, str]] = []
        if host.name == hdfs.namenode.name:
            wanted += [
                (hdfs.rpc_port, "namenode", "the NameNode"),
                (hdfs.web.port, "namenode", "the NameNode's web"),
            ]
        if host in hdfs.datanodes and not any(
            key.startswith("dfs.datanode.") and key.endswith("address") for key in spec.hdfs.config
        ):
            wanted += [(port, "datanode", "the DataNode") for port in (own.data, own.ipc, own.data_http)]
        for port, kind, what in wanted:
            taken = next((one for one in seen.listening or () if one.port == port), None)
            if taken is None or _ours(taken.pid, kind, seen, hdfs):
                continue
            who = taken.program or "a program of another user"
            who += f" (process {taken.pid})" if taken.pid is not None else ""
            yield Finding(
                "hdfs-port-taken",
                "error",
                (host.name,),
                f"Port {port} for {what} is taken on {host.name}",
                f"{taken.address or '*'}:{port} by {who}",
                "nobody listens there",
                "The daemon would end at once with “Address already in use”.",
                fix=manual("End that program, or choose another port", f"ss -ltnp | grep :{port}"),
            )


def _ours(pid: int | None, kind: str, seen: HostFacts, hdfs: Hdfs) -> bool:
    own = seen.daemons_of(kind, hdfs.home, hdfs.conf_dir)
    return bool(own) if pid is None else any(one.pid == pid for one in own)


def existing(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """An HDFS that is only joined: its configuration is where the answers say, and Hadoop's classes can be had."""
    if spec.hdfs.mode != "existing":
        return
    yield from _not_found(spec, facts)
    wish = with_found(spec, facts)
    if not join_of(spec.flink.version).class_path:
        return
    for host, seen in reached(spec, facts):
        core = seen.paths.get(f"{wish.conf_dir}/{CORE}") if wish.conf_dir else None
        if core is not None and not core.exists:
            yield Finding(
                "hdfs-conf-missing",
                "error",
                (host.name,),
                f"{wish.conf_dir} holds no {CORE}",
                f"{core.path} is missing",
                "Hadoop's configuration on every node",
                "Flink would not know this HDFS there.",
                fix=manual(
                    "Put the configuration there, name where it is with hdfs.conf_dir, or write hdfs.address alone"
                ),
            )
        program = seen.paths.get(program_in(wish.home)) if wish.home else None
        if program is not None and not program.exists:
            yield Finding(
                "hdfs-no-classes",
                "error",
                (host.name,),
                f"{wish.home} holds no Hadoop, and Flink needs its classes to read hdfs://.",
                f"{program.path} is missing",
                "Hadoop's programs on every node",
                "Flink cannot read or write hdfs:// without Hadoop's classes.",
                fix=manual("Put Hadoop's programs there, or name where they lie with hdfs.home"),
            )
            continue
        yield from refused(
            "hdfs-no-classes",
            SetHadoopClassPath(host.name, wish.home or "", wish.conf_dir or ""),
            facts,
            "Hadoop's programs on every node",
            "Flink cannot read or write hdfs:// without Hadoop's classes.",
        )


def _not_found(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Neither the answers nor a NameNode that runs say which HDFS is meant."""
    wish = with_found(spec, facts)
    if wish.address or wish.conf_dir or any(facts[name].daemons is None for name in spec.names):
        return
    found = running_namenode(spec, facts)
    yield Finding(
        "hdfs-not-found",
        "error",
        (found[0] if found else spec.master.name,),
        "Which HDFS is to be joined is not known.",
        f"a NameNode runs on {found[0]}, and its core-site.xml was not found"
        if found
        else "no NameNode runs on these hosts, and the answers name none",
        "its address, or its configuration directory",
        "Flink would not be told of any HDFS.",
        fix=manual("Write hdfs.address or hdfs.conf_dir in the answers"),
    )


HDFS = (
    Check("hdfs-root-refused", _needs, root),
    Check("hdfs-home-taken", _needs, home),
    Check("hdfs-java-unsupported", _needs, java),
    Check("hdfs-config-broken", _needs, configuration),
    Check("namenode-is-loopback", _needs, address),
    Check("hdfs-port-taken", _needs, ports),
    Check("hdfs-not-formatted", _needs, storage),
    Check("hdfs-dir-full", _needs, room),
    Check("hdfs-conf-missing", _needs, existing),
)
