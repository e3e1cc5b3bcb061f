"""Logins on other hosts: the way there, the host's key, the user's proof, and then commands.

Knows how the parts of this room fit together. It must not know what the commands mean, nor ask anybody
anything: whoever may answer is passed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import paramiko

from wizard.connection import ConnectionFailed, NeverStarted, OutputSink, Result, Stop
from wizard.keysfirst import KEYS
from wizard.ssh.auth import authenticate
from wizard.ssh.channel import START_SECONDS, Command, CouldNotStart
from wizard.ssh.config import Route, hop_target, resolve
from wizard.ssh.errors import failed, through, words
from wizard.ssh.greeting import ConfirmHostKey, greet
from wizard.ssh.places import Places, pause
from wizard.ssh.target import Login, Target, Timeouts
from wizard.ssh.transport import KEEPALIVE_SECONDS, ProxyProcess, QuietTransport, closing_on, dial

MOST_CHANNELS = 4
"""Commands at once on one login: sshd allows 10 (MaxSessions), and others may share it."""

MOST_HOPS = 8
_SESSION_TRIES = 8

Opener = Callable[[Target], "SshConnection"]


class SshConnection:
    """A `Connection` over SSH. At most four commands run at once; more wait for a place."""

    def __init__(
        self, host: str, transport: QuietTransport, route: Route, close_also: Callable[[], None]
    ) -> None:
        self._host = host
        self._transport = transport
        self._close_also = close_also
        self._places = Places(MOST_CHANNELS)
        self._opening = threading.Lock()
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
        for attempt in range(_SESSION_TRIES):
            self._places.take(self._host, stop)
            running = Command(self._host, command, stdin, timeout, idle_timeout, on_output, keep_output, stop)
            try:
                result = running.run(self._open_session)
            except CouldNotStart as wrong:
                if not (_refused(wrong.__cause__) and self.alive):
                    raise self._gone(wrong.__cause__, sent=running.sent) from wrong
                self._places.narrow()
            else:
                if not self.alive and (result.status is None or not running.complete):
                    raise self._gone(self._transport.get_exception(), sent=True)
                return result
            finally:
                self._places.give_back()
            # MaxSessions: an earlier session of this login has to end on the host first.
            pause(self._host, 0.05 * 2**attempt, stop)
        raise failed(self._host, "refused/sessions", evidence=self._transport.refusal)

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

    def _open_session(self) -> paramiko.Channel:
        # One at a time: the library keeps a single place for the reason of a refusal.
        with self._opening:
            return self._transport.open_session(timeout=START_SECONDS)

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
    route: Route | None = None,
) -> SshConnection:
    """Log in on a host.

    `jump` gives connections to jump hosts that outlive this one; without it they are opened here and closed
    with it. `route` saves asking the ssh configuration again.

    Raises:
        ConnectionFailed: with kind, cause, evidence and next action; `host` is always `target.name`.
    """
    way = route or resolve(target)
    return _connect(target, way, login, confirm_host_key, timeouts or Timeouts(), stop, jump, 0)


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
            KEYS.give_way()
            greet(target, route, transport, confirm, timeouts, proxy)
            transport.auth_timeout = timeouts.auth
            KEYS.give_way()
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
    transport.settle()
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
        what, evidence = _why_not_forwarded(wrong, connection.refusal)
        facts = {"jump": hop.name, "address": route.address}
        raise failed(target.name, what, evidence=evidence, port=route.port, **facts) from wrong


def _why_not_forwarded(wrong: paramiko.SSHException, said: str) -> tuple[str, str]:
    """The kind of failure, from what the jump host said of its own attempt."""
    if not isinstance(wrong, paramiko.ChannelException):
        return "timeout/jump", "the jump host gave no answer"
    if wrong.code == 1:
        return "unreachable/forwarding", said
    words_of = {"timed out": "timeout/jump", "resol": "unresolved/jump", "name or service": "unresolved/jump"}
    what = next((what for word, what in words_of.items() if word in said.lower()), "refused/jump")
    return what, said or "no reason given"


def _with_jumps(route: Route, jumps: tuple[str, ...]) -> Route:
    from dataclasses import replace

    return replace(route, jumps=jumps, proxy_command=None)


def _refused(cause: BaseException | None) -> bool:
    """Whether the host refused this one channel, or the start of a command on it: nothing has run then.

    The library says of a refused start only that the channel is closed.
    """
    return isinstance(cause, paramiko.ChannelException) or (
        isinstance(cause, paramiko.SSHException) and str(cause) == "Channel closed."
    )
