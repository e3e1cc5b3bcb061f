"""The real parts: connections to the hosts of a spec, a prober that reads them, hands that write on them.

Assembles what other rooms make. Nothing below knows whether it is real; only the command line asks for this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from validators.values import HostAddress, parse_host_address

from .answers.judging import same_name
from .answers.passwords import Passwords
from .audit import Audited, AuditLog
from .connection import Connection, ConnectionFailed, Stop
from .events import Sink
from .facts import HostFacts, SudoWay
from .hands import Fetcher, Hands, Signature
from .local import LocalConnection
from .needs import Need
from .parts import Executor, Prober
from .plan import Plan
from .probes.prober import HostProber
from .readings import Readings
from .runner import Performance
from .secrets import Secret
from .spec import HERE, AdminSpec, ClusterSpec, HostSpec
from .ssh.hostkeys import UnknownHostKey
from .ssh.hosts import connections
from .ssh.pool import Connections
from .ssh.target import Login, Target


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose password opens which host: those of the file, else those of the environment or the terminal."""

    passwords: Passwords

    def password(self, host: str) -> Secret | None:
        return self.passwords.login(host)

    def login(self, host: str) -> Login:
        return Login(self.password(host), self.passwords.passphrase)

    def sudo_password(self, host: str) -> Secret | None:
        """sudo's own password, else the login's, which it mostly is."""
        return self.passwords.sudo(host) or self.password(host)

    @property
    def all(self) -> tuple[Secret, ...]:
        passwords = self.passwords
        single = (passwords.default, passwords.sudo_default, passwords.passphrase)
        many = (*single, *passwords.per_host.values(), *passwords.sudo_per_host.values())
        return tuple(secret for secret in many if secret is not None)


@dataclass(slots=True)
class RealParts:
    """See `session.Parts`."""

    pool: Connections | None
    prober: Prober
    fetch: Fetcher
    who: str
    when: str
    sudo_password: Callable[[str], Secret | None]
    """Asked at every command: a password may be given while a run goes on."""
    open_host: Callable[[str], Connection]
    admin_pool: Connections | None = None
    open_admin: Callable[[str], Connection] | None = None

    def performance(self, plan: Plan, readings: Readings, run_id: str, stop: Stop) -> Performance:
        """The plan as it is, carried out on the hosts."""
        del stop
        return Performance(plan, readings, self.executor(run_id))

    def executor(self, run_id: str) -> Executor:
        return Hands(
            self.open_host,
            self.fetch,
            Signature(run_id, self.who, self.when),
            self.open_admin,
            self.sudo_password,
        )

    def close(self) -> None:
        if self.pool is not None:
            self.pool.close_all()
        if self.admin_pool is not None:
            self.admin_pool.close_all()


def real_parts(
    spec: ClusterSpec,
    credentials: Credentials,
    known_hosts: Path,
    audit: AuditLog,
    fetch: Fetcher,
    who: str,
    when: str,
    stop: threading.Event,
    confirm_host_key: Callable[[UnknownHostKey], bool] | None = None,
) -> RealParts:
    """Parts that reach the hosts of the spec; connections open when they are first used."""
    local = {HERE, *(host.name for host in spec.hosts if host.local)}

    def here(host: str) -> Connection | None:
        return LocalConnection(host) if host in local else None

    def login(host: str) -> Login:
        return credentials.login(host)

    make = partial(connections, here=here, confirm_host_key=confirm_host_key, stop=stop)
    pool = make({host.name: target_of(spec, host, known_hosts) for host in spec.hosts}, login)

    def open_host(host: str) -> Connection:
        return Audited(pool.get(host, stop=stop), audit)

    prober = HostProber(open_host, own=local)
    parts = RealParts(pool, prober, fetch, who, when, credentials.sudo_password, open_host)
    if spec.ssh.admin is not None:
        admin = spec.ssh.admin
        targets = {host.name: target_of(spec, host, known_hosts, admin) for host in spec.hosts}
        admin_pool = make(targets, login)

        def open_admin(host: str) -> Connection:
            return Audited(admin_pool.get(host, stop=stop), audit)

        parts.admin_pool, parts.open_admin = admin_pool, open_admin
        parts.prober = AdminProber(prober, open_admin)
    return parts


AT_ONCE = 48
"""Logins of a walk that may be under way at once: hosts that hang must not keep the others waiting."""


