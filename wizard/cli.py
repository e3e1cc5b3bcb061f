"""The entry point: reads the command line, loads what the command needs, and answers with an exit status.

Imports nothing heavy before it is needed. It must not know how anything is done.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from argparse import Namespace
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from . import __version__
from .options import parse

if TYPE_CHECKING:
    from .walk import Walk

GUIDED = ("install", "repair", "dry-run", "practice")
"""The commands with a dialogue, unless --yes is given."""

INSIST = 5.0
"""Seconds after which a request to end that went unheard is made again: more than closing a walk takes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The status is one of `exits.Exit`."""
    options = parse(sys.argv[1:] if arguments is None else arguments, __version__)
    if options.command is None or (options.command in GUIDED and not getattr(options, "yes", False)):
        return _guided(options)
    if options.command == "apply" and options.dry_run:
        options.command = "preview"
    from .interrupt import INTERRUPT, Cancelled

    INTERRUPT.install()
    try:
        from .unattended import Refused, run_command

        try:
            return int(run_command(options))
        except Refused as refusal:
            print(str(refusal), file=sys.stderr)
            return int(refusal.status)
    except Cancelled:
        print("Cancelled.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _guided(options: Namespace) -> int:
    """A dialogue from its first question to its end; whatever happens, nobody gets to see a traceback."""
    problem = _not_now(options)
    if problem:
        print(problem, file=sys.stderr)
        return 2
    with _ended_by_signals():
        try:
            if options.command is None:
                command = _asked()
                if not command:
                    return 130
                options = parse([command], __version__)
            return _walk(options)
        except (KeyboardInterrupt, EOFError, _Ended):
            with suppress(OSError):
                print("Cancelled.", file=sys.stderr)
            return 130
        except Exception as fault:  # noqa: BLE001 - a sentence with its place, never a traceback
            from .runs import broken

            with suppress(OSError):
                print(broken("flink-wizard", fault), file=sys.stderr)
            return 1


def _walk(options: Namespace) -> int:
    try:
        if _plainly(options) or _asks_first(options):
            from .opening import open_walk

            with open_walk(options, options.command) as walk:
                if _plainly(options):
                    from screens.plain import run
                else:
                    from screens.app import run
                status = run(walk)
                # A front end takes the signals for itself and gives them back as they are by default.
                _take_signals()
                return status
        from screens.app import run_opening

        return run_opening(lambda: _opened(options), options.command, _take_signals)
    except Exception as fault:
        from .answers import BadAnswers
        from .opening import Unusable

        if not isinstance(fault, BadAnswers | Unusable):
            raise
        print(str(fault), file=sys.stderr)
        return 2


def _opened(options: Namespace) -> AbstractContextManager[Walk]:
    from .opening import open_walk

    return open_walk(options, options.command)


def _asks_first(options: Namespace) -> bool:
    """Whether opening the walk asks something in the terminal, which must be the operator's then."""
    return any(getattr(options, name, None) for name in ("ask_password", "master"))


def _plainly(options: Namespace) -> bool:
    """Whether the dialogue goes line by line: it was wished, or the terminal can do nothing else."""
    return options.plain or os.environ.get("TERM", "") in {"", "dumb"}


def _not_now(options: Namespace) -> str:
    """Why no dialogue can be had with these options, here; "" when it can."""
    if getattr(options, "flink_home", None) and not options.master:
        return "--flink-home needs --master: it says where the Flink of that cluster lies."
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        name = f"flink-wizard {options.command}" if options.command else "flink-wizard without a command"
        local = " or: flink-wizard install --local --yes" if getattr(options, "local", False) else ""
        return f"{name} asks and shows, and needs a terminal. Without one: flink-wizard apply FILE{local}"
    if getattr(options, "verbose", False) and not options.log_file and not _plainly(options):
        return (
            "-v prints every command; on the screens the log shows them all. Add --log-file FILE or --plain."
        )
    return ""


def _asked() -> str:
    """Which of the uses the operator wants, "" for none."""
    from .view import USES

    uses = tuple(USES)
    print("What do you want to do?\n")
    for number, use in enumerate(uses, 1):
        print(f"  {number}  {use:<10}{USES[use]}")
    print()
    while True:
        said = _line(f"Number or name, q to leave [{uses[0]}]: ").strip().lower()
        if said in {"q", "quit"}:
            return ""
        if not said:
            return uses[0]
        if said in uses:
            return said
        if said.isascii() and said.isdigit() and 1 <= int(said) <= len(uses):
            return uses[int(said) - 1]
        print(f"{said[:20]!r} is none of them.")


def _line(prompt: str) -> str:
    """A line that is typed. A signal that comes while it is waited for is heard. Raises EOFError."""
    print(prompt, end="", flush=True)
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        pass
    said = sys.stdin.readline()
    if not said:
        print()
        raise EOFError
    return said


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """A lost terminal and a request to end unwind the program, so that everything is closed on the way out."""
    taken = (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGINT)
    before = [(number, signal.getsignal(number)) for number in taken]
    hook = sys.unraisablehook
    sys.unraisablehook = lambda what: None if isinstance(what.exc_value, SystemExit) else hook(what)
    _take_signals()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before:
            signal.signal(number, handler)


def _take_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, _end)


class _Ended(SystemExit):
    """A signal asked the program to end: unlike Ctrl-C nobody is there to be asked whether it was meant."""


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    # An exception that is raised within a callback of the interpreter goes nowhere: then it comes again.
    signal.setitimer(signal.ITIMER_REAL, INSIST)
    raise _Ended(130)


if __name__ == "__main__":
    sys.exit(main())
