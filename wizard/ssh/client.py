"""Logins on other hosts: the way there, the host's key, the user's proof, and then commands.

Knows how the parts of this room fit together. It must not know what the commands mean, nor ask anybody
anything: whoever may answer is passed in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from wizard.connection import ConnectionFailed, NeverStarted, OutputSink, Result, Stop
from wizard.ssh.auth import authenticate
from wizard.ssh.channel import START_SECONDS, STOP_STEP, Command
from wizard.ssh.config import Route, hop_target, resolve
from wizard.ssh.errors import failed, through, words
from wizard.ssh.hostkeys import HostKeys, UnknownHostKey, fingerprint, lookup_name
from wizard.ssh.target import Login, Target, Timeouts
from wizard.ssh.transport import KEEPALIVE_SECONDS, ProxyProcess, QuietTransport, closing_on, dial

MOST_CHANNELS = 4
"""Commands at once on one login: sshd allows 10 (MaxSessions), and others may share it."""

MOST_HOPS = 8
_SESSION_TRIES = 5

ConfirmHostKey = Callable[[UnknownHostKey], bool]
Opener = Callable[[Target], "SshConnection"]


class SshConnection:
    """A `Connection` over SSH. At most four commands run at once; more wait for a place."""

    def __init__(
        self, host: str, transport: QuietTransport, route: Route, close_also: Callable[[], None]
    ) -> None:
        self._host = host
        self._transport = transport
        self._close_also = close_also
        self._places = threading.BoundedSemaphore(MOST_CHANNELS)
        self._opening = threading.Lock()
        self._running = 0
        self._closed = False
        self.route = route

    @property
    def host(self) -> str:
        return self._host

    @property
    def alive(self) -> bool:
        """False once the connection is known to be gone; True may be out of date by `DEAD_PEER_SECONDS`."""
        return self._transport.is_active()

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
        """Run one command; see `Connection.run`. The time waited for a place does not count."""
        self._take_place(stop)
        try:
            running = Command(self._host, command, stdin, timeout, idle_timeout, on_output, keep_output, stop)
            try:
                result = running.run(self._open_session)
            except (paramiko.SSHException, EOFError, OSError) as wrong:
                if isinstance(wrong, paramiko.ChannelException) and self.alive:
                    raise failed(self._host, "refused/sessions", evidence=self._transport.refusal) from wrong
                raise self._gone(wrong, sent=running.sent) from wrong
            if result.status is None and not self.alive:
                raise self._gone(self._transport.get_exception(), sent=True)
            return result
        finally:
            self._places.release()

    def forward(self, address: str, port: int, seconds: float) -> paramiko.Channel:
        """A stream from this host to another one, as ProxyJump uses it.

        Raises:
            paramiko.SSHException: the host refuses, or cannot connect.
        """
        return self._transport.open_channel(
            "direct-tcpip", dest_addr=(address, port), src_addr=("127.0.0.1", 0), timeout=seconds
        )

    @property
    def refusal(self) -> str:
        """The server's words for the last channel that it refused."""
        return self._transport.refusal

    def close(self) -> None:
        """End the login and every command that runs on it."""
        self._closed = True
        self._transport.close()
        self._close_also()

    def _take_place(self, stop: Stop | None) -> None:
        while not self._places.acquire(timeout=STOP_STEP):
            if stop is not None and stop.is_set():
                raise failed(self._host, "cancelled")

    def _open_session(self) -> paramiko.Channel:
        for attempt in range(_SESSION_TRIES):
            try:
                # One at a time: the library keeps a single place for the reason of a refusal.
                with self._opening:
                    return self._transport.open_session(timeout=START_SECONDS)
            except paramiko.ChannelException:
                if attempt == _SESSION_TRIES - 1:
                    raise
                # MaxSessions: another channel of this login has to end first.
                time.sleep(0.05 * 2**attempt)
        raise AssertionError("not reached")

    def _gone(self, wrong: BaseException | None, *, sent: bool) -> ConnectionFailed:
        if self._closed:
            return failed(self._host, "cancelled", evidence="the connection was closed here")
        kind = "reset" if isinstance(wrong, ConnectionResetError) else "lost"
        evidence = self._transport.farewell or (str(wrong) if wrong and str(wrong) else "the server hung up")
        lost = ConnectionFailed if sent else NeverStarted
        return lost(self._host, kind, *words(self._host, "lost", evidence))


