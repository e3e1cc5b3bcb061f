"""What programs of other systems print becomes the right facts. The source of each text is named beside it."""

from __future__ import annotations

import pytest

from wizard.flink.java import JavaVersion
from wizard.needs import Logins
from wizard.probes import account, daemons, disks, home, javas, machine, network, rest, script, sshd
from wizard.probes.files import read_stat
from wizard.probes.script import Block, Reading
from wizard.product import FLINK
from wizard.servicefacts import ListenFacts, LoginFacts


def reading(*blocks: tuple[str, str]) -> Reading:
    found: list[Block] = []
    for head, body in blocks:
        key, _, rest_ = head.partition(" ")
        found.append(Block(key, rest_, body))
    return Reading(tuple(found))


RELEASES = {
    # /etc/os-release of each system's own image or package.
    "rhel": (
        'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\n',
        "9.4",
    ),
    "rhel ": ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n', "9.3"),
    "rhel  ": (
        'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
        "2023",
    ),
    "rhel   ": ('NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="8.9"\n', "8.9"),
    "debian": ('PRETTY_NAME="Ubuntu 24.04 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', "24.04"),
    "suse": ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.5"\n', "15.5"),
    "alpine": ('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n', "3.20.1"),
    "arch": ('NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n', ""),
    "": ('NAME="Void"\nID="void"\n', ""),
}


@pytest.mark.parametrize("family", RELEASES)
def test_the_family_follows_from_the_release_file(family: str) -> None:
    text, version = RELEASES[family]
    facts = machine.read_os(reading(("system", "Linux 6.1.0-18-amd64 x86_64\n"), ("release", text)))
    assert (facts.family, facts.version, facts.kernel, facts.arch) == (
        family.strip(),
        version,
        "Linux",
        "x86_64",
    )


# Shapes of sw_vers(1), sysctl(8) and vm_stat(1) as Apple's manual pages and support articles show them.
MAC = """ProductName:\t\tmacOS
ProductVersion:\t\t14.4.1
BuildVersion:\t\t23E224
10
34359738368
Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               12345.
Pages active:                            900000.
Pages inactive:                          400000.
Pages speculative:                         1000.
"""


