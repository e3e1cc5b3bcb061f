"""The conversation in which a cluster that nobody described is read: first one host, then those that it names.

Knows what to ask in which order, and how the other hosts may be reached. Who reads is passed in, and so is who chooses;
nothing is ever written. What follows from what was read is `implied`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from validators.values import is_loopback, is_own_name

from ..answers import Answers
from ..answers.answers import HostEntry
from ..answers.judging import same_name
from ..facts import HostFacts, PathFacts
from ..flink.catalogue import is_released, line_of, nearest_version
from ..flink.line import Line
from ..needs import Account, Daemons, Home, Javas, Machine, Names, Need, Paths, Rest
from ..view import Adopted
from . import hadoop
from .candidates import USUAL, Candidate, candidates, chosen, read_homes, scala_in
from .confs import NodeConf, conf_of
from .gathered import Gathered, Node
from .hostlists import Listed, masters_of, odd_ports, workers_of
from .implied import implied
from .others import (
    address_of,
    addresses_of,
    entries_of,
    in_order,
    is_here,
    name_of,
    not_it,
    own_names,
    plain_way,
    registered,
    rest_host,
    sorted_out,
    unreached,
    web_port,
)
from .shares import is_ha
from .sshway import way_to

Read = Callable[[Answers, Mapping[str, Sequence[Need]]], Mapping[str, HostFacts]]
"""Reads hosts of the cluster that these answers describe, by name."""

Pick = Callable[[tuple[Candidate, ...]], Candidate | None]
"""Chooses one of several homes; None where nobody can."""

SSH_CONFIG = "~/.ssh/config"
MOST_HOMES = 12
"""Homes of one host that are looked into."""


class NotAdopted(Exception):
    """There is no cluster to be taken over: what was looked for, what was seen, and what to do next.

    `kind` is "unreachable", "none" or "several"; `choices` are the homes among which nothing decides.
    """

    def __init__(self, kind: str, sentence: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((sentence, *(f"  {choice}" for choice in choices))))
        self.kind = kind
        self.choices = choices


def nobody(found: tuple[Candidate, ...]) -> None:
    """Nobody is there to choose."""
    del found


def adopt(
    master: HostEntry,
    read: Read,
    home: str | None = None,
    pick: Pick = nobody,
    say: Callable[[str], None] = lambda line: None,
) -> Adopted:
    """The answers that the cluster of this host implies. `home` is a Flink home that was named.

    Raises:
        NotAdopted: the host cannot be reached, holds no Flink, or several and nobody chose.
    """
    return implied(_Conversation(read, pick, say).gather(master, home))


@dataclass(slots=True)
class _Conversation:
    read: Read
    pick: Pick
    say: Callable[[str], None]

    def gather(self, entry: HostEntry, asked: str | None) -> Gathered:
        facts, home, why = self._found(entry, asked)
        node, line, version, notes = self._master(entry, facts, home)
        elsewhere = self._elsewhere(node, line)
        if elsewhere is not None:
            followed = self._follow(node, elsewhere, home, line)
            if followed is None:
                notes.append(
                    f"{node.conf.file} on {node.name} names {elsewhere} as the master, which cannot be read "
                    f"from here; {node.name} was taken as the master."
                )
            else:
                notes.append(
                    f"{node.conf.file} on {node.name} names {elsewhere} as the master; that is looked at instead."
                )
                if any(one.kind == "jobmanager" for one in facts.daemons or ()):
                    notes.append(f"Yet a JobManager runs on {node.name}.")
                node, line, version, more = followed
                notes += more
        return self._whole(node, line, version, home, why, notes)

    def _found(self, entry: HostEntry, asked: str | None) -> tuple[HostFacts, Candidate, str]:
        """What this host shows, and the Flink home that is meant."""
        name = name_of(entry)
        self.say(f"Looking for Flink on {name}.")
        needs = (Machine(), Account(), Javas(), Daemons(), USUAL, Paths(texts=(SSH_CONFIG,)))
        facts = self._one(entry, needs)
        if facts.failure is not None:
            raise NotAdopted("unreachable", unreached(facts.failure))
        found = candidates(facts, asked)[:MOST_HOMES]
        wanted = tuple(Home(one.path, one.conf_dir or None) for one in found)
        facts = facts.merged(self._one(entry, wanted)) if wanted else facts
        found = read_homes(found, facts.homes)
        choice = chosen(found, asked)
        one, why = choice.home, choice.why
        if one is None and asked is not None:
            raise NotAdopted(
                "none",
                f"{name}: {asked} holds no Flink (no lib/flink-dist-*.jar). Name the home with --flink-home.",
                tuple(other.words for other in found),
            )
        if one is None and not found:
            raise NotAdopted(
                "none",
                f"{name}: no Flink was found: none runs, and none lies in the usual places. "
                "Name its home with --flink-home DIR.",
            )
        if one is None:
            one, why = self.pick(found), "chosen by you"
        if one is None:
            raise NotAdopted(
                "several",
                f"{name} holds several Flinks, and nothing tells which one is meant. "
                "Name one with --flink-home DIR:",
                tuple(other.words for other in found),
            )
        self.say(f"Flink {one.version} in {one.path}: {why}.")
        for other in found:
            if other.path != one.path:
                self.say(f"Passed over: {other.words}.")
        if one.runs == () and not one.conf_dir:
            own = (facts.login_environment or {}).get("FLINK_CONF_DIR", "").rstrip("/")
            usual = {f"{path}/conf" for path in (one.path, *one.names)}
            one = replace(one, conf_dir=own) if own.startswith("/") and own not in usual else one
        return facts, one, why

    def _master(
        self, entry: HostEntry, facts: HostFacts, home: Candidate
    ) -> tuple[Node, Line, str, list[str]]:
        """The node of the master with its configuration, and what this Flink is."""
        notes: list[str] = []
        version = home.version
        if not is_released(version):
            near = nearest_version(version)
            if near is None:
                raise NotAdopted(
                    "none", f"{home.path} holds Flink {version}, of which nothing is known here."
                )
            notes.append(f"Flink {version} is no release that is known here; it is treated as {near}.")
            version = near
        line = line_of(version)
        if home.path not in facts.homes or facts.homes[home.path].conf_dir != _conf_dir(home):
            facts = facts.merged(self._one(entry, (Home(home.path, home.conf_dir or None),)))
        seen = facts.homes.get(home.path)
        conf = conf_of(line, seen)
        address = conf.values.get(line.keys.rpc_address, "")
        return Node(entry, address, facts, conf, seen), line, version, notes

    def _elsewhere(self, node: Node, line: Line) -> str | None:
        """The host that the configuration names as the master, when that is another machine than this one."""
        address = node.conf.values.get(line.keys.rpc_address, "")
        if not address or is_own_name(address) or same_name(address) == same_name(name_of(node.entry)):
            return None
        if is_ha(node.conf.values):
            return None
        resolved = self._one(node.entry, (Names((address,)),)).names.get(address, ())
        own = set(node.facts.addresses or ())
        if not resolved or any(is_loopback(one) or one in own for one in resolved):
            return None
        return address

    def _follow(
        self, node: Node, address: str, home: Candidate, line: Line
    ) -> tuple[Node, Line, str, list[str]] | None:
        """The node that the configuration names, when it can be read and holds the same home."""
        config = _text(node.facts, SSH_CONFIG)
        way = way_to(address, node.conf.values.get(line.keys.ssh_opts, ""), config)
        for port in dict.fromkeys((way.port or node.entry.port, node.entry.port, None)):
            entry = replace(node.entry, host=address, port=port)
            needs = (
                Machine(),
                Account(),
                Javas(),
                Daemons(),
                USUAL,
                Paths(texts=(SSH_CONFIG,)),
                Home(home.path, home.conf_dir or None),
            )
            facts = self._one(entry, needs)
            seen = facts.homes.get(home.path)
            if facts.failure is None and seen is not None and seen.version is not None:
                return self._master(entry, facts, replace(home, version=seen.version))
        return None

    def _whole(
        self, master: Node, line: Line, version: str, home: Candidate, why: str, notes: list[str]
    ) -> Gathered:
        """The cluster of this master: what its lists name, resolved there, and reached from here."""
        conf: Mapping[str, PathFacts] = master.home.conf if master.home else {}
        listed, masters = workers_of(conf, line), masters_of(conf, line)
        notes += [*listed.notes, *odd_ports(listed)]
        ha = is_ha(master.conf.values)
        names = [one.host for one in listed.hosts]
        names += [one.host for one in masters.hosts] if ha else []
        paths = tuple(
            hadoop.core_site(directory)
            for directory, _ in hadoop.directories(master.conf.values, master.facts)
        )
        rest = Rest(
            rest_host(master, line), web_port(master, line), (line.web.overview, line.web.taskmanagers)
        )
        asked = (Names(tuple(dict.fromkeys((*names, *own_names(master))))), Paths(texts=paths), rest)
        facts = master.facts.merged(self._one(master.entry, asked))
        master = replace(master, facts=facts, address=address_of(master, facts))
        origin = f"conf/{listed.name} on {master.name}"
        if not listed.hosts:
            listed = registered(facts, rest, line)
            origin = "the TaskManagers that the JobManager knows"
            if listed.hosts:
                notes.append("The workers were taken from the TaskManagers that are registered.")
        here, others = sorted_out(master, listed.hosts, facts)
        standby = sorted_out(master, masters.hosts, facts)[1] if ha else ()
        nodes, jump = self._reached(
            master, line, home, (*others, *(one for one in standby if one not in others))
        )
        if jump:
            notes.append(f"The other hosts are reached through {master.name} alone (ssh.jump).")
        workers = tuple(nodes[one.host] for one in others)
        if here is not None:
            workers = (replace(master, count=here.count), *workers) if listed.hosts else workers
            workers = in_order(workers, listed.hosts, master)
        return Gathered(
            version,
            line,
            home,
            why,
            master,
            workers,
            origin,
            masters,
            tuple(nodes[one.host] for one in standby),
            hadoop.found(master.conf.values, facts),
            jump,
            scala_in(facts, home.path),
            tuple(notes),
        )

    def _reached(
        self, master: Node, line: Line, home: Candidate, wanted: Iterable[Listed]
    ) -> tuple[dict[str, Node], str]:
        """Each of these hosts, by its listed name, by the first way in which this machine reaches it; and the jump host
        when some are seen by the master alone."""
        options, config = master.conf.values.get(line.keys.ssh_opts, ""), _text(master.facts, SSH_CONFIG)
        ways = {one.host: way_to(one.host, options, config) for one in wanted}
        open_ = {one.host: one for one in wanted}
        tries = {
            one.host: list(
                entries_of(one, ways[one.host], master, addresses_of(one.host, ways[one.host], master.facts))
            )
            for one in wanted
        }
        found: dict[str, Node] = {}
        failures: dict[str, str] = {}
        while open_:
            attempt = {host: tries[host].pop(0) for host in open_ if tries[host]}
            if not attempt:
                break
            seen = self._many(master, tuple(attempt.values()), "", home)
            for host, entry in attempt.items():
                facts = seen[name_of(entry)]
                trouble = not_it(host, facts, addresses_of(host, ways[host], master.facts))
                if trouble:
                    failures.setdefault(host, trouble)
                else:
                    found[host] = _node(open_.pop(host), entry, facts, home, line)
        if open_ and not is_here(master):
            entries = {
                host: replace(plain_way(one, ways[host], master), host=host) for host, one in open_.items()
            }
            seen = self._many(master, tuple(entries.values()), master.name, home)
            through = {host: seen[name_of(entry)] for host, entry in entries.items()}
            if any(facts.failure is None for facts in through.values()):
                # What is reached through the master is reached so from everywhere: one way for all of them.
                for host, facts in through.items():
                    if facts.failure is None:
                        found[host] = _node(open_.pop(host), entries[host], facts, home, line)
                    else:
                        failures[host] = unreached(facts.failure)
                jump = master.name
            else:
                jump = ""
        else:
            jump = ""
        for host, one in open_.items():
            entry = plain_way(one, ways[host], master)
            facts = HostFacts(host)
            found[host] = Node(entry, host, facts, NodeConf(), None, one.count, failures.get(host, ""))
        return found, jump

    def _many(
        self, master: Node, entries: Sequence[HostEntry], jump: str, home: Candidate
    ) -> Mapping[str, HostFacts]:
        """These hosts as they answer; they are asked side by side."""
        needs: tuple[Need, ...] = (
            Machine(),
            Account(),
            Javas(),
            Daemons(),
            Home(home.path, home.conf_dir or None),
        )
        answers = _asking(master.entry, tuple(entries))
        answers = answers.with_value("ssh.jump", jump or None)
        return self.read(answers, {name_of(entry): needs for entry in entries})

    def _one(self, entry: HostEntry, needs: Sequence[Need]) -> HostFacts:
        name = name_of(entry)
        return self.read(_asking(entry, (entry,)), {name: needs}).get(name) or HostFacts(name)


def plain_entry(entry: HostEntry) -> HostEntry:
    """The same host with user and port in fields of their own."""
    address = entry.addresses()[0]
    return replace(entry, host=address.host, user=entry.user or address.user, port=entry.port or address.port)


def _asking(master: HostEntry, others: tuple[HostEntry, ...]) -> Answers:
    """Answers that say how to log in, and nothing of what is there."""
    answers = Answers().with_value("master", (master,)).with_value("workers", others)
    return answers.with_value("user", master.user)


def _conf_dir(home: Candidate) -> str:
    return home.conf_dir or f"{home.path}/conf"


def _text(facts: HostFacts, path: str) -> str:
    file = facts.paths.get(path)
    return (file.text if file else None) or ""


def _node(one: Listed, entry: HostEntry, facts: HostFacts, home: Candidate, line: Line) -> Node:
    seen = facts.homes.get(home.path)
    return Node(entry, one.host, facts, conf_of(line, seen), seen, one.count)
