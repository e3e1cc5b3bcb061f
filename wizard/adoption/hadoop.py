"""The HDFS beside a Flink: which directories may hold Hadoop's configuration, and the address that one names.

Knows keys, variables and usual places. It must not know whether that HDFS works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..facts import HostFacts
from ..hadoop.catalogue import same_setting
from ..hadoop.sitexml import SiteUnreadable, read_site
from ..words import DAEMONS

CONF_KEYS = ("env.hadoop.conf.dir", "fs.hdfs.hadoopconf")


@dataclass(frozen=True, slots=True)
class Hadoop:
    """An HDFS that exists. What is unknown is ""; `home` is where the programs of its running daemon lie, and `origin`
    says what told of it."""

    conf_dir: str
    address: str
    origin: str
    home: str = ""


def directories(values: Mapping[str, str], facts: HostFacts) -> Iterator[tuple[str, str]]:
    """(directory, what names it), the one that Flink itself would take first."""
    environment = facts.login_environment or {}
    for key in CONF_KEYS:
        if values.get(key, "").startswith("/"):
            yield values[key].rstrip("/"), f"{key} in Flink's configuration"
    named = environment.get("HADOOP_CONF_DIR", "")
    if named.startswith("/"):
        yield named.rstrip("/"), "HADOOP_CONF_DIR of the login"
    for daemon in facts.daemons or ():
        if daemon.kind in ("namenode", "datanode"):
            own = (f"{daemon.home}/etc/hadoop", f"{daemon.home}/conf") if daemon.home.startswith("/") else ()
            for directory in (daemon.conf_dir, *own):
                if directory.startswith("/"):
                    yield directory.rstrip("/"), f"the running {DAEMONS[daemon.kind]}"
    home = environment.get("HADOOP_HOME", "").rstrip("/")
    if home.startswith("/"):
        for below in ("etc/hadoop", "conf"):
            yield f"{home}/{below}", "HADOOP_HOME of the login"
    for entry in environment.get("HADOOP_CLASSPATH", "").split(":"):
        bare = entry.rstrip("/")
        if bare.startswith("/") and "*" not in bare and not bare.endswith(".jar"):
            yield bare, "HADOOP_CLASSPATH of the login"
    yield "/etc/hadoop/conf", "the usual place"


def core_site(directory: str) -> str:
    return f"{directory}/core-site.xml"


def found(values: Mapping[str, str], facts: HostFacts) -> Hadoop | None:
    """The HDFS that Flink is joined to or that runs beside it; None when nothing tells of one."""
    for directory, origin in directories(values, facts):
        file = facts.paths.get(core_site(directory))
        address = default_fs(file.text) if file is not None and file.text is not None else ""
        if address.startswith("hdfs://"):
            return Hadoop(directory, address, origin, _home(facts))
    scheme = values.get("fs.default-scheme", "")
    if scheme.startswith("hdfs://"):
        return Hadoop("", scheme, "fs.default-scheme in Flink's configuration")
    return None


def _home(facts: HostFacts) -> str:
    homes = (one.home for one in facts.daemons or () if one.kind in ("namenode", "datanode"))
    return next((home.rstrip("/") for home in homes if home.startswith("/")), "")


def default_fs(text: str) -> str:
    """The file system that a core-site.xml names, "" when it names none or cannot be read."""
    try:
        said = read_site(text).get("fs.defaultFS", same_setting)
    except SiteUnreadable:
        return ""
    return (said or "").rstrip("/")
