"""The real Executor: carries out commands on hosts through connections, and reports each with status and time.

Knows how a command value becomes a program on a host. It must not decide anything: order, repetition and failure
are the runner's.
"""

from __future__ import annotations

import collections
import gzip
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, cast

from . import events
from .commands import Command, Fetch, Later, Run, Transfer, Upload, fill_command, lines_of
from .connection import CommandTimeout, Connection, ConnectionFailed, Either, Result, Stop
from .events import Sink
from .facts import ClusterFacts
from .operations.operation import Operation
from .parts import CommandFailed
from .secrets import Secret
from .spec import HERE
from .text import clean
from .wanted import sudo_refused
from .words import name_of
from .writing import discard_run, pack_run, unpack_run, upload_run

_CHUNK = 512 * 1024
_REPORT_EVERY = 0.1
_STILL = 60.0
"""Seconds without a byte after which a copy is given up."""


class Fetcher(Protocol):
    def __call__(self, fetch: Fetch, stop: Stop, moved: Callable[[int, int | None], None]) -> str:
        """Obtain a distribution into the cache; the answer says from where.

        Raises:
            CommandFailed: no choice could be used; names each and why.
            ConnectionFailed: `stop` was set (kind "cancelled").
        """
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """Who changes what: for the records beside backups. `when` is ISO 8601."""

    run_id: str
    who: str
    when: str


