"""The file of `--password-file`: one password for all hosts, or one a line for each.

Knows the lines of that file and wraps every password where it is read. It must not know who logs in, and no
problem it reports quotes a line.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from validators.values import ValueProblem, parse_hosts
from wizard.secrets import Secret

from .judging import same_name
from .problem import BadAnswers, Problem

_LARGEST = 1024 * 1024


def _nobody() -> Mapping[str, Secret]:
    return {}


@dataclass(frozen=True, slots=True)
class Passwords:
    """Passwords by host name in small letters; `default` and `sudo_default` serve every other host. `passphrase` opens
    the operator's own keys."""

    default: Secret | None = None
    sudo_default: Secret | None = None
    per_host: Mapping[str, Secret] = field(default_factory=_nobody)
    sudo_per_host: Mapping[str, Secret] = field(default_factory=_nobody)
    passphrase: Secret | None = None
    notes: tuple[str, ...] = ()
    """Sentences for the operator: nothing is wrong with the passwords, but with how they are kept."""

    def login(self, host: str) -> Secret | None:
        """The password to log in with."""
        return self.per_host.get(same_name(host), self.default)

    def sudo(self, host: str) -> Secret | None:
        """The password for sudo; None: the one of the login may serve."""
        return self.sudo_per_host.get(same_name(host), self.sudo_default)


def read_password_file(path: str | Path) -> Passwords:
    """The passwords in a file: a single line without `HOST:` is the password of every host; else each line is
    `HOST: password` or `HOST sudo: password`, where `*` stands for every host and ranges are allowed.

    Raises:
        BadAnswers: the file cannot be read, or with every line that is wrong, quoting none.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
            mode = Path(path).stat().st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable file name"
        raise BadAnswers([Problem(name, 0, 0, "", f"the password file cannot be read: {reason}")]) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if len(content) > _LARGEST or "\x00" in text:
        raise BadAnswers([Problem(name, 0, 0, "", "is not a text file of passwords")])
    open_to_others = stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO)
    note = f"{name} may be read by other users of this machine; run: chmod 600 {name}"
    return parse_passwords(text, name, (note,) if open_to_others else ())


def parse_passwords(text: str, file: str, notes: tuple[str, ...] = ()) -> Passwords:
    """The passwords in a text; see `read_password_file`."""
    lines = [(number, line) for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1)]
    lines = [(number, line.removesuffix("\r")) for number, line in lines if line.strip()]
    if not lines:
        raise BadAnswers([Problem(file, 0, 0, "", "holds no password")])
    if len(lines) == 1 and _hosts_of(lines[0][1]) is None:
        return Passwords(default=Secret(lines[0][1]), notes=notes)
    found: dict[tuple[str, bool], tuple[int, Secret]] = {}
    problems: list[Problem] = []
    for number, line in lines:
        hosts = _hosts_of(line)
        password = line.partition(": ")[2]
        if hosts is None:
            problems.append(
                Problem(file, number, 1, "", "is not of the form HOST: password or HOST sudo: password")
            )
        elif not password:
            problems.append(Problem(file, number, 1, "", "has a host but no password after it"))
        else:
            for host in hosts[0]:
                first = found.setdefault((host, hosts[1]), (number, Secret(password)))
                if first[0] != number:
                    sentence = f"the same host has a password in line {first[0]} already"
                    problems.append(Problem(file, number, 1, "", sentence))
    if problems:
        raise BadAnswers(problems)
    login = {host: secret for (host, sudo), (_, secret) in found.items() if not sudo}
    sudos = {host: secret for (host, sudo), (_, secret) in found.items() if sudo}
    return Passwords(login.pop("*", None), sudos.pop("*", None), login, sudos, notes=notes)


def _hosts_of(line: str) -> tuple[tuple[str, ...], bool] | None:
    """The hosts a line is for and whether it is for sudo; None when it does not begin with a host."""
    before, colon, _ = (line + " ").partition(": ")
    words = before.split()
    if not colon or len(words) not in (1, 2) or words[1:] not in ([], ["sudo"]):
        return None
    if words[0] == "*":
        return ("*",), len(words) == 2
    try:
        hosts = parse_hosts(words[0], underscores=True)
    except ValueProblem:
        return None
    return tuple(same_name(host.host) for host in hosts), len(words) == 2
