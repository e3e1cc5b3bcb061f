"""From a command line to a walk: the answers to begin with, passwords, and the way to the hosts that fits the use.

Knows options and files of the control machine. It must not know which front end asks.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from .answers import Answers, parse_answers, read_answers
from .answers.passwords import Passwords, read_password_file
from .answers.writing import default_answers
from .obtain import Obtainer
from .real import Credentials, RealReach
from .rehearsal import PracticeReach, RehearsalReach, Tempo
from .scenarios import practice_scenario, typical_host
from .secrets import Masker, Secret
from .shelf import Shelf, operator
from .ssh.hostkeys import UnknownHostKey
from .view import ShownKey, Use
from .walk import Desk, Reach, Walk


@contextmanager
def open_walk(options: argparse.Namespace, use: Use) -> Generator[Walk]:
    """A walk for this use; everything that it opened is closed again.

    Raises:
        BadAnswers: the answers file or the password file cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="flink-wizard-") as scratch:
        practising = use == "practice"
        root = Path(scratch) if practising else Path(options.state_dir) if options.state_dir else None
        file = getattr(options, "answers", None)
        masker = Masker(())
        shelf = Shelf(masker, root, Path(file) if file and not practising else None)
        desk = Desk(Passwords() if practising else _passwords(options), masker)
        answers = _answers(options, use, shelf)
        reach = _reach(options, use, shelf, desk)
        walk = Walk(use, reach, desk, shelf, masker, answers=answers, waived=getattr(options, "waive", ()))
        with closing(walk):
            yield walk


def _answers(options: argparse.Namespace, use: Use, shelf: Shelf) -> Answers:
    """What is answered before the first question."""
    file = getattr(options, "answers", None)
    if use == "practice":
        return parse_answers(practice_scenario(getattr(options, "trouble", None)).answers, complete=False)
    if file:
        path = Path(file)
        return read_answers(path, complete=False) if path.exists() else Answers()
    if getattr(options, "local", False):
        mine = [one for one in shelf.earlier() if (one.cluster, one.master) == ("local", "localhost")]
        if mine:
            return read_answers(mine[0].path, complete=False)
        return parse_answers(default_answers(), complete=False)
    return Answers()


def _reach(options: argparse.Namespace, use: Use, shelf: Shelf, desk: Desk) -> Reach:
    if use == "practice":
        return PracticeReach(practice_scenario(getattr(options, "trouble", None)), Tempo())
    real = RealReach(
        lambda: Credentials(desk.passwords),
        shelf.known_hosts,
        shelf.audit,
        Obtainer(),
        operator(),
        _confirm(desk),
    )
    return RehearsalReach(real, typical_host(), Tempo()) if use == "dry-run" else real


def _confirm(desk: Desk) -> Callable[[UnknownHostKey], bool]:
    def confirm(key: UnknownHostKey) -> bool:
        return desk.confirm(ShownKey(key.host, key.address, key.port, key.key_type, key.fingerprint))

    return confirm


def _passwords(options: argparse.Namespace) -> Passwords:
    """Passwords of the file, completed by the environment; the front end asks for what is missing."""
    from dataclasses import replace

    passwords = Passwords()
    if getattr(options, "password_file", None):
        passwords = read_password_file(options.password_file)
    default = passwords.default or _from_environment("FLINK_WIZARD_PASSWORD")
    sudo = passwords.sudo_default or _from_environment("FLINK_WIZARD_SUDO_PASSWORD")
    return replace(passwords, default=default, sudo_default=sudo)


def _from_environment(name: str) -> Secret | None:
    """A password of the environment. It is taken out of it, so that no child process inherits it."""
    value = os.environ.pop(name, "")
    return Secret(value) if value else None
