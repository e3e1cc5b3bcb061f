"""How the values of Flink's most important keys are read as they are typed, for the units that each line wants.

Knows grammar and a line's units. It must not know hosts, nor which value would be good.
"""

from __future__ import annotations

from collections.abc import Callable

from validators.values import ValueProblem, parse_memory, parse_port, path_parser, whole_number

from ..flink.line import HeapKey

MOST_SLOTS = 4096
MOST_PARALLELISM = 32768
"""Flink refuses a job with more (2^15, all versions)."""

_directory = path_parser(for_scripts=True)
_slots = whole_number(1, MOST_SLOTS, "a number of slots")
_parallelism = whole_number(1, MOST_PARALLELISM, "a parallelism")


def memory_parser(key: HeapKey) -> Callable[[str], str]:
    """A size such as 8g, written as this key wants it; where it counts MiB a bare number means these.

    Raises:
        ValueProblem: it is no size.
    """

    def parse(text: str) -> str:
        bare = text.strip()
        if key.unit == "mb" and bare.isascii() and bare.isdigit():
            return key.text(parse_memory(f"{bare}m"))
        return key.text(parse_memory(bare))

    return parse


def parse_slots(text: str) -> str:
    return str(_slots(text))


def parse_parallelism(text: str) -> str:
    return str(_parallelism(text))


def parse_config_port(text: str) -> str:
    return str(parse_port(text))


def parse_directories(text: str) -> str:
    """Absolute paths with commas between them; Flink reads colons as commas.

    Raises:
        ValueProblem: there is none, or one is no absolute path.
    """
    paths = [part.strip() for part in text.replace(":", ",").split(",") if part.strip()]
    if not paths:
        raise ValueProblem("name at least one directory, or leave the line empty")
    return ",".join(dict.fromkeys(_directory(path) for path in paths))
