"""The wizard in a real terminal, with a locked private key and a sudo that wants a password: both are asked for, a wrong
one is asked for again, and neither is written anywhere."""

from __future__ import annotations

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import archive_on_desk, operator_of, three_with_desk
from tests.cluster.terminal import Terminal

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]

PASSPHRASE = "planted-passphrase-417"
KEY = "/home/flink/.ssh/operator"


def test_a_locked_key_and_sudo_are_asked_for_where_they_are_needed(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk(sudo="password"))
    desk, operator = lab["desk"], operator_of(lab)
    desk.exec(f"install -d -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N {PASSPHRASE} -f {KEY}", user="flink")
    public = desk.read(f"{KEY}.pub")
    nodes = [lab[f"node{number}"] for number in range(3)]
    for node in nodes:
        node.exec("install -d -m 700 ~/.ssh", user="flink")
        node.write("/home/flink/.ssh/authorized_keys", public, owner="flink", mode=0o600)
    file = operator.write(
        "version: 1\ncluster: demo\nuser: flink\n"
        f"ssh: {{host_keys: accept-new, key: {KEY}}}\nmaster: node0\nworkers: [node1, node2]\n"
        "java: {set_in: [ssh-environment]}\nstart: {flink: false}\n"
        f'flink: {{version: "2.3.0", source: {archive_on_desk("2.3.0")}}}\n'
    )
    argv = [word for word in operator.argv("install", "--answers", file) if "_PASSWORD=" not in word]
    with Terminal(desk, argv, columns=140, lines=40) as terminal:
        terminal.until("Cluster name")
        terminal.keys("F8")
        terminal.until("The key is locked, so 3 hosts cannot be reached")
        for typed in ("wrong-passphrase", PASSPHRASE):
            terminal.press("F6")
            terminal.until("The passphrase opens the key")
            terminal.keys("Enter")
            terminal.until("Passphrase of your private key")
            terminal.type(typed)
            terminal.keys("Enter")
            terminal.until("3 hosts read" if typed == PASSPHRASE else "passphrase does not open the key")
            terminal.until("✓ flink@node0" if typed == PASSPHRASE else "The key is locked, so 3 hosts")
        for title in ("Requirements", "SSH keys", "JAVA_HOME"):
            terminal.press("F8")
            terminal.until(f"▸ {title}")
        terminal.until("sudo wants a password on 3 hosts")
        terminal.press("F6")
        terminal.keys("Enter")
        terminal.until("Password for sudo", "every host")
        terminal.type("wrong-sudo-password")
        terminal.keys("Enter")
        terminal.press("F8")
        for title in ("Flink config", "Workers", "HDFS"):
            terminal.press("F8")
            terminal.until(f"▸ {title}")
        terminal.keys("F8")
        terminal.until("changes on", seconds=60)
        terminal.keys("a", "Enter")
        for _ in nodes:
            terminal.until("waits for you", "Type sudo's password", seconds=120)
            terminal.keys("Enter")
            terminal.until("Password for sudo")
            terminal.type(lab.password)
            terminal.press("Enter", seconds=3)
        terminal.until("Go on: what was verified", seconds=120)
        terminal.keys("C-q")
        terminal.ended()
    for node in nodes:
        assert "PermitUserEnvironment" in node.exec("grep -rh PermitUserEnvironment /etc/ssh").stdout
    for secret in (PASSPHRASE, lab.password, "wrong-sudo-password"):
        assert desk.exec(f"grep -rl -e {secret} ~/.local ~/cluster.yaml || true", user="flink").stdout == ""
