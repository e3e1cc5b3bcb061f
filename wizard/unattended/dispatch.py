"""Which command is which function. A list is the architecture."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..exits import Exit
from . import apply, check, jobmanagers, operate, workers

COMMANDS: Mapping[str, Callable[[argparse.Namespace], Exit]] = MappingProxyType(
    {
        "install": apply.install,
        "apply": apply.apply,
        "preview": apply.show,
        "check": check.check,
        "export": apply.export,
        "status": operate.status,
        "start": operate.start,
        "stop": operate.stop,
        "restart": operate.restart,
        "add-worker": workers.add,
        "remove-worker": workers.remove,
        "add-jobmanager": jobmanagers.add,
        "remove-jobmanager": jobmanagers.remove,
    }
)


def run_command(options: argparse.Namespace) -> Exit:
    """Run the command of these options. Raises Refused, Cancelled."""
    return COMMANDS[options.command](options)
