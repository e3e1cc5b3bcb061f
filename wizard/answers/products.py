"""The keys of what is installed: Flink, and HDFS beside it.

Knows one declaration each. It must not know hosts, facts, or how keys depend on one another.
"""

from __future__ import annotations

from validators import values

from .keys import Item, Key, Pairs, Section, choice, java_home, number, own_home, script_path


def archive_keys(product: str, version: Key, home: Key) -> tuple[Item, ...]:
    """Only Flink is published as Python packages too, and only a Flink home can be shared by all nodes."""
    flink = product == "Flink"
    named = "auto, apache, pypi" if flink else "auto, apache"
    return (
        version,
        Key(
            "source",
            "Source",
            f"Where {product} comes from: {named}, or a path or URL of an archive.",
            values.parse_source,
            default="auto",
            examples=(*named.split(", "), "/srv/archives/product.tgz"),
        ),
        home,
        choice(
            "distribute",
            "Distribution",
            "copy: every node gets its own; shared: the home lies in a directory that all nodes share."
            if flink
            else "copy: every node gets its own. A Hadoop that all nodes share is refused.",
            ("copy", "shared"),
            "copy",
        ),
    )


FLINK = Section(
    "flink",
    "Flink",
    "Which Flink runs, and where.",
    (
        *archive_keys(
            "Flink",
            Key(
                "version",
                "Version",
                "The version of Flink, in quotes.",
                values.parse_version,
                examples=("2.3.0", "1.20.5"),
                required=True,
            ),
            Key(
                "home",
                "Home",
                "Where Flink lies, the same path on every node; left out: flink-VERSION in the user's home.",
                own_home,
                examples=("/home/flink/flink-2.3.0",),
            ),
        ),
        Key(
            "conf_dir",
            "Configuration directory",
            "Where Flink's configuration lies on every node (FLINK_CONF_DIR); left out: conf in the home.",
            own_home,
            examples=("/etc/flink",),
        ),
        Section(
            "build",
            "Build",
            "Which build of an old Flink: those were published for several Hadoop and Scala versions.",
            (
                Key(
                    "hadoop",
                    "Hadoop",
                    "The Hadoop it was built for, or none.",
                    values.parse_hadoop_build,
                    examples=("2.7", "none"),
                ),
                Key(
                    "scala",
                    "Scala",
                    "The Scala it was built with.",
                    values.parse_short_version,
                    examples=("2.11", "2.12"),
                ),
            ),
        ),
        Pairs(
            "config",
            "Configuration",
            "Any key of Flink's configuration; it wins over a suggestion.",
            (("taskmanager.numberOfTaskSlots", 2),),
        ),
    ),
    required=True,
)

HDFS = Section(
    "hdfs",
    "HDFS",
    "HDFS beside Flink: none, one that exists and is only joined, or a new one.",
    (
        choice("mode", "HDFS", "none, existing or new.", ("none", "existing", "new"), "none"),
        Key(
            "address",
            "Address",
            "The address of the NameNode; left out for a new HDFS: its host, and port 8020.",
            values.parse_hdfs_address,
            examples=("hdfs://node0:8020",),
        ),
        Key(
            "conf_dir",
            "Configuration",
            "Hadoop's configuration directory on the hosts.",
            script_path,
            examples=("/etc/hadoop/conf",),
        ),
        *archive_keys(
            "Hadoop",
            Key(
                "version",
                "Version",
                "The version of Hadoop, in quotes.",
                values.parse_version,
                examples=("3.3.6",),
            ),
            Key(
                "home",
                "Home",
                "Where Hadoop lies, the same path on every node.",
                own_home,
                examples=("/home/flink/hadoop-3.3.6",),
            ),
        ),
        java_home(script_path, "The Java home for Hadoop, when not the one of Flink."),
        Key(
            "namenode",
            "NameNode",
            "The host of the NameNode; left out: the master.",
            values.parse_hosts_text,
            examples=("node0",),
        ),
        Key(
            "datanodes",
            "DataNodes",
            "The hosts that keep the blocks; left out: the workers.",
            values.parse_hosts_text,
            examples=("node1", "node[1-4]"),
            many=True,
        ),
        Key(
            "name_dirs",
            "NameNode directories",
            "Where the NameNode keeps its image.",
            script_path,
            examples=("/data/hdfs/name",),
            many=True,
        ),
        Key(
            "data_dirs",
            "DataNode directories",
            "Where a DataNode keeps blocks.",
            script_path,
            examples=("/data/hdfs/data",),
            many=True,
        ),
        number(
            "replication",
            "Replication",
            "How many DataNodes keep each block.",
            512,
            "a replication factor",
            3,
        ),
        Pairs(
            "config",
            "Configuration",
            "Any key of Hadoop's core-site.xml or hdfs-site.xml; it wins over a suggestion.",
            (("dfs.blocksize", "128m"),),
        ),
        choice(
            "format",
            "Format",
            "if-empty formats a NameNode whose directories are empty; data is never overwritten.",
            ("never", "if-empty"),
            "never",
        ),
    ),
)
