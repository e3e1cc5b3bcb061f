"""From a command line to an open session: answers read, passwords gathered, state prepared, sinks joined.

Knows options and files of the control machine. It must not know what the session is then used for.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..answers import BadAnswers, build_spec, parse_answers, read_answers
from ..answers.passwords import Passwords
from ..audit import AuditLog
from ..credentials import gathered
from ..events import Sink
from ..exits import Exit
from ..flink.catalogue import UnknownBuild
from ..interrupt import INTERRUPT, Cancelled
from ..journal import Journal, fan, masked
from ..local import is_here
from ..obtain import Obtainer
from ..printer import Printer
from ..real import Credentials, real_parts
from ..record import records_of
from ..secrets import Masker
from ..sensitive import secrets_in, secrets_seen
from ..session import Session
from ..shelf import new_run, operator, source_of
from ..spec import ClusterSpec
from ..ssh.hostkeys import UnknownHostKey
from ..state import State, cache_root, default_root
from ..terminal import Terminal, stdout

__all__ = ["Cancelled", "Opened", "Refused", "opened", "read_file", "spec_of"]


class Refused(Exception):
    """A command that does not even start: the sentence for the operator, and the exit status."""

    def __init__(self, sentence: str, status: Exit = Exit.USAGE) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Opened:
    """All that a command works with. `quiet` prints nothing by itself (for commands that print one document)."""

    options: argparse.Namespace
    text: str
    spec: ClusterSpec
    session: Session
    state: State
    printer: Printer
    terminal: Terminal
    stop: threading.Event
    passwords: Passwords

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty()


def read_file(path: str) -> str:
    """The text of an answers file.

    Raises:
        Refused: with the problem, when it cannot be read as text.
    """
    try:
        read_answers(path)
        with Path(path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except BadAnswers as error:
        raise Refused(str(error)) from None


@contextmanager
def opened(
    options: argparse.Namespace,
    text: str,
    name: str,
    *,
    quiet: bool = False,
    journal: bool = True,
    talk: bool = False,
    passwords: Passwords | None = None,
) -> Generator[Opened]:
    """A session over these answers; everything it opened is closed again. `passwords` are those of an earlier one.

    `quiet` keeps standard output free for one document; with `talk` the run is then told on standard error.

    Raises:
        Refused: the answers, the options or the state directory cannot be used.
    """
    spec = spec_of(text, name, warn=True)
    passwords = passwords or _passwords(options, spec)
    credentials = Credentials(passwords)
    root = Path(options.state_dir) if options.state_dir else default_root()
    state = State(root, spec.cluster, spec.master.name)
    run, cache = new_run(), cache_root()
    masker = Masker((*credentials.all, *secrets_in(spec.flink.config)))
    terminal = replace(Terminal.of(sys.stderr) if quiet else stdout(), mask=masker.mask)
    sinks: list[Sink] = []
    with ExitStack() as stack:
        try:
            source = source_of(spec)
            if options.log_file:
                log = stack.enter_context(Path(options.log_file).open("a", encoding="utf-8"))
                terminal = replace(terminal, copy=log)
            state.made()
            cache.mkdir(parents=True, exist_ok=True)
            audit = stack.enter_context(closing(AuditLog(state.audit, masker)))
            if journal:
                sinks.append(stack.enter_context(closing(Journal(state.journal(run.run_id)))))
        except UnknownBuild as error:
            raise Refused(f"{name}: flink.build: {error}") from None
        except OSError as error:
            sentence = f"{error.filename}: {error.strerror}. Choose another --state-dir or --log-file."
            raise Refused(sentence) from None
        printer = Printer(terminal, options.verbose)
        if not quiet or talk:
            sinks.append(printer)
        stop = INTERRUPT.begin()
        stack.callback(INTERRUPT.end)
        parts = real_parts(
            spec,
            credentials,
            state.known_hosts,
            audit,
            Obtainer(),
            operator(),
            run.when,
            stop,
            _confirm(terminal, stop) if sys.stdin.isatty() else None,
        )
        session = Session(
            spec,
            parts,
            source,
            run,
            masked(fan(sinks), masker),
            stop,
            waived=getattr(options, "waive", ()),
            records=partial(records_of, text),
            seen=lambda facts: masker.add(*secrets_seen(spec, facts)),
        )
        stack.enter_context(closing(session))
        yield Opened(options, text, spec, session, state, printer, terminal, stop, passwords)


def spec_of(text: str, name: str, *, warn: bool = False) -> ClusterSpec:
    """The cluster that these answers ask for. With `warn` their warnings are printed.

    Raises:
        Refused: with every problem, when they cannot be used.
    """
    try:
        answers = parse_answers(text, name)
    except BadAnswers as error:
        raise Refused(str(error)) from None
    for warning in answers.warnings if warn else ():
        print(warning, file=sys.stderr)
    return build_spec(answers, is_here=is_here)


def _passwords(options: argparse.Namespace, spec: ClusterSpec) -> Passwords:
    """Asked for only when that was wished."""
    if options.ask_password and not sys.stdin.isatty():
        raise Refused("--ask-password needs a terminal; use --password-file or FLINK_WIZARD_PASSWORD.")
    typed = (lambda: getpass.getpass(f"Password of {spec.user}: ")) if options.ask_password else None
    try:
        return gathered(options.password_file, typed)
    except BadAnswers as error:
        raise Refused(str(error)) from None


def _confirm(terminal: Terminal, stop: threading.Event) -> Callable[[UnknownHostKey], bool]:
    def ask(key: UnknownHostKey) -> bool:
        terminal.line(
            f"{key.host} ({key.address}, port {key.port}) shows a host key that is not known here yet:"
        )
        terminal.line(f"  {key.key_type} {key.fingerprint}")
        return terminal.agreed("Is it the right one?", stop)

    return ask
