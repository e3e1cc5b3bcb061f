"""Reaches a web server: one answer, and its body as it arrives, without ever hiding a stop.

Knows how connections fail and words it. It must not know what is fetched. Plain urllib serves; proxies are those of
the environment.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from .. import __version__
from .watch import CHUNK, POLL, NotUsable, Watch

READ_TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""
_TEXT_LIMIT = 64 * 1024

T = TypeVar("T")
Answer = http.client.HTTPResponse


class NotThere(NotUsable):
    """The server answered that it has no such file."""


class Broke(Exception):
    """The connection broke after it was made; what arrived is kept."""


def pieces(answer: Answer, watch: Watch) -> Iterator[bytes]:
    """The body as it arrives; read by a thread, so that a silent server does not hide a stop."""
    arrived: queue.Queue[bytes | str] = queue.Queue(maxsize=16)
    over = threading.Event()

    def put(piece: bytes | str) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                return arrived.put(piece, timeout=POLL)

    def receive() -> None:
        try:
            while not over.is_set() and (piece := answer.read1(CHUNK)):
                put(piece)
            put(b"")
        except (OSError, http.client.HTTPException) as error:
            put(_said(error))
        finally:
            answer.close()

    threading.Thread(target=receive, name="download", daemon=True).start()
    try:
        while True:
            watch.check()
            try:
                piece = arrived.get(timeout=POLL)
            except queue.Empty:
                continue
            if isinstance(piece, str):
                raise Broke(piece)
            if not piece:
                return
            yield piece
    finally:
        over.set()


def reached(address: str, connect_timeout: float, headers: dict[str, str], watch: Watch) -> Answer:
    """An answer of the server. The time to connect covers the name's resolution and all its addresses."""
    connected = threading.Event()
    late = time.monotonic() + connect_timeout + 0.5

    def check() -> None:
        watch.check()
        if not connected.is_set() and time.monotonic() > late:
            raise NotUsable(f"no connection within {connect_timeout:g} s")

    return _waited(partial(_open, address, connect_timeout, headers, connected), check)


def _waited(call: Callable[[], T], check: Callable[[], None]) -> T:
    """What the call answers or raises; `check` is made meanwhile and may end the wait."""
    outcome: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except (NotUsable, Broke) as error:
            outcome.put((None, error))

    thread = threading.Thread(target=run, name="download", daemon=True)
    thread.start()
    while True:
        check()
        if not thread.is_alive() and outcome.empty():
            raise NotUsable("the download broke off")
        with contextlib.suppress(queue.Empty):
            answer, error = outcome.get(timeout=POLL)
            if error is not None:
                raise error
            return cast("T", answer)


def small_text(answer: Answer, watch: Watch) -> str:
    """The start of the body as text. Raises Broke."""

    def read() -> str:
        try:
            with answer:
                return answer.read(_TEXT_LIMIT).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Broke(_said(error)) from error

    return _waited(read, watch.check)


def _open(
    address: str, connect_timeout: float, headers: dict[str, str], connected: threading.Event
) -> Answer:
    """Raises NotThere, NotUsable; Broke when the connection was made and then lost."""
    parts = urlsplit(address)
    login, _, place = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    if parts.scheme not in ("http", "https") or not place:
        raise NotUsable("only http and https addresses can be fetched")
    said = {"User-Agent": f"flink-wizard/{__version__}", "Accept-Encoding": "identity", **headers}
    request = urllib.request.Request(bare, headers=said)
    if login:
        secret = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {secret}")
    try:
        return cast("Answer", _opener(connected).open(request, timeout=connect_timeout))
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return cast("Answer", error)
        kind = NotThere if error.code in (404, 410) else NotUsable
        raise kind(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise NotUsable(_said(error.reason)) from error
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise Broke(_said(error)) from error
    except (OSError, ValueError) as error:
        raise NotUsable(_said(error)) from error


def _said(error: object) -> str:
    """An error of a connection in a phrase."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "its name could not be resolved"
        case ConnectionResetError():
            return "the connection was reset"
        case ConnectionRefusedError():
            return "the connection was refused"
        case ssl.SSLCertVerificationError():
            return f"its certificate was not accepted: {error.verify_message}"
        case http.client.IncompleteRead():
            return "the connection ended too early"
        case OSError():
            return error.strerror or str(error)
        case _:
            return str(error) or type(error).__name__


class _PlainDoor(urllib.request.HTTPHandler):
    def __init__(self, connected: threading.Event) -> None:
        super().__init__()
        self._connected = connected

    def http_open(self, req: urllib.request.Request) -> Answer:
        connected = self._connected

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                connected.set()
                self.sock.settimeout(READ_TIMEOUT)

        return self.do_open(Connection, req)


class _SecureDoor(urllib.request.HTTPSHandler):
    def __init__(self, connected: threading.Event) -> None:
        super().__init__()
        self._connected = connected

    def https_open(self, req: urllib.request.Request) -> Answer:
        connected = self._connected

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                connected.set()
                self.sock.settimeout(READ_TIMEOUT)

        return self.do_open(Connection, req)


def _opener(connected: threading.Event) -> urllib.request.OpenerDirector:
    """http and https only: a redirect must not lead to a file of this machine."""
    opener = urllib.request.OpenerDirector()
    for door in (
        urllib.request.ProxyHandler(),
        _PlainDoor(connected),
        _SecureDoor(connected),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(door)
    return opener
