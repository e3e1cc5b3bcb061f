"""One Flink home that all nodes see: written once, and what must be each node's own is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, archive_on_desk, operator_of, rest, three_sharing
from tests.lab import HostSettings

pytestmark = pytest.mark.timeout(900)

HOME = "/opt/shared/flink-2.3.0"
OWN = "/home/flink/.flink-wizard/demo"
NODES = ("node0", "node1", "node2")


@pytest.fixture
def shared(tmp_path: Path) -> list[HostSettings]:
    directory = tmp_path / "shared"
    directory.mkdir()
    return three_sharing(directory, "/opt/shared")


def test_a_shared_home_is_written_once_and_configured_on_each_node(
    make_lab: MakeLab, shared: list[HostSettings]
) -> None:
    lab = make_lab(shared)
    operator = operator_of(lab)
    file = operator.write(answers(flink={"distribute": "shared", "home": HOME}))
    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    assert {one["host"] for one in operator.commands() if one["operation"] == "install-flink"} == {"node0"}
    assert rest(lab["node0"])["taskmanagers"] == 2
    for name in NODES[1:]:
        asked = f"ssh {name} \"bash -l -c 'echo \\$FLINK_CONF_DIR'\""
        assert lab["node0"].exec(asked, user="flink").stdout.strip() == f"{OWN}/conf"
        assert f"taskmanager.host: {name}" in lab[name].read(f"{OWN}/conf/config.yaml")
        assert "Starting TaskManager" in lab[name].exec(f"cat {OWN}/log/*taskexecutor*.log").stdout
    assert lab["node0"].exec(f"ls {HOME}/log").stdout == ""

    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
    preview = operator.run("apply", file, "--dry-run")
    assert "Nothing to change." in preview.out, preview

    stopped = lab["node0"].exec(["bash", "-l", f"{HOME}/bin/stop-cluster.sh"], user="flink")
    assert stopped.stdout.count("Stopping taskexecutor daemon") == 2, stopped
    for name in NODES:
        lab[name].exec("for pid in $(pgrep -u flink java); do tail --pid=$pid -f /dev/null; done")
    started = lab["node0"].exec(["bash", "-l", f"{HOME}/bin/start-cluster.sh"], user="flink")
    assert started.stdout.count("Starting taskexecutor daemon") == 2, started
    later = operator.run("apply", file, "--yes")
    assert later.status == 0, later
    assert rest(lab["node0"])["taskmanagers"] == 2


def test_a_shared_directory_is_not_copied_into_from_each_node(
    make_lab: MakeLab, shared: list[HostSettings]
) -> None:
    lab = make_lab(shared)
    operator = operator_of(lab)
    source = archive_on_desk("2.3.0", small=True)
    file = operator.write(answers(flink={"distribute": "copy", "home": HOME, "source": source}))
    before = lab.snapshot()
    refused = operator.run("apply", file, "--yes")
    assert refused.status == 3, refused
    assert "home-is-shared" in refused.out and "/opt/shared" in refused.out, refused
    assert set(lab.changes_since(before)) <= {"desk"}
