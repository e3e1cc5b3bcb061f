"""The findings of a step: as many rows as can be read, and a row stays itself while its finding does."""

from __future__ import annotations

from dataclasses import replace

from textual.app import App, ComposeResult
from textual.widgets import Static

from screens.widgets.stepfindings import MOST, FindingRow, StepFindings
from wizard.findings import Finding


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield StepFindings()


def missing(number: int, severity: str = "error") -> Finding:
    host = f"node{number}"
    return Finding("tools-missing", severity, (host,), "Programs are missing", "none", "bash")  # type: ignore[arg-type]


async def test_hundreds_of_findings_cost_no_more_rows_than_can_be_read() -> None:
    app = Alone()
    async with app.run_test(size=(100, 30)) as pilot:
        part = app.query_one(StepFindings)
        part.show(tuple(missing(number) for number in range(500)))
        await pilot.pause()
        assert len(part.query(FindingRow)) == MOST
        assert f"{500 - MOST} more" in str(part.query_one(".findings-more", Static).content)
        assert "500 findings" in str(part.query_one(".findings-title", Static).content)


async def test_rows_stay_themselves_and_follow_the_order_of_what_is_gravest() -> None:
    app = Alone()
    async with app.run_test(size=(100, 30)) as pilot:
        part = app.query_one(StepFindings)
        findings = [missing(number) for number in range(5)]
        part.show(tuple(findings))
        await pilot.pause()
        before = {row.finding.hosts: row for row in part.query(FindingRow)}
        before["node3",].action_open()
        findings[1] = replace(findings[1], severity="warning")
        part.show((missing(9, "info"), *findings[1:], missing(7)))
        await pilot.pause()
        after = list(part.query(FindingRow))
        assert [row.finding.hosts[0] for row in after] == [
            "node2",
            "node3",
            "node4",
            "node7",
            "node1",
            "node9",
        ]
        assert all(row is before.get(row.finding.hosts, row) for row in after)
        assert [row.finding.hosts[0] for row in after if row.opened] == ["node3"]


async def test_a_finding_that_a_further_host_has_takes_no_new_row() -> None:
    app = Alone()
    async with app.run_test(size=(100, 30)) as pilot:
        part = app.query_one(StepFindings)
        part.show((missing(1),))
        await pilot.pause()
        row = part.query_one(FindingRow)
        row.focus()
        row.action_open()
        wider = replace(missing(1), hosts=("node1", "node2"))
        part.show((wider,))
        await pilot.pause()
        assert part.query_one(FindingRow) is row and row.finding == wider
        assert row.opened and app.focused is row


async def test_hosts_that_are_read_anew_get_their_rows_back() -> None:
    app = Alone()
    async with app.run_test(size=(100, 30)) as pilot:
        part = app.query_one(StepFindings)
        findings = tuple(missing(number) for number in range(3))
        part.show(findings)
        await pilot.pause()
        rows = list(part.query(FindingRow))
        part.show(())
        await pilot.pause()
        assert not part.display
        part.show(findings)
        await pilot.pause()
        assert part.display and list(part.query(FindingRow)) == rows
