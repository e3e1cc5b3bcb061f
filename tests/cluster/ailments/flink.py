"""Ailments of a cluster of Flink 2.3.0: node0 is the master, node1 and node2 are workers of two slots each.

Data alone: the numbers are those of the catalogue of ailments.
"""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, Undo, on
from tests.cluster.ailments.bench import NODES, Bench
from tests.cluster.ailments.fetched import JAVA_11, install_java_11, install_pdsh
from tests.cluster.ailments.staging import (
    again,
    each,
    fault,
    flink,
    gone,
    kept,
    kill,
    line,
    listens,
    registered,
    root,
    settled,
    sshd,
    start,
    stop,
    text,
)
from tests.lab import faults
from tests.lab.settings import REPOSITORY

SSH = "/home/flink/.ssh"
BASHRC = "/home/flink/.bashrc"
HIDE_JAVA = (
    "for l in /usr/bin/java /usr/bin/javac; do [ ! -e $l ] || mv $l $l.off; done",
    "for l in /usr/bin/java /usr/bin/javac; do [ ! -e $l.off ] || mv $l.off $l; done",
)
JAVA_25 = "/usr/lib/jvm/temurin-25-jdk-amd64"


def own_java_only(host: str):
    """The configuration of this host names no Java, and its TaskManager is down: Flink's scripts must find one."""
    return each(stop(host), line(host, "env.java.home"))


def hold(host: str, port: int):
    def act(bench: Bench) -> Undo:
        held = bench.node(host).popen(["python3", "-m", "http.server", str(port)], user="flink")
        listens(host, port)(bench)

        def end() -> None:
            bench.root(host, "pkill -f '[h]ttp.server'; true")
            held.wait()

        return end

    return act


def made(host: str, pattern: str):
    """Wait until the newest daemon has made its directory."""
    return root(
        host,
        f"while ! find /tmp -maxdepth 1 -name '{pattern}' -newer /tmp/flink-flink-taskexecutor.pid | grep -q .; do sleep 0.1; done",
    )


def own_firewall(host: str, rules: str):
    return fault(host, lambda node: faults.firewall(node, rules))


