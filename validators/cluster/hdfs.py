"""The HDFS beside Flink as its hosts and its NameNode show it: daemons, ports, safe mode, who is live.

Knows what runs and what the NameNode tells. What the files say is judged in `hdfsconf.py`, what lies in the directories in
`hdfsdata.py`. A fix here starts daemons; nothing ends safe mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import manual
from validators.install.hdfs import ports as taken_ports
from validators.values import is_loopback
from wizard.facts import DaemonFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.hadoop.catalogue import Daemon, web_ports
from wizard.hadoop.jmx import NameNodeSeen
from wizard.hdfs import Hdfs
from wizard.operations.hdfsdaemons import hadoop_is_stale
from wizard.operations.hdfsprove import seen_at
from wizard.spec import HostSpec
from wizard.words import DAEMONS, counted

from .machines import as_found
from .observed import ClusterCheck, Observed, known_as


def kinds_on(hdfs: Hdfs, host: str) -> tuple[Daemon, ...]:
    """The daemons of this HDFS that belong on a host."""
    name: tuple[Daemon, ...] = ("namenode",) if host == hdfs.namenode.name else ()
    data: tuple[Daemon, ...] = ("datanode",) if any(one.name == host for one in hdfs.datanodes) else ()
    return name + data


def running(hdfs: Hdfs, seen: HostFacts, kind: Daemon) -> tuple[DaemonFacts, ...]:
    return seen.daemons_of(kind, hdfs.home, hdfs.conf_dir)


def hosts_of(seen: Observed, hdfs: Hdfs) -> Iterator[tuple[HostSpec, HostFacts]]:
    """The hosts that were read and on which a daemon of this HDFS belongs."""
    return ((host, facts) for host, facts in seen.hosts() if kinds_on(hdfs, host.name))


def told(seen: Observed) -> tuple[NameNodeSeen | None, str]:
    """What the NameNode says of itself, whoever keeps it, and where it was asked."""
    hdfs, joined = seen.desired.hdfs, seen.desired.joined
    asked = (
        [(hdfs.namenode.name, hdfs.web)]
        if hdfs is not None
        else [(seen.master.name, web) for web in (joined.webs if joined else ())]
    )
    for host, web in asked:
        said = seen_at(seen.facts, host, web)
        if said is not None:
            return said, f"{web.url}/jmx"
    return None, ""


def daemons(seen: Observed) -> Iterator[Finding]:
    """Each daemon where it belongs, once, not older than its configuration."""
    hdfs = seen.desired.hdfs
    if hdfs is None or not seen.spec.start.hdfs:
        return
    for host, facts in hosts_of(seen, hdfs):
        if facts.daemons is None:
            continue
        for kind in kinds_on(hdfs, host.name):
            found = running(hdfs, facts, kind)
            name = DAEMONS[kind]
            if not found:
                yield Finding(
                    f"{kind}-down",
                    "error",
                    (host.name,),
                    f"No {name} runs",
                    "0 running",
                    "1 running",
                    "Without it no file can be opened."
                    if kind == "namenode"
                    else "The blocks that only it holds cannot be read, and the others have fewer copies.",
                    (f"{host.name}: no {name} of {hdfs.home}; its logs are in {hdfs.logs}",),
                    Fix("safe", f"Start the {name}", (), f"start-{kind}"),
                )
            elif any(hadoop_is_stale(facts, one, hdfs.home, hdfs.hadoop) for one in found):
                yield Finding(
                    "restart-pending",
                    "warning",
                    (host.name,),
                    f"The {name} on {host.name} is older than its configuration",
                    "started before a file was changed",
                    "a daemon that has read its files as they are",
                    "What was changed has no effect until the daemon starts anew.",
                    tuple(f"{host.name}: process {one.pid}: {kind}, user {one.user}" for one in found),
                    Fix("asks", "Start it anew", (), f"start-{kind}"),
                )


def namenode(seen: Observed) -> Iterator[Finding]:
    """The NameNode runs and answers where its configuration says, for more than its own machine."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        yield from _joined_namenode(seen)
        return
    host = hdfs.namenode.name
    facts = seen.facts[host]
    found = running(hdfs, facts, "namenode") if facts.reached else ()
    asked = facts.rest.get(hdfs.web.key)
    if not found or asked is None:
        return
    pids = {one.pid for one in found}
    own = [one for one in facts.listening or () if one.pid in pids]
    rpc = [one for one in own if one.port == hdfs.rpc_port]
    if rpc and all(is_loopback(one.address) for one in rpc) and len(seen.spec.hosts) > 1:
        yield Finding(
            "namenode-is-loopback",
            "error",
            (host,),
            f"The NameNode listens on {rpc[0].address} alone",
            f"{rpc[0].address}:{rpc[0].port}",
            f"an address that the other hosts reach, port {rpc[0].port}",
            "It listens on what its own name means to it; no DataNode on another host gets an answer.",
            (f"{host}: LISTEN {rpc[0].address}:{rpc[0].port}, process {rpc[0].pid}",),
            manual(f"Correct /etc/hosts on {host}, then start the NameNode anew", f"getent ahosts {host}"),
        )
    if seen_at(seen.facts, host, hdfs.web) is not None:
        return
    heard = tuple(sorted({one.port for one in own}))
    elsewhere = next((port for port in web_ports() if port in heard and port != hdfs.web.port), None)
    said = f"listens on {', '.join(map(str, heard)) or 'no port that can be seen'}"
    yield Finding(
        "hdfs-ports-by-version" if elsewhere else "namenode-unreachable",
        "warning" if elsewhere else "error",
        (host,),
        f"The NameNode does not answer on port {hdfs.web.port}",
        f"the NameNode {said}",
        f"an answer from {hdfs.web.url}/jmx",
        "Links and checks lead to a port where nobody answers."
        if elsewhere
        else "It may still be loading its image, or hang; nobody learns how HDFS is.",
        (f"{host}: {hdfs.web.url}: {asked.evidence or 'no answer'}",),
        manual(f"Name the port that it uses: {hdfs.hadoop.keys.http_address} in hdfs.config of the answers")
        if elsewhere
        else manual(f"Read the newest log of the NameNode in {hdfs.logs} on {host}"),
    )


