"""What is on a screen as text: its characters, and below them how each part is styled, for comparison with what was
accepted.

Such a picture is a tenth of an SVG, its difference can be read where the test ran, and a reviewer of a change sees
what an operator will see. It must not know which states there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from textual.app import App

MARKS = ("bold", "dim", "italic", "underline", "reverse", "strike")


class Screens(SingleFileSnapshotExtension):
    """One file for each screen in `accepted/`, named after the state that it shows."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        del test_location
        return str(index)

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(Path(test_location.filepath).parent / "accepted")


def drawn(app: App[int]) -> str:
    """The characters of the screen, then its styles: rows, and the column where each begins."""
    strips = app.screen._compositor.render_strips()
    text = "\n".join(strip.text.rstrip() for strip in strips)
    styles = [" | ".join(_styles(strip)) for strip in strips]
    said: list[str] = []
    for line, rows in groupby(enumerate(styles), key=lambda row: row[1]):
        numbers = [number for number, _ in rows]
        several = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        said.append(f"{several:<6} {line}")
    return text + "\n\n" + "\n".join(said) + "\n"


def _styles(segments: Iterable[Segment]) -> Iterable[str]:
    at = 0
    for words, parts in groupby(segments, key=lambda segment: _words(segment.style)):
        yield f"{at} {words}"
        at += sum(part.cell_length for part in parts)


def _words(style: Style | None) -> str:
    style = style or Style()
    marks = [mark for mark in MARKS if getattr(style, mark)]
    return " ".join([*marks, f"{_hex(style.color)}/{_hex(style.bgcolor)}"])


def _hex(colour: Color | None) -> str:
    if colour is None:
        return "-"
    return colour.triplet.hex.lstrip("#") if colour.triplet else colour.name
