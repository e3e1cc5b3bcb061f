"""What an operator reads of a run and of a preview: what happens and nothing else, in plain words, obeying no host."""

from __future__ import annotations

import io

import pytest

from wizard import events
from wizard.commands import Command, Fetch, FetchChoice, Later, Run, Transfer, shell
from wizard.findings import Finding, Fix
from wizard.printer import Printer
from wizard.showing import Commands
from wizard.spec import HERE
from wizard.terminal import ASCII, UNICODE, Terminal
from wizard.words import amount, counted, in_sentence

SCRIPT = 'set -e\nfor name in "$@"; do\n  printf \'%s\\n\' "$name"\ndone\n'


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Screen(io.StringIO):
    """A stream that can be a terminal."""

    encoding = "utf-8"

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def printed(*seen: events.Event, tty: bool = False, verbose: bool = False, clock: Clock | None = None) -> str:
    out = Screen(tty)
    printer = Printer(Terminal(out, False, tty, UNICODE), verbose, clock=clock or Clock())
    for event in seen:
        printer(event)
    return out.getvalue()


def finished(status: events.Status, title: str = "Write conf/config.yaml", **more: str) -> events.Event:
    return events.OperationFinished("node1", "write-config", title, status, 0.7, **more)


STAGE = events.StageStarted("Configure Flink", 3, 9, 2)


def test_a_stage_without_a_change_is_not_mentioned() -> None:
    assert printed(STAGE, finished("satisfied"), events.StageFinished("Configure Flink", 3)) == ""


def test_a_stage_is_named_once_before_what_happens_in_it() -> None:
    assert printed(STAGE, finished("changed"), finished("changed")).splitlines() == [
        "== Configure Flink",
        "  ✓ node1     Write conf/config.yaml  (0.7 s)",
        "  ✓ node1     Write conf/config.yaml  (0.7 s)",
    ]


def test_a_failure_tells_why_what_was_seen_and_what_to_do_once() -> None:
    failed = finished("failed", cause="It broke.", evidence="line 1\nline 2", action="Mend it.")
    text = printed(STAGE, failed, events.HostDropped("node1", "operation", "It broke.", "line 1", "Mend it."))
    assert text.splitlines()[1:] == [
        "  ✗ node1     Write conf/config.yaml",
        "      why:    It broke.",
        "      seen:   line 1",
        "              line 2",
        "      next:   Mend it.",
        "  ✗ node1     takes no further part in this run",
    ]


def test_a_host_that_is_lost_is_explained_once() -> None:
    lost = {
        "cause": "The connection to node1 was lost.",
        "evidence": "the server hung up",
        "action": "Try again.",
    }
    text = printed(
        finished("failed", **lost),
        events.HostDropped("node1", "lost", **lost),
        events.HostDropped("b", "refused", "b refuses connections.", "", "Start sshd on b."),
        events.HostDropped("c", "cancelled", "Stopped while working on c.", "", "Run again."),
    )
    assert text.count("was lost") == 1 and text.count("Try again.") == 1
    assert "b refuses connections." in text and "Start sshd on b." in text
    assert "Stopped" not in text


def test_a_good_proof_says_its_numbers_unless_its_title_did() -> None:
    def proof(observed: str) -> events.ProofMade:
        return events.ProofMade("node0", "p", "2 TaskManagers are there", True, observed, "2 TaskManagers")

    assert printed(proof("2 TaskManagers")).endswith("2 TaskManagers are there\n")
    assert printed(proof("node1 and node2")).endswith("2 TaskManagers are there: node1 and node2\n")


def test_bytes_that_move_get_a_line_now_and_then_where_lines_stay() -> None:
    clock, out = Clock(), Screen(False)
    printer = Printer(Terminal(out, False, False, UNICODE), clock=clock)
    for second in range(0, 31, 2):
        clock.now = float(second)
        printer(events.BytesMoved("node1", second * 10**6, 330 * 10**6))
        printer(events.BytesMoved("node2", second * 10**6, 330 * 10**6))
    assert out.getvalue().splitlines() == [
        "  node1 10/330 MB   node2 8/330 MB",
        "  node1 20/330 MB   node2 18/330 MB",
        "  node1 30/330 MB   node2 28/330 MB",
    ]


def test_bytes_that_move_are_drawn_over_one_line_that_fits_a_terminal() -> None:
    many = [events.BytesMoved(f"worker{number}", 10**8, 3 * 10**8) for number in range(40)]
    text = printed(*many, tty=True)
    assert "\n" not in text
    assert text.split("\r\x1b[K")[-1] == "  40 hosts: 4000/12000 MB"
    assert all(len(line) < 80 for line in text.split("\r\x1b[K"))