@dataclass(slots=True)
class Hands:
    """Writes on hosts. `open_admin` opens the login for sudo where it is not the ordinary one."""

    open: Callable[[str], Connection]
    fetch: Fetcher
    signature: Signature
    open_admin: Callable[[str], Connection] | None = None
    sudo_password: Callable[[str], Secret | None] = lambda host: None
    _values: dict[Later, str] = field(default_factory=dict[Later, str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        """Carry out the commands in order. Raises CommandFailed, ConnectionFailed."""
        for command in commands:
            line = lines_of(command)
            report(events.CommandStarted(operation.host, operation.id, command, line))
            started = time.monotonic()
            status: int | None = None
            tail = ""
            try:
                with self._lock:
                    values = dict(self._values)
                result = self._one(operation, _filled(operation.host, command, values), facts, stop, report)
                status, tail = result.status, clean(result.tail())
            except OSError as error:
                tail = str(error)
                raise CommandFailed(
                    operation.host,
                    f"A file of this machine cannot be read, which this needs: {line}.",
                    tail,
                    "Look at that file.",
                ) from None
            except CommandFailed as error:
                status, tail = 1, error.evidence
                raise
            except CommandTimeout as error:
                tail = error.cause
                raise _late(command, error) from None
            except ConnectionFailed as error:
                tail = error.cause
                raise
            finally:
                seconds = time.monotonic() - started
                report(
                    events.CommandFinished(operation.host, operation.id, command, line, status, seconds, tail)
                )
            allowed = command.ok if isinstance(command, Run) else (0,)
            if result.status not in allowed:
                raise _failed(operation.host, command, result)
            if isinstance(command, Run) and command.gives is not None:
                with self._lock:
                    self._values[command.gives] = result.stdout.strip()

    def _one(
        self, operation: Operation, command: Command, facts: ClusterFacts, stop: Stop, report: Sink
    ) -> Result:
        host = operation.host
        match command:
            case Run():
                return self._run(host, command, facts, stop, report)
            case Upload():
                run = upload_run(command, self.signature.run_id, self.signature.who, self.signature.when)
                return self._run(host, run, facts, stop, report)
            case Transfer():
                return self._transfer(command, stop, report)
            case Fetch():
                return self._fetch(command, stop, report)

    def _run(self, host: str, run: Run, facts: ClusterFacts, stop: Stop, report: Sink) -> Result:
        line, given = run.line(), run.stdin.encode("utf-8", "surrogateescape")
        connection = self.open(host)
        if run.sudo and self.open_admin is not None:
            connection = self.open_admin(host)
        if run.sudo and facts[host].sudo != "root":
            password = self.sudo_password(host)
            if password is not None and facts[host].sudo != "nopasswd":
                line, given = f"sudo -S -p '' -- {line}", password.reveal().encode() + b"\n" + given
            else:
                line = f"sudo -n -- {line}"

        def arrived(stream: str, text: bytes) -> None:
            report(events.OutputArrived(host, stream, clean(text.decode(errors="replace"))))

        return connection.run(
            line,
            stdin=given,
            timeout=run.timeout,
            idle_timeout=run.idle_timeout,
            on_output=arrived,
            stop=stop,
        )

    def _transfer(self, transfer: Transfer, stop: Stop, report: Sink) -> Result:
        ended = threading.Event()
        if transfer.source == HERE and transfer.source_is_tar:
            path = Path(transfer.source_path).expanduser()
            packed = path.suffix in {".gz", ".tgz"}
            try:
                total = None if packed else path.stat().st_size
                stream = _file_chunks(path, packed)
            except OSError as error:
                raise CommandFailed(
                    HERE,
                    f"{path} cannot be read.",
                    error.strerror or str(error),
                    "Name a file that is there.",
                ) from None
        else:
            total = transfer.size
            stream = self._packed(transfer, stop, ended)
        counted = _counted(stream, transfer.target, total, report)
        target = self.open(transfer.target)
        try:
            result = target.run(
                unpack_run(transfer.path).line(), stdin=counted, timeout=None, idle_timeout=_STILL, stop=stop
            )
            # The target ends at the archive's own end; a source that fails after it must still be heard.
            if result.ok and isinstance(stream, _Relayed):
                collections.deque(stream, maxlen=0)
        except _PackFailed as error:
            result = error.result
        finally:
            ended.set()
        if not result.ok:
            target.run(discard_run(transfer.path).line(), timeout=120.0)
        return result

    def _packed(self, transfer: Transfer, stop: Stop, ended: threading.Event) -> Iterator[bytes]:
        """The tar stream of a directory on another host, relayed through this machine until `ended`."""
        pieces: queue.Queue[bytes | Result | ConnectionFailed] = queue.Queue(maxsize=16)

        def hand_on(piece: bytes | Result | ConnectionFailed) -> None:
            while not ended.is_set():
                try:
                    return pieces.put(piece, timeout=_REPORT_EVERY)
                except queue.Full:
                    continue

        said = bytearray()

        def arrived(stream: str, text: bytes) -> None:
            if stream == "stdout":
                hand_on(text)
            else:
                said.extend(text[: _CHUNK - len(said)])

        def read() -> None:
            try:
                source = self.open(transfer.source)
                line = pack_run(transfer.source_path).line()
                until = Either(stop, ended)
                result = source.run(
                    line, timeout=None, idle_timeout=_STILL, on_output=arrived, keep_output=False, stop=until
                )
                hand_on(replace(result, stderr=said.decode(errors="replace")))
            except ConnectionFailed as error:
                hand_on(error)

        threading.Thread(target=read, name=f"pack {transfer.source}", daemon=True).start()
        return _Relayed(pieces)

    def _fetch(self, fetch: Fetch, stop: Stop, report: Sink) -> Result:
        def moved(done: int, total: int | None) -> None:
            report(events.BytesMoved(HERE, done, total))

        started = time.monotonic()
        source = self.fetch(fetch, stop, moved)
        report(events.Note(f"{fetch.product.capitalize()} {fetch.version} came from {source}.", HERE))
        return Result(HERE, lines_of(fetch), 0, source, "", time.monotonic() - started)


class _Relayed(Iterator[bytes]):
    """Pieces of a stream until its end, which stays: the one who feeds the target and the one who waits for the
    source's end may both ask, at the same time.
    """

    def __init__(self, pieces: queue.Queue[bytes | Result | ConnectionFailed]) -> None:
        self._pieces = pieces
        self._end: Result | ConnectionFailed | None = None
        self._lock = threading.Lock()

    def __next__(self) -> bytes:
        with self._lock:
            if self._end is None:
                piece = self._pieces.get()
                if isinstance(piece, bytes):
                    return piece
                self._end = piece
            if isinstance(self._end, ConnectionFailed):
                raise self._end
            if not self._end.ok:
                raise _PackFailed(self._end)
            raise StopIteration


class _PackFailed(Exception):
    """The source of a transfer ended badly."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.tail())
        self.result = result


def _file_chunks(path: Path, packed: bool) -> Iterator[bytes]:
    """The file's bytes, unpacked where it is packed with gzip. Raises OSError now when it cannot be opened."""
    file = gzip.open(path, "rb") if packed else path.open("rb")  # noqa: SIM115 - the generator closes it

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return chunks()


def _counted(stream: Iterator[bytes], host: str, total: int | None, report: Sink) -> Iterator[bytes]:
    done, last = 0, 0.0
    for chunk in stream:
        yield chunk
        done += len(chunk)
        now = time.monotonic()
        if now - last >= _REPORT_EVERY:
            last = now
            report(events.BytesMoved(host, done, total))
    report(events.BytesMoved(host, done, total))


def _filled(host: str, command: Command, values: Mapping[Later, str]) -> Command:
    try:
        return fill_command(command, values)
    except KeyError as missing:
        later = cast("Later", missing.args[0])
        raise CommandFailed(
            host,
            f"The {later.name.replace('-', ' ')} of {later.host} is not known.",
            "the step that brings it about was left out or failed",
            "Run again: then it is read from the host.",
        ) from None


def _what(command: Command) -> str:
    return command.why if isinstance(command, Run) and command.why else lines_of(command)


def _late(command: Command, error: CommandTimeout) -> CommandTimeout:
    """The same, told of what was done instead of the program that did it."""
    if not isinstance(command, Transfer):
        return CommandTimeout(error.host, error.kind, error.cause, _what(command), error.action)
    cause = (
        f"The copy into {command.path} stood still for {_STILL:g} s: {error.host} hangs, or the network does."
    )
    action = f"Look at the load, the disk and the network of {error.host}, then run again."
    return CommandTimeout(error.host, error.kind, cause, "", action)


def _failed(host: str, command: Command, result: Result) -> CommandFailed:
    what = _what(command)
    status = "was ended by a signal" if result.status is None else f"ended with status {result.status}"
    evidence = clean(result.tail(8))
    action = "Mend the cause and run again: what is done already is not done twice."
    cause = f"A command on {name_of(host)} {status}: {what}."
    if isinstance(command, Transfer):
        cause = f"The copy into {command.path} on {host} broke off: tar {status}."
    if "No space left on device" in evidence or "Disk quota exceeded" in evidence:
        action = f"Make room on {host} and run again: what is done already is not done twice."
    elif "IllegalConfigurationException" in evidence:
        action = "Change the keys that are named above (flink.config in the answers), then run again."
    elif sudo_refused(evidence):
        action = f"Give sudo's password for {host} (FLINK_WIZARD_SUDO_PASSWORD or --password-file), or run it by hand."
    return CommandFailed(host, cause, evidence, action)