def _joined_namenode(seen: Observed) -> Iterator[Finding]:
    """An HDFS that somebody else keeps: every node must open its port."""
    told_of = seen.desired.joined
    if told_of is None or told_of.rpc is None:
        return
    states = {
        host.name: state for host, facts in seen.hosts() if (state := facts.tcp.get(told_of.rpc)) is not None
    }
    closed = tuple(name for name, state in states.items() if state != "open")
    if not closed:
        return
    whole = len(closed) == len(states)
    address = f"{told_of.rpc[0]}:{told_of.rpc[1]}"
    yield Finding(
        "namenode-unreachable" if whole else "firewall-hdfs-ports",
        "error",
        closed,
        f"The NameNode at {address} cannot be reached" + ("" if whole else " from there"),
        f"{address}: {states[closed[0]]}",
        f"{address} open to every node",
        "No job can read or write hdfs:// there.",
        tuple(f"{name} → {address}: {states[name]}" for name in closed),
        manual(
            "See that the NameNode runs, that it listens on an address that these nodes reach, and that no firewall is "
            "between"
        ),
    )


def state(seen: Observed) -> Iterator[Finding]:
    """What the NameNode says: safe mode, and which DataNodes it counts."""
    said, where = told(seen)
    if said is None:
        return
    hdfs, joined = seen.desired.hdfs, seen.desired.joined
    host = hdfs.namenode.name if hdfs is not None else seen.master.name
    if said.safe_mode:
        yield _safe_mode(seen, host, said, where)
    if hdfs is not None:
        yield from _not_live(seen, hdfs, said, where)
    elif joined is not None and said.live == 0:
        yield Finding(
            "hdfs-no-live-datanodes",
            "error",
            (host,),
            "The NameNode counts no DataNode",
            "0 live",
            "at least one",
            "No block can be written or read.",
            (f"{host}: {where}: 0 live DataNodes",),
            manual("Ask who keeps this HDFS"),
        )


