"""Prints the commands that a preview of an answers file holds, in the journal's form, for comparison with a run.

Runs where the wizard runs: `python -m tests.cluster.previewed FILE`. Changes nothing on any host.
"""

from __future__ import annotations

import json
import sys

from wizard import __version__, events
from wizard.commands import lines_of
from wizard.journal import plain
from wizard.options import parse
from wizard.unattended.apply import looked
from wizard.unattended.opening import opened, read_file


def previewed(file: str) -> list[dict[str, object]]:
    """Every command in the plan's order, as the journal would tell of its start."""
    options = parse(["apply", file, "--dry-run"], __version__)
    with opened(options, read_file(file), file, quiet=True, journal=False) as door:
        look, status = looked(door)
        if status is not None:
            raise SystemExit(int(status))
        preview = door.session.preview(door.session.plan(look.desired, look.facts))
        return [
            plain(events.CommandStarted(done.host, done.operation, command, lines_of(command)))
            for done in preview.done
            for command in done.commands
        ]


if __name__ == "__main__":
    json.dump(previewed(sys.argv[1]), sys.stdout)
