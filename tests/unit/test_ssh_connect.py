"""Connections to a real sshd on loopback: commands, limits, losses, host keys and jump hosts."""

from __future__ import annotations

import hashlib
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from tests.unit.sshd import SSHD, Sshd, free_port, make_key
from wizard.connection import CommandTimeout, ConnectionFailed, NeverStarted
from wizard.ssh.client import SshConnection, connect
from wizard.ssh.hostkeys import UnknownHostKey, fingerprint
from wizard.ssh.target import HostKeyPolicy, Login, Target, Timeouts

pytestmark = pytest.mark.skipif(not SSHD.exists(), reason="needs /usr/sbin/sshd")

NO_CONFIG = Path("/dev/null")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("key") / "key")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Iterator[Sshd]:
    server = Sshd(tmp_path_factory.mktemp("sshd"), host_key_types=("ed25519", "ecdsa", "rsa")).start()
    server.authorize(key)
    yield server
    server.stop()


def target(
    server: Sshd, key: Path, policy: HostKeyPolicy = "accept-new", known: Path | None = None
) -> Target:
    return Target("node1", None, server.port, "127.0.0.1", key, policy, known, NO_CONFIG)


@pytest.fixture
def node1(sshd: Sshd, key: Path) -> Iterator[SshConnection]:
    connection = connect(target(sshd, key), Login())
    yield connection
    connection.close()


def refusal(where: Target, **options: object) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught:
        connect(where, Login(), **options).close()  # type: ignore[arg-type]
    assert caught.value.host == where.name
    assert caught.value.cause.endswith(".") and caught.value.action
    return caught.value


def test_a_result_tells_status_and_both_streams(node1: SshConnection) -> None:
    result = node1.run("echo out; echo err >&2; exit 3")
    assert (result.host, result.status, result.stdout, result.stderr) == ("node1", 3, "out\n", "err\n")


def test_a_command_killed_by_a_signal_has_no_status(node1: SshConnection) -> None:
    assert node1.run("kill -9 $$").status is None


def test_without_stdin_a_command_reads_an_empty_one(node1: SshConnection) -> None:
    assert node1.run("cat; echo end").stdout == "end\n"


def test_ten_mebibytes_on_each_stream_do_not_block(node1: SshConnection) -> None:
    ten = 10 * 1024 * 1024
    result = node1.run(f"head -c {ten} /dev/zero & head -c {ten} /dev/zero >&2; wait")
    assert (len(result.stdout), len(result.stderr), result.status) == (ten, ten, 0)


def test_output_that_is_not_kept_goes_to_the_sink(node1: SshConnection) -> None:
    seen: list[tuple[str, bytes]] = []
    result = node1.run("echo a; echo b >&2", on_output=lambda *args: seen.append(args), keep_output=False)
    assert (result.stdout, result.stderr) == ("", "")
    assert sorted(seen) == [("stderr", b"b\n"), ("stdout", b"a\n")]


def test_fifty_megabytes_from_an_iterator_arrive_whole(node1: SshConnection) -> None:
    piece = bytes(range(256)) * 4096
    result = node1.run("sha256sum", stdin=(piece for _ in range(50)))
    assert result.stdout.split()[0] == hashlib.sha256(piece * 50).hexdigest()


def test_input_and_output_flow_at_the_same_time(node1: SshConnection) -> None:
    sent = b"x" * (8 * 1024 * 1024)
    assert node1.run("cat", stdin=sent).stdout == sent.decode()


def test_a_command_may_end_before_it_has_read_its_input(node1: SshConnection) -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    assert node1.run("head -c 5 >/dev/null; exit 4", stdin=endless()).status == 4
    assert closed.wait(10)


def test_an_error_of_the_input_is_raised_to_the_caller(node1: SshConnection) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise ValueError("the archive is damaged")

    with pytest.raises(ValueError, match="damaged"):
        node1.run("cat", stdin=broken())
    with pytest.raises(FileNotFoundError):
        node1.run("cat", stdin=(Path(name).read_bytes() for name in ["/does/not/exist"]))
    assert node1.run("echo still here").ok


