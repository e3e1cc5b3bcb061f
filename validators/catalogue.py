"""All checks before an install: reading the tuple tells what is looked at, in the order of diagnosis.

Runs every check over what was observed and joins what they say. It must not know how facts were read.
"""

from __future__ import annotations

from collections.abc import Iterable

from validators.check import Check, joined
from validators.install.account import ACCOUNT
from validators.install.config import CONFIG
from validators.install.hdfs import HDFS
from validators.install.home import HOME
from validators.install.java import JAVA
from validators.install.names import NAMES
from validators.install.ports import PORTS
from validators.install.reach import REACH
from validators.install.resources import RESOURCES
from validators.install.standby import STANDBY
from validators.install.system import SYSTEM
from wizard.facts import ClusterFacts
from wizard.findings import Finding, waive
from wizard.keysfirst import KEYS
from wizard.needs import Need
from wizard.plan import merged_needs
from wizard.spec import ClusterSpec

INSTALL_CHECKS: tuple[Check, ...] = (
    *REACH,
    *SYSTEM,
    *ACCOUNT,
    *JAVA,
    *HOME,
    *RESOURCES,
    *NAMES,
    *PORTS,
    *STANDBY,
    *CONFIG,
    *HDFS,
)


def install_needs(spec: ClusterSpec, checks: Iterable[Check] = INSTALL_CHECKS) -> dict[str, tuple[Need, ...]]:
    """Everything that the checks must read, per host."""
    return merged_needs(check.needs(spec) for check in checks)


def check_install(
    spec: ClusterSpec,
    facts: ClusterFacts,
    waived: Iterable[str] = (),
    checks: Iterable[Check] = INSTALL_CHECKS,
) -> tuple[Finding, ...]:
    """What stands in the way of this install: errors first, then in the order of the checks."""
    findings: list[Finding] = []
    for check in checks:
        KEYS.give_way()  # over hundreds of hosts the checks take a while
        findings.extend(_looked(check, spec, facts))
    order = {"error": 0, "warning": 1, "info": 2}
    said = waive(joined(findings, spec.names), waived)
    return tuple(sorted(said, key=lambda finding: order[finding.severity]))


def _looked(check: Check, spec: ClusterSpec, facts: ClusterFacts) -> tuple[Finding, ...]:
    try:
        return tuple(check.look(spec, facts))
    # A fault in one check must not silence the others, whatever it is: here alone everything is caught.
    except Exception as fault:  # noqa: BLE001
        return (
            Finding(
                "check-crashed",
                "warning",
                spec.names[:1],
                f"The check {check.id} could not be made",
                f"{type(fault).__name__}: {fault}",
                "a verdict",
                "This is a fault of the wizard: what this check looks at is not known to be right.",
            ),
        )
