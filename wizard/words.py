"""How hosts, daemons, amounts, counts and proofs are called in front of people.

Knows words. It must not know where they are printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .facts import DaemonKind
from .spec import HERE
from .text import clean

DAEMONS: Mapping[DaemonKind, str] = MappingProxyType(
    {
        "jobmanager": "JobManager",
        "taskmanager": "TaskManager",
        "zookeeper": "ZooKeeper",
        "historyserver": "HistoryServer",
        "namenode": "NameNode",
        "datanode": "DataNode",
        "secondarynamenode": "SecondaryNameNode",
    }
)
"""What operators call the daemons of Flink and of HDFS."""


def name_of(host: str) -> str:
    """How the control machine and the hosts are called in front of people."""
    return "this machine" if host == HERE else clean(host)[:60]


def counted(number: int, one: str, many: str = "") -> str:
    """As in "1 host" and "2 hosts"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def amount(done: int, total: int | None) -> str:
    """Bytes in MB (10^6), as "120/330 MB"."""
    mega = f"{done / 1e6:.0f}"
    return f"{mega}/{total / 1e6:.0f} MB" if total else f"{mega} MB"


def in_sentence(title: str) -> str:
    """A title inside a sentence: small first letter, but for names such as JAVA_HOME."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def ownership(owner: str, mode: int | None) -> str:
    """Whose a path is, as in "owner flink, mode 0755"; `mode` counts the permission bits."""
    return f"owner {owner or 'unknown'}, mode {mode or 0:04o}"
