"""What the HDFS beside Flink shall be, with every value known: answers first, then what is recorded, then suggestions.

Pure: facts in, values out. It must not know operations or how facts are read. Also says what Flink must be told of an
HDFS, whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlsplit

from .facts import ClusterFacts, DaemonFacts, HostFacts, PathFacts
from .flink.sizes import MIB
from .hadoop.catalogue import (
    Hadoop,
    UnknownHadoop,
    directories_of,
    hadoop_of,
    is_site_key,
    same_setting,
    web_ports,
)
from .hadoop.jmx import JMX_PATHS
from .hadoop.sitexml import Site, SiteUnreadable, read_site
from .javachoice import JavaWish
from .needs import Daemons, Home, Listening, Names, Need, Paths, Rest, Storage, host_and_port
from .sizing.disks import Disk, storage_directory
from .spec import ClusterSpec, HdfsSpec, HostSpec

CORE, SITE = "core-site.xml", "hdfs-site.xml"


@dataclass(frozen=True, slots=True)
class HdfsNode:
    """One node's share. `name_dirs` are empty but on the NameNode's host, `data_dirs` but on a DataNode's.

    `left` are directories that the node's configuration names today and that are no longer wanted: what lies in them
    counts when a format is judged. `unreadable` says why that configuration could not be read, "" when it could.
    """

    host: HostSpec
    java: JavaWish
    core: tuple[tuple[str, str], ...]
    site: tuple[tuple[str, str], ...]
    name_dirs: tuple[str, ...] = ()
    data_dirs: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unreadable: str = ""

    @property
    def directories(self) -> tuple[str, ...]:
        """Every directory on this node that may hold a part of an HDFS."""
        return tuple(dict.fromkeys((*self.name_dirs, *self.data_dirs, *self.left)))


@dataclass(frozen=True, slots=True)
class Hdfs:
    """An HDFS that a plan makes true. `address` is what clients use, `web` what the NameNode is asked."""

    hadoop: Hadoop
    home: str
    conf_dir: str
    namenode: HostSpec
    datanodes: tuple[HostSpec, ...]
    nodes: Mapping[str, HdfsNode]
    address: str
    web: Rest
    replication: int
    may_format: bool

    @property
    def logs(self) -> str:
        return f"{self.home}/logs"

    @property
    def page(self) -> str:
        """The NameNode's web page."""
        return self.web.url

    @property
    def rpc_port(self) -> int:
        return urlsplit(self.address).port or self.hadoop.ports.rpc


@dataclass(frozen=True, slots=True)
class Joined:
    """The HDFS that Flink is told of. `client` is a Hadoop home for its classes, "" for the program `hadoop` on the PATH.

    `webs` are the places where its NameNode may answer, asked from the master; `rpc` is where clients go.
    """

    address: str
    conf_dir: str
    client: str
    webs: tuple[Rest, ...] = ()
    rpc: tuple[str, int] | None = None
    made_here: bool = False


def note_of(state: str) -> str:
    """On the NameNode's host: where it is written down that this cluster's HDFS was formatted."""
    return f"{state}/hdfs-formatted"


def settle_hdfs(spec: ClusterSpec, facts: ClusterFacts) -> Hdfs | None:
    """The new HDFS that the answers ask for, None when they ask for none. Raises UnknownHadoop."""
    wish = spec.hdfs
    if wish.mode != "new" or wish.version is None or wish.home is None or wish.namenode is None:
        return None
    hadoop = hadoop_of(wish.version)
    conf_dir = f"{wish.home}/{hadoop.conf_dir}"
    namenode = spec.host(wish.namenode)
    datanodes = tuple(spec.host(name) for name in wish.datanodes)
    sites = {host.name: recorded(facts[host.name], wish.home, SITE) for host in spec.hosts}
    cores = {host.name: recorded(facts[host.name], wish.home, CORE) for host in spec.hosts}
    address = wish.address or _address(cores[namenode.name][0], namenode, hadoop)
    said = sites[namenode.name][0].get(hadoop.keys.replication)
    copies = (
        wish.replication
        or (int(said) if said and said.isdigit() else None)
        or suggested_replication(datanodes)
    )
    nodes: dict[str, HdfsNode] = {}
    for host in spec.hosts:
        nodes[host.name] = _node(
            spec, hadoop, host, facts[host.name], sites[host.name], cores[host.name], address, copies
        )
    web = Rest(namenode.address, _web_port(hadoop, dict(nodes[namenode.name].site)), JMX_PATHS)
    return Hdfs(
        hadoop,
        wish.home,
        conf_dir,
        namenode,
        datanodes,
        MappingProxyType(nodes),
        address,
        web,
        copies,
        wish.format == "if-empty",
    )


