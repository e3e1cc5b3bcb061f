"""Fetches one file over HTTP into a part file that a later try, or a later run, goes on with.

Knows how downloads break and what a checksum file looks like. It must not know Flink, nor what the file is for.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .watch import CHUNK, NotUsable, Watch, shown_address
from .web import Answer, Broke, NotThere, pieces, reached, small_text

TRIES = 4
"""The first one and three more after a connection broke."""


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
    pause: float = 1.0,
) -> Downloaded:
    """Fetch the file into `part`, going on with what is there. `trusted`: a checksum will judge the result.

    After the first break it waits `pause` seconds, after the second twice as long.

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
            watch.pause(pause * attempt)
        try:
            digest = _once(address, part, note, connect_timeout, watch, trusted, algorithm)
            return Downloaded(part, digest, before)
        except Broke as broke:
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
        answer = reached(address, connect_timeout, {}, watch)
        text = small_text(answer, watch)
    except Broke as broke:
        raise NotUsable(f"its checksum was not received: {broke}") from broke
    except NotThere:
        raise
    except NotUsable as refused:
        raise NotUsable(f"its checksum was not received: {refused}") from refused
    found = read_checksum(text, file, hashlib.new(algorithm).digest_size * 2, algorithm)
    if found is None:
        raise NotUsable(f"what {shown_address(address)} sent is no checksum of {file}")
    return found


def read_checksum(text: str, file: str, digits: int, algorithm: str = "sha512") -> str | None:
    """The checksum of `file` in a checksum file: `HASH  FILE`, a bare hash, `SHA512 (FILE) = HASH`,
    `FILE: HEX HEX …` over several lines, or such a piece for each of several algorithms (`FILE: MD5 = HEX HEX …`).

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
    tagged = re.search(rf"\({re.escape(file)}\) *= *({hexadecimal.pattern})\b", text)
    if tagged:
        return tagged[1].lower()
    label = rf"^{re.escape(file)}:\s*{algorithm}\s*=\s*((?:[0-9A-Fa-f]{{2,}}\s*)+)(?=^\S|\Z)"
    several = re.search(label, text, re.I | re.M)
    if several and hexadecimal.fullmatch(joined := "".join(several[1].split())):
        return joined.lower()
    name, colon, rest = text.partition(":")
    if colon and name.strip().rpartition("/")[2] == file:
        joined = "".join(rest.split())
        if hexadecimal.fullmatch(joined):
            return joined.lower()
    return None


def _once(
    address: str, part: Path, note: Path, connect_timeout: float, watch: Watch, trusted: bool, algorithm: str
) -> str:
    """One connection's worth. Raises Broke when another may bring the rest."""
    noted = _noted(note)
    start = part.stat().st_size if _resumable(part, note, address, trusted) else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and noted.get("address") == address and noted.get("validator"):
        headers["If-Range"] = noted["validator"]
    answer = reached(address, connect_timeout, headers, watch)
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
            raise Broke("the server could not go on where it stopped")
        start = 0
    etag = answer.headers.get("ETag", "")
    validator = answer.headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag
    known = {"address": address, "validator": validator, "total": total}
    note.write_text(json.dumps(known))
    if start:
        _hash_file(part, digest, watch)
    done = start
    with part.open("ab" if start else "wb") as file:
        for piece in pieces(answer, watch):
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            watch.at(done, total)
    if total is not None and done < total:
        raise Broke(f"{done} of {total} bytes arrived")
    return digest.hexdigest()


def _resumable(part: Path, note: Path, address: str, trusted: bool) -> bool:
    """Whether a part may be continued: from another address, or without a validator, only if a checksum judges."""
    if not part.exists() or not part.stat().st_size:
        return False
    noted = _noted(note)
    if noted.get("total") is None:
        return False
    return trusted or (noted.get("address") == address and bool(noted.get("validator")))


def _noted(note: Path) -> dict[str, Any]:
    try:
        value: object = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _total(answer: Answer, start: int) -> int | None:
    """Bytes of the whole file by what the server says, None when it does not."""
    ranged = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+)", answer.headers.get("Content-Range", "").strip())
    if answer.status in (206, 416):
        return int(ranged[2]) if ranged and ranged[1] in (None, str(start)) else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _hash_file(path: Path, digest: Any, watch: Watch) -> None:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            watch.check()
            digest.update(chunk)
