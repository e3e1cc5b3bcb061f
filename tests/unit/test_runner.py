"""The runner keeps order and judges failure: who is dropped, who goes on, what is read again, when a proof ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest

from wizard import events
from wizard.commands import Command, Run
from wizard.connection import ConnectionFailed, Stop
from wizard.events import Sink
from wizard.facts import ClusterFacts, HostFacts, LoginFailure
from wizard.imagined import ImaginedExecutor, ImaginedProber, World
from wizard.needs import Account, Daemons, Machine, Need
from wizard.operations.operation import CannotOperate, NotNow, Operation, Proof, Verdict
from wizard.parts import CommandFailed
from wizard.plan import Plan, Stage, Step
from wizard.readings import Readings
from wizard.runner import Choice, Failure, Outcome, Pace, Runner

ACCOUNT: tuple[Need, ...] = (Account(),)


@dataclass(frozen=True)
class Become(Operation):
    """Makes the host's kernel limit a number: any fact would do."""

    wanted: int = 1
    jobs: tuple[str, ...] = ()
    refuses: Exception | None = None

    @property
    def id(self) -> str:
        return f"become-{self.wanted}"

    @property
    def title(self) -> str:
        return f"Become {self.wanted}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: ACCOUNT}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return (facts[self.host].nofile or 0) >= self.wanted

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        if self.refuses is not None:
            raise self.refuses
        return (Run(("become", str(self.wanted))),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed(self.host, nofile=self.wanted)

    def loses_jobs(self, facts: ClusterFacts) -> tuple[str, ...]:
        return self.jobs


@dataclass(frozen=True)
class Seen(Proof):
    wanted: int
    gives_up_at: int = 99
    patient: float = 90.0
    kills: bool = False

    @property
    def id(self) -> str:
        return "seen"

    @property
    def title(self) -> str:
        return "It is seen"

    @property
    def patience(self) -> float:
        return self.patient

    @property
    def fatal(self) -> bool:
        return self.kills

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Daemons(),)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = facts[self.host].nproc or 0
        return Verdict(seen >= self.wanted, str(seen), str(self.wanted), final=seen >= self.gives_up_at)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed(self.host, nproc=self.wanted)

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        return replace(verdict, evidence="the log says so")


@dataclass
class Faulty:
    """An imagined executor that a host or a step makes fail, as a network or a disk does."""

    world: World
    faults: dict[tuple[str, str], list[Exception]] = field(
        default_factory=dict[tuple[str, str], list[Exception]]
    )
    before: Callable[[Operation], None] = lambda operation: None

    def __post_init__(self) -> None:
        self.imagined = ImaginedExecutor(self.world)

    @property
    def done(self) -> list[tuple[str, str]]:
        return [(one.host, one.operation) for one in self.imagined.done]

    def perform(
        self, operation: Operation, commands: Sequence[Command], facts: ClusterFacts, stop: Stop, report: Sink
    ) -> None:
        self.before(operation)
        waiting = self.faults.get((operation.host, operation.id))
        if waiting:
            raise waiting.pop(0)
        if stop.is_set():
            raise ConnectionFailed(operation.host, "cancelled", "it was cancelled")
        self.imagined.perform(operation, commands, facts, stop, report)


class Counting(ImaginedProber):
    """Notes what is asked; `grow` makes the world move between readings."""

    def __init__(
        self, world: World, grow: Callable[[ClusterFacts], ClusterFacts] = lambda facts: facts
    ) -> None:
        super().__init__(world)
        self.world = world
        self.grow = grow
        self.asked: list[dict[str, tuple[Need, ...]]] = []

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        self.asked.append({host: tuple(needs) for host, needs in wanted.items()})
        self.world._facts = self.grow(self.world.facts)  # pyright: ignore[reportPrivateUsage]
        return super().read(wanted, stop, report)


