"""The jars in assets/jobs are those of the sources in jobs/, and serve the lines that the index says."""

from __future__ import annotations

import importlib.util
import struct
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
INDEX: dict[str, Any] = yaml.safe_load((ROOT / "assets" / "jobs" / "index.yaml").read_text(encoding="utf-8"))
JAVA_8_MAJOR = 52


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_jobs", ROOT / "scripts" / "build_jobs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_jobs"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("generation", INDEX["generations"], ids=lambda generation: generation["api"])
def test_a_jar_was_built_from_the_sources_beside_it(generation: dict[str, Any], builder: ModuleType) -> None:
    jar = builder.content(ROOT / "assets" / "jobs" / generation["jar"])
    assert builder.recorded(jar, "Main-Class") == INDEX["class"]
    assert builder.fingerprint(generation).startswith(builder.recorded(jar, "Sources")), (
        "run scripts/build-jobs"
    )
    assert INDEX["class"].replace(".", "/") + ".class" in jar


@pytest.mark.parametrize("generation", INDEX["generations"], ids=lambda generation: generation["api"])
def test_a_jar_runs_on_the_oldest_java_of_its_lines(generation: dict[str, Any]) -> None:
    wanted = JAVA_8_MAJOR + generation["java_release"] - 8
    with zipfile.ZipFile(ROOT / "assets" / "jobs" / generation["jar"]) as jar:
        for name in jar.namelist():
            if name.endswith(".class"):
                assert struct.unpack(">H", jar.read(name)[6:8]) == (wanted,), name


def test_a_jar_has_no_trace_of_where_and_when_it_was_built(builder: ModuleType, tmp_path: Path) -> None:
    for jar in ("first.jar", "second.jar"):
        classes = tmp_path / jar.removesuffix(".jar")
        classes.mkdir()
        for name in ("b.class", "a.class") if jar == "first.jar" else ("a.class", "b.class"):
            (classes / name).write_bytes(name.encode())
        builder.write_jar(classes, "Manifest-Version: 1.0\r\n", tmp_path / jar)
    assert (tmp_path / "first.jar").read_bytes() == (tmp_path / "second.jar").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.jar") as written:
        assert written.namelist() == ["META-INF/MANIFEST.MF", "a.class", "b.class"]


def test_another_jar_than_the_sources_give_is_told_apart(builder: ModuleType, tmp_path: Path) -> None:
    kept, fresh = tmp_path / "kept.jar", tmp_path / "fresh.jar"
    assert builder.differences(kept, fresh) == ["kept.jar is missing"]
    made = {"one": b"1", "other": b"2"}
    for jar, name in ((kept, "one"), (fresh, "other")):
        classes = tmp_path / name
        classes.mkdir()
        (classes / "A.class").write_bytes(made[name])
        builder.write_jar(classes, "Built-By-Javac: 17\r\nSources: abc\r\n", jar)
    assert builder.differences(kept, fresh) == ["kept.jar: A.class differs"]
    assert builder.differences(kept, kept) == []
