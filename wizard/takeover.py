"""Taking over a cluster that is there, for whoever knows no more than the name of one host of it.

The answers that a run left on the master win; without any, the cluster itself is read. Knows the order, and whom to
ask. It must not know a walk, nor what follows from what was read.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from .adoption import Candidate, Read, adopt, plain_entry
from .answers import Answers, HostEntry
from .desk import Desk
from .facts import HostFacts
from .keeper import spec_of
from .lookout import Reach
from .mastercopy import Dialogue, answers_on, confirmed
from .needs import Need
from .questions import question
from .real import RealReach
from .spec import ClusterSpec
from .view import Adopted

COPIED = "the answers of an earlier run, on the master"


def named_master(text: str) -> HostEntry:
    """The host of `--master`: as it was written, and where it is silent as ~/.ssh/config has it.

    Raises:
        ValueProblem: it is no host.
        ConnectionFailed: the ssh configuration cannot be read.
    """
    from .local import is_here
    from .ssh.config import resolve
    from .ssh.target import Target

    (entry,) = cast("tuple[HostEntry, ...]", question("master").parse(text))
    entry = plain_entry(entry)
    if entry.port is None and is_here(entry.host):
        return entry
    way = resolve(Target(entry.host, entry.user, entry.port))
    return replace(entry, user=way.user, port=entry.port or (way.port if way.port != 22 else None))


def named_home(text: str | None) -> str | None:
    """The directory of `--flink-home`. Raises ValueProblem."""
    return None if text is None else cast(str, question("flink.home").parse(text))


def taken_over(
    master: HostEntry, home: str | None, reach: RealReach, desk: Desk, dialogue: Dialogue
) -> Adopted:
    """What is known of the cluster of this host.

    Raises:
        ConnectionFailed: the host cannot be reached, or refused the login.
        NotAdopted: it holds no Flink, or several and nobody chose.
    """
    alone = (master,)
    found = answers_on(alone, _spec(_alone(master)), reach, desk, dialogue, home)
    if found is not None:
        return Adopted(found, MappingProxyType(dict.fromkeys(found.values, COPIED)))

    def pick(homes: tuple[Candidate, ...]) -> Candidate | None:
        number = dialogue.pick("Several Flinks lie there. Which one?", tuple(one.words for one in homes))
        return homes[number]

    adopted = adopt(master, reader(reach, desk, dialogue), home, pick, dialogue.say)
    for note in adopted.notes:
        dialogue.say(note)
    return adopted


def reader(reach: Reach, desk: Desk, dialogue: Dialogue, stop: threading.Event | None = None) -> Read:
    """Reads hosts over this reach; host keys that are new are shown, and confirmed all at once."""
    until = stop or threading.Event()

    def read(answers: Answers, wanted: Mapping[str, Sequence[Need]]) -> Mapping[str, HostFacts]:
        spec = _spec(answers)
        seen = reach.parts(spec, until).prober.read(wanted, until)
        new = tuple(
            host for host, one in seen.items() if one.failure and one.failure.kind == "host-key-unknown"
        )
        if not new or not desk.shown or not confirmed(desk, dialogue):
            return seen
        reach.forget(spec, new)
        return {**seen, **reach.parts(spec, until).prober.read({host: wanted[host] for host in new}, until)}

    return read


def _alone(master: HostEntry) -> Answers:
    answers = Answers().with_value("master", (master,)).with_value("workers", (master,))
    return answers.with_value("user", master.user)


def _spec(answers: Answers) -> ClusterSpec:
    spec = spec_of(answers)
    if spec is None:
        raise AssertionError("a master and a worker make a spec")
    return spec
