"""Keys, logins, shell files and sshd on real hosts: each operation comes true, and is satisfied when asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cluster.conftest import MakeLab
from tests.lab import HostSettings, Lab
from wizard.answers.passwords import Passwords
from wizard.facts import ClusterFacts
from wizard.flink.catalogue import line_of
from wizard.javachoice import JavaWish
from wizard.needs import Need
from wizard.operations.java import ProveJava
from wizard.operations.logins import ProveLogin
from wizard.operations.operation import Operation, Proof, Verdict
from wizard.operations.profile import SetJavaHomeInProfile
from wizard.operations.sshclient import PinHostKeys, SshEntry, WriteSshConfig, known_name
from wizard.operations.sshenvironment import SetJavaHomeInSshEnvironment
from wizard.operations.sshkeys import AuthorizeKey, GenerateKey
from wizard.operations.sshmodes import FixModes
from wizard.real import Credentials, RealParts, real_parts
from wizard.secrets import Secret
from wizard.spec import ClusterSpec, FlinkSpec, HostSpec, SshSpec

NODES = ("node0", "node1", "node2")
WISH = JavaWish.of(line_of("2.3.0").java)


class NoAudit:
    """An audit log that keeps nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *args, **named: None


class Cluster:
    """Three lab hosts, read and changed by the product's own parts."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        hosts = [HostSpec(name, name, ssh_name=str(lab[name].address)) for name in NODES]
        hosts[2] = HostSpec("node2", "node2", ssh_name=str(lab["node2"].address), port=2222)
        spec = ClusterSpec(
            "demo",
            "flink",
            hosts[0],
            tuple(hosts[1:]),
            FlinkSpec("2.3.0", "/home/flink/flink"),
            SshSpec(host_keys="accept-new"),
        )
        credentials = Credentials(Passwords(default=Secret(HostSettings().password)))
        self.stop = threading.Event()
        known = directory / "known_hosts"
        self.parts: RealParts = real_parts(
            spec,
            credentials,
            known,
            NoAudit(),
            lambda *_: "",
            "test",
            "now",
            self.stop,  # type: ignore[arg-type]
        )
        self.executor = self.parts.executor("run1")
        self.facts = ClusterFacts()

    def read(self, needs: Mapping[str, tuple[Need, ...]]) -> None:
        for facts in self.parts.prober.read(needs, self.stop).values():
            assert facts.failure is None, facts.failure
            self.facts = self.facts.with_host(facts)

    def satisfied(self, operation: Operation) -> bool:
        self.read(operation.needs())
        return operation.satisfied(self.facts)

    def make_true(self, operation: Operation) -> None:
        assert not self.satisfied(operation), f"{operation.id} had nothing to do"
        commands = operation.commands(self.facts)
        self.executor.perform(operation, commands, self.facts, self.stop, lambda event: None)
        assert self.satisfied(operation), f"{operation.id} did not come true"

    def judged(self, proof: Proof) -> Verdict:
        self.read(proof.needs())
        verdict = proof.judge(self.facts)
        if not verdict.good:
            self.read(proof.evidence_needs())
            verdict = proof.explain(self.facts, verdict)
        return verdict


@pytest.fixture
def cluster(make_lab: MakeLab, tmp_path: Path) -> Iterator[Cluster]:
    lab = make_lab(
        [
            HostSettings("node0", sudo="nopasswd"),
            HostSettings("node1"),
            HostSettings("node2", sudo="password", ssh_port=2222),
        ]
    )
    cluster = Cluster(lab, tmp_path)
    yield cluster
    cluster.parts.close()


def test_the_master_logs_in_everywhere_and_java_home_is_seen(cluster: Cluster) -> None:
    cluster.parts.open_host("node1").run(
        "chmod 777 ~; mkdir -m 777 ~/.ssh; printf '# old' > ~/.ssh/authorized_keys"
    )
    names = tuple((known_name(name, 2222 if name == "node2" else None), name) for name in NODES)
    operations: tuple[Operation, ...] = (
        GenerateKey("node0"),
        *(AuthorizeKey(name, "node0") for name in NODES),
        FixModes("node1"),
        PinHostKeys("node0", names),
        WriteSshConfig("node0", (SshEntry("node2", port=2222),)),
        SetJavaHomeInProfile("node1", WISH),
        SetJavaHomeInSshEnvironment("node0", WISH),
        SetJavaHomeInSshEnvironment("node2", WISH),
    )
    for operation in operations:
        cluster.make_true(operation)
    assert all(cluster.satisfied(operation) for operation in operations)

    def login(name: str) -> ProveLogin:
        return ProveLogin(name, "node0", (name,), "flink", NODES, "~/.ssh/id_ed25519")

    for name in NODES:
        assert cluster.judged(login(name)).good
    ways = {"node0": "ssh-environment", "node1": "shell-profile", "node2": "ssh-environment"}
    for name, way in ways.items():
        assert cluster.judged(ProveJava(name, WISH, (way,), "node0", name)).good

    node1 = cluster.parts.open_host("node1")
    assert node1.run("head -n 1 ~/.ssh/authorized_keys").stdout == "# old\n"
    node1.run("chmod 777 ~/.ssh")
    assert "chmod 700 /home/flink/.ssh" in cluster.judged(login("node1")).action
    node1.run("chmod 700 ~/.ssh; sed -i 's/^ssh/command=\"date\" ssh/' ~/.ssh/authorized_keys")
    assert "restricts the key" in cluster.judged(login("node1")).evidence