def _safe_mode(seen: Observed, host: str, said: NameNodeSeen, where: str) -> Finding:
    text = " ".join(said.safe_mode.split())
    by_hand = "manually" in text
    soon = "will be turned off automatically in" in text
    low = "esources are low" in text
    if soon:
        fix = manual("Wait: it ends by itself")
    elif by_hand:
        fix = manual("Somebody turned it on; who did may turn it off", "hdfs dfsadmin -safemode leave")
    elif low:
        fix = manual("Make room where the NameNode keeps its directories; then it may leave", "df -h")
    else:
        fix = manual(
            "Start the DataNodes that are missing: it ends by itself once they have reported. To leave by force loses "
            "what is not reported; see first what that is",
            "hdfs fsck / -list-corruptfileblocks",
        )
    return Finding(
        "hdfs-safe-mode",
        "info" if soon else "error",
        (host,),
        "The NameNode is in safe mode",
        text,
        "safe mode off",
        "Files can be read as far as their blocks are there; nothing can be written.",
        (f"{host}: {where}: {text}",),
        fix,
    )


def _not_live(seen: Observed, hdfs: Hdfs, said: NameNodeSeen, where: str) -> Iterator[Finding]:
    """DataNodes that run and that the NameNode does not count. One that was ended counts as live for ten minutes more."""
    lost: list[str] = []
    for host in hdfs.datanodes:
        facts = seen.facts[host.name]
        up = running(hdfs, facts, "datanode") if facts.reached else ()
        own = known_as(host, facts)
        # A name of its own may have a domain behind it, or none.
        own |= {name.partition(".")[0] for name in own if not name.replace(".", "").isdigit()}
        listed_there = any(name in own or name.partition(".")[0] in own for name in said.names)
        if up and not listed_there:
            lost.append(host.name)
    live = said.live if said.live is not None else len(said.names)
    # Names that fit no host of ours may be any of them.
    if not lost or live >= len(hdfs.datanodes):
        return
    yield Finding(
        "hdfs-no-live-datanodes",
        "error",
        tuple(lost),
        "The NameNode counts no DataNode"
        if not live
        else f"The NameNode does not count the DataNode of {', '.join(lost)}",
        f"{live} of {len(hdfs.datanodes)} live: {', '.join(said.names) or 'none'}",
        f"{counted(len(hdfs.datanodes), 'DataNode')} live",
        "Its process looks healthy, and none of its blocks is known.",
        (f"{hdfs.namenode.name}: {where}: live: {', '.join(said.names) or 'none'}",),
        manual(f"Read the newest log of the DataNode in {hdfs.logs} there"),
    )


HDFS_DAEMONS = (
    ClusterCheck(
        "hadoop ports",
        {"hdfs-port-taken": "another program holds a port of HDFS"},
        as_found(taken_ports),
    ),
    ClusterCheck(
        "hadoop daemons",
        {
            "namenode-down": "no NameNode runs where it belongs",
            "datanode-down": "no DataNode runs where it belongs",
            "restart-pending": "a daemon is older than its configuration",
        },
        daemons,
    ),
    ClusterCheck(
        "namenode",
        {
            "namenode-is-loopback": "the NameNode's address is a loopback address",
            "namenode-unreachable": "the NameNode does not answer",
            "hdfs-ports-by-version": "the NameNode answers on the port of another generation of Hadoop",
            "firewall-hdfs-ports": "a port of HDFS cannot be reached from a node",
        },
        namenode,
    ),
    ClusterCheck(
        "hdfs",
        {
            "hdfs-safe-mode": "the NameNode is in safe mode",
            "hdfs-no-live-datanodes": "a DataNode runs and the NameNode does not count it",
        },
        state,
    ),
)
