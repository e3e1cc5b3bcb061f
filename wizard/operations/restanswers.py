"""What a JobManager's REST interface said: its JSON objects, and the TaskManagers that it lists.

Knows the forms of an answer over all lines. It must not know what is wanted of it, nor how it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

from ..facts import ClusterFacts
from ..flink.line import Line
from ..needs import Rest
from ..servicefacts import RestFacts


@dataclass(frozen=True, slots=True)
class TaskManagerSeen:
    """One TaskManager as REST lists it. `host` and `data_port` are what it tells other TaskManagers.

    `rpc_port` is where the JobManager calls it, 0 where its path does not say.
    """

    id: str
    host: str
    data_port: int
    slots: int
    rpc_port: int = 0


def number(answered: Mapping[str, Any], field: str, default: int) -> int:
    """A whole number of an answer; the default where something else stands there."""
    value = answered.get(field, default)
    return value if isinstance(value, int) else default


def answer(facts: ClusterFacts, host: str, rest: Rest, path: str) -> dict[str, Any] | None:
    """The JSON object that this path answered, None when it did not answer with one."""
    seen = facts[host].rest.get(rest.key)
    value = seen.answers.get(path) if seen else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def with_answer(facts: ClusterFacts, host: str, rest: Rest, path: str, value: dict[str, Any]) -> ClusterFacts:
    """The facts as they would be had this path answered so."""
    old = facts[host].rest.get(rest.key) or RestFacts(True)
    new = replace(old, reachable=True, answers=MappingProxyType({**old.answers, path: value}))
    return facts.added(host, rest={rest.key: new})


def taskmanagers(facts: ClusterFacts, host: str, rest: Rest, line: Line) -> tuple[TaskManagerSeen, ...]:
    """The registered TaskManagers. The host part comes from `path` (or 0.9's own field), as FACTS g has it."""
    listed: Any = (answer(facts, host, rest, line.web.taskmanagers) or {}).get("taskmanagers", [])
    seen: list[TaskManagerSeen] = []
    for entry in cast("list[Any]", listed) if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        one = cast("dict[str, Any]", entry)
        found = re.search(r"@(\[[^\]]+\]|[^:/\[]+):(\d+)", str(one.get("path", "")))
        name = found[1].strip("[]") if found else _told_name(one)
        seen.append(
            TaskManagerSeen(
                str(one.get("id", one.get("instanceID", ""))),
                name,
                number(one, "dataPort", -1),
                number(one, "slotsNumber", 0),
                int(found[2]) if found else 0,
            )
        )
    return tuple(seen)


def _told_name(one: Mapping[str, Any]) -> str:
    """Without a path: 0.9 writes an address as Java does, `name/10.0.0.2` or `/10.0.0.2`; else the id starts with it."""
    name, _, address = str(one.get("inetAdress", "")).partition("/")
    return name or address or str(one.get("id", "")).split(":")[0]


def ghosts(
    facts: ClusterFacts, master: str, listed: Iterable[TaskManagerSeen]
) -> tuple[TaskManagerSeen, ...]:
    """TaskManagers that were killed and are listed until their heartbeat times out: nobody listens there any more."""
    tcp = facts[master].tcp
    return tuple(one for one in listed if tcp.get((one.host, one.data_port)) == "refused")
