"""One lab host as a healthy cluster of many: it answers on many addresses, and runs one JobManager and one TaskManager.

Every address is read for itself, at the full cost of that; what so many names of one machine have in common is then told
apart in the facts, as hosts of their own would differ. It must not know what is measured.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.cluster import VERSION, give_to_desk
from benchmarks.keys import OperatorKey
from benchmarks.sessions import parts_of, session_of, spec_of
from tests.cluster.driving import answers, desk, operator_of
from tests.distributions import small_archive
from tests.lab import Host, HostSettings, Lab
from wizard.connection import Connection, Result, Stop
from wizard.events import Sink
from wizard.facts import HostFacts, PathFacts
from wizard.needs import Need
from wizard.parts import Prober
from wizard.probes.prober import HostProber
from wizard.session import Look
from wizard.spec import ClusterSpec

NAME = "many"
CALMLY = 4
"""Hosts that are read at a time while it is noted what they are asked and print."""
HOME = f"/home/flink/flink-{VERSION}"
DOOR, RECORDED = "/srv/door", "/srv/recorded"
PASS = f"""
if [ "$SSH_ORIGINAL_COMMAND" != 'sh -s' ] || [ ! -e {RECORDED}/on ]; then exec sh -c "$SSH_ORIGINAL_COMMAND"; fi
read -r first; read -r mark
mark=${{mark#FW_MARK=}} mark=${{mark%%;*}}
set -- $SSH_CONNECTION
number=0
while [ -e "/tmp/door-$PPID-$number" ]; do number=$((number + 1)); done
: >"/tmp/door-$PPID-$number"
read -r seconds <"{RECORDED}/$3-$number.seconds" || exit 9
sleep "$seconds"
exec sed "s/@MARK@/$mark/" "{RECORDED}/$3-$number"
"""
"""What stands before every command: a script is carried out, or, while `on` is there, only the recorded output of the
first or second script of a connection is printed, after the recorded time. Its own work would be done on the
clients' cores, that of real hosts is not."""


@dataclass
class Asked:
    """What one address was asked, in its order, and what it printed."""

    texts: list[str] = field(default_factory=list[str])
    printed: list[str] = field(default_factory=list[str])


@dataclass
class Crowd:
    lab: Lab
    key: OperatorKey
    folder: Path
    addresses: Sequence[str]
    spec: ClusterSpec

    @property
    def host(self) -> Host:
        return self.lab[NAME]

    def inspect(self, asked: dict[str, Asked] | None = None) -> Look:
        """One whole check, from the first login to the findings. What is asked is noted in `asked`, few hosts at a time:
        where one machine is all of them, the master's own logins would run out of time.

        Raises:
            RuntimeError: hosts were not reached.
        """
        stop = threading.Event()
        parts = parts_of(self.spec, self.key.known_hosts, stop)
        prober = parts.prober
        if asked is not None:
            opened = parts.open_host
            prober = HostProber(
                lambda host: _Noted(opened(host), asked.setdefault(host, Asked())), at_once=CALMLY
            )
        parts.prober = Told(prober, self.addresses)
        session = session_of(self.spec, parts, self.folder, "check", stop)
        look = session.inspect()
        session.close()
        lost = [host for host in self.addresses if not look.facts[host].reached]
        if lost:
            raise RuntimeError(f"{len(lost)} hosts were not reached: {look.facts[lost[0]].failure}")
        return look

    def seconds(self, text: str) -> float:
        """What a script takes on the host itself, alone: the least of three times."""
        timing = "TIMEFORMAT=%R; time sh -s >/dev/null 2>&1"
        told = [self.host.exec(timing, user="flink", stdin=text).stderr for _ in range(3)]
        return min(float(one.split()[-1]) for one in told)

    def record(self, asked: Mapping[str, Asked], seconds: Mapping[str, Sequence[float]]) -> None:
        """Keep what was printed, for `distant`; `seconds` of each script of an address."""
        for address, one in asked.items():
            for number, (text, printed) in enumerate(zip(one.texts, one.printed, strict=True)):
                mark = _mark(text)
                # An old time would be a clock that is wrong.
                known = re.sub(rf"(?m)^{mark} clock .*\n", "", printed, count=1)
                self.host.write(f"{RECORDED}/{address}-{number}", known.replace(mark, "@MARK@"))
                self.host.write(f"{RECORDED}/{address}-{number}.seconds", f"{seconds[address][number]:.3f}\n")

    @contextmanager
    def distant(self) -> Generator[None]:
        """While it holds, scripts compute nothing here: as on hosts with cores of their own."""
        self.host.write(f"{RECORDED}/on", "")
        try:
            yield
        finally:
            self.host.exec(f"rm {RECORDED}/on /tmp/door-*")


@contextmanager
def crowd(hosts: int) -> Generator[Crowd]:
    """A cluster of so many hosts, the master one of them."""
    sshd = ("MaxStartups 200:30:400", "MaxSessions 50", f"ForceCommand sh {DOOR}")
    settings = HostSettings(NAME, sshd_config=sshd, files=((DOOR, PASS),))
    with (
        tempfile.TemporaryDirectory(prefix="fw-bench-", dir="/var/tmp") as name,
        Lab.up([desk(), settings]) as lab,
    ):
        key = OperatorKey.made(Path(name))
        addresses = lab.many_addresses(lab[NAME], hosts)
        key.authorize([lab[NAME]], addresses)
        give_to_desk(key, lab)
        operator = operator_of(lab)
        master = addresses[0]
        wished: dict[str, Any] = answers(VERSION, workers=[master], master=master)
        everywhere = ("jobmanager.bind-host", "taskmanager.bind-host", "rest.bind-address")
        wished["flink"]["config"] |= dict.fromkeys(everywhere, "0.0.0.0")
        done = operator.run("apply", operator.write(wished), "--yes")
        if done.status != 0:
            raise RuntimeError(str(done))
        many = lab[NAME]
        many.write(f"{HOME}/conf/workers", "".join(f"{one}\n" for one in addresses[1:]), owner="flink")
        many.write("/home/flink/.ssh/known_hosts", key.known_hosts.read_text(), owner="flink", mode=0o600)
        many.exec(["install", "-d", RECORDED])
        spec = spec_of(addresses, key, small_archive(VERSION), VERSION)
        yield Crowd(lab, key, Path(name), addresses, spec)


class Told:
    """A prober whose facts tell the addresses apart: each is a machine of its own with the daemons that belong there."""

    def __init__(self, prober: Prober, addresses: Sequence[str]) -> None:
        self._prober = prober
        self._addresses = addresses

    def read(
        self, wanted: Mapping[str, Sequence[Need]], stop: Stop, report: Sink | None = None
    ) -> Mapping[str, HostFacts]:
        """See `Prober.read`."""
        seen = self._prober.read(wanted, stop, report)
        return {name: self._own(facts) if name in self._addresses else facts for name, facts in seen.items()}

    def _own(self, facts: HostFacts) -> HostFacts:
        if not facts.reached:
            return facts
        master = self._addresses[0]
        more: dict[str, Any] = {}
        if facts.daemons is not None:
            belongs = "jobmanager" if facts.name == master else "taskmanager"
            others = {one.pid for one in facts.daemons if one.kind != belongs}
            more["daemons"] = tuple(one for one in facts.daemons if one.pid not in others)
            more["listening"] = tuple(one for one in facts.listening or () if one.pid not in others)
        if facts.addresses is not None:
            more["addresses"], more["hostname"] = (facts.name,), f"host-{facts.name.replace('.', '-')}"
            more["boot_id"] = facts.name
        if facts.homes:
            homes = {
                path: replace(
                    home,
                    inode=facts.name,
                    conf={file: self._file(facts, one) for file, one in home.conf.items()},
                )
                for path, home in facts.homes.items()
            }
            more["homes"] = MappingProxyType(homes)
        if facts.rest:
            more["rest"] = MappingProxyType(
                {
                    key: replace(
                        one, answers={path: self._listed(each) for path, each in one.answers.items()}
                    )
                    for key, one in facts.rest.items()
                }
            )
        return replace(facts, **more)

    def _file(self, facts: HostFacts, file: PathFacts) -> PathFacts:
        if file.text is None:
            return file
        text = re.sub(r"(?m)^(taskmanager\.host: ).*$", rf"\g<1>{facts.name}", file.text)
        return replace(file, text=text)

    def _listed(self, answer: Any) -> Any:
        """The answer had every worker its TaskManager; all of them listen on the same ports."""
        if not isinstance(answer, dict) or "taskmanagers" not in answer:
            return answer
        workers = self._addresses[1:]
        listed = answer["taskmanagers"]
        if not isinstance(listed, list):
            slots = answer["slots-total"] * len(workers)
            return answer | {"taskmanagers": len(workers), "slots-total": slots, "slots-available": slots}
        (one,) = listed
        master = self._addresses[0]
        return {
            "taskmanagers": [
                one | {name: one[name].replace(master, worker) for name in ("id", "path")}
                for worker in workers
            ]
        }


class _Noted:
    """A connection whose scripts and their output are noted."""

    def __init__(self, connection: Connection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked

    @property
    def host(self) -> str:
        return self._connection.host

    def run(self, command: str, **how: Any) -> Result:
        result = self._connection.run(command, **how)
        self._asked.texts.append(how["stdin"].decode())
        self._asked.printed.append(result.stdout)
        return result

    def close(self) -> None:
        self._connection.close()


def _mark(text: str) -> str:
    found = re.search(r"^FW_MARK=(\w+);", text, re.M)
    if found is None:
        raise RuntimeError("a script without a mark")
    return found[1]
