"""What may be typed at any prompt, and the shapes of a question: a line, yes or no, a number from a list, a secret.

Knows the words that move through the walk (back, next, quit, ?). It must not know where they lead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from .console import Console, Ended, Interrupted

LONGEST = 50
"""Characters of a question that stand before the cursor; a longer one gets lines of its own."""

WORDS = (
    "At any prompt: back goes one question back, next goes over the rest of a step, ? explains, quit leaves. "
    "Your answers stay. A minus sign takes an answer back. For an answer that is one of these words itself, "
    "type a blank before it."
)

_USUAL = {True: " [yes]", False: " [no]", None: ""}


class Back(Exception):
    """One question back."""


class Onward(Exception):
    """Over the rest of the questions of this step."""


class Leave(Exception):
    """Out of the wizard."""


def _no_help() -> None:
    pass


class Talk:
    """One conversation. `explain` says what `?` is answered with, `leaving` what leaving would mean just now."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.explain: Callable[[], None] = _no_help
        self.leaving = "Leave the wizard?"

    def ask(self, prompt: str) -> str:
        """A line as it was typed.

        Raises:
            Back, Onward, Leave
        """
        while True:
            try:
                typed = self.console.read(prompt)
            except (Interrupted, Ended):
                self.interrupted()
                continue
            match typed:
                case "?":
                    self.explain()
                    self.console.say(WORDS)
                case "back" | "<":
                    raise Back
                case "next" | ">":
                    raise Onward
                case "quit":
                    raise Leave
                case _:
                    return typed.strip()

    def secret(self, prompt: str) -> str:
        """A secret; "" when none was typed. Its letters are no words of this wizard.

        Raises:
            Leave
        """
        while True:
            try:
                return self.console.read_secret(prompt)
            except (Interrupted, Ended):
                self.interrupted()

    def yes(self, question: str, default: bool | None = None) -> bool:
        """A spoken yes or no. Raises Back, Onward, Leave."""
        prompt = f"yes or no{_USUAL[default]}:"
        if len(question) > LONGEST:
            self.console.say(question)
        else:
            prompt = f"{question} {prompt}"
        while True:
            typed = self.ask(prompt).lower()
            if typed in {"y", "yes"}:
                return True
            if typed in {"n", "no"}:
                return False
            if not typed and default is not None:
                return default
            self.console.say("Please type yes or no.")

    def choose(self, title: str, options: Sequence[tuple[str, str]], default: str = "") -> str:
        """One of a numbered list: its key. `next` chooses the default.

        Raises:
            Back, Leave
        """
        say = self.console.say
        say(title)
        for number, (_, label) in enumerate(options, 1):
            say(f"{number}. {label}")
        keys = [key for key, _ in options]
        usual = f" [{keys.index(default) + 1}]" if default in keys else ""
        while True:
            try:
                typed = self.ask(f"Number{usual}:")
            except Onward:
                typed = ""
            if not typed and usual:
                return default
            if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(keys):
                return keys[int(typed) - 1]
            say(f"Please type a number from 1 to {len(keys)}.")

    def interrupted(self) -> None:
        """Ctrl-C or the end of the input: leave only when that is meant; a second one means it. Raises Leave."""
        self.console.say()
        try:
            typed = self.console.read(f"{self.leaving} yes or no [no]:")
        except (Interrupted, Ended):
            self.console.say()
            self.leave()
        if typed.strip().lower() in {"y", "yes", "quit"}:
            self.leave()

    def leave(self) -> NoReturn:
        raise Leave
