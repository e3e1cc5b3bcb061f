"""The first half of a login: the server's first lines, the key exchange, and whether its host key is right.

Knows why a greeting fails, and the policy for host keys. It must not know users, and decides nothing about a
key that nobody confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from wizard.connection import ConnectionFailed
from wizard.ssh.config import Route
from wizard.ssh.errors import failed
from wizard.ssh.hostkeys import HostKeys, UnknownHostKey, fingerprint, lookup_name
from wizard.ssh.target import Target, Timeouts
from wizard.ssh.transport import ProxyProcess, QuietTransport

ConfirmHostKey = Callable[[UnknownHostKey], bool]

_TURNED_AWAY = re.compile(r"not allowed|exceeded|denied|refused|too many|maxstartups", re.IGNORECASE)
_MISSING = {"host key": "host key type", "cipher": "cipher", "kex": "key exchange", "mac": "MAC"}


def greet(
    target: Target,
    route: Route,
    transport: QuietTransport,
    confirm: ConfirmHostKey | None,
    timeouts: Timeouts,
    proxy: ProxyProcess | None,
) -> None:
    """Exchange keys and judge the host's key.

    Raises:
        ConnectionFailed: reset, timeout, refused (no SSH server), no-common-algorithm, host-key-….
    """
    known = HostKeys(route.known_hosts, target.known_hosts)
    options = transport.get_security_options()
    options.key_types = known.algorithms(route.host_key_name, route.port, options.key_types)
    transport.banner_timeout = transport.handshake_timeout = timeouts.banner
    try:
        transport.start_client(timeout=2 * timeouts.banner)
    except (paramiko.SSHException, EOFError, OSError) as wrong:
        raise _cause(target, route, transport, timeouts, proxy, wrong) from wrong
    if not transport.initial_kex_done:
        raise failed(target.name, "timeout/banner", port=route.port, seconds=2 * timeouts.banner)
    _judge(target, route, known, transport.get_remote_server_key(), confirm)


def _cause(
    target: Target,
    route: Route,
    transport: QuietTransport,
    timeouts: Timeouts,
    proxy: ProxyProcess | None,
    wrong: BaseException,
) -> ConnectionFailed:
    text = str(wrong)

    def because(what: str, evidence: str = "") -> ConnectionFailed:
        return failed(target.name, what, evidence=evidence, port=route.port, seconds=timeouts.banner)

    if isinstance(wrong, IncompatiblePeer):
        missing = next((name for word, name in _MISSING.items() if word in text.lower()), "algorithm")
        return failed(
            target.name,
            "no-common-algorithm",
            missing=missing,
            evidence=f"{transport.remote_version}: {text}",
        )
    if transport.remote_version:
        if isinstance(wrong, EOFError) and transport.packetizer.handshake_timed_out():
            return because("timeout/banner", "silent during the key exchange")
        return because("reset", transport.farewell or text or "closed during the key exchange")
    if proxy is not None:
        return because("unreachable/proxy", proxy.complaint() or text)
    said = "; ".join(transport.said)
    if (said and not _TURNED_AWAY.search(said)) or isinstance(wrong.__context__, UnicodeDecodeError):
        return because("refused/no-ssh", said or "it sent no text")
    if isinstance(wrong.__context__, TimeoutError):
        return because("timeout/banner", said)
    return because("reset", said or "closed before the first line")


def _judge(
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
        raise failed(
            target.name,
            "host-key-unknown",
            evidence=f"presented: {seen}",
            port=port,
            user=route.user,
            address=route.address,
        )
    with suppress(OSError):
        known.accept(name, port, key_type, blob)
