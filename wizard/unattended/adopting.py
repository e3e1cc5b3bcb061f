"""The cluster of `--master`, for commands without a dialogue: its own answers, else those that it implies.

Knows options and exit statuses. It must not know what is done with the answers.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from validators.values import ValueProblem

from ..adoption import NotAdopted
from ..answers import BadAnswers, Passwords, write_answers
from ..connection import ConnectionFailed
from ..credentials import passwords_of
from ..desk import Desk
from ..exits import Exit
from ..obtain import Obtainer
from ..real import Credentials, RealReach
from ..secrets import Masker
from ..shelf import Shelf, operator
from ..state import State
from ..takeover import named_home, named_master, taken_over
from ..text import clean
from ..view import Adopted, ShownKey
from .opening import Refused


def adopted(
    master: str, home: str | None, *, state_dir: str | None = None, passwords: Passwords | None = None
) -> Adopted:
    """What the cluster of this host is, in answers. Nothing is asked but about host keys, and that in a terminal alone.

    Raises:
        Refused: no such host, no Flink there, or several and nothing tells which; the host cannot be reached.
    """
    root = Path(state_dir) if state_dir else None
    desk = Desk(passwords or Passwords(), masker := Masker(()))
    shelf = Shelf(masker, root)
    reach = RealReach(
        lambda: Credentials(desk.passwords),
        shelf.known_hosts,
        shelf.audit,
        Obtainer(),
        operator(),
        lambda key: desk.confirm(ShownKey(key.host, key.address, key.port, key.key_type, key.fingerprint)),
    )
    with closing(shelf), closing(reach):
        try:
            found = taken_over(named_master(master), named_home(home), reach, desk, _Nobody())
        except ValueProblem as problem:
            raise Refused(
                f"--master {master}, --flink-home {home or 'left out'}: {problem.sentence}"
            ) from None
        except ConnectionFailed as failure:
            sentence = clean(f"{failure.host}: {failure.cause} {failure.action}".strip())
            raise Refused(sentence, Exit.UNREACHABLE) from None
        except NotAdopted as nothing:
            status = Exit.UNREACHABLE if nothing.kind == "unreachable" else Exit.USAGE
            raise Refused(clean(str(nothing)), status) from None
        cluster, hosts = found.answers.text_at("cluster"), found.answers.hosts_at("master")
        if cluster and hosts:
            try:
                State(shelf.root, cluster, hosts[0].addresses()[0].host).made()
            except OSError as error:
                raise Refused(f"{error.filename}: {error.strerror}. Choose another --state-dir.") from None
        return found


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A cluster as a command works with it: the text of its answers file, what it was made from, and the passwords,
    which a command line gives away once."""

    text: str
    adopted: Adopted
    passwords: Passwords


def cluster_of_master(options: argparse.Namespace) -> TakenOver:
    """The cluster of `--master` and `--flink-home`.

    Raises:
        Refused: see `adopted`; or the password file cannot be used.
    """
    try:
        passwords = passwords_of(options)
    except BadAnswers as error:
        raise Refused(str(error)) from None
    found = adopted(
        options.master,
        getattr(options, "flink_home", None),
        state_dir=getattr(options, "state_dir", None),
        passwords=passwords,
    )
    return TakenOver(write_answers(found.answers), found, passwords)


class _Nobody:
    """Nobody to ask, but for host keys where there is a terminal. What is found is told on standard error."""

    def say(self, line: str) -> None:
        print(clean(line), file=sys.stderr, flush=True)

    def agreed(self, question: str) -> bool:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        self.say(f"{question} [y/N]")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def password(self, prompt: str) -> str | None:
        del prompt
        return None

    def pick(self, question: str, choices: tuple[str, ...]) -> int:
        raise NotAdopted("several", f"{question} Name its home with --flink-home DIR:", choices)
