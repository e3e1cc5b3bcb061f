"""Logins: what is tried, in which order, and what is said when nothing is taken."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.ssh_server import PythonSshd, Rules
from tests.unit.sshd import make_key
from wizard.connection import ConnectionFailed
from wizard.secrets import Secret
from wizard.ssh.auth import load_key
from wizard.ssh.client import SshConnection, connect
from wizard.ssh.target import Login, Target

Serve = Callable[[Rules], PythonSshd]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[PythonSshd] = []

    def start(rules: Rules) -> PythonSshd:
        servers.append(PythonSshd(rules).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def log_in(server: PythonSshd, login: Login, key: Path | None = None) -> SshConnection:
    target = Target("node1", "flink", server.port, "127.0.0.1", key, "accept-new", config=Path("/dev/null"))
    return connect(target, login)


def refusal(server: PythonSshd, login: Login, key: Path | None = None) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught:
        log_in(server, login, key)
    assert caught.value.host == "node1"
    assert "secret-word" not in f"{caught.value}{caught.value.evidence}{caught.value.action}"
    return caught.value


def public(key: Path) -> str:
    return Path(f"{key}.pub").read_text().split()[1]


def password(word: str = "right") -> Login:
    return Login(password=Secret(word))


def test_a_password_opens_the_login(serve: Serve) -> None:
    connection = log_in(serve(Rules()), password())
    assert connection.run("true").stdout == "done\n"
    connection.close()


def test_a_single_hidden_question_is_answered_with_the_password(serve: Serve) -> None:
    log_in(serve(Rules(methods=("keyboard-interactive",))), password()).close()


def test_a_wrong_password_is_tried_once_and_named(serve: Serve) -> None:
    server = serve(Rules(methods=("password", "keyboard-interactive")))
    failed = refusal(server, password("secret-word"))
    assert failed.kind == "auth"
    assert failed.cause == (
        "node1 refused the password of flink: it is wrong, or flink may not log in there."
    )
    assert server.tried == ["password"]


def test_a_second_factor_is_named_and_not_guessed(serve: Serve) -> None:
    rules = Rules(methods=("keyboard-interactive",), prompts=("Password: ", "Verification code: "))
    failed = refusal(serve(rules), password())
    assert (failed.kind, "Verification code:" in failed.evidence) == ("auth", True)
    assert "more than a password" in failed.cause


def test_a_server_without_passwords_says_what_it_takes(serve: Serve) -> None:
    failed = refusal(serve(Rules(methods=("publickey",))), password())
    assert failed.cause == "node1 takes no password from flink, only publickey."


def test_only_the_given_key_is_tried(serve: Serve, tmp_path: Path) -> None:
    for name in ("id_ed25519", "id_ecdsa"):
        make_key(tmp_path / "home" / ".ssh" / name)
    server = serve(Rules(methods=("publickey",)))
    failed = refusal(server, Login(), make_key(tmp_path / "given"))
    assert server.tried == ["publickey"]
    assert failed.kind == "auth"
    assert str(tmp_path / "given") in failed.cause
    assert "authorized_keys" in failed.action


def test_the_default_keys_are_tried_when_none_is_given(serve: Serve, tmp_path: Path) -> None:
    make_key(tmp_path / "home" / ".ssh" / "id_ed25519")
    ecdsa = make_key(tmp_path / "home" / ".ssh" / "id_ecdsa", "ecdsa")
    log_in(serve(Rules(methods=("publickey",), keys=(public(ecdsa),))), Login()).close()


def test_a_key_that_the_server_refuses_is_followed_by_the_password(serve: Serve, tmp_path: Path) -> None:
    server = serve(Rules(methods=("publickey", "password")))
    log_in(server, password(), make_key(tmp_path / "given")).close()
    assert server.tried == ["publickey", "password"]


def test_a_server_may_want_both_key_and_password(serve: Serve, tmp_path: Path) -> None:
    key = make_key(tmp_path / "given")
    server = serve(Rules(methods=("publickey",), keys=(public(key),), second="password"))
    log_in(server, password(), key).close()
    assert server.tried == ["publickey", "password"]


def test_too_many_tries_are_told_as_such(serve: Serve, tmp_path: Path) -> None:
    for name in ("id_ed25519", "id_ecdsa", "id_rsa"):
        make_key(tmp_path / "home" / ".ssh" / name)
    failed = refusal(serve(Rules(methods=("publickey",), most_failures=2)), Login())
    assert failed.kind == "auth"
    assert "too many" in failed.cause
    assert "one key" in failed.action


def test_without_any_way_in_it_asks_for_one(serve: Serve) -> None:
    failed = refusal(serve(Rules()), Login())
    assert (failed.kind, failed.action) == ("auth", "Give a key or a password for flink@node1.")


def test_a_banner_is_kept_as_evidence(serve: Serve) -> None:
    rules = Rules(banner="System is going down.\x1b[31m Unprivileged users may not log in.\n")
    failed = refusal(serve(rules), password("wrong"))
    assert "System is going down. Unprivileged users" in failed.evidence


def test_a_key_in_the_agent_opens_the_login(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(tmp_path / "agent-key")
    socket_path = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert agent.stdout is not None
        assert "SSH_AUTH_SOCK" in agent.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket_path))
        subprocess.run(["ssh-add", "-q", str(key)], check=True, stderr=subprocess.DEVNULL)
        key.unlink()
        log_in(serve(Rules(methods=("publickey",), keys=(public(key),))), Login()).close()
    finally:
        agent.terminate()
        agent.wait()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
@pytest.mark.parametrize("phrase", ["", "open sesame"])
def test_keys_of_every_form_are_read(tmp_path: Path, kind: str, form: str, phrase: str) -> None:
    if kind == "ed25519" and form != "RFC4716":
        pytest.skip("ssh-keygen writes ed25519 keys in its own form only")
    key = tmp_path / "key"
    bits = {"rsa": ["-b", "2048"]}.get(kind, [])
    argv = ["ssh-keygen", "-q", "-t", kind, *bits, "-m", form, "-N", phrase, "-f", str(key)]
    subprocess.run(argv, check=True)
    loaded = load_key("node1", key, Secret(phrase) if phrase else None)
    assert loaded.get_base64() == public(key)


def test_a_key_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    key.write_bytes(key.read_bytes().replace(b"\n", b"\r\n").rstrip())
    assert load_key("node1", key, None).get_base64() == public(key)


def _nothing(_key: Path) -> None:
    return


UNREADABLE: list[tuple[str, Callable[[Path], object], Secret | None, str]] = [
    ("encrypted", lambda key: make_key(key, passphrase="open sesame"), None, "no passphrase was given"),
    ("passphrase", lambda key: make_key(key, passphrase="open sesame"), Secret("wrong"), "does not open"),
    ("missing", _nothing, None, "does not exist"),
    ("public", lambda key: make_key(key).write_text(Path(f"{key}.pub").read_text()), None, "is a public key"),
    ("putty", lambda key: key.write_text("PuTTY-User-Key-File-3: ssh-ed25519\n"), None, "PuTTY"),
    ("empty", lambda key: key.touch(), None, "not a readable private key"),
    (
        "cut",
        lambda key: make_key(key).write_bytes(key.read_bytes()[:200]),
        None,
        "not a readable private key",
    ),
    ("folder", lambda key: key.mkdir(), None, "cannot be read"),
]


@pytest.mark.parametrize(
    ("make", "passphrase", "words"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE]
)
def test_a_key_that_cannot_be_used_is_named_by_its_cause(
    tmp_path: Path, make: Callable[[Path], object], passphrase: Secret | None, words: str
) -> None:
    key = tmp_path / "key"
    make(key)
    with pytest.raises(ConnectionFailed) as caught:
        load_key("node1", key, passphrase)
    assert caught.value.kind == ("key-locked" if "passphrase" in caught.value.cause else "key-unreadable")
    assert words in caught.value.cause
    assert str(key) in caught.value.cause
    assert caught.value.action
