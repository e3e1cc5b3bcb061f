"""What one host has to give, and what is to run on it.

Values and the shares that stay with the system and with Hadoop. It must not know how a host was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.sizing.disks import Disk

# MiB of each Hadoop daemon with its default heap of 1000 MB (a DataNode uses less of it).
NAMENODE, DATANODE, SECONDARY_NAMENODE = 1536, 1280, 1536

ZOOKEEPER = 384
"""MiB of Flink's ZooKeeper with the heap of 256 MiB that it is given."""


@dataclass(frozen=True, slots=True)
class HostCapacity:
    """What one host has, and what is to run on it. `taskmanagers`: how many; None: to be suggested."""

    name: str
    memory_mib: int
    cores: int
    disks: tuple[Disk, ...] = ()
    runs_jobmanager: bool = False
    runs_taskmanager: bool = True
    runs_namenode: bool = False
    runs_datanode: bool = False
    runs_secondary_namenode: bool = False
    taskmanagers: int | None = None
    runs_zookeeper: bool = False

    @property
    def system_mib(self) -> int:
        """MiB that stay with the system: an eighth, between 1 and 8 GiB; and what ZooKeeper takes where it runs."""
        return max(1024, min(8192, self.memory_mib // 8)) + ZOOKEEPER * self.runs_zookeeper

    @property
    def hadoop_mib(self) -> int:
        """MiB of the Hadoop daemons with their default heaps."""
        return (
            NAMENODE * self.runs_namenode
            + DATANODE * self.runs_datanode
            + SECONDARY_NAMENODE * self.runs_secondary_namenode
        )

    @property
    def flink_mib(self) -> int:
        """MiB that Flink's daemons may take together; zero or less when nothing is left."""
        return self.memory_mib - self.system_mib - self.hadoop_mib
