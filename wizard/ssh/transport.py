"""The library's transport, tuned: sockets with time limits, fast ciphers first, the server's own words kept.

Knows sockets and paramiko's transport. It must not know logins, host keys or commands.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_CLOSE  # pyright: ignore
from paramiko.packet import Packetizer  # pyright: ignore

from wizard.connection import ConnectionFailed, Stop
from wizard.keysfirst import KEYS
from wizard.ssh.errors import failed

CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-512")
WINDOW = 16 * 1024 * 1024
"""Receive window of a channel in bytes: 100 MB/s at 160 ms of round trip."""
PACKET = 256 * 1024
KEEPALIVE_SECONDS = 15
DEAD_PEER_SECONDS = 45
_STEP = 0.1
WAKES = 2.0
"""Seconds between two looks of an idle connection whether it was closed. The library looks ten times a second: with
hundreds of connections that is thousands of threads a second that want the interpreter."""

# Without any handler of its own the library's log would be printed over the screen.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class _Packets(Packetizer):  # pyright: ignore[reportUntypedBaseClass]
    """Packets that are computed on once no key is under way."""

    def read_message(self) -> tuple[int, paramiko.Message]:
        message = super().read_message()  # pyright: ignore
        KEYS.give_way()
        return message  # pyright: ignore


class _InOrder:
    """What a channel sends through: nothing goes out for it after its close.

    The library makes a message under the channel's lock and sends it after that, so that the end of the input of a
    command that was over at once could follow the channel's close: sshd then ends the whole login ("ieof packet
    referred to nonexistent channel").
    """

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport
        self._sending = threading.Lock()
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send_user_message(self, data: paramiko.Message) -> None:
        with self._sending:
            if not self._closed:
                self._closed = data.asbytes().startswith(cMSG_CHANNEL_CLOSE)
                self._transport._send_user_message(data)  # pyright: ignore


class QuietTransport(paramiko.Transport):
    """A client transport that keeps why the server hung up and why it refused a channel."""

    def __init__(self, sock: socket.socket | paramiko.Channel) -> None:
        # A Channel serves as the socket of a host behind a jump host; the library documents it so.
        super().__init__(
            sock,  # pyright: ignore[reportArgumentType]
            default_window_size=WINDOW,
            default_max_packet_size=PACKET,
            packetizer_class=_Packets,  # pyright: ignore[reportArgumentType]
        )
        self.farewell = ""
        self.refusal = ""
        self.said: list[str] = []
        options = self.get_security_options()
        options.ciphers = CIPHERS
        options.digests = DIGESTS

    def open_channel(self, *what: Any, **options: Any) -> paramiko.Channel:
        """A channel whose messages leave in order."""
        channel = super().open_channel(*what, **options)
        channel.transport = _InOrder(self)  # pyright: ignore[reportAttributeAccessIssue]
        return channel

    def settle(self) -> None:
        """The login is over: from now on the connection mostly waits."""
        if isinstance(self.sock, socket.socket):
            self.sock.settimeout(WAKES)

    def stop_thread(self) -> None:
        """End the reading thread at once, and not at its next look."""
        if isinstance(self.sock, socket.socket):
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
        super().stop_thread()

    def _log(self, level: int, msg: str | list[str], *args: object) -> None:
        # What a server says instead of its version is only ever logged by the library.
        if isinstance(msg, str) and msg.startswith("Banner: "):
            self.said.append(msg.removeprefix("Banner: "))
        super()._log(level, msg, *args)  # pyright: ignore

    def _parse_disconnect(self, m: paramiko.Message) -> None:
        copy = paramiko.Message(m.asbytes())
        copy.get_int()
        self.farewell = copy.get_string().decode("utf-8", "replace")

    def _parse_channel_open_failure(self, m: paramiko.Message) -> None:
        copy = paramiko.Message(m.asbytes())
        copy.get_int()
        copy.get_int()
        self.refusal = copy.get_string().decode("utf-8", "replace")
        super()._parse_channel_open_failure(m)  # pyright: ignore


def dial(host: str, address: str, port: int, seconds: float, stop: Stop | None) -> socket.socket:
    """A connected TCP socket; every address of the name is tried for `seconds`.

    Raises:
        ConnectionFailed: unresolved, refused, timeout, unreachable, reset or cancelled.
    """
    last: ConnectionFailed | None = None
    for family, kind, protocol, _, where in resolve_name(host, address, port, seconds, stop):
        sock = socket.socket(family, kind, protocol)
        try:
            _connect(sock, where, seconds, stop, host)
        except OSError as refused:
            sock.close()
            last = connect_error(host, port, seconds, refused)
        except ConnectionFailed:
            sock.close()
            raise
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_SECONDS * 1000)
            return sock
    raise last or failed(host, "unresolved", address=address)


_Address = tuple[
    socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]
]


def resolve_name(host: str, address: str, port: int, seconds: float, stop: Stop | None) -> list[_Address]:
    """getaddrinfo with a time limit: it blocks for minutes where a name server does not answer."""
    found: list[_Address] = []
    problem: list[OSError | UnicodeError] = []
    ready = threading.Event()

    def ask() -> None:
        try:
            for item in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
                found.append(item)  # pyright: ignore[reportArgumentType]
        except (OSError, UnicodeError) as wrong:
            problem.append(wrong)
        ready.set()

    if _is_numeric(address):
        ask()
    else:
        threading.Thread(target=ask, name=f"resolve {address}", daemon=True).start()
    deadline = time.monotonic() + seconds
    while not ready.wait(_STEP):
        if stop is not None and stop.is_set():
            raise failed(host, "cancelled")
        if time.monotonic() > deadline:
            raise failed(host, "unresolved", address=address, evidence=f"no answer within {seconds:g} s")
    if problem:
        raise failed(host, "unresolved", address=address, evidence=str(problem[0]))
    return found


def _is_numeric(address: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            socket.inet_pton(family, address)
            return True
    return False


def _connect(sock: socket.socket, where: object, seconds: float, stop: Stop | None, host: str) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(where)  # pyright: ignore[reportArgumentType]
    if code not in (0, errno.EINPROGRESS):
        raise OSError(code, os.strerror(code))
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    deadline = time.monotonic() + seconds
    while not poll.poll(_STEP * 1000):
        if stop is not None and stop.is_set():
            raise failed(host, "cancelled")
        if time.monotonic() > deadline:
            raise TimeoutError
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    sock.setblocking(True)


def connect_error(host: str, port: int, seconds: float, problem: OSError) -> ConnectionFailed:
    """The sentence for a TCP connection that failed."""
    if isinstance(problem, ConnectionRefusedError):
        what = "refused"
    elif isinstance(problem, TimeoutError):
        what = "timeout"
    elif problem.errno in (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE):
        what = "reset"
    else:
        what = "unreachable"
    return failed(host, what, port=port, seconds=seconds, evidence=str(problem))


class ProxyProcess:
    """A ProxyCommand with a socket pair as its two ends, so that its end is seen at once."""

    def __init__(self, command: str) -> None:
        ours, theirs = socket.socketpair()
        self.socket = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=self._errors.fileno(),
            start_new_session=True,
        )
        theirs.close()

    def complaint(self) -> str:
        """What the command wrote to stderr so far."""
        with suppress(OSError, ValueError):
            self._errors.seek(0)
            return self._errors.read(2000).decode("utf-8", "replace")
        return ""

    def close(self) -> None:
        self.socket.close()
        with suppress(OSError):
            os.killpg(self._process.pid, 15)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        if self._process.poll() is None:
            self._process.kill()
        self._errors.close()


@contextmanager
def closing_on(stop: Stop | None, transport: paramiko.Transport) -> Generator[None]:
    """While the block runs, close the transport as soon as `stop` is set: the library's calls then end."""
    if stop is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_STEP):
            if stop.is_set():
                transport.close()
                return

    watcher = threading.Thread(target=watch, name="stop watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
