"""A job that never ends, for the tests that must not lose one: compiled on the outer machine, submitted on a master.

Knows javac and bin/flink. It must not know the wizard.
"""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

from tests.distributions import flink_home
from tests.lab import Host

SOURCE = Path(__file__).with_name("jobs") / "Endless.java"
SUBMITTED = re.compile(r"JobID ([0-9a-f]{32})")


def endless_jar(version: str, directory: Path) -> Path:
    """The job as a jar for that Flink."""
    classes, jar = directory / "classes", directory / "endless.jar"
    classes.mkdir(parents=True)
    path = f"{flink_home(version)}/lib/*"
    for words in (
        ["javac", "--release", "11", "-nowarn", "-cp", path, "-d", str(classes), str(SOURCE)],
        ["jar", "--create", "--file", str(jar), "--main-class", "Endless", "-C", str(classes), "."],
    ):
        subprocess.run(words, check=True, capture_output=True, timeout=120)
    return jar


def submit(master: Host, home: str, jar: Path, name: str) -> str:
    """Start the job under this name and return at once with its id."""
    text = base64.b64encode(jar.read_bytes()).decode()
    master.exec(["sh", "-c", "base64 -d > endless.jar"], user="flink", stdin=text)
    said = master.exec([f"{home}/bin/flink", "run", "--detached", "endless.jar", name], user="flink")
    found = SUBMITTED.search(said.stdout)
    assert found, said.stdout + said.stderr
    return found[1]
