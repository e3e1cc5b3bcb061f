"""Ailments of logins: the master's on the workers, and the operator's on all, with Flink 2.3.0.

Data alone: node0 is the master, node1 and node2 are workers of two slots each.
"""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, on
from tests.cluster.ailments.bench import NODES, Bench
from tests.cluster.ailments.staging import SSH, each, fault, flink, kept, root, sshd
from tests.lab import faults


def assert_status(bench: Bench, status: int, *words: str) -> None:
    done = bench.check(*words)
    assert done.status == status, done


AILMENTS: tuple[Ailment, ...] = (
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
