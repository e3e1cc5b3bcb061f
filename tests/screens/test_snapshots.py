"""Every screen in its main states, as it was accepted, at 80×24 and 140×40.

    .venv/bin/pytest tests/screens/test_snapshots.py --snapshot-update    # accept what is drawn now

Look at the difference before it is committed: an accepted screen is what operators get.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.themes import LIGHT
from tests.unit.walks import Hosts, walking
from wizard import events
from wizard.commands import Run
from wizard.practice import PracticeReach
from wizard.times import Times
from wizard.view import Use
from wizard.walk import Walk

from .conftest import MOMENT, until
from .drawn import Screens, drawn

SIZES = ("80x24", "140x40")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:syrupy")
"""A screen is named after its state, not after the test that comes to it."""

TRUE = Run(("true",))


@dataclass
class Camera:
    """Takes pictures of an application once it has come to rest, and compares them with those that were accepted."""

    app: WizardApp
    pilot: Pilot[int]
    accepted: SnapshotAssertion
    size: str

    @property
    def walk(self) -> Walk:
        return self.app.walk

    async def take(self, name: str) -> None:
        frame = self.app.frame
        frame.mail.put(events.Note("All is read."))  # readings end in any order: the last line is the same
        await until(self.pilot, lambda: not len(frame.mail) and frame._viewed == self.walk.view.serial)
        before = ""
        while before != (now := drawn(self.app)):
            before = now
            await self.pilot.pause(0.06)
        assert now == self.accepted(name=f"{name}-{self.size}")

    async def to(self, step: str) -> None:
        """Go to a step, those before it visited."""
        steps = [one.id for one in self.walk.steps]
        for one in steps[: steps.index(step)]:
            self.walk.visited(one)
        await self.app.frame.go(steps.index(step))
        await self.pilot.pause()

    async def reviewed(self) -> None:
        """Go to Review, and wait for the plan or what stands against it."""
        await self.to("review")
        await self.until(lambda: "making the plan" not in drawn(self.app))

    async def run(self) -> None:
        """Confirm the plan on Review, and go on to Apply."""
        await self.reviewed()
        assert self.walk.confirm() == ""
        await self.to("apply")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def focus(self, widget: str) -> None:
        self.app.screen.query(widget).first().focus()
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        await until(self.pilot, holds)


@pytest.fixture(params=SIZES)
def camera(
    request: pytest.FixtureRequest,
    snapshot: SnapshotAssertion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., object]:
    """`async with camera(reach, use=…, answers=…) as view`: an application with its log closed."""
    monkeypatch.chdir(tmp_path)
    size = tuple(int(part) for part in request.param.split("x"))

    @asynccontextmanager
    async def shown(
        reach: PracticeReach | None = None,
        *,
        use: Use = "practice",
        answers: str | None = None,
        rest: bool = True,
        ascii: bool = False,
        **more: bool,
    ) -> AsyncGenerator[Camera]:
        with walking(
            Path(),
            reach,
            use=use,
            answers=answers,
            times=Times(lambda: MOMENT, lambda: 100.0, lambda: "0000"),
            **more,
        ) as walk:
            app = WizardApp(walk, clock=lambda: MOMENT, ascii=ascii)
            async with app.run_test(size=size) as pilot:
                if app.frame.log_pane.mode == "open":
                    await pilot.press("f2")
                await until(pilot, lambda: not rest or walk.settled(0))
                yield Camera(app, pilot, snapshot.use_extension(Screens), request.param)

    return shown


async def test_the_walk_from_welcome_to_done(camera) -> None:
    async with camera() as view:
        for step in view.walk.steps:
            await view.until(lambda now=step: view.app.step is now)
            if step.id == "review":
                await view.until(lambda: view.walk.reviewed is not None)
            if step.id == "apply":
                await view.until(lambda: view.walk.view.applied == "done")
            await view.take(f"walk-{step.id}")
            await view.press(*(("a", "enter") if step.id == "review" else ("f8",)))


# Steps


async def test_steps_before_anything_is_answered(camera) -> None:
    async with camera(use="install", answers="") as view:
        for step in ("welcome", "hosts", "requirements", "flink-config", "workers", "review"):
            await view.to(step)
            await view.until(lambda: "making the plan" not in drawn(view.app))
            await view.take(f"empty-{step}")


async def test_steps_while_a_host_is_read(camera) -> None:
    async with camera(Hosts(hang={"node2"}), use="install", rest=False) as view:
        await view.until(lambda: view.walk.view.reading == frozenset({"node2"}))
        for step in ("hosts", "requirements", "ssh-keys", "flink-config"):
            await view.to(step)
            await view.take(f"checking-{step}")


@pytest.mark.parametrize(
    ("trouble", "steps"),
    [
        ("unreachable", ("hosts", "requirements", "review")),
        ("password", ("hosts",)),
        ("host-key", ("hosts",)),
        ("no-java", ("requirements", "java-home")),
        ("port", ("requirements", "flink-config", "review")),
        ("memory", ("flink-config", "workers")),
    ],
)
async def test_steps_where_something_is_wrong(camera, trouble: str, steps: tuple[str, ...]) -> None:
    async with camera(Hosts(trouble)) as view:
        for step in steps:
            await (view.reviewed() if step == "review" else view.to(step))
            await view.take(f"{trouble}-{step}")


async def test_an_answer_that_cannot_be_taken(camera) -> None:
    async with camera() as view:
        await view.to("hosts")
        await view.press("end", *"-bad-")
        await view.take("refused-hosts")
        await view.press("f8")
        await view.take("refused-next")


# What opens over a step


@pytest.mark.parametrize(
    ("name", "trouble", "step", "keys"),
    [
        ("list-of-versions", "nothing", "flink", ("f4",)),
        ("host-form", "nothing", "hosts", ("HostTable", "enter")),
        ("password-dialog", "password", "hosts", ("f6", "enter")),
        (
            "another-key",
            "nothing",
            "flink-config",
            ("ConfigEditor Button", "enter", *"taskmanager.memory.ma"),
        ),
        ("finding", "port", "requirements", ("FindingRow", "enter")),
        ("help", "nothing", "ssh-keys", ("f1",)),
        ("palette", "nothing", "hosts", ("ctrl+p",)),
    ],
)
async def test_what_opens_over_a_step(
    camera, name: str, trouble: str, step: str, keys: tuple[str, ...]
) -> None:
    async with camera(Hosts(trouble)) as view:
        await view.to(step)
        for key in keys:
            await (view.focus(key) if key[0].isupper() else view.press(key))
        await view.take(name)


async def test_hosts_of_the_ssh_configuration(camera, monkeypatch: pytest.MonkeyPatch) -> None:
    async with camera() as view:
        monkeypatch.setattr(view.walk, "ssh_names", lambda: ("gateway", "node0", "node1", "node2"))
        await view.to("hosts")
        await view.focus("SshImport Button")
        await view.press("enter")
        await view.until(lambda: "gateway" in drawn(view.app))
        await view.take("ssh-import")


# Review


async def test_a_plan_is_looked_through(camera) -> None:
    async with camera() as view:
        await view.reviewed()
        await view.press("slash", *"config.yaml", "enter")
        await view.take("review-search")
        await view.press("escape")
        await view.press("o")
        await view.take("review-stages")
        await view.press("e")
        await view.take("review-export")
        await view.press("escape")
        await view.press("a")
        await view.take("review-confirm")
        await view.press("ctrl+q")
        await view.take("leave-a-plan")


# Apply, Done


async def test_a_run_that_stops_at_a_full_disk(camera) -> None:
    async with camera(Hosts("disk-full")) as view:
        await view.run()
        await view.until(lambda: view.walk.progress.now().asked)
        await view.until(
            lambda: all(host.state in ("paused", "waiting") for host in view.walk.progress.now().hosts)
        )
        view.walk.progress._clock = lambda: 183.0
        await view.take("apply-pause")
        await view.press("v")
        await view.take("apply-pause-stages")
        await view.press("v")
        await view.press("ctrl+q")
        await view.take("leave-a-run")
        await view.press("escape")
        await view.focus("#choice-drop")
        await view.press("enter")
        await view.until(lambda: view.walk.view.applied == "failed")
        await view.take("apply-failed")
        await view.to("done")
        await view.take("done-failed")


async def test_a_run_under_way(camera) -> None:
    """Bytes move on one host, a command runs on another, a third is done with its part."""
    async with camera(Hosts(hang={"node9"})) as view:
        await view.reviewed()
        await view.to("apply")
        walk = view.walk
        walk._view = replace(walk.view, applied="running", serial=walk.view.serial + 1)
        for event in (
            events.RunStarted(
                "r", "practice", "install", ("Lock", "Install Flink", "Verify"), walk.view.spec.names
            ),
            events.StageStarted("Install Flink", 2, 3, 3),
            events.OperationStarted("node0", "install-flink", "Install Flink 2.3.0"),
            events.OperationFinished("node0", "install-flink", "Install Flink 2.3.0", "changed"),
            events.OperationStarted("node1", "install-flink", "Install Flink 2.3.0"),
            events.BytesMoved("node1", 0, 400_000_000),
            events.OperationStarted("node2", "install-flink", "Install Flink 2.3.0"),
            events.CommandStarted(
                "node2", "install-flink", Run(("tar", "xzf", "flink-2.3.0-bin-scala_2.12.tgz")), "tar"
            ),
        ):
            walk._hand_on(event)
        walk.progress._clock = lambda: 103.0
        walk._hand_on(events.BytesMoved("node1", 150_000_000, 400_000_000))
        await view.take("apply-running")
        await view.press("x")
        await view.take("apply-cancel")


# Uses, terminals, the log


@pytest.mark.parametrize("use", ["install", "dry-run", "repair"])
async def test_each_use_is_named(camera, use: Use) -> None:
    async with camera(use=use) as view:
        await view.take(f"use-{use}")
        if use == "dry-run":
            await view.reviewed()
            await view.take("use-dry-run-review")


async def test_findings_of_a_cluster(camera) -> None:
    async with camera(Hosts("port"), use="repair", repairing=True) as view:
        await view.to("findings")
        await view.take("findings")
        await view.press("m")
        await view.take("findings-matrix")


async def test_a_cluster_without_findings(camera) -> None:
    async with camera(use="repair", repairing=True) as view:
        walk = view.walk
        await view.to("findings")
        walk._view = replace(walk.view, findings=(), serial=walk.view.serial + 1)
        await view.take("findings-none")


async def test_a_terminal_with_ascii_alone(camera) -> None:
    async with camera(ascii=True) as view:
        for step in ("hosts", "flink-config"):
            await view.to(step)
            await view.take(f"ascii-{step}")


async def test_a_terminal_without_colours(camera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with camera(Hosts("port")) as view:
        await view.to("requirements")
        await view.take("no-colour-requirements")


async def test_the_light_theme(camera) -> None:
    async with camera() as view:
        view.app.theme = LIGHT
        await view.to("flink-config")
        await view.take("light-flink-config")


async def test_the_log(camera) -> None:
    async with camera(use="install", answers="") as view:
        frame = view.app.frame
        await view.to("requirements")
        for host in ("node0", "node1", "node2"):
            for event in (
                events.OperationStarted(host, "install-tools", "Install what is missing"),
                events.CommandStarted(host, "install-tools", TRUE, "sudo apt-get install --yes tar"),
                events.OutputArrived(host, "stdout", "Reading package lists...\n"),
                events.CommandFinished(
                    host,
                    "install-tools",
                    TRUE,
                    "sudo apt-get install --yes tar",
                    100 * (host == "node1"),
                    2.5,
                ),
            ):
                frame.mail.put(event)
        await view.press("f2")
        await view.take("log")
        await view.press("f3")
        await view.take("log-large")
        await view.press("slash", *"apt", "enter")
        await view.take("log-search")
        await view.press("escape")
        await view.press("h")
        await view.take("log-hosts")
