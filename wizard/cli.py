"""The entry point: reads the command line, loads what the command needs, and answers with an exit status.

Imports nothing heavy before it is needed. It must not know how anything is done.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from . import __version__
from .options import parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The status is one of `exits.Exit`."""
    options = parse(sys.argv[1:] if arguments is None else arguments, __version__)
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


if __name__ == "__main__":
    sys.exit(main())
