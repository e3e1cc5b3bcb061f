"""A Flink configuration file, whichever of its two formats it has: read it, edit it in place.

Chooses between `flatconf.py` and `yamlconf.py`. It must not know which keys exist or what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from wizard.flink.flatconf import MARK, Problem, ValueNotWritable, edit_flat, flat_line, read_flat
from wizard.flink.line import Format, Line
from wizard.flink.yamlconf import edit_yaml, read_yaml, yaml_line
from wizard.flink.yamltree import ConfigUnreadable

__all__ = [
    "MARK",
    "ConfigFile",
    "ConfigUnreadable",
    "Problem",
    "ValueNotWritable",
    "config_line",
    "edit_config",
    "read_config",
]


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What Flink takes from a configuration file, and what it skips or refuses in it."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: tuple[Problem, ...] = ()


def read_config(text: str, fmt: Line | Format) -> ConfigFile:
    """The values of `text` as Flink reads them. Raises ConfigUnreadable when Flink could not read it at all.

    On 1.19 and 1.20 a leftover flink-conf.yaml wins and is read as "flat"; the caller says which file it has.
    """
    return _read(text, _format(fmt))


@lru_cache(maxsize=1024)  # the same files of every node are asked for by many
def _read(text: str, form: Format) -> ConfigFile:
    values, problems = read_flat(text) if form == "flat" else read_yaml(text)
    return ConfigFile(MappingProxyType(values), problems)


def edit_config(text: str, changes: Mapping[str, str | None], fmt: Line | Format) -> str:
    """`text` with `changes` made and every other line left byte for byte; None removes a key.

    Editing twice is editing once. Raises ConfigUnreadable when the file does not parse, ValueNotWritable when
    the format cannot hold a value.
    """
    if not changes:
        return text
    return edit_flat(text, changes) if _format(fmt) == "flat" else edit_yaml(text, changes)


def config_line(key: str, value: str, fmt: Line | Format) -> str:
    """One line that sets `key`, without an ending. Raises ValueNotWritable."""
    return flat_line(key, value) if _format(fmt) == "flat" else yaml_line(key, value)


def _format(fmt: Line | Format) -> Format:
    return fmt.config.format if isinstance(fmt, Line) else fmt
