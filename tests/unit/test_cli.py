"""The command line as an operator meets it: what is refused before any host is asked, and how a terminal is treated.

The cases of bad usage are data (`data/bad-usage.yaml`).
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wizard.cli import main
from wizard.exits import Exit, first_of
from wizard.text import clean

ROOT = Path(__file__).resolve().parents[2]
CASES = yaml.safe_load((Path(__file__).parent / "data" / "bad-usage.yaml").read_text())
LOCAL = """version: 1
cluster: here
user: {user}
master: localhost
workers: [localhost]
flink:
  version: "2.3.0"
  source: apache
  home: {home}
  config: {{rest.port: 28081, jobmanager.rpc.port: 26123}}
"""

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="without Java nothing is planned here")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; the wizard's own directories are to appear beside it."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("FLINK_WIZARD_PASSWORD", "FLINK_WIZARD_SUDO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return here


def write(place: Path, name: str, content: Any) -> None:
    match content:
        case str():
            (place / name).write_text(content)
        case {"hex": text}:
            (place / name).write_bytes(bytes.fromhex(text))
        case _:
            (place / name).write_text(yaml.safe_dump(content, sort_keys=False))


def status_of(argv: list[str]) -> int:
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture
def signals() -> Iterator[None]:
    """The program takes signals; the tests want theirs back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "-") for case in CASES])
