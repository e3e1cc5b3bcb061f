"""Installing the programs that Flink's scripts need, by the package program of the host's family.

Knows families and package names (from `assets/packages.yaml`). It must not know Java versions, nor how sudo
is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import yaml

from ..assets import asset_text
from ..commands import Command, Run
from ..facts import ClusterFacts, HostFacts
from ..needs import Account, Machine, Need
from .operation import CannotOperate, Operation

INSTALL_SECONDS = 1800.0
REFRESH_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Family:
    """How one package family installs, and what it calls things."""

    name: str
    sudo: bool
    refresh: tuple[str, ...]
    install: tuple[str, ...]
    tools: Mapping[str, str]
    java: str
    java_names: Mapping[int, str]

    def java_package(self, major: int) -> str:
        return self.java_names.get(major, self.java.format(major=major))

    def by_hand(self, packages: Sequence[str]) -> str:
        """The line an operator would type."""
        words = (*(word for word in self.install if "=" not in word and word != "env"), *packages)
        if words[0] == "sh":
            words = ("dnf", "-y", "install", *packages)
        plain = [word for word in words if word not in ("-o", "-q")]
        return " ".join((("sudo",) if self.sudo else ()) + tuple(plain))


@cache
def families() -> Mapping[str, Family]:
    asset = cast("dict[str, dict[str, Any]]", yaml.safe_load(asset_text("packages.yaml"))["families"])
    return {
        name: Family(
            name,
            entry["sudo"],
            tuple(entry["refresh"]),
            tuple(entry["install"]),
            entry["tools"],
            entry["java"]["name"],
            entry["java"]["names"],
        )
        for name, entry in asset.items()
    }


def family_of(host: HostFacts) -> Family | None:
    return families().get(host.os.family) if host.os else None


def installer(host: HostFacts, wanted: str) -> Family:
    """The family that can install something on this host now.

    Raises:
        CannotOperate: the family is unknown, or the login may not become root.
    """
    family = family_of(host)
    if family is None:
        raise CannotOperate(
            f"No way to install {wanted} on {host.name} is known.",
            f"system: {host.os.pretty or host.os.kernel}" if host.os else "its system was not read",
            f"Install {wanted} on {host.name} by hand, then run again.",
        )
    if family.sudo and host.sudo in (None, "none"):
        raise CannotOperate(
            f"{wanted} cannot be installed on {host.name}: {host.user or 'the login user'} may not use sudo.",
            "sudo is missing, or refuses this user",
            f"Run on {host.name} as root: {family.by_hand([wanted]).removeprefix('sudo ')}",
        )
    return family


@dataclass(frozen=True)
class InstallTools(Operation):
    """Programs that must be on the PATH: bash, tar and gzip on every node, ssh on the master."""

    tools: tuple[str, ...] = ("bash", "tar", "gzip")

    @property
    def id(self) -> str:
        return "install-tools"

    @property
    def title(self) -> str:
        return f"Install {', '.join(self.tools)} where missing"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Machine(), Account())}

    def missing(self, facts: ClusterFacts) -> tuple[str, ...]:
        return tuple(tool for tool in self.tools if tool not in (facts[self.host].tools or ()))

    def satisfied(self, facts: ClusterFacts) -> bool:
        return not self.missing(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        missing = self.missing(facts)
        family = installer(facts[self.host], " ".join(missing))
        packages = tuple(dict.fromkeys(family.tools[tool] for tool in missing))
        return (
            *refresh(family),
            Run((*family.install, *packages), sudo=family.sudo, timeout=INSTALL_SECONDS),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return facts.changed(self.host, tools=frozenset({*(facts[self.host].tools or ()), *self.tools}))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        missing = " ".join(self.missing(facts))
        return (
            f"still not on the PATH of a non-interactive shell: {missing}",
            f"Log in on {self.host} and see what `command -v {missing}` says.",
        )


def refresh(family: Family) -> tuple[Run, ...]:
    """Reading the package lists anew; a mirror that fails here may still install from what is known."""
    if not family.refresh:
        return ()
    return (
        Run(
            family.refresh,
            "read the package lists anew; may fail",
            sudo=family.sudo,
            timeout=REFRESH_SECONDS,
            ok=tuple(range(256)),
        ),
    )
