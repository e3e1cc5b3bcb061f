"""The record of a proof: for which processes it holds, so that a second run has nothing to prove.

Knows the form of a record and how it is written. It must not know what was proved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

from ..commands import Command, Later, shell
from ..facts import ClusterFacts, HostFacts, PathFacts
from .places import absolute, path_at

_NOTE = """set -e
mkdir -p "${1%/*}"
printf '%s\\n' "$2" > "$1.part"
mv -f "$1.part" "$1"
"""


def noting(host: HostFacts, record: str, text: str) -> Command:
    """Write the record, whole or not at all."""
    return shell(_NOTE, absolute(record, host), text, why="note that it was proved")


def with_note(facts: ClusterFacts, host: str, record: str, text: str) -> ClusterFacts:
    """The facts as they would be with this record."""
    return facts.changed_path(host, PathFacts(record, "file", text=text))


def note_of(key: str) -> str:
    """The text of a record. Not by way of json, which would write the token of a later value in another form."""
    return f'{{"key": "{key}"}}'


def is_noted(host: HostFacts, record: str, key: str) -> bool:
    """Whether the record there is of this key."""
    seen = path_at(host, record)
    try:
        noted: Any = json.loads((seen.text or "{}") if seen else "{}", strict=False)
    except ValueError:
        return False
    return isinstance(noted, dict) and cast("dict[str, Any]", noted).get("key") == key


def later_key(host: str) -> str:
    """Stands for what a proof holds for until the run itself knows it; one name for every proof, known to an export."""
    return str(Later(host, "proof-key"))


def key_of(host: str, running: Sequence[tuple[str, str, int]], *more: object) -> str:
    """What a proof holds for: exactly these processes, as (host, kind, pid), and what else it was made with."""
    if any(pid == 0 for _, _, pid in running):
        return later_key(host)
    return hashlib.sha256(repr((*more, running) if more else running).encode()).hexdigest()[:32]
