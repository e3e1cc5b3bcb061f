"""Texts as words of a POSIX shell, and names for hosts and values in a script.

Whatever a text holds, the shell reads it as that text; only values that are born during the run become variables.
It must not know plans.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from ..commands import Later, laters_in
from ..spec import HERE
from ..text import one_line

_TOKEN = re.compile("\x00later:[^:\x00]+:[^\x00]+\x00")
_MARKER = "END_OF_FILE"


class Names:
    """Names in one script: a function for each host, a variable for each later value. No two are equal."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._functions: dict[str, str] = {HERE: "here"}
        self._variables: dict[Later, str] = {}
        for host in hosts:
            self.function(host)

    def function(self, host: str) -> str:
        """The function that runs its arguments on this host."""
        if host not in self._functions:
            plain = "on_" + re.sub(r"[^A-Za-z0-9]", "_", host)
            self._functions[host] = _unlike(plain, self._functions.values())
        return self._functions[host]

    def variable(self, later: Later) -> str:
        if later not in self._variables:
            self._variables[later] = _unlike(later.variable, self._variables.values())
        return self._variables[later]

    def word(self, text: str) -> str:
        """One word: the text as it is, with later values as variables in double quotes."""
        pieces: list[str] = []
        rest, laters = _TOKEN.split(text), laters_in(text)
        for number, literal in enumerate(rest):
            if literal:
                pieces.append(shlex.quote(literal))
            if number < len(laters):
                pieces.append(f'"${self.variable(laters[number])}"')
        return "".join(pieces) or "''"

    def words(self, texts: Iterable[str]) -> str:
        return " ".join(self.word(text) for text in texts)


def fits_here_document(text: str) -> bool:
    """Whether a here-document can hold exactly this text: it ends a line, and nothing in it is born later."""
    return text.endswith("\n") and not laters_in(text)


def here_document(text: str) -> tuple[str, str]:
    """The redirection and the lines below it, for a text that fits."""
    marker, lines = _MARKER, set(text.split("\n"))
    while marker in lines:
        marker += "_"
    return f"<<'{marker}'", f"{text}{marker}"


def comment(text: str) -> str:
    """The text as one comment line: nothing of it can reach the shell or obey a terminal."""
    return f"# {one_line(text, 160)}"


def home_word(path: str) -> str:
    """A path of this machine as a word; `~/` is the home of whoever runs the script."""
    return f'"$HOME"/{shlex.quote(path[2:])}' if path.startswith("~/") else shlex.quote(path)


def _unlike(name: str, taken: Iterable[str]) -> str:
    seen, number, new = set(taken), 2, name
    while new in seen:
        new, number = f"{name}_{number}", number + 1
    return new
