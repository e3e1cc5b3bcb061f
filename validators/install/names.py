"""Names: every node finds every other under the name that Flink will use, and no two names are one machine.

Knows what each host answered for each name. It must not resolve anything itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache, lru_cache

from validators.check import Check, Needs, everywhere, manual, nothing, reached
from validators.values import is_loopback
from wizard.facts import ClusterFacts, HostFacts
from wizard.findings import Finding
from wizard.flink.catalogue import line_of
from wizard.needs import Account, Machine, Names
from wizard.operations.hostsfile import serves_others
from wizard.spec import ClusterSpec, HostSpec


@cache
def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return True


def _alone(spec: ClusterSpec) -> bool:
    return len(spec.hosts) == 1


def _needs(spec: ClusterSpec) -> Needs:
    names = tuple(dict.fromkeys(host.address for host in spec.hosts if not _address(host.address)))
    return dict.fromkeys(spec.names, (Names(names), Machine())) if names else {}


def _own(host: HostSpec, facts: ClusterFacts) -> str:
    """An address of the host for a line of /etc/hosts, or a placeholder that a person fills in."""
    for text in facts[host.name].addresses or ():
        if serves_others(text):
            return text
    return f"ADDRESS-OF-{host.name}"


def resolvable(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for named in spec.hosts:
        name = named.address
        if _address(name):
            continue
        line = f"echo '{_own(named, facts)} {name}' | sudo tee -a /etc/hosts"
        for host, seen in reached(spec, facts):
            answer = seen.names.get(name)
            if answer is None:
                continue
            if not answer:
                yield Finding(
                    "name-not-resolvable",
                    "error",
                    (host.name,),
                    f"{name} cannot be resolved",
                    f"no address for {name}",
                    f"the address of {named.name}",
                    "Every node must find the JobManager and every other TaskManager by name.",
                    fix=manual("Enter it in DNS or in /etc/hosts, or name an address in the answers", line),
                )
            elif all(is_loopback(text) for text in answer) and host.name != named.name:
                yield Finding(
                    "name-is-loopback",
                    "error",
                    (host.name,),
                    f"{host.name} takes {name} for itself",
                    f"{name} → {', '.join(answer)}",
                    f"the address of {named.name}",
                    "The daemons there would talk to themselves and never find the others.",
                    (f"{host.name}: {name} → {', '.join(answer)}",),
                    manual("Correct /etc/hosts", f"getent ahosts {name}", line),
                )


def own_name(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Debian's 127.0.1.1: lines without a bind key listen on what the master's name means on the master
    itself.
    """
    if _alone(spec) or line_of(spec.flink.version).keys.jm_bind_host is not None:
        return
    name = spec.master.address
    answer = facts[spec.master.name].names.get(name)
    if answer and all(is_loopback(text) for text in answer):
        yield Finding(
            "own-name-is-loopback",
            "error",
            (spec.master.name,),
            f"{name} is a loopback address on the master itself",
            f"{name} → {', '.join(answer)}",
            f"an address that the workers reach, such as {_own(spec.master, facts)}",
            f"The JobManager of Flink {spec.flink.version} listens on this address alone: no worker "
            f"would reach it.",
            fix=manual(
                "Take the name out of the line of 127.0.1.1 in /etc/hosts, and enter the real address",
                f"sudo sed -i.bak '/^127\\.0\\.1\\.1/d' /etc/hosts; echo '{_own(spec.master, facts)} "
                f"{name}' | sudo tee -a /etc/hosts",
            ),
        )


def agreement(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    heard = [(host.name, seen.names) for host, seen in reached(spec, facts)]
    for named in spec.hosts:
        answers = {name: _far(names.get(named.address, ())) for name, names in heard if name != named.name}
        given = {name: answer for name, answer in answers.items() if answer}
        first = next(iter(given.values()), frozenset[str]())
        others = tuple(name for name, answer in given.items() if not answer & first)
        if others:
            yield Finding(
                "name-differs",
                "warning",
                others,
                f"{named.address} is not the same address everywhere",
                "; ".join(sorted({", ".join(sorted(answer)) for answer in given.values()})),
                "one address",
                "An old entry in one host's /etc/hosts sends that host elsewhere.",
                tuple(
                    f"{name}: {named.address} → {', '.join(sorted(answer))}" for name, answer in given.items()
                ),
                manual("Compare on each host", f"getent ahosts {named.address}"),
            )


@lru_cache(maxsize=4096)
def _far(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text for text in addresses if not is_loopback(text))


def underscores(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    del facts
    for host in spec.hosts:
        if "_" in host.address:
            yield Finding(
                "name-has-underscore",
                "error",
                (host.name,),
                f"{host.address} has an underscore",
                host.address,
                "letters, digits, dots and hyphens",
                "Flink finds no host in such an address: the REST interface answers 503, "
                "TaskManagers never register.",
                fix=manual(
                    f"Write address: with another name or the IP address for {host.name} in the answers"
                ),
            )


def _addresses(seen: HostFacts) -> frozenset[str]:
    return frozenset(text for text in seen.addresses or () if not is_loopback(text))


def clashes(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Two names of one machine, and two machines of one name: each host beside the first of those before it that it
    clashes with. Host keys alone prove nothing: clones share them.
    """
    named: dict[str, list[tuple[HostSpec, HostFacts, frozenset[str]]]] = {}
    for host, seen in reached(spec, facts):
        if not seen.hostname or seen.imagined:
            continue
        own = _addresses(seen)
        earlier = named.setdefault(seen.hostname, [])
        earlier.append((host, seen, own))
        for other, before, addresses in earlier[:-1]:
            pair = (other.name, host.name)
            same = own == addresses and bool(own)
            keys = {key.blob for key in seen.ssh.host_keys} if seen.ssh else set[str]()
            before_keys = {key.blob for key in before.ssh.host_keys} if before.ssh else set[str]()
            if same and keys & before_keys:
                yield Finding(
                    "same-machine",
                    "error",
                    pair,
                    f"{other.name} and {host.name} are one machine",
                    f"both are {seen.hostname} with {', '.join(sorted(own))}",
                    "two machines",
                    "It would be installed and started twice.",
                    fix=manual(
                        f"Take {host.name} out of the answers; taskmanagers: 2 starts two on one host"
                    ),
                )
                break
            if not own & addresses:
                yield Finding(
                    "hostname-clash",
                    "warning",
                    pair,
                    f"Two machines call themselves {seen.hostname}",
                    f"hostname: {seen.hostname}",
                    "a name of its own for each",
                    "Log files and TaskManagers of both are hard to tell apart; on a shared home they mix.",
                    fix=manual("As root", f"hostnamectl set-hostname {host.name}"),
                )
                break


NAMES = (
    Check("name-not-resolvable", _needs, resolvable),
    Check("own-name-is-loopback", _needs, own_name),
    Check("name-differs", _needs, agreement),
    Check("name-has-underscore", nothing, underscores),
    Check("same-machine", everywhere(Machine(), Account()), clashes),
)
