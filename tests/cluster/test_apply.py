"""`apply` on real hosts with nothing but a password: a running cluster, honestly announced, and nothing twice."""

import pytest

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, operator_of, rest, three_with_desk


@pytest.mark.parametrize("version", ["2.3.0"])
def test_bare_hosts_become_a_cluster_and_the_preview_was_the_run(make_lab: MakeLab, version: str) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    file = operator.write(answers(version))

    before = lab.snapshot()
    preview = operator.run("apply", file, "--dry-run")
    assert preview.status == 0, preview
    changed = lab.changes_since(before)
    assert set(changed) <= {"desk"}, changed

    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    overview = rest(lab["node0"])
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)

    again = operator.run("apply", file, "--yes")
    assert again.status == 0, again
    assert "Nothing to change" in again.out
    assert [e for e in operator.journal() if e["event"] == "CommandStarted"] == []

    after = operator.run("apply", file, "--dry-run")
    assert after.status == 0 and "Nothing to change." in after.out, after
