"""`check` on a real cluster: a healthy one is clean, each ailment is found with its id and host alone, and mended.

The ailments are data in tests/cluster/ailments. Those of one kind share a cluster, and each must leave it as it was.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.ailments import AILMENTS
from tests.cluster.ailments.ailment import Ailment
from tests.cluster.ailments.bench import KINDS, NODES, Bench, bring_up, pairs, take_back
from tests.cluster.ailments.results import keep, known
from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, operator_of, three_with_desk
from tests.lab import Lab

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def benches() -> Iterator[Shared]:
    shared = Shared()
    yield shared
    shared.end()


class Shared:
    """The cluster of each kind: brought up when it is first asked for, and anew after an ailment that left it ill."""

    def __init__(self) -> None:
        self._up: dict[str, Bench] = {}

    def __call__(self, kind: str) -> Bench:
        for other in [name for name in self._up if name != kind]:
            self.drop(other)
        if kind not in self._up:
            self._up[kind] = bring_up(kind, Lab.up)
        return self._up[kind]

    def drop(self, kind: str) -> None:
        bench = self._up.pop(kind, None)
        if bench is not None:
            bench.lab.down()

    def end(self) -> None:
        with contextlib.ExitStack() as all:
            for kind in list(self._up):
                all.callback(self.drop, kind)


def serious(report: dict[str, Any]) -> set[tuple[str, str]]:
    """(id, host) of every finding above info that is there."""
    return {
        (one["id"], host)
        for one in report["findings"]
        if one["severity"] != "info" and one["state"] == "found"
        for host in one["hosts"]
    }


def test_a_healthy_cluster_is_clean_and_is_left_as_it_is(benches: Shared) -> None:
    bench = benches("flink")
    before = bench.lab.snapshot()
    status, report = bench.report()
    assert status == 0 and serious(report) == set(), report
    assert report["healthy"] and [one["reachable"] for one in report["hosts"]] == [True] * 3
    assert set(bench.lab.changes_since(before)) <= {"desk"}


def test_three_ailments_at_once_are_three_findings(benches: Shared) -> None:
    bench = benches("flink")
    titles = (
        "a TaskManager that was killed",
        "a worker that does not trust the key",
        "two workers on one line",
    )
    wanted: frozenset[tuple[str, str]] = frozenset()
    for one in AILMENTS:
        if one.title in titles and one.stage is not None:
            one.stage(bench)
            wanted |= one.found
    status, report = bench.report()
    assert status == 3 and serious(report) == wanted and len(wanted) == 3, report
    status, mended = bench.report("--fix-safe")
    assert status == 0 and pairs(mended, "fixed") == wanted, mended


def test_what_is_left_to_the_operator_and_a_misspelt_id_have_their_own_status(benches: Shared) -> None:
    bench = benches("flink")
    assert "Did you mean taskmanager-down?" in bench.check("--fix", "taskmanager-dow").err
    assert bench.check("--fix", "taskmanager-dow").status == 2
    assert bench.check("--fix", "port-in-use").status == 0
    status, waived = bench.report("--waive", "trusted-keys")
    assert status == 0 and waived["healthy"]


def _cases() -> list[Any]:
    done = {key for key, row in known().items() if row["passed"]}
    order = list(KINDS)
    cases: list[Any] = []
    for one in sorted(AILMENTS, key=lambda one: order.index(one.kind)):
        if one.waived:
            continue
        # Two clusters of the kind with most ailments, one of each other: so many run at a time, and none meets another.
        half = f" {one.number % 2}" if one.kind == "flink" else ""
        marks = [pytest.mark.xdist_group(one.kind + half)]
        if not one.quick:
            marks.append(pytest.mark.ailments)
        if one.key in done:
            marks.append(pytest.mark.skip(reason="passed already, scripts/test --ailments again starts anew"))
        cases.append(pytest.param(one, marks=marks, id=one.key))
    return cases


@pytest.mark.parametrize("ailment", _cases())
def test_an_ailment_is_found_alone_and_mended(benches: Shared, ailment: Ailment) -> None:
    bench = benches(ailment.kind)
    start = time.monotonic()
    try:
        staged_found_mended(bench, ailment)
    except KeyboardInterrupt:
        benches.drop(ailment.kind)
        raise
    # What pytest itself raises is no Exception, such as the end of a test that took too long.
    except BaseException as failure:
        if not isinstance(failure, Exception) or not recovered(bench):
            benches.drop(ailment.kind)
        said = str(failure).strip().splitlines() or [type(failure).__name__]
        keep(ailment, bench.kind.version, time.monotonic() - start, said[0][:200])
        raise
    keep(ailment, bench.kind.version, time.monotonic() - start)


def recovered(bench: Bench) -> bool:
    """Whether what the product can mend leads back to a healthy cluster; else it must be brought up anew."""
    bench.environment = {}
    try:
        _, report = bench.report()
        ids = sorted({id for id, _ in pairs(report) - bench.usual})
        if ids:
            bench.check("--fix", *ids)
        healthy(bench)
    except Exception:  # noqa: BLE001
        return False
    return True


def staged_found_mended(bench: Bench, ailment: Ailment) -> None:
    """Stage it, find it alone, mend it, and see the cluster healthy; what was staged is taken back in any case."""
    assert ailment.stage is not None
    file = ""
    if ailment.answers is not None:
        changed = {
            **bench.answers,
            **{
                key: {**bench.answers.get(key, {}), **value} if isinstance(value, dict) else value
                for key, value in ailment.answers.items()
            },
        }
        file = bench.operator.write(yaml.safe_dump(changed), "ailing.yaml")
    bench.environment = ailment.environment or {}
    undo = ailment.stage(bench)
    try:
        status, report = bench.report(file=file)
        found = pairs(report) - bench.usual
        assert found == ailment.found, told(found, ailment.found, report)
        assert status == ailment.status, (status, report)
        grades = {one["fix"] and one["fix"]["grade"] for one in report["findings"] if _is(one, ailment)}
        assert grades == ({ailment.grade} if ailment.found else set()), grades
        if ailment.mend == "fix":
            status, fixed = bench.report("--fix", *sorted({id for id, _ in ailment.found}), file=file)
            left = frozenset(serious(fixed)) - bench.usual
            assert status == 0 and not left, f"--fix ended with {status}; {told(left, frozenset(), fixed)}"
            assert pairs(fixed, "fixed") >= {one for one in ailment.found if _told_fixed(one, report)}, fixed
            assert bench.overview()["slots-total"] == bench.kind.slots
        elif ailment.by_hand is not None:
            ailment.by_hand(bench)
            bench.registered_or_mended()
    finally:
        bench.environment = {}
        take_back(undo)
    if ailment.after is not None:
        ailment.after(bench)
    bench.registered_or_mended()
    healthy(bench)


def _is(one: dict[str, Any], ailment: Ailment) -> bool:
    return any((one["id"], host) in ailment.found for host in one["hosts"])


def _told_fixed(pair: tuple[str, str], report: dict[str, Any]) -> bool:
    """Remarks are not listed as fixed."""
    return any(one["id"] == pair[0] and one["severity"] != "info" for one in report["findings"])


def told(
    found: frozenset[tuple[str, str]], wanted: frozenset[tuple[str, str]], report: dict[str, Any]
) -> str:
    """What was found and should not have been, what was not and should have, first: it goes into the table."""
    extra = ", ".join(f"{id} on {host}" for id, host in sorted(found - wanted)) or "nothing"
    lost = ", ".join(f"{id} on {host}" for id, host in sorted(wanted - found)) or "nothing"
    return f"found besides: {extra}; not found: {lost}\n{json.dumps(report, indent=1)}"


def healthy(bench: Bench) -> None:
    """REST says that all is there, and `check` says what it says of the healthy cluster."""
    bench.registered()
    status, report = bench.report()
    assert status == 0 and pairs(report) == bench.usual, told(pairs(report), bench.usual, report)


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.20.5", "1.9.3"])
def test_a_healthy_cluster_of_an_older_line_is_clean_too(make_lab: MakeLab, version: str) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    java = {"allow_unsupported": True} if version == "1.9.3" else {}
    file = operator.write(answers(version, java=java))
    assert operator.run("apply", file, "--yes").status == 0
    done = operator.run("check", file, "--format", "json")
    assert done.status == 0 and serious(json.loads(done.out)) <= {
        ("java-version-unsupported", name) for name in NODES if version == "1.9.3"
    }, done
