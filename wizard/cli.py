"""The entry point: reads the command line, loads what the command needs, and answers with an exit status.

Imports nothing heavy before it is needed. It must not know how anything is done.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from . import __version__
from .options import parse

GUIDED = ("install", "repair", "dry-run", "practice")
"""The commands with a dialogue: in a terminal, unless --yes is given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The status is one of `exits.Exit`."""
    options = parse(sys.argv[1:] if arguments is None else arguments, __version__)
    if options.command == "apply" and options.dry_run:
        options.command = "preview"
    if options.command in GUIDED and not getattr(options, "yes", False):
        return _guided(options)
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
    from .answers import BadAnswers
    from .opening import open_walk

    try:
        with open_walk(options, options.command) as walk:
            if options.plain:
                from screens.plain import run
            else:
                from screens.app import run
            return run(walk)
    except BadAnswers as bad:
        print(str(bad), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
