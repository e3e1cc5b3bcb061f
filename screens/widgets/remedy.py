"""Which step of the walk an operation concerns: where an answer may be changed when it fails.

Knows the beginnings of operations' ids and the ids of steps. It must not know either of them more closely.
"""

from __future__ import annotations

STEPS: tuple[tuple[str, str], ...] = (
    ("install-tools", "requirements"),
    ("install-java-for-hadoop", "hdfs"),
    ("install-java", "java-home"),
    ("prove-java", "java-home"),
    ("set-java-home", "java-home"),
    ("set-pdsh", "ssh-keys"),
    ("generate-key", "ssh-keys"),
    ("authorize-key", "ssh-keys"),
    ("fix-modes", "ssh-keys"),
    ("pin-host-keys", "ssh-keys"),
    ("write-ssh-config", "ssh-keys"),
    ("prove-login", "ssh-keys"),
    ("obtain-flink", "flink"),
    ("install-flink", "flink"),
    ("see-shared-home", "flink"),
    ("make-conf-dir", "flink"),
    ("prove-conf-dir", "flink"),
    ("write-config", "flink-config"),
    ("write-workers", "workers"),
    ("write-masters", "workers"),
    ("write-slaves", "workers"),
    ("start-jobmanager", "flink-config"),
    ("start-taskmanager", "flink-config"),
    ("run-proof-job", "flink-config"),
    ("obtain-hadoop", "hdfs"),
    ("install-hadoop", "hdfs"),
    ("write-core-site", "hdfs"),
    ("write-hdfs-site", "hdfs"),
    ("write-hadoop", "hdfs"),
    ("format-namenode", "hdfs"),
    ("make-data-dirs", "hdfs"),
    ("start-namenode", "hdfs"),
    ("start-datanode", "hdfs"),
    ("set-hadoop-classpath", "hdfs"),
    ("hdfs", "hdfs"),
)
"""The beginning of an operation's id, and the step that it concerns."""


def step_for(operation: str, there: tuple[str, ...]) -> str:
    """The step that concerns this operation, among those that are there; else where hosts are named."""
    for begins, step in STEPS:
        if operation.startswith(begins) and step in there:
            return step
    return "hosts" if "hosts" in there else there[0]
