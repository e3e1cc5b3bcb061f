"""Archives for the tests are laid out as official ones, whoever builds them and however often."""

from __future__ import annotations

import hashlib
import stat
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from tests.distributions import (
    LARGEST_OPT,
    DistributionUnavailable,
    archive_name,
    cache_root,
    flink_archive,
    flink_home,
    small_archive,
)

VERSION = "2.9.9"


def wheel(folder: Path, package: str, files: dict[str, tuple[int, bytes]]) -> None:
    info = f"{package}-{VERSION}.dist-info"
    described = {
        f"{info}/METADATA": (0o644, f"Metadata-Version: 2.1\nName: {package}\nVersion: {VERSION}\n".encode()),
        f"{info}/WHEEL": (0o644, b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        f"{info}/RECORD": (0o644, b""),
    }
    with zipfile.ZipFile(folder / f"{package}-{VERSION}-py3-none-any.whl", "w") as packed:
        for name, (mode, content) in {**files, **described}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | mode) << 16
            packed.writestr(entry, content)


@pytest.fixture(autouse=True)
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny packages in a folder, and a pip that looks nowhere else."""
    folder = tmp_path / "published"
    folder.mkdir()
    scripts = {
        "pyflink/bin/start-cluster.sh": (0o755, b"#!/bin/sh\n"),
        "pyflink/bin/flink.bat": (0o644, b"rem\n"),
        "pyflink/conf/config.yaml": (0o644, b"taskmanager:\n"),
        "pyflink/log/empty.txt": (0o644, b"only for packaging"),
        "pyflink/examples/table.py": (0o644, b"print()"),
        "pyflink/version.py": (0o644, b""),
        "pyflink/README.txt": (0o644, b"read me"),
        f"apache_flink-{VERSION}.dist-info/licenses/LICENSE": (0o644, b"licence"),
    }
    jars = {
        f"pyflink/lib/flink-dist-{VERSION}.jar": (0o644, b"dist" * 1000),
        "pyflink/bin/bash-java-utils.jar": (0o644, b"utils"),
        "pyflink/opt/small.jar": (0o644, b"small"),
        "pyflink/opt/large.jar": (0o644, bytes(LARGEST_OPT + 1)),
        "pyflink/plugins/gpu/discovery.sh": (0o755, b"#!/bin/sh\n"),
    }
    wheel(folder, "apache_flink", scripts)
    wheel(folder, "apache_flink_libraries", jars)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("FLINK_WIZARD_TEST_CACHE", str(tmp_path / "cache"))
    return folder


def modes(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as opened:
        return {member.name: stat.filemode(member.mode)[1:] for member in opened if member.isfile()}


def test_an_archive_unpacks_to_one_folder_with_everything_executable_that_must_be() -> None:
    archive = flink_archive(VERSION)
    assert archive.name == archive_name(VERSION) == "flink-2.9.9-bin-scala_2.12.tgz"
    assert modes(archive) == {
        "flink-2.9.9/LICENSE": "rw-r--r--",
        "flink-2.9.9/README.txt": "rw-r--r--",
        "flink-2.9.9/bin/bash-java-utils.jar": "rw-r--r--",
        "flink-2.9.9/bin/flink.bat": "rw-r--r--",
        "flink-2.9.9/bin/start-cluster.sh": "rwxr-xr-x",
        "flink-2.9.9/conf/config.yaml": "rw-r--r--",
        f"flink-2.9.9/lib/flink-dist-{VERSION}.jar": "rw-r--r--",
        "flink-2.9.9/opt/small.jar": "rw-r--r--",
        "flink-2.9.9/plugins/gpu/discovery.sh": "rwxr-xr-x",
    }
    with tarfile.open(archive) as opened:
        assert opened.getmember("flink-2.9.9/log").isdir()
    assert not list((flink_home(VERSION) / "log").iterdir())


def test_a_small_archive_needs_the_scripts_only(published: Path) -> None:
    (published / f"apache_flink_libraries-{VERSION}-py3-none-any.whl").unlink()
    names = modes(small_archive(VERSION))
    assert names["flink-2.9.9/bin/start-cluster.sh"] == "rwxr-xr-x"
    assert f"flink-2.9.9/lib/flink-dist-{VERSION}.jar" in names
    assert 200_000 < small_archive(VERSION).stat().st_size < 500_000


def test_the_same_packages_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = hashlib.sha256(flink_archive(VERSION).read_bytes()).hexdigest()
    monkeypatch.setenv("FLINK_WIZARD_TEST_CACHE", str(tmp_path / "another"))
    assert hashlib.sha256(flink_archive(VERSION).read_bytes()).hexdigest() == first


def test_builders_at_once_share_one_result_and_leave_nothing_else() -> None:
    found: list[Path] = []
    builders = [threading.Thread(target=lambda: found.append(small_archive(VERSION))) for _ in range(4)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(found) == 4
    assert set(found) == {cache_root() / "small" / archive_name(VERSION)}
    assert [path.name for path in (cache_root() / "small").iterdir()] == [archive_name(VERSION)]


def test_what_a_killed_builder_left_is_built_anew() -> None:
    home = cache_root() / "homes"
    (home / f".unfinished-flink-{VERSION}" / "lib").mkdir(parents=True)
    (home / f".unfinished-flink-{VERSION}.scratch").mkdir()
    assert (flink_home(VERSION) / "lib" / f"flink-dist-{VERSION}.jar").exists()
    assert [path.name for path in home.iterdir()] == [f"flink-{VERSION}"]


def test_a_version_that_pip_does_not_find_is_named_with_what_to_do() -> None:
    with pytest.raises(DistributionUnavailable, match=r"(?s)apache-flink==3\.1\.4.*pip config list"):
        flink_home("3.1.4")
    assert not list((cache_root() / "homes").iterdir())