def test_bad_usage_is_refused_with_every_problem_and_leaves_nothing(
    case: dict[str, Any],
    place: Path,
    signals: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, content in case.get("files", {}).items():
        write(place, name, content)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    before = sorted(place.parent.rglob("*"))
    assert status_of(case["argv"]) == case.get("status", 2)
    out, err = capsys.readouterr()
    assert out == ""
    for sentence in case["says"]:
        assert sentence.lower() in err.lower()
    for secret in case.get("never", ()):
        assert secret not in err
    assert "Traceback" not in err
    assert sorted(place.parent.rglob("*")) == before


def test_the_status_that_counts_is_the_first_of_the_table() -> None:
    order = (Exit.CANCELLED, Exit.USAGE, Exit.UNREACHABLE, Exit.FAILED, Exit.BLOCKED, Exit.DONE)
    for index, status in enumerate(order):
        assert first_of(*reversed(order[index:])) is status
    assert [int(status) for status in order] == [130, 2, 4, 1, 3, 0]


@pytest.mark.parametrize("words", [["--help"], ["apply", "--help"], ["--version"]])
def test_help_names_itself_and_ends_well(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(words) == 0
    assert "flink-wizard" in capsys.readouterr().out


def environment(place: Path, **more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"} | more


def local(place: Path) -> list[str]:
    """`apply` for a cluster of this machine alone, with answers that nothing was ever installed for."""
    import getpass

    write(place, "local.yaml", LOCAL.format(user=getpass.getuser(), home=place / "flink"))
    return [sys.executable, "-m", "wizard.cli", "apply", "local.yaml"]


@needs_java
def test_without_utf8_or_a_terminal_everything_is_plain_ascii(place: Path) -> None:
    plain = environment(place, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", TERM="dumb")
    done = subprocess.run(
        [*local(place), "--dry-run", "-v"], env=plain, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii() and b"\x1b" not in done.stdout
    assert b"== Install Flink" in done.stdout
    assert not (place / "flink").exists()


@needs_java
def test_a_reader_that_has_seen_enough_ends_it_without_a_word(place: Path) -> None:
    with subprocess.Popen(
        [*local(place), "--dry-run"],
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""


class OnTerminal:
    """The program on a terminal of its own."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.run = subprocess.Popen(argv, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.seen = ""

    def until(self, text: str, seconds: float = 60) -> None:
        while text not in self.seen and self._more(seconds):
            pass
        assert text in self.seen, self.seen

    def answer(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> int:
        while self._more(60):
            pass
        os.close(self._ours)
        return self.run.wait(60)

    def _more(self, seconds: float) -> bool:
        assert select.select([self._ours], [], [], seconds)[0], self.seen
        try:
            piece = os.read(self._ours, 65536)
        except OSError:
            return False
        self.seen += piece.decode()
        return bool(piece)


def guided(*words: str) -> list[str]:
    return [sys.executable, "-m", "wizard.cli", *words]


def test_without_a_command_it_asks_which_use_is_wanted(place: Path) -> None:
    terminal = OnTerminal(guided(), environment(place))
    terminal.until("q to leave [install]: ")
    for use in ("install", "repair", "dry-run", "practice"):
        assert use in terminal.seen
    terminal.answer("7\n")
    terminal.until("'7' is none of them.")
    terminal.answer("q\n")
    assert terminal.end() == 130
    assert not Path(os.environ["HOME"]).exists()


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, "end of input"])
def test_the_question_can_be_left_in_every_way(way: signal.Signals | str, place: Path) -> None:
    terminal = OnTerminal(guided(), environment(place))
    terminal.until("q to leave [install]: ")
    if isinstance(way, str):
        terminal.answer("\x04")
    else:
        terminal.run.send_signal(way)
    assert terminal.end() == 130
    assert "Cancelled." in terminal.seen and "Traceback" not in terminal.seen


@pytest.mark.parametrize("words", [["practice", "--plain"], ["practice"], ["install", "--local", "--plain"]])
@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_dialogue_without_a_traceback(
    words: list[str], way: signal.Signals, place: Path
) -> None:
    terminal = OnTerminal(guided(*words), environment(place))
    terminal.until("Welcome")
    terminal.run.send_signal(way)
    assert terminal.end() == 130
    assert "Traceback" not in terminal.seen


def test_a_terminal_that_can_do_little_gets_lines(place: Path) -> None:
    terminal = OnTerminal(guided("practice"), environment(place, TERM="dumb"))
    terminal.until("Welcome")
    terminal.run.send_signal(signal.SIGTERM)
    assert terminal.end() == 130
    assert "\x1b[?1049h" not in terminal.seen, "no full screen"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["practice", "--trouble", "flood"],
            "--trouble flood: there is no such trouble; choose one of nothing",
        ),
        (
            ["install", "--answers", "bad.yaml"],
            "bad.yaml:2: clustr: is not a key here; did you mean cluster?",
        ),
        (["install", "--password-file", "none"], "none"),
        (["install", "--log-file", "nowhere/log"], "Choose another --log-file."),
        (["repair", "--master", "no de"], "--master no de: "),
        (["repair", "--master", "node0", "--flink-home", "flink"], "--flink-home flink: "),
        (["install", "-v"], "Add --log-file FILE or --plain."),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_the_dialogue(
    words: list[str], said: str, place: Path
) -> None:
    (place / "bad.yaml").write_text("version: 1\nclustr: demo\n")
    terminal = OnTerminal(guided(*words), environment(place))
    assert terminal.end() == 2
    assert said in terminal.seen.replace("\r\n", "\n") and "Traceback" not in terminal.seen


@needs_java
@pytest.mark.parametrize("way", ["no", "end of input", "interrupt"])
def test_a_plan_is_shown_and_only_a_yes_changes_something(way: str, place: Path) -> None:
    terminal = OnTerminal(local(place), environment(place, NO_COLOR="1"))
    terminal.until("Go ahead? [y/N] ")
    match way:
        case "no":
            terminal.answer("n\n")
        case "end of input":
            terminal.answer("\x04")
        case _:
            terminal.run.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert "Nothing was changed." in terminal.seen
    assert "Install Flink 2.3.0 in" in terminal.seen
    assert "\x1b[3" not in terminal.seen, "NO_COLOR"
    assert clean(terminal.seen).count("Traceback") == 0
    assert not (place / "flink").exists() and not Path(os.environ["HOME"]).exists()
