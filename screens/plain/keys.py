"""Any other key of Flink's configuration in line mode: what a key is to this version, and its value.

Knows the words of the catalogue of keys. It must not know which keys a step asks for by itself.
"""

from __future__ import annotations

from wizard.questions import Question, answer_text, given
from wizard.steps.config_keys import Completion, completions, judge, key_question, other_keys
from wizard.text import one_line
from wizard.walk import Walk

from .asking import is_secret, take
from .talk import Talk

MOST = 12
"""Names that are read out at once."""


def ask_keys(walk: Walk, talk: Talk, asked: tuple[Question, ...]) -> None:
    """Ask for keys until an empty line.

    Raises:
        Back, Onward, Leave
    """
    say = talk.console.say
    say()
    say("Any other key of Flink's configuration: type its name, or a part of it to hear which there are.")
    for key in other_keys(walk.view, asked):
        value = walk.view.answers.pairs_at("flink.config").get(key, "")
        say(f"{key}: {'not shown' if judge(walk.view, key).secret else value}")
    paths = {one.path for one in asked}
    while typed := talk.ask("Key, or Enter to go on:"):
        word = judge(walk.view, typed)
        found = completions(walk.view, typed, 500)
        if f"flink.config.{word.key}" in paths:
            say("That one was asked above; back goes there.")
        elif not word.fine and not word.other and found:
            _read_out(talk, found)
        else:
            say(word.sentence)
            if word.other:
                say(f"To set that one instead, press Enter and type {word.other}.")
            _ask_value(walk, talk, key_question(walk.view, typed))


def _ask_value(walk: Walk, talk: Talk, question: Question) -> None:
    usual = ""
    if given(walk.view, question.path) is not None:
        kept = one_line(answer_text(walk.view, question), 40)
        usual = "kept" if is_secret(walk.view, question) else kept
    while wrong := take(walk, talk, question, (), usual):
        talk.console.say(wrong)


def _read_out(talk: Talk, found: tuple[Completion, ...]) -> None:
    for one in found[:MOST]:
        talk.console.say(f"{one.key}{f', default {one.default}' if one.default else ''}")
    if len(found) > MOST:
        talk.console.say(f"{len(found) - MOST} more: type more of the name.")
