"""One question in line mode: its words, what may be chosen, what is suggested and why, and the answer as it is typed.

Knows questions. What an answer means is for the question's own parser, so that every front end says the same.
"""

from __future__ import annotations

from pathlib import Path

from wizard.questions import Option, Question, answer_text, given, origin
from wizard.steps.config_keys import judge
from wizard.text import one_line
from wizard.view import View
from wizard.walk import Walk

from .talk import Talk

MOST_OPTIONS = 12
"""Options that are read out at once; `list` reads them all."""

NEEDED = "an answer is needed here. back goes to the question before, quit leaves."

OPEN = "-"
"""Typed to take an answer back."""


def ask(walk: Walk, talk: Talk, question: Question, place: str) -> None:
    """Ask until there is an answer that can be used, or the question is left open. `place` is as in "1 of 8".

    Raises:
        Back, Onward, Leave
    """
    say = talk.console.say
    view = walk.view
    say()
    say(f"Question {place}: {question.title}")
    say(question.help)
    options = question.options(view)
    _read_out(talk, options)
    _also(talk, question, bool(options))
    usual = _usual(walk, talk, question)
    if question.kind == "pairs":
        _ask_pairs(walk, talk, question)
        return
    while True:
        wrong = take(walk, talk, question, options, usual)
        if not wrong:
            return
        say(wrong)


def explained(view: View, question: Question) -> tuple[str, ...]:
    """What stands behind the suggestion: inputs, formula, bounds."""
    suggested = question.suggest(view)
    return suggested.detail if suggested else ()


def take(walk: Walk, talk: Talk, question: Question, options: tuple[Option, ...], usual: str) -> str:
    """Take one line; "" or what is wrong with it."""
    prompt = f"{question.title}{f' [{usual}]' if usual else ''}:"
    typed = talk.secret(prompt) if is_secret(walk.view, question) else talk.ask(prompt)
    if typed == "list" and len(options) > MOST_OPTIONS:
        _read_out(talk, options, len(options))
        return take(walk, talk, question, options, usual)
    if typed == OPEN:
        walk.answer(question, "")
        talk.console.say("Left open.")
        return ""
    if not typed:
        needed = question.required and not usual
        return f"{question.title}: {NEEDED}" if needed else ""
    text, wrong = _meant(question, options, typed)
    return wrong or walk.answer(question, text)


def _meant(question: Question, options: tuple[Option, ...], typed: str) -> tuple[str, str]:
    """What was typed as the question's parser reads it: numbers are options, @FILE is what that file holds."""
    if question.kind == "hosts" and typed.startswith("@"):
        return _file(typed[1:])
    chosen: list[str] = []
    for word in typed.replace(",", " ").split() if question.kind == "many" else (typed,):
        option = _option(options, word)
        if option is not None and option.disabled:
            return "", f"{option.title} cannot be chosen: {option.detail}."
        chosen.append(option.value if option is not None else word)
    return ", ".join(chosen), ""


def _option(options: tuple[Option, ...], typed: str) -> Option | None:
    """The option that is called so, else the one of that number."""
    named = next((one for one in options if one.value == typed), None)
    if named is None and typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
        return options[int(typed) - 1]
    return named


def _file(name: str) -> tuple[str, str]:
    path = Path(name.strip()).expanduser()
    try:
        return path.read_text(encoding="utf-8"), ""
    except OSError as error:
        return "", f"{path}: {error.strerror}."
    except UnicodeDecodeError:
        return "", f"{path} is no text file."


def _read_out(talk: Talk, options: tuple[Option, ...], most: int = MOST_OPTIONS) -> None:
    shown = options if len(options) <= most else options[: most - 2]
    for number, option in enumerate(shown, 1):
        name = option.value if option.title == option.value else f"{option.value} ({option.title})"
        detail = f": {option.detail}" if option.detail else ""
        talk.console.say(f"{number}. {name}{detail}{' (cannot be chosen)' if option.disabled else ''}")
    if len(shown) < len(options):
        talk.console.say(f"{len(options) - len(shown)} more: type list to have them all.")


def _also(talk: Talk, question: Question, chosen: bool) -> None:
    """How an answer is typed, where that does not go without saying."""
    say = talk.console.say
    if question.examples and not chosen and question.kind in ("hosts", "host", "text", "memory"):
        say(f"For example: {question.examples[0]}.")
    if question.kind == "hosts":
        say("Here all in one line, with blanks or commas between; @FILE takes them from a file.")
    elif question.kind == "many":
        say("One or more, by number or by name, with commas between.")
    elif question.kind == "flag":
        say("yes or no.")


def _usual(walk: Walk, talk: Talk, question: Question) -> str:
    """Say what was answered and what is suggested; what Enter stands for, "" for nothing."""
    view, say = walk.view, talk.console.say
    suggested = question.suggest(view)
    decided = given(view, question.path) is not None
    if decided and is_secret(view, question):
        say("There is an answer, which is not shown. Enter keeps it.")
        return "kept"
    if decided:
        text = _in_one_line(question, answer_text(view, question))
        source = origin(view, question.path)
        say(f"Found: {text}; {source.rstrip('.')}." if source else f"Your answer: {text}.")
        if suggested is not None and suggested.value != text:
            say(f"Suggested: {suggested.value}, {suggested.reason.rstrip('.')}.")
        return one_line(text, 40)
    if suggested is not None:
        value = ("yes" if suggested.value == "true" else "no") if question.kind == "flag" else suggested.value
        say(f"Suggested: {value}, {suggested.reason.rstrip('.')}.")
        return one_line(value, 40)
    if not question.required:
        say("May be left open: press Enter.")
    return ""


def _in_one_line(question: Question, text: str) -> str:
    if question.kind == "flag":
        return "yes" if text == "true" else "no"
    return ", ".join(text.split("\n")) if question.kind in ("hosts", "host", "pairs") else text


def _ask_pairs(walk: Walk, talk: Talk, question: Question) -> None:
    """Pairs one after another; an empty line ends them."""
    talk.console.say(
        "One a line, as key: value. A key with nothing behind it is taken out. Enter ends the list."
    )
    while True:
        typed = talk.ask(f"{question.title}, key and value:")
        if not typed:
            return
        key, colon, value = typed.partition(":")
        lines = [line for line in answer_text(walk.view, question).split("\n") if line]
        if colon and not value.strip():
            lines = [line for line in lines if line.partition(":")[0] != key.strip()]
        else:
            lines.append(typed)
        wrong = walk.answer(question, "\n".join(lines))
        if wrong:
            talk.console.say(wrong)


def is_secret(view: View, question: Question) -> bool:
    """Whether the answer must not be seen."""
    section, _, key = question.path.partition("flink.config.")
    return bool(not section and key and judge(view, key).secret)
