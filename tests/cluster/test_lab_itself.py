"""The lab keeps its promises: hosts are separate and what was asked for, and nothing outlives a lab.

Speaks to the lab alone; the product plays no part here.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import paramiko
import pytest

from tests.cluster.ailments.bench import KINDS, Kind, bring_up
from tests.cluster.conftest import MakeLab, _factory
from tests.cluster.logins import ask
from tests.lab import HostSettings, Lab, LabError, LabUnavailable, leftovers, repository_binds, state
from tests.lab.settings import REPOSITORY


@pytest.fixture(scope="module")
def lab(make_module_lab: MakeLab) -> Lab:
    small = HostSettings("node1", memory_mib=8192, cores=1, java=None, sudo="password")
    large = HostSettings("node2", memory_mib=32768, cores=16, sudo="nopasswd", link_mbit=80, ssh_port=2222)
    return make_module_lab([HostSettings("node0"), small, large])


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


def test_only_the_java_homes_asked_for_are_there(make_lab: MakeLab) -> None:
    homes = sorted(str(home) for home in Path("/usr/lib/jvm").glob("*") if (home / "bin/java").exists())
    if not homes:
        pytest.skip("this machine has no Java in /usr/lib/jvm")
    host = make_lab([HostSettings("node0", java=(homes[-1],))])["node0"]
    wanted = Path(homes[-1]).resolve()
    assert host.exec("readlink -f $(command -v java)").stdout == f"{(wanted / 'bin/java').resolve()}\n"
    every = "for j in /usr/lib/jvm/*/bin/java; do readlink -f ${j%/bin/java}; done | sort -u"
    assert host.exec(every).stdout == f"{wanted}\n"


def test_a_host_ends_with_its_keeper(make_lab: MakeLab) -> None:
    host = make_lab(1)["node0"]
    host.keeper.kill()
    assert host.init.wait(10)


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


def test_pid_one_reaps(lab: Lab) -> None:
    orphan = lab["node0"].exec("(exec 3<&-; sleep 0.05 >/dev/null 2>&1 & echo $!)").stdout.strip()
    lab["node0"].exec(f"while [ -e /proc/{orphan} ]; do :; done", timeout=10)


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


def test_system_folders_that_are_mounts_outside_are_layered_too() -> None:
    program = """
from tests.lab import HostSettings, Lab
with Lab.up([HostSettings("node0")]) as lab:
    host, before = lab["node0"], lab.snapshot()
    assert not host.exists("/usr/bin/sudo") and host.exists("/opt")
    host.exec("echo 1 > /opt/new; chmod 700 /usr/bin/tar; echo 1 > /var/lib/new")
    print(*lab.changes_since(before)["node0"])
"""
    mounts = "mount --bind /usr /usr && mount --bind /opt /opt && mount --bind /var/lib /var/lib"
    command = ["unshare", "--mount", "sh", "-ec", f'{mounts} && exec "$0" -c "$1"', sys.executable, program]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.stderr == ""
    assert {"/opt/new", "/usr/bin/tar", "/var/lib/new"} <= set(done.stdout.split())
    assert not os.path.exists("/opt/new")


def test_an_ssh_configuration_names_the_hosts_for_the_operator(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(lab.ssh_config())
    command = ["ssh", "-F", str(tmp_path / "config"), "-G", "node2"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {f"hostname {lab['node2'].address}", "port 2222", "user flink"} <= set(shown)


def test_limits_of_a_cgroup_are_told(make_lab: MakeLab) -> None:
    told = (("memory.max", "1073741824\n"), ("cpu.max", "150000 100000\n"))
    host = make_lab([HostSettings("node0", cgroup_files=told)])["node0"]
    assert host.read("/sys/fs/cgroup/cpu.max") == "150000 100000\n"
    assert host.read("/sys/fs/cgroup/memory.max") == "1073741824\n"


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


def test_a_lab_that_nobody_remembers_ends_with_its_process() -> None:
    program = "from tests.lab import Lab; print(Lab.up(1).id)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert traces(done.stdout.strip()) == []


def test_every_lab_of_a_fixture_ends_also_when_the_end_of_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn: list[Lab] = []
    whole = Lab.down

    def down(lab: Lab) -> None:
        if lab in stubborn:
            raise TimeoutError(f"a process of {lab.id} did not end")
        whole(lab)

    monkeypatch.setattr(Lab, "down", down)
    labs = _factory()
    make = next(labs)
    first, second = make(1), make(1)
    stubborn.append(second)
    with pytest.raises(TimeoutError):
        next(labs)
    assert traces(first.id) == [] and traces(second.id)
    monkeypatch.undo()
    second.down()


def test_a_cluster_that_cannot_be_brought_up_leaves_no_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    up: list[Lab] = []

    def make(hosts: Iterable[HostSettings]) -> Lab:
        up.append(Lab.up(hosts))
        return up[-1]

    def fail() -> dict[str, Any]:
        raise AssertionError("it did not start")

    monkeypatch.setitem(KINDS, "ill", Kind("2.3.0", fail, lambda: [HostSettings("desk")]))
    with pytest.raises(AssertionError, match="it did not start"):
        bring_up("ill", make)
    assert len(up) == 1 and traces(up[0].id) == []


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
    for milliseconds in (20, 90, 160):
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
