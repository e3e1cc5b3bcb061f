"""What Hadoop's files say on each node, and which Hadoop and which Java are there.

Knows the files and what each node's should say. It must not know what runs; a fix here writes configuration alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from validators.check import manual
from validators.install.hdfs import address as loopback_address
from validators.install.hdfs import configuration as broken_files
from validators.install.hdfs import root as as_root
from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.hadoop.catalogue import same_setting
from wizard.hadoop.sitexml import SiteUnreadable, read_site
from wizard.hdfs import CORE, SITE, Hdfs, recorded
from wizard.operations.configure import listed

from .hdfs import as_found, hosts_of, kinds_on, running
from .observed import ClusterCheck, Observed, known_as

_SET = re.compile(r"""^\s*(?:export\s+)?JAVA_HOME=(["']?)(.*?)\1\s*(?:#.*)?$""")


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
    known = {name: one.address for one in hdfs.datanodes for name in known_as(one, seen.facts[one.name])}
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


HDFS = (
    ClusterCheck(
        "hadoop as root",
        {"hdfs-root-refused": "Hadoop 3 does not start its daemons as root"},
        as_found(as_root),
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
        as_found(broken_files),
    ),
    ClusterCheck(
        "namenode address",
        {"fs-defaultfs-wrong": "a node looks for the NameNode in the wrong place"},
        addresses,
    ),
    ClusterCheck(
        "namenode name",
        {"namenode-is-loopback": "the NameNode's address is a loopback address"},
        as_found(loopback_address),
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
