"""The journal of one run: each event as one JSON line, written as it happens.

It says what was tried; what is true is only on the hosts. Knows the form of the lines and how secrets are masked.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, cast

from .commands import Command, Run, Upload, lines_of
from .events import BytesMoved, Event, OutputArrived, Sink
from .secrets import Masker


class Journal:
    """A sink that writes. Progress and output are left out: they are in the log pane and the audit log."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        path.touch(mode=0o600)
        self._file = path.open("a", encoding="utf-8")

    def __call__(self, event: Event) -> None:
        if isinstance(event, BytesMoved | OutputArrived):
            return
        line = json.dumps({"at": round(self._clock(), 3), "event": type(event).__name__, **plain(event)})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def plain(value: Any) -> dict[str, Any]:
    """A dataclass as JSON values; a command becomes its line, and what it writes or reads in full."""
    return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"line": lines_of(value), "content": value.content}
    if isinstance(value, Run):
        return {"line": lines_of(value), "why": value.why}
    if isinstance(value, Command):
        return {"line": lines_of(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast("Iterable[Any]", value)]
    return value


def masked(sink: Sink, masker: Masker) -> Sink:
    """A sink that sees every text of an event with the secrets masked."""

    def take(event: Event) -> None:
        sink(cast("Event", _masked(event, masker)))

    return take


def _masked(value: Any, masker: Masker) -> Any:
    if isinstance(value, str):
        return masker.mask(value)
    if isinstance(value, tuple):
        return tuple(_masked(item, masker) for item in cast("tuple[Any, ...]", value))
    if is_dataclass(value) and not isinstance(value, type):
        changed: dict[str, Any] = {}
        for item in fields(value):
            old = getattr(value, item.name)
            new = _masked(old, masker)
            if new is not old and new != old:
                changed[item.name] = new
        return replace(value, **changed) if changed else value
    return value


def fan(sinks: Iterable[Sink]) -> Sink:
    """One sink that hands each event to all."""
    listed = tuple(sinks)

    def take(event: Event) -> None:
        for sink in listed:
            sink(event)

    return take
