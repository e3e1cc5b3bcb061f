"""Flink's temporary files: too many that dead daemons left, and those of a running daemon that were cleaned away.

Knows what was listed in /tmp. It must not know how it is removed. A few leftovers do no harm and are not told.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.findings import Finding, Fix
from wizard.operations.leftovers import TEMPORARY, TOLERANCE, dead, temporaries
from wizard.words import DAEMONS

from .observed import ClusterCheck, Kind, Observed

TOLD_MIB = 64
"""MiB of leftovers from which they are told: two or three daemons that were killed leave as much."""

MUCH_MIB = 1024
"""MiB from which they are a warning, whatever room is left."""

_SETTLED = 30.0
"""Seconds after its start within which a daemon may not have made its directories yet."""


def leftovers(seen: Observed) -> Iterator[Finding]:
    for host, facts in seen.hosts():
        found = sorted(dead(facts), key=lambda one: -one.kib)
        mib = sum(one.kib for one in found) // 1024
        if mib < TOLD_MIB:
            continue
        place = facts.paths.get(TEMPORARY)
        free = place.free_mib if place is not None else None
        yield Finding(
            "leftover-temp-dirs",
            "warning" if mib >= MUCH_MIB or (free is not None and free < mib) else "info",
            (host.name,),
            f"Daemons that were killed left {mib} MiB in {TEMPORARY}",
            f"{len(found)} entries, {mib} MiB",
            "what the running daemons use, and no more",
            "A daemon that ends by itself takes its files along, one that is killed does not: the disk fills slowly.",
            tuple(f"{host.name}: {TEMPORARY}/{one.name}: {one.kib} KiB, not in use" for one in found[:6]),
            Fix("asks", "Remove what belongs to this user and no running daemon", (), "remove-leftovers"),
        )


def cleaned(seen: Observed) -> Iterator[Finding]:
    """A daemon that runs, and whose directories in /tmp are gone: something tidied up.

    Only what belongs to the login user is listed, so daemons of other users are not judged.
    """
    for host, facts in seen.hosts():
        listed = temporaries(facts)
        if listed is None or facts.now is None or _elsewhere(seen, host.name):
            continue
        for kind, prefix in _DIRECTORIES.items():
            running = [one for one in seen.running(host.name, kind) if one.user == facts.user]
            if not running or _not_made(seen, host.name, kind):
                continue
            first = min(one.started for one in running)
            if facts.now - max(one.started for one in running) < _SETTLED:
                continue
            made = [one for one in listed if one.name.startswith(prefix) and one.mtime + TOLERANCE >= first]
            if made:
                continue
            name = DAEMONS[kind]
            yield Finding(
                "tmp-cleaned-while-running",
                "warning",
                (host.name,),
                f"The directories of the {name} in {TEMPORARY} are gone",
                f"no {TEMPORARY}/{prefix}* of process {running[0].pid}",
                "the directories that it made when it started",
                "Something tidies up there: uploaded jars are lost."
                if kind == "jobmanager"
                else "Something tidies up there: a job fails when it has to write to disk.",
                (f"{host.name}: {TEMPORARY}: no {prefix}* since process {running[0].pid} was started",),
                Fix(
                    "asks",
                    f"Start the {name} anew; io.tmp.dirs in the answers keeps it out of {TEMPORARY}",
                    (),
                    f"end-{kind}s",
                ),
            )


_DIRECTORIES: dict[Kind, str] = {"jobmanager": "flink-web-", "taskmanager": "flink-io-"}

_PLACES = ("io.tmp.dirs", "taskmanager.tmp.dirs", "web.tmpdir", "web.upload.dir", "process.working-dir")


def _elsewhere(seen: Observed, host: str) -> bool:
    """Whether the configuration puts such directories anywhere but in /tmp."""
    config = seen.config(host)
    if config is None:
        return True
    named = any(config.values.get(key, TEMPORARY).strip() != TEMPORARY for key in _PLACES)
    return named or any("java.io.tmpdir" in value for value in config.values.values())


def _not_made(seen: Observed, host: str, kind: Kind) -> bool:
    """A JobManager that takes no uploads makes no directory for them."""
    return kind == "jobmanager" and (seen.value(host, "web.submit.enable") or "true").strip() == "false"


TEMPORARIES = (
    ClusterCheck(
        "leftovers", {"leftover-temp-dirs": "killed daemons left much in the temporary directory"}, leftovers
    ),
    ClusterCheck(
        "temporary directories",
        {"tmp-cleaned-while-running": "the temporary directories of a running daemon are gone"},
        cleaned,
    ),
)
