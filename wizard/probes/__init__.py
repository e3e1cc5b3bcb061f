"""How each request of `wizard/needs.py` is read from a host: a section of POSIX sh, and the facts it becomes.

PROBES is the whole list. A probe takes all requests of its kind for one host and gives their sections.
It must not know connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wizard import needs
from wizard.needs import Need
from wizard.probes import (
    account,
    daemons,
    home,
    javas,
    logs,
    machine,
    network,
    paths,
    rest,
    storage,
    zookeeper,
)
from wizard.probes.script import Section

PROBES: tuple[tuple[type[Any], Callable[[Sequence[Any]], tuple[Section, ...]]], ...] = (
    (needs.Machine, machine.sections),
    (needs.Account, account.sections),
    (needs.Javas, javas.sections),
    (needs.Names, network.names),
    (needs.Listening, network.listening),
    (needs.Daemons, daemons.sections),
    (needs.Home, home.sections),
    (needs.Paths, paths.sections),
    (needs.Storage, storage.sections),
    (needs.Known, network.known),
    (needs.Logins, network.logins),
    (needs.Rest, rest.rests),
    (needs.Tcp, network.tcp),
    (needs.Quorum, zookeeper.sections),
    (needs.LogTail, paths.tails),
    (needs.Logs, logs.sections),
    (needs.Ask, rest.asks),
)


def sections_for(wanted: Sequence[Need]) -> tuple[Section, ...]:
    """The sections of one host's script; requests of one kind are asked together."""
    found: list[Section] = []
    for kind, sections in PROBES:
        of_kind = [need for need in wanted if isinstance(need, kind)]
        if of_kind:
            found.extend(sections(of_kind))
    return tuple(found)
