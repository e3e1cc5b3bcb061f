"""Hosts that could not be read at all: whatever else is wrong there stays unknown.

Knows the kinds of failed logins. It must not know how a login is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, manual, nothing
from wizard.facts import ClusterFacts
from wizard.findings import Finding
from wizard.spec import ClusterSpec

_IDS = {
    "auth": ("login-refused", "refuses the login"),
    "key-unreadable": ("login-key-unreadable", "cannot be logged in on: the key is not readable"),
    "key-locked": ("login-key-unreadable", "cannot be logged in on: the key wants its passphrase"),
    "host-key-changed": ("host-key-changed", "shows another host key than before"),
    "host-key-unknown": ("host-key-unknown", "shows a host key that nobody has confirmed"),
    "unresolved": ("host-unresolved", "has a name that this machine cannot resolve"),
}


def unreachable(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Every host whose reading failed. The ids follow the kind of failure, so that each can be waived
    alone.
    """
    for host in spec.hosts:
        failure = facts[host.name].failure
        if failure is None:
            continue
        check, words = _IDS.get(failure.kind, ("host-unreachable", "cannot be reached"))
        yield Finding(
            check,
            "error",
            (host.name,),
            f"{host.name} {words}",
            failure.cause,
            f"a login on {host.name} as {host.user or spec.user}",
            "Nothing can be installed or checked on it.",
            tuple(failure.evidence.splitlines()),
            manual(
                failure.action or f"Try by hand: ssh {host.user or spec.user}@{host.ssh_name or host.name}"
            ),
        )


REACH = (Check("host-unreachable", nothing, unreachable),)
