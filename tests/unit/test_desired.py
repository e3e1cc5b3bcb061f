"""Every value has an order of origins: answer before record before suggestion; and each node gets its own."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from tests.unit.worlds import HOME, JAVAS, LOST, cluster, flink_home, host, shipped, spec, with_home
from wizard.desired import settle
from wizard.facts import DiskFacts, HostFacts
from wizard.flink.catalogue import line_of
from wizard.plans.install import ssh_entries
from wizard.spec import HostSpec, JavaSpec

SLOTS = "taskmanager.numberOfTaskSlots"
SIZE = "taskmanager.memory.process.size"


def recorded(name: str, text: str, version: str = "2.3.0", file: str = "config.yaml") -> HostFacts:
    return with_home(host(name), flink_home(version, {file: text}, edited=(file,)))


def config(wish: object, name: str) -> dict[str, str]:
    return dict(wish.nodes[name].config)  # type: ignore[attr-defined]


def test_a_suggestion_follows_the_hardware_of_each_host() -> None:
    wish = settle(spec(), cluster(host("m"), host("w1", cores=4), host("w2", cores=8)))
    assert (config(wish, "w1")[SLOTS], config(wish, "w2")[SLOTS]) == ("4", "8")
    assert wish.slots == 12 and wish.taskmanagers == 2
    assert config(wish, "m")["parallelism.default"] == "12"


def test_a_disk_that_cannot_be_written_is_suggested_for_nothing() -> None:
    small, large = (
        DiskFacts("/", "/dev/a", "ext4", 20_000, 9_000),
        DiskFacts("/srv", "/dev/b", "ext4", 10**6, 10**6),
    )
    for flags, wanted in ((("rw",), "/srv/flink-tmp"), (("ro", "relatime"), None)):
        facts = cluster(
            host("m"), replace(host("w1"), disks=(small, replace(large, flags=flags))), host("w2")
        )
        assert config(settle(spec(), facts), "w1").get("io.tmp.dirs") == wanted


def test_what_is_recorded_wins_over_a_new_suggestion() -> None:
    facts = cluster(host("m"), recorded("w1", f"{SLOTS}: 3\n"), host("w2"))
    assert config(settle(spec(), facts), "w1")[SLOTS] == "3"


def test_an_answer_wins_over_everything() -> None:
    facts = cluster(host("m"), recorded("w1", f"{SLOTS}: 3\n"), host("w2"))
    wish = settle(spec(config={SLOTS: "7"}), facts)
    assert config(wish, "w1")[SLOTS] == "7" and wish.slots == 14
    own = replace(spec(), workers=(HostSpec("w1", "w1", slots=5, memory_mib=2048, taskmanagers=2),))
    node = settle(own, facts).nodes["w1"]
    assert (node.slots, node.taskmanagers, dict(node.config)[SIZE]) == (5, 2, "2048m")


def test_what_the_distribution_brought_is_no_record() -> None:
    facts = with_home(host("w1"), flink_home("2.3.0", {"config.yaml": f"{SLOTS}: 1\n"}))
    assert config(settle(spec(workers=1), cluster(host("m"), facts)), "w1")[SLOTS] == "4"


def test_a_size_given_in_another_way_is_not_contradicted() -> None:
    facts = cluster(host("m"), recorded("w1", "taskmanager.memory.flink.size: 3g\n"), host("w2"))
    wish = settle(spec(), facts)
    assert SIZE not in config(wish, "w1") and SIZE in config(wish, "w2")
    answered = settle(spec(config={"taskmanager.memory.task.heap.size": "1g"}), facts)
    assert SIZE not in config(answered, "w2")


def test_the_record_of_1_20_is_the_file_that_it_reads() -> None:
    files = {"config.yaml": f"{SLOTS}: 3\n", "flink-conf.yaml": f"{SLOTS}: 6\n"}
    seen = with_home(host("w1"), flink_home("1.20.0", files, edited=files))
    facts = cluster(host("m"), seen)
    assert config(settle(spec("1.20.0", 1), facts), "w1")[SLOTS] == "6"


def test_the_proofs_ask_the_port_that_the_operators_file_names() -> None:
    facts = cluster(recorded("m", "rest.port: 9999\n"), host("w1"))
    assert settle(spec(workers=1), facts).rest.port == 9999
    assert settle(spec(workers=1, config={"rest.port": "7777"}), facts).rest.port == 7777
    assert settle(spec(workers=1), cluster(recorded("m", "rest.port: many\n"), host("w1"))).rest.port == 8081


@pytest.mark.parametrize("text", ["[broken", f"{SLOTS}: lots\n"])
def test_a_configuration_of_no_sense_stops_nobody_from_looking(text: str) -> None:
    wish = settle(spec(workers=1), cluster(host("m"), recorded("w1", text)))
    assert wish.taskmanagers == 1 and wish.slots >= 1


def test_a_worker_that_was_not_seen_is_taken_to_be_like_the_others() -> None:
    facts = cluster(host("m"), host("w1", cores=6), HostFacts("w2", failure=LOST))
    wish = settle(spec(), facts)
    assert config(wish, "w2")[SLOTS] == "6" and wish.taskmanagers == 2 and wish.slots == 12


def test_nobody_seen_at_all_still_gives_a_plan() -> None:
    facts = cluster(*(HostFacts(name, failure=LOST) for name in ("m", "w1", "w2")))
    assert settle(spec(), facts).taskmanagers == 2


def test_disks_are_counted_in_their_own_unit() -> None:
    small = DiskFacts("/", "sda", "ext4", 20_000, 4_000)
    large = DiskFacts("/data", "sdb", "ext4", 2_000_000, 1_900_000)
    wish = settle(spec(workers=1), cluster(host("m"), host("w1", disks=(small, large))))
    assert config(wish, "w1")["io.tmp.dirs"] == "/data/flink-tmp"


def test_every_node_tells_its_own_address_and_listens_for_the_others() -> None:
    wish = settle(spec(), cluster(host("m"), host("w1"), host("w2")))
    values = config(wish, "w2")
    assert values["taskmanager.host"] == "w2" and values["jobmanager.rpc.address"] == "m"
    assert values["taskmanager.bind-host"] == values["rest.bind-address"] == "0.0.0.0"


def test_a_cluster_of_this_machine_alone_stays_on_its_loopback() -> None:
    me = HostSpec("localhost", "localhost", local=True)
    wish = settle(replace(spec(), master=me, workers=(me,)), cluster(host("localhost")))
    values = config(wish, "localhost")
    assert values["rest.bind-address"] == values["jobmanager.bind-host"] == "localhost"
    assert wish.worker_entries == ("localhost",)


@pytest.mark.parametrize("version", ["0.9.1", "1.4.2", "1.9.3"])
def test_old_lines_get_no_key_that_they_do_not_have(version: str) -> None:
    wish = settle(spec(version), cluster(host("m"), host("w1"), host("w2")))
    values, line = config(wish, "w1"), line_of(version)
    assert values[line.keys.tm_host] == "w1" and "jobmanager.bind-host" not in values
    assert line.memory.taskmanager.key in values and wish.fresh == ()


def test_the_client_is_told_its_module_flags_only_where_no_key_does_it() -> None:
    java = JavaSpec(allow_unsupported=True)
    old = settle(spec("1.9.3", 1, java=java), cluster(host("m"), host("w1")))
    assert old.client_flags.startswith("--add-")
    assert settle(spec("1.9.3", 1), cluster(host("m", javas=(JAVAS[8],)), host("w1"))).client_flags == ""
    assert settle(spec(workers=1), cluster(host("m"), host("w1"))).client_flags == ""


def test_a_worker_stands_in_the_list_once_for_each_of_its_taskmanagers() -> None:
    workers = (HostSpec("w1", "10.0.0.1", taskmanagers=2), HostSpec("w2", "w2"))
    wish = settle(replace(spec(), workers=workers), cluster(host("m"), host("w1"), host("w2")))
    assert wish.worker_entries == ("10.0.0.1", "10.0.0.1", "w2")


def test_applying_what_was_settled_settles_the_same_again() -> None:
    bare = cluster(host("m"), host("w1"), host("w2"))
    first = settle(spec(), bare)
    texts = {
        name: "".join(f"{key}: {value}\n" for key, value in node.config) for name, node in first.nodes.items()
    }
    later = cluster(*(recorded(name, text) for name, text in texts.items()))
    again = settle(spec(), later)
    assert {name: node.config for name, node in again.nodes.items()} == {
        name: node.config for name, node in first.nodes.items()
    }
    assert again.suggestions == () and first.suggestions
    assert isinstance(later["m"].homes, MappingProxyType) and HOME in later["m"].homes
    assert shipped("2.3.0")


def test_one_parallelism_serves_the_cluster_and_follows_the_slots_that_were_settled() -> None:
    key = "parallelism.default"
    few = settle(spec(config={SLOTS: "2"}), cluster(host("m"), host("w1", cores=8), host("w2", cores=8)))
    assert {config(few, name)[key] for name in ("m", "w1", "w2")} == {"4"}
    assert {one.value for one in few.suggestions if one.key == key} == {"4"}
    grown = settle(spec(), cluster(recorded("m", f"{key}: 3\n"), host("w1"), host("w2")))
    assert {config(grown, name)[key] for name in ("m", "w1", "w2")} == {"3"}


def test_the_masters_ssh_is_told_what_differs_from_its_own_ways() -> None:
    other = replace(spec(), workers=(HostSpec("w1", "w1"), HostSpec("w2", "w2", user="flink2", port=2222)))
    wish = settle(other, cluster(host("m"), host("w1"), host("w2")))
    told = {entry.name: entry for one in other.hosts for entry in ssh_entries(wish, one)}
    assert set(told) == {"w2"}
    assert (told["w2"].user, told["w2"].port) == ("flink2", 2222)


@pytest.mark.parametrize("ours", [False, True])
def test_what_somebody_else_configured_and_left_open_stays_open(ours: bool) -> None:
    """In their Flink only what is wrong, or what it does not start without, is written."""
    text = "jobmanager.rpc.address: elsewhere\ntaskmanager.bind-host: localhost\nrest.port: 18081\n"
    home = flink_home("2.3.0", {"config.yaml": text}, edited=("config.yaml",), manifest=ours)
    wish = settle(spec(), cluster(host("m"), with_home(host("w1"), home), host("w2")))
    found = config(wish, "w1")
    assert (found["jobmanager.rpc.address"], found["taskmanager.bind-host"]) == ("m", "0.0.0.0")
    assert (SLOTS in found, "taskmanager.host" in found) == (ours, ours)
    assert SIZE in found
