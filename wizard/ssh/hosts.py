"""The pool of connections for named targets: which is this machine, which goes through which jump host.

Knows targets, logins and where connections come from. It must not import the SSH library before the first
host is opened, nor ask anybody but through `confirm_host_key`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from wizard.connection import Connection, Either, Stop
from wizard.ssh.config import Route, hop_target, resolve
from wizard.ssh.hostkeys import UnknownHostKey
from wizard.ssh.pool import AT_ONCE, Connections
from wizard.ssh.target import Login, Target, Timeouts

if TYPE_CHECKING:
    from wizard.ssh.client import SshConnection


def connections(
    targets: Mapping[str, Target],
    login_of: Callable[[str], Login],
    *,
    here: Callable[[str], Connection | None] = lambda _host: None,
    confirm_host_key: Callable[[UnknownHostKey], bool] | None = None,
    timeouts: Timeouts | None = None,
    stop: Stop | None = None,
    at_once: int = AT_ONCE,
) -> Connections:
    """Lazily opened connections to these targets, by name; jump hosts are opened once and shared.

    `here` answers with a connection for hosts that are this machine. `confirm_host_key` is asked about one
    host at a time, from whatever thread opens it.
    """
    asking = threading.Lock()
    hops: dict[str, Target] = {}
    hop_logins: dict[str, Login] = {}

    def confirm(key: UnknownHostKey) -> bool:
        with asking:
            return confirm_host_key is not None and confirm_host_key(key)

    @cache
    def route(host: str) -> Route:
        return resolve(targets.get(host) or hops[host])

    def jump_of(host: str) -> str | None:
        if here(host) is not None or not route(host).jumps:
            return None
        target = targets.get(host) or hops[host]
        *before, last = route(host).jumps
        if before:
            return None  # A chain written in full belongs to this host alone; it opens its own.
        hop = hop_target(last, target)
        known = next((name for name, other in targets.items() if replace(hop, key=other.key) == other), last)
        if here(known) is not None:
            return None
        if known == last:
            hops.setdefault(last, hop)
            hop_logins.setdefault(last, login_of(host).for_jump())
        return known

    def open_one(host: str, until: Stop | None) -> Connection:
        from wizard.ssh.client import connect

        local = here(host)
        if local is not None:
            return local
        either = Either(stop, until)
        shared = jump_of(host)

        def jump(_hop: Target) -> SshConnection:
            assert shared is not None
            return pool.get(shared, stop=either)  # pyright: ignore[reportReturnType]

        return connect(
            targets.get(host) or hops[host],
            login_of(host) if host in targets else hop_logins[host],
            confirm_host_key=confirm,
            timeouts=timeouts,
            stop=either,
            jump=jump if shared is not None else None,
            route=route(host),
        )

    pool = Connections(open_one, jump_of=jump_of, at_once=at_once)
    return pool
