"""What a NameNode says of itself at /jmx: alive or in safe mode, and which DataNodes it knows.

Knows the beans of every generation: 1.2 counts no live nodes and is asked for their list. It must not know how the
question travels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

_STATE = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
_INFO = "/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo"

JMX_PATHS = (_STATE, _INFO)


@dataclass(frozen=True, slots=True)
class NameNodeSeen:
    """`live` is how many DataNodes are live, None where that was not told; `names` are their own names.

    `safe_mode` is the NameNode's sentence about it, "" when it is off.
    """

    live: int | None
    names: tuple[str, ...]
    safe_mode: str
    version: str = ""
    blocks: int | None = None
    under_replicated: int | None = None


def namenode_seen(answers: Mapping[str, Any]) -> NameNodeSeen | None:
    """What these answers say, None when no NameNode answered."""
    state, info = _bean(answers.get(_STATE)), _bean(answers.get(_INFO))
    if not state and not info:
        return None
    nodes = _listed(info.get("LiveNodes"))
    live = _whole(state.get("NumLiveDataNodes"))
    safe = str(info.get("Safemode") or "").strip()
    if not safe and str(state.get("FSState", "Operational")) != "Operational":
        safe = "Safe mode is on."
    return NameNodeSeen(
        live=len(nodes) if live is None and nodes is not None else live,
        names=tuple(sorted(name.partition(":")[0] for name in nodes or {})),
        safe_mode=safe,
        version=str(info.get("SoftwareVersion") or info.get("Version") or "").partition(",")[0],
        blocks=_whole(state.get("BlocksTotal")),
        under_replicated=_whole(state.get("UnderReplicatedBlocks")),
    )


def answers_of(live: int, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a NameNode that is out of safe mode with so many DataNodes would answer."""
    nodes = json.dumps({name: {} for name in names})
    return {
        _STATE: {
            "beans": [
                {
                    "NumLiveDataNodes": live,
                    "NumDeadDataNodes": 0,
                    "FSState": "Operational",
                    "UnderReplicatedBlocks": 0,
                }
            ]
        },
        _INFO: {"beans": [{"LiveNodes": nodes, "DeadNodes": "{}", "Safemode": ""}]},
    }


def _bean(answer: Any) -> dict[str, Any]:
    beans: Any = cast("dict[str, Any]", answer).get("beans") if isinstance(answer, dict) else None
    first: Any = cast("list[Any]", beans)[0] if isinstance(beans, list) and beans else None
    return cast("dict[str, Any]", first) if isinstance(first, dict) else {}


def _listed(text: Any) -> dict[str, Any] | None:
    """An object that travels as JSON inside a string; its keys are host names, with a port from 2.7 on."""
    if not isinstance(text, str):
        return None
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
