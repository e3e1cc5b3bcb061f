"""The product's own engine over lab hosts, opened from this process as the command line opens it.

Knows how a session is put together; everything in it is real. It must not know what is measured.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.keys import OperatorKey
from wizard import events
from wizard.answers import build_spec, parse_answers
from wizard.answers.passwords import Passwords
from wizard.audit import AuditLog
from wizard.local import is_here
from wizard.obtain import Obtainer
from wizard.real import Credentials, RealParts, real_parts
from wizard.secrets import Masker
from wizard.session import Run, Session, Source
from wizard.sources import cache_name, choices_of
from wizard.spec import ClusterSpec

WHEN = "2000-01-01T00:00:00+00:00"


def spec_of(addresses: Sequence[str], key: OperatorKey, archive: Path, version: str) -> ClusterSpec:
    """A cluster of these addresses, the first of them the master; one alone is a worker too."""
    import yaml

    answers: dict[str, Any] = {
        "version": 1,
        "cluster": "benchmark",
        "user": "flink",
        "ssh": {"key": str(key.private), "host_keys": "accept-new"},
        "master": addresses[0],
        "workers": list(addresses[1:]) or [addresses[0]],
        "flink": {"version": version, "source": str(archive)},
    }
    return build_spec(parse_answers(yaml.safe_dump(answers), "benchmark"), is_here=is_here)


def parts_of(spec: ClusterSpec, known_hosts: Path, stop: threading.Event) -> RealParts:
    """Fresh parts: no connection is open yet."""
    masker = Masker(())
    audit = AuditLog(known_hosts.with_name("audit.log"), masker)
    credentials = Credentials(Passwords())
    return real_parts(spec, credentials, known_hosts, audit, Obtainer(), "benchmark", WHEN, stop)


def session_of(
    spec: ClusterSpec, parts: RealParts, cache: Path, run_id: str, stop: threading.Event
) -> Session:
    """A session over these parts; its events go nowhere."""
    source = Source(choices_of(spec.flink), str(cache / cache_name(spec.flink)))
    return Session(spec, parts, source, Run(run_id, WHEN, f"benchmark {run_id}"), _nowhere, stop)


def _nowhere(event: events.Event) -> None:
    del event
