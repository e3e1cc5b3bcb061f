"""Flink's home, configuration, lists, daemons and lock: from facts to commands, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from tests.unit.worlds import HOME, JAVAS, TAR, cluster, daemon, flink_home, host, shipped, with_home
from wizard.commands import Command, Fetch, FetchChoice, Run, Transfer, Upload
from wizard.facts import ClusterFacts, HomeFacts, HostFacts, PathFacts
from wizard.flink.catalogue import line_of
from wizard.flink.configfile import read_config
from wizard.javachoice import JavaWish
from wizard.needs import Rest
from wizard.operations.configure import WriteConfig, WriteList, listed
from wizard.operations.daemons import START, StartDaemon, StopDaemon
from wizard.operations.home import InstallHome, Obtain, manifest_path, ready_of
from wizard.operations.lock import ReleaseLock, TakeLock
from wizard.operations.operation import CannotOperate, Operation
from wizard.operations.proofjob import RunProofJob
from wizard.operations.record import WriteRecord
from wizard.servicefacts import RestFacts
from wizard.spec import HERE

DATA = Path(__file__).parent / "data"
REST = Rest("m", 8081, ("/overview",))


def cases(name: str) -> list[Any]:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def upload(commands: tuple[Command, ...]) -> Upload:
    (only,) = commands
    assert isinstance(only, Upload)
    return only


def worker(
    version: str = "2.3.0", files: dict[str, str] | None = None, edited: bool = False, **more: Any
) -> HostFacts:
    texts = shipped(version) | (files or {})
    return with_home(host("w", **more), flink_home(version, texts, edited=texts if edited else ()))


def config(
    version: str, *values: tuple[str, str], java: bool = False, unset: tuple[str, ...] = ()
) -> WriteConfig:
    line = line_of(version)
    wish = JavaWish.of(line.java, allow_unsupported=True) if java else None
    return WriteConfig("w", HOME, line, values, unset, java=wish)


# --- the configuration


def test_only_the_lines_that_are_meant_change_in_an_operators_file() -> None:
    text = "# mine\nb:   2   # two\nparallelism.default: 3\nweird.key: x\n\na: 1\n"
    facts = cluster(worker("1.9.3", {"flink-conf.yaml": text}, edited=True))
    operation = config("1.9.3", ("parallelism.default", "8"), ("a", "1"), unset=("weird.key",))
    written = upload(operation.commands(facts))
    assert written.content == "# mine\nb:   2   # two\nparallelism.default: 8\n\na: 1\n"
    assert (written.before, written.backup) == (text, True)
    assert operation.satisfied(operation.expected(facts))


def test_an_operators_values_that_nobody_asked_about_are_no_reason_to_write() -> None:
    facts = cluster(worker("1.9.3", {"flink-conf.yaml": "a: 1\nmine: 2\n"}, edited=True))
    assert config("1.9.3", ("a", "1")).satisfied(facts)


@pytest.mark.parametrize("version", ["0.9.1", "1.9.3", "1.20.0", "2.3.0"])
def test_a_file_that_the_distribution_brought_is_replaced_as_a_whole(version: str) -> None:
    facts = cluster(worker(version))
    operation = config(version, ("taskmanager.numberOfTaskSlots", "4"))
    written = upload(operation.commands(facts))
    assert "# shipped" not in written.content and not written.backup
    assert read_config(written.content, line_of(version)).values == {"taskmanager.numberOfTaskSlots": "4"}


def test_even_a_brought_file_with_the_right_values_is_replaced_once() -> None:
    facts = cluster(worker("2.3.0"))
    operation = config("2.3.0", ("jobmanager.rpc.address", "localhost"))
    assert not operation.satisfied(facts)
    assert operation.satisfied(operation.expected(facts))


def test_a_leftover_flat_file_is_the_one_that_1_20_reads() -> None:
    facts = cluster(worker("1.20.0", {"flink-conf.yaml": "a: 1\n"}, edited=True))
    written = upload(config("1.20.0", ("a", "2")).commands(facts))
    assert (written.path, written.content) == (f"{HOME}/conf/flink-conf.yaml", "a: 2\n")
    after = upload(config("2.3.0", ("a", "2")).commands(facts))
    assert after.path == f"{HOME}/conf/config.yaml"


@pytest.mark.parametrize("file", ["config.yaml", "workers"])
def test_a_file_that_cannot_be_read_is_not_written(file: str) -> None:
    facts = worker()
    home = facts.homes[HOME]
    hidden = replace(home.conf[file], text=None, owner="root", size=12)
    home = replace(home, conf=MappingProxyType({**home.conf, file: hidden}))
    operation: Operation = config("2.3.0", ("a", "1"))
    if file == "workers":
        operation = WriteList("w", HOME, "workers", ("w",))
    with pytest.raises(CannotOperate, match="cannot be read") as error:
        operation.commands(cluster(with_home(facts, home)))
    assert "root" in error.value.evidence and error.value.action


@pytest.mark.parametrize(
    ("version", "text", "value"), [("2.3.0", "a: [1\n", "2"), ("1.9.3", "a: 1\n", "x # y")]
)
def test_a_file_or_a_value_that_cannot_be_is_told(version: str, text: str, value: str) -> None:
    facts = cluster(worker(version, {line_of(version).config.file: text}, edited=True))
    with pytest.raises(CannotOperate) as error:
        config(version, ("a", value)).commands(facts)
    assert error.value.evidence and error.value.action


def test_java_17_gets_module_flags_on_1_9_once() -> None:
    text = "env.java.opts: -Dmine=1\n"
    facts = cluster(worker("1.9.3", {"flink-conf.yaml": text}, edited=True))
    operation = config("1.9.3", java=True)
    values = read_config(upload(operation.commands(facts)).content, "flat").values
    assert values["env.java.home"] == JAVAS[17].home
    assert values["env.java.opts"].startswith("-Dmine=1 --add-")
    after = operation.expected(facts)
    assert operation.satisfied(after)
    assert values["env.java.opts"].split().count("-Dmine=1") == 1


def test_java_8_gets_no_module_flags() -> None:
    facts = cluster(worker("1.9.3", {"flink-conf.yaml": "a: 1\n"}, edited=True, javas=(JAVAS[8],)))
    values = read_config(upload(config("1.9.3", java=True).commands(facts)).content, "flat").values
    assert "env.java.opts" not in values


# --- the lists


@pytest.mark.parametrize("file", ["slaves", "workers"])
def test_a_list_keeps_its_comments_and_gets_its_hosts(file: str) -> None:
    text = "# rack 1\nold1\n  # rack 2\nold2 # leaves\n"
    home = flink_home("2.3.0", {file: text}, edited=(file,))
    facts = cluster(with_home(host("w"), home))
    operation = WriteList("w", HOME, file, ("w1", "w2", "w2"))
    written = upload(operation.commands(facts))
    assert written.content == "# rack 1\n  # rack 2\nw1\nw2\nw2\n" and written.backup
    assert operation.satisfied(operation.expected(facts))


def test_a_brought_list_needs_no_backup_and_a_missing_one_is_made() -> None:
    operation = WriteList("w", HOME, "workers", ("w1",))
    assert not upload(operation.commands(cluster(worker()))).backup
    missing = upload(operation.commands(cluster(with_home(host("w"), flink_home("2.3.0", {})))))
    assert (missing.path, missing.before) == (f"{HOME}/conf/workers", None)


def test_a_list_is_read_as_flinks_scripts_read_it() -> None:
    assert listed("# c\n a  b\n\nc#d\n\te\n") == ("a", "c", "e")


# --- daemons


def words_of(commands: tuple[Command, ...]) -> tuple[bool, list[list[str]], list[str]]:
    """Whether a calculation came first, the words after bin/ of each script, and the pids that are waited for."""
    calculates, scripts, pids = False, [], []
    for command in commands:
        assert isinstance(command, Run)
        if command.argv[2] == START:
            assert command.argv[4:6] == (HOME, "")
            scripts.append(list(command.argv[6:]))
        elif command.why == "see it gone":
            pids += command.argv[6:]
        else:
            calculates = True
    return calculates, scripts, pids


@pytest.mark.parametrize("case", cases("daemon-commands.yaml"), ids=lambda case: case["name"])
def test_what_runs_decides_what_is_started_and_stopped(case: dict[str, Any]) -> None:
    version, kind, running = str(case["version"]), case["kind"], case.get("running", [])
    files = {line_of(version).config.file: "a: 1\n"}
    daemons = [daemon(kind, 100 + number, float(started)) for number, started in enumerate(running)]
    other = daemon("jobmanager" if kind == "taskmanager" else "taskmanager", 7)
    facts = cluster(with_home(host("w"), flink_home(version, files, edited=files), *daemons, other))
    line = line_of(version)
    operation: Operation = StartDaemon(
        "w", HOME, line, kind, count=case.get("count", 1), mode=case.get("mode", "batch")
    )
    if case.get("stop"):
        operation = StopDaemon("w", HOME, line, kind)
    assert operation.satisfied(facts) is case.get("satisfied", False)
    if case.get("satisfied"):
        return
    calculates, scripts, pids = words_of(operation.commands(facts))
    assert (calculates, scripts) == (case.get("calculates", False), case["commands"])
    stops = [words for words in scripts if words[1] == "stop"]
    assert len(stops) == len(pids) and (not stops or len(stops) == len(daemons))
    after = operation.expected(facts)
    assert operation.satisfied(after) and other in (after["w"].daemons or ())


def test_a_start_that_left_no_daemon_tells_what_its_jvm_said() -> None:
    operation = StartDaemon("w", HOME, line_of("1.9.3"), "taskmanager", logs="/var/log/flink")
    out = "/var/log/flink/flink-flink-taskexecutor-0-w.out"
    asked = [one.patterns for needs in operation.evidence_needs().values() for one in needs]  # type: ignore[attr-defined]
    assert [pattern.rpartition(".")[2] for pattern in asked[0]] == ["out", "log"]
    refused = "Unrecognized VM option 'UseIt'\nError: Could not create the Java Virtual Machine.\n"
    bare = with_home(host("w"), flink_home("1.9.3"))
    evidence, action = operation.explain(cluster(replace(bare, tails=MappingProxyType({out: refused}))))
    assert evidence.startswith("0 of 1 run\n") and "Unrecognized VM option 'UseIt'" in evidence and action
    assert operation.explain(cluster(bare)) == (
        "0 of 1 run",
        "Read the newest files in /var/log/flink on w.",
    )


@pytest.mark.parametrize(
    "case", cases("running-jobs.yaml"), ids=lambda case: f"{case['version']} {case['jobs']}"
)
def test_the_jobs_that_a_restart_would_end_are_named_on_every_line(case: dict[str, Any]) -> None:
    line = line_of(str(case["version"]))
    said = RestFacts(True, MappingProxyType({line.web.jobs: case["answer"]}))
    master = replace(host("m"), rest=MappingProxyType({REST.key: said}))
    files = shipped(str(case["version"]))
    seen = with_home(host("w"), flink_home(str(case["version"]), files), daemon("taskmanager", 5, 500.0))
    facts = cluster(master, seen)
    for operation in (
        StartDaemon("w", HOME, line, "taskmanager", rests=(("m", REST),)),
        StopDaemon("w", HOME, line, "taskmanager", rests=(("m", REST),)),
    ):
        assert list(operation.loses_jobs(facts)) == case["jobs"]
    fresh = replace(seen, daemons=())
    starting = StartDaemon("w", HOME, line, "taskmanager", rests=(("m", REST),))
    assert starting.loses_jobs(cluster(master, fresh)) == ()


# --- the home


def install(version: str = "2.3.0") -> InstallHome:
    return InstallHome("w", HOME, version, TAR, "run1")


def cached(facts: ClusterFacts, **manifest: Any) -> ClusterFacts:
    text = json.dumps({"version": "2.3.0", "archive_sha": "a" * 128, **manifest})
    facts = facts.changed_path(HERE, PathFacts(manifest_path(TAR), "file", text=text))
    return facts.changed_path(HERE, PathFacts(TAR, "file", size=10))


def test_a_fresh_home_is_streamed_beside_its_place_and_then_moved() -> None:
    transfer, swap = install().commands(cluster(host("w")))
    assert isinstance(transfer, Transfer) and isinstance(swap, Run)
    assert transfer.path == "/home/flink/.flink.flink-wizard-new" and transfer.source == HERE
    assert swap.argv[4:] == (HOME, transfer.path, ready_of(HOME), f"{HOME}.run1.bak", "no", "conf", "log")


def test_a_replaced_home_keeps_what_its_operator_added() -> None:
    old = flink_home("2.3.0", shipped("2.3.0"), operator_files=("lib/a b.jar", "plugins/x/y.jar"))
    swap = install().commands(cluster(with_home(host("w"), replace(old, changed_files=("lib/z.jar",)))))[-1]
    assert isinstance(swap, Run) and swap.argv[8:] == ("yes", "conf", "log", "lib/a b.jar", "plugins/x/y.jar")


def test_a_home_with_daemons_is_not_swapped() -> None:
    seen = with_home(host("w"), flink_home("1.20.0"), daemon("taskmanager", 4711))
    with pytest.raises(CannotOperate, match="daemons run from it") as error:
        install().commands(cluster(seen))
    assert "taskmanager (pid 4711)" in error.value.evidence


def test_a_directory_of_something_else_is_left_alone() -> None:
    with pytest.raises(CannotOperate, match="is not a Flink home"):
        install().commands(cluster(with_home(host("w"), HomeFacts(HOME, True, operator_files=("photos",)))))


def test_what_an_interrupted_swap_left_is_only_finished() -> None:
    left = HomeFacts(HOME, False, leftovers=(".flink.flink-wizard-new", ".flink.flink-wizard-ready"))
    (command,) = install().commands(cluster(with_home(host("w"), left)))
    assert isinstance(command, Run) and command.argv[4:] == (ready_of(HOME), HOME)


@pytest.mark.parametrize(
    ("home", "good"),
    [
        (flink_home("2.3.0"), True),
        (flink_home("2.3.0", manifest=False), True),
        (flink_home("1.20.0"), False),
        (replace(flink_home("2.3.0"), changed_files=("lib/x.jar",)), False),
        (replace(flink_home("2.3.0"), executable=False), False),
        (HomeFacts(HOME, False), False),
    ],
)
def test_a_home_is_good_when_it_is_that_flink_whole(home: HomeFacts, good: bool) -> None:
    facts = cluster(with_home(host("w"), home))
    assert install().satisfied(facts) is good
    assert install().satisfied(cached(facts)) is good
    obtain = Obtain(HERE, "2.3.0", (), TAR, (("w", HOME),))
    assert obtain.satisfied(facts) is good


def test_a_distribution_is_obtained_once_and_again_when_its_source_changed() -> None:
    choice = FetchChoice("path", "/srv/flink.tgz")
    obtain = Obtain(HERE, "2.3.0", (choice,), TAR, (("w", HOME),))
    bare = cluster(host("w"))
    source = PathFacts("/srv/flink.tgz", "file", size=5, mtime=7.9)
    there = cached(bare, source={"size": 5, "mtime": 7}).changed_path(HERE, source)
    assert not obtain.satisfied(bare) and isinstance(obtain.commands(bare)[0], Fetch)
    assert obtain.satisfied(there)
    assert not obtain.satisfied(there.changed_path(HERE, replace(source, mtime=9.0)))
    assert not obtain.satisfied(cached(bare, size=11)) and not obtain.satisfied(cached(bare, version="1.0.0"))
    broken = bare.changed_path(HERE, PathFacts(manifest_path(TAR), "file", text="{half"))
    assert not obtain.satisfied(broken.changed_path(HERE, PathFacts(TAR, "file", size=1)))


# --- lock, record, proof job


def locked_by(owner: str) -> ClusterFacts:
    return cluster(host("m")).changed_path("m", PathFacts("~/s/lock/owner", "file", text=owner + "\n"))


def test_a_lock_is_taken_kept_taken_over_or_respected() -> None:
    take = TakeLock("m", "~/s/lock", "run 1", "run 0")
    (command,) = take.commands(cluster(host("m")))
    assert isinstance(command, Run) and command.argv[4:] == ("/home/flink/s/lock", "run 1", "run 0")
    assert take.satisfied(locked_by("run 1")) and not take.satisfied(locked_by("run 0"))
    assert take.commands(locked_by("run 0"))
    with pytest.raises(CannotOperate, match="Somebody else") as error:
        take.commands(locked_by("run 7 by eve"))
    assert error.value.evidence == "run 7 by eve" and "rm -r ~/s/lock" in error.value.action


def test_only_our_own_lock_is_released() -> None:
    release = ReleaseLock("m", "~/s/lock", "run 1")
    assert not release.satisfied(locked_by("run 1"))
    assert release.satisfied(locked_by("run 2")) and release.satisfied(release.expected(locked_by("run 1")))


def test_a_record_is_written_for_its_owner_alone_and_once() -> None:
    record = WriteRecord("m", "~/s/answers.yaml", "a: 1\n")
    written = upload(record.commands(cluster(host("m"))))
    assert (written.path, written.mode) == ("/home/flink/s/answers.yaml", 0o600)
    assert record.satisfied(record.expected(cluster(host("m"))))


def test_a_proof_holds_for_these_processes_only() -> None:
    job = RunProofJob("m", HOME, line_of("2.3.0"), REST, 4, 1, ("m", "w"), "~/s", "run1")
    seen = with_home(host("w"), flink_home("2.3.0"), daemon("taskmanager", 5))
    proved = job.expected(cluster(host("m"), seen))
    assert job.satisfied(proved)
    other = proved.changed("w", daemons=(daemon("taskmanager", 6),))
    assert not job.satisfied(other)
    evidence, action = job.explain(other)
    assert "w: taskmanager with pid 6" in evidence and "run again" in action
    evidence, action = job.explain(cluster(host("m"), seen))
    assert "~/s/proof.json" in evidence and "~/s/proof.json" in action
