"""`apply` where the way to the hosts, the place of Flink or its source are not the usual ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import Operator, answers, nodes_with_desk, operator_of, rest, three_with_desk
from tests.distributions import archive_name, small_archive
from tests.lab import HostSettings, Lab
from tests.mirror import Mirror

pytestmark = pytest.mark.timeout(900)

VERSION = "2.3.0"
OWN_CACHE = "/home/flink/cache"
"""Not the tests' common one: what these tests download is no whole Flink."""


@pytest.mark.long
def test_another_port_a_key_of_its_own_and_a_linked_home(make_lab: MakeLab) -> None:
    desk, node0, node1, _ = three_with_desk()
    lab = make_lab([desk, node0, node1, HostSettings("node2", ssh_port=2222)])
    for node in lab.hosts[1:]:
        node.exec("install -d -o flink /opt/real && ln -s real /opt/flink-link")
    home = f"/opt/flink-link/flink-{VERSION}"
    operator = operator_of(lab)
    file = operator.write(
        answers(
            workers=["node1", {"host": "node2", "port": 2222}],
            ssh={"host_keys": "accept-new", "cluster_key": "~/.ssh/flink cluster"},
            flink={"home": home},
        )
    )
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert rest(lab["node0"])["taskmanagers"] == 2
    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    status = operator.run("status", file)
    assert status.status == 0 and "2 of 2 TaskManagers" in status.out, status

    stopped = lab["node0"].exec([f"{home}/bin/stop-cluster.sh"], user="flink")
    assert stopped.stdout.count("Stopping taskexecutor daemon") == 2, stopped
    assert operator.run("start", file).status == 0
    assert operator.run("stop", file).status == 0
    assert [node.name for node in lab.hosts if "java" in node.exec(["ps", "-eo", "comm"]).stdout] == []


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab(nodes_with_desk(2))


@pytest.fixture
def mirror(lab: Lab) -> Iterator[Mirror]:
    """A mirror that the lab can reach; its archives hold the scripts and no jars that run."""
    with Mirror(small_archive(VERSION).parent, lab.gateway) as served:
        yield served


def install(operator: Operator, source: str, **environment: str) -> tuple[int, str]:
    file = operator.write(answers(VERSION, ["node1"], start={"flink": False}, flink={"source": source}))
    ran = operator.run("apply", file, "--yes", XDG_CACHE_HOME=OWN_CACHE, **environment)
    return ran.status, ran.out + ran.err


def test_flink_comes_from_a_mirror_or_an_address_with_its_checksum(lab: Lab, mirror: Mirror) -> None:
    operator = operator_of(lab)
    status, said = install(operator, "apache", FLINK_WIZARD_APACHE_MIRROR=mirror.base())
    assert status == 0, said
    assert lab["node1"].exists(f"/home/flink/flink-{VERSION}/bin/flink")
    asked = [request.path for request in mirror.requests]
    assert f"/flink/flink-{VERSION}/{archive_name(VERSION)}.sha512" in asked

    mirror.requests.clear()
    again = operator.run(
        "apply",
        "/home/flink/cluster.yaml",
        "--yes",
        XDG_CACHE_HOME=OWN_CACHE,
        FLINK_WIZARD_APACHE_MIRROR=mirror.base(),
    )
    assert again.status == 0 and "Nothing to change" in again.out, again
    assert mirror.requests == []

    for node in lab.hosts[1:]:
        node.exec(["rm", "-r", f"/home/flink/flink-{VERSION}"])
    address = f"{mirror.base()}/flink/flink-{VERSION}/{archive_name(VERSION)}"
    status, said = install(operator, address)
    assert status == 0, said
    assert lab["node1"].exists(f"/home/flink/flink-{VERSION}/bin/flink")


def test_a_damaged_download_is_refused_before_any_node_is_changed(lab: Lab, mirror: Mirror) -> None:
    operator = operator_of(lab)
    before = lab.snapshot()
    for fault, word in (("corrupt", "checksum"), ("truncated", "bytes"), ("missing", "404")):
        status, said = install(operator, "apache", FLINK_WIZARD_APACHE_MIRROR=mirror.base(fault))
        assert status == 1, said
        assert word.lower() in said.lower(), said
        changed = lab.changes_since(before)
        assert set(changed) <= {"desk", "node0"}, changed
        lock_only = ("/home/flink", "/home/flink/.flink-wizard", "/home/flink/.flink-wizard/demo")
        assert [path for path in changed.get("node0", []) if path not in lock_only] == []
