"""Numbers, sizes, versions, yes-or-no and choices, each from the text an operator typed.

Knows one value at a time. It must not know other answers or any host. Sizes are MiB; as in Flink, a k, m, g
or t always counts in 1024s, whether written g, gb or GiB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .problem import ValueProblem, did_you_mean, shown

_LARGEST_MIB = 64 * 1024 * 1024
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)", re.IGNORECASE | re.ASCII)
_KIB = {"b": 1 / 1024, "bytes": 1 / 1024, "k": 1, "m": 1024, "g": 1024**2, "t": 1024**3}
_UNITS = {
    unit + tail: factor
    for unit, factor in _KIB.items()
    for tail in ("", "b", "ib")
    if unit[0] != "b" or not tail
}
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[0-9A-Za-z.]{1,40})?", re.ASCII)
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


def parse_port(text: str) -> int:
    """A TCP port."""
    return _whole(text, 1, 65535, "a TCP port (1-65535)")


def whole_number(least: int, most: int, what: str = "a whole number") -> Callable[[str], int]:
    """A parser for whole numbers from `least` to `most`; `what` says what is counted."""

    def parse(text: str) -> int:
        return _whole(text, least, most, f"{what} ({least}-{most})")

    return parse


def _whole(text: str, least: int, most: int, what: str) -> int:
    digits = text.strip()
    if re.fullmatch(r"0[0-9]{1,11}", digits):
        raise ValueProblem(f"{shown(digits)} starts with a zero; {what} is written without one")
    if not re.fullmatch(r"[0-9]{1,12}", digits) or not least <= int(digits) <= most:
        raise ValueProblem(f"{shown(digits)} is not {what}")
    return int(digits)


def parse_memory(text: str) -> int:
    """A memory size with its unit (8g, 8192m, 8192 MiB), in MiB."""
    size = text.strip()
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueProblem(f"{shown(size)} is not a memory size; write it like 8g or 8192m")
    number, unit = match[1], match[2].lower()
    if not unit:
        unit, name = ("m", "MiB") if float(number) >= 256 else ("g", "GiB")
        raise ValueProblem(f"{shown(size)} has no unit; write {number}{unit} for {name}")
    if unit not in _UNITS:
        raise ValueProblem(f"{shown(size)} has an unknown unit; write it like 8g or 8192m")
    mib = float(number) * _UNITS[unit] / 1024
    if mib != int(mib):
        raise ValueProblem(f"{shown(size)} is not a whole number of MiB; write it like 8g or 8192m")
    if not 1 <= mib <= _LARGEST_MIB:
        raise ValueProblem(f"{shown(size)} is not a sensible memory size (1m-64t)")
    return int(mib)


def format_memory(mib: int) -> str:
    """The shortest text that `parse_memory` reads back as this many MiB."""
    return f"{mib // 1024}g" if mib % 1024 == 0 else f"{mib}m"


def parse_version(text: str) -> str:
    """A complete version of three numbers, such as 2.3.0."""
    version = text.strip()
    if re.fullmatch(r"\d{1,4}\.\d{1,4}", version, re.ASCII):
        raise ValueProblem(f"{version} is not a complete version; write all three numbers, like {version}.0")
    if not _VERSION.fullmatch(version):
        raise ValueProblem(f"{shown(version)} is not a version; write it like 2.3.0")
    return version


def parse_hadoop_build(text: str) -> str:
    """The Hadoop that an old Flink archive was built for: 2.7, hadoop27 or none."""
    build = text.strip().lower()
    if not re.fullmatch(r"none|(hadoop)?\d{1,2}(\.\d{1,2}){0,2}(-yarn)?", build, re.ASCII):
        raise ValueProblem(f"{shown(build)} is not a Hadoop version; write it like 2.7, or none")
    return build


def parse_short_version(text: str) -> str:
    """A version of one to four numbers, such as the 2.7 of Hadoop or the 2.11 of Scala."""
    version = text.strip()
    if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", version, re.ASCII):
        raise ValueProblem(f"{shown(version)} is not a version; write it like 2.11")
    return version


def parse_bool(text: str) -> bool:
    """true or false, also as yes and no or on and off."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueProblem(f"{shown(text.strip())} is neither true nor false")


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """A parser for one word out of `choices`."""

    def parse(text: str) -> str:
        word = text.strip()
        if word in choices:
            return word
        listed = ", ".join(choices[:-1]) + f" or {choices[-1]}" if len(choices) > 1 else choices[0]
        raise ValueProblem(f"{shown(word)} is not one of {listed}{did_you_mean(word, choices)}")

    return parse
