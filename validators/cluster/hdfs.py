"""The HDFS beside Flink as its hosts and its NameNode show it: daemons, Java, configuration, safe mode, who is live.

Knows what runs, what the files say and what the NameNode tells. What lies in the directories is judged in `hdfsdata.py`.
A fix here starts daemons and writes configuration; nothing formats, and nothing ends safe mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from validators.check import manual
from validators.install.hdfs import address as loopback_address
from validators.install.hdfs import configuration as broken_files
from validators.install.hdfs import ports as taken_ports
from validators.install.hdfs import root as as_root
from wizard.facts import ClusterFacts, DaemonFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.hadoop.catalogue import Daemon, same_setting, web_ports
from wizard.hadoop.jmx import NameNodeSeen
from wizard.hadoop.sitexml import SiteUnreadable, read_site
from wizard.hdfs import CORE, SITE, Hdfs, recorded
from wizard.operations.configure import listed
from wizard.operations.hdfsdaemons import NAMES, hadoop_is_stale
from wizard.operations.hdfsprove import seen_at
from wizard.spec import ClusterSpec, HostSpec
from wizard.words import counted

from .observed import ClusterCheck, Observed, loopback

_SET = re.compile(r"""^\s*(?:export\s+)?JAVA_HOME=(["']?)(.*?)\1\s*(?:#.*)?$""")


def kinds_on(hdfs: Hdfs, host: str) -> tuple[Daemon, ...]:
    """The daemons of this HDFS that belong on a host."""
    name: tuple[Daemon, ...] = ("namenode",) if host == hdfs.namenode.name else ()
    data: tuple[Daemon, ...] = ("datanode",) if any(one.name == host for one in hdfs.datanodes) else ()
    return name + data


def running(hdfs: Hdfs, seen: HostFacts, kind: Daemon) -> tuple[DaemonFacts, ...]:
    return tuple(
        one
        for one in seen.daemons or ()
        if one.kind == kind and seen.runs_from(one, hdfs.home, hdfs.conf_dir)
    )


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
            return said, f"http://{web.address}:{web.port}/jmx"
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
            name = NAMES[kind]
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


def home(seen: Observed) -> Iterator[Finding]:
    """A host without this Hadoop, or with another one."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        return
    for host, facts in seen.hosts():
        found = facts.homes.get(hdfs.home)
        if found is None or (found.exists and found.version in (None, hdfs.hadoop.version)):
            continue
        yield Finding(
            "hadoop-missing",
            "error" if kinds_on(hdfs, host.name) else "warning",
            (host.name,),
            f"{hdfs.home} holds another Hadoop" if found.exists else f"There is no Hadoop in {hdfs.home}",
            f"Hadoop {found.version}" if found.exists else f"{hdfs.home} is missing",
            f"Hadoop {hdfs.hadoop.version}",
            "HDFS runs from it, and Flink takes its classes for hdfs:// from it.",
            (f"{host.name}: {hdfs.home}: {found.version or 'missing'}",),
            manual("Let the wizard install it: nothing that is there is lost", "flink-wizard apply FILE"),
        )


def java(seen: Observed) -> Iterator[Finding]:
    """The Java that hadoop-env.sh names: Hadoop's scripts log in without a login shell, so a profile does not count."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        return
    for host, facts in hosts_of(seen, hdfs):
        file = facts.conf_file(hdfs.home, hdfs.hadoop.env_file)
        if file is None or file.text is None:
            continue
        value, place = java_home_of(file.text)
        fix = Fix("safe", f"Write JAVA_HOME into {hdfs.hadoop.env_file}", (), "write-hadoop-env")
        where = f"{host.name}: {file.path}: {place or 'no line sets JAVA_HOME'}"
        outside = facts.java_command is not None and facts.java_command.home
        if value is None and not outside and facts.java_command is not None:
            yield Finding(
                "hadoop-java-home-not-set",
                "error",
                (host.name,),
                "Hadoop's scripts find no Java",
                f"{hdfs.hadoop.env_file} names no Java home, and JAVA_HOME is empty in ssh {host.name} COMMAND",
                f"export JAVA_HOME=PATH in {hdfs.hadoop.env_file}",
                "They end with “JAVA_HOME is not set and could not be found.”; a login profile does not reach them.",
                (where,),
                fix,
            )
            continue
        if not value or not value.startswith("/"):
            continue
        program = facts.paths.get(f"{value}/bin/java")
        major = facts.java_major(value)
        if major is None and program is not None and not program.exists:
            yield Finding(
                "hadoop-java-home-not-set",
                "error",
                (host.name,),
                "The Java home in Hadoop's configuration holds no Java",
                f"{value}/bin/java is missing",
                f"a Java in the home that {hdfs.hadoop.env_file} names",
                "Hadoop's scripts end before a daemon is there.",
                (where,),
                fix,
            )
        elif major is not None:
            yield from _unsupported(hdfs, host.name, facts, major, value, file.text, where, fix)


def _unsupported(
    hdfs: Hdfs, host: str, facts: HostFacts, major: int, home: str, text: str, where: str, fix: Fix
) -> Iterator[Finding]:
    allowed = hdfs.nodes[host].java.allow_unsupported
    flags = hdfs.hadoop.flags_for(major)
    missing = tuple(flag for flag in flags if flag not in text)
    if major in hdfs.hadoop.java.supported or (allowed and not missing):
        return
    up = all(running(hdfs, facts, kind) for kind in kinds_on(hdfs, host))
    yield Finding(
        "hdfs-java-unsupported",
        "warning" if up else "error",
        (host,),
        f"Java {major} does not go with Hadoop {hdfs.hadoop.version}",
        f"Java {major} in {home}" + (f", without {missing[0]}" if missing else ""),
        f"Java {', '.join(map(str, hdfs.hadoop.java.supported))}"
        + (", or the flags that a newer one needs" if missing else ""),
        "The daemons end when they first touch what this Java has closed or taken away.",
        (where,),
        fix,
    )


def java_home_of(text: str) -> tuple[str | None, str]:
    """What hadoop-env.sh sets JAVA_HOME to, and its line; None when nothing does, "" when only a shell could tell."""
    value: str | None = None
    place = ""
    for number, line in enumerate(text.splitlines(), start=1):
        found = _SET.match(line)
        if not found:
            continue
        said = found[2].strip()
        default = re.fullmatch(r"\$\{JAVA_HOME:?-([^}]*)\}", said)
        if re.fullmatch(r"\$\{?JAVA_HOME\}?", said):
            place = place or f"line {number}: {line.strip()}"
            continue
        literal = str(default[1]) if default else said
        value = "" if "$" in literal or "`" in literal else literal.rstrip("/")
        place = f"line {number}: {line.strip()}"
    return value, place


def addresses(seen: Observed) -> Iterator[Finding]:
    """Where each node looks for the NameNode: fs.defaultFS of its own core-site.xml."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        yield from _joined_addresses(seen)
        return
    key = hdfs.hadoop.keys.default_fs
    for host, facts in seen.hosts():
        found = facts.homes.get(hdfs.home)
        if found is None or not found.exists:
            continue
        site, broken = recorded(facts, hdfs.home, CORE)
        wanted = dict(hdfs.nodes[host.name].core)[key]
        said = site.get(key, same_setting)
        if broken or (said or "").rstrip("/") == wanted.rstrip("/"):
            continue
        yield _wrong_address(
            seen,
            host.name,
            f"{hdfs.conf_dir}/{CORE}",
            key,
            said,
            wanted,
            Fix("safe", f"Write {key}: {wanted}", (), "write-core-site"),
            bool(kinds_on(hdfs, host.name)),
        )


def _joined_addresses(seen: Observed) -> Iterator[Finding]:
    told_of = seen.desired.joined
    if told_of is None or not told_of.conf_dir or not told_of.address:
        return
    for host, facts in seen.hosts():
        file = facts.paths.get(f"{told_of.conf_dir}/{CORE}")
        if file is None or not file.exists or file.text is None:
            continue
        said = _default_fs(file.text)
        if said is None or said.rstrip("/") == told_of.address.rstrip("/"):
            continue
        yield _wrong_address(
            seen,
            host.name,
            file.path,
            "fs.defaultFS",
            said or None,
            told_of.address,
            manual("Write the same address there as on the other nodes; the wizard leaves this HDFS alone"),
            False,
        )


def _default_fs(text: str) -> str | None:
    """fs.defaultFS of a core-site.xml, "" when it is not set, None when the file does not parse."""
    try:
        return read_site(text).get("fs.defaultFS", same_setting) or ""
    except SiteUnreadable:
        return None


def _wrong_address(
    seen: Observed, host: str, path: str, key: str, said: str | None, wanted: str, fix: Fix, runs: bool
) -> Finding:
    if said is None or not said.startswith("hdfs://"):
        why = "Without it Hadoop takes the host's own disk for its file system."
    elif "_" in said.removeprefix("hdfs://").partition(":")[0]:
        why = "Hadoop reads no host name with an underscore: “Does not contain a valid host:port authority”."
    else:
        why = "This node looks for the NameNode in another place than the others."
    return Finding(
        "fs-defaultfs-wrong",
        "error",
        (host,),
        f"{key} is {said}" if said else f"{key} is not set",
        f"{key}: {said or 'not set'}",
        wanted,
        why + (" Its daemon does not find the NameNode." if runs else " Flink does not find its files."),
        (f"{host}: {path}: {key} = {said or 'not set'}",),
        fix,
    )


def files(seen: Observed) -> Iterator[Finding]:
    """What else Hadoop's files should say on each node, and the list from which its scripts start DataNodes."""
    hdfs = seen.desired.hdfs
    if hdfs is None:
        return
    keys = hdfs.hadoop.keys
    aside = {
        *same_setting(keys.default_fs),
        *same_setting(keys.name_dir),
        *same_setting(keys.data_dir),
        keys.tmp_dir,
    }
    for host, facts in hosts_of(seen, hdfs):
        node = hdfs.nodes[host.name]
        for name, operation, values in (
            (CORE, "write-core-site", node.core),
            (SITE, "write-hdfs-site", node.site),
        ):
            site, broken = recorded(facts, hdfs.home, name)
            if broken or not facts.conf_file(hdfs.home, name):
                continue
            odd = {
                key: (site.get(key, same_setting), value)
                for key, value in values
                if key not in aside and site.get(key, same_setting) != value
            }
            if not odd:
                continue
            path = f"{hdfs.conf_dir}/{name}"
            yield Finding(
                "hdfs-conf-out-of-sync",
                "warning",
                (host.name,),
                f"{name} is not what it should be",
                "; ".join(f"{key}: {said or 'not set'}" for key, (said, _) in odd.items()),
                "; ".join(f"{key}: {value}" for key, (_, value) in odd.items()),
                "Every daemon reads the file of its own host: an edit elsewhere has no effect on it.",
                tuple(f"{host.name}: {path}: {key} = {said or 'not set'}" for key, (said, _) in odd.items()),
                # A change of directories would leave blocks behind: then it is the operator's.
                manual("Bring the directories back that it named before, then run again")
                if node.left
                else Fix("asks", "Write these settings as they should be", (), operation),
            )
    if hdfs.replication > len(hdfs.datanodes) > 0:
        yield Finding(
            "hdfs-replication-too-high",
            "warning",
            (hdfs.namenode.name,),
            "More copies are wanted than there are DataNodes",
            f"dfs.replication: {hdfs.replication}",
            f"at most {len(hdfs.datanodes)}, one for each DataNode",
            "Every block is reported as under-replicated for ever, and a DataNode cannot be retired.",
            (f"{hdfs.namenode.name}: {hdfs.conf_dir}/{SITE}: dfs.replication = {hdfs.replication}",),
            manual("Lower hdfs.replication in the answers, then: flink-wizard apply FILE"),
        )
    yield from _list(seen, hdfs)


def _list(seen: Observed, hdfs: Hdfs) -> Iterator[Finding]:
    host = hdfs.namenode.name
    file = seen.facts[host].conf_file(hdfs.home, hdfs.hadoop.workers_file)
    found = seen.facts[host].homes.get(hdfs.home)
    if found is None or not found.exists or (file is not None and file.text is None):
        return
    entries = tuple(entry.rstrip("\r") for entry in listed(file.text or "")) if file is not None else ()
    wanted = tuple(one.address for one in hdfs.datanodes)
    known = {
        name: one.address
        for one in hdfs.datanodes
        for name in (one.name, one.address, seen.facts[one.name].hostname or one.name)
        + (seen.facts[one.name].addresses or ())
    }
    returns = file is not None and "\r" in (file.text or "")
    if {known.get(entry, entry) for entry in entries} == set(wanted) and not returns:
        return
    name = f"{hdfs.conf_dir}/{hdfs.hadoop.workers_file}"
    yield Finding(
        "hdfs-workers-file-wrong",
        "warning",
        (host,),
        f"Hadoop's {hdfs.hadoop.workers_file} does not list the DataNodes",
        "carriage returns at the ends of lines" if returns else ", ".join(entries) or "no host at all",
        ", ".join(wanted),
        f"{hdfs.hadoop.start_all} starts and stops DataNodes on the hosts that stand there, and on no other.",
        (f"{host}: {name}: {' '.join(entries) or 'empty or missing'}",),
        Fix("safe", "List the DataNodes", (), f"write-hadoop-{hdfs.hadoop.workers_file}"),
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
    if rpc and all(loopback(one.address) for one in rpc) and len(seen.spec.hosts) > 1:
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
        f"an answer from http://{hdfs.web.address}:{hdfs.web.port}/jmx",
        "Links and checks lead to a port where nobody answers."
        if elsewhere
        else "It may still be loading its image, or hang; nobody learns how HDFS is.",
        (f"{host}: http://{hdfs.web.address}:{hdfs.web.port}: {asked.evidence or 'no answer'}",),
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
        own = {host.name, host.address, facts.hostname or host.name, *(facts.addresses or ())}
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


def _as_found(
    look: Callable[[ClusterSpec, ClusterFacts], Iterable[Finding]],
) -> Callable[[Observed], Iterator[Finding]]:
    """A check of an install, on a cluster that is there."""

    def found(seen: Observed) -> Iterator[Finding]:
        for one in look(seen.spec, seen.facts):
            evidence = one.evidence or tuple(f"{host}: {one.observed}" for host in one.hosts)
            yield replace(one, evidence=evidence)

    return found


HDFS = (
    ClusterCheck(
        "hadoop as root",
        {"hdfs-root-refused": "Hadoop 3 does not start its daemons as root"},
        _as_found(as_root),
    ),
    ClusterCheck("hadoop home", {"hadoop-missing": "Hadoop is missing on a host, or is another one"}, home),
    ClusterCheck(
        "hadoop java",
        {
            "hadoop-java-home-not-set": "Hadoop's scripts find no Java",
            "hdfs-java-unsupported": "a Java that does not go with this Hadoop",
        },
        java,
    ),
    ClusterCheck(
        "hadoop files",
        {"hdfs-config-broken": "Hadoop cannot read one of its files"},
        _as_found(broken_files),
    ),
    ClusterCheck(
        "namenode address",
        {"fs-defaultfs-wrong": "a node looks for the NameNode in the wrong place"},
        addresses,
    ),
    ClusterCheck(
        "namenode name",
        {"namenode-is-loopback": "the NameNode's address is a loopback address"},
        _as_found(loopback_address),
    ),
    ClusterCheck(
        "hadoop configuration",
        {
            "hdfs-conf-out-of-sync": "Hadoop's settings differ from what they should be",
            "hdfs-replication-too-high": "more copies of each block are wanted than there are DataNodes",
            "hdfs-workers-file-wrong": "Hadoop's list of DataNodes is not right",
        },
        files,
    ),
)

HDFS_DAEMONS = (
    ClusterCheck(
        "hadoop ports",
        {"hdfs-port-taken": "another program holds a port of HDFS"},
        _as_found(taken_ports),
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
