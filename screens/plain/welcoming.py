"""What comes before the first question: answers of an earlier walk that may be taken over; in practice, a trouble.

Knows what there is to choose from. It must not know what is in the answers, nor how a trouble is brought about.
"""

from __future__ import annotations

import time

from wizard.view import Earlier
from wizard.walk import Walk

from .talk import Talk

MOST = 9
"""Earlier answers that are offered, the newest ones."""


def welcome(walk: Walk, talk: Talk) -> None:
    """In practice ask what shall go wrong, else offer the answers of earlier walks while nothing is answered yet.

    Raises:
        Back, Leave
    """
    view = walk.view
    if walk.troubles:
        talk.console.say()
        options = [(one.value, f"{one.title.rstrip('.')}. {one.detail}") for one in walk.troubles]
        walk.choose_trouble(talk.choose("What shall go wrong?", options, walk.chosen_trouble))
    if view.use == "practice" or not view.earlier or view.answers.get("cluster") is not None:
        return
    talk.console.say()
    offered = view.earlier[:MOST]
    options = [(one.path, _words(one)) for one in offered]
    chosen = talk.choose("There are answers of earlier walks.", [("", "Begin anew."), *options], "")
    if not chosen:
        return
    wrong = walk.open(chosen)
    if wrong:
        talk.console.say(wrong)
        talk.console.say("The walk begins anew.")


def name_cluster(walk: Walk, talk: Talk) -> None:
    """A cluster whose name was left open is called as suggested: from then on its answers are kept."""
    for one in walk.steps[0].asks(walk.view):
        suggested = one.suggest(walk.view)
        if one.path == "cluster" and suggested is not None and walk.view.answers.get("cluster") is None:
            walk.answer(one, suggested.value)
            talk.console.say(f"The cluster is called {suggested.value}.")


def _words(one: Earlier) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.when))
    return f"Go on with {one.cluster}, master {one.master}, last changed {when}."
