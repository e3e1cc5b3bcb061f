"""What lies in the directories of an HDFS, and whether its daemons can live with it.

Whatever is found, no fix here formats, moves or removes anything that was written: that is told, and left to the operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from validators.check import manual
from validators.install.hdfs import room
from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.hadoop.catalogue import Daemon, directories_of, same_setting
from wizard.hdfs import CORE, SITE, Hdfs, recorded
from wizard.operations.hdfsstorage import described, differing
from wizard.servicefacts import StorageFacts
from wizard.words import ownership

from .hdfs import hosts_of, kinds_on
from .observed import ClusterCheck, Observed


def used_dirs(hdfs: Hdfs, host: str, facts: HostFacts, kind: Daemon) -> tuple[str, ...]:
    """The directories that a daemon takes by the files of its host; Hadoop's default where they name none."""
    node = hdfs.nodes[host]
    wanted = node.name_dirs if kind == "namenode" else node.data_dirs
    if kind not in kinds_on(hdfs, host):
        return ()
    site, broken = recorded(facts, hdfs.home, SITE)
    core, broken_too = recorded(facts, hdfs.home, CORE)
    if broken or broken_too or facts.conf_file(hdfs.home, SITE) is None:
        return wanted
    key = hdfs.hadoop.keys.name_dir if kind == "namenode" else hdfs.hadoop.keys.data_dir
    said = site.get(key, same_setting)
    if said is not None and "$" not in said:
        return directories_of(said)
    if said is not None:
        return wanted
    below = core.get(hdfs.hadoop.keys.tmp_dir) or f"/tmp/hadoop-{facts.user}"
    below = below.replace("${user.name}", facts.user or "")
    return (f"{below.removeprefix('file:')}/dfs/{'name' if kind == 'namenode' else 'data'}",)


def stores_of(hdfs: Hdfs, host: str, facts: HostFacts, kind: Daemon) -> tuple[StorageFacts, ...]:
    """What was read of these directories."""
    found = (facts.storage.get(path) for path in used_dirs(hdfs, host, facts, kind))
    return tuple(one for one in found if one is not None)


def namenode(seen: Observed) -> Iterator[Finding]:
    """A NameNode without a file system. What its directories hold decides who may do what about it."""
    hdfs = seen.desired.hdfs
    if hdfs is None or not seen.facts[hdfs.namenode.name].reached:
        return
    host = hdfs.namenode.name
    facts = seen.facts[host]
    stores = stores_of(hdfs, host, facts, "namenode")
    if not stores:
        return
    said = tuple(f"{host}: {one.path}: {described(one)}" for one in stores)
    closed = [one for one in stores if one.state == "unreadable"]
    if closed:
        yield Finding(
            "hdfs-not-formatted",
            "error",
            (host,),
            f"The user that runs HDFS may not look into {closed[0].path}",
            ownership(closed[0].owner, closed[0].mode),
            f"a directory of {facts.user or 'its user'}",
            "To the NameNode that is as good as no file system, and it ends.",
            said,
            manual("Give it back to the user that runs HDFS", f"sudo chown -R {facts.user} {closed[0].path}"),
        )
        return
    if differ := differing(hdfs.hadoop, stores):
        yield Finding(
            "hdfs-clusterid-mismatch",
            "error",
            (host,),
            "The directories of the NameNode belong to different file systems",
            differ.splitlines()[0],
            "one file system in all of them",
            "The NameNode does not start on them.",
            tuple(f"{host}: {line}" for line in differ.splitlines()),
            manual("Keep the directory that is right, and move the other one away yourself (mv, not rm)"),
        )
        return
    if all(one.state == "formatted" for one in stores):
        return
    holding = tuple(
        f"{other.name}: {one.path}: {described(one)}"
        for other, theirs in hosts_of(seen, hdfs)
        for one in stores_of(hdfs, other.name, theirs, "datanode")
        if not one.bare
    )
    whole = next((one for one in stores if one.state == "formatted"), None)
    bare = next((one for one in stores if one.bare), None)
    if whole is not None and bare is not None:
        title = f"{bare.path} is {bare.state}, while {whole.path} holds the file system"
        fix = manual(
            "See that its disk is mounted; else, with the NameNode stopped, copy the image. Format nothing",
            f"cp -a {whole.path}/. {bare.path}/",
        )
    elif any(one.state in {"partial", "other"} for one in stores):
        title = "A directory of the NameNode is half formatted, or holds something else"
        fix = manual(
            "If nothing in it is wanted, move it away yourself (mv, not rm); if it was a file system, bring its image back "
            "from a backup. Then: flink-wizard apply FILE"
        )
    elif holding:
        title = "The NameNode has lost its file system, and DataNodes hold blocks of it"
        fix = manual(
            "See that its disk is mounted, or bring its directory back from a backup. Format nothing: the blocks would be "
            "lost for good"
        )
    else:
        title = "The NameNode has no file system yet"
        fix = manual(
            "Write hdfs.format: if-empty in the answers; only empty or missing directories are formatted",
            "flink-wizard apply FILE",
        )
    yield Finding(
        "hdfs-not-formatted",
        "error",
        (host,),
        title,
        "; ".join(f"{one.path} is {one.state}" for one in stores),
        "a file system in each directory of the NameNode",
        "The NameNode ends with “NameNode is not formatted” or “storage directory does not exist”.",
        (*said, *holding)[:12],
        fix,
    )