SSH_LOGINS: tuple[Ailment, ...] = (
    Ailment(
        1, "ssh-key-not-authorized", "a worker that does not trust the key",
        how="authorized_keys of node2 is emptied",
        stage=root("node2", f": > {SSH}/authorized_keys"),
        found=on("ssh-key-not-authorized@node2"), grade="safe", quick=True,
    ),
    Ailment(
        1, "ssh-key-not-authorized", "a master without a key",
        how="the key pair of node0 is removed",
        stage=each(
            *(kept(name, f"{SSH}/authorized_keys") for name in NODES),
            kept("node0", f"{SSH}/id_ed25519", f"{SSH}/id_ed25519.pub"),
            root("node0", f"rm {SSH}/id_ed25519 {SSH}/id_ed25519.pub"),
        ),
        found=on("ssh-key-not-authorized@node0"), grade="safe",
    ),
    Ailment(
        2, "known-hosts-unknown", "no known_hosts on the master",
        how="known_hosts of node0 is removed",
        stage=root("node0", f"rm {SSH}/known_hosts"),
        found=on("known-hosts-unknown@node0"), grade="asks", quick=True,
    ),
    Ailment(
        9, "ssh-modes-refused", "~/.ssh open to everybody",
        how="chmod 777 ~/.ssh on node1",
        stage=root("node1", f"chmod 777 {SSH}"),
        found=on("ssh-modes-refused@node1"), grade="safe", quick=True,
    ),
    Ailment(
        9, "ssh-modes-refused", "authorized_keys open to everybody",
        how="chmod 666 authorized_keys on node1",
        stage=root("node1", f"chmod 666 {SSH}/authorized_keys"),
        found=on("ssh-modes-refused@node1"), grade="safe",
    ),
    Ailment(
        9, "ssh-modes-refused", "a home open to everybody",
        how="chmod 777 ~ on node1",
        stage=root("node1", "chmod 777 /home/flink"),
        found=on("ssh-modes-refused@node1"), grade="safe",
    ),
    Ailment(
        41, "wrong-or-missing-user", "the master logs in as somebody else",
        how="useradd other on node2, with the key; User other for node2 in ~/.ssh/config of node0",
        stage=each(
            root(
                "node2",
                f"useradd -m -s /bin/bash -p '*' other && cp -r {SSH} /home/other/ && chown -R other: /home/other/.ssh",
                "userdel -r other 2>/dev/null; true",
            ),
            kept("node0", f"{SSH}/config"),
            root("node0", f"printf 'Host node2\\n  User other\\n' >> {SSH}/config; chown flink: {SSH}/config"),
        ),
        found=on("wrong-or-missing-user@node2"), grade="manual", mend="hand",
        by_hand=root("node0", f"sed -i '/User other/d' {SSH}/config"),
        by_hand_how="the User line is taken out of ~/.ssh/config",
    ),
    Ailment(
        41, "wrong-or-missing-user", "a user that is gone",
        how="flink is renamed in /etc/passwd and /etc/shadow of node2",
        stage=root(
            "node2",
            "sed -i 's/^flink:/gone:/' /etc/passwd /etc/shadow",
            "sed -i 's/^gone:/flink:/' /etc/passwd /etc/shadow",
        ),
        found=on("login-refused@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="the user is made again",
    ),
    Ailment(
        42, "host-key-changed", "a worker with new host keys",
        how="node2 shows new host keys",
        stage=fault("node2", faults.change_host_key),
        found=on("host-key-changed@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="the old host keys are put back",
    ),
    Ailment(
        42, "host-key-changed", "an old key in the master's known_hosts",
        how="known_hosts of node0 names the key of node1 for node2 too",
        stage=root(
            "node0",
            f"cd {SSH} && k=$(ssh-keygen -F node1 -f known_hosts | grep ed25519 | cut -d' ' -f2-) && "
            "ssh-keygen -R node2 -f known_hosts 2>/dev/null && echo \"node2 $k\" >> known_hosts && "
            "chown flink: known_hosts && rm -f known_hosts.old",
        ),
        found=on("host-key-changed@node0"), grade="manual", mend="hand",
        by_hand=each(
            flink("node0", "ssh-keygen -R node2"),
            lambda bench: assert_status(bench, 0, "--fix", "known-hosts-unknown"),
        ),
        by_hand_how="ssh-keygen -R node2 on node0, then --fix known-hosts-unknown",
    ),
    Ailment(
        43, "sshd-down-or-refused", "no sshd",
        how="sshd of node2 is ended",
        stage=fault("node2", faults.stop_sshd),
        found=on("sshd-down-or-refused@node2"), status=4, grade="manual", mend="hand", quick=True,
        by_hand_how="sshd is started",
    ),
    Ailment(
        44, "ssh-other-port", "sshd on another port, which the master is not told",
        how="Port 2222 for sshd of node2, and in the answers",
        stage=each(kept("node0", f"{SSH}/config"), sshd("node2", "Port 2222")),
        answers={"workers": ["node1", {"host": "node2", "port": 2222}]},
        found=on("ssh-other-port@node0"), grade="safe",
    ),
    Ailment(
        45, "host-unreachable", "a worker that does not answer",
        how="nft on node2: packets to port 22 are dropped",
        stage=fault("node2", faults.drop),
        found=on("host-unreachable@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="the rule is taken out",
    ),
    Ailment(
        46, "too-many-auth-failures", "the master offers too many keys",
        how="MaxAuthTries 3 on node2; five other keys for node2 in ~/.ssh/config of node0",
        stage=each(
            sshd("node2", "MaxAuthTries 3"),
            kept("node0", f"{SSH}/config"),
            flink(
                "node0",
                "cd ~/.ssh && { echo 'Host node2'; for n in 1 2 3 4 5; do "
                "ssh-keygen -q -t ed25519 -N '' -f decoy$n <<<y >/dev/null; echo \"  IdentityFile ~/.ssh/decoy$n\"; done; "
                "} >> config && chmod 600 config",
                "rm -f ~/.ssh/decoy*",
            ),
        ),
        found=on("too-many-auth-failures@node0"), grade="manual", mend="hand",
        by_hand=flink(
            "node0",
            "cd ~/.ssh && sed -i '/decoy/d' config && "
            "printf '  IdentitiesOnly yes\\n  IdentityFile ~/.ssh/id_ed25519\\n' >> config",
        ),
        by_hand_how="IdentitiesOnly yes and the one key for node2 in ~/.ssh/config",
    ),
    Ailment(
        47, "sshd-policy-refuses", "AllowUsers without the master",
        how="AllowUsers flink@DESK on node2",
        stage=lambda bench: sshd("node2", f"AllowUsers flink@{bench.node('desk').address}")(bench),
        found=on("sshd-policy-refuses@node2"), grade="manual", mend="hand",
        by_hand_how="the line is taken out, sshd started anew",
    ),
    Ailment(
        47, "sshd-policy-refuses", "no login by key",
        how="PubkeyAuthentication no on node2",
        stage=sshd("node2", "PubkeyAuthentication no"),
        found=on("sshd-policy-refuses@node2"), grade="manual", mend="hand",
        by_hand_how="the line is taken out, sshd started anew",
    ),
    Ailment(
        48, "root-login-refused", "answers that name root",
        how="user: root in the answers; PermitRootLogin as Debian ships it",
        stage=lambda bench: None,
        answers={"user": "root", "flink": {"home": "/home/flink/flink-2.3.0"}},
        found=on("login-refused@node0", "login-refused@node1", "login-refused@node2"),
        status=4, grade="manual", mend="hand",
        by_hand_how="the user that runs Flink is named in the answers",
    ),
    Ailment(
        49, "authorized-keys-elsewhere", "a key in a file that sshd does not read",
        how="AuthorizedKeysFile .ssh/authorized_keys on node2, the key in authorized_keys2",
        stage=each(
            sshd("node2", "AuthorizedKeysFile .ssh/authorized_keys"),
            root("node2", f"mv {SSH}/authorized_keys {SSH}/authorized_keys2", f"rm -f {SSH}/authorized_keys2"),
        ),
        found=on("authorized-keys-elsewhere@node2"), grade="safe",
    ),
    Ailment(
        51, "encrypted-private-key", "a key with a passphrase",
        how="the key of node0 gets a passphrase",
        stage=flink(
            "node0",
            "ssh-keygen -q -p -P '' -N secret -f ~/.ssh/id_ed25519",
            "ssh-keygen -q -p -P secret -N '' -f ~/.ssh/id_ed25519",
        ),
        found=on("encrypted-private-key@node0"), grade="manual", mend="hand",
        by_hand_how="the passphrase is taken off",
    ),
    Ailment(
        53, "maxstartups-throttled", "sshd that turns connections away",
        how="MaxStartups 1:50:100 on node2: every second login that overlaps another is dropped",
        stage=sshd("node2", "MaxStartups 1:50:100"), status=0, mend="none",
    ),
    Ailment(
        72, "login-profile-hijacks", "a profile that ends the shell",
        how="exit 0 in ~/.bash_profile of node2",
        stage=root("node2", "echo 'exit 0' > /home/flink/.bash_profile", "rm -f /home/flink/.bash_profile"),
        found=on("login-profile-hijacks@node2"), grade="manual", mend="hand", quick=True,
        by_hand=root("node2", "sed -i '1s/.*/case $- in *i*) exit 0;; esac/' /home/flink/.bash_profile"),
        by_hand_how="a guard round that line",
    ),
    Ailment(
        76, "account-disabled", "an account that has expired",
        how="chage -E 0 flink on node2",
        stage=root("node2", "chage -E 0 flink", "chage -E -1 flink"),
        found=on("login-refused@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="chage -E -1 flink",
    ),
    Ailment(
        76, "account-disabled", "a shell that lets nobody in",
        how="usermod -s /usr/sbin/nologin flink on node2",
        stage=root("node2", "usermod -s /usr/sbin/nologin flink", "usermod -s /bin/bash flink"),
        found=on("account-disabled@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="usermod -s /bin/bash flink",
    ),
    Ailment(
        77, "key-options-restrict", "a key for another address only",
        how='from="10.0.0.1" before the key on node2',
        stage=each(
            kept("node2", f"{SSH}/authorized_keys"),
            root("node2", f"sed -i 's/^ssh-/from=\"10.0.0.1\" &/' {SSH}/authorized_keys"),
        ),
        found=on("key-options-restrict@node2"), grade="manual", mend="hand",
        by_hand=root("node2", f"sed -i 's/^from=[^ ]* //' {SSH}/authorized_keys"),
        by_hand_how="the option is taken off that line",
    ),
    Ailment(
        77, "key-options-restrict", "a key for another command only",
        how='command="echo Please login as the user ubuntu" before the key on node2',
        stage=each(
            kept("node2", f"{SSH}/authorized_keys"),
            root("node2", f"sed -i 's/^ssh-/command=\"echo Please\" &/' {SSH}/authorized_keys"),
        ),
        found=on("key-options-restrict@node2"), grade="manual", mend="hand",
        by_hand=root("node2", f"sed -i 's/^command=[^ ]* [^ ]* //' {SSH}/authorized_keys"),
        by_hand_how="the option is taken off that line",
    ),
    Ailment(
        78, "ssh-algorithm-mismatch", "an sshd with old algorithms alone",
        how="HostKeyAlgorithms ssh-rsa on node2",
        stage=sshd("node2", "HostKeyAlgorithms ssh-rsa"),
        found=on("host-unreachable@node2"), status=4, grade="manual", mend="hand",
        by_hand_how="the line is taken out, sshd started anew",
    ),
    Ailment(
        79, "key-format-unreadable", "a key file of the operator that is none",
        how="ssh.key in the answers names a file with other text",
        stage=root("desk", "echo garbage > /home/flink/broken; chmod 600 /home/flink/broken; chown flink: /home/flink/broken",
                   "rm -f /home/flink/broken"),
        answers={"ssh": {"host_keys": "accept-new", "key": "/home/flink/broken"}},
        environment={"FLINK_WIZARD_PASSWORD": ""},
        found=on("login-key-unreadable@node0", "login-key-unreadable@node1", "login-key-unreadable@node2"),
        status=4, grade="manual", mend="hand",
        by_hand_how="another key is named in the answers",
    ),
    Ailment(
        80, "maxsessions", "one session a connection",
        how="MaxSessions 1 on node1",
        stage=sshd("node1", "MaxSessions 1"), status=0, mend="none",
    ),
    Ailment(
        81, "sftp-unavailable", "no SFTP",
        how="Subsystem sftp /bin/false on node1",
        stage=sshd("node1", "Subsystem sftp /bin/false"), status=0, mend="none",
    ),
)  # fmt: skip


def assert_status(bench: Bench, status: int, *words: str) -> None:
    done = bench.check(*words)
    assert done.status == status, done


SETTINGS: tuple[Ailment, ...] = (
    Ailment(
        3, "bind-host-localhost", "a JobManager bound to localhost",
        how="jobmanager.bind-host: localhost on node0, the JobManager started anew",
        stage=each(line("node0", "jobmanager.bind-host: localhost"), again("node0", "jobmanager"), listens("node0", 8081)),
        found=on("bind-host-localhost@node0"), grade="safe", quick=True,
    ),
    Ailment(
        4, "jm-rpc-address-localhost", "a worker that seeks the JobManager at localhost",
        how="jobmanager.rpc.address: localhost on node1, its TaskManager started anew",
        stage=each(line("node1", "jobmanager.rpc.address: localhost"), again("node1"), registered(2)),
        found=on("jm-rpc-address-localhost@node1"), grade="safe",
    ),
    Ailment(
        5, "taskmanager-host-localhost", "a TaskManager that tells localhost",
        how="taskmanager.host: localhost on node1, its TaskManager started anew",
        stage=each(stop("node1"), line("node1", "taskmanager.host: localhost"), registered(2), start("node1"), registered()),
        found=on("taskmanager-host-localhost@node1"), grade="safe",
    ),
    Ailment(
        13, "slots-fewer-than-parallelism", "a default parallelism beyond all slots",
        how="parallelism.default: 6 on node0",
        stage=each(line("node0", "parallelism.default: 6"), again("node0", "jobmanager"), registered()),
        found=on("slots-fewer-than-parallelism@node0"), status=0, grade="asks",
    ),
    Ailment(
        14, "memory-config-impossible", "two totals that contradict each other",
        how="taskmanager.memory.flink.size: 2g beside process.size: 1024m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.flink.size: 2g"), stop("node1"), flink("node1", "bin/taskmanager.sh start; true")),
        found=on("memory-config-impossible@node1"), grade="asks", quick=True,
    ),
    Ailment(
        14, "memory-config-impossible", "too small a total",
        how="taskmanager.memory.process.size: 400m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size: 400m"), stop("node1"), flink("node1", "bin/taskmanager.sh start; true")),
        found=on("memory-config-impossible@node1"), grade="asks",
    ),
    Ailment(
        14, "memory-config-impossible", "no size at all",
        how="no taskmanager.memory.process.size on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size"), stop("node1"), flink("node1", "bin/taskmanager.sh start; true")),
        found=on("memory-config-impossible@node1"), grade="asks",
    ),
    Ailment(
        15, "memory-over-ram", "a TaskManager larger than the host",
        how="taskmanager.memory.process.size: 200g on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.memory.process.size: 200g"), stop("node1"), flink("node1", "bin/taskmanager.sh start; true"), gone("node1")),
        found=on("memory-over-ram@node1"), grade="asks",
    ),
    Ailment(
        19, "conf-out-of-sync", "other slots on one worker",
        how="taskmanager.numberOfTaskSlots: 7 on node2",
        stage=line("node2", "taskmanager.numberOfTaskSlots: 7"),
        found=on("conf-out-of-sync@node2"), grade="asks", quick=True,
    ),
    Ailment(
        19, "conf-out-of-sync", "another master on one worker",
        how="jobmanager.rpc.address: node2 on node2, its TaskManager started anew",
        stage=each(line("node2", "jobmanager.rpc.address: node2"), again("node2"), registered(2)),
        found=on("conf-out-of-sync@node2"), grade="asks",
    ),
    Ailment(
        19, "restart-pending", "a daemon older than its configuration",
        how="a key is added on node1, nothing is started anew",
        stage=each(registered(), root("node1", "sleep 2.5"), line("node1", "taskmanager.registration.timeout: 4 min")),
        found=on("restart-pending@node1"), status=0, grade="asks",
        after=line("node1", "taskmanager.registration.timeout"),
    ),
    Ailment(
        22, "workers-file-wrong", "two workers on one line",
        how="conf/workers of node0: node1 node2",
        stage=text("node0", "conf/workers", "node1 node2\n"),
        found=on("workers-file-wrong@node0"), grade="safe", quick=True,
    ),
    Ailment(
        22, "workers-file-wrong", "the list as it is shipped",
        how="conf/workers of node0: localhost",
        stage=text("node0", "conf/workers", "localhost\n"),
        found=on("workers-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        22, "workers-file-wrong", "the list under its old name",
        how="conf/workers of node0 is renamed to slaves",
        stage=flink("node0", "mv conf/workers conf/slaves", "rm -f conf/slaves"),
        found=on("workers-file-wrong@node0"), grade="safe",
    ),
    Ailment(
        29, "rest-bound-to-loopback", "a web interface for the master alone",
        how="rest.bind-address: localhost on node0, the JobManager started anew",
        stage=each(line("node0", "rest.bind-address: localhost"), again("node0", "jobmanager"), listens("node0", 8081)),
        found=on("rest-bound-to-loopback@node0"), grade="asks",
    ),
    Ailment(
        32, "conf-yaml-syntax", "no blank after the colon",
        how="taskmanager.numberOfTaskSlots:2 on node1",
        stage=line("node1", "taskmanager.numberOfTaskSlots:2"),
        found=on("conf-yaml-syntax@node1"), grade="asks", quick=True,
    ),
    Ailment(
        32, "conf-yaml-syntax", "a tab",
        how="a line of node1 begins with a tab",
        stage=flink("node1", "printf '\\trest.port: 8081\\n' >> conf/config.yaml"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
        after=line("node1", "rest.port"),
    ),
    Ailment(
        32, "conf-yaml-syntax", "a line that is indented",
        how="a line of node1 is indented by two blanks",
        stage=flink("node1", "printf '  rest.port: 8081\\n' >> conf/config.yaml"),
        found=on("conf-yaml-syntax@node1"), grade="asks",
        after=line("node1", "rest.port"),
    ),
    Ailment(
        34, "conf-missing", "a configuration under its old name",
        how="config.yaml of node1 is renamed to flink-conf.yaml",
        stage=flink("node1", "mv conf/config.yaml conf/flink-conf.yaml", "rm -f conf/flink-conf.yaml"),
        found=on("conf-missing@node1"), grade="safe",
    ),
    Ailment(
        35, "legacy-memory-keys", "a memory key that is read no more",
        how="taskmanager.heap.size: 600m on node1, its TaskManager started anew",
        stage=each(line("node1", "taskmanager.heap.size: 600m"), again("node1"), registered(2), registered()),
        found=on("legacy-memory-keys@node1"), status=0, grade="safe",
    ),
    Ailment(
        39, "env-java-home-nested", "env.java.home below other keys",
        how="env:, java: and home: on three lines of node1",
        stage=each(
            line("node1", "env.java.home"),
            flink("node1", "printf 'env:\\n  java:\\n    home: /usr/lib/jvm/java-17-openjdk-amd64\\n' >> conf/config.yaml"),
        ),
        found=on("env-java-home-nested@node1"), grade="safe",
    ),
    Ailment(
        95, "checkpoint-dir-not-shared", "checkpoints in a directory of each host",
        how="state.checkpoints.dir: file:///var/cp on node0",
        stage=each(line("node0", "state.checkpoints.dir: file:///var/cp"), again("node0", "jobmanager"), registered()),
        found=on("checkpoint-dir-not-shared@node0"), status=0, grade="manual", mend="hand",
        by_hand=each(line("node0", "state.checkpoints.dir"), again("node0", "jobmanager"), registered()),
        by_hand_how="the key is taken out",
    ),
)  # fmt: skip


JAVAS: tuple[Ailment, ...] = (
    Ailment(
        7, "java-missing-on-worker", "no Java on the path",
        how="java of node1 is renamed, no JAVA_HOME, no TaskManager",
        stage=each(own_java_only("node1"), root("node1", *HIDE_JAVA)),
        found=on("java-missing-on-worker@node1"), grade="safe",
    ),
    Ailment(
        7, "java-missing-on-worker", "no Java at all",
        how="/usr/lib/jvm of node1 is empty, no TaskManager",
        stage=each(own_java_only("node1"), fault("node1", faults.no_java)),
        found=on("java-missing-on-worker@node1"), grade="asks", mend="hand",
        by_hand_how="Java is put back: the lab has no package server",
    ),
    Ailment(
        7, "java-home-wrong", "a Java home that is gone",
        how="env.java.home: /opt/java-gone on node1",
        stage=line("node1", "env.java.home: /opt/java-gone"),
        found=on("java-home-wrong@node1"), grade="safe", quick=True,
    ),
    Ailment(
        8, "java-home-only-interactive", "JAVA_HOME for people alone",
        how="export JAVA_HOME at the end of ~/.bashrc of node1, java renamed, no TaskManager",
        stage=each(
            own_java_only("node1"),
            kept("node1", BASHRC),
            root("node1", f"echo 'export JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64' >> {BASHRC}"),
            root("node1", *HIDE_JAVA),
        ),
        found=on("java-home-only-interactive@node1"), grade="safe",
    ),
    Ailment(
        36, "java-version-unsupported", "a Java that is too new",
        how="env.java.home: Java 25 on node1, its TaskManager started anew",
        stage=each(line("node1", f"env.java.home: {JAVA_25}"), again("node1"), gone("node1")),
        found=on("java-version-unsupported@node1"), grade="asks",
    ),
    Ailment(
        37, "java-mixed-versions", "daemons on different Javas",
        how="env.java.home: Java 11 on node1, its TaskManager started anew",
        stage=each(
            install_java_11("node1"), stop("node1"), registered(2),
            line("node1", f"env.java.home: {JAVA_11}"), start("node1"), registered(),
        ),
        found=on("java-mixed-versions@node1"), status=0, grade="manual", mend="hand",
        by_hand=each(
            line("node1", "env.java.home: /usr/lib/jvm/java-17-openjdk-amd64"), stop("node1"), registered(2),
            start("node1"), registered(),
        ),
        by_hand_how="env.java.home names the Java 17 of the others, the TaskManager is started anew",
    ),
)  # fmt: skip


MACHINES: tuple[Ailment, ...] = (
    Ailment(
        10, "firewall-jm-port", "packets to the JobManager are dropped",
        how="nft on node0: tcp dport 6123 drop",
        stage=own_firewall("node0", 'iifname "eth0" tcp dport 6123 drop'),
        found=on("firewall-jm-port@node0"), grade="manual", mend="hand", quick=True,
        by_hand_how="the rule is taken out",
    ),
    Ailment(
        10, "firewall-jm-port", "packets to the JobManager are rejected",
        how="nft on node0: tcp dport 6123 reject with icmpx admin-prohibited",
        stage=own_firewall("node0", 'iifname "eth0" tcp dport 6123 reject with icmpx type admin-prohibited'),
        found=on("firewall-jm-port@node0"), grade="manual", mend="hand",
        by_hand_how="the rule is taken out",
    ),
    Ailment(
        11, "firewall-tm-ports", "a worker that lets in ssh alone",
        how="nft on node1: established, lo, icmp and port 22 are accepted, the rest is dropped",
        stage=own_firewall(
            "node1", 'ct state established,related accept\niifname "lo" accept\nip protocol icmp accept\ntcp dport 22 accept\ndrop'
        ),
        found=on("firewall-tm-ports@node1"), grade="manual", mend="hand",
        by_hand_how="the rules are taken out",
    ),
    Ailment(
        12, "name-not-resolvable", "a name that one worker does not know",
        how="node2 is taken out of /etc/hosts of node1",
        stage=each(kept("node1", "/etc/hosts"), fault("node1", lambda node: faults.forget_name(node, "node2"))),
        found=on("name-not-resolvable@node1"), grade="asks",
    ),
    Ailment(
        12, "name-is-loopback", "the master's name as loopback",
        how="127.0.1.1 node0 in /etc/hosts of node1",
        stage=root("node1", "sed 's/.* node0$/127.0.1.1 node0/' /etc/hosts > /tmp/h && cat /tmp/h > /etc/hosts; rm /tmp/h"),
        found=on("name-is-loopback@node1"), grade="asks",
    ),
    Ailment(
        40, "pdsh-uses-rsh", "pdsh that uses rsh",
        how="Debian's package pdsh on node0",
        stage=install_pdsh("node0"),
        found=on("pdsh-uses-rsh@node0"), grade="asks",
        after=root("node0", "for f in /home/flink/.profile /home/flink/.bash_profile; do "
                   "[ ! -f $f ] || sed -i '/PDSH_RCMD_TYPE/d' $f; done"),
    ),
    Ailment(
        56, "tmp-or-disk-full", "a full /tmp",
        how="one MiB is left in /tmp of node1",
        stage=fault("node1", lambda node: faults.fill_disk(node, "/tmp", 1024)),
        found=on("tmp-or-disk-full@node1"), status=0, grade="manual", mend="hand",
        by_hand_how="room is made",
    ),
    Ailment(
        56, "tmp-or-disk-full", "a full disk of logs",
        how="nothing is left on the file system of log/ of node1",
        stage=each(
            fault("node1", lambda node: faults.small_disk(node, "/home/flink/flink-2.3.0/log", 4)),
            fault("node1", lambda node: faults.fill_disk(node, "/home/flink/flink-2.3.0/log")),
        ),
        found=on("tmp-or-disk-full@node1"), grade="manual", mend="hand",
        by_hand_how="room is made",
    ),
    Ailment(
        57, "leftover-temp-dirs", "what killed daemons left behind",
        how="the TaskManager of node1 is killed and started three times",
        stage=each(*(each(kill("node1"), start("node1"), made("node1", "flink-io-*")) for _ in range(3)), registered()),
        found=on("leftover-temp-dirs@node1"), status=0, grade="asks", quick=True,
    ),
    Ailment(
        82, "paramiko-hangs", "a login shell that says much",
        how="~/.bash_profile of node1 prints ten MiB on each stream",
        stage=each(
            kept("node1", "/home/flink/.bash_profile"),
            root("node1", "echo 'head -c 10485760 /dev/zero | tr \\\\0 x; head -c 10485760 /dev/zero | tr \\\\0 y >&2; . ~/.profile' "
                 "> /home/flink/.bash_profile"),
        ),
        status=0, mend="none",
    ),
    Ailment(
        84, "ssh-config-not-honoured", "a jump host in an included file",
        how="port 22 of node2 is closed to the desk; ~/.ssh/config of the desk includes a file with ProxyJump node0",
        stage=each(
            lambda bench: faults.drop(bench.node("node2"), source=bench.node("desk").address),
            kept("desk", f"{SSH}/config", f"{SSH}/more"),
            root(
                "desk",
                f"mkdir -p {SSH}; echo 'Include more' > {SSH}/config; "
                f"printf 'Host node2\n  ProxyJump node0\n' > {SSH}/more; chown -R flink: {SSH}; chmod 700 {SSH}; chmod 600 {SSH}/*",
            ),
        ),
        status=0, mend="none",
    ),
    Ailment(
        85, "fips-operator", "a desk where MD5 is forbidden",
        how="hashlib.md5 raises on the desk",
        stage=root(
            "desk",
            "mkdir -p /opt/fips && printf 'import hashlib\ndef no(*a, **k): raise ValueError(\"disabled for FIPS\")\nhashlib.md5 = no\n' "
            "> /opt/fips/sitecustomize.py",
            "rm -rf /opt/fips",
        ),
        environment={"PYTHONPATH": f"/opt/fips:{REPOSITORY}"},
        status=0, mend="none",
    ),
    Ailment(
        86, "sudo-unavailable", "a host on which nobody may become root",
        how="sudo of node1 is renamed, node2 is taken out of its /etc/hosts",
        stage=each(
            root("node1", "mv /usr/bin/sudo /usr/bin/sudo.off", "mv /usr/bin/sudo.off /usr/bin/sudo"),
            fault("node1", lambda node: faults.forget_name(node, "node2")),
        ),
        found=on("name-not-resolvable@node1"), grade="manual", mend="hand",
        by_hand_how="the name is entered by root",
    ),
    Ailment(
        87, "ulimits-too-low", "few open files for a login",
        how="sshd of node1 is started with ulimit -n 256",
        stage=sshd("node1", before="ulimit -n 256;"),
        found=on("ulimits-too-low@node1"), status=0, grade="manual", mend="hand",
        by_hand_how="sshd is started with the usual limit",
    ),
    Ailment(
        88, "tmp-unusable", "a /tmp that cannot be written",
        how="/tmp of node1 is mounted read-only",
        stage=fault("node1", lambda node: faults.read_only(node, "/tmp")),
        found=on("tmp-unusable@node1"), grade="manual", mend="hand",
        by_hand_how="it is mounted writable",
    ),
    Ailment(
        88, "tmp-unusable", "a /tmp for root alone",
        how="chmod 755 /tmp on node1",
        stage=root("node1", "chmod 755 /tmp", "chmod 1777 /tmp"),
        found=on("tmp-unusable@node1"), grade="manual", mend="hand",
        by_hand=root("node1", "chmod 1777 /tmp"), by_hand_how="chmod 1777 /tmp as root",
    ),
    Ailment(
        89, "tmp-cleaned-while-running", "the directories of a TaskManager are gone",
        how="rm -r /tmp/flink-io-* /tmp/tm_* on node1",
        stage=each(settled("node1", "taskmanager"), root("node1", "rm -r /tmp/flink-io-* /tmp/tm_*")),
        found=on("tmp-cleaned-while-running@node1"), status=0, grade="asks",
    ),
    Ailment(
        89, "tmp-cleaned-while-running", "the uploads of the JobManager are gone",
        how="rm -r /tmp/flink-web-* on node0",
        stage=each(settled("node0", "jobmanager"), root("node0", "rm -r /tmp/flink-web-*")),
        found=on("tmp-cleaned-while-running@node0"), status=0, grade="asks",
    ),
    Ailment(
        90, "hostname-clash-or-underscore", "two hosts of one name",
        how="hostname node1 on node2",
        stage=root("node2", "hostname node1", "hostname node2"),
        found=on("hostname-clash-or-underscore@node1", "hostname-clash-or-underscore@node2"),
        status=0, grade="manual", mend="hand",
        by_hand=root("node2", "hostname node2"), by_hand_how="hostname node2",
    ),
    Ailment(
        91, "ipv6-or-multihomed", "a TaskManager on a network of its own",
        how="172.31.9.1 on lo of node1, taskmanager.host: 172.31.9.1, the TaskManager started anew",
        stage=each(
            root("node1", "ip addr add 172.31.9.1/32 dev lo", "ip addr del 172.31.9.1/32 dev lo"),
            stop("node1"), line("node1", "taskmanager.host: 172.31.9.1"), registered(2), start("node1"),
        ),
        found=on("ipv6-or-multihomed@node1"), grade="safe",
    ),
    Ailment(
        97, "environment-noise", "a locale that is not there",
        how="export LC_ALL=xx_YY.UTF-8 in ~/.profile of node1",
        stage=each(
            kept("node1", "/home/flink/.profile"),
            root("node1", "echo 'export LC_ALL=xx_YY.UTF-8' >> /home/flink/.profile"),
        ),
        status=0, mend="none",
    ),
    Ailment(
        97, "clock-skew", "clocks that differ",
        how="date of node1 is five minutes ahead",
        stage=fault("node1", lambda node: faults.clock_offset(node, 300)),
        found=on("clock-skew@node1"), status=0, grade="manual", mend="hand",
        by_hand_how="the clock is put right",
    ),
)  # fmt: skip


HOMES: tuple[Ailment, ...] = (
    Ailment(
        20, "install-path-missing-on-worker", "no Flink at the path of the master",
        how="the home of node2 is renamed, its TaskManager ended",
        stage=each(
            stop("node2"),
            root("node2", "mv /home/flink/flink-2.3.0 /home/flink/away", "rm -rf /home/flink/away"),
        ),
        found=on("install-path-missing-on-worker@node2"), grade="safe", quick=True,
    ),
    Ailment(
        30, "install-or-log-dir-not-writable", "a log directory of root",
        how="chown root log; chmod 755 log on node1, its TaskManager ended",
        stage=each(stop("node1"), root("node1", "cd /home/flink/flink-2.3.0 && chown root log && chmod 755 log")),
        found=on("install-or-log-dir-not-writable@node1"), grade="asks",
    ),
    Ailment(
        54, "mixed-flink-versions", "another Flink at the path of the master",
        how="Flink 1.20.5 at the path of 2.3.0 on node1, its TaskManager ended",
        stage=each(
            stop("node1"),
            root("node1", "mv /home/flink/flink-2.3.0 /home/flink/away", "rm -rf /home/flink/away"),
            lambda bench: other_flink(bench, "node1", "1.20.5"),
        ),
        found=on("mixed-flink-versions@node1"), grade="asks",
    ),
    Ailment(
        69, "missing-exec-bits", "scripts without execute bits",
        how="chmod a-x bin/*.sh on node1",
        stage=flink("node1", "chmod a-x bin/*.sh"),
        found=on("missing-exec-bits@node1"), grade="safe", quick=True,
    ),
    Ailment(
        70, "crlf-scripts-or-workers", "a list with the line ends of another system",
        how="carriage returns in conf/workers of node0",
        stage=text("node0", "conf/workers", "node1\r\nnode2\r\n"),
        found=on("crlf-scripts-or-workers@node0"), grade="safe",
    ),
    Ailment(
        70, "crlf-scripts-or-workers", "scripts with the line ends of another system",
        how="carriage returns in bin/taskmanager.sh of node1, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "sed -i 's/$/\\r/' bin/taskmanager.sh")),
        found=on("crlf-scripts-or-workers@node1", "taskmanager-down@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "a distribution jar that is gone",
        how="flink-dist of node1 is removed, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "rm lib/flink-dist*.jar")),
        found=on("flink-jars-damaged@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "a distribution jar that was cut short",
        how="flink-dist of node1 is truncated to one MB, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "truncate -s 1000000 lib/flink-dist*.jar")),
        found=on("flink-jars-damaged@node1"), grade="safe",
    ),
    Ailment(
        74, "flink-jars-damaged", "two distribution jars",
        how="a second flink-dist jar in lib/ of node1, its TaskManager ended",
        stage=each(stop("node1"), flink("node1", "cp lib/flink-dist*.jar lib/flink-dist-1.20.5.jar")),
        found=on("flink-jars-damaged@node1"), grade="asks",
    ),
)  # fmt: skip


def other_flink(bench: Bench, host: str, version: str) -> None:
    """Another Flink at this cluster's path."""
    from tests.cluster.driving import archive_on_desk
    from tests.distributions import flink_archive

    del archive_on_desk
    node = bench.node(host)
    with open(flink_archive(version), "rb") as archive:
        node.popen(
            [
                "sh",
                "-ec",
                f"mkdir -p {bench.home} && tar -xzf - --strip-components=1 -C {bench.home} && chown -R flink: {bench.home}",
            ],
            stdin=archive,
        ).wait()


DAEMONS: tuple[Ailment, ...] = (
    Ailment(
        17, "duplicate-daemons", "a second TaskManager",
        how="bin/taskmanager.sh start on node1, where one runs",
        stage=each(start("node1"), registered(6)),
        found=on("duplicate-daemons@node1"), grade="asks", quick=True,
    ),
    Ailment(
        18, "port-in-use", "a port that another program holds",
        how="the JobManager is ended, python3 -m http.server 8081 on node0",
        stage=each(stop("node0", "jobmanager"), hold("node0", 8081)),
        found=on("port-in-use@node0"), grade="manual", mend="hand", quick=True,
        by_hand=root("node0", "pkill -f '[h]ttp.server'; true"), by_hand_how="that program is ended",
    ),
    Ailment(
        0, "taskmanager-down", "a TaskManager that was killed",
        how="kill -9 on node1",
        stage=kill("node1"),
        found=on("taskmanager-down@node1"), grade="safe", quick=True,
    ),
    Ailment(
        68, "jm-on-wrong-host", "a JobManager on a worker",
        how="bin/jobmanager.sh start on node1",
        stage=each(start("node1", "jobmanager"), listens("node1", 8081)),
        found=on("jm-on-wrong-host@node1"), grade="asks",
    ),
    Ailment(
        92, "two-clusters-one-host", "another Flink on a host",
        how="a copy of the home of node1 starts a TaskManager of its own",
        stage=each(
            flink(
                "node1",
                "cp -r . ../other && cd ../other && sed -i '/^jobmanager.rpc.address:/d' conf/config.yaml && "
                "echo 'jobmanager.rpc.address: localhost' >> conf/config.yaml && "
                "FLINK_PID_DIR=/home/flink/other FLINK_CONF_DIR=/home/flink/other/conf bin/taskmanager.sh start",
                "pkill -KILL -f '/home/flink/othe[r]/'; rm -rf ../other",
            ),
        ),
        found=on("two-clusters-one-host@node1"), status=0, grade="manual", mend="hand",
        by_hand_how="the other one is ended",
    ),
)  # fmt: skip

AILMENTS: tuple[Ailment, ...] = (*SSH_LOGINS, *SETTINGS, *JAVAS, *MACHINES, *HOMES, *DAEMONS)
