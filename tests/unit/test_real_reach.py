"""How a walk reaches real hosts: logins outlive a change of the answers, a new login is a new host, the end is prompt."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.ssh_server import PythonSshd, Rules
from tests.unit.sshd import SSHD, Sshd, make_key
from tests.unit.walks import until
from wizard.answers import Answers, HostEntry, Passwords
from wizard.audit import AuditLog
from wizard.connection import ConnectionFailed
from wizard.mastercopy import answers_on
from wizard.obtain import Obtainer
from wizard.real import Credentials, RealReach
from wizard.secrets import Masker, Secret
from wizard.shelf import Shelf
from wizard.spec import ClusterSpec
from wizard.ssh.hostkeys import UnknownHostKey
from wizard.view import ShownKey
from wizard.walk import Desk, Walk, spec_of

needs_sshd = pytest.mark.skipif(not SSHD.exists(), reason="needs sshd")


@pytest.fixture
def desk() -> Desk:
    return Desk(Passwords(), Masker(()))


@pytest.fixture
def reach(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealReach]:
    """A reach that knows no host key and none of the tester's own ssh files."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def confirm(key: UnknownHostKey) -> bool:
        return desk.confirm(ShownKey(key.host, key.address, key.port, key.key_type, key.fingerprint))

    made = RealReach(
        lambda: Credentials(desk.passwords),
        tmp_path / "known_hosts",
        lambda spec: AuditLog(None, Masker(())),
        Obtainer(),
        "op@desk",
        confirm,
    )
    with closing(made):
        yield made


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[tuple[Sshd, Path]]:
    server = Sshd(tmp_path / "sshd")
    key = make_key(tmp_path / "key")
    server.start()
    server.authorize(key)
    yield server, key
    server.stop()


def spec(port: int, user: str, key: Path | None = None, policy: str = "accept-new") -> ClusterSpec:
    entry = (HostEntry("127.0.0.1"),)
    answers = Answers().with_value("master", entry).with_value("workers", entry).with_value("user", user)
    answers = answers.with_value("ssh.port", port).with_value("ssh.host_keys", policy)
    made = spec_of(answers if key is None else answers.with_value("ssh.key", str(key)), lambda host: False)
    assert made is not None
    return made


@needs_sshd
def test_a_login_outlives_a_change_of_the_answers(sshd: tuple[Sshd, Path], reach: RealReach) -> None:
    server, key = sshd
    before = spec(server.port, server.user, key)
    after = replace(before, cluster="other")
    for wish in (before, after, before):
        assert reach.parts(wish).open_host("127.0.0.1").run("echo here").stdout == "here\n"
    assert server.log.count("Accepted publickey") == 1
    assert reach.identity(before, "127.0.0.1") == reach.identity(after, "127.0.0.1")


@needs_sshd
def test_another_port_user_or_key_is_another_login(sshd: tuple[Sshd, Path], reach: RealReach) -> None:
    server, key = sshd
    wishes = [
        spec(server.port, server.user, key),
        spec(server.port + 1, server.user, key),
        spec(server.port, "somebody", key),
        spec(server.port, server.user),
    ]
    assert len({reach.identity(wish, "127.0.0.1") for wish in wishes}) == 4
    with pytest.raises(ConnectionFailed):
        reach.parts(wishes[2]).open_host("127.0.0.1")
    assert reach.parts(wishes[0]).open_host("127.0.0.1").run("true").ok


def test_a_refused_password_is_kept_until_there_is_another(reach: RealReach, desk: Desk) -> None:
    server = PythonSshd(Rules()).start()
    wish = spec(server.port, "flink")
    desk.keep_password(Secret("wrong"))
    for _ in range(3):
        with pytest.raises(ConnectionFailed) as caught:
            reach.parts(wish).open_host("127.0.0.1")
        assert caught.value.kind == "auth"
    assert server.tried == ["password"], "a host must not lock the account"
    desk.keep_password(Secret("right"), "127.0.0.1")
    reach.forget(wish, ["127.0.0.1"])
    assert reach.parts(wish).open_host("127.0.0.1").host == "127.0.0.1"
    reach.forget(wish, ["127.0.0.1"])
    reach.parts(wish).open_host("127.0.0.1")
    assert server.tried == ["password", "password"], "reading again keeps a login that works"
    server.stop()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("way", ["stop", "close"])
