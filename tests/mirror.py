"""An Apache-like mirror for the tests: archives and checksums over HTTP, with faults to choose by path.

Knows the layout of Apache's download sites and the ways a download goes wrong. Must not know Flink, the
wizard or where the archives come from: it serves the files of one folder.

Layout, for a file `flink-2.3.0-bin-scala_2.12.tgz` in that folder, and the same for Hadoop:
`/flink/flink-2.3.0/<file>` (a mirror), `/dist/flink/flink-2.3.0/<file>` (the archive of all releases), each
with `<file>.sha512`. A fault goes in front: `/corrupt/flink/…`. The names of all faults are in `FAULTS`.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Self, cast
from urllib.parse import unquote, urlsplit

FAULTS = {
    "corrupt": "bytes in the middle are flipped; the checksum file is right",
    "truncated": "the connection is closed in good order after half of the announced length",
    "reset": "the connection is reset after half of the announced length",
    "cut-once": "the first request of a file is reset half-way, later ones are served",
    "slow": "at most `slow_rate` bytes a second",
    "missing": "404",
    "forbidden": "403, as behind a filtering proxy",
    "broken": "503",
    "badsum": "the archive is right; its checksum file names another hash",
    "nosum": "the archive is right; its checksum file is missing",
    "norange": "Range is ignored: 200 with the whole file",
    "login": "200 with an HTML page instead of the file, as a captive portal sends",
}
CHUNK = 64 * 1024
FILE = re.compile(r"(?P<product>flink|hadoop)-(?P<version>\d[\d.]*\d)(?:-[\w.-]+|\.tar\.gz)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: the fault's name or "", the path without it, the first byte asked for."""

    method: str
    fault: str
    path: str
    start: int


@dataclass(slots=True)
class Mirror:
    """Serves `root` until it is stopped; a context manager. `requests` grows with every request, in order."""

    root: Path
    address: str = "127.0.0.1"
    port: int = 0
    slow_rate: int = 256 * 1024
    requests: list[Request] = field(default_factory=list[Request])
    _server: _Server | None = None
    _thread: threading.Thread | None = None

    def start(self) -> Self:
        """Raises OSError when the address cannot be bound."""
        self._server = _Server((self.address, self.port), _Conversation, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="mirror", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Open downloads end at their next chunk; nothing listens afterwards."""
        if self._server is not None and self._thread is not None:
            self._server.stopping.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Without a slash at its end; put `/flink` or a fault behind it. RuntimeError before start()."""
        if self._server is None:
            raise RuntimeError("the mirror is not running: call start() or use it as a context manager")
        return f"http://{self.address}:{self._server.server_address[1]}"

    def base(self, fault: str = "") -> str:
        """The address to configure instead of a mirror's; everything below it has the fault."""
        if fault and fault not in FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
        return f"{self.url}/{fault}" if fault else self.url


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], conversation: type[BaseHTTPRequestHandler], mirror: Mirror
    ) -> None:
        self.mirror = mirror
        self.stopping = threading.Event()
        self.cut: set[str] = set()
        self.hashes: dict[tuple[Path, int, int], str] = {}
        self.lock = threading.Lock()
        super().__init__(address, conversation)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what the tests are about, and no news."""

    def sha512(self, path: Path) -> str:
        """Hex. Computed once for each state of a file."""
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        with self.lock:
            if key not in self.hashes:
                with path.open("rb") as content:
                    self.hashes[key] = hashlib.file_digest(content, "sha512").hexdigest()
            return self.hashes[key]


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Apache"
    sys_version = ""
    timeout = 60

    @property
    def _owner(self) -> _Server:
        return cast(_Server, self.server)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what was asked stands in `requests`."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        first = path.split("/")[1]
        fault = first if first in FAULTS else ""
        if fault:
            path = path.removeprefix(f"/{fault}")
        start = self._start()
        self._owner.mirror.requests.append(Request(self.command, fault, path, start))
        refused = {"missing": 404, "forbidden": 403, "broken": 503}.get(fault)
        if refused:
            return self._text(HTTPStatus(refused), HTTPStatus(refused).phrase)
        if fault == "login":
            return self._text(HTTPStatus.OK, "<html><title>Sign in</title></html>", "text/html")
        checksum = path.endswith(".sha512")
        found = self._find(path.removesuffix(".sha512"))
        if found is None or (checksum and fault == "nosum"):
            return self._text(HTTPStatus.NOT_FOUND, "Not Found")
        if checksum:
            digest = self._owner.sha512(found)
            shown = hashlib.sha512(digest.encode()).hexdigest() if fault == "badsum" else digest
            return self._text(HTTPStatus.OK, f"{shown}  {found.name}\n")
        return self._archive(found, fault, start, path)

    def _find(self, path: str) -> Path | None:
        """The file behind a path of either layout; None for any other path, however it is spelled."""
        parts = PurePosixPath(path.removeprefix("/dist")).parts[1:]
        named = FILE.fullmatch(parts[-1]) if parts else None
        if named is None:
            return None
        product, folder = named["product"], f"{named['product']}-{named['version']}"
        places = [(product, folder), *((product, part, folder) for part in ("common", "core"))]
        file = self._owner.mirror.root / parts[-1]
        allowed = places if product == "hadoop" else places[:1]
        return file if parts[:-1] in allowed and file.is_file() else None

    def _start(self) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(asked[1]) if asked else 0

    def _text(self, status: HTTPStatus, text: str, kind: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _archive(self, file: Path, fault: str, start: int, path: str) -> None:
        size = file.stat().st_size
        if fault == "norange":
            start = 0
        if start >= size > 0:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
        self.send_header("Content-Type", "application/x-gzip")
        self.send_header("Content-Length", str(size - start))
        if fault != "norange":
            self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        half = start + (size - start) // 2
        stop = half if fault in ("truncated", "reset") or self._first_cut(fault, path) else size
        for chunk in self._chunks(file, fault, start, stop, size):
            self.wfile.write(chunk)
        if stop < size:
            self.close_connection = True
            if fault != "truncated":
                self._reset()

    def _first_cut(self, fault: str, path: str) -> bool:
        with self._owner.lock:
            first = fault == "cut-once" and path not in self._owner.cut
            if first:
                self._owner.cut.add(path)
            return first

    def _chunks(self, file: Path, fault: str, start: int, stop: int, size: int) -> Iterator[bytes]:
        rate = self._owner.mirror.slow_rate
        step = min(CHUNK, max(1, rate // 10)) if fault == "slow" else CHUNK
        with file.open("rb") as content:
            content.seek(start)
            while (position := content.tell()) < stop:
                if self._owner.stopping.wait(step / rate if fault == "slow" else 0):
                    self.close_connection = True
                    return
                chunk = content.read(min(step, stop - position))
                middle = size // 2 - position
                if fault == "corrupt" and 0 <= middle < len(chunk):
                    chunk = chunk[:middle] + bytes([chunk[middle] ^ 0xFF]) + chunk[middle + 1 :]
                yield chunk

    def _reset(self) -> None:
        """Closing with a linger time of nought makes the kernel send RST instead of FIN."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
