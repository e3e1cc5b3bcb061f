"""Fetches one file over HTTP into a part file that a later try, or a later run, goes on with.

Knows how downloads break and what a checksum file looks like. It must not know Flink, nor what the file is for.
Plain urllib serves (docs/decisions/005); proxies are those of the environment.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import queue
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from .. import __version__
from .watch import CHUNK, POLL, NotUsable, Watch, shown_address

READ_TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""
TRIES = 4
"""The first one and three more after a connection broke."""
_CHECKSUM_LIMIT = 64 * 1024

T = TypeVar("T")


class NotThere(NotUsable):
    """The server answered that it has no such file."""


class _Broke(Exception):
    """The connection broke after it was made; what arrived is kept."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The whole file, its checksum, and whether a part from an earlier run is in it."""

    path: Path
    digest: str
    resumed: bool


def download(
    address: str,
    part: Path,
    connect_timeout: float,
    watch: Watch,
    *,
    trusted: bool,
    algorithm: str = "sha512",
) -> Downloaded:
    """Fetch the file into `part`, going on with what is there. `trusted`: a checksum will judge the result.

    Raises:
        NotUsable: it could not be had; what arrived stays for another try.
        ConnectionFailed: a stop was asked for; what arrived stays.
        OSError: the part file cannot be written.
    """
    note = part.with_name(part.name + ".json")
    problem = ""
    before = _resumable(part, note, address, trusted)
    for attempt in range(TRIES):
        if attempt:
            watch.pause(0.2 * attempt)
        try:
            digest = _once(address, part, note, connect_timeout, watch, trusted, algorithm)
            return Downloaded(part, digest, before)
        except _Broke as broke:
            problem = str(broke)
    raise NotUsable(f"the connection broke {TRIES} times, at last: {problem}")


def forget(part: Path) -> None:
    """Throw away a part file and what is noted of it."""
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".json").unlink(missing_ok=True)


def checksum_at(address: str, file: str, algorithm: str, connect_timeout: float, watch: Watch) -> str:
    """The checksum that a server publishes for a file, in lower-case hexadecimal.

    Raises:
        NotThere: no checksum is published there.
        NotUsable: the server was not reached, or what it sent is no checksum.
        ConnectionFailed: a stop was asked for.
    """
    try:
        answer = _waited(partial(_open, address, connect_timeout, {}), watch)
        text = _waited(partial(_small, answer), watch)
    except _Broke as broke:
        raise NotUsable(f"its checksum was not received: {broke}") from broke
    except NotThere:
        raise
    except NotUsable as refused:
        raise NotUsable(f"its checksum was not received: {refused}") from refused
    found = read_checksum(text, file, hashlib.new(algorithm).digest_size * 2)
    if found is None:
        raise NotUsable(f"what {shown_address(address)} sent is no checksum of {file}")
    return found


def read_checksum(text: str, file: str, digits: int) -> str | None:
    """The checksum of `file` in a checksum file: `HASH  FILE`, a bare hash, or `FILE: HEX HEX …` over several lines.

    `digits` is the length of the checksum in hexadecimal. None: there is none, or it is another file's.
    """
    hexadecimal = re.compile(f"[0-9a-fA-F]{{{digits}}}")
    for line in text.splitlines():
        words = line.split()
        if len(words) == 1 and hexadecimal.fullmatch(words[0]):
            return words[0].lower()
        if len(words) == 2 and hexadecimal.fullmatch(words[0]):
            named = words[1].removeprefix("*").rpartition("/")[2]
            if named == file:
                return words[0].lower()
    name, colon, rest = text.partition(":")
    if colon and name.strip().rpartition("/")[2] == file:
        joined = "".join(rest.split())
        if hexadecimal.fullmatch(joined):
            return joined.lower()
    return None


