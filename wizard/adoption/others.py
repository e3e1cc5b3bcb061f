"""Which machines a cluster's lists mean, and by which ways this machine may reach them.

Pure over what the master knows of names and what its ssh is told. It must not know how anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from validators.values import is_loopback, is_own_name

from ..answers.answers import HostEntry
from ..answers.judging import same_name
from ..facts import ClusterFacts, HostFacts, LoginFailure
from ..flink.line import Line
from ..needs import Rest
from ..operations.restanswers import taskmanagers
from ..text import one_line
from .gathered import Node
from .hostlists import HostList, Listed
from .sshway import SshWay


def name_of(entry: HostEntry) -> str:
    """The name by which this host is read."""
    return entry.addresses()[0].host


def is_here(node: Node) -> bool:
    return is_own_name(name_of(node.entry))


def unreached(failure: LoginFailure) -> str:
    return one_line(f"{failure.cause} {failure.action}".strip(), 400)


def own_names(master: Node) -> tuple[str, ...]:
    names = (master.facts.hostname or "", master.address, name_of(master.entry))
    return tuple(name for name in names if name and not is_own_name(name))


def address_of(master: Node, facts: HostFacts) -> str:
    """What the cluster calls its master. Where only loopback is configured, what the machine itself is called."""
    name = name_of(master.entry)
    if master.address and not is_own_name(master.address):
        return master.address
    own = set(facts.addresses or ())
    resolved = facts.names.get(name, ())
    if is_own_name(name) or name in own or any(one in own for one in resolved):
        return name
    hostname = facts.hostname or ""
    if any(not is_loopback(one) for one in facts.names.get(hostname, ())):
        return hostname
    return next((one for one in facts.addresses or () if not is_loopback(one) and ":" not in one), name)


def web_port(master: Node, line: Line) -> int:
    value = master.conf.values.get(line.keys.web_port, "8081")
    return int(value) if value.isascii() and value.isdigit() else 8081


def rest_host(master: Node, line: Line) -> str:
    """The address at which the master itself reaches its web interface."""
    bind = master.conf.values.get(line.keys.rest_bind_address or "", "")
    for value in (bind, master.address):
        if value and value not in {"0.0.0.0", "::"}:
            return value
    return "localhost"


def registered(facts: HostFacts, rest: Rest, line: Line) -> HostList:
    """The hosts of the TaskManagers that the JobManager tells of."""
    counts: dict[str, int] = {}
    cluster = ClusterFacts({facts.name: facts})
    for one in taskmanagers(cluster, facts.name, rest, line):
        counts[one.host] = counts.get(one.host, 0) + 1
    return HostList("", tuple(Listed(host, None, None, count) for host, count in counts.items() if host))


def sorted_out(
    master: Node, listed: Iterable[Listed], facts: HostFacts
) -> tuple[Listed | None, tuple[Listed, ...]]:
    """The entry that means the master itself, and those of other machines, each machine once."""
    own = set(facts.addresses or ())
    here: Listed | None = None
    others: list[Listed] = []
    for one in listed:
        resolved = set(facts.names.get(one.host, ()))
        is_master = (
            is_own_name(one.host)
            or same_name(one.host) in {same_name(name_of(master.entry)), same_name(master.address)}
            or bool(resolved and (resolved & own or all(map(is_loopback, resolved))))
        )
        if is_master:
            here = one if here is None else replace(here, count=here.count + one.count)
            continue
        same = next(
            (place for place, other in enumerate(others) if resolved & set(facts.names.get(other.host, ()))),
            None,
        )
        if same is None:
            others.append(one)
        else:
            others[same] = replace(others[same], count=others[same].count + one.count)
    return here, tuple(others)


def in_order(workers: tuple[Node, ...], listed: tuple[Listed, ...], master: Node) -> tuple[Node, ...]:
    """The workers as they are listed, the master where it stands there."""
    places = {one.host: number for number, one in enumerate(listed)}
    known = {node.address for node in workers if node.name != master.name}
    first = min((place for host, place in places.items() if host not in known), default=0)
    return tuple(
        sorted(workers, key=lambda node: first if node.name == master.name else places.get(node.address, 0))
    )


def addresses_of(host: str, way: SshWay, facts: HostFacts) -> tuple[str, ...]:
    """Where the master finds this host, IPv4 first."""
    named = (way.address,) if way.address and way.address != host else ()
    resolved = [one for one in facts.names.get(host, ()) if not is_loopback(one)]
    return tuple(dict.fromkeys((*named, *sorted(resolved, key=lambda one: ":" in one))))


def plain_way(one: Listed, way: SshWay, master: Node) -> HostEntry:
    """How the master itself logs in there, with this machine's login where nothing else is said."""
    return HostEntry(one.host, one.user or way.user or master.entry.user, one.port or way.port)


def entries_of(one: Listed, way: SshWay, master: Node, addresses: tuple[str, ...]) -> Iterable[HostEntry]:
    """The ways to try from here, the likeliest first: the name, then the address; the port that the master uses, else
    the one that led to the master, else ssh's own."""
    plain = plain_way(one, way, master)
    ports = (plain.port,) if plain.port else tuple(dict.fromkeys((master.entry.port, None)))
    for host in dict.fromkeys((one.host, *addresses[:2])):
        for port in ports:
            yield replace(plain, host=host, port=port)


def not_it(host: str, facts: HostFacts, addresses: tuple[str, ...]) -> str:
    """Why this is not the host that the master means, "" when it is."""
    if facts.failure is not None:
        return unreached(facts.failure)
    own = set(facts.addresses or ())
    if addresses and own and not own & set(addresses):
        return (
            f"{host} leads to another machine from here ({', '.join(sorted(own)[:3])}) than from the master "
            f"({', '.join(addresses[:3])})."
        )
    return ""
