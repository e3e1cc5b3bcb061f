"""Every check before an install: facts in, findings out. The cases are data, in `checks/*.yaml`.

A case starts from a healthy cluster of a master m and workers w1 and w2, and says only what differs there.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from validators.catalogue import INSTALL_CHECKS, check_install, install_needs
from validators.check import Check, nothing
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding, blocking
from wizard.spec import ClusterSpec, FlinkSpec, HostSpec, JavaSpec, SshSpec

CASES = Path(__file__).parent / "checks"
HEALTHY = yaml.safe_load((CASES / "healthy.yml").read_text())


def made(kind: Any, value: Any) -> Any:
    """A value of a type from plain YAML: dataclasses from mappings, tuples and sets from lists."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        kinds = [one for one in inner if one is not types.NoneType]
        return made(kinds[0], value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{name: made(hints[name], part) for name, part in value.items()})
    if origin is tuple:
        return tuple(made(inner[0], part) for part in value)
    if origin is frozenset:
        return frozenset(value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: made(inner[1], part) for key, part in value.items()}
    return value


def over(old: Any, new: Any) -> Any:
    """Mappings are joined key by key, everything else is replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: over(old.get(key), part) for key, part in new.items()}}
    return new


def own(plain: Any, name: str, number: str) -> Any:
    """The healthy host with its own name and number in every text."""
    if isinstance(plain, str):
        return plain.replace("@NAME@", name).replace("@NUMBER@", number)
    if isinstance(plain, list):
        return [own(part, name, number) for part in plain]
    return {key: own(part, name, number) for key, part in plain.items()} if isinstance(plain, dict) else plain


def cluster_of(case: dict[str, Any]) -> tuple[ClusterSpec, ClusterFacts]:
    said = over(
        {"version": "2.3.0", "home": "/home/flink/flink", "workers": ["w1", "w2"]}, case.get("spec", {})
    )
    settings = said.get("hosts", {})
    hosts = {
        name: HostSpec(**{"name": name, "address": name, **settings.get(name, {})})
        for name in ("m", *said["workers"])
    }
    spec = ClusterSpec(
        "demo",
        "flink",
        hosts["m"],
        tuple(hosts[name] for name in said["workers"]),
        FlinkSpec(
            said["version"], said["home"], "auto", said.get("distribute", "copy"), said.get("config", {})
        ),
        SshSpec(**said.get("ssh", {})),
        made(JavaSpec, said.get("java", {})),
    )
    found: dict[str, HostFacts] = {}
    for number, name in enumerate(hosts, start=1):
        plain = over(own(HEALTHY, name, str(number)), case.get("facts", {}).get("all", {}))
        found[name] = made(HostFacts, {"name": name, **over(plain, case.get("facts", {}).get(name, {}))})
    return spec, ClusterFacts(found)


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


def told(finding: Finding) -> str:
    grade = (
        f" [{finding.fix.grade}{' ' + finding.fix.operation if finding.fix.operation else ''}]"
        if finding.fix
        else ""
    )
    return f"{finding.severity} {finding.id} {','.join(finding.hosts)}{grade}"


@pytest.mark.parametrize("case", cases())
def test_findings_are_those_of_the_case(case: dict[str, Any]) -> None:
    spec, facts = cluster_of(case)
    findings = check_install(spec, facts, case.get("waived", ()))
    assert sorted(told(finding) for finding in findings) == sorted(case["findings"])
    for words in case.get("says", ()):
        assert words in "\n".join(str(finding) for finding in findings)


@pytest.mark.parametrize("case", cases())
def test_every_finding_tells_what_was_seen_and_what_is_wanted(case: dict[str, Any]) -> None:
    spec, facts = cluster_of(case)
    for finding in check_install(spec, facts):
        assert finding.title and finding.observed and finding.wanted and finding.hosts
        assert finding.severity == "info" or finding.why
        assert finding.severity != "error" or finding.fix
        assert "\0" not in str(finding)


def test_nothing_is_said_of_hosts_that_were_not_read() -> None:
    spec, _ = cluster_of({})
    assert check_install(spec, ClusterFacts()) == ()
    assert check_install(spec, ClusterFacts({name: HostFacts(name) for name in spec.names})) == ()


def test_the_needs_of_all_checks_name_only_nodes_of_the_cluster() -> None:
    spec, _ = cluster_of({"spec": {"version": "1.9.3", "java": {"set_in": ["ssh-environment"]}}})
    assert set(install_needs(spec)) == set(spec.names)


def test_a_waived_error_only_warns() -> None:
    spec, facts = cluster_of({"facts": {"w1": {"login_shell_sane": False}}})
    assert blocking(check_install(spec, facts))
    assert not blocking(check_install(spec, facts, ["login-profile-hijacks"]))


def test_a_crashing_check_is_a_finding_and_silences_no_other() -> None:
    def crash(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
        raise ZeroDivisionError(f"no {spec.cluster}")
        yield facts  # type: ignore[misc]

    spec, facts = cluster_of({"facts": {"w1": {"login_shell_sane": False}}})
    findings = check_install(spec, facts, (), (Check("shaky", nothing, crash), *INSTALL_CHECKS))
    assert [finding.id for finding in findings] == ["login-profile-hijacks", "check-crashed"]
    assert "ZeroDivisionError: no demo" in findings[1].observed


def test_ids_of_checks_are_unique_and_kebab_case() -> None:
    ids = [check.id for check in INSTALL_CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(part.isalnum() and part == part.lower() for check in ids for part in check.split("-"))
