"""The findings pane: what is found, what mends it, and what became of it."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import OptionList

from screens.findings import FindingsPane
from screens.widgets.cases import told_apart
from screens.widgets.matrix import matrix_content
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding, Fix
from wizard.spec import HostSpec

from .panes import HOSTILE, practising, run_to_its_end, screen_of, showing, text_of, until

SAFE = Fix("safe", "Install it", ("apt-get install tar",), "install-tools")
HAND = Fix("manual", "Set the clock", ("timedatectl set-ntp true",))


def finding(id: str, *hosts: str, severity="error", fix: Fix | None = None) -> Finding:
    return Finding(id, severity, hosts, f"Title of {id}", "seen so", "wanted so", "because", ("trace",), fix)


def with_findings(walk, *findings: Finding, **more: object) -> None:
    walk._view = replace(walk.view, findings=findings, serial=walk.view.serial + 1, **more)


async def test_findings_stand_by_severity_and_the_highlighted_one_is_told_in_full() -> None:
    with practising("port", use="repair") as walk:
        async with showing(walk, FindingsPane, (140, 40)) as (app, pilot):
            await until(pilot, lambda: "port-taken" in text_of(app))
            said = text_of(app)
            assert "1 error" in said and "0.0.0.0:8081 by nginx" in said
            assert "by hand" in said and "$ ss -ltnp" in said
            options = app.screen.query_one(OptionList)
            assert str(options.get_option_at_index(0).prompt).startswith("✗ error")
            await pilot.press("down")
            await until(pilot, lambda: "only keys that you trust" in text_of(app))


async def test_the_table_of_hosts_and_findings_takes_the_place_of_the_detail_where_it_is_narrow() -> None:
    with practising("port", use="repair") as walk:
        async with showing(walk, FindingsPane, (62, 18)) as (app, pilot):
            await until(pilot, lambda: "port-taken" in text_of(app))
            assert "not read" not in screen_of(app)
            await pilot.press("m")
            await pilot.pause()
            assert "node0  node1  node2" in screen_of(app) and "✗ error" in screen_of(app)
            await pilot.press("enter")
            await pilot.pause()
            assert "nginx" in screen_of(app)


async def test_what_the_plan_mends_is_told_from_what_is_mended_by_hand() -> None:
    with practising(use="repair") as walk:
        async with showing(walk, FindingsPane, (140, 40)) as (app, pilot):
            with_findings(
                walk,
                finding("tar-missing", "node1", fix=SAFE),
                finding("clock-off", "node2", fix=HAND),
                finding("odd", "node0", fix=replace(SAFE, grade="asks")),
            )
            await until(pilot, lambda: "tar-missing" in text_of(app))
            prompts = [str(one.prompt) for one in app.screen.query_one(OptionList).options]
            assert "node1, by the plan" in prompts[0]
            assert "node2, by hand" in prompts[1]
            assert "by the plan, once you agree" in prompts[2]


async def test_a_waived_finding_only_warns_and_weighs_again() -> None:
    with practising("port", use="repair") as walk:
        async with showing(walk, FindingsPane, (100, 30)) as (app, pilot):
            await until(pilot, lambda: "port-taken" in text_of(app))
            await pilot.press("w")
            await until(pilot, lambda: "Waived: it only warns" in text_of(app))
            assert "1 warning" in text_of(app) and "1 error" not in text_of(app)
            assert [one.id for one in walk.view.findings if one.waived] == ["port-taken"]
            await pilot.press("w")
            await until(pilot, lambda: "1 error" in text_of(app))


async def test_a_healthy_cluster_is_said_to_be_one_with_what_was_looked_at() -> None:
    with practising(use="repair") as walk:
        async with showing(walk, FindingsPane, (100, 30)) as (app, pilot):
            with_findings(walk)
            await until(pilot, lambda: "healthy" in text_of(app))
            said = text_of(app)
            assert "Nothing is wrong, as far as was looked." in said
            assert "3 hosts read: node0, node1, node2" in said and "port-taken" in said


async def test_hosts_that_are_not_read_yet_are_counted() -> None:
    with practising(use="repair") as walk:
        async with showing(walk, FindingsPane, (100, 30)) as (app, pilot):
            with_findings(walk, reading=frozenset({"node2"}))
            await until(pilot, lambda: "2 of 3 read" in text_of(app))
            assert "as far as was looked" not in text_of(app)


async def test_after_a_run_every_finding_is_measured_again() -> None:
    with practising("no-java", use="repair") as walk:
        before = [one.id for one in walk.view.findings if one.severity == "error"]
        assert before
        run_to_its_end(walk)
        assert walk.settled(20)
        async with showing(walk, FindingsPane, (140, 40)) as (app, pilot):
            await until(pilot, lambda: "1 mended" in text_of(app))
            prompts = [str(one.prompt) for one in app.screen.query_one(OptionList).options]
            assert any(prompt.startswith("✓ mended") for prompt in prompts)
            assert any("still there" in prompt for prompt in prompts)


async def test_markup_and_escapes_of_a_host_are_plain_text() -> None:
    with practising(use="repair") as walk:
        async with showing(walk, FindingsPane, (140, 40)) as (app, pilot):
            bad = replace(finding("odd", "node0"), title=HOSTILE, observed=HOSTILE, evidence=(HOSTILE,))
            with_findings(walk, bad)
            await until(pilot, lambda: "odd" in text_of(app))
            assert text_of(app).count("[bold red]not markup[/] not obeyed") == 3
            assert "\x1b" not in text_of(app)


async def test_the_cursor_stays_on_its_finding_when_the_list_changes() -> None:
    with practising(use="repair") as walk:
        async with showing(walk, FindingsPane, (100, 30)) as (app, pilot):
            with_findings(walk, finding("a", "node0"), finding("b", "node1"))
            await until(pilot, lambda: "Title of a" in text_of(app))
            await pilot.press("down")
            await until(pilot, lambda: "✗ Title of b" in text_of(app))
            with_findings(walk, finding("zero", "node2"), finding("a", "node0"), finding("b", "node1"))
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 3)
            assert app.screen.query_one(OptionList).highlighted == 2


def test_many_hosts_turn_the_table_over() -> None:
    with practising(use="repair") as walk:
        spec = walk.view.spec
        assert spec is not None
        names = tuple(f"n{number:03}" for number in range(200))
        worker = spec.workers[0]
        hosts = tuple(HostSpec(name, name) for name in names[1:])
        many = replace(
            spec, workers=tuple(replace(worker, name=one.name, address=one.address) for one in hosts)
        )
        facts = ClusterFacts({name: HostFacts(name) for name in many.names})
        view = replace(walk.view, spec=many, facts=facts)
        said = matrix_content(view, told_apart((), (finding("odd", "n007"),), False), "odd", 60).plain
        assert "  1  odd" in said and "n007    ✗" in said
        assert "and 199 more, where nothing of this was found" in said
        assert max(len(line) for line in said.splitlines()) < 80


def test_a_finding_that_is_gone_on_one_host_and_not_on_another_is_still_there() -> None:
    before = (finding("odd", "a", "b"), finding("gone", "a"))
    cases = told_apart(before, (finding("odd", "b"), finding("fresh", "c")), True)
    assert [(case.finding.id, case.fate, case.mended) for case in cases] == [
        ("odd", "still there", ("a",)),
        ("fresh", "new", ()),
        ("gone", "mended", ("a",)),
    ]