class Clock:
    """A clock that moves only when it is looked at."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Stage4:
    """One imagined run with everything that a test may turn."""

    def __init__(
        self, *stages: tuple[Step, ...], closing: tuple[Step, ...] = (), lost: tuple[str, ...] = ()
    ) -> None:
        listed = tuple(Stage(f"stage {number}", steps) for number, steps in enumerate(stages, 1))
        self.plan = Plan("r", "install", "demo", "m", listed, closing, frozenset({"m"}))
        gone = LoginFailure("refused", "nothing listens there")
        facts = {host: HostFacts(host, failure=gone if host in lost else None) for host in self.plan.hosts}
        self.world = World(ClusterFacts(MappingProxyType(facts)))
        self.executor = Faulty(self.world)
        self.prober = Counting(self.world)
        self.stop = threading.Event()
        self.events: list[events.Event] = []
        self.decide: Callable[[Failure], Choice] = lambda failure: "drop"
        self.consent: Callable[[Operation, tuple[str, ...]], bool] = lambda operation, jobs: False
        self.pace = Pace(0.0)

    def run(self) -> Outcome:
        readings = Readings(self.prober, self.stop)
        runner = Runner(
            readings,
            self.executor,
            self.events.append,
            self.stop,
            decide=self.decide,
            consent=self.consent,
            pace=self.pace,
        )
        return runner.run(self.plan)

    def statuses(self) -> dict[tuple[str, str], str]:
        return {
            (one.host, one.operation): one.status
            for one in self.events
            if isinstance(one, events.OperationFinished)
        }


def failed(host: str, cause: str = "disk full") -> CommandFailed:
    return CommandFailed(host, cause, "No space left on device", "Make room.")


def test_a_failing_host_is_dropped_and_the_others_go_on() -> None:
    both = (Become("a", 1), Become("b", 1))
    run = Stage4(both, (Become("a", 2), Become("b", 2)))
    run.executor.faults["a", "become-1"] = [failed("a")]
    outcome = run.run()
    assert run.executor.done == [("b", "become-1"), ("b", "become-2")]
    assert list(outcome.dropped) == ["a"] and outcome.dropped["a"].evidence == "No space left on device"
    assert [one.host for one in run.events if isinstance(one, events.HostDropped)] == ["a"]
    assert not outcome.good and outcome.changed == 2


def test_an_unreachable_host_is_told_before_anything_is_done() -> None:
    run = Stage4((Become("a"), Become("b")), lost=("a",))
    outcome = run.run()
    assert outcome.dropped["a"].kind == "refused"
    order = [type(one).__name__ for one in run.events]
    assert order.index("HostDropped") < order.index("StageStarted")
    finished = run.events[-1]
    assert isinstance(finished, events.RunFinished) and finished.outcome == "unreachable"


def test_a_failing_master_stops_the_run_and_the_closing_steps_still_run() -> None:
    run = Stage4((Become("m", 1), Become("a", 1)), (Become("a", 2),), closing=(Become("m", 9),))
    run.executor.faults["m", "become-1"] = [failed("m")]
    outcome = run.run()
    assert outcome.stopped and ("a", "become-2") not in run.executor.done
    assert run.executor.done[-1] == ("m", "become-9")


def test_closing_steps_run_after_a_cancel_and_with_a_stop_of_their_own() -> None:
    run = Stage4((Become("m", 1),), (Become("m", 2),), closing=(Become("m", 9),))
    run.executor.before = lambda operation: run.stop.set() if operation.id == "become-2" else None
    outcome = run.run()
    assert outcome.cancelled
    assert run.executor.done == [("m", "become-1"), ("m", "become-9")]
    assert run.statuses()["m", "become-2"] == "cancelled"


def test_a_reading_that_a_cancel_broke_off_does_not_keep_the_lock_from_its_release() -> None:
    run = Stage4((Become("m", 1),), closing=(Become("m", 9),))
    cut = LoginFailure("cancelled", "it was cancelled")

    def grow(facts: ClusterFacts) -> ClusterFacts:
        broken = run.stop.is_set() and ("m", "become-9") not in run.executor.done and not closing
        closing.extend([1] if broken else [])
        return facts.changed("m", failure=cut if broken else None)

    closing: list[int] = []
    run.prober.grow = grow
    run.executor.before = lambda operation: None
    inner = run.executor.imagined.perform

    def stop_afterwards(*args: object) -> None:
        inner(*args)  # type: ignore[arg-type]
        run.stop.set()

    run.executor.imagined.perform = stop_afterwards  # type: ignore[method-assign,assignment]
    outcome = run.run()
    assert closing and outcome.cancelled
    assert run.executor.done == [("m", "become-1"), ("m", "become-9")]


def test_closing_steps_run_even_when_the_wizard_itself_is_wrong() -> None:
    run = Stage4((Become("m", 1, refuses=ZeroDivisionError()),), closing=(Become("m", 9),))
    with pytest.raises(ZeroDivisionError):
        run.run()
    assert run.executor.done == [("m", "become-9")]


def test_nothing_is_closed_that_was_never_opened() -> None:
    run = Stage4((Become("m"),), closing=(Become("m", 9),))
    run.stop.set()
    assert run.run().cancelled and run.executor.done == []


def test_a_retry_reads_again_and_goes_on() -> None:
    run = Stage4((Become("a", 1), Become("a", 2)))
    run.executor.faults["a", "become-1"] = [failed("a")]
    run.decide = lambda failure: "retry"
    outcome = run.run()
    assert outcome.good and run.executor.done == [("a", "become-1"), ("a", "become-2")]
    assert sum("a" in asked for asked in run.prober.asked) >= 3


def test_a_skipped_step_is_reported_and_its_host_goes_on() -> None:
    run = Stage4((Become("a", 1), Become("a", 2)))
    run.executor.faults["a", "become-1"] = [failed("a")]
    run.decide = lambda failure: "skip"
    outcome = run.run()
    assert [one.step for one in outcome.failures] == ["become-1"] and not outcome.dropped
    assert run.executor.done == [("a", "become-2")]


def test_a_stop_ends_the_run_for_every_host() -> None:
    run = Stage4((Become("a", 1),), (Become("b", 2),))
    run.executor.faults["a", "become-1"] = [failed("a")]
    run.decide = lambda failure: "stop"
    assert run.run().stopped and run.executor.done == []


def test_what_is_not_for_now_is_left_out_without_being_a_failure() -> None:
    run = Stage4((Become("a", 1, refuses=NotNow("the slots are busy")), Become("a", 2)))
    outcome = run.run()
    assert outcome.good and run.statuses()["a", "become-1"] == "skipped"
    assert run.executor.done == [("a", "become-2")]


def test_an_operation_without_a_way_names_cause_evidence_and_action() -> None:
    run = Stage4((Become("a", 1, refuses=CannotOperate("no way", "what was seen", "what to do")),))
    failure = run.run().dropped["a"]
    assert (failure.cause, failure.evidence, failure.action) == ("no way", "what was seen", "what to do")


@pytest.mark.parametrize("agrees", [True, False])
def test_running_jobs_are_ended_with_consent_only(agrees: bool) -> None:
    run = Stage4((Become("a", 1, ("clicks (1)",)), Become("a", 2)))
    run.consent = lambda operation, jobs: agrees
    outcome = run.run()
    assert bool(outcome.pending) is not agrees and outcome.good is agrees
    assert ("a", "become-2") in run.executor.done
    if not agrees:
        assert "clicks (1)" in outcome.pending[0].cause and "--allow-job-loss" in outcome.pending[0].action


def test_commands_that_bring_about_nothing_are_a_failure() -> None:
    run = Stage4((Become("a", 1),))
    run.executor.imagined.perform = lambda *args: None  # type: ignore[method-assign,assignment]
    assert "not there" in run.run().dropped["a"].cause


@dataclass(frozen=True)
class Explained(Become):
    """Reads why, when it did not come about."""

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Machine(),)}

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        return (f"limit {facts[self.host].nofile or 0}", "Look there.")


def test_commands_that_bring_about_nothing_are_explained_by_what_is_read_only_then() -> None:
    run = Stage4((Explained("a", 1),))
    run.executor.imagined.perform = lambda *args: None  # type: ignore[method-assign,assignment]
    failure = run.run().dropped["a"]
    assert (failure.evidence, failure.action) == ("limit 0", "Look there.")
    assert run.prober.asked[-1] == {"a": (Machine(),)}
    well = Stage4((Explained("a", 1),))
    assert well.run().good and not any((Machine(),) in asked.values() for asked in well.prober.asked)


@dataclass(frozen=True)
class Noting(Become):
    """Its commands hold what was seen of another host, whose reading is never old by itself."""

    anew = True

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: ACCOUNT, "b": ACCOUNT}

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        return (Run(("note", str(facts["b"].nproc))),)


def test_what_a_command_notes_was_seen_right_before_it() -> None:
    run = Stage4((Become("b", 1),), (Noting("a", 1),), (Noting("a", 1),))
    run.prober.grow = lambda facts: facts.changed("b", nproc=(facts["b"].nproc or 0) + 1)
    assert run.run().good
    noted = [one.commands for one in run.executor.imagined.done if one.host == "a"]
    before = next(n for n, asked in enumerate(run.prober.asked, 1) if n > 1 and set(asked) == {"a", "b"})
    assert noted == [(Run(("note", str(before))),)]


def test_a_host_that_is_lost_in_the_step_of_another_takes_both_out() -> None:
    run = Stage4((Become("a", 1),), (Become("a", 2), Become("b", 2), Become("c", 2)))
    run.executor.faults["a", "become-1"] = [ConnectionFailed("b", "lost", "b went away")]
    outcome = run.run()
    assert set(outcome.dropped) == {"a", "b"} and run.executor.done == [("c", "become-2")]


def test_a_host_that_dies_in_a_command_is_dropped_with_the_reason() -> None:
    run = Stage4((Become("a", 1),))
    run.executor.faults["a", "become-1"] = [ConnectionFailed("a", "lost", "the connection broke")]
    assert run.run().dropped["a"].kind == "lost"


def test_a_proof_is_asked_until_it_is_good() -> None:
    run = Stage4((Seen("a", 3),))
    run.prober.grow = lambda facts: facts.changed("a", nproc=(facts["a"].nproc or 0) + 1)
    outcome = run.run()
    assert outcome.good and outcome.proofs[0].observed == "3"


@dataclass(frozen=True)
class SeenByOthers(Seen):
    """Also looks at another host, which is not what it waits for."""

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Daemons(),), "b": (Machine(),)}

    def poll_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Daemons(),)}


def test_a_proof_asks_for_all_it_needs_only_now_and_then() -> None:
    run = Stage4((SeenByOthers("a", 7),))
    run.prober.grow = lambda facts: facts.changed("a", nproc=(facts["a"].nproc or 0) + 1)
    assert run.run().good
    assert ["b" in asked for asked in run.prober.asked] == [True, False, False, False, True, False, False]


def test_a_proof_that_can_not_become_good_ends_at_once_with_its_cause() -> None:
    run = Stage4((Seen("a", 9, gives_up_at=2),))
    run.prober.grow = lambda facts: facts.changed("a", nproc=(facts["a"].nproc or 0) + 1)
    outcome = run.run()
    assert outcome.failures[0].cause == "2" and outcome.failures[0].evidence == "the log says so"


def test_a_proof_ends_when_its_patience_is_over() -> None:
    run = Stage4((Seen("a", 9, patient=90.0),))
    run.pace = Pace(0.0, Clock(10.0))
    outcome = run.run()
    assert outcome.failures[0].cause == "0" and len(run.prober.asked) == 9


@pytest.mark.parametrize("kills", [True, False])
def test_only_a_fatal_proof_drops_its_host(kills: bool) -> None:
    run = Stage4((Seen("a", 9, patient=0.0, kills=kills), Become("a", 1)))
    outcome = run.run()
    assert bool(outcome.dropped) is kills and bool(run.executor.done) is not kills


def test_what_was_read_before_a_host_was_lost_proves_nothing() -> None:
    run = Stage4((Become("b", 1),), (Seen("a", 1, patient=0.0),))
    first = iter([None])
    gone = LoginFailure("lost", "the host is gone")

    def grow(facts: ClusterFacts) -> ClusterFacts:
        return facts.changed("a", nproc=5, failure=next(first, gone))

    run.prober.grow = grow
    outcome = run.run()
    assert outcome.dropped["a"].kind == "lost" and not outcome.proofs[0].good


# --- readings

M, D = Machine(), Daemons()


def readings(*hosts: str) -> tuple[Readings, Counting]:
    prober = Counting(World(ClusterFacts(MappingProxyType({host: HostFacts(host) for host in hosts}))))
    return Readings(prober, threading.Event()), prober


def test_a_reading_holds_until_its_host_was_written() -> None:
    held, prober = readings("a", "b")
    held.look({"a": (M,), "b": (M,)})
    held.look({"a": (M,), "b": (M,)})
    held.wrote("a")
    held.look({"a": (M,), "b": (M,)})
    assert prober.asked == [{"a": (M,), "b": (M,)}, {"a": (M,)}]


def test_a_reading_that_looks_beyond_its_host_is_old_after_any_write() -> None:
    held, prober = readings("a", "b")
    held.look({"a": (M, D), "b": (D,)})
    held.wrote("b")
    held.look({"a": (M, D), "b": (D,)})
    assert prober.asked[1] == {"a": (D,), "b": (D,)}


def test_a_write_that_says_what_it_touches_leaves_the_other_readings_alone() -> None:
    held, prober = readings("a", "b")
    held.look({"a": (M, D), "b": (M, D)})
    held.wrote("a", (Machine,))
    held.look({"a": (M, D), "b": (M, D)})
    held.wrote("a", (Daemons,))
    held.look({"a": (M, D), "b": (M, D)})
    assert prober.asked[1:] == [{"a": (M,)}, {"a": (D,), "b": (D,)}]


def test_a_write_elsewhere_during_a_reading_spoils_only_what_looks_beyond_its_host() -> None:
    held, prober = readings("a", "b")

    def grow(facts: ClusterFacts) -> ClusterFacts:
        if len(prober.asked) == 1:
            held.wrote("b")
        return facts

    prober.grow = grow
    held.look({"a": (M, D)})
    held.look({"a": (M, D)})
    assert prober.asked[1] == {"a": (D,)}


def test_a_lost_host_is_asked_again_only_on_purpose() -> None:
    held, prober = readings("a")
    prober.grow = lambda facts: facts.changed("a", failure=LoginFailure("refused", "no"))
    held.look({"a": (M,)})
    held.look({"a": (M,)})
    assert len(prober.asked) == 1 and held.failed("a")
    held.look({"a": (M,)}, again=True)
    assert len(prober.asked) == 2
