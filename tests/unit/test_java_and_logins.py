"""The choice of a Java, the proofs of Java and of logins, and fingerprints: facts in, verdicts out."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import MappingProxyType

import pytest

from wizard.facts import (
    ClusterFacts,
    HostFacts,
    JavaFacts,
    JavaSeen,
    PublicKey,
    SshFacts,
    TrustedKey,
)
from wizard.fingerprints import fingerprint
from wizard.flink.catalogue import line_of
from wizard.javachoice import JavaWish, choose_java, home_question
from wizard.operations.java import ProveJava
from wizard.operations.logins import ProveLogin
from wizard.servicefacts import CommandFacts, LoginFacts

KEY = PublicKey("ssh-ed25519", "AAAAkeyB")
KEY_FILE = "/home/flink/.ssh/id_ed25519"


def javas(*majors: int) -> tuple[JavaFacts, ...]:
    return tuple(JavaFacts(f"/opt/jre{major}", str(major), major) for major in majors)


@pytest.mark.parametrize(
    ("version", "found", "in_use", "waiver", "chosen"),
    [
        ("2.3.0", (8, 11, 17, 21, 25), "", False, 17),
        ("2.3.0", (8, 11, 21, 25), "", False, 11),
        ("2.3.0", (8, 21, 25), "", False, 21),
        ("2.3.0", (8, 25), "", False, None),
        ("2.3.0", (8, 25), "", True, None),
        ("2.3.0", (11, 17), "/opt/jre11", False, 11),
        ("2.3.0", (8, 17), "/opt/jre8", False, 17),
        ("1.9.3", (8, 17), "/opt/jre17", False, 8),
        ("1.9.3", (11, 17, 21), "", False, None),
        ("1.9.3", (17, 21), "", True, 17),
        ("1.9.3", (), "", True, None),
    ],
)
def test_the_best_java_of_a_host(
    version: str, found: tuple[int, ...], in_use: str, waiver: bool, chosen: int | None
) -> None:
    host = HostFacts("n", javas=javas(*found), java_login=JavaSeen(in_use, ""))
    choice = choose_java(host, JavaWish.of(line_of(version).java, "auto", waiver))
    assert (choice.major if choice else None) == chosen


def test_the_choice_does_not_depend_on_the_order_of_finding() -> None:
    wish = JavaWish.of(line_of("2.3.0").java)
    found = (*javas(11, 17), JavaFacts("/opt/another17", "17", 17))
    forward, backward = HostFacts("n", javas=found), HostFacts("n", javas=found[::-1])
    assert choose_java(forward, wish) == choose_java(backward, wish)


def test_a_named_home_is_taken_as_named_also_when_it_is_a_link() -> None:
    wish = JavaWish.of(line_of("2.3.0").java, "/opt/java")
    asked = {home_question("/opt/java"): CommandFacts(0, "/opt/jre17\n")}
    choice = choose_java(HostFacts("n", javas=javas(11, 17), commands=asked), wish)
    assert choice is not None
    assert (choice.home, choice.major) == ("/opt/java", 17)
    assert choose_java(HostFacts("n", javas=javas(11, 17)), wish) is None


def cluster(*hosts: HostFacts) -> ClusterFacts:
    return ClusterFacts(MappingProxyType({host.name: host for host in hosts}))


@pytest.mark.parametrize(
    ("ways", "by_ssh", "login", "good"),
    [
        (("flink-config",), None, "", True),
        (("shell-profile",), "/opt/jre17/", "/opt/jre17", True),
        (("shell-profile",), "", "/opt/jre17", False),
        (("shell-profile",), "/opt/jre17", "/opt/jre11", False),
        (("ssh-environment",), "/opt/jre17", "", True),
        (("ssh-environment",), "", "/opt/jre17", False),
        (("ssh-environment",), None, "", False),
    ],
)
def test_java_home_is_proved_by_the_shells_that_will_need_it(
    ways: tuple[str, ...], by_ssh: str | None, login: str, good: bool
) -> None:
    answers = {} if by_ssh is None else {"JAVA_HOME by ssh to n": CommandFacts(0, by_ssh)}
    facts = cluster(
        HostFacts("m", commands=answers), HostFacts("n", javas=javas(17), java_login=JavaSeen(login, ""))
    )
    proof = ProveJava("n", JavaWish.of(line_of("2.3.0").java), ways, "m", "n")
    assert proof.judge(facts).good is good
    assert proof.judge(proof.expected(facts)).good


def node(**changes: object) -> HostFacts:
    ssh: dict[str, object] = {
        "home_mode": 0o755,
        "home_owner": "flink",
        "dir_mode": 0o700,
        "authorized_keys_mode": 0o600,
        "trusted": (TrustedKey(KEY.type, KEY.blob),),
        **changes,
    }
    return HostFacts("n", home="/home/flink", user="flink", ssh=SshFacts(**ssh))  # type: ignore[arg-type]


def master(login: LoginFacts | None) -> HostFacts:
    ssh = SshFacts(0o755, "flink", 0o700, 0o600, key_files={KEY_FILE: KEY})
    return HostFacts("m", home="/home/flink", user="flink", ssh=ssh, logins={"n": login} if login else {})


DENIED = LoginFacts(False, evidence="flink@n: Permission denied (publickey).")


@pytest.mark.parametrize(
    ("login", "there", "words"),
    [
        (DENIED, node(dir_mode=0o777), "chmod 700 /home/flink/.ssh"),
        (DENIED, node(trusted=()), "does not trust SHA256"),
        (
            DENIED,
            node(trusted=(TrustedKey(KEY.type, KEY.blob, options='from="10.0.0.9"'),)),
            'from="10.0.0.9"',
        ),
        (DENIED, node(settings={"pubkeyauthentication": "no"}), "PubkeyAuthentication yes"),
        (DENIED, node(settings={"allowusers": "admin"}), "allowusers admin"),
        (DENIED, node(), "journalctl"),
        (LoginFacts(False, evidence="Host key verification failed."), node(), "ssh-keygen -F n"),
        (LoginFacts(False, evidence="ssh: Could not resolve hostname n: …"), node(), "/etc/hosts"),
        (
            LoginFacts(False, evidence="ssh: connect to host n port 22: Connection timed out"),
            node(),
            "firewall",
        ),
        (LoginFacts(True, "operator", "n"), node(), "User line"),
    ],
)
def test_a_failed_login_names_its_cause(login: LoginFacts, there: HostFacts, words: str) -> None:
    proof = ProveLogin("n", "m", ("n",), "flink", ("n",), "~/.ssh/id_ed25519")
    facts = cluster(master(login), there)
    verdict = proof.explain(facts, proof.judge(facts))
    assert not verdict.good
    assert words in f"{verdict.evidence}\n{verdict.action}"
    assert verdict.action


def test_a_login_that_was_not_tried_proves_nothing() -> None:
    proof = ProveLogin("n", "m", ("n",), "flink")
    facts = cluster(master(None), node())
    assert not proof.judge(facts).good
    assert proof.judge(proof.expected(facts)).good


def test_fingerprints_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    public = file.with_suffix(".pub")
    told = subprocess.run(
        ["ssh-keygen", "-lf", str(public)], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint(public.read_text().split()[1]) == told.split()[1]
    assert fingerprint("no key") == "not a key"
