"""A secret is shown nowhere, in whatever form it got into a text."""

from __future__ import annotations

import base64
import json
import pickle
import shlex
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.secrets import DOTS, Masker, Secret

WORD = "p'4$s \"w\\örd"


def test_a_secret_shows_dots() -> None:
    secret = Secret(WORD)
    for shown in (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>3}",
        "".join(map(str, [secret])),
        repr([secret]),
    ):
        assert WORD not in shown and DOTS in shown
    assert secret.reveal() == WORD


def test_a_secret_is_a_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
    assert (bool(Secret("")), bool(Secret("a"))) == (False, True)
    with pytest.raises(TypeError):
        pickle.dumps(Secret("a"))


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json with letters": lambda word: json.dumps(word, ensure_ascii=False),
    "shell": shlex.quote,
    "shell by hand": lambda word: "'" + word.replace("'", "'\\''") + "'",
    "repr": repr,
    "bytes": lambda word: repr(word.encode()),
    "url": lambda word: urllib.parse.quote(word, safe=""),
    "form": urllib.parse.quote_plus,
    "hex": lambda word: word.encode().hex(),
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
    "base64 of a line": lambda word: base64.b64encode(word.encode() + b"\n").decode(),
    "url-safe base64": lambda word: base64.urlsafe_b64encode(word.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", [WORD, "simple-word", "it's", "ends with newline\n"])
def test_every_form_is_masked(form: str, word: str) -> None:
    text = f"before {FORMS[form](word)} after"
    masked = Masker([Secret(word)]).mask(text)
    assert FORMS[form](word).strip("'\"") not in masked
    assert masked.startswith("before ") and masked.endswith(" after") and DOTS in masked


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_a_secret_inside_encoded_text_is_masked(before: str) -> None:
    encoded = base64.b64encode(f"{before}{WORD}:more".encode()).decode()
    assert DOTS in Masker([Secret(WORD)]).mask(encoded)


def test_without_a_secret_the_text_stays() -> None:
    text = "nothing here \n\t"
    assert Masker().mask(text) == text
    assert Masker([None, Secret(""), Secret("unseen")]).mask(text) == text


def test_a_very_short_secret_is_masked_as_a_word_only() -> None:
    assert Masker([Secret("a")]).mask("a cat: a.") == f"{DOTS} cat: {DOTS}."


def test_of_two_secrets_the_longer_is_masked_whole() -> None:
    assert Masker([Secret("pass"), Secret("password")]).mask("password pass") == f"{DOTS} {DOTS}"


def test_secrets_may_be_learned_later() -> None:
    masker = Masker()
    masker.add(Secret("late-word"))
    assert masker.mask("a late-word") == f"a {DOTS}"


@given(st.text(min_size=4), st.text(), st.text())
def test_no_text_gives_the_secret_away(word: str, before: str, after: str) -> None:
    for form in (str, json.dumps, shlex.quote):
        assert word not in Masker([Secret(word)]).mask(f"{before} {form(word)} {after}").replace(DOTS, "")