def _once(
    address: str, part: Path, note: Path, connect_timeout: float, watch: Watch, trusted: bool, algorithm: str
) -> str:
    """One connection's worth. Raises _Broke when another may bring the rest."""
    noted = _noted(note)
    start = part.stat().st_size if _resumable(part, note, address, trusted) else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and noted.get("address") == address and noted.get("etag"):
        headers["If-Range"] = noted["etag"]
    answer = _waited(partial(_open, address, connect_timeout, headers), watch)
    digest = hashlib.new(algorithm)
    total = _total(answer, start)
    if answer.status == 416 and total == start:
        answer.close()
        _hash_file(part, digest, watch)
        return digest.hexdigest()
    if start and (answer.status != 206 or total != noted.get("total")):
        if answer.status != 200:
            answer.close()
            forget(part)
            raise _Broke("the server could not go on where it stopped")
        start = 0
    etag = answer.headers.get("ETag", "")
    known = {"address": address, "etag": "" if etag.startswith("W/") else etag, "total": total}
    note.write_text(json.dumps(known))
    if start:
        _hash_file(part, digest, watch)
    done = start
    with part.open("ab" if start else "wb") as file:
        for piece in _pieces(answer, watch):
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            watch.at(done, total)
    if total is not None and done < total:
        raise _Broke(f"{done} of {total} bytes arrived")
    return digest.hexdigest()


def _resumable(part: Path, note: Path, address: str, trusted: bool) -> bool:
    """Whether a part may be continued: from another address, or without a validator, only if a checksum judges."""
    if not part.exists() or not part.stat().st_size:
        return False
    noted = _noted(note)
    if noted.get("total") is None:
        return False
    return trusted or (noted.get("address") == address and bool(noted.get("etag")))


def _noted(note: Path) -> dict[str, Any]:
    try:
        value: object = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _total(answer: http.client.HTTPResponse, start: int) -> int | None:
    """Bytes of the whole file by what the server says, None when it does not."""
    ranged = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+)", answer.headers.get("Content-Range", "").strip())
    if answer.status in (206, 416):
        return int(ranged[2]) if ranged and ranged[1] in (None, str(start)) else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _hash_file(path: Path, digest: Any, watch: Watch) -> None:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            watch.check()
            digest.update(chunk)


def _pieces(answer: http.client.HTTPResponse, watch: Watch) -> Iterator[bytes]:
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

    threading.Thread(target=receive, name="download", daemon=True).start()
    try:
        while True:
            watch.check()
            try:
                piece = arrived.get(timeout=POLL)
            except queue.Empty:
                continue
            if isinstance(piece, str):
                raise _Broke(piece)
            if not piece:
                return
            yield piece
    finally:
        over.set()


def _waited(call: Callable[[], T], watch: Watch) -> T:
    """What the call answers or raises; meanwhile a stop is looked for. Its own timeouts end it."""
    outcome: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except (NotUsable, _Broke) as error:
            outcome.put((None, error))

    threading.Thread(target=run, name="download", daemon=True).start()
    while True:
        watch.check()
        with contextlib.suppress(queue.Empty):
            answer, error = outcome.get(timeout=POLL)
            if error is not None:
                raise error
            return cast("T", answer)


def _small(answer: http.client.HTTPResponse) -> str:
    try:
        with answer:
            return answer.read(_CHECKSUM_LIMIT).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise _Broke(_said(error)) from error


def _open(address: str, connect_timeout: float, headers: dict[str, str]) -> http.client.HTTPResponse:
    """Raises NotThere, NotUsable; _Broke when the connection was made and then lost."""
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
        return cast("http.client.HTTPResponse", _opener().open(request, timeout=connect_timeout))
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return cast("http.client.HTTPResponse", error)
        kind = NotThere if error.code in (404, 410) else NotUsable
        raise kind(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise NotUsable(_said(error.reason)) from error
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise _Broke(_said(error)) from error
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


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(READ_TIMEOUT)


class _Secure(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(READ_TIMEOUT)


class _PlainDoor(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureDoor(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Secure, req)


def _opener() -> urllib.request.OpenerDirector:
    """http and https only: a redirect must not lead to a file of this machine."""
    opener = urllib.request.OpenerDirector()
    for door in (
        urllib.request.ProxyHandler(),
        _PlainDoor(),
        _SecureDoor(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(door)
    return opener
