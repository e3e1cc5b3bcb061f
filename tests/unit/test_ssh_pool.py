"""The pool: one connection a host, few logins at once, and second tries only where they help."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.sshd import SSHD, Sshd, make_key
from wizard.connection import Connection, ConnectionFailed, NeverStarted, Result
from wizard.local import LocalConnection
from wizard.ssh.errors import failed
from wizard.ssh.hosts import connections
from wizard.ssh.pool import TRIES, Connections
from wizard.ssh.target import Login, Target


class Opened(LocalConnection):
    """A connection to this machine that can be declared dead."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.dead = False
        self.dies_unnoticed = False

    @property
    def alive(self) -> bool:
        return not self.dead and super().alive

    def run(self, command: str, **options: object) -> Result:  # type: ignore[override]
        if self.dies_unnoticed:
            self.dead = True
            raise NeverStarted(self.host, "lost", "The connection was lost.")
        return super().run(command)


class Opener:
    """Opens connections, and counts them; the first ones fail as told."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.opened: list[Opened] = []

    def __call__(self, host: str, stop: object = None) -> Connection:
        if self.failures:
            raise failed(host, self.failures.pop(0), port=22, seconds=1, user="flink")
        self.opened.append(Opened(host))
        return self.opened[-1]


def test_a_connection_is_opened_once_and_shared() -> None:
    opener = Opener()
    pool = Connections(opener)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pool.get("node1"), range(8)))
    assert len(opener.opened) == 1
    assert all(one is found[0] for one in found)
    assert pool.run("node1", "echo hello").stdout == "hello\n"


def test_nothing_is_opened_before_it_is_needed() -> None:
    opener = Opener()
    Connections(opener).close_all()
    assert opener.opened == []


def test_a_connection_that_died_is_opened_again() -> None:
    opener = Opener()
    pool = Connections(opener)
    pool.run("node1", "true")
    opener.opened[0].dead = True
    assert pool.run("node1", "true").ok
    opener.opened[1].dies_unnoticed = True
    assert pool.run("node1", "true").ok
    assert len(opener.opened) == 3


def test_it_is_opened_again_only_once() -> None:
    opened: list[Opened] = []

    def dying(host: str, stop: object) -> Connection:
        opened.append(Opened(host))
        opened[-1].dies_unnoticed = True
        return opened[-1]

    with pytest.raises(NeverStarted):
        Connections(dying).run("node1", "true")
    assert len(opened) == 2


def test_dropped_logins_are_tried_again() -> None:
    opener = Opener(*["reset"] * (TRIES - 1))
    assert Connections(opener, first_pause=0).run("node1", "true").ok


def test_dropped_logins_are_not_tried_for_ever() -> None:
    opener = Opener(*["reset"] * 20)
    with pytest.raises(ConnectionFailed):
        Connections(opener, first_pause=0).get("node1")
    assert len(opener.failures) == 20 - TRIES


@pytest.mark.parametrize("kind", ["refused", "timeout", "auth", "host-key-changed"])
def test_other_failures_stay_until_they_are_forgotten(kind: str) -> None:
    opener = Opener(kind)
    pool = Connections(opener)
    for _ in range(2):
        with pytest.raises(ConnectionFailed) as caught:
            pool.get("node1")
        assert caught.value.kind == kind
    assert pool.failure("node1") is caught.value
    assert pool.get("node2").host == "node2"
    pool.forget("node1")
    assert (pool.failure("node1"), pool.get("node1").host) == (None, "node1")


class Gate:
    """An opener that holds every login until as many are under way as may be; it records the most."""

    def __init__(self, expected: int) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.full = threading.Event()
        self.expected = expected

    def __call__(self, host: str, stop: object = None) -> Connection:
        if host == "gate":
            return Opened(host)
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now >= self.expected:
                self.full.set()
        assert self.full.wait(20)
        with self.lock:
            self.now -= 1
        return Opened(host)


@pytest.mark.parametrize(("jump", "most"), [(None, 3), ("gate", 2)])
def test_only_so_many_logins_are_under_way(jump: str | None, most: int) -> None:
    gate = Gate(most)
    pool = Connections(
        gate,
        at_once=3,
        through_one_jump_host=2,
        jump_of=lambda host: jump if host != "gate" else None,
    )
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(pool.get, [f"node{number}" for number in range(12)]))
    assert gate.most == most


def test_many_hosts_behind_jump_hosts_do_not_block_each_other() -> None:
    pool = Connections(
        Opener(), at_once=1, jump_of=lambda host: f"gate{host[-1]}" if host.startswith("node") else None
    )
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(pool.get, [f"node{number}" for number in range(30)]))
    assert len(found) == 30


def test_a_jump_host_that_fails_is_told_for_each_host_behind_it() -> None:
    def opener(host: str, stop: object) -> Connection:
        raise failed(host, "refused", port=22)

    pool = Connections(opener, jump_of=lambda host: "gate" if host != "gate" else None)
    with pytest.raises(ConnectionFailed) as caught:
        pool.get("node1")
    assert (caught.value.host, caught.value.kind) == ("node1", "refused")
    assert caught.value.cause.startswith("node1 is reached through gate, and that failed. gate refuses")


def test_jump_hosts_in_a_circle_are_refused() -> None:
    pool = Connections(Opener(), jump_of={"node1": "node2", "node2": "node1"}.get)
    with pytest.raises(ConnectionFailed) as caught:
        pool.get("node1")
    assert caught.value.evidence == "node1 → node2 → node1"


def test_after_closing_nothing_is_opened() -> None:
    opener = Opener()
    pool = Connections(opener)
    connection = pool.get("node1")
    pool.close_all()
    for refuse in (lambda: pool.get("node1"), lambda: pool.get("node2"), lambda: connection.run("true")):
        with pytest.raises(ConnectionFailed) as caught:
            refuse()
        assert caught.value.kind == "cancelled"


def test_a_stop_ends_the_waiting_for_a_login_of_somebody_else() -> None:
    stop, opening, go_on = threading.Event(), threading.Event(), threading.Event()

    def opener(host: str, stop: object) -> Connection:
        opening.set()
        assert go_on.wait(20)
        return Opened(host)

    pool = Connections(opener)
    thread = threading.Thread(target=pool.get, args=("node1",))
    thread.start()
    assert opening.wait(20)
    stop.set()
    with pytest.raises(ConnectionFailed) as caught:
        pool.get("node1", stop=stop)
    assert caught.value.kind == "cancelled"
    go_on.set()
    thread.join()


def test_the_pool_comes_without_the_ssh_library() -> None:
    code = "import sys, wizard.ssh.pool, wizard.ssh.hosts, wizard.local; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


@pytest.fixture
def sshds(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    started: list[Sshd] = []

    def start(name: str, *options: str) -> Sshd:
        started.append(Sshd(tmp_path / name, options=options).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.mark.skipif(not SSHD.exists(), reason="needs /usr/sbin/sshd")
def test_an_sshd_that_drops_logins_is_reached_in_the_end(tmp_path: Path, sshds: Callable[..., Sshd]) -> None:
    server = sshds("sshd", "MaxStartups 2:60:3")
    key = make_key(tmp_path / "key")
    server.authorize(key)
    names = [f"node{number}" for number in range(12)]
    pool = connections({name: target(name, server, key, tmp_path) for name in names}, lambda _host: Login())
    with ThreadPoolExecutor(12) as threads:
        results = list(threads.map(lambda name: pool.run(name, "echo here"), names))
    pool.close_all()
    assert [result.stdout for result in results] == ["here\n"] * 12


@pytest.mark.skipif(not SSHD.exists(), reason="needs /usr/sbin/sshd")
def test_hosts_behind_one_jump_host_share_its_login(tmp_path: Path, sshds: Callable[..., Sshd]) -> None:
    gate, inner = sshds("gate"), sshds("inner")
    key = make_key(tmp_path / "key")
    for server in (gate, inner):
        server.authorize(key)
    config = tmp_path / "config"
    config.write_text(
        f"Host gate\n HostName 127.0.0.1\n Port {gate.port}\n IdentityFile {key}\n IdentitiesOnly yes\n"
        f"Host node*\n HostName 127.0.0.1\n Port {inner.port}\n ProxyJump gate\n"
    )
    names = ["node1", "node2", "node3"]
    pool = connections(
        {name: Target(name, key=key, host_keys="accept-new", config=config) for name in names},
        lambda _host: Login(use_agent=False),
        here=lambda host: LocalConnection(host) if host == "here" else None,
    )
    with ThreadPoolExecutor(3) as threads:
        assert all(result.ok for result in threads.map(lambda name: pool.run(name, "true"), names))
    pool.close_all()
    assert gate.log.count("Accepted publickey") == 1
    assert inner.log.count("Accepted publickey") == 3


def target(name: str, server: Sshd, key: Path, folder: Path) -> Target:
    return Target(
        name, None, server.port, "127.0.0.1", key, "accept-new", folder / "known", Path("/dev/null")
    )