def test_macos_tells_cores_and_memory_by_sysctl() -> None:
    seen = reading(("system", "Darwin 23.4.0 arm64\n"), ("macos", MAC), ("cores", ""), ("processors", ""))
    assert machine.read_os(seen).family == "macos"
    assert machine.read_os(seen).version == "14.4.1"
    assert machine.read_cores(seen) == (10, 10)
    assert machine.read_memory(seen) == (32768, 32768, (12345 + 400000 + 1000) * 16384 // 2**20)


def test_cygwin_is_a_family_of_its_own() -> None:
    # uname -srm of Cygwin's user guide.
    assert (
        machine.read_os(reading(("system", "CYGWIN_NT-10.0-19045 3.5.3-1.x86_64 x86_64\n"))).family
        == "cygwin"
    )


QUOTAS = {
    "none": ("cpu.max max 100000\nmemory.max max\n", 8, 32000),
    "v2 in a parent": (
        "memory.max max\ncpu.max max 100000\nmemory.max 2147483648\ncpu.max 250000 100000\n",
        3,
        2048,
    ),
    "v2 below one core": ("cpu.max 20000 100000\n", 1, 32000),
    "v1": ("cpu.cfs_quota_us 400000\ncpu.cfs_period_us 100000\nmemory.limit_in_bytes 4294967296\n", 4, 4096),
    "v1 unlimited": (
        "cpu.cfs_quota_us -1\ncpu.cfs_period_us 100000\nmemory.limit_in_bytes 9223372036854771712\n",
        8,
        32000,
    ),
}


@pytest.mark.parametrize("name", QUOTAS)
def test_a_control_group_lowers_cores_and_memory_but_never_raises_them(name: str) -> None:
    text, cores, memory = QUOTAS[name]
    seen = reading(
        ("cores", "8\n"),
        ("processors", "16\n"),
        ("memory", "MemTotal:       32768000 kB\nMemFree: 1024 kB\nMemAvailable:   20480000 kB\n"),
        ("cgroup", text),
    )
    assert machine.read_cores(seen) == (cores, 16)
    assert machine.read_memory(seen) == (memory, 32000, 20000)


def test_old_kernels_without_memavailable_count_what_caches_can_give_back() -> None:
    text = "MemTotal: 4096000 kB\nMemFree: 102400 kB\nBuffers: 102400 kB\nCached: 819200 kB\n"
    assert machine.read_memory(reading(("memory", text)))[2] == 1000


PDSH = {
    "built with rsh": ([("pdsh-version", "pdsh-2.34\nrcmd modules: ssh,rsh,exec (default: rsh)\n")], "rsh"),
    "debian's file": ([("pdsh-version", "(default: rsh)"), ("pdsh-default", "ssh\n")], "ssh"),
    "the file says rsh": ([("pdsh-version", "(default: ssh)"), ("pdsh-default", "rsh\n")], "rsh"),
    "no pdsh": ([], ""),
}


@pytest.mark.parametrize("name", PDSH)
def test_pdsh_uses_the_file_then_what_it_was_built_with(name: str) -> None:
    blocks, wanted = PDSH[name]
    assert machine.read_pdsh(reading(*blocks)) == wanted


def test_addresses_are_read_from_ip_ifconfig_or_the_kernel() -> None:
    ip = (
        "1: lo    inet 127.0.0.1/8 scope host lo\\ valid_lft forever\n2: eth0    inet 10.0.0.5/24 brd 10.0.0.255\n"
        "2: eth0    inet6 fe80::1/64 scope link\n2: eth0    inet6 2001:db8::5/64 scope global\n"
    )
    assert machine.read_addresses(reading(("ip", ip))) == ("10.0.0.5", "2001:db8::5")
    # ifconfig -a of macOS, from its manual page.
    mac = "lo0: flags=8049\n\tinet 127.0.0.1 netmask 0xff000000\n\tinet6 ::1\nen0:\n\tinet6 fe80::1%en0\n\tinet 10.0.0.7 netmask"
    assert machine.read_addresses(reading(("ifconfig", mac))) == ("10.0.0.7",)
    # Documentation of the Linux kernel, fib_trie.
    trie = "Local:\n        |-- 10.0.0.9\n           /32 host LOCAL\n        |-- 10.0.0.255\n           /32 link BROADCAST\n"
    six = "20010db8000000000000000000000009 02 40 00 80     eth0\n"
    assert machine.read_addresses(reading(("trie", trie), ("six", six))) == ("10.0.0.9", "2001:db8::9")


def test_disks_are_named_by_mount_with_type_flags_and_kind_of_medium() -> None:
    df = (
        "Filesystem     1024-blocks      Used Available Capacity Mounted on\n"
        "/dev/nvme0n1p2   102400000  50000000  51200000      50% /\n"
        "/dev/mapper/vg-d 204800000         0 204800000       0% /data disk\n"
        "proc                     0         0         0       -  /proc\n"
        "nas:/export      999999999         1 999999998       1% /shared\n"
    )
    mounts = (
        "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n/dev/mapper/vg-d /data\\040disk xfs rw,noexec 0 0\n"
        "nas:/export /shared nfs4 rw,vers=4.2 0 0\n"
    )
    found = {disk.mount: disk for disk in disks.read_disks(df, mounts, "nvme0n1 0 \ndm-0 1 vg-d\n") or ()}
    assert set(found) == {"/", "/data disk", "/shared"}
    assert (found["/"].fstype, found["/"].rotational, found["/"].free_mib) == ("ext4", False, 50000)
    assert (found["/data disk"].flags, found["/data disk"].rotational) == (("rw", "noexec"), True)
    assert not found["/shared"].local
    # mount(8) of macOS.
    assert disks.read_mounts("/dev/disk3s1 on / (apfs, sealed, local, read-only)\n")["/"][0] == "apfs"


def test_listening_ports_are_read_from_ss_the_kernel_or_netstat() -> None:
    ss = (
        "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
        'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=811,fd=3),("sshd",pid=9,fd=3))\n'
        "LISTEN 0 50 *:8081 *:*\n"
        'LISTEN 0 50 [::ffff:127.0.0.1]:6123 *:* users:(("java",pid=5,fd=9))\n'
        "LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*\n"
    )
    assert network.read_ss(ss) == (
        ListenFacts("0.0.0.0", 22, 811, "sshd"),
        ListenFacts("*", 8081),
        ListenFacts("127.0.0.1", 6123, 5, "java"),
        ListenFacts("127.0.0.53", 53),
    )
    proc = (
        "   0: 0100007F:17EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n"
        "   1: 0100007F:0016 0100007F:9999 01 00000000:00000000\n"
        "   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 0\n"
        "   0: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 0\n"
    )
    assert network.read_proc_net(proc) == (
        ListenFacts("127.0.0.1", 6123),
        ListenFacts("::", 8081),
        ListenFacts("127.0.0.1", 80),
    )
    # netstat(1) of macOS.
    mac = "tcp4  0  0  127.0.0.1.6123  *.*  LISTEN\ntcp46  0  0  *.8081  *.*  LISTEN\n"
    assert network.read_netstat(mac) == (ListenFacts("127.0.0.1", 6123), ListenFacts("*", 8081))


CONNECTS = {
    "open": (0, ""),
    "refused": (1, "bash: connect: Connection refused"),
    "timeout": (137, ""),
    "timeout ": (1, "bash: connect: Connection timed out"),
    "unreachable": (1, "bash: connect: No route to host"),
    "unreachable ": (1, "bash: connect: Network is unreachable"),
    "unresolved": (1, "bash: node9: Name or service not known"),
    "unresolved ": (1, "bash: node9: Temporary failure in name resolution"),
    "unresolved  ": (1, "bash: node9: nodename nor servname provided, or not known"),
}


@pytest.mark.parametrize("state", CONNECTS)
def test_a_port_is_judged_by_what_the_connect_said(state: str) -> None:
    assert network.port_state(*CONNECTS[state]) == state.strip()


def test_known_hosts_of_a_name_leave_revoked_keys_and_authorities_out() -> None:
    text = (
        "# Host node1 found: line 3\nnode1,10.0.0.1 ssh-ed25519 AAAAone\n# Host node1 found: line 4\n"
        "|1|abc=|def= ecdsa-sha2-nistp256 AAAAtwo remark\n@revoked node1 ssh-rsa AAAAbad\n"
    )
    assert [(key.type, key.blob) for key in network.read_known(text)] == [
        ("ssh-ed25519", "AAAAone"),
        ("ecdsa-sha2-nistp256", "AAAAtwo"),
    ]


def test_trusted_keys_keep_their_options_and_comments() -> None:
    text = (
        "# mine\n\nssh-ed25519 AAAAone me@laptop of mine\n"
        'from="10.0.0.*",command="echo \\"a b\\"" ssh-rsa AAAAtwo ops\n'
        "no-pty\tsk-ssh-ed25519@openssh.com AAAAthree\nrubbish\n"
    )
    found = account.read_trusted(text, "/h/.ssh/authorized_keys")
    assert [(key.type, key.blob, key.comment, key.options) for key in found] == [
        ("ssh-ed25519", "AAAAone", "me@laptop of mine", ""),
        ("ssh-rsa", "AAAAtwo", "ops", 'from="10.0.0.*",command="echo \\"a b\\""'),
        ("sk-ssh-ed25519@openssh.com", "AAAAthree", "", "no-pty"),
    ]


LISTED = "User flink may run the following commands on node1:\n    {}\n\nfw-status 0\n"
SUDO = {
    "nopasswd": LISTED.format("(ALL : ALL) NOPASSWD: ALL"),
    "nopasswd ": LISTED.format("(root) NOPASSWD: ALL"),
    "nopasswd  ": "Matching Defaults entries:\n    !authenticate\n" + LISTED.format("(ALL : ALL) ALL"),
    "password": "sudo: a password is required\n\nfw-status 1\n",
    "password ": LISTED.format("(ALL) NOPASSWD: /usr/bin/systemctl restart flink"),
    "password  ": LISTED.format("(www-data) NOPASSWD: ALL"),
    "none": "Sorry, user flink may not run sudo on node1.\n\nfw-status 1\n",
}


@pytest.mark.parametrize("way", SUDO)
def test_sudo_is_judged_by_its_own_list(way: str) -> None:
    assert account.read_sudo(reading(("sudo", SUDO[way])), 1000) == way.strip()


def test_sudo_needs_no_asking_for_root_and_no_program_means_none() -> None:
    assert account.read_sudo(reading(), 0) == "root"
    assert account.read_sudo(reading(), 1000) == "none"


def test_sshd_takes_the_first_value_and_what_a_match_block_says_of_this_user() -> None:
    main = (
        "Include /etc/ssh/sshd_config.d/*.conf\n# StrictModes no\nPubkeyAuthentication yes\nStrictModes yes\n"
        "MaxStartups=10:30:100\nAllowUsers a b\nAllowUsers flink\nMatch User flink\nPermitUserEnvironment yes\n"
        "Match Address 10.0.0.0/8\nPasswordAuthentication no\n"
    )
    seen = reading(
        ("sshd-config /etc/ssh/sshd_config", main),
        (
            "sshd-config /etc/ssh/sshd_config.d/50-a.conf",
            "PubkeyAuthentication no\nMatch User root\nStrictModes no\n",
        ),
    )
    assert sshd.settings(seen, "flink") == {
        "pubkeyauthentication": "no",
        "strictmodes": "yes",
        "maxstartups": "10:30:100",
        "allowusers": "a b flink",
        "permituserenvironment": "yes",
    }


def test_where_nothing_of_sshd_can_be_read_its_defaults_are_assumed_and_nothing_claimed() -> None:
    facts = account.read_ssh(reading(), "flink", "/home/flink")
    assert facts.authorized_keys_files == (".ssh/authorized_keys", ".ssh/authorized_keys2")
    assert facts.permit_user_environment is None
    assert facts.settings == {}


def test_key_files_of_sshd_are_told_below_the_home() -> None:
    text = "authorizedkeysfile /etc/ssh/keys/%u %h/.ssh/authorized_keys\n"
    facts = account.read_ssh(reading(("sshd-effective", text)), "flink", "/home/flink")
    assert facts.authorized_keys_files == ("/etc/ssh/keys/flink", ".ssh/authorized_keys")


STATS = {
    "GNU and busybox": ("g 81a4 root 12 1700000000 65024:12", "file", 0o644, "root", 12),
    "a directory": ("g 41ed flink 4096 1700000000 1:2", "directory", 0o755, "flink", 4096),
    # stat(1) of FreeBSD and macOS.
    "BSD": ("b 100600 flink 7 1700000000 1:9", "file", 0o600, "flink", 7),
    "a domain's user": ("g 81a4 CORP+Some User 1 1700000000 1:9", "file", 0o644, "CORP+Some User", 1),
}


@pytest.mark.parametrize("name", STATS)
def test_stat_is_understood_in_both_dialects(name: str) -> None:
    line, kind, mode, owner, size = STATS[name]
    found = read_stat(line)
    assert (found.kind, found.mode, found.owner, found.size) == (kind, mode, owner, size)


CLOCKS = {
    "1700000000.250000000": 1700000000.25,
    "1700000000.%N": 1700000000.5,
    "1700000000.N": 1700000000.5,
    "x": None,
}


@pytest.mark.parametrize("text", CLOCKS)
def test_a_date_without_parts_of_a_second_is_taken_in_the_middle_of_it(text: str) -> None:
    assert script.seconds_of(text) == CLOCKS[text]


JVM = "/usr/lib/jvm/17/bin/java -Xmx1g -Dlog.file=/opt/flink/log/x.log -classpath {} {} {}"
DAEMONS = {
    "1.9 taskmanager": (
        JVM.format(
            "/opt/f/lib/log4j.jar:/opt/f/lib/flink-dist_2.11-1.9.3.jar:::",
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
            "--configDir /opt/f/conf",
        ),
        ("taskmanager", "/opt/f/conf", "/opt/f"),
    ),
    "0.9 jobmanager": (
        JVM.format(
            "/opt/f/lib/flink-dist-0.9.1.jar:",
            "org.apache.flink.runtime.jobmanager.JobManager",
            "--configDir /etc/flink --executionMode cluster --streamingMode batch",
        ),
        ("jobmanager", "/etc/flink", "/opt/f"),
    ),
    "2.x jobmanager": (
        JVM.format(
            "/opt/f/lib/flink-cep-2.3.0.jar:/opt/f/lib/flink-dist-2.3.0.jar::/etc/hadoop",
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
            "-D a.b=c --configDir /opt/f/conf",
        ),
        ("jobmanager", "/opt/f/conf", "/opt/f"),
    ),
    "zookeeper": (
        JVM.format(
            "/opt/f/lib/flink-dist-1.17.2.jar",
            "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
            "/opt/f/conf/zoo.cfg 1",
        ),
        ("zookeeper", "", "/opt/f"),
    ),
    "hadoop 3 namenode": (
        "/usr/lib/jvm/8/bin/java -Dproc_namenode -Dhadoop.home.dir=/opt/hadoop -Dyarn.x=y "
        "-classpath /opt/hadoop/etc/hadoop:/opt/hadoop/share/x.jar org.apache.hadoop.hdfs.server.namenode.NameNode",
        ("namenode", "/opt/hadoop/etc/hadoop", "/opt/hadoop"),
    ),
    "formatting": (
        "/usr/lib/jvm/8/bin/java org.apache.hadoop.hdfs.server.namenode.NameNode -format",
        None,
    ),
    "somebody who looks for it": ("grep org.apache.flink.runtime.taskexecutor.TaskManagerRunner", None),
    "flink's client": (
        JVM.format("/opt/f/lib/flink-dist-1.9.3.jar", "org.apache.flink.client.cli.CliFrontend", "run"),
        None,
    ),
}


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_is_known_by_its_main_class(name: str) -> None:
    line, wanted = DAEMONS[name]
    found = daemons.recognised(line.split(), 7, "flink", 1.0, "")
    assert (found and (found.kind, found.conf_dir, found.home)) == wanted


def test_ps_serves_where_there_is_no_proc() -> None:
    # ps(1) of macOS with -o pid=,user=,lstart=,command=.
    line = (
        " 4711 flink Mon Nov 20 10:00:00 2023 "
        + DAEMONS["2.x jobmanager"][0]
        + "\n  1 root Mon Nov 20 10:00:00 2023 init\n"
    )
    (found,) = daemons.read_ps(line)
    assert (found.pid, found.user, found.kind, found.java) == (
        4711,
        "flink",
        "jobmanager",
        "/usr/lib/jvm/17/bin/java",
    )


VERSIONS = {
    "lib/flink-dist-0.10.2.jar": "0.10.2",
    "lib/flink-dist_2.11-1.9.3.jar": "1.9.3",
    "lib/flink-dist-2.3.0.jar": "2.3.0",
    "lib/flink-dist-1.16-SNAPSHOT.jar": "1.16-SNAPSHOT",
    "lib/flink-table-2.3.0.jar": None,
    "opt/flink-dist-2.3.0.jar": None,
}


@pytest.mark.parametrize("name", VERSIONS)
def test_the_version_stands_in_the_name_of_the_dist_jar(name: str) -> None:
    assert FLINK.version_of([name]) == VERSIONS[name]


def test_files_that_differ_from_the_record_are_named_and_configuration_is_not() -> None:
    recorded = {
        "bin/flink": [10, 100, "0755", "x"],
        "lib/a.jar": [10, 100, "0644", "x"],
        "lib/b.jar": [10, 100, "0644", "x"],
        "LICENSE": [1, 1, "0644", "x"],
        "conf/config.yaml": [1, 1, "0644", "x"],
    }
    seen = {"bin/flink": (10, 100), "lib/a.jar": (11, 100), "LICENSE": (1, 1)}
    assert home.changed_files(recorded, seen) == ("lib/a.jar", "lib/b.jar")


def test_java_without_a_release_file_is_asked_for_its_properties() -> None:
    # -XshowSettings:properties of OpenJDK 8 and its -version lines.
    text = (
        "Property settings:\n    java.home = /usr/lib/jvm/java-8/jre\n    java.vendor = Private Build\n"
        '    java.version = 1.8.0_392\n\nopenjdk version "1.8.0_392"\n'
    )
    assert javas.read_settings(text) == (JavaVersion(8, "1.8.0_392", "Private Build"), "/usr/lib/jvm/java-8")
    assert javas.read_settings('java version "1.7.0_80"\n') == (JavaVersion(7, "1.7.0_80"), "")
    assert javas.read_settings("Unrecognized option\n") is None


def test_a_profile_that_ends_the_shell_is_told_and_nothing_is_claimed_of_its_environment() -> None:
    fields = javas.read(reading(("command-home", ""), ("command-java /usr/bin/java", ""), ("login", "")))
    assert fields["login_shell_sane"] is False
    assert "java_login" not in fields
    assert "login_environment" not in fields


ANSWERS = {
    "plain": (b'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}', 200, b'{"a":1}'),
    "chunks": (
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;x\r\n:1}\r\n0\r\n\r\n',
        200,
        b'{"a":1}',
    ),
    "not found": (b"HTTP/1.0 404 Not Found\r\n\r\n", 404, b""),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", None, b""),
    "nothing": (b"", None, b""),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_http_answer_is_taken_apart(name: str) -> None:
    answer, status, body = ANSWERS[name]
    assert rest.read_http(answer) == (status, body)


LOGINS = {
    "0 0 1 flink node1": (True, "flink", "node1", ""),
    "0 255 0 - - flink@a: Permission denied (publickey).": (
        False,
        "",
        "",
        "flink@a: Permission denied (publickey).",
    ),
    "0 0 0 - - ": (False, "", "", "the login shell did not run the command"),
    "0 255 0 - - ": (False, "", "", "ssh ended with status 255"),
}


@pytest.mark.parametrize("line", LOGINS)
def test_a_login_counts_only_when_its_command_ran(line: str) -> None:
    (section,) = network.logins((Logins(("a",)),))
    fields = section.read(reading(("asked", ""), (f"login {line}", "")))
    assert fields["logins"]["a"] == LoginFacts(*LOGINS[line])