def test_a_finding_that_the_plan_mends_is_no_error_to_the_reader() -> None:
    out = Screen(False)
    fix = Fix("safe", "Install Java 17", ("apt-get install openjdk",), "install-java")
    finding = Finding(
        "java-missing", "error", ("node1",), "No Java", "none.", "Java 17", "It needs one.", fix=fix
    )
    Printer(Terminal(out, False, False, UNICODE)).finding(finding)
    assert out.getvalue().splitlines() == [
        "planned  node1: No Java  [java-missing]",
        "      seen:   none",
        "      wanted: Java 17",
        "      why:    It needs one.",
        "      next:   Install Java 17: part of this plan",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_no_escape_of_a_host_reaches_the_terminal(verbose: bool) -> None:
    bad = "\x1b]0;owned\x07\x1b[2Jtext\x9b1m"
    text = printed(
        events.RunStarted("r", bad, "install", (bad,), (bad,)),
        events.StageStarted(bad, 1, 1, 1),
        events.OperationStarted(bad, "x", bad),
        events.CommandStarted(bad, "x", Run(("echo", bad), bad), bad),
        events.CommandStarted(bad, "x", shell(f"echo {bad}\n", bad, why=bad), bad),
        events.BytesMoved(bad, 1, 2),
        events.OperationFinished(bad, "x", bad, "failed", 0.1, bad, bad, bad),
        events.HostDropped(bad, "lost", bad, bad, bad),
        events.ProofMade(bad, "p", bad, False, bad, bad, bad, bad),
        events.Note(bad),
        tty=True,
        verbose=verbose,
    )
    assert "\x07" not in text and "\x9b" not in text
    assert text.replace("\r\x1b[K", "").count("\x1b") == 0


def lines(command: Command, host: str = "node0", told: Commands | None = None) -> list[str]:
    return list((told or Commands()).lines(command, host))


def test_a_script_is_a_block_without_the_quotes_of_a_shell() -> None:
    assert lines(shell(SCRIPT, "a b", "", str(Later("node0", "public-key")), why="say names")) == [
        "# say names: sh with this script",
        "  $1 = a b",
        "  $2 = ''",
        "  $3 = ‹public key of node0›",
        "  | set -e",
        '  | for name in "$@"; do',
        "  |   printf '%s\\n' \"$name\"",
        "  | done",
    ]


def test_a_script_that_comes_again_is_only_named() -> None:
    told = Commands()
    lines(shell(SCRIPT, "a"), "node0", told)
    assert lines(shell(SCRIPT, "b", why="say"), "node1", told) == [
        "# say: sh with the script shown for node0",
        "  $1 = b",
    ]
    assert lines(shell(SCRIPT, "c", why="say"), "node0", told)[0] == "# say: sh with the script shown above"


def test_the_exact_command_can_be_had() -> None:
    command = shell(SCRIPT, "a b")
    text = "\n".join(line[2:] for line in lines(command, told=Commands(exact=True)))
    assert text == command.line()


def test_the_control_machine_is_called_so() -> None:
    transfer = Transfer(HERE, "/cache/flink.tar", "node1", "/opt/.new", True)
    fetch = Fetch("2.3.0", (FetchChoice("apache", "https://mirror.example/f.tgz"),), "/cache/flink.tar")
    assert lines(transfer) == ["copy /cache/flink.tar of this machine into /opt/.new"]
    assert lines(fetch) == [
        "get Flink 2.3.0 into /cache/flink.tar",
        "  from apache: https://mirror.example/f.tgz",
    ]


def test_what_ascii_cannot_say_is_said_otherwise() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal = Terminal(out, False, False, ASCII)
    terminal.line("‹key of node0› → Grüße …")
    out.seek(0)
    assert out.read() == "<key of node0> -> Gr??e ...\n"


def test_a_copy_of_what_is_printed_has_no_colours() -> None:
    copy = io.StringIO()
    terminal = Terminal(Screen(False), True, False, UNICODE, copy)
    terminal.line(terminal.paint("red", "red") + " and plain")
    assert copy.getvalue() == "red and plain\n"


def test_numbers_and_titles_read_as_a_person_writes_them() -> None:
    assert (counted(1, "host"), counted(2, "host"), counted(0, "host")) == ("1 host", "2 hosts", "0 hosts")
    assert (amount(12_300_000, None), amount(1, 330_000_000)) == ("12 MB", "0/330 MB")
    assert in_sentence("The JobManager answers") == "the JobManager answers"
    assert in_sentence("JAVA_HOME is set") == "JAVA_HOME is set"
