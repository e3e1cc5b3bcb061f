"""A small keyed job that crosses all TaskManagers: the last proof that a cluster works.

It runs when something was started since the last proof on record, so a second apply has nothing to prove. The job
itself is in `jobs/`, its jars in `assets/jobs/`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import yaml

from ..assets import asset_bytes, asset_text
from ..commands import Command, shell
from ..facts import ClusterFacts
from ..flink.line import Line
from ..needs import Daemons, Need, Paths, Rest
from .noted import is_noted, key_of, note_of, noting, with_note
from .operation import NotNow, Operation, Proof, Verdict
from .places import absolute, path_at
from .restanswers import answer, number

_PLACE_JAR = """set -e
mkdir -p "${1%/*}"
base64 -d > "$1.part"
mv -f "$1.part" "$1"
"""

_RUN_JOB = """home=$1 conf=$2 jar=$3 slots=$4 taskmanagers=$5 run=$6 limit=$7
USER=${USER:-$(id -un)}; export USER
[ -z "$conf" ] || { FLINK_CONF_DIR=$conf; export FLINK_CONF_DIR; }
# A client of a few seconds is not worth the second compiler: it would take cores from the cluster that starts.
JVM_ARGS="-XX:TieredStopAtLevel=1${JVM_ARGS:+ $JVM_ARGS}${8:+ $8}"; export JVM_ARGS
said=$(timeout "$limit" bash -l "$home/bin/flink" run "$jar" --parallelism "$slots" --run-id "$run" \\
  --taskmanagers "$taskmanagers" 2>&1 </dev/null)
status=$?
line=$(printf '%s\\n' "$said" | grep 'FLINK-WIZARD-PROOF ok')
if [ -n "$line" ]; then printf '%s\\n' "$line"; exit 0; fi
job=$(bash -l "$home/bin/flink" list 2>/dev/null </dev/null | grep "flink-wizard proof $run" | grep -oE '[0-9a-f]{32}')
[ -z "$job" ] || bash -l "$home/bin/flink" cancel "$job" >/dev/null 2>&1 </dev/null
[ "$status" -ne 124 ] || echo "the job did not end within $limit s and was cancelled" >&2
told=$(printf '%s\\n' "$said" | grep -E 'FLINK-WIZARD-PROOF|Caused by|Exception' | tail -n 6)
printf '%s\\n' "${told:-$(printf '%s\\n' "$said" | tail -n 6)}" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class ProofJar:
    """The jar that serves a line: its file name and API generation."""

    file: str
    api: str


def proof_jar(line: Line) -> ProofJar | None:
    """The jar for this line, None where no job was ever proved (`assets/jobs/index.yaml`)."""
    for one in _index()["generations"]:
        oldest, newest = (
            tuple(int(part) for part in str(one["lines"][end]).split(".")) for end in ("oldest", "newest")
        )
        if oldest <= line.number <= newest:
            return ProofJar(str(one["jar"]), str(one["api"]))
    return None


@dataclass(frozen=True)
class RunProofJob(Operation):
    """Run the job with parallelism = all slots, and note what it proved. `daemons` are the hosts that must be up."""

    anew = True
    home: str
    line: Line
    rest: Rest
    slots: int
    taskmanagers: int
    daemons: tuple[str, ...]
    state: str
    run_id: str
    client_flags: str = ""
    conf_dir: str | None = None
    limit: int = 120

    @property
    def id(self) -> str:
        return "run-proof-job"

    @property
    def title(self) -> str:
        return f"Run a job across all {self.slots} slots"

    @property
    def _record(self) -> str:
        return f"{self.state}/proof.json"

    @property
    def _jar(self) -> str:
        jar = proof_jar(self.line)
        assert jar is not None
        return f"{self.state}/{jar.file}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: tuple[Need, ...] = (self.rest, Daemons(), Paths(texts=(self._record,), sums=(self._jar,)))
        return {host: (Daemons(),) for host in self.daemons} | {self.host: own}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return is_noted(facts[self.host], self._record, self._key(facts))

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        overview = answer(facts, self.host, self.rest, self.line.web.overview) or {}
        free = number(overview, "slots-available", self.slots)
        total = number(overview, self.line.web.slot_count, self.slots)
        if total < self.slots:
            raise NotNow(f"only {total} of {self.slots} slots are there")
        if free < self.slots:
            raise NotNow(f"{total - free} of {total} slots are busy with the operator's jobs")
        host = facts[self.host]
        jar = absolute(self._jar, host)
        proof = proof_jar(self.line)
        assert proof is not None
        content = asset_bytes(f"jobs/{proof.file}")
        seen = path_at(host, self._jar)
        there = seen is not None and seen.sha256 == hashlib.sha256(content).hexdigest()
        text = base64.encodebytes(content).decode()
        place = shell(_PLACE_JAR, jar, stdin=text, why="place the job's jar on the master")
        run = shell(
            _RUN_JOB,
            self.home,
            self.conf_dir or "",
            jar,
            str(self.slots),
            str(self.taskmanagers),
            self.run_id,
            str(self.limit),
            self.client_flags,
            why="run the job",
            timeout=self.limit + 60.0,
        )
        return (*(() if there else (place,)), run, noting(host, self._record, note_of(self._key(facts))))

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return with_note(facts, self.host, self._record, note_of(self._key(facts)))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        noted = path_at(facts[self.host], self._record)
        if noted is None or not noted.text:
            return (
                f"Flink ran the job to its end, but {self._record} is not as it was written",
                f"Look at {self._record} on {self.host}.",
            )
        running = "\n".join(f"{host}: {kind} with pid {pid}" for host, kind, pid in self._running(facts))
        return (
            f"Flink ran the job to its end, but not on the daemons that run now:\n{running or 'none'}",
            f"A daemon came or went meanwhile. Read the newest logs in {self.home}/log there, then run again.",
        )

    def _key(self, facts: ClusterFacts) -> str:
        return key_of(self.host, self._running(facts), self.slots)

    def _running(self, facts: ClusterFacts) -> list[tuple[str, str, int]]:
        """The daemons of this home as (host, kind, pid): what a proof holds for."""
        return sorted(
            (host, daemon.kind, daemon.pid)
            for host in self.daemons
            for daemon in facts[host].daemons or ()
            if facts[host].runs_from(daemon, self.home, self.conf_dir)
        )


@dataclass(frozen=True)
class NoProofJob(Proof):
    """Says why no job is run."""

    reason: str

    @property
    def id(self) -> str:
        return "run-proof-job"

    @property
    def title(self) -> str:
        return "Run a job across all slots"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {}

    def judge(self, facts: ClusterFacts) -> Verdict:
        del facts
        return Verdict(False, self.reason, skipped=True)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts


@cache
def _index() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(asset_text("jobs/index.yaml")))
