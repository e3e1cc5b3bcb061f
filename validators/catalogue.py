"""All checks before an install: reading the tuple tells what is looked at, in the order of diagnosis.

Runs every check over what was observed and joins what they say. It must not know how facts were read.
"""

from __future__ import annotations

from collections.abc import Iterable

from validators.check import Check, looked, ranked
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
from wizard.findings import Finding
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
    name = spec.names[0]
    findings = [
        one for check in checks for one in looked(check.id, lambda check=check: check.look(spec, facts), name)
    ]
    return ranked(findings, spec, waived)
