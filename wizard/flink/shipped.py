"""What the configuration file of each Flink line says when it is unpacked: what nobody has decided.

Reads the asset `flink/shipped.yaml`. It must not know any host, nor what a value means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import yaml

from wizard.assets import asset_text
from wizard.flink.catalogue import LINES, module_flag_list
from wizard.flink.line import Line


def is_shipped(line: Line, key: str, value: str) -> bool:
    """Whether this line's distribution itself says so: then nobody decided it."""
    if key == line.java.opts_key and line.java.flags_shipped:
        return set(value.split()) == set(module_flag_list(line.java.flags_shipped))
    return value in _shipped().get(line.name, {}).get(key, ())


@cache
def _shipped() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Line → key → the values that its patches ship."""
    written = cast("dict[str, dict[str, Any]]", yaml.safe_load(asset_text("flink/shipped.yaml"))["lines"])
    result: dict[str, Mapping[str, tuple[str, ...]]] = {}
    now: dict[str, tuple[str, ...]] = {}
    for line in LINES:
        for key, value in written.get(line.name, {}).items():
            values = cast("list[str]", value) if isinstance(value, list) else [value]
            now = {name: old for name, old in now.items() if name != key}
            if value is not None:
                now[key] = tuple(str(one) for one in values)
        result[line.name] = now
    return result