def datanodes(seen: Observed) -> Iterator[Finding]:
    """Directories of DataNodes: of this file system, there, and writable."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        return
    name = hdfs.namenode.name
    names = stores_of(hdfs, name, seen.facts[name], "namenode") if seen.facts[name].reached else ()
    id = hdfs.hadoop.storage_id
    of_name = next((one for one in names if one.version.get(id)), None)
    for host, facts in hosts_of(seen, hdfs):
        if "datanode" not in kinds_on(hdfs, host.name):
            continue
        stores = stores_of(hdfs, host.name, facts, "datanode")
        for one in stores:
            own = one.version.get(id, "")
            if of_name is not None and own and own != of_name.version[id]:
                yield _of_another(host.name, name, id, one, of_name)
        yield from _unusable(host.name, facts, stores)


def _of_another(host: str, namenode: str, id: str, one: StorageFacts, of_name: StorageFacts) -> Finding:
    wanted = of_name.version[id]
    kept = "" if one.files is None else f" ({one.files} files, {one.mib or 0} MiB)"
    return Finding(
        "hdfs-clusterid-mismatch",
        "error",
        (host,),
        f"The DataNode of {host} belongs to another HDFS{kept}",
        f"{id} = {one.version.get(id, '')}",
        f"{id} = {wanted}, as the NameNode has it",
        "Its DataNode ends at once with “Incompatible clusterIDs”: the NameNode was formatted anew, or the directory is "
        "of another cluster.",
        (
            f"{namenode}: {of_name.path}/current/VERSION: {id}={wanted}",
            f"{host}: {one.path}/current/VERSION: {id}={one.version.get(id, '')}",
            f"{host}: {one.path}: {described(one)}",
        ),
        manual(
            "Was the NameNode formatted anew by mistake? Then bring its old directory back. Only if these blocks are not "
            "wanted: move them aside yourself, then start the DataNode",
            f"mv {one.path} {one.path}.bak",
            "flink-wizard check FILE --fix hdfs-datanode-dir-bad",
        ),
    )


def _unusable(host: str, facts: HostFacts, stores: tuple[StorageFacts, ...]) -> Iterator[Finding]:
    lost = [one for one in stores if one.state == "missing"]
    bad = [
        one
        for one in stores
        if one.state == "unreadable"
        or (one.state == "missing" and not one.writable)
        or (one.state not in {"missing", "other"} and not one.writable)
    ]
    cleared = [one for one in stores if one.state == "partial" and set(one.entries) != {"in_use.lock"}] + [
        one for one in stores if one.state == "other"
    ]
    if cleared:
        one = cleared[0]
        yield Finding(
            "hdfs-datanode-dir-bad",
            "error",
            (host,),
            f"{one.path} has lost its VERSION"
            if one.state == "partial"
            else f"{one.path} holds something else",
            described(one),
            "an empty directory, or one of this HDFS",
            "A DataNode that starts on it clears what lies in it.",
            (f"{host}: {one.path}: {described(one)}",),
            manual(
                "Bring VERSION back from another directory of the same DataNode, or move the directory away yourself"
            ),
        )
    elif bad:
        yield Finding(
            "hdfs-datanode-dir-bad",
            "error",
            (host,),
            f"The DataNode may not use {bad[0].path}",
            f"{bad[0].path}: {ownership(bad[0].owner, bad[0].mode)}"
            if bad[0].state != "missing"
            else f"{bad[0].path} is missing, and the directory above may not be written",
            f"directories that {facts.user or 'its user'} may write",
            "It ends with “All directories in dfs.datanode.data.dir are invalid”, or serves without them.",
            tuple(f"{host}: {one.path}: {described(one)}, owner {one.owner or 'unknown'}" for one in bad),
            Fix(
                "asks",
                "Make them where they are missing, and give them to the user that runs HDFS",
                (),
                "make-own",
                tuple((one.path, None) for one in bad),
            ),
        )
    elif lost:
        yield Finding(
            "hdfs-datanode-dir-bad",
            "error",
            (host,),
            f"{lost[0].path} is missing",
            ", ".join(f"{one.path} is missing" for one in lost),
            "the directories that hold its blocks",
            "If it lay on a disk that is not mounted, its blocks are there. A DataNode that starts makes an empty one.",
            tuple(f"{host}: {one.path}: missing" for one in lost),
            Fix(
                "asks",
                "If no disk is to be mounted there: make it empty",
                (),
                "make-data-dirs",
            ),
        )


def places(seen: Observed) -> Iterator[Finding]:
    """Directories that do not last, that are full, or that are not those of the answers."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        return
    said: set[tuple[str, str]] = set()
    for host, facts in hosts_of(seen, hdfs):
        node = hdfs.nodes[host.name]
        for kind in kinds_on(hdfs, host.name):
            for path in used_dirs(hdfs, host.name, facts, kind):
                if path == "/tmp" or path.startswith("/tmp/"):
                    said.add((host.name, path))
                    yield _in_tmp(hdfs, host.name, path)
        if node.left and not any(path.startswith("/tmp/") for path in node.left):
            yield Finding(
                "hdfs-conf-out-of-sync",
                "error",
                (host.name,),
                "Hadoop uses other directories than the answers name",
                ", ".join(node.left),
                ", ".join((*node.name_dirs, *node.data_dirs)),
                "With the directories of the answers, what lies in the others would be left behind.",
                tuple(
                    f"{host.name}: {path}: {described(one)}"
                    for path in node.left
                    if (one := facts.storage.get(path)) is not None
                )
                or (f"{host.name}: {hdfs.conf_dir}/{SITE}",),
                manual("Write those directories in hdfs.name_dirs and hdfs.data_dirs of the answers"),
            )
    for one in room(seen.spec, seen.facts):
        at = one.observed if one.id == "hdfs-dirs-in-tmp" else one.title
        if any(host in one.hosts and path in at for host, path in said):
            continue
        yield replace(one, evidence=tuple(f"{host}: {one.observed}" for host in one.hosts))


