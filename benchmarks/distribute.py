"""Putting one Flink home on several hosts: the product's own step beside scp, rsync and `tar | ssh`.

All start from a distribution that lies unpacked or as a tar on this machine and from a key that is let in, and end
with the home on every host. The product alone also looks before and after, and swaps the finished copy in.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

from benchmarks.keys import OperatorKey
from benchmarks.measure import Contestant, Expected, Report, Samples, Turns, interleaved, rows, timed
from benchmarks.sessions import parts_of, session_of, spec_of
from tests.distributions import flink_archive, flink_home, small_archive
from tests.lab import HostSettings, Lab
from wizard.facts import ClusterFacts
from wizard.plans.install import install_homes, obtain
from wizard.session import Session

VERSION = "2.3.0"
HOME = f"/home/flink/flink-{VERSION}"
OURS, BOUND = "flink-wizard", "`tar \\| ssh`, all hosts at once"
FAST = f"{BOUND}, with the wizard's cipher"
_runs = count()


def measure(hosts: int, turns: Turns, small: bool) -> Report:
    """`small`: the archive with a placeholder instead of Flink's jars, to try the benchmark itself."""
    archive = small_archive(VERSION) if small else flink_archive(VERSION)
    with (
        tempfile.TemporaryDirectory(prefix="fw-bench-", dir="/var/tmp") as name,
        Lab.up([HostSettings(f"node{n}", disk_mib=2048) for n in range(hosts)]) as lab,
    ):
        folder = Path(name)
        key = OperatorKey.made(folder)
        key.authorize(lab.hosts)
        home = flink_home(VERSION)
        if small:
            subprocess.run(["tar", "xzf", archive, "-C", folder], check=True)
            home = folder / f"flink-{VERSION}"
        race = _Race(lab, key, folder, archive, home)
        race.obtain()
        contestants = [
            Contestant(OURS, race.ours, race.clean, ours=True),
            Contestant(BOUND, race.tar_at_once, race.clean),
            Contestant(FAST, lambda: race.tar_at_once("-c", "aes128-gcm@openssh.com"), race.clean),
            Contestant("`tar \\| ssh`, one after another", race.tar_in_turn, race.clean),
            Contestant("`rsync -a`, one after another", race.rsync, race.clean),
            Contestant("`scp -r`, one after another", race.scp, race.clean),
        ]
        samples = interleaved(contestants, turns)
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    return Report(
        f"distribute-{hosts}",
        f"Flink {VERSION} to {hosts} hosts",
        ("way", "median s", "fastest – slowest", f"ratio to {OURS}"),
        rows(samples, OURS),
        (
            Expected("The wizard's time over that of parallel `tar | ssh`", _ratio(samples, BOUND), 1.0),
            Expected("The same, where ssh is told the wizard's cipher", _ratio(samples, FAST), 1.0),
        ),
        (
            f"{size / 2**20:.0f} MiB a host; this machine sends, encrypts, and is also all of the receiving hosts. "
            "The wizard's time holds its logins, a look at every home before and after, the stream, and the swap "
            "into place.",
        ),
    )


def _ratio(samples: Samples, other: str) -> float:
    return samples.median(OURS) / samples.median(other)


class _Race:
    """The ways, over one lab."""

    def __init__(self, lab: Lab, key: OperatorKey, folder: Path, archive: Path, home: Path) -> None:
        self.lab = lab
        self.key = key
        self.folder = folder
        self.home = home
        self.addresses = [host.address for host in lab.hosts]
        self.spec = spec_of(self.addresses, key, archive, VERSION)
        self.makers = (("Obtain Flink", obtain), ("Install Flink", install_homes))

    def obtain(self) -> None:
        """Bring the distribution into the cache, as an earlier run would have left it; this is not measured."""
        stop = threading.Event()
        session = self._session(stop)
        look = session.look()
        self.desired = look.desired
        plan = session.plan(look.desired, look.facts, makers=(("Obtain Flink", obtain),))
        _, outcome = session.apply(plan)
        session.close()
        if not outcome.good:
            raise RuntimeError(f"the distribution was not obtained: {outcome}")

    def _session(self, stop: threading.Event) -> Session:
        return session_of(
            self.spec,
            parts_of(self.spec, self.folder / "known_hosts", stop),
            self.folder / "cache",
            f"run{next(_runs)}",
            stop,
        )

    def clean(self) -> None:
        for host in self.lab.hosts:
            host.exec(f"rm -rf {HOME} {HOME}.*; sync")

    def ours(self) -> float:
        stop = threading.Event()
        session = self._session(stop)
        outcome = None

        def work() -> None:
            nonlocal outcome
            # Nothing is known yet: the run itself reads what it needs.
            plan = session.plan(self.desired, ClusterFacts(), makers=self.makers)
            stages = tuple(stage for stage in plan.stages if stage.title != "Lock")
            _, outcome = session.apply(replace(plan, stages=stages, closing=()))
            session.close()

        seconds = timed(work)
        if outcome is None or not outcome.good or outcome.changed < len(self.addresses):
            raise RuntimeError(f"the homes were not installed: {outcome}")
        return seconds

    def tar_at_once(self, *options: str) -> float:
        def work() -> None:
            with ThreadPoolExecutor(len(self.addresses)) as pool:
                list(pool.map(lambda address: self._tar(address, *options), self.addresses))

        return timed(work)

    def tar_in_turn(self) -> float:
        return timed(lambda: [self._tar(address) for address in self.addresses])

    def _tar(self, address: str, *options: str) -> None:
        unpack = f"mkdir -p {HOME} && tar xf - -C {HOME}"
        line = f"tar cf - -C {self.home} . | {shlex.join([*self.key.ssh, *options, address, unpack])}"
        subprocess.run(["sh", "-c", line], check=True)

    def rsync(self) -> float:
        def work() -> None:
            for address in self.addresses:
                subprocess.run(
                    ["rsync", "-a", "-e", shlex.join(self.key.ssh), f"{self.home}/", f"{address}:{HOME}/"],
                    check=True,
                )

        return timed(work)

    def scp(self) -> float:
        def work() -> None:
            for address in self.addresses:
                command = ["scp", "-q", "-r", "-F", str(self.key.config), str(self.home), f"{address}:{HOME}"]
                subprocess.run(command, check=True)

        return timed(work)
