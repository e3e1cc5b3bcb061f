"""Hosts on the screen: the live table, new host keys, refused logins, one host by itself, names of ~/.ssh/config."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from screens.app import WizardApp
from screens.widgets.hostform import HostForm
from screens.widgets.hostkeys import NewHostKeys
from screens.widgets.hosttable import HostTable
from screens.widgets.passwords import PasswordDialog, RefusedLogins
from screens.widgets.sshimport import ImportDialog
from screens.widgets.stepfindings import FindingRow
from screens.widgets.trusted import TrustedKeys
from wizard.answers.answers import Answers, HostEntry
from wizard.answers.single import added, entry_of, with_host
from wizard.facts import ClusterFacts
from wizard.ssh.config import host_names

from .conftest import app_of, opened, until
from .steps import at, screen_of, typed

HOSTILE = "[bold red]not markup[/] \x1b[31mnot obeyed\x1b[0m [@click=app.quit]quit[/]"


async def test_only_cells_that_changed_are_drawn_anew(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "requirements")
        table = pane.query_one(HostTable)
        await until(pilot, lambda: wizard.walk.settled(0) and table.row_count == 3)
        view = wizard.walk.view
        pane.show(view)
        before = table.updates
        pane.show(view)
        assert table.updates == before
        facts = ClusterFacts({**view.facts.hosts, "node1": replace(view.facts["node1"], cores=7)})
        pane.show(replace(view, facts=facts))
        assert table.updates == before + 1
        assert "7" in [str(cell) for cell in table.get_row("node1")]


async def test_what_a_host_says_is_shown_letter_by_letter(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "requirements")
        view = wizard.walk.view
        system = replace(view.facts["node1"].os, pretty=HOSTILE)  # type: ignore[type-var]
        facts = ClusterFacts({**view.facts.hosts, "node1": replace(view.facts["node1"], os=system)})
        pane.show(replace(view, facts=facts))
        table = pane.query_one(HostTable)
        table.focus()
        table.move_cursor(row=1)
        await pilot.pause()
        shown = screen_of(wizard)
        assert "[bold red]" in shown and "\x1b" not in shown
        assert "\x1b" not in wizard.export_screenshot()


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_name_of_three_hundred_characters_breaks_nothing(size: tuple[int, int]) -> None:
    with opened() as walk:
        app = app_of(walk)
        async with app.run_test(size=size) as pilot:
            pane = await at(app, pilot, "hosts")
            await until(pilot, lambda: walk.settled(0))
            long = ".".join(["x" * 60] * 4)
            walk.decide("workers", (HostEntry(long), HostEntry("node2")))
            await until(pilot, lambda: walk.view.spec and long in walk.view.spec.names and walk.view.complete)
            await until(pilot, lambda: pane.query_one(HostTable).row_count == 3)
            pane.query_one(HostTable).focus()
            await pilot.press("down")
            assert max(map(len, screen_of(app).splitlines())) <= size[0]
            field = next(iter(pane.query("QuestionRow"))).field  # type: ignore[attr-defined]
            field.focus()
            await pilot.press("ctrl+u")
            field.insert_text_at_cursor("y" * 300)
            await until(pilot, lambda: pane.may_leave() != "")
            assert len(pane.may_leave()) < 400


async def test_the_highlighted_row_is_told_in_full(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "requirements")
        pane.query_one(HostTable).focus()
        await pilot.pause()
        assert "Debian GNU/Linux 12 (bookworm)" in " ".join(screen_of(wizard).split())


async def test_new_host_keys_are_compared_and_trusted() -> None:
    with opened(trouble="host-key") as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            pane = await at(app, pilot, "hosts")
            panel = pane.query_one(NewHostKeys)
            await until(pilot, lambda: panel.display)
            panel.query_one(Button).focus()
            await pilot.pause()
            key = walk.view.new_keys[0]
            assert key.fingerprint in screen_of(app) and "1 new host key" in screen_of(app)
            await pilot.press("enter")
            await until(pilot, lambda: not panel.display and not walk.view.new_keys)
            await until(pilot, lambda: walk.view.facts["node1"].reached)


async def test_a_password_is_taken_and_never_drawn() -> None:
    secret = "planted-Pa55word"
    with opened(trouble="password") as walk:
        app = app_of(walk)
        async with app.run_test(size=(140, 40)) as pilot:
            pane = await at(app, pilot, "hosts")
            panel = pane.query_one(RefusedLogins)
            await until(pilot, lambda: panel.display)
            await pilot.press("f6", "enter")
            await until(pilot, lambda: isinstance(app.screen, PasswordDialog))
            await typed(pilot, secret)
            assert app.screen.query_one(Input).value == secret
            assert secret not in screen_of(app) and secret not in app.export_screenshot()
            await pilot.press("enter")
            await until(pilot, lambda: not panel.display)
            assert walk.desk.passwords.per_host["node1"].reveal() == secret
            assert secret not in screen_of(app) and secret not in app.export_screenshot()


async def test_one_host_is_reached_in_its_own_way(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        pane = await at(wizard, pilot, "hosts")
        table = pane.query_one(HostTable)
        table.focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(wizard.screen, HostForm))
        await typed(pilot, "alice")
        await pilot.press("enter")
        await typed(pilot, "70000")
        assert "70000" in str(wizard.screen.query_one("#said").render())
        await pilot.press("ctrl+u")
        await typed(pilot, "2201")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not isinstance(wizard.screen, HostForm))
        assert wizard.walk.view.answers.hosts_at("workers")[0] == HostEntry("node1", "alice", 2201)


@pytest.mark.parametrize(
    ("written", "host", "then"),
    [
        ("node[1-5]", "node3", ["node[1-2,4-5]", "node3"]),
        ("root@node[1-2]:22", "node1", ["root@node2:22", "node1"]),
        ("node1", "NODE1.", ["node1"]),
        ("node[1-2]", "node9", ["node[1-2]"]),
    ],
)
def test_a_range_is_split_as_little_as_needed(written: str, host: str, then: list[str]) -> None:
    answers = Answers({"workers": (HostEntry(written, slots=4),)})
    after = with_host(answers, host, "alice", 2201).get("workers", answers.hosts_at("workers"))
    assert [entry.host for entry in after] == then
    assert all(entry.slots == 4 for entry in after), "what was decided for the range holds for its parts"
    if host != "node9":
        assert (after[-1].user, after[-1].port) == ("alice", 2201)
        own = entry_of(replace(answers, values={"workers": after}), host)
        assert own is not None and (own.user, own.port) == ("alice", 2201)


def test_a_host_that_stays_as_it_is_changes_no_list() -> None:
    assert with_host(Answers({"workers": (HostEntry("root@node[1-2]:22"),)}), "node1", "root", 22) == {}


def test_hosts_are_added_once() -> None:
    entries = (HostEntry("node[1-2]"),)
    assert added(entries, ("node2", "node3")) == (*entries, HostEntry("node3"))


def test_names_of_the_ssh_configuration_are_those_of_single_hosts(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("Host lab1 lab2 # ours\n  User root\n")
    config = tmp_path / "config"
    config.write_text(
        "Host *\n  Port 22\nInclude more\nHost gate !evil web?\nHost=node1\nMatch host x\nHost gate\n"
    )
    assert host_names(config) == ("lab1", "lab2", "gate", "node1")
    assert host_names(tmp_path / "none") == ()


async def test_names_are_ticked_and_become_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host lab1 lab2 lab3\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with opened() as walk:
        walk.use = "install"
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            pane = await at(app, pilot, "hosts")
            pane.show(replace(walk.view, use="install"))
            pane.query_one("#import", Button).press()
            await until(pilot, lambda: isinstance(app.screen, ImportDialog))
            await pilot.press("space", "down", "down", "space")
            app.screen.query_one("#as-workers", Button).press()
            await until(pilot, lambda: len(walk.view.answers.hosts_at("workers")) == 4)
            assert [one.host for one in walk.view.answers.hosts_at("workers")][-2:] == ["lab1", "lab3"]


async def test_the_keys_that_a_host_trusts_follow_the_highlight(wizard: WizardApp) -> None:
    async with wizard.run_test(size=(140, 40)) as pilot:
        pane = await at(wizard, pilot, "ssh-keys")
        await until(pilot, lambda: pane.query_one(TrustedKeys).display)
        assert "backup@vault" not in str(pane.query_one("#trusted").render())
        pane.query_one(HostTable).focus()
        await pilot.press("down")
        await until(pilot, lambda: "backup@vault" in str(pane.query_one("#trusted").render()))


async def test_a_finding_opens_and_says_who_mends_it() -> None:
    with opened(trouble="no-java") as walk:
        app = app_of(walk)
        async with app.run_test(size=(140, 40)) as pilot:
            pane = await at(app, pilot, "requirements")
            await until(pilot, lambda: len(pane.query(FindingRow)) == 1)
            finding = pane.query_one(FindingRow)
            assert "error" in finding.render().plain and "the plan does this" in finding.render().plain
            finding.focus()
            await pilot.press("enter")
            assert "wanted" in finding.render().plain and "why" in finding.render().plain
