"""From a command line to a walk: the answers to begin with, passwords, and the way to the hosts that fits the use.

Knows options and files of the control machine. It must not know which front end asks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from validators.values import ValueProblem

from .answers import Answers, parse_answers, read_answers
from .answers.passwords import Passwords
from .connection import ConnectionFailed
from .credentials import passwords_of
from .practice import PracticeReach
from .rehearsal import RehearsalReach, Tempo
from .scenarios import Scenario, practice_scenario, typical_host
from .secrets import Masker
from .shelf import Shelf, local_answers, operator
from .terminal import UNICODE, Terminal
from .times import REAL, Times
from .view import Adopted, ShownKey, Use
from .walk import Desk, Reach, Walk

if TYPE_CHECKING:
    from .commands import Fetch
    from .connection import Stop
    from .printer import Printer
    from .ssh.hostkeys import UnknownHostKey


class Unusable(Exception):
    """Options that cannot be used: the sentence for the operator."""


@contextmanager
def open_walk(
    options: argparse.Namespace, use: Use, scenario: Scenario | None = None, times: Times = REAL
) -> Generator[Walk]:
    """A walk for this use; everything that it opened is closed again. `scenario` is what practice plays,
    `times` what everything is dated with.

    Raises:
        BadAnswers: the answers file or the password file cannot be used.
        Unusable: another option cannot.
    """
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="flink-wizard-"))
        practising = use == "practice"
        state = getattr(options, "state_dir", None)
        root = Path(scratch) if practising else Path(state) if state else None
        file = getattr(options, "answers", None)
        masker = Masker(())
        shelf = Shelf(masker, root, Path(file) if file and not practising else None)
        desk = Desk(Passwords() if practising else passwords_of(options), masker)
        played = scenario or practice_scenario()
        tempo = Tempo(clock=times.elapsed)
        reach = (
            _practice(options, played, desk, tempo, times) if practising else _reach(use, shelf, desk, tempo)
        )
        stack.callback(reach.close)
        known = parse_answers(played.answers, complete=False) if practising else None
        known = known or _answers(options, shelf, reach, desk)
        log = _log(options, stack)
        walk = Walk(
            use,
            reach,
            desk,
            shelf,
            masker,
            answers=None if isinstance(known, Adopted) else known,
            adopted=known if isinstance(known, Adopted) else None,
            waived=getattr(options, "waive", ()),
            job_loss=getattr(options, "allow_job_loss", False),
            repairing=getattr(options, "repair", False),
            verbose=getattr(options, "verbose", False),
            times=times,
        )
        stack.enter_context(closing(walk))
        if log is not None:
            walk.listen(log)
        yield walk


def _answers(options: argparse.Namespace, shelf: Shelf, reach: Reach, desk: Desk) -> Answers | Adopted:
    """What is answered before the first question."""
    file = getattr(options, "answers", None)
    if file:
        path = Path(file)
        return read_answers(path, complete=False) if path.exists() else Answers()
    if getattr(options, "local", False):
        return parse_answers(*local_answers(shelf.root), complete=False)
    if getattr(options, "master", None):
        return _of_master(options, reach, desk)
    return Answers()


def _of_master(options: argparse.Namespace, reach: Reach, desk: Desk) -> Answers | Adopted:
    """What is known of the cluster of `--master`; `--flink-home` is decided on top of it."""
    from .adoption import NotAdopted
    from .mastercopy import OnTerminal
    from .real import RealReach
    from .takeover import named_home, named_master, taken_over

    if not isinstance(reach, RealReach):
        raise AssertionError("a repair reaches hosts")
    dialogue = OnTerminal()
    try:
        home = named_home(options.flink_home)
    except ValueProblem as problem:
        raise Unusable(f"--flink-home {options.flink_home}: {problem.sentence}") from None
    master = None
    try:
        master = named_master(options.master)
        return taken_over(master, home, reach, desk, dialogue)
    except ValueProblem as problem:
        raise Unusable(f"--master {options.master}: {problem.sentence}") from None
    except ConnectionFailed as failure:
        dialogue.say(f"{failure.cause} {failure.action}".strip())
        dialogue.say("The walk goes on without it; the Hosts step shows what is wrong.")
    except NotAdopted as nothing:
        dialogue.say(str(nothing))
        dialogue.say("The walk goes on, and asks for everything.")
    alone = Answers() if master is None else Answers().with_value("master", (master,))
    return alone if home is None else alone.with_value("flink.home", home)


def _practice(
    options: argparse.Namespace, scenario: Scenario, desk: Desk, tempo: Tempo, times: Times
) -> PracticeReach:
    trouble = getattr(options, "trouble", None) or "nothing"
    try:
        return PracticeReach(scenario, tempo, desk.confirm, trouble, times)
    except KeyError:
        known = ", ".join(one.id for one in scenario.troubles)
        raise Unusable(f"--trouble {trouble}: there is no such trouble; choose one of {known}.") from None


def _reach(use: Use, shelf: Shelf, desk: Desk, tempo: Tempo) -> Reach:
    from .real import Credentials, RealReach

    real = RealReach(
        lambda: Credentials(desk.passwords),
        shelf.known_hosts,
        shelf.audit,
        _obtained,
        operator(),
        _confirm(desk),
    )
    return RehearsalReach(real, typical_host(), tempo) if use == "dry-run" else real


def _obtained(fetch: Fetch, stop: Stop, moved: Callable[[int, int | None], None]) -> str:
    """See `hands.Fetcher`. What downloads is loaded when something is to be downloaded: much is, and few walks need it."""
    from .obtain import Obtainer

    return Obtainer()(fetch, stop, moved)


def _log(options: argparse.Namespace, stack: ExitStack) -> Printer | None:
    """What happens goes to the file of --log-file too, as the unattended commands would print it."""
    name = getattr(options, "log_file", None)
    if not name:
        return None
    try:
        file = Path(name).open("a", encoding="utf-8")  # noqa: SIM115 - closed with all that the walk opened
    except OSError as error:
        raise Unusable(f"{name}: {error.strerror}. Choose another --log-file.") from None
    stack.callback(file.close)
    from .printer import Printer

    return Printer(Terminal(file, colour=False, redraw=False, marks=UNICODE), options.verbose)


def _confirm(desk: Desk) -> Callable[[UnknownHostKey], bool]:
    def confirm(key: UnknownHostKey) -> bool:
        return desk.confirm(ShownKey(key.host, key.address, key.port, key.key_type, key.fingerprint))

    return confirm
