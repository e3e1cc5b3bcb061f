"""`check` of a healthy cluster: of three hosts as the operator runs it, of many beside paramiko alone.

Knows what counts as the same work. How one lab host stands for many is in `crowd.py`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

from benchmarks.bare import Commands, connect_and_run
from benchmarks.cluster import LOGINS, logins, three_installed
from benchmarks.crowd import Asked, Crowd, crowd
from benchmarks.measure import Contestant, Expected, Report, Samples, Turns, interleaved, rows, timed
from wizard.session import Look

AT_ONCE = 16
TRIES = 3
CHECK = "flink-wizard check"
BARE = "paramiko alone: `true`"
SCRIPTS = "paramiko alone: the scripts of the check"
OURS = "flink-wizard: the check"
FAR_SCRIPTS = f"{SCRIPTS}, hosts with cores of their own"
FAR = f"{OURS}, hosts with cores of their own"


def measure_three(turns: Turns) -> Report:
    """The whole program, from its start to the last line."""
    with three_installed() as (lab, operator, file):

        def check() -> float:
            began = time.perf_counter()
            ran = operator.run("check", file)
            seconds = time.perf_counter() - began
            if ran.status != 0 or "Healthy" not in ran.out:
                raise RuntimeError(str(ran))
            return seconds

        ways = [Contestant(CHECK, check, ours=True), Contestant(LOGINS, lambda: logins(lab))]
        samples = interleaved(ways, turns)
    return Report(
        "check-3",
        "`check` of a healthy cluster of three hosts",
        ("way", "median s", "fastest – slowest", "ratio to the logins"),
        rows(samples, LOGINS),
        (Expected("`flink-wizard check FILE`", samples.median(CHECK), 3.0, " s"),),
        ("The whole program, with its start, all checks, two readings of every host and the report.",),
    )


def measure_many(hosts: int, turns: Turns) -> Report:
    """The check beside connections that run `true`, and that run the same scripts."""
    with crowd(hosts) as many:
        asked, look = _healthy(many, turns)
        trips = max(len(one.texts) for one in asked.values())
        ports = len(look.facts[many.addresses[-1]].tcp)
        alone = _alone(many, asked)
        many.record(asked, alone)
        own: list[float] = []
        hasty: list[int] = []

        def ours() -> None:
            began = time.process_time()
            look = many.inspect()
            own.append(time.process_time() - began)
            hasty.append(sum(one.severity != "info" for one in look.findings))

        def scripts(address: str) -> Commands:
            return [("sh -s", text) for text in asked[address].texts]

        def bare(commands: Callable[[str], Commands]) -> Callable[[], None]:
            return lambda: connect_and_run(many.addresses, many.key, commands, AT_ONCE)

        def far(work: Callable[[], object], really: bool = True) -> Callable[[], float]:
            def run() -> float:
                with many.distant() if really else nullcontext():
                    return timed(work)

            return run

        samples = interleaved(
            [
                Contestant(BARE, far(bare(lambda _: [("true", "")]), False)),
                Contestant(SCRIPTS, far(bare(scripts), False)),
                Contestant(OURS, far(ours, False), ours=True),
                Contestant(FAR_SCRIPTS, far(bare(scripts))),
                Contestant(FAR, far(ours), ours=True),
            ],
            turns,
        )
    worker = alone[many.addresses[-1]]
    return Report(
        f"check-{hosts}",
        f"`check` of a healthy cluster of {hosts} hosts",
        ("way", "median s", "fastest – slowest", "ratio to `true`"),
        rows(samples, BARE),
        (
            Expected("Over paramiko that runs `true`", _ratio(samples, OURS, BARE), 1.5),
            Expected("Over paramiko that runs the same scripts", _ratio(samples, OURS, SCRIPTS), 1.5),
            Expected("Hosts with cores of their own: over `true`", _ratio(samples, FAR, BARE), 1.5),
            Expected("The same: over the same scripts", _ratio(samples, FAR, FAR_SCRIPTS), 1.5),
        ),
        (
            f"{hosts} addresses of one lab host, {AT_ONCE} logins at a time, with a key. A master and {hosts - 1} workers; "
            f"{trips} scripts a host on one connection, the second with {ports} ports of the others that it tries to open. "
            f"They take {worker[0]:.2f} s and {sum(worker[1:]):.2f} s on a worker, "
            f"{alone[many.addresses[0]][0]:.2f} s on the master, which logs in on all workers. Here they share the clients' "
            "cores. For hosts with cores of their own the lab host waits as long and prints what it printed before. "
            f"This process itself computed {statistics.median(own):.1f} s a check."
            + (
                f" The busiest check had {max(hasty)} findings of what ran out of time." if any(hasty) else ""
            ),
        ),
    )


def _healthy(many: Crowd, turns: Turns) -> tuple[dict[str, Asked], Look]:
    """What is asked, and a look that finds nothing; on a machine that is busy the lab's one sshd may be too slow at first.

    Raises:
        RuntimeError: something is wrong with the cluster.
    """
    for _ in range(TRIES):
        turns.quiet()
        asked: dict[str, Asked] = {}
        look = many.inspect(asked)
        wrong = [one for one in look.findings if one.severity != "info"]
        if not wrong:
            return asked, look
        turns.say(f"  not healthy: {wrong[0].title}: {wrong[0].observed}")
    raise RuntimeError(f"the cluster is not healthy: {wrong[0]}")


def _alone(many: Crowd, asked: dict[str, Asked]) -> dict[str, list[float]]:
    """The seconds of every script on a host that does nothing else. The workers' are as good as equal."""
    master, *workers = many.addresses
    worker = [many.seconds(text) for text in asked[workers[-1]].texts]
    return dict.fromkeys(workers, worker) | {master: [many.seconds(text) for text in asked[master].texts]}


def _ratio(samples: Samples, one: str, other: str) -> float:
    return samples.median(one) / samples.median(other)
