"""Memory sizes as Flink writes and reads them.

Knows the units of Flink's MemorySize (1.6+) and nothing else. All values are bytes.
"""

from __future__ import annotations

import re

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
TIB = 1 << 40

_UNITS = {
    "": 1, "b": 1, "bytes": 1,
    "k": KIB, "kb": KIB, "kibibytes": KIB,
    "m": MIB, "mb": MIB, "mebibytes": MIB,
    "g": GIB, "gb": GIB, "gibibytes": GIB,
    "t": TIB, "tb": TIB, "tebibytes": TIB,
}  # fmt: skip


class SizeUnreadable(ValueError):
    """A text is not a memory size that Flink accepts."""


def parse_size(text: str) -> int:
    """Bytes of a size such as "1728m", "1 gb" or "4096" (bytes). Whole numbers only, as in Flink.

    Raises SizeUnreadable.
    """
    match = re.fullmatch(r"\s*([0-9]+)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get(match.group(2).lower()) if match else None
    if match is None or unit is None:
        fraction = re.fullmatch(r"\s*[0-9]+[.,][0-9]+.*", text)
        hint = "whole numbers only, so 1536m instead of 1.5g" if fraction else "write it like 1728m or 2g"
        raise SizeUnreadable(f"{text!r} is not a memory size: {hint}")
    return int(match.group(1)) * unit


def show_size(size: int) -> str:
    """Bytes for people: "1.5 GiB", "192 MiB", "640 KiB"."""
    for unit, name in ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(size) >= unit:
            return f"{size / unit:.2f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{size} bytes"


def mib(size: int) -> int:
    """Whole MiB in `size` bytes, rounded down."""
    return size // MIB
