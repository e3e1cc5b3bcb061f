"""What it means to run one command on one host, whatever carries it.

Knows the shape of a connection, of a result and of the errors that a connection raises. It must not know how
bytes travel: paramiko lives in `wizard/ssh/`, processes of this machine in `wizard/local.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

OutputSink = Callable[[str, bytes], None]
"""Called with "stdout" or "stderr" and the bytes as they arrive."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one command did. `status` is None when a signal or a closed channel ended it; times in seconds."""

    host: str
    command: str
    status: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    def tail(self, lines: int = 5) -> str:
        """The last lines a person would quote: stderr when it says something, else stdout."""
        text = self.stderr.strip() or self.stdout.strip()
        return "\n".join(text.splitlines()[-lines:])


class Stop(Protocol):
    """A request to stop that threads look at; `threading.Event` is one."""

    def is_set(self) -> bool: ...


class Either:
    """A stop that is set when one of these is."""

    def __init__(self, *stops: Stop | None) -> None:
        self._stops = stops

    def is_set(self) -> bool:
        return any(stop is not None and stop.is_set() for stop in self._stops)


class ConnectionFailed(Exception):
    """A host could not be reached, refused the login, or was lost.

    `kind` is stable and used by tests and reports: refused, timeout, unresolved, unreachable, reset,
    auth, host-key-changed, host-key-unknown, host-key-revoked, no-common-algorithm, key-unreadable,
    key-locked, lost, cancelled.
    """

    def __init__(self, host: str, kind: str, cause: str, evidence: str = "", action: str = "") -> None:
        super().__init__(f"{host}: {cause}")
        self.host = host
        self.kind = kind
        self.cause = cause
        self.evidence = evidence
        self.action = action


class NeverStarted(ConnectionFailed):
    """The host was lost before the command was sent: on a new connection it would run for the first time."""


class CommandTimeout(ConnectionFailed):
    """A command gave no answer within its time, or was silent for longer than its idle time."""


class Connection(Protocol):
    """A login on one host. All methods may be called from several threads; `close` ends what runs."""

    @property
    def host(self) -> str: ...

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
        """Run one POSIX sh command line and wait for its end.

        Both streams are read at once; with `keep_output` False they only go to `on_output`. `timeout` and
        `idle_timeout` are seconds, None for no limit.

        Raises:
            ConnectionFailed: the host is lost, or `stop` was set (kind "cancelled").
            CommandTimeout: the time is over; the channel was closed.
        """
        ...

    def close(self) -> None: ...
