"""The machine under Flink: system, programs, login shell, limits, clock, pdsh.

Knows what Flink's scripts need of a host. It must not know Java or memory, which have checks of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, everywhere, fix_by, manual, reached, uses_ssh
from wizard.facts import ClusterFacts
from wizard.findings import Finding
from wizard.flink.catalogue import line_of
from wizard.needs import Account, Javas, Machine
from wizard.operations.packages import InstallTools
from wizard.operations.profile import UseSshInPdsh
from wizard.spec import ClusterSpec

CLOCK_SECONDS = 2.0
"""Skew from which times in logs of two hosts can no longer be put in order by eye."""

OPEN_FILES = 4096
"""Below it Flink's network stack and its state backends have run out of files (seen with 1024)."""


def system(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.os is None:
            continue
        if seen.os.kernel == "Linux" and seen.os.family:
            continue
        known = bool(seen.os.family)
        yield Finding(
            "system-untried" if known else "system-unknown",
            "info" if known else "warning",
            (host.name,),
            "A system on which this wizard was not tried"
            if known
            else "A system that the wizard does not know",
            seen.os.pretty or seen.os.kernel,
            "Linux of the Debian, Red Hat, SUSE, Alpine or Arch family",
            "" if known else "Missing programs cannot be installed there, everything else may well work.",
        )


def tools(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.tools is None:
            continue
        wanted = ("bash", "tar", "gzip")
        if host.name == spec.master.name and uses_ssh(spec):
            wanted = (*wanted, "ssh", "ssh-keygen")
        operation = InstallTools(host.name, wanted)
        missing = " ".join(operation.missing(facts))
        if missing:
            yield Finding(
                "tools-missing",
                "error",
                (host.name,),
                f"Programs are missing: {missing}",
                f"not on the PATH: {missing}",
                ", ".join(wanted),
                "Flink's scripts are bash scripts, and the master starts its workers by ssh.",
                fix=fix_by(operation, facts),
            )


def login_shell(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.login_shell_sane is False and "bash" in (seen.tools or ("bash",)):
            yield Finding(
                "login-profile-hijacks",
                "error",
                (host.name,),
                "The shell profile ends or takes over before a command runs",
                "`bash -l -c 'echo ok'` does not come to the echo",
                "a profile that does nothing but set variables when there is no terminal",
                "Flink starts its workers with a login shell: none would start, and nothing would say why.",
                fix=manual(
                    "Put what is for people behind a guard in ~/.bash_profile or ~/.profile",
                    "case $- in *i*) … ;; esac",
                ),
            )


def open_files(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.nofile is not None and seen.nofile < OPEN_FILES:
            yield Finding(
                "open-files-low",
                "warning",
                (host.name,),
                f"Few open files are allowed: {seen.nofile}",
                f"ulimit -n: {seen.nofile}",
                f"at least {OPEN_FILES}",
                "A job with many connections or much state ends with “Too many open files”.",
                fix=manual(
                    "As root, raise the limit for logins by ssh, then log in anew",
                    f"echo '{seen.user or spec.user} - nofile 65536' >> /etc/security/limits.d/flink.conf",
                ),
            )


def clocks(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    offsets = {
        host.name: seen.clock_offset for host, seen in reached(spec, facts) if seen.clock_offset is not None
    }
    if len(offsets) < 2:
        return
    middle = sorted(offsets.values())[len(offsets) // 2]
    for name, offset in offsets.items():
        skew = offset - middle
        if abs(skew) > CLOCK_SECONDS:
            way = "ahead of" if skew > 0 else "behind"
            yield Finding(
                "clock-skew",
                "warning",
                (name,),
                f"The clock of {name} is {abs(skew):.0f} s {way} the others",
                f"{skew:+.1f} s",
                f"at most {CLOCK_SECONDS:.0f} s between hosts",
                "Logs of several hosts cannot be put in order; processing time and Kerberos go wrong.",
                fix=manual("As root, have the clock kept by chrony or ntp", "timedatectl set-ntp true"),
            )


def pdsh(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    seen = facts[spec.master.name]
    if seen.pdsh_transport != "rsh" or not uses_ssh(spec) or not line_of(spec.flink.version).pdsh:
        return
    operation = UseSshInPdsh(spec.master.name)
    if operation.satisfied(facts):
        return
    yield Finding(
        "pdsh-uses-rsh",
        "warning",
        (spec.master.name,),
        "pdsh is installed and would use rsh",
        "pdsh's transport in a login shell: rsh",
        "PDSH_RCMD_TYPE=ssh",
        "Flink's start script takes pdsh when it is there: with rsh it starts no worker and still exits 0.",
        fix=fix_by(operation, facts),
    )


SYSTEM = (
    Check("system-unknown", everywhere(Machine()), system),
    Check("tools-missing", everywhere(Machine(), Account()), tools),
    Check("login-profile-hijacks", everywhere(Machine(), Javas()), login_shell),
    Check("open-files-low", everywhere(Machine()), open_files),
    Check("clock-skew", everywhere(Machine()), clocks),
    Check("pdsh-uses-rsh", lambda spec: UseSshInPdsh(spec.master.name).needs(), pdsh),
)
