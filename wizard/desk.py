"""What an operator hands in during a walk: passwords, confirmed host keys, decisions that a run waits for.

All of it lives in memory alone. It must not know what is done with a password, nor who asks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .answers.judging import same_name
from .answers.passwords import Passwords
from .secrets import Masker, Secret
from .view import ShownKey


@dataclass(slots=True)
class Asked:
    """Something that a run waits for."""

    answered: threading.Event
    value: object = None


class Desk:
    """Passwords and confirmations that a walk gathers; read by the connections. All in memory alone."""

    def __init__(self, passwords: Passwords, masker: Masker) -> None:
        self._lock = threading.Lock()
        self._passwords = passwords
        self._masker = masker
        self._approved: set[tuple[str, int, str]] = set()
        self._shown: dict[tuple[str, int], ShownKey] = {}
        masker.add(passwords.default, passwords.sudo_default, passwords.passphrase)
        masker.add(*passwords.per_host.values(), *passwords.sudo_per_host.values())

    @property
    def passwords(self) -> Passwords:
        with self._lock:
            return self._passwords

    def keep_password(self, password: Secret, host: str = "", *, sudo: bool = False) -> None:
        """Use this password from now on: for one host, or for every host that has none of its own."""
        self._masker.add(password)
        with self._lock:
            old = self._passwords
            if not host:
                change = {"sudo_default" if sudo else "default": password}
            else:
                name = "sudo_per_host" if sudo else "per_host"
                known: Mapping[str, Secret] = getattr(old, name)
                change = {name: {**known, same_name(host): password}}
            self._passwords = replace(old, **change)

    def keep_passphrase(self, passphrase: Secret) -> None:
        """Open the operator's own keys with this from now on."""
        self._masker.add(passphrase)
        with self._lock:
            self._passwords = replace(self._passwords, passphrase=passphrase)

    def knows_sudo(self, host: str) -> bool:
        """Whether there is a password to be tried for sudo on this host: the login's mostly is sudo's."""
        passwords = self.passwords
        return passwords.sudo(host) is not None or passwords.login(host) is not None

    def confirm(self, key: ShownKey) -> bool:
        """Whether the operator confirmed this host key; else it is shown from now on."""
        with self._lock:
            if (key.host, key.port, key.fingerprint) in self._approved:
                return True
            self._shown[key.host, key.port] = key
            return False

    def approve(self, keys: Iterable[ShownKey]) -> None:
        with self._lock:
            for key in keys:
                self._approved.add((key.host, key.port, key.fingerprint))
                self._shown.pop((key.host, key.port), None)

    @property
    def shown(self) -> tuple[ShownKey, ...]:
        with self._lock:
            return tuple(self._shown.values())
