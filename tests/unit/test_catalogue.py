"""What is known of each Flink line agrees with recorded scripts, archives, keys and Java statements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wizard.flink import catalogue
from wizard.flink.catalogue import (
    LINES,
    VERSIONS,
    UnknownBuild,
    UnknownVersion,
    archive_names,
    line_of,
    module_flag_list,
)
from wizard.flink.java import (
    java_verdict,
    module_flags,
    parse_java_release,
    parse_java_version,
)
from wizard.flink.keys import judge_key, known_keys, nearest_key
from wizard.flink.line import ModeUnknown

GOLDEN = Path(__file__).parent.parent / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


ROWS = [pytest.param(row, id=row["line"]) for row in golden("catalogue/lines.json")]


# --- lines


@pytest.mark.parametrize("row", ROWS)
def test_a_line_is_what_was_recorded_of_its_scripts_and_configuration(row: dict[str, Any]) -> None:
    line = line_of(row["line"])
    config, memory = line.config, line.memory
    assert list(line.patches) == row["patches"]
    assert [config.file, config.format, config.merges_directory, config.leftover_flat] == row["config"]
    assert [line.lists.workers, line.lists.masters, list(line.lists.local_names), line.pdsh] == row["lists"]
    tm = memory.taskmanager
    assert [tm.model, tm.key, tm.unit == "mb"] == row["taskmanager"]
    assert [memory.jobmanager.model, memory.jobmanager.key] == row["jobmanager"]
    assert memory.network.max_mib == row["network_max_mb"]
    daemons = line.daemons
    assert [
        daemons.jobmanager,
        daemons.taskmanager,
        daemons.pid_file,
        daemons.log_file,
        daemons.log_dir_settable,
        daemons.logs_kept,
    ] == row["daemons"]
    assert {key: getattr(line.keys, key) for key in row["keys"]} == row["keys"]
    assert list(line.keys.bind_hosts) == row["bind_hosts"]
    assert list(line.shipped_localhost) == row["shipped_localhost"]
    web = line.web
    assert [
        web.overview, web.taskmanagers, web.config, web.version, web.taskmanager_count, web.slot_count
    ] == row["web"]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_scripts_can_what_was_recorded(row: dict[str, Any]) -> None:
    line = line_of(row["line"])
    starts, tm_starts, *abilities = row["scripts"]
    assert " ".join(line.jobmanager_start("batch")) == starts.split(" [")[0].replace(
        "batch|streaming", "batch"
    )
    assert " ".join(line.taskmanager_start("batch")) == tm_starts.replace("batch|streaming", "batch")
    scripts = line.scripts
    assert [
        scripts.stop_all, scripts.foreground, scripts.dynamic, scripts.kills_after_wait, scripts.numa
    ] == abilities  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_java_and_high_availability_are_what_was_recorded(row: dict[str, Any]) -> None:
    line = line_of(row["line"])
    java = line.java
    class_file, supported, deprecated, experimental, recommended, opts_key = row["java"]
    assert [java.class_file, java.recommended, java.opts_key] == [class_file, recommended, opts_key]
    assert sorted(set(java.supported) - set(java.deprecated)) == supported
    assert [list(java.deprecated), list(java.experimental)] == [deprecated, experimental]
    recorded = row["ha"]
    assert (line.ha is None) == (recorded is None)
    if line.ha is not None:
        names = {"mode", "quorum", "storage", "root"}
        assert {key: getattr(line.ha, key) for key in names} == {key: recorded[key] for key in names}
        assert line.ha.cluster_id == recorded.get("cluster_id")


@pytest.mark.parametrize("row", golden("catalogue/commands.json"))
def test_the_start_and_stop_commands_are_the_recorded_ones(row: dict[str, Any]) -> None:
    line = line_of(row["version"])
    said = {
        "jobmanager": line.jobmanager_start(row["mode"]),
        "taskmanager": line.taskmanager_start(row["mode"]),
        "cluster": line.start_cluster(row["mode"]),
        "stop": line.jobmanager_stop(),
        "stop_all": line.jobmanager_stop_all(),
    }
    assert {key: " ".join(words) for key, words in said.items()} == {key: row[key] for key in said}


def test_high_availability_passes_host_and_port_where_a_line_takes_them() -> None:
    assert line_of("0.10").jobmanager_start("batch", "m1", 8081)[2:] == ("cluster", "batch", "m1", "8081")
    assert line_of("1.3").jobmanager_start("batch", "m1", 8081)[2:] == ("cluster", "m1", "8081")
    assert line_of("2.3").jobmanager_start("batch", "m1", 8081)[1:] == ("start", "m1", "8081")
    with pytest.raises(ValueError, match="takes no host"):
        line_of("0.9").jobmanager_start("batch", "m1")


def test_settings_on_the_command_line_are_refused_where_the_script_ignores_them() -> None:
    settings = (("taskmanager.numberOfTaskSlots", "3"),)
    assert line_of("1.10").taskmanager_start(settings=settings)[2:] == (
        "-D",
        "taskmanager.numberOfTaskSlots=3",
    )
    with pytest.raises(ValueError, match="takes no -D"):
        line_of("1.9").taskmanager_start(settings=settings)
    with pytest.raises(ModeUnknown):
        line_of("0.9").taskmanager_start("fast")  # type: ignore[arg-type]


def test_every_released_version_belongs_to_one_line() -> None:
    assert len(VERSIONS) == len(set(VERSIONS)) == 110
    assert all(version in line_of(version).patches for version in VERSIONS)
    assert [line.number for line in LINES] == sorted(line.number for line in LINES)


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        ("1.20.9", "1.20.5"),
        ("1.11.5", "1.11.6"),
        ("3.0.0", "2.3.0"),
        ("2.4", "2.3.0"),
        ("v2.3.0", "2.3.0"),
        ("x", None),
    ],
)
def test_an_unknown_version_names_the_nearest_one(version: str, nearest: str | None) -> None:
    with pytest.raises(UnknownVersion) as unknown:
        line_of(version)
    assert unknown.value.nearest == nearest


# --- archives


@pytest.mark.parametrize("row", ROWS)
def test_archives_are_the_recorded_ones(row: dict[str, Any]) -> None:
    plain = next(v for v in row["patches"] if v not in ("0.9.0", "0.10.2"))
    assert sorted(archive_names(plain)) == sorted(name.replace("{v}", plain) for name in row["archives"])


def test_exceptional_archives() -> None:
    assert "flink-0.9.0-bin-hadoop2-yarn.tgz" in archive_names("0.9.0")
    assert archive_names("0.10.2", "2.7", "2.10") == ("flink-0.10.2-bin-hadoop27.tgz",)
    assert archive_names("0.10.2", "hadoop27", "2.11") == ("flink-0.10.2-bin-hadoop27-scala_2.11.tgz",)
    assert archive_names("0.10.1", "27", "2.10") == ("flink-0.10.1-bin-hadoop27-scala_2.10.tgz",)
    assert archive_names("1.4.2", "none") == ("flink-1.4.2-bin-scala_2.11.tgz",)


@pytest.mark.parametrize(
    ("version", "default"),
    [
        ("0.9.0", "flink-0.9.0-bin-hadoop27.tgz"),
        ("1.3.3", "flink-1.3.3-bin-hadoop27-scala_2.11.tgz"),
        ("1.4.2", "flink-1.4.2-bin-scala_2.11.tgz"),
        ("1.9.3", "flink-1.9.3-bin-scala_2.12.tgz"),
        ("2.3.0", "flink-2.3.0-bin-scala_2.12.tgz"),
    ],
)
def test_the_default_archive_has_no_hadoop_and_the_newest_scala(version: str, default: str) -> None:
    assert archive_names(version)[0] == default


def test_a_build_that_does_not_exist_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownBuild, match=r"no Hadoop with Scala 2\.12"):
        archive_names("2.3.0", "hadoop27")


def test_downloads_name_mirror_archive_and_checksums() -> None:
    found = catalogue.download_of("1.20.5")
    file = "flink-1.20.5-bin-scala_2.12.tgz"
    assert found.mirror == f"https://dlcdn.apache.org/flink/flink-1.20.5/{file}"
    assert found.archive == f"https://archive.apache.org/dist/flink/flink-1.20.5/{file}"
    assert found.mirror_checksums() == (f"https://downloads.apache.org/flink/flink-1.20.5/{file}.sha512",)
    assert found.archive_checksums() == (found.archive + ".sha512",)
    assert catalogue.download_of("1.3.3").checksum_extensions == (".sha",)
    assert catalogue.download_of("1.4.0").checksum_extensions == (".sha",)
    assert catalogue.download_of("1.4.2").checksum_extensions == (".sha", ".sha512")


def test_python_packages_are_known_where_they_hold_a_flink_home() -> None:
    one, two = ("apache-flink",), ("apache-flink", "apache-flink-libraries")
    shapes = {name: line_of(name).pypi for name in ("1.8", "1.9", "1.10", "1.11", "1.13", "2.3")}
    assert {name: spec and (spec.shape, spec.packages) for name, spec in shapes.items()} == {
        "1.8": None,
        "1.9": ("sdist", one),
        "1.10": None,
        "1.11": ("wheel", one),
        "1.13": ("wheel+libraries", two),
        "2.3": ("wheel+libraries", two),
    }


# --- Java


@pytest.mark.parametrize(
    ("line", "major", "judgement"),
    [
        ("1.9", 8, "supported"), ("1.9", 11, "unsupported"), ("1.9", 17, "unsupported"), ("1.9", 7, "broken"),
        ("1.10", 11, "supported"), ("1.14", 17, "unsupported"), ("1.15", 8, "deprecated"),
        ("1.18", 17, "experimental"), ("1.18", 21, "unsupported"), ("1.20", 21, "experimental"),
        ("1.20", 25, "broken"), ("2.3", 8, "broken"), ("2.3", 11, "supported"), ("2.3", 17, "supported"),
        ("2.3", 21, "experimental"), ("2.3", 22, "unsupported"), ("2.3", 24, "broken"),
        ("0.9", 6, "supported"), ("0.10", 6, "broken"), ("1.3", 17, "unsupported"),
    ],
)  # fmt: skip
def test_java_is_judged_as_the_project_states_it(line: str, major: int, judgement: str) -> None:
    verdict = java_verdict(line_of(line), major)
    assert verdict.judgement == judgement
    assert verdict.waivable == (judgement != "broken")
    assert f"Flink {line}" in verdict.sentence


def test_module_flags_are_added_only_where_they_are_needed_and_harmless() -> None:
    recorded = golden("catalogue/module-flags.json")
    old = module_flags(line_of("1.9"), 17)
    assert old.cluster == (
        "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
    )
    assert old.client[1] == "--add-opens=java.base/java.lang=ALL-UNNAMED"
    assert (old.cluster_key, old.client_key, old.tried) == ("env.java.opts", None, True)
    middle = module_flags(line_of("1.16"), 17)
    assert list(middle.cluster) == list(middle.client) == recorded["1.18-2.0"]
    assert middle.client_key == "env.java.opts.client"
    assert module_flags(line_of("1.17"), 17).cluster_key == "env.java.opts.all"
    assert not module_flags(line_of("1.16"), 8)
    assert not module_flags(line_of("1.16"), 11)
    assert not module_flags(line_of("2.3"), 21)
    assert not module_flags(line_of("1.8"), 17).tried
    for line, named in (("2.0", "1.18-2.0"), ("2.1", "2.1-2.3")):
        shipped = line_of(line).java.flags_shipped
        assert shipped is not None and list(module_flag_list(shipped)) == recorded[named]
    assert line_of("1.17").java.flags_shipped is None


@pytest.mark.parametrize("row", golden("java-versions.json"))
def test_what_java_says_of_its_version_is_understood(row: dict[str, Any]) -> None:
    found = parse_java_version(row["text"])
    assert (found.major if found else None) == row["major"]
    assert (found.vendor if found else "") == row["vendor"]


def test_a_release_file_names_version_and_vendor() -> None:
    text = 'IMPLEMENTOR="Debian"\r\nJAVA_RUNTIME_VERSION="17.0.15+6"\nJAVA_VERSION="17.0.15"\n'
    found = parse_java_release(text)
    assert found is not None
    assert (found.major, found.text, found.vendor) == (17, "17.0.15", "Debian")
    assert parse_java_release('JAVA_VERSION="1.8.0_412"\n').major == 8  # type: ignore[union-attr]
    assert parse_java_release("OS_NAME=Linux\n") is None


# --- keys


@pytest.mark.parametrize(
    ("version", "key", "standing", "other"),
    [
        ("2.3.0", "taskmanager.memory.process.size", "known", None),
        ("2.3.0", "env.java.home", "known", None),
        ("2.3.0", "metrics.reporter.prom.port", "known", None),
        ("2.3.0", "external-resource.gpu.amount", "known", None),
        ("2.3.0", "kubernetes.namespace", "known", None),
        ("2.3.0", "table.exec.mini-batch.enabled", "known", None),
        ("2.3.0", "s3.access-key", "known", None),
        ("2.3.0", "containerized.master.env.X", "known", None),
        ("2.3.0", "security.ssl.rest.enabled", "known", None),
        ("2.3.0", "state.backend", "deprecated", "state.backend.type"),
        ("2.3.0", "taskmanager.tmp.dirs", "deprecated", "io.tmp.dirs"),
        ("2.3.0", "env.java.opts", "deprecated", "env.java.opts.all"),
        ("2.3.0", "web.port", "deprecated", "rest.port"),
        ("2.3.0", "taskmanager.heap.size", "removed", "taskmanager.memory.process.size"),
        ("2.3.0", "jobmanager.heap.mb", "removed", "jobmanager.memory.process.size"),
        ("1.17.2", "taskmanager.memory.fraction", "removed", "taskmanager.memory.managed.fraction"),
        ("1.20.5", "taskmanager.heap.mb", "deprecated", "taskmanager.memory.process.size"),
        ("1.10.1", "jobmanager.heap.size", "known", None),
        ("1.10.1", "taskmanager.memory.process.size", "known", None),
        ("1.10.1", "jobmanager.memory.process.size", "later", "jobmanager.heap.size"),
        ("1.9.3", "taskmanager.memory.process.size", "later", "taskmanager.heap.size"),
        ("1.9.3", "taskmanager.heap.mb", "known", None),
        ("1.5.0", "taskmanager.memory.process.size", "later", "taskmanager.heap.mb"),
        ("1.5.0", "taskmanager.heap.size", "later", None),
        ("1.2.0", "rest.port", "later", "jobmanager.web.port"),
        ("0.9.1", "io.tmp.dirs", "later", "taskmanager.tmp.dirs"),
        ("0.9.1", "parallelization.degree.default", "known", None),
        ("1.19.0", "execution.checkpointing.dir", "later", "state.checkpoints.dir"),
        ("2.3.0", "taskmanager.numberOfTaskSlot", "unknown", "taskmanager.numberOfTaskSlots"),
        ("2.3.0", "taskmanager.numberoftaskslots", "unknown", "taskmanager.numberOfTaskSlots"),
        ("2.3.0", "env.java.hom", "unknown", "env.java.home"),
        ("2.3.0", "my.own", "unknown", None),
    ],
)
def test_a_key_is_judged_by_version(version: str, key: str, standing: str, other: str | None) -> None:
    verdict = judge_key(version, key)
    assert (verdict.standing, verdict.other) == (standing, other)
    assert bool(verdict.sentence) == (standing != "known")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_every_key_the_catalogue_would_write_is_read_by_that_line(line: Any) -> None:
    names = [name for name in type(line.keys).__dataclass_fields__ if getattr(line.keys, name)]
    keys = [getattr(line.keys, name) for name in names if name != "log_dir" or line.daemons.log_dir_settable]
    keys += [line.memory.taskmanager.key, line.memory.jobmanager.key, line.java.opts_key]
    assert [key for key in keys if judge_key(line.name, key).standing not in ("known", "deprecated")] == []


def test_no_key_is_its_own_neighbour_and_defaults_are_known() -> None:
    assert nearest_key("2.3.0", "rest.prot") == "rest.port"
    assert known_keys("2.3.0")["taskmanager.numberOfTaskSlots"].default == "1"
    assert catalogue.default_of("rest.port") == 8081