def joined(spec: ClusterSpec, facts: ClusterFacts, hdfs: Hdfs | None) -> Joined | None:
    """What Flink is told, None without an HDFS."""
    wish = spec.hdfs
    if hdfs is not None:
        return Joined(
            hdfs.address,
            hdfs.conf_dir,
            hdfs.home,
            (hdfs.web,),
            (hdfs.namenode.address, hdfs.rpc_port),
            made_here=True,
        )
    if wish.mode != "existing":
        return None
    wish = with_found(spec, facts)
    core = _site_at(facts[spec.master.name], wish.conf_dir, CORE)
    site = _site_at(facts[spec.master.name], wish.conf_dir, SITE)
    address = wish.address or core.get("fs.defaultFS", same_setting) or ""
    parts = urlsplit(address)
    host = parts.hostname or ""
    web = site.get("dfs.namenode.http-address", same_setting) or ""
    port = web.rpartition(":")[2]
    ports = (int(port),) if port.isdigit() else web_ports()
    return Joined(
        address,
        wish.conf_dir or "",
        wish.home or "",
        tuple(Rest(host, port, JMX_PATHS) for port in ports) if host else (),
        (host, parts.port or 8020) if host else None,
    )


def running_namenode(spec: ClusterSpec, facts: ClusterFacts) -> tuple[str, DaemonFacts] | None:
    """The first of these hosts that runs a NameNode, and that process."""
    for host in spec.hosts:
        for daemon in facts[host.name].daemons or ():
            if daemon.kind == "namenode":
                return host.name, daemon
    return None


def with_found(spec: ClusterSpec, facts: ClusterFacts) -> HdfsSpec:
    """The existing HDFS as the answers name it; where they name none, as the NameNode that runs shows it."""
    wish, found = spec.hdfs, running_namenode(spec, facts)
    if wish.mode != "existing" or found is None or not _is_open(wish):
        return wish
    host, _ = found
    seen = facts[host].paths
    conf_dir = next(
        (
            place
            for place in _conf_places(spec, facts)
            if (file := seen.get(f"{place}/{CORE}")) is not None and file.text
        ),
        None,
    )
    return replace(wish, conf_dir=conf_dir, home=wish.home or _running_home(spec, facts))


def program_in(home: str) -> str:
    """The program that tells Hadoop's class path."""
    return f"{home}/bin/hadoop"


def _is_open(wish: HdfsSpec) -> bool:
    """Whether the answers leave it to the running NameNode which HDFS is meant."""
    return not (wish.address or wish.conf_dir)


def _running_home(spec: ClusterSpec, facts: ClusterFacts) -> str | None:
    found = running_namenode(spec, facts)
    return found[1].home or None if found is not None and _is_open(spec.hdfs) else None


def _conf_places(spec: ClusterSpec, facts: ClusterFacts) -> tuple[str, ...]:
    """Where the running NameNode's configuration may lie: named by its class path, or one of Hadoop's usual places."""
    found = running_namenode(spec, facts)
    if found is None or not _is_open(spec.hdfs):
        return ()
    daemon = found[1]
    if daemon.conf_dir:
        return (daemon.conf_dir,)
    own = (f"{daemon.home}/etc/hadoop", f"{daemon.home}/conf") if daemon.home else ()
    return (*own, "/etc/hadoop/conf")


def hdfs_survey(spec: ClusterSpec, facts: ClusterFacts) -> dict[str, tuple[Need, ...]]:
    """What must be read for an HDFS, per host: directories as far as they are known from these facts."""
    wish = spec.hdfs
    if wish.mode == "existing":
        places = (wish.conf_dir,) if wish.conf_dir else _conf_places(spec, facts)
        texts = tuple(f"{place}/{name}" for place in places for name in (CORE, SITE))
        home = wish.home or _running_home(spec, facts)
        paths = (program_in(home),) if home else ()
        return dict.fromkeys(spec.names, (Daemons(), *((Paths(paths, texts),) if paths or texts else ())))
    try:
        hdfs = settle_hdfs(spec, facts)
    except UnknownHadoop:
        return {}
    if hdfs is None:
        return {}
    home = Home(hdfs.home, hdfs.conf_dir, "hadoop")
    above = hdfs.home.rpartition("/")[0] or "/"
    names = Names(tuple(dict.fromkeys((hdfs.namenode.address, urlsplit(hdfs.address).hostname or ""))))
    wanted: dict[str, tuple[Need, ...]] = {}
    for name, node in hdfs.nodes.items():
        common: tuple[Need, ...] = (home, Paths((hdfs.home, above)), Listening(), Daemons(), names)
        # Without the disks a suggestion would be another one a moment later.
        known = facts[name].disks is not None or bool(wish.name_dirs and wish.data_dirs)
        stores = (Storage(node.directories),) if node.directories and known else ()
        note = (Paths(texts=(note_of(spec.state),)),) if name == hdfs.namenode.name else ()
        wanted[name] = (*common, *stores, *note)
    return wanted


