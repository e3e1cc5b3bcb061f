"""What a look at a cluster came to, as text for people, as JSON for programs, and as Markdown to be handed on.

Knows findings before and after fixes. It must not know how they were made; whoever prints masks secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from validators.cluster.observed import leading

from .facts import HostFacts
from .findings import Finding
from .session import Look
from .spec import ClusterSpec
from .text import clean
from .words import counted, name_of

State = Literal["found", "fixed", "waived"]

GRADES = {"safe": "safe", "asks": "asks first", "manual": "by hand"}
"""What each grade is called in front of people."""

_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stated:
    """A finding with what became of it."""

    finding: Finding
    state: State


@dataclass(frozen=True, slots=True)
class Report:
    """One look, and where something was fixed the look before it. `when` is ISO 8601."""

    spec: ClusterSpec
    now: Look
    when: str
    before: tuple[Finding, ...] = ()
    again: str = "flink-wizard check FILE"
    """The command that looks again, for the lines that say how something is mended."""

    @property
    def stated(self) -> tuple[Stated, ...]:
        """What is found now, the worst first, then what was fixed."""
        still = {(one.id, host) for one in self.now.findings for host in one.hosts}
        listed = [Stated(one, "waived" if one.waived else "found") for one in self.now.findings]
        for one in self.before:
            gone = tuple(host for host in one.hosts if (one.id, host) not in still)
            if gone and one.severity != "info":
                listed.append(Stated(replace(one, hosts=gone), "fixed"))
        return tuple(listed)

    @property
    def healthy(self) -> bool:
        """Whether every host was reached and no error is left but those that are waived."""
        return not self.lost and not any(one.severity == "error" for one in self.now.findings)

    @property
    def leader(self) -> str | None:
        """The JobManager that leads, "" when nobody does; None without high availability, or where nobody could tell."""
        found = leading(self.now.desired, self.now.facts)
        return None if found is None else found.host or found.address

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(name for name in self.spec.names if not self.now.facts[name].reached)


def verdict_line(report: Report) -> str:
    """The last line: what all of it comes to."""
    lost = report.lost
    errors = sum(one.severity == "error" for one in report.now.findings)
    warnings = sum(one.severity == "warning" for one in report.now.findings)
    fixed = sum(one.state == "fixed" for one in report.stated)
    said = [counted(errors, "error")] if errors else []
    said += [counted(warnings, "warning")] if warnings else []
    said += [f"{fixed} fixed"] if fixed else []
    said += [f"{counted(len(lost), 'host')} not reached"] if lost else []
    whole = f"{counted(len(report.spec.names), 'host')} looked at"
    word = "Healthy" if report.healthy else "Not healthy"
    return f"{word}: {'; '.join([*said, whole])}."


def leader_line(report: Report) -> str:
    """Who leads, "" where there is nothing to say of it."""
    leader = report.leader
    if leader is None:
        return ""
    return f"The JobManager of {name_of(leader)} leads." if leader else "No JobManager leads."


def text_lines(report: Report, remarks: bool = False) -> Iterator[str]:
    """Findings one by one, then the verdict. `remarks`: also those that are only for information."""
    for stated in report.stated:
        if stated.finding.severity == "info" and not remarks:
            continue
        yield from _finding_lines(stated, report)
    if said := leader_line(report):
        yield said
    yield verdict_line(report)


def _finding_lines(stated: Stated, report: Report) -> Iterator[str]:
    one = stated.finding
    label = one.severity if stated.state == "found" else stated.state
    where = ", ".join(name_of(host) for host in one.hosts)
    yield f"{label:<8}{where}: {clean(one.title)}  [{one.id}]"
    if stated.state == "fixed":
        return
    yield from _told("seen", (one.observed, *one.evidence[:8]))
    yield from _told("wanted", (one.wanted,))
    yield from _told("why", (one.why,))
    if one.fix is not None:
        planned = one.fix.operation is not None
        yield from _told("fix", (f"{one.fix.title} ({GRADES[one.fix.grade]})",))
        if planned:
            yield from _told("", (f"{report.again} --fix {one.id}",))
        else:
            yield from _told("", tuple(f"$ {command}" for command in one.fix.commands))


def _told(label: str, texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        for line in clean(text).splitlines():
            yield f"        {label + ':' if label else '':<8}{line}"
            label = ""


def as_json(report: Report) -> dict[str, Any]:
    """The object of `check --format json`; its form is in docs/check.md."""
    return {
        "version": 1,
        "cluster": report.spec.cluster,
        "healthy": report.healthy,
        "leader": report.leader or None,
        "hosts": [_host(report, name) for name in report.spec.names],
        "findings": [_plain(stated) for stated in report.stated],
    }


def _host(report: Report, name: str) -> dict[str, Any]:
    seen = report.now.facts[name]
    host: dict[str, Any] = {"host": name, "reachable": seen.reached, "roles": list(_roles(report.spec, name))}
    if seen.failure is not None:
        return {**host, "failure": clean(seen.failure.cause)}
    return {
        **host,
        "system": seen.os.pretty if seen.os is not None else None,
        "daemons": [{"kind": one.kind, "pid": one.pid, "home": one.home} for one in seen.daemons or ()],
    }


def _roles(spec: ClusterSpec, name: str) -> Iterator[str]:
    if name == spec.master.name or any(one.name == name for one in spec.standby):
        yield "jobmanager"
    if spec.is_worker(name):
        yield "taskmanager"


def _plain(stated: Stated) -> dict[str, Any]:
    one = stated.finding
    fix = one.fix
    return {
        "id": one.id,
        "severity": one.severity,
        "hosts": list(one.hosts),
        "title": clean(one.title),
        "observed": clean(one.observed),
        "wanted": clean(one.wanted),
        "evidence": [clean(line) for line in one.evidence],
        "why": clean(one.why),
        "fix": None
        if fix is None
        else {
            "grade": fix.grade,
            "title": clean(fix.title),
            "commands": [clean(command) for command in fix.commands],
        },
        "state": stated.state,
    }


def as_markdown(report: Report) -> str:
    """The report to hand on. Private keys never stand in it, whatever a log or a file held."""
    spec = report.spec
    parts = [
        f"# Cluster {_cell(spec.cluster)}",
        f"Flink {spec.flink.version} in `{_cell(spec.flink.home)}`, looked at {report.when}.",
        " ".join(line for line in (verdict_line(report), leader_line(report)) if line),
        "## Hosts",
        "| host | roles | reached | system | what runs |\n|---|---|---|---|---|\n"
        + "\n".join(_host_row(report, name) for name in spec.names),
    ]
    listed = report.stated
    if listed:
        rows = "\n".join(
            f"| {one.finding.severity} | {one.finding.id} | {_cell(', '.join(one.finding.hosts))} "
            f"| {_cell(one.finding.title)} | {one.state} |"
            for one in listed
        )
        parts += ["## Findings", f"| severity | id | hosts | what | state |\n|---|---|---|---|---|\n{rows}"]
    for stated in listed:
        if stated.state != "fixed":
            parts.append(_section(stated.finding))
    return _KEY.sub("(a private key was here)", "\n\n".join(parts) + "\n")


def _host_row(report: Report, name: str) -> str:
    seen = report.now.facts[name]
    words = (
        name,
        ", ".join(_roles(report.spec, name)),
        "yes" if seen.reached else f"no: {seen.failure.cause if seen.failure else ''}",
        seen.os.pretty if seen.os is not None else "",
        _daemons(seen),
    )
    return "| " + " | ".join(_cell(word) for word in words) + " |"


def _daemons(seen: HostFacts) -> str:
    return ", ".join(f"{one.kind} ({one.pid})" for one in seen.daemons or ()) or "-"


def _section(one: Finding) -> str:
    lines = [
        f"### {one.id}: {_cell(one.title)}",
        f"- hosts: {_cell(', '.join(one.hosts))}",
        f"- seen: {_cell(one.observed)}",
        f"- wanted: {_cell(one.wanted)}",
    ]
    if one.why:
        lines.append(f"- why: {_cell(one.why)}")
    if one.fix is not None:
        lines.append(f"- fix, {GRADES[one.fix.grade]}: {_cell(one.fix.title)}")
    if one.evidence:
        lines.append("\n" + _fenced(one.evidence))
    if one.fix is not None and one.fix.commands:
        lines.append("\n" + _fenced(one.fix.commands))
    return "\n".join(lines)


def _fenced(lines: Sequence[str]) -> str:
    text = "\n".join(clean(line) for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}text\n{text}\n{fence}"


def _cell(text: str) -> str:
    """A text inside a line of Markdown: one line, nothing in it that Markdown or HTML would obey."""
    joined = " ".join(clean(text).split())
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", joined)
