"""What hosts wait for that only the operator knows: F6 leads there, it is used at once, and it is never drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from screens.apply import ApplyPane
from screens.widgets.passwords import PasswordDialog, RefusedLogins, SudoWanted
from wizard.facts import HostFacts, LoginFailure
from wizard.scenarios import Trouble
from wizard.walk import Walk
from wizard.wanted import hosts_wanting

from ..unit.walks import Hosts, walking
from . import panes
from .conftest import app_of, until
from .steps import at, screen_of, typed

SECRET = "planted-Pa55word"

LOCKED = {
    "named": LoginFailure("key-locked", "The key /k is encrypted and no passphrase was given."),
    "default": LoginFailure("auth", "node1 refused the login.", "The key /k is encrypted and no passphrase was given."),
}  # fmt: skip


@contextmanager
def imagined(place: Path, change: Callable[[Walk, HostFacts], HostFacts]) -> Iterator[Walk]:
    """An install in which node1 is what `change` makes of it."""
    hosts = Hosts()
    with walking(place, hosts) as walk:
        assert walk.settled(20)
        hosts.changes["node1"] = lambda facts: change(walk, facts)
        walk.look_again()
        assert walk.settled(20)
        yield walk


@pytest.mark.parametrize("how", LOCKED)
async def test_a_locked_key_is_opened_by_its_passphrase(tmp_path: Path, how: str) -> None:
    def change(walk: Walk, facts: HostFacts) -> HostFacts:
        return facts if walk.desk.passwords.passphrase else HostFacts("node1", LOCKED[how])

    with imagined(tmp_path, change) as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            pane = await at(app, pilot, "hosts")
            panel = pane.query_one(RefusedLogins)
            await until(pilot, lambda: panel.display)
            assert panel.query_one("#type-password").display is (how == "default")
            await pilot.press("f6", "enter")
            await until(pilot, lambda: isinstance(app.screen, PasswordDialog))
            assert "Passphrase of your private key" in screen_of(app)
            await typed(pilot, SECRET)
            assert SECRET not in screen_of(app) and SECRET not in app.export_screenshot()
            await pilot.press("enter")
            await until(pilot, lambda: not panel.display)
            assert walk.view.facts["node1"].reached and walk.mask(f"<{SECRET}>") != f"<{SECRET}>"


async def test_sudo_is_asked_for_where_the_plan_needs_it_and_no_password_is_known(tmp_path: Path) -> None:
    def change(walk: Walk, facts: HostFacts) -> HostFacts:
        del walk
        return replace(facts, tools=frozenset({"tar", "gzip", "ssh", "ssh-keygen"}), sudo="password")

    with imagined(tmp_path, change) as walk:
        app = app_of(walk)
        async with app.run_test(size=(140, 40)) as pilot:
            pane = await at(app, pilot, "requirements")
            panel = pane.query_one(SudoWanted)
            await until(pilot, lambda: panel.display)
            assert "sudo wants a password on 1 host: node1" in screen_of(app)
            await pilot.press("f6", "enter")
            await until(pilot, lambda: isinstance(app.screen, PasswordDialog))
            await typed(pilot, SECRET)
            await pilot.press("enter")
            await until(pilot, lambda: not panel.display)
            known = walk.desk.passwords.sudo("node1")
            assert known is not None and known.reveal() == SECRET
            assert SECRET not in screen_of(app)


def test_nobody_is_asked_for_sudo_where_a_password_is_known_or_nothing_is_installed(tmp_path: Path) -> None:
    def change(walk: Walk, facts: HostFacts) -> HostFacts:
        del walk
        return replace(facts, tools=frozenset({"tar", "gzip"}), sudo="password")

    with imagined(tmp_path, change) as walk:
        assert walk.view.sudo_open == {"node0", "node1", "node2"}
        assert hosts_wanting(walk.view, "sudo") == ("node1",)
        walk.password("login-Pa55word")
        assert walk.settled(20)
        assert hosts_wanting(walk.view, "sudo") == () == hosts_wanting(walk.view, "password")


async def test_a_run_that_waits_for_sudo_asks_for_its_password_and_goes_on() -> None:
    evidence = "sudo: 1 incorrect password attempt"
    failure = LoginFailure("operation", "apt-get ended with status 1.", evidence, "Give sudo's password.")
    with panes.practising(
        Trouble("sudo", "Sudo refuses", "Once.", "node2", fails="install-flink", failure=failure)
    ) as walk:
        walk.review()
        assert walk.settled(20) and walk.confirm() == "" and walk.start()
        async with panes.showing(walk, ApplyPane) as (app, pilot):
            await panes.until(
                pilot, lambda: walk.progress.now().asked and app.screen.query("#question Button")
            )
            await panes.until(pilot, lambda: isinstance(app.focused, Button))
            assert str(app.focused.label) == "Type sudo's password"  # type: ignore[union-attr]
            await pilot.press("enter")
            await panes.until(pilot, lambda: isinstance(app.screen, PasswordDialog))
            app.screen.query_one(Input).value = SECRET
            await pilot.press("enter")
            await panes.until(pilot, lambda: walk.view.applied == "done")
            known = walk.desk.passwords.sudo("node2")
            assert known is not None and known.reveal() == SECRET
