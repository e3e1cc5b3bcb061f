"""The review pane: what it shows, what it hides, and that nothing but its button confirms."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Input, RadioSet, Tree

from screens.review import ReviewPane
from screens.widgets.export import Export
from screens.widgets.pane import Pane
from screens.widgets.plantree import PlanTree, Spot
from wizard.secrets import Secret

from .conftest import app_of
from .panes import HOSTILE, PaneApp, practising, read_anew, run_to_its_end, screen_of, showing, text_of, until


def label(app: PaneApp) -> str:
    return str(app.screen.query_one("#choice-apply", Button).label)


def applies(app: PaneApp) -> bool:
    return not app.screen.query_one("#choice-apply", Button).disabled


async def search(app: PaneApp, pilot: Pilot[None], text: str) -> None:
    await pilot.press("slash")
    app.screen.query_one("#search", Input).value = text
    await pilot.press("enter")


async def test_it_shows_the_plan_host_by_host_and_the_button_confirms_it_once() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            assert label(app).startswith("Apply ") and label(app).endswith("on 3 machines")
            assert "node0" in screen_of(app) and "node1" in screen_of(app)
            assert app.pane.may_leave().startswith("Press “Apply")
            await pilot.press("a", "enter")
            await until(pilot, lambda: app.asked)
            assert isinstance(app.asked[0], Pane.NextWanted)
            assert walk.confirmed and app.pane.may_leave() == ""
            assert walk.view.applied == "no"  # the run begins on the next page


async def test_the_order_turns_to_stages_and_back() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            tree = app.screen.query_one(PlanTree)
            hosts = [str(node.label) for node in tree.root.children]
            await pilot.press("o")
            await pilot.pause()
            assert next(node.data.stage for node in tree.root.children if node.data) == "Lock"
            await pilot.press("o")
            await pilot.pause()
            assert [str(node.label) for node in tree.root.children] == hosts


async def test_a_file_is_shown_as_a_diff_with_signs() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await search(app, pilot, "numberoftaskslots")
            await until(pilot, lambda: "write /home/flink" in text_of(app))
            assert "+taskmanager.numberOfTaskSlots" in text_of(app)
            assert "match 1 of" in text_of(app)
            await pilot.press("n")
            await pilot.pause()
            assert "match 2 of" in text_of(app)
            await pilot.press("N")
            await pilot.pause()
            assert "match 1 of" in text_of(app)


async def test_what_is_not_there_is_not_found() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await search(app, pilot, "zebra")
            await until(pilot, lambda: "no match" in text_of(app))
            await pilot.press("escape")
            await pilot.pause()
            assert not app.pane.has_class("-searching")


async def test_what_blocks_is_named_with_what_mends_it_and_nothing_can_be_applied() -> None:
    with practising("port") as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.pause()
            said = text_of(app)
            assert "Nothing can be applied. 1 finding must be mended first." in said
            assert "port-taken" in said and "nginx" in said and "next" in said
            assert not applies(app)
            assert "must be mended first" in app.pane.may_leave()
            assert "must be mended first" in walk.confirm()
            assert not walk.start()


async def test_a_host_that_is_not_reached_is_left_out_by_name_and_the_others_go_on() -> None:
    with practising("unreachable") as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.pause()
            assert "node2: takes no part" in text_of(app)
            assert "did not answer" in text_of(app)
            assert applies(app) and "on 2 machines" in label(app)


async def test_a_change_of_the_answers_asks_for_a_new_plan() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            before = walk.reviewed
            assert walk.confirm() == ""
            walk.decide("flink.home", "/srv/flink")
            assert not walk.confirmed and walk.reviewed is None
            await until(pilot, lambda: walk.reviewed)
            assert walk.reviewed is not before and not walk.confirmed
            await search(app, pilot, "/srv/flink")
            await until(pilot, lambda: "match 1 of" in text_of(app))


async def test_after_a_run_there_is_nothing_to_change_and_it_can_be_verified_again() -> None:
    with practising() as walk:
        run_to_its_end(walk)
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.pause()
            assert "Nothing to change" in text_of(app)
            assert label(app) == "Verify now" and applies(app)


async def test_a_secret_in_the_configuration_is_masked_in_the_diff_and_in_what_is_searched() -> None:
    with practising() as walk:
        walk.decide("flink.config.security.ssl.rest.keystore-password", "planted-Secret-77")
        walk.password("planted-Secret-77")
        read_anew(walk)
        async with showing(walk, ReviewPane, (140, 40)) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await search(app, pilot, "keystore-password")
            await until(pilot, lambda: "match 1 of" in text_of(app))
            assert "keystore-password: •••" in text_of(app)
            assert "planted" not in text_of(app) and "planted" not in screen_of(app)
            await search(app, pilot, "planted")
            await until(pilot, lambda: "no match" in text_of(app))


async def test_export_never_replaces_a_file_unasked(tmp_path: Path) -> None:
    with practising() as walk:
        walk.desk.keep_password(Secret("planted-Secret-77"))
        there = tmp_path / "plan.sh"
        there.write_text("mine")
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, Export))
            app.screen.query_one(Input).value = str(there)
            app.screen.query_one(Input).focus()
            await pilot.press("enter")
            await until(pilot, lambda: "is there already" in text_of(app))
            assert there.read_text() == "mine"
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, Export))
            assert there.read_text().startswith("#!") and there.stat().st_mode & 0o777 == 0o700
            assert [one.name for one in tmp_path.iterdir()] == ["plan.sh"]


async def test_export_says_why_a_file_cannot_be_written_and_offers_every_form(tmp_path: Path) -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, Export))
            await pilot.press("down", "down", "space")
            await pilot.pause()
            field = app.screen.query_one(Input)
            assert field.value == "practice-plan.yaml"
            field.value = str(tmp_path / "no" / "plan.yaml")
            field.focus()
            await pilot.press("enter")
            await until(pilot, lambda: "Name another file" in text_of(app))
            field.value = str(tmp_path / "plan.yaml")
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, Export))
            assert "master: node0" in (tmp_path / "plan.yaml").read_text()


async def test_arrows_reach_every_form_of_an_export_and_then_the_path() -> None:
    with practising() as walk:
        app = app_of(walk)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.frame.pane is not None)
            app.push_screen(Export("plan"))
            await until(pilot, lambda: isinstance(app.focused, RadioSet))
            for form in ("md", "yaml"):
                await pilot.press("down", "space")
                await until(pilot, lambda form=form: app.screen.query_one(Input).value == f"plan.{form}")
            await pilot.press("down")
            await until(pilot, lambda: isinstance(app.focused, Input))


async def test_a_dry_run_says_that_nothing_is_changed() -> None:
    with practising(use="dry-run") as walk:
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.pause()
            assert label(app) == "Play the plan"
            assert "nothing is changed" in text_of(app)


async def test_every_line_of_the_plan_fits_at_eighty_columns_and_survives_a_resize() -> None:
    with practising() as walk:
        async with showing(walk, ReviewPane, (62, 16)) as (app, pilot):
            await until(pilot, lambda: walk.reviewed)
            await pilot.pause()
            tree = app.screen.query_one(Tree[Spot])
            assert tree.max_scroll_x == 0
            assert "Apply" in screen_of(app) and "Export" in screen_of(app)
            await pilot.resize_terminal(140, 40)
            await pilot.pause()
            assert app.pane.has_class("-wide")
            assert "Everything that will be done" in screen_of(app)
            await pilot.resize_terminal(62, 16)
            await pilot.pause()
            assert tree.max_scroll_x == 0


async def test_bad_answers_are_told_in_place_of_a_plan() -> None:
    with practising() as walk:
        walk.decide("workers", None)
        assert walk.settled(20)
        async with showing(walk, ReviewPane) as (app, pilot):
            await until(pilot, lambda: "Name a master and at least one worker first." in text_of(app))
            assert not applies(app)
            assert app.pane.may_leave() == "Name a master and at least one worker first."


def test_what_hosts_say_is_plain_text() -> None:
    from screens.widgets.inked import ink

    assert ink(HOSTILE).plain == "[bold red]not markup[/] not obeyed [@click=app.quit]quit[/]"
