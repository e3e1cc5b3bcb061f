"""What a cluster that nobody described implies: facts in, answers out; the hosts are values, and nothing is asked of any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from tests.unit.worlds import LOST, host
from wizard.adoption import Candidate, NotAdopted, adopt
from wizard.adoption.candidates import USUAL, candidates, chosen, read_homes
from wizard.adoption.confs import conf_of
from wizard.adoption.hadoop import default_fs
from wizard.adoption.hostlists import read_list, workers_of
from wizard.adoption.sshway import SshWay, way_to
from wizard.answers import Answers, HostEntry, parse_answers, write_answers
from wizard.facts import (
    DaemonFacts,
    HomeFacts,
    HostFacts,
    PathFacts,
    PublicKey,
    SshFacts,
    TrustedKey,
)
from wizard.flink.catalogue import LINES, line_of
from wizard.flink.shipped import is_shipped
from wizard.needs import Need
from wizard.servicefacts import CommandFacts, RestFacts
from wizard.view import Adopted

HOME = "/srv/flink/flink-1.20.5"


def home(version: str, files: Mapping[str, str], path: str = HOME, **more: Any) -> HomeFacts:
    conf_dir = more.pop("conf_dir", f"{path}/conf")
    conf = {name: PathFacts(f"{conf_dir}/{name}", "file", text=text) for name, text in files.items()}
    return HomeFacts(path, True, version, conf=MappingProxyType(conf), conf_dir=conf_dir, real=path, **more)


class Machines:
    """Hosts as they would answer. `seen` is where this machine reaches which: (name, port) → host, None port: any;
    `through` names those that only the jump host sees."""

    def __init__(
        self, *hosts: HostFacts, seen: Mapping[str, str] | None = None, through: Sequence[str] = ()
    ) -> None:
        self.hosts = {one.name: one for one in hosts}
        self.seen = seen or {name: name for name in self.hosts}
        self.through = frozenset(through)
        self.ports: dict[str, int | None] = {}

    def read(self, answers: Answers, wanted: Mapping[str, Sequence[Need]]) -> Mapping[str, HostFacts]:
        entries = {entry.host: entry for role in ("master", "workers") for entry in answers.hosts_at(role)}
        jump = answers.get("ssh.jump") is not None
        return {name: self._answer(name, entries[name].port, jump) for name in wanted}

    def _answer(self, name: str, port: int | None, jump: bool) -> HostFacts:
        real = name if jump and name in self.through else self.seen.get(name)
        if real is None or port != self.ports.get(real, port):
            return HostFacts(name, failure=LOST)
        return replace(self.hosts[real], name=name)


def machine(name: str, number: int, flink: HomeFacts | None, *runs: str, **more: Any) -> HostFacts:
    """A host 10.0.0.NUMBER with this home, from which these daemons run, and which finds the others by name."""
    places = f"place\t{flink.path}\t{flink.path}\tflink-dist-{flink.version}.jar\n" if flink else ""
    conf_dir = flink.conf_dir if flink else ""
    daemons = tuple(
        DaemonFacts(kind, 100 + place, "flink", 1.0, conf_dir, flink.path if flink else "")  # type: ignore[arg-type]
        for place, kind in enumerate(runs)
    )
    values: dict[str, Any] = {
        "addresses": (f"10.0.0.{number}", "127.0.0.1"),
        "daemons": daemons,
        "homes": MappingProxyType({flink.path: flink} if flink else {}),
        "commands": MappingProxyType({USUAL.name: CommandFacts(0, places)}),
        "names": MappingProxyType({f"node{n}": (f"10.0.0.{n}",) for n in range(10)} | {"me": ("127.0.1.1",)}),
    }
    return host(name, **{**values, **more})


def cluster(
    version: str = "1.20.5",
    config: str = "jobmanager.rpc.address: node0\n",
    workers: str = "node1\nnode2\n",
    own: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    **more: Any,
) -> Machines:
    """node0, node1 and node2 with this Flink; `own` replaces the configuration of one."""
    line = line_of(version)
    hosts: list[HostFacts] = []
    for number in range(3):
        text = (own or {}).get(f"node{number}", config)
        conf = {line.config.file: text, line.lists.workers: workers, **(files or {})}
        runs = ("jobmanager",) if number == 0 else ("taskmanager",)
        hosts.append(machine(f"node{number}", number, home(version, conf), *runs, **more))
    return Machines(*hosts)


def taken(machines: Machines, master: str = "node0", **more: Any) -> Adopted:
    found = adopt(HostEntry(master, port=more.pop("port", None)), machines.read, **more)
    again = parse_answers(write_answers(found.answers))
    assert again == found.answers, "what was adopted is a whole answers file"
    assert set(found.origins) >= set(found.answers.values) - {"version"}, "every answer says where it is from"
    return found


PLAIN = {
    "version": 1,
    "cluster": "node0",
    "user": "flink",
    "master": (HostEntry("node0"),),
    "workers": (HostEntry("node1"), HostEntry("node2")),
    "flink.version": "1.20.5",
    "flink.home": HOME,
}


def test_what_nobody_decided_is_not_in_the_answers() -> None:
    assert taken(cluster()).answers.values == PLAIN


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a value that is not shipped": (
        {"config": "jobmanager.rpc.address: node0\nrest.port: 18081\ntaskmanager.numberOfTaskSlots: 1\n"},
        {"flink.config": {"rest.port": "18081"}},
    ),
    "slots that differ": (
        {"own": {"node2": "jobmanager.rpc.address: node0\ntaskmanager.numberOfTaskSlots: 4\n"}},
        {"workers": (HostEntry("node1"), HostEntry("node2", slots=4))},
    ),
    "memory that differs": (
        {
            "own": {
                "node1": "taskmanager.memory.process.size: 2g\n",
                "node2": "taskmanager.memory.process.size: 4096m\n",
            }
        },
        {"workers": (HostEntry("node1", memory=2048), HostEntry("node2", memory=4096))},
    ),
    "Java that differs": (
        {"own": {"node1": "env.java.home: /opt/a\n", "node2": "env.java.home: /opt/b\n"}},
        {"workers": (HostEntry("node1", java_home="/opt/a"), HostEntry("node2", java_home="/opt/b"))},
    ),
    "one Java for all": (
        {"config": "jobmanager.rpc.address: node0\nenv.java.home: /opt/jdk\n"},
        {"java.home": "/opt/jdk"},
    ),
    "several TaskManagers on a host": (
        {"workers": "node1\n/rack2/node1 ignored words\n# none\n\nnode2 # last"},
        {"workers": (HostEntry("node1", taskmanagers=2), HostEntry("node2"))},
    ),
    "the master is a worker too": (
        {"workers": "localhost\nnode1\n"},
        {"workers": (HostEntry("node0"), HostEntry("node1"))},
    ),
    "a worker under two names": (
        {"workers": "node1\n10.0.0.1\n", "names": {"node1": ("10.0.0.1",), "10.0.0.1": ("10.0.0.1",)}},
        {"workers": (HostEntry("node1", taskmanagers=2),)},
    ),
    "Windows line ends": ({"workers": "node1\r\nnode2\r\n"}, {}),
    "an old flat file": (
        {"version": "1.9.3", "config": "jobmanager.rpc.address: node0\ntaskmanager.heap.size: 4g\n"},
        {"flink.version": "1.9.3", "flink.config": {"taskmanager.heap.size": "4g"}},
    ),
    "a list under its later name": (
        {"version": "1.9.3", "files": {"workers": "node1\n"}},
        {"flink.version": "1.9.3"},
    ),
    "a flat file that wins over the new one": (
        {"files": {"flink-conf.yaml": "jobmanager.rpc.address: node0\nparallelism.default: 7\n"}},
        {"flink.config": {"parallelism.default": "7"}},
    ),
    "high availability": (
        {
            "config": "high-availability.type: zookeeper\nhigh-availability.zookeeper.quorum: z1:2181,z2\n"
            "high-availability.storageDir: hdfs://nn/ha\n",
            "files": {"masters": "node0:8081\nnode2:8081\n"},
        },
        {
            "ha.zookeeper": ("z1:2181", "z2:2181"),
            "ha.storage_dir": "hdfs://nn/ha",
            "standby": (HostEntry("node2"),),
        },
    ),
    "HDFS beside it": (
        {
            "config": "jobmanager.rpc.address: node0\nenv.hadoop.conf.dir: /etc/hdp\n",
            "paths": {
                "/etc/hdp/core-site.xml": PathFacts(
                    "/etc/hdp/core-site.xml",
                    "file",
                    text="<configuration><property><name>fs.defaultFS</name><value>hdfs://node0:9000/</value>"
                    "</property></configuration>",
                )
            },
        },
        {"hdfs.mode": "existing", "hdfs.address": "hdfs://node0:9000", "hdfs.conf_dir": "/etc/hdp"},
    ),
    "addresses of each node's own": (
        {
            "config": "jobmanager.rpc.address: node0\njobmanager.bind-host: 0.0.0.0\ntaskmanager.host: node1\n"
            "rest.address: node0\nrest.bind-address: localhost\n"
        },
        {},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_decided_is(case: str) -> None:
    given, wanted = CASES[case]
    assert taken(cluster(**given)).answers.values == {**PLAIN, **wanted}


NOTES: dict[str, tuple[dict[str, Any], str]] = {
    "drift": ({"own": {"node1": "io.tmp.dirs: /a\n"}}, "io.tmp.dirs differs: /a on node1; nothing on node2"),
    "a secret": (
        {"config": "jobmanager.rpc.address: node0\ns3.secret-key: hunter2\n"},
        "s3.secret-key is a secret; it stays on the hosts",
    ),
    "a removed key": (
        {"version": "2.3.0", "config": "jobmanager.rpc.address: node0\ntaskmanager.heap.size: 1g\n"},
        "Flink 2.3 no longer reads taskmanager.heap.size",
    ),
    "a file that does not parse": (
        {"own": {"node2": "a: 1\nb: [\n"}},
        "node2: /srv/flink/flink-1.20.5/conf/config.yaml cannot be read, line",
    ),
    "both lists": ({"files": {"slaves": "node7\n"}}, "conf/slaves names other hosts than conf/workers"),
    "a port in the list": ({"workers": "node1:2222\nnode2\n"}, "is one name to ssh"),
    "Java below its section": (
        {"config": "jobmanager.rpc.address: node0\nenv:\n  java:\n    home: /opt/jdk\n"},
        "is not on a line of its own",
    ),
    "Windows line ends": ({"workers": "node1\r\nnode2\r\n"}, "has Windows line ends"),
}


@pytest.mark.parametrize("case", NOTES)
def test_what_answers_cannot_say_is_told(case: str) -> None:
    given, wanted = NOTES[case]
    found = taken(cluster(**given))
    assert any(wanted in note for note in found.notes), found.notes
    assert "hunter2" not in write_answers(found.answers) + str(found.notes)


def test_workers_are_reached_by_address_or_through_the_master_when_their_names_lead_nowhere() -> None:
    machines = cluster()
    machines.seen = {"node0": "node0", "10.0.0.1": "node1", "node2": "node2"}
    by_address = taken(machines).answers
    assert by_address.hosts_at("workers")[0] == HostEntry("10.0.0.1", address="node1")
    machines.seen, machines.through = {"node0": "node0"}, frozenset({"node1", "node2"})
    through = taken(machines)
    assert through.answers.text_at("ssh.jump") == "node0"
    assert through.answers.hosts_at("workers") == (HostEntry("node1"), HostEntry("node2"))
    machines.through = frozenset()
    lost = taken(machines)
    assert lost.answers.hosts_at("workers") == (HostEntry("node1"), HostEntry("node2"))
    assert any("nothing listens" in note for note in lost.notes)


def test_a_name_that_leads_to_another_machine_from_here_is_not_taken_for_the_worker() -> None:
    machines = cluster()
    machines.seen = {"node0": "node0", "node1": "node2", "node2": "node2", "10.0.0.1": "node1"}
    assert taken(machines).answers.hosts_at("workers")[0] == HostEntry("10.0.0.1", address="node1")


def test_a_port_that_all_have_is_said_once_and_one_that_differs_for_its_host() -> None:
    machines = cluster()
    machines.ports = dict.fromkeys(machines.hosts, 2222)
    assert taken(machines, port=2222).answers.get("ssh.port") == 2222
    machines.ports = {"node0": 2222, "node1": None, "node2": None}
    found = taken(machines, port=2222).answers
    assert found.get("ssh.port") is None and found.hosts_at("master") == (HostEntry("node0", port=2222),)
    assert found.hosts_at("workers") == (HostEntry("node1"), HostEntry("node2"))


def test_the_master_is_the_one_that_the_configuration_names() -> None:
    machines = cluster()
    node1 = machines.hosts["node1"]
    machines.hosts["node1"] = replace(node1, daemons=machines.hosts["node0"].daemons)
    found = taken(machines, "node1")
    assert found.answers.hosts_at("master") == (HostEntry("node0"),)
    assert "Yet a JobManager runs on node1." in found.notes
    machines.seen = {"node1": "node1", "node2": "node2"}
    assert taken(machines, "node1").answers.hosts_at("master") == (HostEntry("node1", address="node0"),)


def test_a_master_known_by_another_name_here_keeps_the_clusters_name_as_its_address() -> None:
    machines = cluster()
    machines.seen = {"gate": "node0", "node1": "node1", "node2": "node2"}
    found = taken(machines, "gate").answers
    assert found.hosts_at("master") == (HostEntry("gate", address="node0"),)
    assert found.text_at("cluster") == "gate"


def test_without_a_list_the_registered_taskmanagers_are_the_workers() -> None:
    told = {"/taskmanagers": {"taskmanagers": [{"path": "pekko.tcp://flink@10.0.0.1:4/x", "slotsNumber": 1}]}}
    rest = MappingProxyType({"node0:8081": RestFacts(True, told)})
    machines = cluster(workers="", rest=rest)
    machines.seen = {**machines.seen, "10.0.0.1": "node1"}
    found = taken(machines)
    assert found.answers.hosts_at("workers") == (HostEntry("10.0.0.1"),)
    assert "registered" in " ".join(found.notes)


def test_somebody_elses_flink_is_named_with_the_login_that_may_look_after_it() -> None:
    found = taken(cluster(user="debian"))
    assert any("Flink runs as flink, and the login is debian" in note for note in found.notes)


def test_the_key_that_the_workers_trust_is_the_clusters() -> None:
    key = PublicKey("ssh-rsa", "AAAAB3", "")
    trusted = (TrustedKey("ssh-rsa", "AAAAB3"),)
    ssh = SshFacts(
        0o755, "flink", 0o700, 0o600, trusted, key_files=MappingProxyType({"/home/flink/.ssh/id_rsa": key})
    )
    found = taken(cluster(ssh=ssh)).answers
    assert (found.text_at("ssh.cluster_key"), found.text_at("ssh.cluster_key_type")) == (
        "~/.ssh/id_rsa",
        "rsa",
    )


def test_a_configuration_directory_of_what_runs_is_respected() -> None:
    flink = home(
        "2.3.0",
        {"config.yaml": "jobmanager.rpc.address: node0\n", "workers": "node0\n"},
        conf_dir="/etc/flink",
    )
    found = taken(Machines(machine("node0", 0, flink, "jobmanager")))
    assert found.answers.text_at("flink.conf_dir") == "/etc/flink"
    assert found.answers.hosts_at("workers") == (HostEntry("node0"),)


def two_homes(*runs: str) -> Machines:
    files = {"config.yaml": "jobmanager.rpc.address: node0\n", "workers": "node0\n"}
    old, new = home("1.20.5", files, "/opt/flink-1.20.5"), home("2.3.0", files, "/opt/flink-2.3.0")
    places = "".join(f"place\t{one.path}\t{one.path}\tflink-dist-{one.version}.jar\n" for one in (old, new))
    one = machine("node0", 0, new, *runs)
    homes = MappingProxyType({old.path: old, new.path: new})
    return Machines(
        replace(one, homes=homes, commands=MappingProxyType({USUAL.name: CommandFacts(0, places)}))
    )


def test_of_several_homes_the_one_in_use_is_meant_and_else_somebody_must_choose() -> None:
    assert taken(two_homes("jobmanager")).answers.text_at("flink.version") == "2.3.0"
    assert (
        taken(two_homes("jobmanager"), home="/opt/flink-1.20.5").answers.text_at("flink.version") == "1.20.5"
    )

    def first(found: tuple[Candidate, ...]) -> Candidate | None:
        return found[0]

    assert taken(two_homes(), pick=first).origins["flink.home"] == "chosen by you"
    with pytest.raises(NotAdopted) as caught:
        taken(two_homes())
    assert caught.value.kind == "several" and len(caught.value.choices) == 2


def test_no_flink_and_no_host_are_told_with_what_to_do_next() -> None:
    for machines, kind, words in (
        (Machines(machine("node0", 0, None)), "none", "--flink-home"),
        (Machines(seen={}), "unreachable", "nothing listens"),
    ):
        with pytest.raises(NotAdopted, match=words) as caught:
            taken(machines)
        assert caught.value.kind == kind
    with pytest.raises(NotAdopted, match="/opt/none holds no Flink"):
        taken(cluster(), home="/opt/none")


def test_a_link_to_a_home_is_that_home() -> None:
    facts = machine("m", 0, home("1.20.5", {}), "jobmanager")
    places = f"place\t/srv/flink/current\t{HOME}\tflink-dist-1.20.5.jar\nprofile\t{HOME}\t{HOME}\tflink-dist-1.20.5.jar\n"
    facts = replace(facts, commands=MappingProxyType({USUAL.name: CommandFacts(0, places)}))
    (one,) = read_homes(candidates(facts), facts.homes)
    assert (one.path, one.names, one.named, one.runs) == (
        HOME,
        ("/srv/flink/current",),
        True,
        ("jobmanager",),
    )
    assert chosen((one,), "/srv/flink/current").home == one


def test_the_masters_ssh_options_win_over_its_configuration() -> None:
    config = "Host *.far\n  Port 1\nHost node1\n  HostName 10.9.9.9\n  User hadoop\n  Port=2200\nHost *\n  Port 22\n"
    assert way_to("node1", "", config) == SshWay(2200, "hadoop", None, "10.9.9.9")
    assert way_to("node1", "-p 2222 -o User=flink -i ~/.ssh/c", config) == SshWay(
        2222, "flink", "~/.ssh/c", "10.9.9.9"
    )
    assert way_to("x.far", "-o 'Port 3'", config) == SshWay(3)


def test_lists_are_read_as_the_scripts_read_them() -> None:
    read = read_list("# c\n\n/r/a extra\na#x\nb_1\nflink@c\nbad!name\n", "workers")
    assert [(one.host, one.user, one.count) for one in read.hosts] == [
        ("a", None, 2),
        ("b_1", None, 1),
        ("c", "flink", 1),
    ]
    assert "line 7" in read.notes[0]
    assert workers_of({}, line_of("2.3.0")).notes == ("conf/workers is not there.",)
    slaves = {"slaves": PathFacts("/c/slaves", "file", text="node1\n")}
    assert workers_of(slaves, line_of("1.20.5")).notes[0].startswith("conf/workers is not there; Flink 1.20")


def test_an_hdfs_is_known_by_the_address_in_its_file() -> None:
    old = "<configuration><property><name>fs.default.name</name><value>hdfs://nn</value></property></configuration>"
    assert default_fs(old) == "hdfs://nn"
    assert default_fs("no xml") == default_fs("<!DOCTYPE x><configuration/>") == ""


def test_every_line_says_what_it_ships() -> None:
    for line in LINES:
        assert is_shipped(line, "jobmanager.rpc.address", "localhost")
        assert is_shipped(line, line.memory.taskmanager.key, line.memory.taskmanager.shipped), line.name
        assert is_shipped(line, line.memory.jobmanager.key, line.memory.jobmanager.shipped), line.name
        assert all(is_shipped(line, key, "localhost") for key in line.shipped_localhost), line.name
    assert not conf_of(line_of("2.3.0"), None).known
