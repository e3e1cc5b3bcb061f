"""Commands on this machine behave as those on other hosts do."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wizard.connection import CommandTimeout, ConnectionFailed
from wizard.local import LocalConnection, is_here, own_addresses


@pytest.fixture
def here() -> Iterator[LocalConnection]:
    connection = LocalConnection("node0")
    yield connection
    connection.close()


def test_a_result_tells_status_and_both_streams(here: LocalConnection) -> None:
    result = here.run("echo out; echo err >&2; exit 3")
    assert (result.host, result.status, result.stdout, result.stderr) == ("node0", 3, "out\n", "err\n")


def test_a_command_killed_by_a_signal_has_no_status(here: LocalConnection) -> None:
    assert here.run("kill -9 $$").status is None


def test_ten_mebibytes_on_each_stream_do_not_block(here: LocalConnection) -> None:
    ten = 10 * 1024 * 1024
    result = here.run(f"head -c {ten} /dev/zero & head -c {ten} /dev/zero >&2; wait")
    assert (len(result.stdout), len(result.stderr), result.status) == (ten, ten, 0)


def test_fifty_megabytes_from_an_iterator_arrive_whole(here: LocalConnection) -> None:
    piece = bytes(range(256)) * 4096
    result = here.run("sha256sum", stdin=(piece for _ in range(50)))
    assert result.stdout.split()[0] == hashlib.sha256(piece * 50).hexdigest()


def test_input_and_output_flow_at_the_same_time(here: LocalConnection) -> None:
    assert here.run("cat", stdin=b"x" * 8_000_000).stdout == "x" * 8_000_000


def test_without_stdin_a_command_reads_an_empty_one(here: LocalConnection) -> None:
    assert here.run("cat; echo end").stdout == "end\n"


def test_a_command_may_end_before_it_has_read_its_input(here: LocalConnection) -> None:
    assert here.run("exit 4", stdin=(b"x" * 65536 for _ in range(1000))).status == 4


def test_an_error_of_the_input_is_raised_to_the_caller(here: LocalConnection) -> None:
    with pytest.raises(FileNotFoundError):
        here.run("cat", stdin=(Path(name).read_bytes() for name in ["/does/not/exist"]))


def test_output_that_is_not_kept_goes_to_the_sink(here: LocalConnection) -> None:
    seen: list[tuple[str, bytes]] = []
    result = here.run("echo a; echo b >&2", on_output=lambda *args: seen.append(args), keep_output=False)
    assert (result.stdout, result.stderr, sorted(seen)) == ("", "", [("stderr", b"b\n"), ("stdout", b"a\n")])


def test_messages_are_english_and_the_environment_is_the_users(
    here: LocalConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("PYTHONPATH", "/wizard")
    monkeypatch.setenv("FLINK_WIZARD_PASSWORD", "secret-word")
    lines = here.run("pwd; env").stdout.splitlines()
    assert lines[0] == os.path.expanduser("~")
    assert "LC_ALL=C" in lines
    assert not [line for line in lines if "PYTHONPATH" in line or "secret-word" in line]


def test_a_command_has_a_total_and_an_idle_limit(here: LocalConnection) -> None:
    with pytest.raises(CommandTimeout, match=r"did not end within 0\.3 s"):
        here.run("while :; do echo x; sleep 0.05; done", timeout=0.3)
    with pytest.raises(CommandTimeout, match=r"was silent for 0\.3 s"):
        here.run("echo x; sleep 60", idle_timeout=0.3)


def test_stop_kills_the_commands_own_group_alone(here: LocalConnection) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    stop = threading.Event()
    child: list[int] = []

    def started(_name: str, piece: bytes) -> None:
        child.append(int(piece))
        stop.set()

    with pytest.raises(ConnectionFailed) as caught:
        here.run("sleep 60 & echo $!; wait", on_output=started, stop=stop)
    assert caught.value.kind == "cancelled"
    assert bystander.poll() is None
    with suppress(ProcessLookupError):  # killed it is; when the kernel is done with it, its pidfd says so
        ended = os.pidfd_open(child[0])
        assert select.select([ended], [], [], 20.0)[0]
        os.close(ended)
    bystander.kill()
    bystander.wait()


def test_a_command_that_ignores_the_polite_signal_is_killed(here: LocalConnection) -> None:
    with pytest.raises(CommandTimeout):
        here.run("trap '' TERM; echo x; while :; do sleep 0.1; done", timeout=0.3)


def test_a_daemon_that_keeps_the_streams_does_not_hold_the_command(
    here: LocalConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.local.AFTER_EXIT_SECONDS", 0.2)
    result = here.run("sleep 60 & echo $!; exit 0", timeout=30)
    assert result.ok
    assert here.run(f"kill {result.stdout}").ok, "the daemon was left alone"


def test_closing_ends_what_runs_and_refuses_the_next(here: LocalConnection) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        here.run("echo x; sleep 60", on_output=lambda *_: here.close())
    assert caught.value.kind == "cancelled"
    with pytest.raises(ConnectionFailed):
        here.run("true")


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "::1", socket.gethostname().upper()])
def test_this_machine_is_known_by_its_names(name: str) -> None:
    assert is_here(name)


def test_this_machine_is_known_by_its_addresses() -> None:
    assert all(is_here(str(address)) for address in own_addresses() if not address.is_loopback)


@pytest.mark.parametrize(
    "name", ["", "192.0.2.7", "127.0.0.2", "0.0.0.0", "224.0.0.1", "no-such-host.invalid", "some-host"]
)
def test_other_names_are_other_machines(name: str) -> None:
    assert not is_here(name)
