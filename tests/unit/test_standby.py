"""Standby JobManagers on imagined clusters: what each line is told, who is started where, and what is asked first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.unit.walks import Hosts, walking
from tests.unit.worlds import HOME, cluster, daemon, flink_home, host, install_plan, run, spec, with_home
from validators.catalogue import check_install
from validators.install.standby import STANDBY
from wizard import availability
from wizard.answers import BadAnswers, build_spec, parse_answers
from wizard.answers.ha import parse_zookeeper, split_zookeeper
from wizard.commands import Run, Upload, lines_of
from wizard.desired import Desired, settle
from wizard.facts import ClusterFacts, HostFacts, PathFacts
from wizard.flink.catalogue import LINES
from wizard.flink.keys import judge_key
from wizard.needs import Quorum, Rest
from wizard.operations.leading import Leader, leader
from wizard.operations.storage import MarkStorage, Storage, StorageShared
from wizard.operations.zookeeper import OneLeads, QuorumServes, WriteZooConfig, edited, settings_of
from wizard.plans.operate import STOP
from wizard.preview import preview
from wizard.probes.rest import rests
from wizard.probes.script import Reading, merged_script, parse_output
from wizard.probes.zookeeper import read_server, read_texts
from wizard.scenarios import practice_scenario
from wizard.servicefacts import ListenFacts, ZooKeeperFacts
from wizard.session import without_needless_lock
from wizard.spec import ClusterSpec, HaSpec, HostSpec

GOLDEN = Path(__file__).parents[1] / "golden" / "ha.json"
SHARED = "/shared/ha"
HEAD = "version: 1\ncluster: demo\nuser: flink\nmaster: m\nworkers: [w1, w2]\nflink:\n  version: '2.3.0'\n"


def highly(version: str = "2.3.0", **changes: Any) -> ClusterSpec:
    """A master, a standby that is a worker too, and ZooKeeper on three nodes."""
    base = spec(version, **changes)
    ha = HaSpec((), SHARED, ("m", "w1", "w2"))
    return replace(base, standby=(base.workers[0],), ha=ha)


def three(**changes: Any) -> ClusterFacts:
    return cluster(*(host(name, **changes) for name in ("m", "w1", "w2")))


def config(wish: Desired, name: str) -> dict[str, str]:
    return dict(wish.nodes[name].config)


def ha_keys(wish: Desired, name: str) -> dict[str, str]:
    said = ("recovery.", "high-availability", "jobmanager.rpc", "rest.address", "state.backend", "zookeeper.")
    return {key: value for key, value in config(wish, name).items() if key.startswith(said)}


def test_every_line_is_told_in_its_own_keys() -> None:
    seen = {}
    for line in LINES:
        if line.ha is not None:
            wish = settle(highly(line.newest), three())
            seen[line.name] = {"m": ha_keys(wish, "m"), "w2": ha_keys(wish, "w2")}
    assert seen == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.ha and line.number >= (1, 9)], ids=lambda line: line.name
)
def test_every_key_is_one_that_this_flink_reads(line: Any) -> None:
    keys = ha_keys(settle(highly(line.newest), three()), "w1")
    scripts_alone = {availability.HEAP_KEY}
    assert {key for key in keys if not judge_key(line.newest, key).fine} <= scripts_alone


def test_masters_stand_in_the_list_with_their_ports_and_each_tells_its_own_address() -> None:
    wish = settle(highly(config={"rest.port": "9999"}), three())
    assert wish.master_entries == ("m:9999", "w1:9999")
    assert config(wish, "w1")["jobmanager.rpc.address"] == config(wish, "w1")["rest.address"] == "w1"
    assert config(wish, "w2")["jobmanager.rpc.address"] == "m"


def test_a_cluster_keeps_the_name_under_which_its_jobs_are_found() -> None:
    text = "high-availability.cluster-id: /default\nhigh-availability.jobmanager.port: 50010-50020\n"
    facts = with_home(host("m"), flink_home("2.3.0", {"config.yaml": text}, edited=("config.yaml",)))
    wish = settle(highly(), cluster(facts, host("w1"), host("w2")))
    assert {config(wish, name)["high-availability.cluster-id"] for name in ("m", "w1", "w2")} == {"/default"}
    assert config(wish, "m")["high-availability.jobmanager.port"] == "50010-50020"
    assert wish.quorum is not None
    assert wish.quorum.paths[0] == "/flink/default/leader/resource_manager/connection_info"


def test_two_clusters_of_one_name_do_not_meet_in_one_zookeeper() -> None:
    other = replace(highly(), master=HostSpec("n", "n"))
    assert availability.cluster_id(highly()) != availability.cluster_id(other)
    assert availability.cluster_id(highly()) == availability.cluster_id(replace(highly(), standby=()))


def test_a_host_more_does_not_move_a_zookeeper_that_nobody_placed() -> None:
    left_open = HaSpec((), SHARED, ("m", "s", "w1"), suggested=True)
    grown = replace(highly(), standby=(HostSpec("s", "s"),), ha=left_open)
    text = "high-availability.zookeeper.quorum: m:2181,w1:2181,w2:2181\n"
    facts = with_home(host("m"), flink_home("2.3.0", {"config.yaml": text}, edited=("config.yaml",)))
    wish = settle(grown, cluster(facts, host("s"), host("w1"), host("w2")))
    assert wish.spec.ha is not None and wish.spec.ha.nodes == ("m", "w1", "w2")
    bare = settle(grown, cluster(host("m"), host("s"), host("w1"), host("w2")))
    assert bare.spec.ha is not None and bare.spec.ha.nodes == ("m", "s", "w1")


def test_zookeeper_comes_first_the_jobmanagers_follow_and_each_is_named_to_the_script() -> None:
    facts = three()
    done = run(install_plan(settle(highly(), facts)), facts)
    assert done.outcome.good, done.outcome.failures
    started = [
        (one.host, command.argv[-1 if one.operation == "start-zookeeper" else -2 :])
        for one in done.done
        if one.operation.startswith("start-")
        for command in one.commands
        if isinstance(command, Run) and command.why.startswith("start a ")
    ]
    assert sorted(started[:3]) == [("m", ("1",)), ("w1", ("2",)), ("w2", ("3",))]
    assert sorted(started[3:5]) == [("m", ("m", "8081")), ("w1", ("w1", "8081"))]
    assert {name for name, _ in started[5:]} == {"w1", "w2"}


def test_a_second_run_has_nothing_to_do_and_no_file_stays_in_the_storage_directory() -> None:
    facts = three()
    first = run(install_plan(settle(highly(), facts)), facts)
    again = settle(highly(), first.facts)
    plan = install_plan(again, run_id="run2")
    second = run(without_needless_lock(plan, first.facts), first.facts)
    assert {one.operation for one in second.done} <= LOCKS
    for facts in (first.facts, second.facts):
        for name in ("m", "w1"):
            own = [seen for path, seen in facts[name].paths.items() if f".flink-wizard@{name}@" in path]
            assert not any(seen.exists for seen in own)


LOCKS = {"take-lock", "release-lock", "run-proof-job"}


def test_what_is_previewed_is_what_runs() -> None:
    facts = three()
    plan = install_plan(settle(highly(), facts))
    seen = preview(plan, facts)
    done = run(plan, facts, threads=1)
    for name in ("m", "w1", "w2"):
        ran = [lines_of(command) for one in done.done if one.host == name for command in one.commands]
        assert [lines_of(command) for command in seen.commands(name)] == ran


def test_a_walk_with_a_standby_goes_to_its_end_and_twice_is_once(tmp_path: Path) -> None:
    more = "standby: [node1]\nha: {storage_dir: /home/flink/ha}\n"
    with walking(tmp_path, Hosts(), answers=practice_scenario().answers + more) as walk:
        for changes in (True, False):
            assert walk.settled(20)
            walk.review()
            assert walk.settled(20) and walk.preview is not None
            assert bool(walk.preview.changes) == changes
            assert not changes or (walk.confirm() == "" and walk.start() and walk.settled(60))
        assert walk.view.applied == "done"


def test_a_stop_ends_zookeeper_last() -> None:
    facts = three()
    there = run(install_plan(settle(highly(), facts)), facts).facts
    done = run(install_plan(settle(highly(), there), STOP), there).done
    kinds = [one.operation for one in done if one.operation.startswith("stop-")]
    assert kinds == ["stop-taskmanager"] * 2 + ["stop-jobmanager"] * 2 + ["stop-zookeeper"] * 3


def test_a_zookeeper_that_was_there_already_is_asked_and_never_touched() -> None:
    outside = replace(highly(), ha=HaSpec(("zk1:2181", "zk2:2182"), SHARED))
    facts = three()
    wish = settle(outside, facts)
    assert config(wish, "m")["high-availability.zookeeper.quorum"] == "zk1:2181,zk2:2182"
    done = run(install_plan(wish), facts)
    assert done.outcome.good
    assert not [one for one in done.done if "zookeeper" in one.operation or "zoo.cfg" in one.operation]
    assert "A ZooKeeper server serves" in [proof.title for proof in done.outcome.proofs]


SHIPPED = (
    "# ticks\ntickTime=2000\n\n# dataDir=/tmp/zookeeper\nclientPort=2181\nserver.1=localhost:2888:3888\n"
)


def test_zoo_cfg_keeps_what_nobody_asked_to_change() -> None:
    settings = availability.zoo_settings(highly(), HostSpec("w1", "w1"))
    text = edited(SHIPPED.replace("2181", "2181 "), settings)
    assert text.startswith("# ticks\ntickTime=2000\n\n# dataDir=/tmp/zookeeper\n")
    found = settings_of(text)
    assert found["dataDir"] == "/home/flink/.flink-wizard/demo/zookeeper-w1"
    assert [found[f"server.{number}"] for number in (1, 2, 3)] == [
        f"{name}:2888:3888" for name in ("m", "w1", "w2")
    ]
    assert edited(text, settings) == text
    assert "server.3" not in settings_of(edited(text, settings[:-1]))


def test_an_operators_zoo_cfg_is_backed_up_and_the_shipped_one_is_not() -> None:
    for by_hand in (True, False):
        home = flink_home("2.3.0", {"zoo.cfg": SHIPPED}, edited=("zoo.cfg",) if by_hand else ())
        facts = cluster(with_home(host("w1"), home))
        operation = WriteZooConfig("w1", HOME, (("clientPort", "2182"),))
        assert not operation.satisfied(facts)
        (upload,) = operation.commands(facts)
        assert isinstance(upload, Upload) and upload.backup == by_hand
        assert operation.satisfied(operation.expected(facts))


QUORUM = Quorum((("m", 2181),), ("/flink/demo/leader/new", "/flink/demo/leader/old"))
KNOWN = (("m", "m"), ("w1", "10.0.0.2"))


def told(text: str, path: str = QUORUM.paths[0]) -> HostFacts:
    serves = MappingProxyType({("m", 2181): ZooKeeperFacts("standalone")})
    return host("m", zookeeper=serves, znodes=MappingProxyType({path: text}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<pekko.tcp://flink@10.0.0.2:6123/user/rpc/resourcemanager_0sr", Leader("w1", "10.0.0.2")),
        ("5akka.ssl.tcp://flink@m:6123/user/resourcemanagersr", Leader("m", "m")),
        ("akka.tcp://flink@stranger:6123/user", Leader("", "stranger")),
        ("", Leader("", "")),
    ],
)
def test_who_leads_is_what_flink_keeps_in_zookeeper(text: str, found: Leader) -> None:
    for path in QUORUM.paths:
        assert leader(cluster(told(text, path)), ["m"], QUORUM, KNOWN) == found
    assert leader(cluster(host("m")), ["m"], QUORUM, KNOWN) is None


def test_a_leader_whose_process_has_ended_does_not_lead() -> None:
    proof = OneLeads("m", QUORUM, HOME, KNOWN)
    text = "akka.tcp://flink@10.0.0.2:1/user"
    running = host("w1", daemons=(daemon("jobmanager", 7),))
    assert proof.judge(cluster(told(text), running)).observed == "w1 leads"
    ended = proof.judge(cluster(told(text), host("w1")))
    assert not ended.good and ended.observed == "w1 led, and its JobManager has ended"
    assert not proof.judge(cluster(told("akka.tcp://flink@x:1/user"), running)).good


def test_more_than_half_of_our_own_servers_must_serve_and_one_of_others() -> None:
    both = Quorum((("a", 2181), ("b", 2181)))
    one = MappingProxyType(
        {("a", 2181): ZooKeeperFacts("leader"), ("b", 2181): ZooKeeperFacts("", "refused")}
    )
    facts = cluster(host("m", zookeeper=one))
    line = settle(highly(), three()).line
    assert QuorumServes("m", both, line, HOME).judge(facts).good
    ours = QuorumServes("m", both, line, HOME, ("a", "b")).judge(facts)
    assert not ours.good and ours.observed == "1 of 2 ZooKeeper servers serve m"
    assert ours.evidence == "b:2181: refused"


STORAGE = Storage(SHARED, ("m", "w1"), "run1", "~/.flink-wizard/demo/storage.json")


def test_a_directory_that_is_not_shared_is_told_before_anything_starts() -> None:
    def own(name: str) -> HostFacts:
        marks = {
            STORAGE.mark(one): PathFacts("", "file" if one == name else "missing") for one in ("m", "w1")
        }
        return host(name, paths=MappingProxyType(marks))

    verdict = StorageShared("m", STORAGE).judge(cluster(own("m"), own("w1")))
    assert not verdict.good and verdict.observed == "m does not see what w1 has written"
    both = {STORAGE.mark(one): PathFacts("", "file") for one in ("m", "w1")}
    seen = cluster(*(host(name, paths=MappingProxyType(both)) for name in ("m", "w1")))
    assert StorageShared("m", STORAGE).judge(seen).good


def test_what_was_proved_holds_for_these_very_directories() -> None:
    def at(inode: str, text: str | None = None) -> ClusterFacts:
        place = PathFacts(SHARED, "directory", writable=True, inode=f"9:{inode}")
        record = PathFacts(STORAGE.record, "file", text=text)
        paths = MappingProxyType({SHARED: place, STORAGE.record: record})
        return cluster(host("m", paths=paths), host("w1", paths=paths))

    note = STORAGE.note(at("5"))
    assert STORAGE.noted(at("5", note + "\n")) and not STORAGE.noted(at("6", note))
    assert MarkStorage("w1", STORAGE).satisfied(at("5", note))
    assert not MarkStorage("w1", STORAGE).satisfied(at("6", note))


BAD = [
    ("standby: [w1]\n", "standby: needs ha"),
    ("ha: {zookeeper: [m]}\n", "ha.storage_dir: is missing"),
    ("ha: {storage_dir: /shared, zookeeper: [zk9]}\n", "write zk9:2181"),
    ("ha: {storage_dir: /shared, zookeeper: [m, 'zk9:2181']}\n", "name one kind"),
    ("ha: {storage_dir: /shared, zookeeper: [m, w1, m]}\n", "twice"),
    ("ha: {storage_dir: shared}\n", "ha.storage_dir"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_answers_that_nobody_could_carry_out_are_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(BadAnswers) as bad:
        parse_answers(HEAD + text)
    assert said in str(bad.value)


def test_a_flink_without_standbys_refuses_them() -> None:
    old = HEAD.replace("2.3.0", "0.9.1") + "ha: {storage_dir: /shared}\n"
    with pytest.raises(BadAnswers, match="they came with 0"):
        parse_answers(old)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ha: {storage_dir: /shared, zookeeper: [m, w1]}\n", "2 servers can spare 0, as many as 1"),
        ("standby: [w1]\nha: {storage_dir: /shared, zookeeper: [m]}\n", "when m is lost"),
        ("ha: {storage_dir: /tmp/ha}\n", "below /tmp"),
    ],
)
def test_answers_that_help_less_than_they_seem_to_are_warned_of(text: str, said: str) -> None:
    (warning,) = parse_answers(HEAD + text).warnings
    assert said in warning.sentence and warning.severity == "warning"


@pytest.mark.parametrize(
    ("written", "nodes", "servers"),
    [
        ("[m, w1, w2]", ("m", "w1", "w2"), ()),
        ("'m, w[1-2]'", ("m", "w1", "w2"), ()),
        ("'zk1:2181,zk2:2182'", (), ("zk1:2181", "zk2:2182")),
        ("['[::1]:2181', 'zk2:2181']", (), ("[::1]:2181", "zk2:2181")),
    ],
)
def test_nodes_and_servers_are_told_apart_by_their_ports(
    written: str, nodes: tuple[str, ...], servers: tuple[str, ...]
) -> None:
    answers = parse_answers(HEAD + f"ha: {{storage_dir: /shared, zookeeper: {written}}}\n")
    made = build_spec(answers, is_here=lambda _: False)
    assert made.ha == HaSpec(servers, "/shared", nodes)
    assert split_zookeeper([parse_zookeeper(", ".join((*nodes, *servers)))]) == (nodes, servers)


def test_without_a_word_on_zookeeper_three_nodes_run_it() -> None:
    made = build_spec(
        parse_answers(HEAD + "standby: [s]\nha: {storage_dir: /shared}\n"), is_here=lambda _: False
    )
    assert made.ha is not None and made.ha.nodes == ("m", "s", "w1") and made.ha.suggested


def test_a_zookeeper_that_does_not_serve_says_why() -> None:
    assert read_server("Zookeeper version: 3.7\nMode: follower\nNode count: 5\n") == ZooKeeperFacts(
        "follower"
    )
    assert (
        read_server("bash: line 1: connect: Connection refused\n").evidence == "connect: Connection refused"
    )
    no_quorum = "This ZooKeeper instance is not currently serving requests\n"
    assert read_server(no_quorum) == ZooKeeperFacts("", no_quorum.strip())
    assert read_server("").evidence == "no answer within 5 s"


def reply(number: int, error: int, text: bytes = b"") -> bytes:
    body = number.to_bytes(4, "big", signed=True) + bytes(8) + error.to_bytes(4, "big", signed=True)
    body += len(text).to_bytes(4, "big") + text + bytes(68) if not error else b""
    return len(body).to_bytes(4, "big") + body


def test_texts_are_read_in_order_and_what_is_missing_is_empty() -> None:
    greeting = (36).to_bytes(4, "big") + bytes(36)
    notice = reply(-1, 0, b"ignored")
    answer = greeting + reply(1, 0, b"\0\x05http://w1\0sr") + notice + reply(2, -101) + reply(3, 0, b"more")
    assert list(read_texts(answer)) == ["http://w1", "", "more"]
    assert list(read_texts(answer[:50])) in ([], [""])
    assert list(read_texts(b"HTTP/1.1 400 Bad Request\r\n\r\n")) == []


def test_what_stands_in_the_way_is_told_before_anything_is_changed() -> None:
    def said(wish: ClusterSpec, **changes: Any) -> set[str]:
        findings = check_install(wish, cluster(host("m", **changes), host("w1"), host("w2")), checks=STANDBY)
        assert all(finding.hosts == ("m",) for finding in findings)
        return {finding.id for finding in findings}

    full = PathFacts(SHARED, "directory", 0o755, "root", writable=False)
    assert said(highly(), paths=MappingProxyType({SHARED: full})) == {"storage-unwritable"}
    free = PathFacts(SHARED, "missing", writable=True)
    assert said(highly(), paths=MappingProxyType({SHARED: free})) == set()
    other = (ListenFacts("0.0.0.0", 2181, 99, "java"),)
    assert said(highly(), listening=other) == {"zookeeper-port-taken"}
    ours = flink_home("2.3.0")
    homes = MappingProxyType({HOME: ours})
    assert said(highly(), listening=other, homes=homes, daemons=(daemon("zookeeper", 99),)) == set()
    outside = replace(highly(), ha=HaSpec(("zk:2181",), SHARED))
    silent = MappingProxyType({("zk", 2181): ZooKeeperFacts("", "connect: Connection refused")})
    assert said(outside, zookeeper=silent) == {"zookeeper-unreachable"}
    assert said(outside, listening=other) == set()


def test_an_old_standby_is_followed_to_the_one_that_leads(two_webs: tuple[int, int]) -> None:
    import subprocess

    standby, leads = two_webs
    for follow in (True, False):
        (section,) = rests([Rest("127.0.0.1", standby, ("/overview",), follow)])
        script = merged_script([section])
        said = subprocess.run(["sh", "-s"], input=script.text, capture_output=True, text=True, check=True)
        reading: Reading = parse_output(said.stdout, script.mark).readings[0]
        seen = section.read(reading)["rest"][f"127.0.0.1:{standby}"]
        assert seen.answers["/overview"] == ({"from": leads} if follow else None)
        assert seen.reachable


@pytest.fixture
def two_webs() -> Iterator[tuple[int, int]]:
    """A standby that answers with a redirection, and the one that leads, each on a port of its own."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    ports: list[int] = []

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"from": ports[1]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    class Standby(Leading):
        def do_GET(self) -> None:
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{ports[1]}{self.path}")
            self.end_headers()

    servers = [HTTPServer(("127.0.0.1", 0), kind) for kind in (Standby, Leading)]
    ports += [server.server_address[1] for server in servers]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    yield ports[0], ports[1]
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