def _in_tmp(hdfs: Hdfs, host: str, path: str) -> Finding:
    keys = hdfs.hadoop.keys
    return Finding(
        "hdfs-dirs-in-tmp",
        "warning",
        (host,),
        f"HDFS keeps its files in {path}",
        path,
        "a directory on a disk, not below /tmp",
        "/tmp is cleaned at a restart or by age: then the NameNode is “not formatted” and the blocks are gone.",
        (f"{host}: {hdfs.conf_dir}: {path}, from {keys.name_dir}, {keys.data_dir} or {keys.tmp_dir}",),
        manual(
            "Stop HDFS, move the directory, name the new place in hdfs.name_dirs or hdfs.data_dirs, then apply",
            "flink-wizard stop FILE",
            f"mv {path} NEW",
            "flink-wizard apply FILE",
        ),
    )


HDFS_DATA = (
    ClusterCheck(
        "namenode directories",
        {
            "hdfs-not-formatted": "the NameNode has no file system, or not in all its directories",
            "hdfs-clusterid-mismatch": "a directory belongs to another HDFS than the NameNode's",
        },
        namenode,
    ),
    ClusterCheck(
        "datanode directories",
        {
            "hdfs-clusterid-mismatch": "a directory belongs to another HDFS than the NameNode's",
            "hdfs-datanode-dir-bad": "a DataNode cannot use a directory",
        },
        datanodes,
    ),
    ClusterCheck(
        "hdfs places",
        {
            "hdfs-dirs-in-tmp": "HDFS keeps its files where they do not last",
            "hdfs-dir-full": "hardly any space is left for HDFS",
            "hdfs-conf-out-of-sync": "Hadoop's settings differ from what they should be",
        },
        places,
    ),
)
