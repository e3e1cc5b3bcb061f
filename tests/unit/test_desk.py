"""What an operator hands in: a confirmation is for the host and the key that were shown, and for no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.passwords import Passwords
from wizard.desk import Desk
from wizard.secrets import Masker
from wizard.view import ShownKey

KEY = ShownKey("node1", "10.0.0.11", 22, "ssh-ed25519", "SHA256:one")


def test_a_confirmed_key_is_asked_about_no_more() -> None:
    desk = Desk(Passwords(), Masker(()))
    assert not desk.confirm(KEY) and desk.shown == (KEY,)
    desk.approve([KEY])
    assert desk.confirm(KEY) and desk.shown == ()


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, host="node2"),
        replace(KEY, port=2222),
        replace(KEY, fingerprint="SHA256:two"),
    ],
    ids=["another host", "another port", "another key"],
)
def test_what_was_not_shown_is_not_confirmed(other: ShownKey) -> None:
    desk = Desk(Passwords(), Masker(()))
    desk.confirm(KEY)
    desk.approve([KEY])
    assert not desk.confirm(other)
