"""Every key of the answers file, declared once: its parser, default, words and examples.

The file's reader, the JSON schema, the file's writer and the questions of every front end are made from this
declaration. It must not know hosts, facts, or how keys depend on one another (that is `judging`).
"""

from __future__ import annotations

from collections.abc import Iterator

from validators import values

from .ha import parse_zookeeper
from .keys import (
    Hosts,
    Key,
    Pairs,
    Section,
    choice,
    flag,
    home_or_auto,
    java_home,
    key_file,
    number,
    one_host,
    port,
    script_path,
)
from .products import FLINK, HDFS

FORMAT = 1
"""The version of the answers file that this program reads."""


def _format(text: str) -> int:
    if text.strip() != str(FORMAT):
        raise values.ValueProblem(
            f"{values.shown(text.strip())} is not a format that this program reads; it reads {FORMAT}"
        )
    return FORMAT


HOST = Section(
    "host",
    "Host",
    "One host, with what differs from the other hosts.",
    (
        Key(
            "host",
            "Host",
            "The name by which this host is known, also from ~/.ssh/config, or a range of names.",
            values.parse_hosts_text,
            examples=("node1", "node[01-16]", "flink@node1:2222"),
            required=True,
        ),
        Key(
            "user",
            "User",
            "The user to log in as, when not the cluster's.",
            values.parse_user,
            examples=("flink",),
        ),
        port("The port of this host's sshd."),
        Key(
            "key",
            "Private key",
            "The private key for this host, on this machine.",
            key_file,
            examples=("~/.ssh/id_ed25519",),
        ),
        Key(
            "address",
            "Address",
            "What the other nodes call this host.",
            values.parse_host_name,
            examples=("10.0.0.11",),
        ),
        number(
            "taskmanagers",
            "TaskManagers",
            "How many TaskManagers run on this host.",
            64,
            "a number of TaskManagers",
            1,
        ),
        number("slots", "Slots", "Slots of each TaskManager on this host.", 4096, "a number of slots", 4),
        Key(
            "memory",
            "Memory",
            "The whole memory of one TaskManager process; on Flink 1.9 and older its whole heap.",
            values.parse_memory,
            "memory",
            examples=("8g", "8192m"),
        ),
        java_home(script_path, "The Java home on this host, when not found or not the one wanted."),
    ),
)

SSH = Section(
    "ssh",
    "SSH",
    "How this machine reaches the hosts; left out: ~/.ssh/config, the agent and the default keys.",
    (
        port("The port of sshd on every host that names no other."),
        Key(
            "key", "Private key", "The private key on this machine.", key_file, examples=("~/.ssh/operator",)
        ),
        Key(
            "jump",
            "Jump host",
            "The host on the way to all others, such as the master where it alone sees the workers.",
            one_host,
            examples=("node0", "operator@gate:2222"),
        ),
        choice(
            "host_keys",
            "Host keys",
            "What to do with a host key that is not known yet: ask, accept it, or refuse it.",
            ("ask", "accept-new", "strict"),
            "ask",
        ),
        Key(
            "cluster_key",
            "Cluster key",
            "On the master: the private key that Flink's own scripts use; it is made when missing.",
            key_file,
            default="~/.ssh/id_ed25519",
        ),
        choice(
            "cluster_key_type",
            "Type of the cluster key",
            "The kind of pair to make.",
            ("ed25519", "rsa"),
            "ed25519",
        ),
        Section(
            "admin",
            "Administrator",
            "Another login, used for what needs root and for nothing else.",
            (
                Key(
                    "user",
                    "User",
                    "A user who may use sudo.",
                    values.parse_user,
                    examples=("debian",),
                    required=True,
                ),
                Key(
                    "key",
                    "Private key",
                    "The private key of that user, on this machine.",
                    key_file,
                    examples=("~/.ssh/admin",),
                ),
            ),
        ),
    ),
)

JAVA = Section(
    "java",
    "Java",
    "Which Java runs Flink, and where JAVA_HOME is set.",
    (
        java_home(home_or_auto, "The Java home on every host; auto finds one on each.", "auto", "home"),
        Key(
            "set_in",
            "JAVA_HOME is set in",
            "Where JAVA_HOME is written: Flink's configuration, the login profile, ~/.ssh/environment.",
            values.one_of(("flink-config", "shell-profile", "ssh-environment")),
            default=("flink-config",),
            choices=("flink-config", "shell-profile", "ssh-environment"),
            many=True,
        ),
        flag(
            "allow_unsupported",
            "Unsupported Java",
            "Go on with a Java that this Flink does not support.",
            False,
        ),
    ),
)


START = Section(
    "start",
    "Start",
    "What is started at the end.",
    (
        flag("flink", "Start Flink", "Start Flink once it is installed.", True),
        flag("hdfs", "Start HDFS", "Start HDFS once it is installed.", True),
        choice("mode", "Mode", "The mode of Flink 0.9 and 0.10.", ("batch", "streaming"), "batch"),
    ),
)

HA = Section(
    "ha",
    "High availability",
    "Standby JobManagers that take over, coordinated by ZooKeeper.",
    (
        Key(
            "zookeeper",
            "ZooKeeper",
            "Nodes that shall run Flink's own ZooKeeper, or host:port of servers that are there already.",
            parse_zookeeper,
            examples=("node0", "zk1:2181"),
            many=True,
        ),
        Key(
            "storage_dir",
            "Storage directory",
            "Where JobManagers keep what a standby needs, in a file system that all nodes share.",
            values.parse_file_system,
            examples=("/shared/flink-ha", "hdfs://node0:8020/flink/ha"),
            required=True,
        ),
    ),
)

ROOT = Section(
    "",
    "Answers",
    "A Flink cluster, as flink-wizard installs and checks it.",
    (
        Key(
            "version",
            "Format",
            "The version of this file's format.",
            _format,
            "number",
            examples=(FORMAT,),
            required=True,
            bounds=(FORMAT, FORMAT),
        ),
        Key(
            "cluster",
            "Cluster name",
            "The name of the cluster.",
            values.parse_cluster_name,
            examples=("demo",),
            required=True,
        ),
        Key(
            "user",
            "User",
            "The user that runs Flink, the same on every node; left out: who is logged in here.",
            values.parse_user,
            examples=("flink",),
        ),
        SSH,
        Hosts(
            "master",
            "Master",
            "Where the JobManager runs; localhost is this machine.",
            many=False,
            required=True,
            examples=("node0", "localhost"),
        ),
        Hosts(
            "workers", "Workers", "Where TaskManagers run.", required=True, examples=("node1", "node[01-16]")
        ),
        Hosts(
            "standby",
            "Standby JobManagers",
            "Hosts whose JobManager takes over when the one that leads is lost; needs ha.",
            examples=("node1",),
        ),
        JAVA,
        FLINK,
        HDFS,
        HA,
        START,
    ),
    required=True,
)


def walk(section: Section = ROOT, prefix: str = "") -> Iterator[tuple[str, Key | Hosts | Pairs]]:
    """Every key with its dotted path, in the file's order."""
    for item in section.keys:
        path = prefix + item.name
        if isinstance(item, Section):
            yield from walk(item, path + ".")
        else:
            yield path, item


DECLARED: dict[str, Key | Hosts | Pairs] = dict(walk())
"""Dotted path → declaration."""
