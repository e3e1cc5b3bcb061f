"""The secrets that hosts wait for: a password for the login, the passphrase of a key, a password for sudo.

Knows failures of a login and what sudo says. It must not know any secret, nor how one is asked for.
"""

from __future__ import annotations

from typing import Literal

from .facts import LoginFailure
from .view import View

Wanted = Literal["password", "passphrase", "sudo"]

MENDED_BY: tuple[str, ...] = ("auth", "key-locked")
"""Kinds of a failed login that a password, or the passphrase of a key, may mend."""


def hosts_wanting(view: View, wanted: Wanted) -> tuple[str, ...]:
    """The hosts that wait for this, in the order of the cluster."""
    names = view.spec.names if view.spec else ()
    if wanted == "sudo":
        asking = view.sudo_open & _changed_as_root(view) if view.sudo_open else frozenset[str]()
        return tuple(name for name in names if name in asking)
    failed = [(name, seen.failure) for name in names if (seen := view.facts_of(name)) and seen.failure]
    return tuple(name for name, failure in failed if _wants(failure, wanted))


def hosts_refusing(view: View) -> tuple[str, ...]:
    """The hosts that a password or a passphrase may open, in the order of the cluster."""
    waiting = {*hosts_wanting(view, "password"), *hosts_wanting(view, "passphrase")}
    return tuple(host for host in (view.spec.names if view.spec else ()) if host in waiting)


def sudo_refused(evidence: str) -> bool:
    """Whether a command failed because sudo wanted a password, or another one."""
    return "sudo:" in evidence and "password" in evidence


def _wants(failure: LoginFailure, wanted: Wanted) -> bool:
    if wanted == "password":
        return failure.kind == "auth"
    # A key that nobody named is passed over where it is locked; the refusal tells of it.
    locked = failure.kind == "auth" and "passphrase" in failure.evidence
    return failure.kind == "key-locked" or locked


def _changed_as_root(view: View) -> frozenset[str]:
    """Hosts on which the plan would mend something, or change sshd's settings, as root."""
    environment = view.spec is not None and "ssh-environment" in view.spec.java.set_in
    closed = frozenset(
        one.name
        for one in view.facts
        if environment and one.ssh is not None and one.ssh.permit_user_environment is not True
    )
    return closed | frozenset(
        host
        for finding in view.findings
        if finding.fix and finding.fix.operation
        if any(line.startswith("sudo ") for line in finding.fix.commands)
        for host in finding.hosts
    )