def test_a_login_that_hangs_is_broken_off(way: str, silent: int, reach: RealReach) -> None:
    stop, failed = threading.Event(), list[ConnectionFailed]()

    def login() -> None:
        try:
            reach.parts(spec(silent, "flink"), stop).open_host("127.0.0.1")
        except ConnectionFailed as wrong:
            failed.append(wrong)

    thread = threading.Thread(target=login)
    thread.start()
    time.sleep(0)
    stop.set() if way == "stop" else reach.close()
    until(lambda: failed, 5.0)
    assert failed[0].kind == "cancelled"
    thread.join()


def test_an_answer_that_is_corrected_does_not_wait_for_a_host_that_hangs(
    silent: int, reach: RealReach, desk: Desk, tmp_path: Path
) -> None:
    server = PythonSshd(Rules()).start()
    desk.keep_password(Secret("right"))
    masker = Masker(())
    answers = Answers()
    for path, value in (
        ("cluster", "demo"),
        ("user", "flink"),
        ("ssh.port", silent),
        ("ssh.host_keys", "accept-new"),
    ):
        answers = answers.with_value(path, value)
    for role in ("master", "workers"):
        answers = answers.with_value(role, (HostEntry("elsewhere"),))
    walk = Walk(
        "install", reach, desk, Shelf(masker, tmp_path / "state"), masker, answers=answers, settle=0.02
    )
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host elsewhere\n  HostName 127.0.0.1\n")
    with closing(walk):
        until(lambda: walk.view.reading == {"elsewhere"})
        walk.decide("ssh.port", server.port)
        # Its shell answers nonsense, which is a failure of another kind: the login itself is through.
        assert walk.settled(20) and server.tried
        failure = walk.view.facts["elsewhere"].failure
        assert failure is not None and failure.kind == "lost"
        walk.decide("ssh.port", silent)
        until(lambda: walk.view.reading == {"elsewhere"})
        begun = time.monotonic()
    assert time.monotonic() - begun < 10, "closing does not wait for the time limit of the login (30 s)"
    server.stop()


class Sitting:
    """Somebody at the terminal who agrees, and knows the password."""

    def __init__(self, password: str = "") -> None:
        self.said: list[str] = []
        self._password = password

    def say(self, line: str) -> None:
        self.said.append(line)

    def agreed(self, question: str) -> bool:
        self.said.append(question)
        return True

    def password(self, prompt: str) -> str:
        self.said.append(prompt)
        return self._password

    def pick(self, question: str, choices: tuple[str, ...]) -> int:
        self.said += [question, *choices]
        return choices.index("demo")


LEFT = """version: 1
cluster: {cluster}
user: flink
master: localhost
workers: [{{host: localhost, slots: 3}}]
flink: {{version: "2.2.0"}}
"""


@needs_sshd
def test_a_repair_takes_over_what_an_earlier_run_left_on_the_master(
    sshd: tuple[Sshd, Path], reach: RealReach, desk: Desk
) -> None:
    server, key = sshd
    wish = spec(server.port, server.user, key, "ask")
    master = (HostEntry("127.0.0.1"),)
    sitting = Sitting()
    found = answers_on(master, wish, reach, desk, sitting)
    assert found is None
    assert any("shows a host key" in line for line in sitting.said) and "holds none" in sitting.said[-1]
    for cluster in ("demo", "other; touch x"):
        place = server.folder / ".flink-wizard" / cluster
        place.mkdir(parents=True)
        (place / "answers.yaml").write_text(LEFT.format(cluster=cluster.partition(";")[0]))
    assert answers_on(master, wish, reach, desk, sitting, "/opt/another") is None
    found = answers_on(master, wish, reach, desk, sitting)
    assert found is not None
    assert (found.text_at("cluster"), found.text_at("flink.version")) == ("demo", "2.2.0")
    assert found.hosts_at("master") == master
    assert found.hosts_at("workers") == (HostEntry("127.0.0.1", slots=3),), (
        "localhost is another machine from here"
    )


def test_a_master_that_is_out_of_reach_is_told_by_the_login(reach: RealReach, desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with pytest.raises(ConnectionFailed) as caught:
        answers_on((HostEntry("127.0.0.1"),), spec(port, "flink"), reach, desk, Sitting())
    assert caught.value.kind == "refused"
