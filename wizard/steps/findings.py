"""What is wrong with a cluster that is there: all findings of all checks, and what runs on each host.

Knows which step of an install owns which finding. It must not know the checks themselves.
"""

from __future__ import annotations

from validators.cluster.catalogue import meanings

from ..facts import HostFacts
from ..flink.catalogue import line_of
from ..needs import web_url
from ..spec import ClusterSpec, HostSpec
from ..view import View
from ..words import DAEMONS, counted
from . import flink, flink_config, hdfs, hosts, java_home, requirements, ssh_keys, workers
from .cells import STATE, UNKNOWN, row_of, verdict
from .step import ByHand, Cell, Step
from .typed import file_of, of_spec, word

CONCERNS: frozenset[str] = (
    hosts.CONCERNS
    | requirements.CONCERNS
    | ssh_keys.CONCERNS
    | java_home.CONCERNS
    | flink.CONCERNS
    | flink_config.CONCERNS
    | workers.CONCERNS
    | hdfs.CONCERNS
    | frozenset(meanings())
)
"""All of them: a repair has one step for what an install looks at on seven, and for what only a running cluster has."""

COLUMNS = (STATE, "errors", "warnings", "what runs")


def _runs(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    spec = view.spec
    if seen.daemons is None or spec is None:
        return UNKNOWN
    own = [one.kind for one in seen.daemons if seen.runs_from(one, spec.flink.home, spec.conf_dir)]
    wanted = (
        "jobmanager" if host.name == spec.master.name and not spec.is_worker(host.name) else "taskmanager"
    )
    said: list[str] = []
    for kind in ("jobmanager", "taskmanager"):
        if kind in own:
            name = DAEMONS[kind]
            said.append(counted(own.count(kind), name) if own.count(kind) > 1 else name)
    return Cell(", ".join(said) or "nothing of it", "good" if wanted in own else "warn")


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    mine = [one for one in view.findings if host.name in one.hosts]
    errors = sum(one.severity == "error" for one in mine)
    warnings = sum(one.severity == "warning" for one in mine)
    return (
        verdict(view, host.name, CONCERNS),
        Cell(str(errors), "bad" if errors else "plain"),
        Cell(str(warnings), "warn" if warnings else "plain"),
        _runs(view, host, seen),
    )


def _summary(view: View) -> tuple[str, ...]:
    if view.spec is None or view.desired is None:
        return ()
    errors = sum(one.severity == "error" for one in view.findings)
    warnings = sum(one.severity == "warning" for one in view.findings)
    if not errors and not warnings:
        return ("Nothing is wrong that the checks look for.",)
    return (f"{counted(errors, 'error')}, {counted(warnings, 'warning')}.",)


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    line, home = line_of(spec.flink.version), spec.flink.home
    log = view.desired.log_dir if view.desired else f"{home}/log"
    conf = spec.conf_dir or f"{home}/conf"
    port = view.desired.web_port if view.desired else 8081
    file = file_of(view)
    return (
        ByHand(
            f"Look, on {spec.master.name}",
            (
                "ps -eo pid,lstart,args | grep '[o]rg.apache.flink'",
                f"curl -s {web_url(spec.master.address, port)}{line.web.overview}",
                f"cat {word(f'{conf}/{line.config.file}')} {word(f'{conf}/{line.lists.workers}')}",
                f"tail -n 40 {word(log)}/*",
            ),
        ),
        ByHand(
            "The same without a dialogue",
            (
                f"flink-wizard status {file}",
                f"flink-wizard check {file}",
                f"flink-wizard check {file} --fix-safe",
            ),
        ),
    )


FINDINGS = Step(
    "findings",
    "Findings",
    "What is wrong with this cluster, where it was seen, and what mends it. "
    "Nothing is changed before you confirm the review.",
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    concerns=CONCERNS,
    summary=_summary,
)
