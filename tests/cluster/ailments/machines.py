"""Ailments of hosts and of the network between them, with Flink 2.3.0.

Data alone: node0 is the master, node1 and node2 are workers of two slots each.
"""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, on
from tests.cluster.ailments.fetched import install_pdsh
from tests.cluster.ailments.staging import (
    SSH,
    again,
    each,
    fault,
    kept,
    kill,
    line,
    loopback,
    own_firewall,
    registered,
    restarted_with,
    root,
    settled,
    sshd,
    start,
    stop,
)
from tests.lab import faults
from tests.lab.settings import REPOSITORY


def made(host: str, pattern: str):
    """Wait until the newest daemon has made its directory."""
    return root(
        host,
        f"while ! find /tmp -maxdepth 1 -name '{pattern}' -newer /tmp/flink-flink-taskexecutor.pid | grep -q .; "
        "do sleep 0.1; done",
    )


AILMENTS: tuple[Ailment, ...] = (
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
            "node1",
            'ct state established,related accept\niifname "lo" accept\nip protocol icmp accept\n'
            "tcp dport 22 accept\ndrop",
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
        stage=loopback("node1", "node0"),
        found=on("name-is-loopback@node1"), grade="asks",
    ),
    Ailment(
        40, "pdsh-uses-rsh", "pdsh that uses rsh",
        how="Debian's package pdsh on node0",
        stage=install_pdsh("node0"),
        found=on("pdsh-uses-rsh@node0"), status=0, grade="safe",
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
        how="the TaskManager of node1 is killed and started five times",
        stage=each(
            *(each(kill("node1"), start("node1"), made("node1", "flink-io-*")) for _ in range(5)),
            registered(),
        ),
        found=on("leftover-temp-dirs@node1"), status=0, grade="asks",
    ),
    Ailment(
        82, "paramiko-hangs", "a login shell that says much",
        how="~/.bash_profile of node1 prints ten MiB on each stream",
        stage=each(
            kept("node1", "/home/flink/.bash_profile"),
            root(
                "node1",
                "echo 'head -c 10485760 /dev/zero; head -c 10485760 /dev/zero >&2; . ~/.profile' "
                "> /home/flink/.bash_profile",
            ),
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
                f"printf 'Host node2\n  ProxyJump node0\n' > {SSH}/more; "
                f"chown -R flink: {SSH}; chmod 700 {SSH}; chmod 600 {SSH}/*",
            ),
        ),
        status=0, mend="none",
    ),
    Ailment(
        85, "fips-operator", "a desk where MD5 is forbidden",
        how="hashlib.md5 raises on the desk",
        stage=root(
            "desk",
            "mkdir -p /opt/fips && printf 'import hashlib\ndef no(*a, **k): raise ValueError(\"disabled for FIPS\")\n"
            "hashlib.md5 = no\n' > /opt/fips/sitecustomize.py",
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
        found=on("tmp-unusable@node1"), grade="asks",
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
        88, "tmp-unusable", "a directory for temporary files that is not there",
        how="io.tmp.dirs: /home/flink/more/tmp on node1, its TaskManager ended",
        stage=each(kept("node1", "/home/flink/more"), stop("node1"), line("node1", "io.tmp.dirs: /home/flink/more/tmp")),
        found=on("tmp-unusable@node1"), grade="safe",
        after=each(line("node1", "io.tmp.dirs"), again("node1"), registered(2), registered()),
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
            restarted_with("node1", "taskmanager.host: 172.31.9.1"),
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
