"""Compiles the verification job, one jar for each API generation, to the same bytes every time.

Knows assets/jobs/index.yaml, the sources in jobs/ and how a jar is written. Must not know clusters: what the
jars do when they run is shown elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.distributions import flink_home  # noqa: E402

ASSETS = ROOT / "assets" / "jobs"
SOURCES = ROOT / "jobs"
STAMP = (2000, 1, 1, 0, 0, 0)


class BuildFailed(RuntimeError):
    """No compiler, or it refused the sources; the text carries what it said."""


def tool(name: str) -> str:
    home = os.environ.get("JAVA_HOME")
    found = Path(home, "bin", name) if home else None
    path = str(found) if found and found.exists() else shutil.which(name)
    if not path:
        raise BuildFailed(f"no {name}: install a JDK of release 17 or later, or set JAVA_HOME to one")
    return path


def compiler_version() -> str:
    """For example `17.0.15`: jars are compared byte for byte only when one compiler made both."""
    said = subprocess.run([tool("javac"), "-version"], capture_output=True, text=True, check=True)
    number = re.search(r"javac (\S+)", said.stdout + said.stderr)
    return number.group(1) if number else "unknown"


def sources(generation: dict[str, Any]) -> list[Path]:
    return sorted([*SOURCES.glob("common/**/*.java"), *SOURCES.glob(f"{generation['api']}/**/*.java")])


def fingerprint(generation: dict[str, Any]) -> str:
    """SHA-256 over names and contents of the sources and over what they are compiled for."""
    digest = hashlib.sha256(f"{generation['java_release']} {generation['compiled_against']}\n".encode())
    for source in sources(generation):
        digest.update(
            f"{source.relative_to(SOURCES)} {source.stat().st_size}\n".encode() + source.read_bytes()
        )
    return digest.hexdigest()


def build(generation: dict[str, Any], main_class: str, target: Path) -> None:
    libraries = sorted((flink_home(generation["compiled_against"]) / "lib").glob("flink-dist*.jar"))
    with tempfile.TemporaryDirectory() as folder:
        command = [
            tool("javac"),
            "-g:source,lines",
            "-proc:none",
            "-encoding",
            "UTF-8",
            "-Xlint:all,-options",
        ]
        command += ["--release", str(generation["java_release"]), "-cp", ":".join(map(str, libraries))]
        command += ["-Werror", "-d", folder, *map(str, sources(generation))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildFailed(
                f"{generation['api']}: javac ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        manifest = (
            "Manifest-Version: 1.0\r\n"
            f"Main-Class: {main_class}\r\n"
            f"Built-By-Javac: {compiler_version()}\r\n"
            f"Sources: {fingerprint(generation)[:48]}\r\n\r\n"
        )
        write_jar(Path(folder), manifest, target)


def write_jar(classes: Path, manifest: str, target: Path) -> None:
    """Sorted, stored and stamped alike: neither the file system, the clock nor zlib's version shows."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as jar:
        jar.writestr(entry("META-INF/MANIFEST.MF"), manifest)
        for path in sorted(classes.rglob("*.class")):
            jar.writestr(entry(path.relative_to(classes).as_posix()), path.read_bytes())


def entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=STAMP)
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def content(jar: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(jar) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def recorded(jar: dict[str, bytes], field: str) -> str:
    found = re.search(rf"^{field}: (.*?)\r?$", jar["META-INF/MANIFEST.MF"].decode(), re.MULTILINE)
    return found.group(1) if found else ""


def differences(kept: Path, fresh: Path) -> list[str]:
    """Why the jar in the repository is not the one that the sources give; empty when it is.

    Class files are compared when one javac made both jars, else only their names and the sources.
    """
    if not kept.exists():
        return [f"{kept.name} is missing"]
    old, new = content(kept), content(fresh)
    found: list[str] = []
    if recorded(old, "Sources") != recorded(new, "Sources"):
        found.append(f"{kept.name} was built from other sources")
    if sorted(old) != sorted(new):
        found.append(f"{kept.name} holds other files: {', '.join(sorted(set(old) ^ set(new)))}")
    if not found and recorded(old, "Built-By-Javac") == recorded(new, "Built-By-Javac"):
        found += [f"{kept.name}: {name} differs" for name in sorted(old) if old[name] != new[name]]
        if not found and kept.read_bytes() != fresh.read_bytes():
            found.append(f"{kept.name} is packed differently")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/build-jobs", description="Build the verification job's jars."
    )
    parser.add_argument("--check", action="store_true", help="compare with assets/jobs and change nothing")
    check = parser.parse_args().check
    index = yaml.safe_load((ASSETS / "index.yaml").read_text(encoding="utf-8"))
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for generation in index["generations"]:
            fresh, kept = Path(folder, generation["jar"]), ASSETS / generation["jar"]
            try:
                build(generation, index["class"], fresh)
            except BuildFailed as problem:
                print(problem, file=sys.stderr)
                return 1
            found = differences(kept, fresh)
            if not check and found:
                shutil.copyfile(fresh, kept)
            problems += found
            state = "same" if not found else ("differs" if check else "written")
            print(f"{kept.relative_to(ROOT)}: {state}, {fresh.stat().st_size} bytes")
    if check and problems:
        print("\n".join(problems) + "\nRun scripts/build-jobs and commit the jars.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
