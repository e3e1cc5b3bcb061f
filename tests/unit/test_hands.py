"""The real executor on this machine: commands, later values, files and trees; every failure says what and where."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from wizard import events
from wizard.commands import Command, Fetch, FetchChoice, Later, Run, Transfer, Upload, shell
from wizard.connection import CommandTimeout, ConnectionFailed, Stop
from wizard.facts import ClusterFacts
from wizard.hands import Hands, Signature
from wizard.local import LocalConnection
from wizard.needs import Need
from wizard.operations.operation import Operation
from wizard.parts import CommandFailed
from wizard.spec import HERE


@dataclass(frozen=True)
class Anything(Operation):
    @property
    def id(self) -> str:
        return "anything"

    @property
    def title(self) -> str:
        return "Anything"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return False

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return ()

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts


def fetched(fetch: Fetch, stop: Stop, moved: Callable[[int, int | None], None]) -> str:
    raise CommandFailed(HERE, "no place has it", "HTTP 404", "Name another source.")


class Doing:
    def __init__(self) -> None:
        self.events: list[events.Event] = []
        self.hands = Hands(
            LocalConnection, fetched, Signature("run7", "op@desk", "2026-01-01T00:00:00+00:00")
        )

    def __call__(self, *commands: Command, host: str = "w") -> list[events.CommandFinished]:
        before = len(self.events)
        stop = threading.Event()
        self.hands.perform(Anything(host), commands, ClusterFacts(), stop, self.events.append)
        return [one for one in self.events[before:] if isinstance(one, events.CommandFinished)]


@pytest.fixture
def do() -> Doing:
    return Doing()


def test_a_value_that_a_command_gives_is_used_by_the_next_one(do: Doing, tmp_path: Path) -> None:
    later = Later("w", "word")
    path = tmp_path / "f"
    do(Run(("echo", " it's $HOME "), gives=later), Upload(str(path), f"a={later}\n"))
    assert path.read_text() == "a=it's $HOME\n"
    do(shell('printf %s "$1" > "$2"', f"<{later}>", str(path)), host="v")
    assert path.read_text() == "<it's $HOME>"


def test_a_value_that_nobody_gave_is_a_failure_that_names_it(do: Doing) -> None:
    with pytest.raises(CommandFailed, match=r"The public key of m is not known\."):
        do(Run(("echo", str(Later("m", "public-key")))))
    assert isinstance(do.events[-1], events.CommandFinished)


def test_a_failed_command_tells_its_status_and_last_words(do: Doing) -> None:
    with pytest.raises(CommandFailed) as error:
        do(shell("echo No space left on device >&2; exit 3", why="unpack"))
    assert (
        error.value.cause == "A command on w ended with status 3: unpack."
        and "Make room on w" in error.value.action
    )
    last = do.events[-1]
    assert isinstance(last, events.CommandFinished) and last.status == 3 and "No space" in last.tail


def test_a_command_that_does_not_end_is_told_by_what_it_was_for(do: Doing) -> None:
    with pytest.raises(CommandTimeout) as error:
        do(shell("exec sleep 60", why="wait for nothing", timeout=0.1))
    assert error.value.kind == "timeout" and error.value.evidence == "wait for nothing"


def test_a_status_that_is_allowed_is_no_failure(do: Doing) -> None:
    (done,) = do(Run(("sh", "-c", "exit 4"), ok=(0, 4)))
    assert done.status == 4


def tree(path: Path) -> Path:
    (path / "bin").mkdir(parents=True)
    (path / "bin/x y").write_text("1")
    (path / "big").write_bytes(b"z" * 3_000_000)
    return path


def test_a_tree_is_carried_from_host_to_host(do: Doing, tmp_path: Path) -> None:
    source = tree(tmp_path / "from")
    do(Transfer("m", str(source), "w", str(tmp_path / "to")))
    assert (tmp_path / "to/bin/x y").read_text() == "1" and (tmp_path / "to/big").stat().st_size == 3_000_000
    moved = [one for one in do.events if isinstance(one, events.BytesMoved)]
    assert moved[-1].host == "w" and moved[-1].done > 3_000_000


def test_a_tree_that_cannot_be_packed_leaves_nothing_behind(do: Doing, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as error:
        do(Transfer("m", str(tmp_path / "nowhere"), "w", str(tmp_path / "to")))
    assert "nowhere" in error.value.evidence and not (tmp_path / "to").exists()


def test_a_source_is_let_go_when_the_target_takes_no_more(do: Doing, tmp_path: Path) -> None:
    source = tree(tmp_path / "from")
    (source / "huge").write_bytes(b"z" * 40_000_000)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandFailed):
        do(Transfer("m", str(source), "w", str(tmp_path / "file" / "to")))
    for thread in threading.enumerate():
        if thread.name == "pack m":
            thread.join(60)
            assert not thread.is_alive()


def test_a_file_of_this_machine_that_is_gone_is_a_failure_that_names_it(do: Doing, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="cannot be read") as error:
        do(Transfer(HERE, str(tmp_path / "gone.tar"), "w", str(tmp_path / "to"), source_is_tar=True))
    assert "gone.tar" in str(error.value)


def test_what_cannot_be_obtained_says_why(do: Doing) -> None:
    with pytest.raises(CommandFailed, match="no place has it"):
        do(Fetch("2.3.0", (FetchChoice("pypi", "2.3.0"),), "/t"), host=HERE)


def test_a_cancelled_command_is_told_as_cancelled(do: Doing) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(ConnectionFailed) as error:
        do.hands.perform(Anything("w"), (Run(("sleep", "60")),), ClusterFacts(), stop, do.events.append)
    assert error.value.kind == "cancelled"
