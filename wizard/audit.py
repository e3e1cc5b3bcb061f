"""The audit log: every remote command with host, status and time, one line each, secrets masked.

A connection in an `Audited` coat is used like any other. Knows the file and its form, not what the commands mean.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from .connection import Connection, ConnectionFailed, OutputSink, Result, Stop
from .secrets import Masker


class AuditLog:
    """Appends to one file, readable by its owner alone; safe to share between threads. `path` None: keeps nothing.

    `early` makes no directory: until the file's own is there, lines wait in that list, which several logs may share.
    """

    def __init__(self, path: Path | None, masker: Masker, early: deque[str] | None = None) -> None:
        self._masker = masker
        self._lock = threading.Lock()
        self._path = path
        self._early = early
        self._file: TextIO | None = None
        if early is None:
            self._open()

    def note(self, host: str, command: str, status: str, seconds: float) -> None:
        if self._path is None:
            return
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = self._masker.mask(command).replace("\\", "\\\\").replace("\n", "\\n")
        line = f"{when}\t{host}\t{status}\t{seconds:.3f}\t{text}\n"
        with self._lock:
            if self._early is not None:
                self._early.append(line)
                self._catch_up()
            elif self._file is not None:
                self._file.write(line)
                self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._catch_up()
            if self._file is not None:
                self._file.close()
                self._file = None

    def _catch_up(self) -> None:
        """Write what has waited, if there is a place for it by now."""
        if not self._early or self._path is None or not self._path.parent.is_dir():
            return
        try:
            if self._file is None:
                self._open()
            while self._early and self._file is not None:
                self._file.write(self._early.popleft())
            if self._file is not None:
                self._file.flush()
        except (OSError, IndexError):
            return  # Another log that shares the list was faster, or the place is gone: nothing else depends on it.

    def _open(self) -> None:
        if self._path is not None:
            self._path.touch(mode=0o600)
            self._file = self._path.open("a", encoding="utf-8")


class Audited:
    """A connection whose commands are noted."""

    def __init__(self, connection: Connection, log: AuditLog) -> None:
        self._connection = connection
        self._log = log

    @property
    def host(self) -> str:
        return self._connection.host

    def run(
        self,
        command: str,
        *,
        stdin: bytes | Iterable[bytes] | None = None,
        timeout: float | None = 60.0,
        idle_timeout: float | None = None,
        on_output: OutputSink | None = None,
        keep_output: bool = True,
        stop: Stop | None = None,
    ) -> Result:
        """See `Connection.run`."""
        try:
            result = self._connection.run(
                command,
                stdin=stdin,
                timeout=timeout,
                idle_timeout=idle_timeout,
                on_output=on_output,
                keep_output=keep_output,
                stop=stop,
            )
        except ConnectionFailed as error:
            self._log.note(self.host, command, error.kind, 0.0)
            raise
        status = "signal" if result.status is None else str(result.status)
        self._log.note(self.host, command, status, result.seconds)
        return result

    def close(self) -> None:
        self._connection.close()
