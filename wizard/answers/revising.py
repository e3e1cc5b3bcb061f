"""A whole set of answers written into a text that is there: only what was decided anew is changed.

Knows which answers differ, and reads every outcome again. It must not know who changed them.
"""

from __future__ import annotations

from .answers import Answers, Value
from .declared import FORMAT
from .inplace import edited
from .problem import BadAnswers
from .reading import parse_answers
from .spans import Uncut
from .writing import write_answers

_HEADING = "# This could not be changed in place. The file as it was, with its comments:\n"


def revised(text: str, answers: Answers) -> str:
    """The text changed so that it says these answers; every other byte of it is kept.

    Raises:
        BadAnswers: the text is bad, or the answers do not fit together.
    """
    return revision(text, answers).text


def revision(text: str, answers: Answers) -> Answers:
    """The outcome of `revised` as it reads: its `text`, and its warnings.

    A text that holds nothing but what this program writes is written afresh, in the declared order. One that cannot be
    changed in place (`? key`, say) is written afresh too; what it said before stays above as a comment.

    Raises:
        BadAnswers: the text is bad, or the answers do not fit together.
    """
    before = parse_answers(text, complete=False)
    wanted: dict[str, Value] = {} if before.values and "version" not in before.values else {"version": FORMAT}
    wanted.update({path: value for path, value in answers.values.items() if value not in ({}, ())})
    if before.values == wanted:
        return before
    fresh = write_answers(wanted)
    if text == write_answers(before):
        return parse_answers(fresh, complete=False)
    after, told = None, None
    try:
        after = parse_answers(edited(text, before.values, wanted), complete=False)
        if after.values == wanted:
            return after
    except Uncut:
        pass
    except BadAnswers as bad:
        told = bad
    try:
        plain = parse_answers(fresh, complete=False)
    except BadAnswers as bad:
        # They do not fit together however they are written; the lines to name are those of the text that is there.
        raise told or bad from None
    if after is not None and after.values == plain.values:
        return after
    return parse_answers(_remembered(text) + fresh, complete=False)


def _remembered(text: str) -> str:
    lines = text.removeprefix("\ufeff").splitlines()
    return _HEADING + "".join(f"# | {line}".rstrip() + "\n" for line in lines) + "\n"