def test_a_daemon_that_keeps_the_streams_does_not_hold_the_command(
    node1: SshConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.ssh.channel.AFTER_EXIT_SECONDS", 0.2)
    result = node1.run("sleep 60 & echo $!; exit 0", timeout=30)
    assert result.status == 0
    node1.run(f"kill {result.stdout}")


def test_a_command_has_a_total_and_an_idle_limit(node1: SshConnection) -> None:
    with pytest.raises(CommandTimeout) as total:
        node1.run("while :; do echo x; sleep 0.05; done", timeout=0.4)
    with pytest.raises(CommandTimeout) as idle:
        node1.run("echo x; sleep 60", idle_timeout=0.4)
    assert total.value.cause == "A command on node1 did not end within 0.4 s."
    assert idle.value.cause == "A command on node1 was silent for 0.4 s."
    assert (total.value.kind, idle.value.evidence) == ("timeout", "echo x; sleep 60")


def test_stop_ends_a_command_and_leaves_the_login(node1: SshConnection) -> None:
    stop = threading.Event()
    with pytest.raises(ConnectionFailed) as caught:
        node1.run("echo started; sleep 60", on_output=lambda *_: stop.set(), stop=stop)
    assert caught.value.kind == "cancelled"
    assert node1.run("echo still here").ok


def test_more_commands_than_places_take_turns(node1: SshConnection) -> None:
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(node1.run(f"echo {n}").stdout)) for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, results)) == list(range(12))


