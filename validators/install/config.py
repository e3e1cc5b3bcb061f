"""Keys of Flink's configuration in the answers: known to this version, or called something else by now.

Knows what the catalogue says of a key. It must not know files: it judges the answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, manual, nothing
from wizard.facts import ClusterFacts
from wizard.findings import Finding, Severity
from wizard.flink.keys import judge_key
from wizard.spec import ClusterSpec

_TITLES: dict[str, tuple[str, Severity, str]] = {
    "unknown": ("config-key-unknown", "warning", "is no key of"),
    "removed": ("config-key-removed", "warning", "is no longer read by"),
    "later": ("config-key-later", "warning", "is not yet read by"),
    "deprecated": ("config-key-deprecated", "info", "is an old name for"),
}


def keys(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    del facts
    for key in spec.flink.config:
        verdict = judge_key(spec.flink.version, key)
        if verdict.standing not in _TITLES:
            continue
        check, severity, words = _TITLES[verdict.standing]
        yield Finding(
            check,
            severity,
            (spec.master.name,),
            f"{key} {words} Flink {spec.flink.version}",
            f"flink.config: {key}",
            verdict.other or "a key that this Flink reads",
            verdict.sentence or "Flink reads only the keys that it knows, and says nothing about the others.",
            fix=manual(f"Did you mean {verdict.other}?" if verdict.other else "Take it out of the answers"),
        )


CONFIG = (Check("config-key-unknown", nothing, keys),)
