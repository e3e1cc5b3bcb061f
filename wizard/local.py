"""Commands on this very machine, in the same shape as those on other hosts.

Knows processes and this machine's own names and addresses; the only importer of psutil. It must not know what
the commands mean.
"""

from __future__ import annotations

import ipaddress
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import IO

import psutil

from validators.values import is_own_name
from wizard.answers.judging import same_name
from wizard.connection import CommandTimeout, ConnectionFailed, OutputSink, Result, Stop

STOP_STEP = 0.1
AFTER_EXIT_SECONDS = 5.0
"""How long a command that has exited may keep its streams open in silence: a daemon inherited them."""

_PIECE = 256 * 1024
_NOT_PASSED_ON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LC_ALL", "LANGUAGE", "FLINK_WIZARD_PASSWORD",
                  "FLINK_WIZARD_SUDO_PASSWORD")  # fmt: skip


class LocalConnection:
    """A `Connection` to this machine: `sh -c`, each command in a process group of its own."""

    def __init__(self, host: str = "localhost") -> None:
        self._host = host
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def host(self) -> str:
        return self._host

    @property
    def alive(self) -> bool:
        """False after `close`."""
        return not self._closed

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
        """Run one command; see `Connection.run`. A timeout or a stop kills its process group alone."""
        begun = time.monotonic()
        if self._closed:
            raise self._cancelled(command)
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(),
                cwd=_home(),
                start_new_session=True,
            )
        except OSError as wrong:
            raise ConnectionFailed(
                self._host,
                "unreachable",
                f"{self._host} could not start a shell.",
                str(wrong),
                "Check /bin/sh, the home directory and the process limits (ulimit -u) of this machine.",
            ) from wrong
        with self._lock:
            self._groups.add(process.pid)
        running = _Running(process, stdin, on_output, keep_output)
        try:
            running.feed_beside()
            while not running.step():
                now = time.monotonic()
                if self._closed or (stop is not None and stop.is_set()):
                    raise self._cancelled(command)
                if timeout is not None and now - begun > timeout:
                    raise self._late(f"A command on {self._host} did not end within {timeout:g} s.", command)
                if idle_timeout is not None and now - running.busy_at > idle_timeout:
                    raise self._late(f"A command on {self._host} was silent for {idle_timeout:g} s.", command)
        except BaseException:
            kill_group(process)
            raise
        finally:
            with self._lock:
                self._groups.discard(process.pid)
            running.close()
        if running.problem is not None:
            raise running.problem
        if self._closed:
            raise self._cancelled(command)
        status = process.wait()
        stdout, stderr = (
            b"".join(running.kept[name]).decode("utf-8", "replace") for name in ("stdout", "stderr")
        )
        seconds = time.monotonic() - begun
        return Result(self._host, command, None if status < 0 else status, stdout, stderr, seconds)

    def close(self) -> None:
        """End every command that runs; later ones are refused."""
        with self._lock:
            self._closed = True
            groups = list(self._groups)
        for group in groups:
            with suppress(OSError):
                os.killpg(group, signal.SIGTERM)

    def _cancelled(self, command: str) -> ConnectionFailed:
        return ConnectionFailed(
            self._host, "cancelled", f"Stopped while working on {self._host}.", command, "Run again to go on."
        )

    def _late(self, cause: str, command: str) -> CommandTimeout:
        return CommandTimeout(
            self._host,
            "timeout",
            cause,
            command,
            f"Look on {self._host} at what it waits for, then try again.",
        )


@dataclass(slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    stdin: bytes | Iterable[bytes] | None
    on_output: OutputSink | None
    keep_output: bool
    kept: dict[str, list[bytes]] = field(default_factory=lambda: {"stdout": [], "stderr": []})
    problem: BaseException | None = None
    busy_at: float = field(default_factory=time.monotonic)
    exited_at: float | None = None
    streams: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        for name, stream in (("stdout", self.process.stdout), ("stderr", self.process.stderr)):
            assert stream is not None
            self.streams.register(stream, selectors.EVENT_READ, name)

    def feed_beside(self) -> None:
        if self.process.stdin is not None:
            threading.Thread(target=self._feed, args=(self.process.stdin,), daemon=True).start()

    def _feed(self, pipe: IO[bytes]) -> None:
        pieces = iter((self.stdin,)) if isinstance(self.stdin, bytes) else iter(self.stdin or ())
        try:
            for piece in pieces:
                pipe.write(piece)
                self.busy_at = time.monotonic()
        except BrokenPipeError:
            pass  # The command did not want the rest; its status tells whether that is wrong.
        except BaseException as problem:  # noqa: BLE001 - handed to the caller, who waits for it
            self.problem = problem
            kill_group(self.process)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
            with suppress(OSError):
                pipe.close()

    def step(self) -> bool:
        """Read what is there, or wait a moment; True when the command is over."""
        if not self.streams.get_map():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_STEP)
                return True
            return False
        ready = self.streams.select(STOP_STEP)
        for key, _ in ready:
            piece = os.read(key.fd, _PIECE)
            if not piece:
                self.streams.unregister(key.fileobj)
                continue
            self.busy_at = time.monotonic()
            if self.on_output is not None:
                self.on_output(key.data, piece)
            if self.keep_output:
                self.kept[key.data].append(piece)
        if ready or self.process.poll() is None:
            self.exited_at = None
            return False
        self.exited_at = self.exited_at or time.monotonic()
        return time.monotonic() - self.exited_at > AFTER_EXIT_SECONDS

    def close(self) -> None:
        self.streams.close()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the process group that was started with `process`: asked first, killed half a second later."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(OSError):
            os.killpg(process.pid, sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.5 if sent == signal.SIGTERM else 5)


def clean_environment() -> dict[str, str]:
    """This process's environment without what belongs to it alone, with plain English messages."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    return {**kept, "LC_ALL": "C"}


def _home() -> str:
    home = os.path.expanduser("~")
    return home if os.path.isdir(home) else "/"


def is_here(host: str) -> bool:
    """Whether `host` is this machine: a loopback name, its own host name, or one of its addresses.

    No name is resolved, and no address bound to find out: where `ip_nonlocal_bind` is set, every address can be.
    """
    own = same_name(socket.gethostname())
    if is_own_name(host) or same_name(host) in (own, own.partition(".")[0]):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_loopback and address in own_addresses()


@cache
def own_addresses() -> frozenset[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every IP address of this machine's interfaces, as they were when first asked for."""
    return frozenset(
        ipaddress.ip_address(address.address.partition("%")[0])
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    )
