"""Every screen of the walk and its main states, as they were accepted: a change of any of them is seen here first.

Accept a change with `.venv/bin/pytest tests/screens/test_snapshots.py --snapshot-update`, and look at what changed with
`git diff` (text) or with FLINK_WIZARD_PICTURES=DIRECTORY (an SVG of every picture).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, OptionList

from screens.app import WizardApp
from screens.themes import LIGHT
from screens.widgets.hostform import HostForm
from screens.widgets.hosttable import HostTable
from screens.widgets.passwords import PasswordDialog
from screens.widgets.pause import RunQuestion
from screens.widgets.savefile import SaveFile
from screens.widgets.sshimport import ImportDialog
from screens.widgets.stepfindings import FindingRow
from wizard.scenarios import Trouble

from .album import SIZES, Album, at, imagined, pictures_wanted, still
from .conftest import until

NOTHING = "version: 1\n"
"""Answers of somebody who has just begun."""

FOREVER = 600.0
"""Seconds a command: it is never over while somebody looks."""


@pytest.fixture
def album(snapshot: SnapshotAssertion) -> Iterator[Album]:
    album = Album(snapshot, pictures_wanted())
    yield album
    album.close()


async def shown(pilot: Pilot[int], kind: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))


async def to_apply(app: WizardApp, pilot: Pilot[int]) -> None:
    """Review, confirm, and see the run begin."""
    await at(pilot, "review")
    await pilot.press("a", "enter")
    await until(pilot, lambda: app.step.id == "apply")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_step_of_the_walk(album: Album, size: tuple[int, int]) -> None:
    with imagined() as app:
        async with app.run_test(size=size) as pilot:
            for step in app.walk.steps:
                await until(pilot, lambda to=step.id: app.frame.pane is not None and app.step.id == to)
                await album.keep(pilot, step.id)
                if step.id == "review":
                    await pilot.press("a", "enter")
                elif step.id != "done":
                    await pilot.press("f8")


async def test_nothing_is_answered(album: Album) -> None:
    with imagined(use="install", answers=NOTHING) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            for step in ("welcome", "hosts", "flink-config", "review", "apply", "done"):
                await at(pilot, step)
                await album.both(pilot, f"{step}-empty")


async def test_hosts_are_being_read(album: Album) -> None:
    with imagined(tempo=FOREVER) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            for step in ("hosts", "review"):
                await at(pilot, step, settled=False)
                await album.both(pilot, f"{step}-reading", settled=False)


@pytest.mark.parametrize(
    ("trouble", "step"),
    [
        ("unreachable", "hosts"),
        ("host-key", "hosts"),
        ("password", "hosts"),
        ("clock", "requirements"),
        ("memory", "flink-config"),
        ("name", "review"),
    ],
)
async def test_a_trouble_is_told(album: Album, trouble: str, step: str) -> None:
    with imagined(trouble) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, step)
            await album.both(pilot, f"{step}-{trouble}")
            if trouble == "password":
                await pilot.press("f6", "enter")
                await shown(pilot, PasswordDialog)
                await pilot.press(*"secret")
                await album.both(pilot, "password-dialogue")


async def test_a_finding_is_opened(album: Album) -> None:
    with imagined("no-java") as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "requirements")
            app.query(FindingRow).first().focus()
            await pilot.press("enter")
            await album.both(pilot, "finding-open")


async def test_what_is_asked_on_the_hosts_step(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host lab1 lab2 lab3\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with imagined(use="install") as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            pane = await at(pilot, "hosts")
            pane.query_one(HostTable).focus()
            await pilot.press("down", "enter")
            await shown(pilot, HostForm)
            await album.keep(pilot, "host-form")
            await pilot.press("escape")
            pane.query_one("#import", Button).press()
            await shown(pilot, ImportDialog)
            await pilot.press("space")
            await album.both(pilot, "import-dialogue")


async def test_what_is_typed_is_judged_and_completed(album: Album) -> None:
    with imagined() as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "hosts")
            await pilot.press("tab", "tab", "tab")
            app.post_message(Paste("99999"))  # at once: somebody who rests after a 9 has answered that
            await album.both(pilot, "hosts-wrong")
            await at(pilot, "flink")
            await pilot.press("f4")
            await album.both(pilot, "flink-choose")
            await pilot.press("escape")
            pane = await at(pilot, "flink-config")
            pane.query_one("#add-key", Button).press()
            await pilot.pause()
            await pilot.press(*"taskmanager.memory.man")
            await album.both(pilot, "config-dialogue")


async def test_the_plan_is_looked_through_and_exported(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="flink-wizard-", dir="/tmp") as here, imagined() as app:
        monkeypatch.chdir(here)
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "review")
            await pilot.press("o")
            await album.keep(pilot, "review-stages")
            await pilot.press("o", "slash", *"config.yaml", "enter")
            await album.both(pilot, "review-search")
            await pilot.press("escape", "e")
            await album.keep(pilot, "export-dialogue")
            Path(here, "practice-plan.sh").write_text("mine")
            await pilot.press("tab", "enter")
            await until(pilot, lambda: "there already" in str(app.screen.query_one("#answer").render()))
            await album.both(pilot, "export-there")
            await pilot.press("escape", "ctrl+q")
            await album.both(pilot, "quit-with-a-plan")


async def test_a_run_goes_on_and_is_cancelled(album: Album) -> None:
    with imagined() as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "review")
            app.walk.pace(FOREVER)
            app.walk.confirm()
            await app.frame.to("review")
            await pilot.press("f8")
            await until(pilot, lambda: app.walk.view.applied == "running")
            await album.both(pilot, "apply-reading", settled=False)
            await pilot.press("x")
            await album.keep(pilot, "apply-cancel", settled=False)


async def test_a_run_waits_for_a_choice_and_is_stopped(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    with imagined("disk-full") as app:
        walk = app.walk
        async with app.run_test(size=SIZES[0]) as pilot:
            await to_apply(app, pilot)
            await until(pilot, lambda: app.screen.query(RunQuestion) and walk.progress.now().asked)
            await album.both(pilot, "apply-paused", settled=False)
            await pilot.press("ctrl+q")
            await album.both(pilot, "quit-during-a-run", settled=False)
            await pilot.press("escape", "f2")
            await album.keep(pilot, "log-open", settled=False)
            await pilot.press("f3")
            await album.both(pilot, "log-large", settled=False)
            await pilot.press("h")
            await album.both(pilot, "log-hosts", settled=False)
            await pilot.press("down", "down", "enter", "d")
            await album.both(pilot, "log-of-one-host-with-details", settled=False)
            await pilot.press("slash", *"device", "enter")
            await album.both(pilot, "log-search", settled=False)
            await pilot.press("s")
            await shown(pilot, SaveFile)
            await album.both(pilot, "log-save", settled=False)
            await pilot.press("escape", "f3", "f2")
            app.frame.focus_pane()
            walk.choose(walk.progress.now().asked[0].number, "stop")
            await album.both(pilot, "apply-failed")
            await pilot.press("f8")
            await until(pilot, lambda: app.step.id == "done")
            await album.both(pilot, "done-failed")


@pytest.mark.parametrize("trouble", ["nothing", "port"])
async def test_a_repair_shows_what_is_found(album: Album, trouble: str) -> None:
    with imagined(trouble, "repair") as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "findings")
            await album.both(pilot, f"findings-{trouble}")
            if trouble == "port":
                app.query_one(OptionList).focus()
                await pilot.press("m")
                await album.both(pilot, "findings-matrix")
                await pilot.press("m", "w")
                await album.keep(pilot, "findings-waived")


CLUSTER = "version: 1\ncluster: demo\nuser: flink\nmaster: node0\nworkers: [node1, node2]\nflink: {version: 2.3.0}\n"
NEW = CLUSTER + 'hdfs: {mode: new, version: "3.3.6", format: if-empty}\n'
EXISTING = CLUSTER + "hdfs: {mode: existing}\n"

RUNS_THERE = Trouble(
    "namenode",
    "An HDFS of somebody else runs on node0",
    "",
    host="node0",
    stays=True,
    facts={
        "daemons": [
            {
                "kind": "namenode",
                "pid": 812,
                "user": "hdfs",
                "started": 1.0,
                "conf_dir": "/etc/hadoop/conf",
                "home": "/opt/hadoop",
            }
        ],
        "paths": {
            "/etc/hadoop/conf/core-site.xml": {
                "path": "/etc/hadoop/conf/core-site.xml",
                "kind": "file",
                "text": "<configuration><property><name>fs.defaultFS</name><value>hdfs://node0:8020</value></property></configuration>",
            }
        },
    },
)
DATA_FOUND = Trouble(
    "data",
    "Blocks of an HDFS lie on node1",
    "",
    host="node1",
    stays=True,
    facts={
        "storage": {
            "/data/hdfs/data": {
                "path": "/data/hdfs/data",
                "state": "formatted",
                "files": 212,
                "mib": 5120,
                "entries": ["current"],
                "version": {"storageType": "DATA_NODE", "clusterID": "CID-6a1c9d52"},
                "writable": True,
            }
        }
    },
)


@pytest.mark.parametrize("name", ["existing", "data-found"])
async def test_an_hdfs_that_is_there(album: Album, name: str) -> None:
    answers, more = {"existing": (EXISTING, RUNS_THERE), "data-found": (NEW, DATA_FOUND)}[name]
    with imagined(answers=answers, more=more) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "hdfs")
            if name == "data-found":
                app.query(FindingRow).first().focus()
                await pilot.press("enter")
            await album.both(pilot, f"hdfs-{name}")


async def test_a_new_hdfs_from_the_question_to_the_proof(album: Album) -> None:
    with imagined(answers=NEW) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "hdfs")
            await album.both(pilot, "hdfs-new")
            await at(pilot, "review")
            await pilot.press("slash", *"core-site.xml", "enter")
            await album.both(pilot, "review-of-hdfs")
            await pilot.press("escape", "a", "enter")
            await until(pilot, lambda: app.step.id == "apply")
            await still(app, pilot)
            await pilot.press("v")
            await album.both(pilot, "apply-with-hdfs")
            await pilot.press("f8")
            await until(pilot, lambda: app.step.id == "done")
            await album.both(pilot, "done-with-hdfs")


async def test_a_dry_run_says_so(album: Album) -> None:
    with imagined(use="dry-run") as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "review")
            await album.both(pilot, "dry-run-review")
            await to_apply(app, pilot)
            await still(app, pilot)
            await pilot.press("f8")
            await until(pilot, lambda: app.step.id == "done")
            await album.both(pilot, "dry-run-done")


async def test_help_palette_themes_ascii_and_a_terminal_too_small(album: Album) -> None:
    with imagined() as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "hosts")
            await pilot.press("f1")
            await album.keep(pilot, "teach")
            await pilot.press("f1", "ctrl+p")
            await still(app, pilot)
            await pilot.press("escape")
            app.theme = LIGHT
            await album.both(pilot, "hosts-light")
            await pilot.resize_terminal(50, 12)
            await album.keep(pilot, "too-small")
    with imagined(ascii=True) as app:
        async with app.run_test(size=SIZES[0]) as pilot:
            await at(pilot, "ssh-keys")
            await album.both(pilot, "ssh-keys-ascii")
