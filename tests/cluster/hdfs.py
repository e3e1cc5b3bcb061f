"""An HDFS on lab hosts as a test sees it: answers that ask for one, its NameNode asked from outside, files put and read.

Knows the tests' Hadoop archives and how an HDFS is looked at by hand; nothing of how the product makes one.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.cluster.driving import answers, as_seen
from tests.hadoop.archives import hadoop_archive
from tests.lab import Host, Lab

STATE = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"


def hadoop_on_desk(version: str) -> str:
    """Build the archive where it is missing; the answer is its path as a desk sees it."""
    return as_seen(hadoop_archive(version))


def hdfs_answers(
    hadoop: str = "2.7.3",
    flink: str = "1.9.3",
    workers: Iterable[Any] = ("node1", "node2", "node3"),
    hdfs: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Answers for an HDFS of that version beside Flink; Java 17 is too new for both and serves with the operator's word."""
    wish: dict[str, Any] = {
        "mode": "new",
        "version": hadoop,
        "source": hadoop_on_desk(hadoop),
        "format": "if-empty",
    }
    java = {"allow_unsupported": True}
    return answers(flink, workers, java=java, hdfs=wish | (hdfs or {}), **more)


@dataclass(frozen=True)
class Hadoop:
    """One Hadoop home on a lab's hosts, used by hand as its owner does."""

    lab: Lab
    version: str = "2.7.3"
    namenode: str = "node0"
    user: str = "flink"

    @property
    def home(self) -> str:
        return f"/home/flink/hadoop-{self.version}"

    @property
    def conf(self) -> str:
        return f"{self.home}/conf" if self.version.startswith("1.") else f"{self.home}/etc/hadoop"

    @property
    def scripts(self) -> str:
        """The directory of the scripts that start and stop daemons."""
        return f"{self.home}/bin" if self.version.startswith("1.") else f"{self.home}/sbin"

    @property
    def web(self) -> int:
        return 9870 if self.version.startswith("3.") else 50070

    def fs(self, *words: str, stdin: str = "", check: bool = True) -> str:
        """A command of the file system, on the NameNode's host; what it printed."""
        done = self.lab[self.namenode].exec(
            [f"{self.home}/bin/hadoop", "--config", self.conf, "fs", *words],
            user=self.user,
            stdin=stdin,
            check=check,
        )
        return done.stdout if check else done.stdout + done.stderr

    def put(self, path: str, text: str) -> None:
        self.fs("-put", "-", path, stdin=text)

    def read(self, path: str) -> str:
        return self.fs("-cat", path)

    def state(self) -> dict[str, Any]:
        """What the NameNode says of itself."""
        address = self.lab[self.namenode].address
        with urllib.request.urlopen(f"http://{address}:{self.web}{STATE}", timeout=10) as response:
            return json.load(response)["beans"][0]

    def live(self) -> int:
        return int(self.state()["NumLiveDataNodes"])

    def cluster_id(self, directory: str = "/home/flink/hdfs/name") -> str:
        """The identity of the file system in a NameNode's directory: a format gives another."""
        text = self.lab[self.namenode].read(f"{directory}/current/VERSION")
        found = re.search(r"^clusterID=(\S+)", text, re.M)
        assert found, text
        return found[1]

    def daemons(self) -> dict[str, list[str]]:
        """Host → "pid kind" of its HDFS daemons, without hosts that have none."""
        found: dict[str, list[str]] = {}
        for host in self.lab.hosts:
            said = host.exec("pgrep -af 'org.apache.hadoop.hdfs.server' | grep -v pgrep", check=False).stdout
            lines = [line for line in said.splitlines() if "/java" in line.split()[1]]
            if lines:
                found[host.name] = [
                    f"{line.split()[0]} {line.split()[-1].rpartition('.')[2]}" for line in lines
                ]
        return found

    def kill(self, host: str, kind: str) -> None:
        """SIGKILL to a daemon, and wait until it is gone."""
        for line in self.daemons().get(host, []):
            pid, found = line.split()
            if found == kind:
                self.lab[host].exec(f"kill -9 {pid}; tail --pid={pid} -f /dev/null")


def blocks(lab: Lab, holding: str) -> dict[str, list[str]]:
    """Host → the finished block files that hold this text, with their hashes, wherever they lie in flink's home.

    Equal before and after means that no block of that file was lost. Copies in `kept` do not count.
    """
    return {host.name: found for host in lab.hosts if (found := _blocks_of(host, holding))}


def _blocks_of(host: Host, holding: str) -> list[str]:
    said = host.exec(
        ["sh", "-c", "find /home/flink -path /home/flink/kept -prune -o -path '*/finalized/*' -type f -name 'blk_*'"
         ' -exec grep -qF -e "$1" {} \\; -exec sha256sum {} +', "sh", holding], check=False,
    )  # fmt: skip
    return sorted(f"{line.split()[0][:16]} {line.rpartition('/')[2]}" for line in said.stdout.splitlines())
