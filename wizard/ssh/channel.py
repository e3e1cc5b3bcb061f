"""One command on one channel: both streams read as they arrive, input fed beside, and three ways to end it.

Knows channels of the library. It must not know how the login was made, and never waits without a limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import paramiko

from wizard.connection import CommandTimeout, ConnectionFailed, OutputSink, Result, Stop
from wizard.ssh.errors import failed, words

STOP_STEP = 0.1
"""Seconds between two looks at `stop`."""

AFTER_EXIT_SECONDS = 5.0
"""How long a command that has exited may keep its streams open in silence: a daemon inherited them."""

START_SECONDS = 60.0
_MOST = 1 << 30
_PIECE = 32 * 1024 - 64


class _Wake(threading.Event):
    """Set by either stream; only the reader clears it, so that no wake-up of the other stream is lost."""

    def clear(self) -> None:
        return

    def rearm(self) -> None:
        super().clear()


class CouldNotStart(Exception):
    """No channel was had, or the host did not take the command; the cause is the library's error."""


@dataclass(slots=True)
class Command:
    """A command that is running; `start` gives its channel, `feed` is what goes to its stdin."""

    host: str
    line: str
    stdin: bytes | Iterable[bytes] | None
    timeout: float | None
    idle_timeout: float | None
    on_output: OutputSink | None
    keep_output: bool
    stop: Stop | None
    wake: _Wake = field(default_factory=_Wake)
    channel: paramiko.Channel | None = None
    problem: BaseException | None = None
    input_problem: BaseException | None = None
    abandoned: bool = False
    sent: bool = False
    complete: bool = False
    """True when the host said that there is no more output."""
    busy_at: float = 0.0

    def run(self, open_channel: Callable[[], paramiko.Channel]) -> Result:
        """Start the command and see it to its end.

        Raises:
            CouldNotStart: before the command ran.
            ConnectionFailed, CommandTimeout: as `Connection.run`; the channel is closed then.
        """
        begun = time.monotonic()
        self.busy_at = begun
        worker = threading.Thread(
            target=self._start_and_feed, args=(open_channel,), name=self.host, daemon=True
        )
        worker.start()
        try:
            channel = self._started(begun)
            kept = self._read(channel, begun)
        finally:
            self.abandoned = True
            if self.channel is not None and not self.channel.closed:
                # Beside, for the library waits here while a host that hangs takes no more bytes.
                threading.Thread(target=_close, args=(self.channel,), name=self.host, daemon=True).start()
        self.complete = bool(channel.eof_received)
        status = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if self.input_problem is not None:
            raise self.input_problem
        stdout, stderr = (b"".join(kept[name]).decode("utf-8", "replace") for name in ("stdout", "stderr"))
        seconds = time.monotonic() - begun
        return Result(self.host, self.line, None if status < 0 else status, stdout, stderr, seconds)

    def _start_and_feed(self, open_channel: Callable[[], paramiko.Channel]) -> None:
        try:
            channel = open_channel()
            channel.in_buffer.set_event(self.wake)
            channel.in_stderr_buffer.set_event(self.wake)
            self.sent = True
            try:
                channel.exec_command(self.line)
            except BaseException:
                channel.close()
                raise
            self.channel = channel
            self.wake.set()
            if self.abandoned:
                channel.close()
            self._feed(channel)
        except (paramiko.SSHException, OSError, EOFError) as problem:
            # Once the command runs, its end is seen by the reader: here, only that it takes no more input.
            self.problem = problem
        finally:
            self.wake.set()

    def _feed(self, channel: paramiko.Channel) -> None:
        pieces = iter((self.stdin,)) if isinstance(self.stdin, bytes) else iter(self.stdin or ())
        try:
            while (piece := self._next_piece(pieces)) is not None:
                for part in _parts(piece):
                    channel.sendall(part)
                    self.busy_at = time.monotonic()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        if self.input_problem is None:
            channel.shutdown_write()
        else:
            channel.close()

    def _next_piece(self, pieces: Iterator[bytes]) -> bytes | None:
        try:
            return next(pieces, None)
        except BaseException as problem:  # noqa: BLE001 - handed to the caller, who waits for it
            self.input_problem = problem
            return None

    def _started(self, begun: float) -> paramiko.Channel:
        while self.channel is None:
            if self.problem is not None:
                raise CouldNotStart from self.problem
            self.wake.rearm()
            if self.channel is None and self.problem is None:
                self.wake.wait(STOP_STEP)
            self._look_at_limits(begun)
            if time.monotonic() - begun > START_SECONDS:
                raise self._late("timeout/start", START_SECONDS)
        return self.channel

    def _read(self, channel: paramiko.Channel, begun: float) -> dict[str, list[bytes]]:
        kept: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        exited_at: float | None = None
        while True:
            self.wake.rearm()
            # The end is looked at before the reading: what arrives in between is then still read.
            over = channel.closed or channel.eof_received
            got = False
            for name, ready, read in (
                ("stdout", channel.recv_ready, channel.recv),
                ("stderr", channel.recv_stderr_ready, channel.recv_stderr),
            ):
                if ready():
                    piece = read(_MOST)
                    got = True
                    if self.on_output is not None:
                        self.on_output(name, piece)
                    if self.keep_output:
                        kept[name].append(piece)
            now = time.monotonic()
            if got:
                self.busy_at = now
                exited_at = None
            elif channel.closed or (over and channel.exit_status_ready()):
                return kept
            elif channel.exit_status_ready():
                exited_at = exited_at or now
                if now - exited_at > AFTER_EXIT_SECONDS:
                    return kept
            self._look_at_limits(begun)
            if not got:
                self.wake.wait(0.01 if over else STOP_STEP)

    def _look_at_limits(self, begun: float) -> None:
        now = time.monotonic()
        if self.stop is not None and self.stop.is_set():
            raise failed(self.host, "cancelled", evidence=self.line)
        if self.timeout is not None and now - begun > self.timeout:
            raise self._late("timeout/command", self.timeout)
        if self.idle_timeout is not None and now - self.busy_at > self.idle_timeout:
            raise self._late("timeout/idle", self.idle_timeout)

    def _late(self, what: str, seconds: float) -> ConnectionFailed:
        return CommandTimeout(self.host, "timeout", *words(self.host, what, self.line, seconds=seconds))


def _close(channel: paramiko.Channel) -> None:
    # A host that is gone cannot be told that the channel is closed.
    with suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()


def _parts(piece: bytes) -> Iterator[bytes]:
    """Cut to what fits one packet: the library copies the rest of a longer text for every packet."""
    if len(piece) <= _PIECE:
        yield piece
        return
    for at in range(0, len(piece), _PIECE):
        yield piece[at : at + _PIECE]
