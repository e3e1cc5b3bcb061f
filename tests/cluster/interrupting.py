"""A run of the wizard that is still going on: to be watched, stopped and killed at a chosen moment.

Knows processes of a lab host and the names under which a copy grows. It must not know what a run should come to.
"""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass

from tests.cluster.driving import Operator, Ran
from tests.lab import Host

STAGING = "/home/flink/.flink-2.3.0.flink-wizard-new"
"""Where a copy of the distribution grows, for the home that the tests use."""

_LEFT = (
    r"find /home/flink /tmp -xdev \( -name '*.flink-wizard-part' -o -name '.flink-2.3.0.flink-wizard-*' "
    r"-o -path '*/.flink-wizard/*/lock*' \) ! -path '*/lib/*'"
)
_WITH_PID = ["sh", "-c", 'echo $$ >"$0.part"; mv "$0.part" "$0"; exec "$@"']
_KILL_AT_COMMAND = """
until [ -e "$1" ]; do :; done
read pid <"$1"
until [ "$(cat $2/*/*/*.jsonl 2>/dev/null | grep -c '"event": "CommandStarted"')" -ge "$3" ]; do
  [ -e /proc/$pid ] || exit 0
done
sleep "$4"
kill -KILL "$pid" 2>/dev/null || :
"""


@dataclass
class Running:
    """A started program of the operator; `pid` is its number on that host."""

    operator: Operator
    pid_file: str
    process: subprocess.Popen[str]

    @classmethod
    def started(cls, operator: Operator, *words: str) -> Running:
        pid_file = f"{operator.directory}/wizard.pid"
        operator.host.exec(["rm", "-f", pid_file])
        process = operator.host.popen(
            [*_WITH_PID, pid_file, *operator.argv(*words)],
            user=operator.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        operator.host.exec(f"until [ -e {pid_file} ]; do :; done", timeout=20)
        return cls(operator, pid_file, process)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.go_on()
            self.process.kill()
        self.process.communicate()

    def go_on(self) -> None:
        """After `signal("STOP")`. Whoever brought the program into the host stopped with it, and passes this on."""
        self.process.send_signal(signal.SIGCONT)

    def signal(self, name: str) -> None:
        self.operator.host.exec(["sh", "-c", f'kill -{name} "$(cat $1)"', "sh", self.pid_file])

    def kill_at(self, command: int, seconds: float, state: str) -> None:
        """SIGKILL, `seconds` after the journal says that this many commands were begun."""
        self.operator.host.exec(
            ["bash", "-c", _KILL_AT_COMMAND, "bash", self.pid_file, state, str(command), str(seconds)],
            timeout=240,
        )

    def ended(self, seconds: float = 120) -> Ran:
        out, err = self.process.communicate(timeout=seconds)
        return Ran(self.process.returncode, out, err)


def copying(host: Host, seconds: float = 120) -> None:
    """Return as soon as files of the distribution arrive on this host."""
    host.exec(f"until [ -e {STAGING}/bin ]; do :; done", timeout=seconds)


def left_on(*hosts: Host) -> list[str]:
    """Half files, half homes and locks that no finished run leaves."""
    return [f"{host.name}:{path}" for host in hosts for path in host.exec(_LEFT).stdout.split()]
