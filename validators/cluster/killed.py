"""A TaskManager that the kernel killed for memory: it leaves no word in its own log, only one in the kernel's.

Knows how the kernel says it and when that can have been this daemon. It must not know how a daemon is started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.needs import Ask

from .observed import ClusterCheck, Observed
from .processes import wanted

QUESTION = "what the kernel killed"

_ASK = r"""date '+now %s'
sed 's/^/up /' /proc/uptime 2>/dev/null
log=$(ls -t "$1"/log/flink-*-taskexecutor-*.log 2>/dev/null | head -n 1)
[ -z "$log" ] || stat -c 'log %Y' "$log" 2>/dev/null
{ dmesg || sudo -n dmesg || journalctl -k -b -o short-monotonic --no-pager; } 2>/dev/null |
  grep -E 'Killed process [0-9]+ \(java\)' | tail -n 5
exit 0
"""

_TOLERANCE = 5.0
"""Seconds: the kernel's clock counts from the boot and drifts against the time of files."""


def kernel(home: str) -> Ask:
    """What is read of a worker; dmesg is closed to most accounts, and then nothing is known."""
    return Ask(QUESTION, ("sh", "-c", _ASK, "sh", home), 15)


def kill_of(host: HostFacts) -> str:
    """The kernel's line on a Java process of this user that ended after the newest log did, "" for none."""
    told = host.commands.get(QUESTION)
    numbers: dict[str, float] = {}
    found = ""
    for line in told.stdout.splitlines() if told is not None else ():
        word, _, rest = line.partition(" ")
        if word in {"now", "up", "log"} and re.match(r"[\d.]+", rest):
            numbers[word] = float(rest.split()[0])
            continue
        when = re.match(r"\[\s*([\d.]+)\]", line)
        uid = re.search(r"UID:(\d+)", line)
        if when is None or len(numbers) < 3 or (uid and host.uid is not None and int(uid[1]) != host.uid):
            continue
        if numbers["now"] - numbers["up"] + float(when[1]) + _TOLERANCE >= numbers["log"]:
            found = line
    return found


def killed(seen: Observed) -> Iterator[Finding]:
    for host, facts in seen.workers():
        running = len(seen.running(host.name, "taskmanager"))
        line = kill_of(facts) if facts.daemons is not None else ""
        if not line or running >= wanted(seen, host.name, "taskmanager") or not seen.spec.start.flink:
            continue
        key = seen.line.memory.taskmanager.key
        yield Finding(
            "tm-oom-killed",
            "error",
            (host.name,),
            f"The kernel of {host.name} killed a TaskManager for memory",
            f"{running} running; {key}: {seen.value(host.name, key) or 'not set'}",
            "a TaskManager that fits beside what else runs there",
            "Its log stops in the middle and tells nothing; it will be killed again when memory runs short again.",
            (f"{host.name}: kernel: {line.strip()}",),
            Fix(
                "asks",
                f"Start it; if it is killed again, set a smaller {key} in the answers",
                (),
                "start-taskmanager",
            ),
        )


KILLED = ClusterCheck(
    "kernel", {"tm-oom-killed": "the kernel killed a TaskManager because memory ran short"}, killed
)
