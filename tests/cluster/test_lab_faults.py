"""Every fault of the lab does what its name says, and is mended by its undo.

Speaks to the lab alone; the product plays no part here.
"""

import socket

import paramiko
import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.logins import ask, login
from tests.lab import HostSettings, Lab, LabError, faults


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab) -> Lab:
    return make_module_lab(
        [HostSettings("node0"), HostSettings("node1"), HostSettings("node2", ssh_port=2222)]
    )


def test_a_stopped_sshd_refuses_and_starts_again(lab: Lab) -> None:
    with login(lab["node0"]) as client, faults.stop_sshd(lab["node0"]):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((lab["node0"].address, 22), 5)
        client.get_transport().join(5)  # type: ignore[union-attr]
        assert not client.get_transport().is_active()  # type: ignore[union-attr]
    assert ask(lab["node0"], "echo back") == "back"


def test_a_refusing_port_refuses(lab: Lab) -> None:
    with faults.refuse(lab["node0"]), pytest.raises(ConnectionRefusedError):
        socket.create_connection((lab["node0"].address, 22), 5)
    assert lab["node0"].greets()


def test_a_hanging_host_is_silent_and_comes_back(lab: Lab) -> None:
    with login(lab["node0"]) as client:
        with faults.hang(lab["node0"]):
            with pytest.raises(TimeoutError):
                socket.create_connection((lab["node0"].address, 22), 0.2)
            assert client.get_transport().is_active()  # type: ignore[union-attr]
            assert lab["node0"].exec("echo inside").stdout == "inside\n"
        _, out, _ = client.exec_command("echo again", timeout=10)
        assert out.read() == b"again\n"


def test_a_dropped_port_is_dropped_for_one_source_only(lab: Lab) -> None:
    probe = "timeout 0.3 bash -c 'exec 3<>/dev/tcp/node1/22'; echo $?"
    with faults.drop(lab["node1"], 22, source=lab["node0"].address):
        assert lab["node0"].exec(probe).stdout == "124\n"
        assert lab["node2"].exec(probe).stdout == "0\n"


def test_a_transfer_is_reset_midway(lab: Lab) -> None:
    host = lab["node0"]
    with login(host) as client, faults.reset_midway(host, 2_000_000) as fault:
        assert not fault.fired()  # type: ignore[attr-defined]
        channel = client.get_transport().open_session()  # type: ignore[union-attr]
        channel.exec_command("cat > /home/flink/part")
        with pytest.raises((OSError, EOFError, paramiko.SSHException)):
            for _ in range(200):
                channel.sendall(b"x" * 65536)
        assert fault.fired()  # type: ignore[attr-defined]
    assert 0 < int(host.exec("stat -c %s /home/flink/part").stdout) < 2_000_000
    assert ask(host, "echo back") == "back"


def test_a_full_disk_is_full_and_empties(lab: Lab) -> None:
    host = lab["node0"]
    with faults.fill_disk(host):
        assert "No space left" in host.exec("head -c 1M /dev/zero > /home/flink/big", check=False).stderr
    host.exec("head -c 1M /dev/zero > /home/flink/big", user="flink", check=False)
    with faults.small_disk(host, "/home/flink/small", 4):
        assert (
            host.exec("df -m --output=size /home/flink/small | tail -1", user="flink").stdout.strip() == "4"
        )
        before = lab.snapshot()
        with faults.fill_disk(host, "/home/flink/small", leave_kib=64):
            failed = host.exec("head -c 1M /dev/zero > small/big", user="flink", check=False)
            assert "No space left" in failed.stderr
        assert "/home/flink/small/big" in lab.changes_since(before)["node0"]
        host.exec("head -c 1M /dev/zero > small/big", user="flink")


def test_a_changed_host_key_is_another_and_changes_back(lab: Lab) -> None:
    def shown() -> str:
        with login(lab["node0"]) as client:
            return client.get_transport().get_remote_server_key().get_base64()  # type: ignore[union-attr]

    old = shown()
    with faults.change_host_key(lab["node0"]):
        assert shown() != old
    assert shown() == old


def test_passwords_are_changed_and_revoked(lab: Lab) -> None:
    with faults.set_password(lab["node0"], "another"):
        assert ask(lab["node0"], "echo in", password="another") == "in"
    with faults.revoke_password(lab["node0"]), pytest.raises(paramiko.AuthenticationException):
        ask(lab["node0"], "true")
    assert ask(lab["node0"], "echo in") == "in"


def test_a_revoked_password_leaves_keys_and_a_locked_account_leaves_nothing(lab: Lab) -> None:
    key = paramiko.RSAKey.generate(2048)
    host = lab["node2"]
    host.write("/home/flink/.ssh/authorized_keys", f"ssh-rsa {key.get_base64()}\n", owner="flink", mode=0o600)

    def by_key() -> None:
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(host.address, host.port, "flink", pkey=key, allow_agent=False, look_for_keys=False)

    with faults.revoke_password(host):
        by_key()
    with faults.lock_account(host), pytest.raises(paramiko.AuthenticationException):
        by_key()


def test_a_read_only_home_cannot_be_written(lab: Lab) -> None:
    with faults.read_only_home(lab["node0"]):
        assert "Read-only" in lab["node0"].exec("touch x", user="flink", check=False).stderr
    lab["node0"].exec("touch x", user="flink")


def test_java_goes_and_comes_back(lab: Lab) -> None:
    before = lab["node0"].exec("command -v java", check=False).returncode
    with faults.no_java(lab["node0"]):
        assert lab["node0"].exec("command -v java; ls /usr/lib/jvm", check=False).stdout == ""
    assert lab["node0"].exec("command -v java", check=False).returncode == before


def test_a_users_programs_are_killed(lab: Lab) -> None:
    with lab["node0"].popen(["sleep", "1000"], user="flink") as sleeper:
        lab["node0"].exec("until pgrep -u flink sleep; do :; done")
        faults.kill_user(lab["node0"])
        assert sleeper.wait(5) != 0


def test_a_clock_is_off_and_right_again(lab: Lab) -> None:
    def now() -> int:
        return int(lab["node0"].exec("date +%s").stdout)

    right = now()
    with faults.clock_offset(lab["node0"], -3600):
        assert now() < right - 3000
    assert now() >= right


def test_a_name_is_forgotten(lab: Lab) -> None:
    with faults.forget_name(lab["node0"], "node1"):
        assert lab["node0"].exec("getent hosts node1", check=False).stdout == ""
    assert lab["node1"].address in lab["node0"].exec("getent hosts node1").stdout


def test_a_program_that_wants_too_much_memory_is_killed(make_lab: MakeLab) -> None:
    lab = make_lab(1)
    try:
        fault = faults.limit_memory(lab["node0"], 64)
    except LabError as reason:
        pytest.skip(str(reason))
    assert (
        ask(lab["node0"], "head -c 200M /dev/zero | tail | wc -c; echo ${PIPESTATUS[1]}").split()[-1] == "137"
    )
    fault.undo()
    assert ask(lab["node0"], "head -c 200M /dev/zero | tail | wc -c").split()[-1] == str(200 << 20)
