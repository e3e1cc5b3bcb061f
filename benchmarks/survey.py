"""Facts of many hosts: the product's first reading beside paramiko alone and beside Ansible's setup.

One lab host answers on many addresses, so its sshd and every shell share this machine's cores with the clients; what
a script costs on a host is therefore part of every figure.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.bare import Commands, connect_and_run
from benchmarks.keys import OperatorKey
from benchmarks.measure import Contestant, Expected, Report, Turns, interleaved, rows, timed
from benchmarks.sessions import parts_of, session_of, spec_of
from tests.distributions import small_archive
from tests.lab import HostSettings, Lab
from wizard.needs import Account, Machine, Need
from wizard.probes import sections_for
from wizard.probes.script import merged_script
from wizard.session import survey
from wizard.spec import ClusterSpec

AT_ONCE = 16
OURS = "flink-wizard: everything an install asks"
SHORT = "flink-wizard: system and account alone"
EMPTY = "flink-wizard: `true` on its connections"
BARE = "paramiko alone: `true`"
BARE_SCRIPT = "paramiko alone: the wizard's script"
ANSIBLE = "Ansible setup"


def measure(hosts: int, turns: Turns, ansible: str | None) -> Report:
    """`ansible`: the `ansible` program, None where there is none."""
    settings = HostSettings("many", sshd_config=("MaxStartups 200:30:400", "MaxSessions 50"))
    with (
        tempfile.TemporaryDirectory(prefix="fw-bench-", dir="/var/tmp") as name,
        Lab.up([settings]) as lab,
    ):
        folder = Path(name)
        key = OperatorKey.made(folder)
        addresses = lab.many_addresses(lab["many"], hosts)
        key.authorize(lab.hosts, addresses)
        race = _Race(addresses, key, folder, ansible)
        contestants = [
            Contestant(BARE, race.bare),
            Contestant(EMPTY, race.empty),
            Contestant(SHORT, race.short, ours=True),
            Contestant(BARE_SCRIPT, race.bare_script),
            Contestant(OURS, race.ours, ours=True),
        ]
        samples = interleaved(contestants, turns)
        if ansible is not None:
            last = [Contestant(ANSIBLE, race.setup)]
            samples.seconds |= interleaved(last, replace(turns, rounds=min(turns.rounds, 2))).seconds
        script = race.script_seconds(lab)
    own = {name: statistics.median(race.cpu[name]) for name in (OURS, BARE)}
    over = samples.median(OURS) / samples.median(BARE)
    same = samples.median(OURS) / samples.median(BARE_SCRIPT)
    notes = [
        f"{hosts} addresses of one lab host, {AT_ONCE} at a time, logins with a key included. What an install asks of "
        f"a host is one script of {race.script_size() / 1024:.0f} KiB that takes {script:.2f} s there when nothing else "
        "runs; here all of them share the clients' cores, on real hosts they do not. This process itself computed "
        f"{own[OURS]:.1f} s for it, and {own[BARE]:.1f} s for `true`.",
    ]
    if ansible is None:
        notes.append("Ansible was not at hand (`--ansible PROGRAM` names one).")
    return Report(
        f"survey-{hosts}",
        f"Facts of {hosts} hosts",
        ("way", "median s", "fastest – slowest", "ratio to paramiko alone"),
        rows(samples, BARE),
        (
            Expected("Everything an install asks, over paramiko that runs `true`", over, 1.3),
            Expected("The same, over paramiko that runs the same script", same, 1.3),
        ),
        tuple(notes),
    )


class _Race:
    """The ways, over these addresses."""

    def __init__(self, addresses: Sequence[str], key: OperatorKey, folder: Path, ansible: str | None) -> None:
        self.addresses = addresses
        self.key = key
        self.folder = folder
        self.ansible = ansible
        self.cpu: dict[str, list[float]] = {}
        self.spec: ClusterSpec = spec_of(addresses, key, small_archive("2.3.0"), "2.3.0")
        self.wanted = self._survey()

    def _survey(self) -> Mapping[str, Sequence[Need]]:
        stop = threading.Event()
        parts = parts_of(self.spec, self.key.known_hosts, stop)
        session = session_of(self.spec, parts, self.folder, "survey", stop)
        session.close()
        return {host: needs for host, needs in survey(session.spec).items() if host in self.addresses}

    def ours(self) -> float:
        return self._noting(OURS, lambda: self._read(self.wanted))

    def _noting(self, name: str, work: Callable[[], float]) -> float:
        """The seconds of `work`; what this process itself computed in them goes to `cpu`."""
        began = time.process_time()
        seconds = work()
        self.cpu.setdefault(name, []).append(time.process_time() - began)
        return seconds

    def short(self) -> float:
        return self._read({address: (Machine(), Account()) for address in self.addresses})

    def _read(self, wanted: Mapping[str, Sequence[Need]]) -> float:
        def work() -> None:
            stop = threading.Event()
            parts = parts_of(self.spec, self.key.known_hosts, stop)
            facts = parts.prober.read(wanted, stop)
            parts.close()
            lost = [name for name, seen in facts.items() if not seen.reached]
            if lost:
                raise RuntimeError(f"{len(lost)} hosts were not reached: {facts[lost[0]].failure}")

        return timed(work)

    def empty(self) -> float:
        def work() -> None:
            stop = threading.Event()
            parts = parts_of(self.spec, self.key.known_hosts, stop)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                done = list(pool.map(lambda address: parts.pool.run(address, "true"), self.addresses))
            parts.close()
            if not all(result.ok for result in done):
                raise RuntimeError("a command failed")

        return timed(work)

    def bare(self) -> float:
        return self._noting(BARE, lambda: self._paramiko(lambda _: (("true", ""),)))

    def bare_script(self) -> float:
        texts = {name: merged_script(sections_for(needs)).text for name, needs in self.wanted.items()}
        return self._paramiko(lambda address: (("sh -s", texts[address]),))

    def _paramiko(self, commands: Callable[[str], Commands]) -> float:
        return timed(lambda: connect_and_run(self.addresses, self.key, commands, AT_ONCE))

    def setup(self) -> float | None:
        assert self.ansible is not None
        inventory = self.folder / "inventory"
        inventory.write_text("\n".join(self.addresses) + "\n")
        environment = {
            **os.environ,
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_SSH_ARGS": f"-F {self.key.config} -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "cp"),
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [
            self.ansible,
            "all",
            "-i",
            str(inventory),
            "-f",
            str(AT_ONCE),
            "-u",
            "flink",
            "-m",
            "setup",
        ]

        def work() -> None:
            said = subprocess.run(command, env=environment, capture_output=True, text=True)
            if said.returncode != 0:
                raise RuntimeError(f"Ansible: {said.stdout[-500:]}{said.stderr[-500:]}")

        seconds = timed(work)
        self._end_masters()
        return seconds

    def _end_masters(self) -> None:
        for socket in (self.folder / "cp").glob("*"):
            subprocess.run(["ssh", "-O", "exit", "-S", str(socket), "any"], capture_output=True)
        shutil.rmtree(self.folder / "ansible", ignore_errors=True)

    def script_size(self) -> int:
        return len(merged_script(sections_for(self.wanted[self.addresses[-1]])).text)

    def script_seconds(self, lab: Lab) -> float:
        """What the script takes on the host itself, alone."""
        text = merged_script(sections_for(self.wanted[self.addresses[-1]])).text
        return min(
            timed(lambda: lab["many"].exec(["sh", "-s"], user="flink", stdin=text, check=False))
            for _ in range(3)
        )


def ansible_version(program: str) -> str:
    """For example `2.19.1`."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return json.dumps(said.splitlines()[0]).strip('"')
