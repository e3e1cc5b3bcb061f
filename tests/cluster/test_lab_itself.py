"""The lab keeps its promises: hosts are separate, faults do what they say, and nothing outlives a lab.

Speaks to the lab alone; the product plays no part here.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.cluster.conftest import MakeLab
from tests.lab import (
    Host,
    HostSettings,
    Lab,
    LabError,
    LabUnavailable,
    faults,
    leftovers,
    repository_binds,
    state,
)
from tests.lab.settings import REPOSITORY


@contextlib.contextmanager
def login(host: Host, password: str | None = None) -> Iterator[paramiko.SSHClient]:
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            host.address,
            host.port,
            host.settings.users[0],
            password or host.settings.password,
            allow_agent=False,
            look_for_keys=False,
            timeout=5,
        )
        yield client


def ask(host: Host, command: str, password: str | None = None, terminal: bool = False) -> str:
    with login(host, password) as client:
        _, out, _ = client.exec_command(command, get_pty=terminal, timeout=10)
        return out.read().decode().strip()


@pytest.fixture(scope="module")
def lab(make_module_lab: object) -> Lab:
    small = HostSettings("node1", memory_mib=8192, cores=1, java=None, sudo="password")
    large = HostSettings("node2", memory_mib=32768, cores=16, sudo="nopasswd", link_mbit=80, ssh_port=2222)
    return make_module_lab([HostSettings("node0"), small, large])  # type: ignore[operator]


def test_a_password_login_from_outside_meets_the_host_it_asked_for(lab: Lab) -> None:
    for host in lab.hosts:
        assert ask(host, "hostname; id -un; echo $HOME") == f"{host.name}\nflink\n/home/flink"


def test_hosts_reach_each_other_by_name_and_nobody_else(lab: Lab) -> None:
    master = lab["node0"]
    master.exec("mkdir -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519", user="flink")
    key = master.read("/home/flink/.ssh/id_ed25519.pub")
    master.exec("ssh-keyscan node1 >.ssh/known_hosts 2>/dev/null", user="flink")
    lab["node1"].write("/home/flink/.ssh/authorized_keys", key, owner="flink", mode=0o600)
    assert master.exec("ssh -o BatchMode=yes node1 hostname", user="flink").stdout == "node1\n"
    assert "unreachable" in master.exec("exec 3<>/dev/tcp/192.0.2.99/80", check=False).stderr


def test_every_host_has_host_keys_of_its_own(lab: Lab) -> None:
    keys = [host.read("/etc/ssh/ssh_host_ed25519_key.pub") for host in lab.hosts]
    assert len(set(keys)) == 3


def test_the_outer_machine_is_hidden(lab: Lab) -> None:
    with tempfile.NamedTemporaryFile(dir="/tmp") as outer:
        host = lab["node0"]
        assert not host.exists(outer.name)
        assert not host.exists(str(REPOSITORY / "tests"))
        assert host.exec("ls -A /root /tmp /var/tmp | grep -v :").stdout.split() == []
        assert "fwlab" not in host.exec("ls /run; ls /proc/1/cwd/").stdout
        assert host.exec("cat /proc/1/comm").stdout == "tini\n"


def test_faked_hardware_is_what_programs_see(lab: Lab) -> None:
    seen = {
        host.name: host.exec(
            "free -m | awk '/Mem/{print $2}'; nproc; grep -c ^processor /proc/cpuinfo"
        ).stdout.split()
        for host in lab.hosts[1:]
    }
    assert seen == {"node1": ["8192", "1", "1"], "node2": ["32768", "16", "16"]}
    assert lab["node2"].exec("getconf _NPROCESSORS_ONLN").stdout == "16\n"


def test_java_and_sudo_are_there_or_not_as_asked(lab: Lab) -> None:
    assert lab["node1"].exec("command -v java javac; ls /usr/lib/jvm", check=False).stdout == ""
    assert ask(lab["node0"], "sudo -n true || echo none") == "none"
    assert ask(lab["node1"], f"sudo -n true || echo {lab.password} | sudo -S -p '' id -u") == "0"
    assert ask(lab["node2"], "sudo -n id -u") == "0"


def test_a_slow_link_is_slow(lab: Lab) -> None:
    assert "rate 80Mbit" in lab["node2"].exec("tc qdisc show dev eth0").stdout
    assert "rate 80Mbit" in subprocess.run(["tc", "qdisc"], capture_output=True, text=True).stdout


def test_logins_change_only_the_listed_records(lab: Lab) -> None:
    before = lab.snapshot()
    for host in lab.hosts:
        ask(host, "cat ~/.profile /etc/passwd; ls -la /")
        ask(host, "tty", terminal=True)
        with pytest.raises(paramiko.AuthenticationException):
            ask(host, "true", password="wrong")
    assert lab.changes_since(before) == {}


CHANGES = [
    ("touch /home/flink/.bashrc", {"/home/flink/.bashrc"}),
    ("chmod 700 /usr/bin/tar", {"/usr/bin/tar"}),
    ("touch /tmp/x && rm /tmp/x", {"/tmp"}),
    ("rm /etc/os-release", {"/etc/os-release"}),
    ("echo 1 > /dev/shm/x", {"/dev/shm/x"}),
    ("mv /etc/profile.d /etc/profile.e", {"/etc/profile.d", "/etc/profile.e"}),
]


@pytest.mark.parametrize(("command", "paths"), CHANGES, ids=[command for command, _ in CHANGES])
def test_every_change_of_a_file_is_seen(lab: Lab, command: str, paths: set[str]) -> None:
    before = lab.snapshot()
    lab["node0"].exec(command)
    changed = lab.changes_since(before)
    assert changed.keys() == {"node0"}
    assert paths <= set(changed["node0"])


def test_files_are_written_with_owner_and_mode_and_read_back(lab: Lab) -> None:
    lab["node0"].write("/opt/a b/c'd/file", "text\n", owner="flink", mode=0o640)
    assert lab["node0"].read("/opt/a b/c'd/file") == "text\n"
    shown = lab["node0"].exec(["stat", "-c", "%U %a", "/opt/a b/c'd/file", "/opt/a b"]).stdout
    assert shown == "flink 640\nflink 755\n"


def test_a_command_that_does_not_end_is_reported_and_stopped(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"no end after 0\.3 s: sleep 987"):
        lab["node0"].exec("sleep 987", timeout=0.3)
    lab["node0"].exec(
        "while pgrep -f '[s]leep 987'; do :; done; while pgrep -r Z sleep; do :; done", timeout=10
    )


def test_further_addresses_answer(lab: Lab) -> None:
    addresses = lab.many_addresses(lab["node0"], 100)
    assert len(set(addresses)) == 100
    with socket.create_connection((addresses[-1], 22), 5) as connection:
        assert connection.recv(4) == b"SSH-"


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


def test_a_revoked_password_leaves_keys_and_a_locked_account_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
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


def test_pid_one_reaps(lab: Lab) -> None:
    lab["node0"].exec("(sleep 0.05 & exec true) & wait; sleep 0.1")
    assert "Z" not in lab["node0"].exec("cat /proc/[0-9]*/stat | sed 's/.*) //' | cut -c1").stdout


def test_a_host_added_later_is_known_to_the_others(make_lab: MakeLab) -> None:
    lab = make_lab(1)
    late = lab.add(HostSettings("late", users=("ops", "flink")))
    assert lab["node0"].exec("getent hosts late").stdout.split()[0] == late.address
    assert late.exec("getent hosts node0").stdout.split()[0] == lab["node0"].address
    assert ask(late, "id -un") == "ops"


def test_the_repository_and_its_python_can_be_put_back(make_lab: MakeLab) -> None:
    lab = make_lab([HostSettings("node0", binds=repository_binds())])
    command = [
        "env",
        f"--chdir={REPOSITORY}",
        sys.executable,
        "-B",
        "-c",
        "import paramiko, tests.lab; print('ok')",
    ]
    assert lab["node0"].exec(command, user="flink").stdout == "ok\n"
    assert "Read-only" in lab["node0"].exec(["touch", f"{REPOSITORY}/x"], check=False).stderr


def test_two_labs_at_once_do_not_meet(make_lab: MakeLab) -> None:
    one, two = make_lab(1), make_lab(1)
    assert one.subnet != two.subnet
    two.down()
    assert one["node0"].exec("hostname").stdout == "node0\n"


def test_a_delay_that_the_kernel_cannot_make_is_said(make_lab: MakeLab) -> None:
    settings = HostSettings("node0", link_delay_ms=20)
    try:
        with Lab.up([settings]) as lab:
            assert "delay 20ms" in lab["node0"].exec("tc qdisc show dev eth0").stdout
    except LabUnavailable as reason:
        assert "netem" in str(reason)


def traces(lab_id: str) -> list[str]:
    found = [line for line in leftovers(every=True) if lab_id in line]
    return found + [name for name in os.listdir("/sys/class/net") if lab_id in name]


def test_nothing_is_left_after_down(make_lab: MakeLab) -> None:
    lab = make_lab(2)
    processes = [process for host in lab.hosts for process in (host.init, host.keeper)]
    assert traces(lab.id)
    lab.down()
    lab.down()
    assert traces(lab.id) == []
    assert not any(process.lives() for process in processes)


def test_a_lab_whose_owner_was_killed_is_swept_by_the_next_one(make_lab: MakeLab) -> None:
    program = "import os; from tests.lab import Lab; print(Lab.up(2).id, flush=True); os.kill(os.getpid(), 9)"
    owner = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True)
    assert owner.returncode == -signal.SIGKILL
    lab_id = owner.stdout.strip()
    # A lab that another test run starts at this moment may already have swept it.
    hosts = (state.load(lab_id) or {"hosts": []})["hosts"]
    make_lab(1)
    assert traces(lab_id) == []
    assert not any(state.Alive(*host["init"]).lives() for host in hosts)


def test_an_owner_killed_at_any_moment_of_the_start_leaves_nothing_after_a_sweep() -> None:
    program = "from tests.lab import Lab; print('go', flush=True); Lab.up(2)"
    for milliseconds in (20, 60, 100, 140, 180, 220):
        owner = subprocess.Popen(
            [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        assert owner.stdout and owner.stdout.readline()
        timer = threading.Timer(milliseconds / 1000, owner.kill)
        timer.start()
        owner.wait()
        timer.cancel()
        owner.stdout.close()
        ids = [i for i in state.lab_ids() if ((state.load(i) or {}).get("owner") or [0])[0] == owner.pid]
        with state.locked():
            state.sweep()
        late = [state.Alive.of(pid) for pid, lab_id in state.keepers().items() if lab_id in ids]
        assert all(keeper is None or keeper.wait(10) for keeper in late)
        with state.locked():
            state.sweep()
        assert [trace for lab_id in ids for trace in traces(lab_id)] == []


def test_the_command_line_starts_enters_and_ends_a_lab() -> None:
    def lab_command(*words: str) -> str:
        command = [sys.executable, "-m", "tests.lab", *words]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout

    lab_id = lab_command("up", "2", "--memory", "4096,-").split()[1]
    try:
        assert lab_id in lab_command("ls")
        assert (
            lab_command("exec", "--lab", lab_id, "--user", "flink", "node1", "hostname; id -un")
            == "node1\nflink\n"
        )
        assert "4194304 kB" in lab_command(
            "exec", "--lab", lab_id, "node0", "grep", "MemTotal", "/proc/meminfo"
        )
        assert lab_command("ssh", "--lab", lab_id, "node1").startswith("ssh -p 22")
    finally:
        lab_command("down", lab_id)
    assert traces(lab_id) == []
