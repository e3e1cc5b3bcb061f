"""A dry run: hosts are read where they can be, imagined and marked where not, and no run changes any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.unit.walks import Heard, Hosts, walking
from wizard import events
from wizard.facts import HostFacts, LoginFailure, TrustedKey
from wizard.rehearsal import MENDABLE, RehearsalReach, Tempo
from wizard.scenarios import typical_host


class Network(Hosts):
    """Hosts that are taken for real ones; those in `lost` fail so."""

    def __init__(self, **lost: LoginFailure) -> None:
        super().__init__()
        self.lost: Mapping[str, LoginFailure] = lost
        for name in ("@here", "node0", "node1", "node2"):
            self.changes[name] = self._real

    def _real(self, facts: HostFacts) -> HostFacts:
        if facts.name in self.lost:
            return HostFacts(facts.name, self.lost[facts.name])
        return replace(facts, imagined=False)


def reach(network: Network) -> RehearsalReach:
    return RehearsalReach(network, typical_host(), Tempo(0))


OFF = LoginFailure("timeout", "it does not answer")


def test_a_host_out_of_reach_is_imagined_and_says_so(tmp_path: Path) -> None:
    with walking(tmp_path, reach(Network(node2=OFF)), use="dry-run") as walk:
        walk.decide("user", "alice")
        assert walk.settled(10)
        marked = {facts.name: facts.imagined for facts in walk.view.facts}
        assert marked == {"node0": False, "node1": False, "node2": True}
        assert walk.view.facts["node2"].user == "alice"
        assert not [one for one in walk.view.findings if one.severity != "info"]


def test_a_failure_that_can_be_mended_is_shown_instead(tmp_path: Path) -> None:
    for kind in sorted(MENDABLE - {"cancelled"}):
        network = Network(node2=LoginFailure(kind, "it says no"))
        with walking(tmp_path / kind, reach(network), use="dry-run") as walk:
            assert walk.settled(10)
            failure = walk.view.facts["node2"].failure
            assert failure is not None and failure.kind == kind


def test_what_was_imagined_does_not_stay_once_the_host_was_read(tmp_path: Path) -> None:
    network = Network(node2=OFF)
    with walking(tmp_path, reach(network), use="dry-run") as walk:
        assert walk.settled(10) and walk.view.facts["node2"].sudo == "password"
        network.lost = {}
        network.changes["node2"] = lambda facts: replace(facts, imagined=False, sudo=None)
        walk.look_again(["node2"])
        assert walk.settled(10)
        assert not walk.view.facts["node2"].imagined and walk.view.facts["node2"].sudo is None


def test_imagined_and_read_facts_are_never_mixed() -> None:
    read, imagined = HostFacts("a", cores=4), HostFacts("a", imagined=True, memory_mib=1)
    assert read.merged(imagined) == imagined and imagined.merged(read) == read


def test_a_dry_run_plays_what_it_previewed_and_changes_nothing(tmp_path: Path) -> None:
    heard = Heard()
    with walking(tmp_path, reach(Network(node2=OFF)), use="dry-run") as walk:
        walk.listen(heard)
        assert walk.settled(10)
        before = walk.view.facts
        walk.review()
        assert walk.settled(10) and walk.preview is not None and walk.reviewed is not None
        changes, refused = walk.preview.changes, walk.reviewed.refused
        assert refused == "" and changes > 20
        walk.apply()
        assert walk.settled(20) and walk.view.applied == "done"
        assert walk.outcome is not None and walk.outcome.changed == changes
        assert heard.of(events.CommandFinished)
        walk.look_again()
        walk.review()
        assert walk.settled(10) and walk.preview.changes == changes, "the hosts are as they were"
        for name in ("node0", "node1", "node2"):
            assert walk.view.facts[name].homes == before[name].homes
        kept = sorted(path.name for path in (tmp_path / "state").rglob("*") if path.is_file())
        assert kept == ["answers.yaml"], "no record of a run that was only played"
        assert walk.record == ""


def test_a_real_and_an_imagined_host_are_not_held_against_each_other(tmp_path: Path) -> None:
    """Neither clocks, nor names, nor machines of one name: nothing is known of what was imagined."""
    network = Network(node0=OFF, node2=OFF)
    key = TrustedKey("ssh-ed25519", "AAAA", "somebody")
    network.changes["node1"] = lambda facts: replace(
        facts,
        imagined=False,
        hostname="node0",
        clock_offset=500.0,
        ssh=replace(facts.ssh, trusted=(key,)) if facts.ssh else None,
    )
    with walking(tmp_path, reach(network), use="dry-run") as walk:
        assert walk.settled(10)
        assert not [one for one in walk.view.findings if one.severity != "info"]


def test_a_review_tries_a_host_anew_that_was_out_of_reach_but_no_password_twice(tmp_path: Path) -> None:
    for kind, asked in (("timeout", 1), ("auth", 0)):
        network = Network(node2=LoginFailure(kind, "it says no"))
        with walking(tmp_path / kind, network, use="install") as walk:
            walk._runs._ways = replace(walk._runs._ways, retries=True)  # as where hosts are real
            assert walk.settled(10)
            before = len(network.asked)
            walk.review()
            assert walk.settled(10) and walk.reviewed is not None and walk.reviewed.lost == ("node2",)
            logins = [host for host, _ in network.asked[before:] if host == "node2"]
            assert len(logins) == asked
