"""The audit log: every remote command with host, status and time, one line each, secrets masked.

A connection in an `Audited` coat is used like any other. Knows the file and its form, not what the commands mean.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from .connection import Connection, ConnectionFailed, OutputSink, Result, Stop
from .secrets import Masker


class AuditLog:
    """Appends to one file, readable by its owner alone; safe to share between threads. `path` None: keeps nothing."""

    def __init__(self, path: Path | None, masker: Masker) -> None:
        self._masker = masker
        self._lock = threading.Lock()
        self._file = None
        if path is not None:
            path.touch(mode=0o600)
            self._file = path.open("a", encoding="utf-8")

    def note(self, host: str, command: str, status: str, seconds: float) -> None:
        if self._file is None:
            return
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = self._masker.mask(command).replace("\\", "\\\\").replace("\n", "\\n")
        with self._lock:
            self._file.write(f"{when}\t{host}\t{status}\t{seconds:.3f}\t{line}\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


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