def connect(
    target: Target,
    login: Login,
    *,
    confirm_host_key: ConfirmHostKey | None = None,
    timeouts: Timeouts | None = None,
    stop: Stop | None = None,
    jump: Opener | None = None,
) -> SshConnection:
    """Log in on a host.

    `jump` gives connections to jump hosts that outlive this one; without it they are opened here and closed
    with it.

    Raises:
        ConnectionFailed: with kind, cause, evidence and next action; `host` is always `target.name`.
    """
    return _connect(target, resolve(target), login, confirm_host_key, timeouts or Timeouts(), stop, jump, 0)


def _connect(
    target: Target,
    route: Route,
    login: Login,
    confirm: ConfirmHostKey | None,
    timeouts: Timeouts,
    stop: Stop | None,
    jump: Opener | None,
    depth: int,
) -> SshConnection:
    if depth > MOST_HOPS:
        raise failed(target.name, "unreachable/loop", limit=MOST_HOPS)
    closers: list[Callable[[], None]] = []
    proxy: ProxyProcess | None = None

    def close_all() -> None:
        for close in reversed(closers):
            close()

    try:
        if route.jumps:
            via = _through(target, route, login, confirm, timeouts, stop, jump, depth, closers)
            transport = QuietTransport(via)
        elif route.proxy_command:
            proxy = ProxyProcess(route.proxy_command)
            closers.append(proxy.close)
            transport = QuietTransport(proxy.socket)
        else:
            transport = QuietTransport(dial(target.name, route.address, route.port, timeouts.connect, stop))
        closers.append(transport.close)
        with closing_on(stop, transport):
            _greet(target, route, transport, confirm, timeouts, proxy)
            transport.auth_timeout = timeouts.auth
            authenticate(transport, route, login)
        transport.set_keepalive(KEEPALIVE_SECONDS)
    except ConnectionFailed as wrong:
        close_all()
        if stop is not None and stop.is_set():
            raise failed(target.name, "cancelled") from wrong
        raise
    except BaseException:
        close_all()
        raise
    closers.remove(transport.close)
    return SshConnection(target.name, transport, route, close_all)


def _through(
    target: Target,
    route: Route,
    login: Login,
    confirm: ConfirmHostKey | None,
    timeouts: Timeouts,
    stop: Stop | None,
    jump: Opener | None,
    depth: int,
    closers: list[Callable[[], None]],
) -> paramiko.Channel:
    """A stream to the target through its last jump host, which is itself reached through those before it."""
    *before, last = route.jumps
    hop = hop_target(last, target)
    hop_login = login.for_jump()
    if jump is not None and not before:
        connection = jump(hop)
    else:
        hop_route = resolve(hop)
        if before:
            hop_route = _with_jumps(hop_route, tuple(before))
        try:
            connection = _connect(hop, hop_route, hop_login, confirm, timeouts, stop, jump, depth + 1)
        except ConnectionFailed as wrong:
            raise through(target.name, hop.name, wrong) from wrong
        closers.append(connection.close)
    try:
        return connection.forward(route.address, route.port, timeouts.connect)
    except paramiko.SSHException as wrong:
        prohibited = isinstance(wrong, paramiko.ChannelException) and wrong.code == 1
        what = "unreachable/forwarding" if prohibited else "refused/jump"
        evidence = connection.refusal or "no answer"
        raise failed(target.name, what, jump=hop.name, port=route.port, evidence=evidence) from wrong


def _with_jumps(route: Route, jumps: tuple[str, ...]) -> Route:
    from dataclasses import replace

    return replace(route, jumps=jumps, proxy_command=None)


