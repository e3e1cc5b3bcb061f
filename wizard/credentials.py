"""The passwords that a command line brings along: of a file, of the environment, or typed.

Knows where they may stand and which of them counts. It must not know who logs in with them.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import replace

from .answers.passwords import Passwords, read_password_file
from .secrets import Secret


def passwords_of(options: argparse.Namespace) -> Passwords:
    """Those of the options of a command; typed where that was wished.

    Raises:
        BadAnswers: the file cannot be used.
    """
    asks = getattr(options, "ask_password", False)
    typed = (lambda: getpass.getpass("Password of the login on the hosts: ")) if asks else None
    return gathered(getattr(options, "password_file", None), typed)


def gathered(file: str | None, typed: Callable[[], str] | None) -> Passwords:
    """What is typed counts before the file, the file before the environment. Notes on the file go to stderr.

    Raises:
        BadAnswers: the file cannot be used.
    """
    passwords = read_password_file(file) if file else Passwords()
    for note in passwords.notes:
        print(note, file=sys.stderr)
    default = passwords.default or _from_environment("FLINK_WIZARD_PASSWORD")
    sudo = passwords.sudo_default or _from_environment("FLINK_WIZARD_SUDO_PASSWORD")
    passphrase = _from_environment("FLINK_WIZARD_KEY_PASSPHRASE")
    if typed is not None:
        default = Secret(typed())
    return replace(passwords, default=default, sudo_default=sudo, passphrase=passphrase)


def _from_environment(name: str) -> Secret | None:
    """A password of the environment. It is taken out of it, so that no child process inherits it."""
    value = os.environ.pop(name, "")
    return Secret(value) if value else None
