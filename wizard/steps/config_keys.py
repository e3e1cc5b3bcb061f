"""Any key of Flink's configuration: completion from the catalogue, what a key is to this version, and its question.

Knows the catalogue of keys and the answers. It must not know how an editor is drawn. A key that holds a secret is
marked, so that its value is never shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from validators.values import parse_text

from ..flink.keys import is_secret, judge_key, known_keys
from ..questions import Question, config_question
from ..text import one_line
from ..view import View
from .version import version_of

MOST = 40
"""Completions that are offered at once."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A key that may be meant. `value` is what the answers say of it, "" for a secret or where they say nothing."""

    key: str
    default: str
    value: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class KeyWord:
    """What a key is to this Flink: whether it is read, a sentence, the name to use instead, its default."""

    key: str
    fine: bool
    sentence: str
    other: str = ""
    default: str = ""
    secret: bool = False


def completions(view: View, prefix: str, most: int = MOST) -> tuple[Completion, ...]:
    """Keys of this Flink that begin like this, then those that hold it elsewhere, in the order of the alphabet."""
    wanted = prefix.strip().lower()
    known = known_keys(version_of(view))
    plain = [name for name in known if "<" not in name]
    begin = [name for name in plain if name.lower().startswith(wanted)]
    inside = [name for name in plain if wanted in name.lower() and name not in set(begin)] if wanted else []
    given = view.answers.pairs_at("flink.config")
    return tuple(
        Completion(
            name,
            one_line(known[name].default or "", 80),
            "" if is_secret(name) else one_line(given.get(name, ""), 120),
            is_secret(name),
        )
        for name in (*begin, *inside)[:most]
    )


def judge(view: View, key: str) -> KeyWord:
    """What to say of a key while it is typed."""
    name = key.strip()
    version = version_of(view)
    if not name:
        return KeyWord("", False, "Type the name of a key.")
    verdict = judge_key(version, name)
    found = known_keys(version).get(name)
    default = one_line(found.default or "", 120) if found else ""
    sentence = verdict.sentence
    if not sentence:
        sentence = f"Flink {version} reads it" + (f"; its default is {default}" if default else "")
    return KeyWord(
        name,
        verdict.fine,
        _ended(one_line(sentence, 300)),
        verdict.other or "",
        default,
        is_secret(name),
    )


def key_question(view: View, key: str) -> Question:
    """The question for any key, also one that no step asks by itself."""
    said = judge(view, key)
    return config_question(key.strip(), key.strip(), said.sentence, parse_text)


def other_keys(view: View, asked: tuple[Question, ...]) -> tuple[str, ...]:
    """Keys that the answers hold beside those that these questions ask for."""
    paths = {one.path.removeprefix("flink.config.") for one in asked}
    return tuple(key for key in view.answers.pairs_at("flink.config") if key not in paths)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