def _greet(
    target: Target,
    route: Route,
    transport: QuietTransport,
    confirm: ConfirmHostKey | None,
    timeouts: Timeouts,
    proxy: ProxyProcess | None,
) -> None:
    """Exchange keys and judge the host's key."""
    known = HostKeys(route.known_hosts, target.known_hosts)
    options = transport.get_security_options()
    options.key_types = known.algorithms(route.host_key_name, route.port, options.key_types)
    transport.banner_timeout = transport.handshake_timeout = timeouts.banner
    try:
        transport.start_client(timeout=2 * timeouts.banner)
    except (paramiko.SSHException, EOFError, OSError) as wrong:
        raise _greeting_failed(target, route, transport, timeouts, proxy, wrong) from wrong
    _judge_host_key(target, route, known, transport.get_remote_server_key(), confirm)


def _greeting_failed(
    target: Target,
    route: Route,
    transport: QuietTransport,
    timeouts: Timeouts,
    proxy: ProxyProcess | None,
    wrong: BaseException,
) -> ConnectionFailed:
    text = str(wrong)
    facts: dict[str, object] = {"port": route.port, "seconds": timeouts.banner}
    if proxy is not None and not transport.remote_version:
        return failed(target.name, "unreachable/proxy", evidence=proxy.complaint() or text)
    if isinstance(wrong, IncompatiblePeer):
        found = [word for word in ("host key", "cipher", "kex", "mac") if word in text.lower()]
        missing = (
            {"host key": "host key type", "kex": "key exchange"}.get(found[0], found[0])
            if found
            else "algorithm"
        )
        return failed(
            target.name,
            "no-common-algorithm",
            missing=missing,
            evidence=f"{transport.remote_version}: {text}",
        )
    if "protocol banner" in text:
        cause = wrong.__context__
        if isinstance(cause, TimeoutError):
            return failed(target.name, "timeout/banner", **facts)  # pyright: ignore[reportArgumentType]
        if isinstance(cause, UnicodeDecodeError):
            return failed(target.name, "reset/no-ssh", evidence="no text", **facts)  # pyright: ignore[reportArgumentType]
        return failed(target.name, "reset", evidence="closed before the first line", **facts)  # pyright: ignore[reportArgumentType]
    if "protocol version" in text or "Invalid SSH banner" in text:
        return failed(target.name, "reset/no-ssh", evidence=text, **facts)  # pyright: ignore[reportArgumentType]
    evidence = transport.farewell or text or "closed during the key exchange"
    return failed(target.name, "reset", evidence=evidence, **facts)  # pyright: ignore[reportArgumentType]


def _judge_host_key(
    target: Target, route: Route, known: HostKeys, key: paramiko.PKey, confirm: ConfirmHostKey | None
) -> None:
    blob, key_type = key.asbytes(), key.get_name()
    name, port = route.host_key_name, route.port
    check = known.check(name, port, blob)
    if check.verdict == "known":
        return
    seen = f"{key_type} {fingerprint(blob)}"
    if check.verdict == "revoked":
        where = ", ".join(f"{entry.file}:{entry.line}" for entry in check.entries)
        raise failed(target.name, "host-key-revoked", evidence=f"{seen}, revoked in {where}")
    if check.verdict == "changed":
        before = "; ".join(
            f"{entry.key_type} {fingerprint(entry.blob)} ({entry.file}:{entry.line})"
            for entry in check.entries
        )
        raise failed(
            target.name,
            "host-key-changed",
            evidence=f"presented: {seen}; known: {before}",
            lookup=lookup_name(name, port),
            file=check.entries[0].file,
        )
    asked = UnknownHostKey(target.name, route.address, port, key_type, fingerprint(blob))
    accepted = target.host_keys == "accept-new" or (
        target.host_keys == "ask" and confirm is not None and confirm(asked)
    )
    if not accepted:
        facts = {"port": port, "user": route.user, "address": route.address}
        raise failed(target.name, "host-key-unknown", evidence=f"presented: {seen}", **facts)  # pyright: ignore[reportArgumentType]
    with suppress(OSError):
        known.accept(name, port, key_type, blob)
