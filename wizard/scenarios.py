"""Imagined clusters out of assets/scenarios: hosts as values of a file, each with at most one trouble of one's choosing.

Knows the form of the file. It must not know who practises.
"""

from __future__ import annotations

from types import MappingProxyType

from .facts import HostFacts, JavaFacts, JavaSeen, OsFacts, SshFacts
from .rehearsal import Scenario


def typical_host() -> HostFacts:
    """An ordinary Debian host with Java and nothing of Flink: what a dry run takes an unread host for."""
    java = JavaFacts("/usr/lib/jvm/java-17-openjdk-amd64", "17.0.15", 17, "Debian", True)
    seen = JavaSeen("", f"{java.home}/bin/java")
    return HostFacts(
        "typical",
        imagined=True,
        os=OsFacts("Linux", "x86_64", "debian", "12", "Debian GNU/Linux 12", "debian"),
        cores=4,
        memory_mib=16384,
        memory_total_mib=16384,
        disks=(),
        tools=frozenset({"bash", "tar", "gzip", "ssh", "ssh-keygen"}),
        user="flink",
        uid=1000,
        groups=("flink",),
        home="/home/flink",
        shell="/bin/bash",
        sudo="password",
        ssh=SshFacts(0o755, "flink", 0o700, 0o600),
        javas=(java,),
        java_command=seen,
        java_login=seen,
        login_environment=MappingProxyType({}),
        daemons=(),
        listening=(),
    )


class Practice(Scenario):
    answers = """version: 1
cluster: practice
user: flink
master: node0
workers: [node1, node2]
flink: {version: "2.3.0"}
"""


def practice_scenario(trouble: str | None) -> Practice:
    """The imagined cluster, with this trouble in it."""
    del trouble
    return Practice("practice", {f"node{number}": typical_host() for number in range(3)})