def recorded(host: HostFacts, home: str, name: str) -> tuple[Site, str]:
    """What this node's file says today, when somebody has written it; and why it cannot be read, "" when it can."""
    file, seen = host.conf_file(home, name), host.homes.get(home)
    if file is None or seen is None or seen.brought(file):
        return Site(), ""
    if file.text is None:
        return Site(), f"{file.path} cannot be read"
    try:
        return read_site(file.text), ""
    except SiteUnreadable as error:
        return Site(), f"{file.path}: {error}"


def suggested_replication(datanodes: Iterable[object]) -> int:
    """Three copies, or as many as there are DataNodes."""
    return max(1, min(3, len(tuple(datanodes))))


def _node(
    spec: ClusterSpec,
    hadoop: Hadoop,
    host: HostSpec,
    facts: HostFacts,
    site: tuple[Site, str],
    core: tuple[Site, str],
    address: str,
    copies: int,
) -> HdfsNode:
    wish, keys = spec.hdfs, hadoop.keys
    is_name, is_data = host.name == wish.namenode, host.name in wish.datanodes
    old_names = directories_of(site[0].get(keys.name_dir, same_setting) or "")
    old_datas = directories_of(site[0].get(keys.data_dir, same_setting) or "")
    name_dirs = (wish.name_dirs or old_names or (_suggested(spec, facts, "name"),)) if is_name else ()
    data_dirs = (wish.data_dirs or old_datas or (_suggested(spec, facts, "data"),)) if is_data else ()
    in_site = {keys.replication: str(copies)}
    if name_dirs:
        in_site[keys.name_dir] = hadoop.directory_value(name_dirs)
    if data_dirs:
        in_site[keys.data_dir] = hadoop.directory_value(data_dirs)
    if keys.hostname_check:
        # Else a NameNode refuses DataNodes whose addresses have no name in the other direction.
        in_site[keys.hostname_check] = "false"
    in_core = {keys.default_fs: address, keys.tmp_dir: f"{wish.home}-tmp"}
    for key, value in wish.config.items():
        (in_site if is_site_key(key) else in_core)[key] = value
    java = JavaWish.of(hadoop.java, wish.java_home or "auto", spec.java.allow_unsupported)
    return HdfsNode(
        host,
        java,
        tuple(in_core.items()),
        tuple(in_site.items()),
        name_dirs,
        data_dirs,
        tuple(one for one in dict.fromkeys((*old_names, *old_datas)) if one not in {*name_dirs, *data_dirs}),
        site[1] or core[1],
    )


def _suggested(spec: ClusterSpec, facts: HostFacts, kind: str) -> str:
    """A directory on the largest local disk, and the user's home where that is no smaller; never below /tmp."""
    home = facts.home or ("/root" if spec.user == "root" else f"/home/{spec.user}")
    disks = [
        Disk(disk.mount, disk.free_mib * MIB, disk.total_mib * MIB, disk.fstype, disk.rotational)
        for disk in facts.disks or ()
        if not disk.read_only
    ]
    return f"{storage_directory(disks, home)}/hdfs/{kind}"


def _address(core: Site, namenode: HostSpec, hadoop: Hadoop) -> str:
    said = core.get(hadoop.keys.default_fs, same_setting) or ""
    if urlsplit(said).hostname in {namenode.address.lower(), namenode.name.lower()}:
        return said.rstrip("/")
    return f"hdfs://{host_and_port(namenode.address, hadoop.ports.rpc)}"


def _web_port(hadoop: Hadoop, site: Mapping[str, str]) -> int:
    for key in same_setting(hadoop.keys.http_address):
        port = site.get(key, "").rpartition(":")[2]
        if port.isdigit():
            return int(port)
    return hadoop.ports.http


def _site_at(host: HostFacts, conf_dir: str | None, name: str) -> Site:
    file: PathFacts | None = host.paths.get(f"{conf_dir}/{name}") if conf_dir else None
    try:
        return read_site(file.text) if file is not None and file.text else Site()
    except SiteUnreadable:
        return Site()