class RealReach:
    """How a walk reaches real hosts. A host keeps its connection as long as its login stays the same.

    `credentials` are asked at every login, `audit_of` for the log of each command, `confirm` about unknown host keys.
    """

    def __init__(
        self,
        credentials: Callable[[], Credentials],
        known_hosts: Path,
        audit_of: Callable[[ClusterSpec], AuditLog],
        fetch: Fetcher,
        who: str,
        confirm: Callable[[UnknownHostKey], bool],
    ) -> None:
        self._credentials = credentials
        self._known_hosts = known_hosts
        self._audit_of = audit_of
        self._fetch = fetch
        self._who = who
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._targets: dict[str, Target] = {}
        self._hosts: dict[str, str] = {}
        self._names: dict[Target, str] = {}
        self._here = {HERE}
        self._pool = connections(
            self._targets,
            self._login,
            here=lambda key: LocalConnection(key) if key in self._here else None,
            confirm_host_key=confirm,
            stop=self._stop,
            at_once=AT_ONCE,
        )

    def _login(self, key: str) -> Login:
        return self._credentials().login(self._hosts.get(key, key))

    def parts(self, spec: ClusterSpec, stop: threading.Event | None = None) -> RealParts:
        """See `walk.Reach`. Closing these parts leaves the connections open; `stop` ends logins that are under way."""
        until = stop or self._stop
        audit = self._audit_of(spec)
        local = {HERE, *(host.name for host in spec.hosts if host.local)}

        def open_host(host: str) -> Connection:
            key = HERE if host == HERE else self._key(spec, spec.host(host))
            return Audited(self._pool.get(key, stop=until), audit)

        when = datetime.now(UTC).isoformat(timespec="seconds")
        prober = HostProber(open_host, own=local)
        parts = RealParts(
            None,
            prober,
            self._fetch,
            self._who,
            when,
            lambda host: self._credentials().sudo_password(host),
            open_host,
        )
        admin = spec.ssh.admin
        if admin is not None:

            def open_admin(host: str) -> Connection:
                return Audited(self._pool.get(self._key(spec, spec.host(host), admin), stop=until), audit)

            parts.open_admin = open_admin
            parts.prober = AdminProber(prober, open_admin)
        return parts

    def identity(self, spec: ClusterSpec, host: str) -> str:
        return self._key(spec, spec.host(host))

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None:
        for host in hosts:
            self._pool.renew(self._key(spec, spec.host(host)))

    def close(self) -> None:
        self._stop.set()
        self._pool.close_all()

    def _key(self, spec: ClusterSpec, host: HostSpec, admin: AdminSpec | None = None) -> str:
        """The name of this login in the pool: the host's own for its first one."""
        on_the_way = jump_host(spec, host)
        if isinstance(on_the_way, HostSpec):
            self._key(spec, on_the_way)
        with self._lock:
            if host.local and admin is None:
                self._here.add(host.name)
                return host.name
            target = target_of(spec, host, self._known_hosts, admin)
            if target not in self._names:
                free = host.name not in self._targets and host.name not in self._here
                key = host.name if free else f"{host.name} as {target.user} ({len(self._names)})"
                self._names[target] = key
                self._hosts[key] = host.name
                self._targets[key] = target
            return self._names[target]


class AdminProber:
    """A prober that says of sudo what the admin's login may do, wherever the ordinary login was read."""

    def __init__(self, prober: Prober, open_admin: Callable[[str], Connection]) -> None:
        self._prober = prober
        self._open_admin = open_admin

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`."""
        seen = self._prober.read(wanted, stop, report)
        return {name: self._with_sudo(facts, stop) for name, facts in seen.items()}

    def _with_sudo(self, facts: HostFacts, stop: Stop) -> HostFacts:
        if facts.sudo is None or facts.name == HERE:
            return facts
        asked = "[ $(id -u) -eq 0 ] && echo root || { sudo -n true 2>/dev/null && echo nopasswd || echo password; }"
        try:
            said = self._open_admin(facts.name).run(asked, timeout=20.0, stop=stop).stdout.strip()
        except ConnectionFailed:
            return facts
        ways: dict[str, SudoWay] = {"root": "root", "nopasswd": "nopasswd"}
        return replace(facts, sudo=ways.get(said, "password"))


def target_of(spec: ClusterSpec, host: HostSpec, known_hosts: Path, admin: AdminSpec | None = None) -> Target:
    """How ssh reaches this host; what the answers leave open, the operator's ssh configuration decides."""
    key = admin.key if admin else host.key or spec.ssh.key
    on_the_way = jump_host(spec, host)
    return Target(
        name=host.ssh_name or host.name,
        user=admin.user if admin else host.user or spec.user,
        port=host.port or spec.ssh.port,
        key=Path(key).expanduser() if key else None,
        host_keys=spec.ssh.host_keys,
        known_hosts=known_hosts,
        jump=_jump_text(spec, on_the_way) if isinstance(on_the_way, HostSpec) else on_the_way,
    )


def jump_host(spec: ClusterSpec, host: HostSpec) -> HostSpec | str | None:
    """What lies on the way to this host: a host of the cluster, another one as it was written, or nothing."""
    if spec.ssh.jump is None:
        return None
    named = parse_host_address(spec.ssh.jump, underscores=True).host
    known = next(
        (one for one in spec.hosts if same_name(named) in map(same_name, (one.name, one.address))), None
    )
    if known is None:
        return spec.ssh.jump
    return None if known.local or known.name == host.name else known


def _jump_text(spec: ClusterSpec, host: HostSpec) -> str:
    """Written in full, so that the login that this host has anyway is the one that is used."""
    return str(HostAddress(host.ssh_name or host.name, host.user or spec.user, host.port or spec.ssh.port))