def test_the_end_of_the_input_that_comes_after_the_close_of_its_command_is_not_sent(
    node1: SshConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_of_input = paramiko.Channel._send_eof  # pyright: ignore
    late: list[tuple[paramiko.Channel, paramiko.Message]] = []

    def made_and_held(channel: paramiko.Channel) -> None:
        if (message := end_of_input(channel)) is not None:
            late.append((channel, message))

    monkeypatch.setattr(paramiko.Channel, "_send_eof", made_and_held)
    assert node1.run("echo over").stdout == "over\n"
    monkeypatch.undo()
    ((channel, message),) = late
    while not channel.closed:
        channel.status_event.wait(1)
    channel.transport._send_user_message(message)  # pyright: ignore
    assert node1.run("echo the login is still there").ok


def test_one_session_at_a_time_is_enough(tmp_path: Path, key: Path) -> None:
    server = Sshd(tmp_path / "sshd", options=("MaxSessions 1",)).start()
    server.authorize(key)
    try:
        connection = connect(target(server, key), Login())
        test_more_commands_than_places_take_turns(connection)
        connection.close()
    finally:
        server.stop()


def test_a_host_that_dies_in_the_middle_of_a_command_is_named(tmp_path: Path, key: Path) -> None:
    server = Sshd(tmp_path / "sshd").start()
    server.authorize(key)
    try:
        connection = connect(target(server, key), Login())
        with pytest.raises(ConnectionFailed) as caught:
            connection.run("echo started; sleep 60", on_output=lambda *_: server.kill_sessions())
        assert caught.value.kind in ("lost", "reset")
        assert caught.value.cause == "The connection to node1 was lost."
        assert not connection.alive
        with pytest.raises(NeverStarted):
            connection.run("echo again")
    finally:
        server.stop()


def test_a_reset_in_the_middle_of_a_transfer_is_named(sshd: Sshd, key: Path) -> None:
    relay = Relay(sshd.port)
    where = Target("node1", None, relay.port, "127.0.0.1", key, "accept-new", None, NO_CONFIG)
    connection = connect(where, Login())

    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        relay.reset()
        while True:
            yield b"x" * 100_000

    with pytest.raises(ConnectionFailed) as caught:
        connection.run("cat >/dev/null", stdin=pieces())
    assert (caught.value.host, caught.value.kind in ("lost", "reset")) == ("node1", True)
    connection.close()


def test_a_host_that_hangs_does_not_hold_its_caller(tmp_path: Path, key: Path) -> None:
    server = Sshd(tmp_path / "sshd").start()
    server.authorize(key)
    connection = connect(target(server, key), Login())
    try:

        def pieces() -> Iterator[bytes]:
            yield b"x" * 100_000
            server.freeze_sessions()
            while True:
                yield b"x" * 100_000

        with pytest.raises(CommandTimeout):
            connection.run("cat >/dev/null", stdin=pieces(), timeout=1)
        with pytest.raises(CommandTimeout):
            connection.run("true", timeout=0.3)
        connection.close()
    finally:
        server.stop()


def test_closing_ends_what_runs(sshd: Sshd, key: Path) -> None:
    connection = connect(target(sshd, key), Login())
    with pytest.raises(ConnectionFailed) as caught:
        connection.run("echo started; sleep 60", on_output=lambda *_: connection.close())
    assert caught.value.kind == "cancelled"


def test_a_refused_port_is_named(key: Path) -> None:
    port = free_port()
    failed = refusal(Target("node1", None, port, "127.0.0.1", key, config=NO_CONFIG))
    assert failed.kind == "refused"
    assert failed.cause == (
        f"node1 refuses connections on port {port}: sshd is not running there, or listens on another port."
    )


def test_a_name_without_address_is_named() -> None:
    assert refusal(Target("no-such-host.invalid", config=NO_CONFIG)).kind == "unresolved"


def test_a_name_that_looks_like_an_option_is_refused() -> None:
    assert refusal(Target("-oProxyCommand=touch x")).kind == "unresolved"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (None, "timeout", "says nothing for 0.3 s"),
        (b"", "reset", "closed the connection before the login"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "refused", "is not an SSH server"),
        (b"\xff\xfe\x00\r\n", "refused", "is not an SSH server"),
        (b"Not allowed at this time\r\n", "reset", "closed the connection before the login"),
    ],
)
def test_a_listener_that_is_no_sshd_is_told_from_one(answer: bytes | None, kind: str, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def serve() -> None:
            sock, _ = listener.accept()
            accepted.append(sock)
            if answer is not None:
                sock.recv(100)
                sock.sendall(answer)
                sock.close()

        thread = threading.Thread(target=serve)
        thread.start()
        where = Target("node1", port=listener.getsockname()[1], address="127.0.0.1", config=NO_CONFIG)
        failed = refusal(where, timeouts=Timeouts(banner=0.3))
        thread.join()
        accepted[0].close()
    assert failed.kind == kind
    assert words in failed.cause


def test_stop_ends_a_login_that_hangs() -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = Target("node1", port=listener.getsockname()[1], address="127.0.0.1", config=NO_CONFIG)

        accepted: list[socket.socket] = []  # kept open: a server that hangs up is another fault

        def accept() -> None:
            accepted.append(listener.accept()[0])
            accepted[0].recv(100)
            stop.set()

        thread = threading.Thread(target=accept)
        thread.start()
        assert refusal(where, stop=stop).kind == "cancelled"
        thread.join()
        accepted[0].close()


def test_an_unknown_key_is_shown_and_remembered_once_confirmed(sshd: Sshd, key: Path, tmp_path: Path) -> None:
    known = tmp_path / "state" / "known_hosts"
    seen: list[UnknownHostKey] = []

    def confirm(unknown: UnknownHostKey) -> bool:
        seen.append(unknown)
        return True

    where = target(sshd, key, "ask", known)
    connect(where, Login(), confirm_host_key=confirm).close()
    connect(where, Login()).close()
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(sshd.host_key())], capture_output=True, text=True, check=True
    )
    assert [(one.host, one.port, one.key_type) for one in seen] == [("node1", sshd.port, "ssh-ed25519")]
    assert seen[0].fingerprint == shown.stdout.split()[1]
    assert known.read_text() == f"[127.0.0.1]:{sshd.port} {sshd.public_host_key()}\n"


@pytest.mark.parametrize("policy", ["ask", "strict"])
def test_an_unknown_key_that_nobody_confirms_is_refused(
    sshd: Sshd, key: Path, tmp_path: Path, policy: HostKeyPolicy
) -> None:
    known = tmp_path / "known_hosts"
    failed = refusal(target(sshd, key, policy, known), confirm_host_key=lambda _key: False)
    assert failed.kind == "host-key-unknown"
    assert "SHA256:" in failed.evidence
    assert not known.exists()


@pytest.mark.parametrize("policy", ["ask", "accept-new", "strict"])
def test_a_changed_key_is_refused_with_both_fingerprints(
    sshd: Sshd, key: Path, tmp_path: Path, policy: HostKeyPolicy
) -> None:
    other = make_key(tmp_path / "other")
    words = Path(f"{other}.pub").read_text().split()[:2]
    known = tmp_path / "known_hosts"
    known.write_text(f"# kept\n[127.0.0.1]:{sshd.port} {' '.join(words)}\n")
    failed = refusal(target(sshd, key, policy, known), confirm_host_key=lambda _key: True)
    assert failed.kind == "host-key-changed"
    assert fingerprint(blob(sshd.public_host_key())) in failed.evidence
    assert fingerprint(blob(" ".join(words))) in failed.evidence
    assert f"{known}:2" in failed.evidence
    assert f"ssh-keygen -R '[127.0.0.1]:{sshd.port}' -f {known}" in failed.action


