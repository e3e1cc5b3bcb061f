"""Lines of logs whose cause is known. Data in `assets/signatures.yaml` and its like; knows nothing of hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from ..assets import asset_text


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a daemon failed: the line that says so, the cause in plain words, what mends it."""

    line: str
    cause: str
    action: str


@dataclass(frozen=True, slots=True)
class _Signature:
    pattern: re.Pattern[str]
    cause: str
    action: str


def known_cause(text: str, asset: str = "signatures.yaml") -> Cause | None:
    """The first known signature that a log's tail shows, None when it shows none."""
    for signature in _signatures(asset):
        for line in text.splitlines():
            found = signature.pattern.search(line)
            if found:
                words = {name: value or "" for name, value in found.groupdict().items()}
                return Cause(line.strip()[:300], signature.cause.format(**words), signature.action)
    return None


@cache
def _signatures(asset: str) -> tuple[_Signature, ...]:
    entries: list[dict[str, str]] = yaml.safe_load(asset_text(asset))
    return tuple(_Signature(re.compile(one["pattern"]), one["cause"], one["action"]) for one in entries)
