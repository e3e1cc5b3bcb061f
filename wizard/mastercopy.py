"""The answers that an earlier run left on a master, for whoever knows no more than the master's name.

Knows where they lie there and how to ask for what opens the login, line by line. It must not know a walk.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from validators.values import is_own_name

from .answers import Answers, BadAnswers, parse_answers
from .answers.answers import HostEntry, Value
from .connection import Connection, ConnectionFailed
from .desk import Desk
from .secrets import Secret
from .spec import ClusterSpec
from .text import clean, one_line

TRIES = 3
"""Passwords that are asked for."""

_FIND = """for file in ~/.flink-wizard/*/answers.yaml; do
  [ -f "$file" ] && printf '%s\\n' "$file"
done
:"""


class _Parts(Protocol):
    @property
    def open_host(self) -> Callable[[str], Connection]: ...


class _Reach(Protocol):
    def parts(self, spec: ClusterSpec) -> _Parts: ...

    def forget(self, spec: ClusterSpec, hosts: Iterable[str]) -> None: ...


class Dialogue(Protocol):
    """Who sits at the terminal."""

    def say(self, line: str) -> None: ...

    def agreed(self, question: str) -> bool: ...

    def password(self, prompt: str) -> str | None:
        """What was typed; None when nobody is there to type it."""
        ...

    def pick(self, question: str, choices: tuple[str, ...]) -> int: ...


class OnTerminal:
    """The dialogue on standard input and output."""

    def say(self, line: str) -> None:
        print(clean(line), flush=True)

    def agreed(self, question: str) -> bool:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}

    def password(self, prompt: str) -> str | None:
        return getpass.getpass(prompt)

    def pick(self, question: str, choices: tuple[str, ...]) -> int:
        """The number of the choice that was made, from 0."""
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number}  {choice}")
        while True:
            said = input(f"{question} [1-{len(choices)}] ").strip()
            if said.isascii() and said.isdigit() and 1 <= int(said) <= len(choices):
                return int(said) - 1


def answers_on(
    master: tuple[HostEntry, ...],
    spec: ClusterSpec,
    reach: _Reach,
    desk: Desk,
    dialogue: Dialogue,
    home: str | None = None,
) -> Answers | None:
    """The answers that lie on that master, None where there are none that can be used.

    `home`: those of a cluster whose Flink lies there, and no others.

    Raises:
        ConnectionFailed: the master cannot be reached, or refused the login.
    """
    name = spec.master.name
    dialogue.say(f"Looking on {name} for the answers of an earlier run.")
    found: list[Answers] = []
    for text in _fetched(spec, reach, desk, dialogue):
        try:
            answers = parse_answers(text, f"{name}:answers.yaml", complete=False)
        except BadAnswers as bad:
            dialogue.say(f"The answers on {name} cannot be used:\n{bad}")
            continue
        if home is None or answers.text_at("flink.home") == home:
            found.append(answers)
    if not found:
        dialogue.say(f"{name} holds none{f' for {home}' if home else ''}.")
        return None
    number = 0
    if len(found) > 1:
        names = tuple(one_line(one.text_at("cluster") or "flink") for one in found)
        number = dialogue.pick("Several clusters left answers there. Which one?", names)
    dialogue.say(f"Taken over: the cluster {one_line(found[number].text_at('cluster') or 'flink')}.")
    return _seen_from_here(found[number], master)


def confirmed(desk: Desk, dialogue: Dialogue) -> bool:
    """Show the host keys that nobody confirmed yet; whether they are the right ones."""
    shown = desk.shown
    for key in shown:
        dialogue.say(f"{key.host} ({key.address}, port {key.port}) shows a host key that is not known here:")
        dialogue.say(f"  {key.key_type} {key.fingerprint}")
    agreed = dialogue.agreed("Is it the right one?" if len(shown) == 1 else "Are they the right ones?")
    if agreed:
        desk.approve(shown)
    return agreed


def _fetched(spec: ClusterSpec, reach: _Reach, desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    connection = _opened(spec, reach, desk, dialogue)
    texts: list[str] = []
    for file in connection.run(_FIND, timeout=30.0).stdout.splitlines():
        read = connection.run('IFS= read -r file; cat -- "$file"', stdin=f"{file}\n".encode(), timeout=30.0)
        texts += [read.stdout] if read.ok else []
    return tuple(texts)


def _opened(spec: ClusterSpec, reach: _Reach, desk: Desk, dialogue: Dialogue) -> Connection:
    """The login on the master; its host key and a password are asked for where they are needed."""
    name, tries = spec.master.name, 0
    while True:
        try:
            return reach.parts(spec).open_host(name)
        except ConnectionFailed as failure:
            if failure.kind == "host-key-unknown" and desk.shown:
                if not confirmed(desk, dialogue):
                    raise
            elif failure.kind == "auth" and tries < TRIES:
                tries += 1
                typed = dialogue.password(f"Password of {spec.user} on {name}: ")
                if typed is None:
                    raise
                desk.keep_password(Secret(typed))
            else:
                raise
            reach.forget(spec, (name,))


def _seen_from_here(found: Answers, master: tuple[HostEntry, ...]) -> Answers:
    """Answers of a run on the master itself say localhost; from here that is the name by which it was reached."""

    def renamed(value: Value | None) -> Value | None:
        if not isinstance(value, tuple):
            return value
        entries = [entry for entry in value if isinstance(entry, HostEntry)]
        if len(entries) != len(value) or not any(is_own_name(entry.host) for entry in entries):
            return value
        here = master[0]
        return tuple(
            replace(entry, host=here.host, user=here.user, port=here.port)
            if is_own_name(entry.host)
            else entry
            for entry in entries
        )

    for path in ("master", "workers", "standby"):
        found = found.with_value(path, renamed(found.get(path)))
    return found