def test_a_revoked_key_is_refused(sshd: Sshd, key: Path, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"@revoked * {sshd.public_host_key()}\n")
    assert refusal(target(sshd, key, "accept-new", known)).kind == "host-key-revoked"


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_the_type_of_key_that_is_known_is_asked_for(sshd: Sshd, key: Path, tmp_path: Path, kind: str) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.public_host_key(kind)}\n")
    connect(target(sshd, key, "strict", known), Login()).close()


def test_a_key_that_ssh_itself_has_recorded_is_known(sshd: Sshd, key: Path, tmp_path: Path) -> None:
    known = tmp_path / "home" / ".ssh" / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.public_host_key()}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert known.read_text().startswith("|1|")
    connect(target(sshd, key, "strict"), Login()).close()


def test_a_jump_host_of_the_ssh_configuration_is_followed(tmp_path: Path, key: Path) -> None:
    servers = [Sshd(tmp_path / name).start() for name in ("gate", "inner", "innermost")]
    gate, inner, innermost = servers
    for server in servers:
        server.authorize(key)
    folder = tmp_path / "home" / ".ssh"
    (folder / "more").write_text(
        f"Host node2\n HostName 127.0.0.1\n Port {innermost.port}\n ProxyJump gate,inner\n"
        f"Host inner\n HostName 127.0.0.1\n Port {inner.port}\n ProxyJump gate\n"
    )
    config = folder / "config"
    config.write_text(
        f"Include {folder}/more\n"
        f"Host gate\n HostName 127.0.0.1\n Port {gate.port}\n"
        f"Host *\n IdentityFile {key}\n IdentitiesOnly yes\n"
    )
    try:
        for name in ("inner", "node2"):
            connection = connect(Target(name, host_keys="accept-new", config=config), Login())
            assert connection.run("echo through").stdout == "through\n"
            connection.close()
        assert gate.log.count("Accepted publickey") == 2
        assert innermost.log.count("Accepted publickey") == 1
        inner.stop()
        failed = refusal(Target("inner", host_keys="accept-new", config=config))
        assert failed.kind == "refused"
        assert (
            failed.cause
            == f"inner cannot be reached from gate: connecting to port {inner.port} failed there."
        )
        assert failed.evidence == "Connection refused"
    finally:
        for server in servers:
            server.stop()


def test_a_proxy_command_is_used_and_its_failure_shown(sshd: Sshd, key: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host good\n ProxyCommand bash -c 'exec 3<>/dev/tcp/127.0.0.1/%p; cat <&3 & exec cat >&3'\n"
        f" Port {sshd.port}\n IdentityFile {key}\n"
        f"Host bad\n ProxyCommand echo 'no way to %h' >&2\n"
    )
    connection = connect(Target("good", host_keys="accept-new", config=config), Login())
    assert connection.run("echo through").ok
    connection.close()
    failed = refusal(Target("bad", host_keys="accept-new", config=config))
    assert (failed.kind, failed.evidence) == ("unreachable", "no way to bad")


def test_old_algorithms_are_told_as_such(tmp_path: Path, key: Path) -> None:
    server = Sshd(tmp_path / "sshd", options=("HostKeyAlgorithms ssh-rsa",), host_key_types=("rsa",)).start()
    try:
        failed = refusal(target(server, key))
    finally:
        server.stop()
    assert failed.kind == "no-common-algorithm"
    assert "host key" in failed.cause


def blob(public: str) -> bytes:
    import base64

    return base64.b64decode(public.split()[1])


class Relay:
    """A TCP relay that can reset both of its connections."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.there = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self.here, _ = self.listener.accept()
        self.listener.close()
        for source, sink in ((self.here, self.there), (self.there, self.here)):
            threading.Thread(target=_copy, args=(source, sink), daemon=True).start()

    def reset(self) -> None:
        for sock in (self.here, self.there):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.shutdown(socket.SHUT_RD)
            sock.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        return


Confirm = Callable[[UnknownHostKey], bool]
