"""Small jobs for the tests, one of which never ends: compiled on the outer machine, submitted on a master.

Knows javac and bin/flink. It must not know the wizard.
"""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

from tests.distributions import flink_home
from tests.lab import Host

SOURCES = Path(__file__).with_name("jobs")
SUBMITTED = re.compile(r"JobID ([0-9a-f]{32})")


def endless_jar(version: str, directory: Path) -> Path:
    """The job that never ends, as a jar for that Flink."""
    return job_jar("Endless", version, directory)


def job_jar(name: str, version: str, directory: Path, java: int = 11) -> Path:
    """A job of `jobs/` as a jar for that Flink and that Java."""
    classes, jar = directory / "classes", directory / f"{name.lower()}.jar"
    classes.mkdir(parents=True)
    path, source = f"{flink_home(version)}/lib/*", str(SOURCES / f"{name}.java")
    for words in (
        ["javac", "--release", str(java), "-nowarn", "-cp", path, "-d", str(classes), source],
        ["jar", "--create", "--file", str(jar), "--main-class", name, "-C", str(classes), "."],
    ):
        subprocess.run(words, check=True, capture_output=True, timeout=120)
    return jar


def submit(master: Host, home: str, jar: Path, name: str) -> str:
    """Start the job under this name and return at once with its id."""
    bring(master, jar)
    said = master.exec([f"{home}/bin/flink", "run", "--detached", jar.name, name], user="flink")
    found = SUBMITTED.search(said.stdout)
    assert found, said.stdout + said.stderr
    return found[1]


def bring(host: Host, jar: Path) -> None:
    """Put the jar into the home directory of flink."""
    text = base64.b64encode(jar.read_bytes()).decode()
    host.exec(["sh", "-c", f"base64 -d > {jar.name}"], user="flink", stdin=text)
