"""A distribution is obtained whole and verified, or refused with the reason; what a run leaves, the next one uses."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import os
import random
import re
import socket
import stat
import subprocess
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mirror import Mirror
from wizard.commands import Fetch, FetchChoice
from wizard.connection import ConnectionFailed
from wizard.facts import ClusterFacts, HostFacts, PathFacts
from wizard.obtain import Obtainer
from wizard.obtain.download import read_checksum
from wizard.obtain.pypi import fetch_packages, members_of
from wizard.obtain.watch import NotUsable, Watch, shown_address
from wizard.operations.home import Obtain, cached_manifest, manifest_path
from wizard.parts import CommandFailed
from wizard.spec import HERE

VERSION = "2.3.0"
NAME = f"flink-{VERSION}-bin-scala_2.12.tgz"
STAMP = 1_700_000_000
JAR = random.Random(7).randbytes(300_000)
FILES = {
    "LICENSE": (0o644, b"licence"),
    "bin/flink": (0o755, b"#!/bin/sh\n"),
    "bin/start-cluster.sh": (0o644, b"#!/bin/sh\n"),
    "bin/bash-java-utils.jar": (0o664, b"utils"),
    "conf/config.yaml": (0o644, b"taskmanager:\n"),
    "conf/secret.properties": (0o600, b"password=x\n"),
    f"lib/flink-dist-{VERSION}.jar": (0o644, JAR),
    "plugins/README.txt": (0o644, b"plugins"),
    "log/flink.log": (0o644, b"somebody's log"),
    ".flink-wizard/manifest.json": (0o644, b"{}"),
}


def member(name: str, size: int = 0, mode: int = 0o644, kind: bytes = tarfile.REGTYPE, link: str = "") -> Any:
    made = tarfile.TarInfo(name)
    made.size, made.mode, made.type, made.linkname, made.mtime = size, mode, kind, link, STAMP
    made.uid, made.uname = 501, "release"
    return made


def tar_of(
    files: dict[str, tuple[int, bytes]] = FILES, top: str = f"flink-{VERSION}/", extra: tuple[Any, ...] = ()
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, (mode, content) in files.items():
            archive.addfile(member(top + name, len(content), mode), io.BytesIO(content))
        for odd in extra:
            archive.addfile(odd, io.BytesIO(bytes(odd.size)))
    return out.getvalue()


def tgz_of(**how: Any) -> bytes:
    return gzip.compress(tar_of(**how), 1, mtime=STAMP)


def obtain(
    tar: Path, *choices: FetchChoice, version: str = VERSION, stop: threading.Event | None = None
) -> str:
    return Obtainer(pause=0)(
        Fetch(version, choices, str(tar)), stop or threading.Event(), lambda done, total: None
    )


def from_path(tar: Path, content: bytes, name: str = NAME) -> str:
    archive = tar.with_name(name)
    archive.write_bytes(content)
    return obtain(tar, FetchChoice("path", str(archive)))


def reasons(tar: Path, *choices: FetchChoice, version: str = VERSION) -> str:
    with pytest.raises(CommandFailed) as failed:
        obtain(tar, *choices, version=version)
    assert failed.value.host == HERE
    assert "flink.source" in failed.value.action
    assert not tar.exists() and not Path(manifest_path(str(tar))).exists()
    return failed.value.evidence


def refused(tar: Path, content: bytes) -> str:
    archive = tar.with_name(NAME)
    archive.write_bytes(content)
    return reasons(tar, FetchChoice("path", str(archive)))


def noted(tar: Path) -> dict[str, Any]:
    return json.loads(Path(manifest_path(str(tar))).read_text())


def contents(tar: Path) -> dict[str, tuple[str, bytes]]:
    with tarfile.open(tar) as opened:
        return {
            m.name: (stat.filemode(m.mode)[1:], opened.extractfile(m).read() if m.isfile() else b"")  # type: ignore[union-attr]
            for m in opened
        }


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache" / f"flink-{VERSION}-release.tar"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv("no_proxy", "*")
    root = tmp_path / "mirror"
    root.mkdir()
    (root / NAME).write_bytes(tgz_of())
    with Mirror(root) as running:
        yield running


def choice(mirror: Mirror, fault: str = "", kind: str = "apache") -> FetchChoice:
    address = f"{mirror.base(fault)}/flink/flink-{VERSION}/{NAME}"
    return FetchChoice(kind, address, f"{address}.sha512")


SHAPES: dict[str, Callable[[], bytes]] = {
    "tgz": tgz_of,
    "tar": tar_of,
    "tar.xz": lambda: lzma.compress(tar_of()),
    "two gzip members": lambda: gzip.compress(tar_of()[:1000]) + gzip.compress(tar_of()[1000:]),
    "without a folder at its top": lambda: tgz_of(top="./"),
    "with dots before": lambda: tgz_of(top=f"./flink-{VERSION}/"),
    "with what macOS adds": lambda: tgz_of(extra=(member(f"flink-{VERSION}/._bin", 5),)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_its_shape_an_archive_becomes_the_same_tar(tar: Path, shape: str) -> None:
    from_path(tar, SHAPES[shape](), name="archive")
    found = contents(tar)
    assert {name: mode for name, (mode, _) in found.items()} == {
        "./LICENSE": "rw-r--r--",
        "./bin": "rwxr-xr-x",
        "./bin/flink": "rwxr-xr-x",
        "./bin/start-cluster.sh": "rwxr-xr-x",
        "./bin/bash-java-utils.jar": "rw-r--r--",
        "./conf": "rwxr-xr-x",
        "./conf/config.yaml": "rw-r--r--",
        "./conf/secret.properties": "rw-------",
        "./lib": "rwxr-xr-x",
        f"./lib/flink-dist-{VERSION}.jar": "rw-r--r--",
        "./plugins": "rwxr-xr-x",
        "./plugins/README.txt": "rw-r--r--",
        "./log": "rwxr-xr-x",
        "./.flink-wizard": "rwxr-xr-x",
        "./.flink-wizard/manifest.json": "rw-r--r--",
    }
    assert list(found)[-1] == "./.flink-wizard/manifest.json"
    assert found[f"./lib/flink-dist-{VERSION}.jar"][1] == JAR
    with tarfile.open(tar) as opened:
        assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in opened} == {(0, 0, "", "", STAMP)}


def test_the_manifest_says_what_every_file_holds_and_where_it_came_from(tar: Path) -> None:
    archive = tgz_of()
    from_path(tar, archive)
    on_host = json.loads(contents(tar)["./.flink-wizard/manifest.json"][1])
    assert set(on_host) == {"version", "archive_sha", "shipped_conf", "files"}
    assert on_host["version"] == VERSION
    assert on_host["archive_sha"] == hashlib.sha512(archive).hexdigest()
    assert on_host["shipped_conf"]["config.yaml"] == hashlib.sha256(b"taskmanager:\n").hexdigest()
    assert on_host["files"]["bin/flink"] == [10, STAMP, "0755", hashlib.sha256(b"#!/bin/sh\n").hexdigest()]
    assert "log/flink.log" not in on_host["files"]
    beside = noted(tar)
    source = tar.with_name(NAME)
    assert beside.pop("size") == tar.stat().st_size
    assert beside.pop("source") == {
        "kind": "path",
        "address": str(source),
        "size": len(archive),
        "mtime": int(source.stat().st_mtime),
    }
    assert beside == on_host


def test_the_operation_that_asked_for_it_is_satisfied_by_it(tar: Path) -> None:
    from_path(tar, tgz_of())
    source = tar.with_name(NAME)
    paths = {
        str(tar): PathFacts(str(tar), "file", size=tar.stat().st_size),
        manifest_path(str(tar)): PathFacts(
            manifest_path(str(tar)), "file", text=Path(manifest_path(str(tar))).read_text()
        ),
        str(source): PathFacts(
            str(source), "file", size=source.stat().st_size, mtime=source.stat().st_mtime_ns / 1e9
        ),
    }
    facts = ClusterFacts().with_host(HostFacts(HERE, paths=paths))
    operation = Obtain(
        host=HERE,
        version=VERSION,
        choices=(FetchChoice("path", str(source)),),
        tar=str(tar),
        targets=(),
    )
    assert cached_manifest(facts, str(tar)) is not None
    assert operation.satisfied(facts)


def test_a_host_s_tar_unpacks_it_as_it_is_noted(tar: Path, tmp_path: Path) -> None:
    from_path(tar, tgz_of())
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["tar", "xpof", str(tar), "-C", str(home)], check=True)
    for name, (size, mtime, mode, digest) in noted(tar)["files"].items():
        state = (home / name).stat()
        assert [state.st_size, int(state.st_mtime), f"{stat.S_IMODE(state.st_mode):04o}"] == [
            size,
            mtime,
            mode,
        ]
        assert hashlib.sha256((home / name).read_bytes()).hexdigest() == digest
    assert (home / "log").is_dir() and not list((home / "log").iterdir())


def test_a_folder_serves_as_well_and_its_links_are_followed(tar: Path, tmp_path: Path) -> None:
    home = tmp_path / "flink"
    for name, (mode, content) in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
        (home / name).chmod(mode)
    (home / "conf").rename(tmp_path / "etc")
    (home / "conf").symlink_to(tmp_path / "etc")
    obtain(tar, FetchChoice("path", str(home)))
    first = noted(tar)
    assert "conf/config.yaml" in first["files"]
    assert not [name for name in first["files"] if name.startswith((".flink-wizard", "log"))]
    os.utime(home / "bin/flink", (1, 1))
    obtain(tar.with_name("again.tar"), FetchChoice("path", str(home)))
    assert noted(tar.with_name("again.tar"))["archive_sha"] == first["archive_sha"]


def test_links_inside_an_archive_become_copies(tar: Path) -> None:
    top = f"flink-{VERSION}"
    links = (
        member(f"{top}/lib/newest.jar", kind=tarfile.SYMTYPE, link=f"flink-dist-{VERSION}.jar"),
        member(f"{top}/etc", kind=tarfile.SYMTYPE, link="settings"),
        member(f"{top}/settings", kind=tarfile.SYMTYPE, link="./conf"),
        member(f"{top}/bin/also", kind=tarfile.LNKTYPE, link=f"{top}/bin/flink"),
    )
    from_path(tar, tgz_of(extra=links))
    found = contents(tar)
    assert found["./lib/newest.jar"][1] == JAR
    assert found["./etc/config.yaml"] == found["./conf/config.yaml"]
    assert found["./bin/also"] == found["./bin/flink"]


TOP = f"flink-{VERSION}"
MALICIOUS = {
    "an absolute path": member("/etc/passwd", 1),
    "a path out of the tree": member(f"{TOP}/../../.ssh/authorized_keys", 1),
    "a line break": member(f"{TOP}/lib/a\nb", 1),
    "a device": member(f"{TOP}/lib/null", kind=tarfile.CHRTYPE),
    "a pipe": member(f"{TOP}/lib/pipe", kind=tarfile.FIFOTYPE),
    "an absolute link": member(f"{TOP}/conf/shadow", kind=tarfile.SYMTYPE, link="/etc/shadow"),
    "a link out of the tree": member(f"{TOP}/conf/up", kind=tarfile.SYMTYPE, link="../../../etc"),
    "a link out of the home": member(f"{TOP}/up", kind=tarfile.SYMTYPE, link="../other"),
    "a hard link out of the tree": member(f"{TOP}/hard", kind=tarfile.LNKTYPE, link="../../etc/shadow"),
    "a link to itself": member(f"{TOP}/loop", kind=tarfile.SYMTYPE, link="loop"),
    "a link to its own parent": member(f"{TOP}/lib/loop", kind=tarfile.SYMTYPE, link="../lib"),
    "a link to nothing": member(f"{TOP}/none", kind=tarfile.SYMTYPE, link="nothing"),
    "a file twice": member(f"{TOP}/bin/flink", 1),
    "a file where a folder is": member(f"{TOP}/bin", 1),
    "a file in a file": member(f"{TOP}/LICENSE/x", 1),
    "a second folder at its top": member("elsewhere/x", 1),
}


@pytest.mark.parametrize("trick", MALICIOUS)
def test_an_archive_that_holds_what_no_flink_holds_is_refused(tar: Path, trick: str) -> None:
    said = refused(tar, tgz_of(extra=(MALICIOUS[trick],)))
    assert NAME in said
    assert sorted(os.listdir(tar.parent)) == [f".{tar.name}.lock", NAME]


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "it is empty"),
    "a page of a portal": (lambda: b"<html>" + b"sign in " * 200, "no tar file"),
    "cut": (lambda: tgz_of()[:200_000], "damaged"),
    "cut tar": (lambda: tar_of()[:200_000], "it ends in the middle of|damaged"),
    "flipped": (lambda: flipped(tgz_of(), 150_000), "damaged"),
    "without its checksum": (lambda: tgz_of()[:-8], "damaged"),
    "a broken list": (lambda: flipped(tar_of(), 600 + 512), "damaged|no Flink"),
    "another version": (
        lambda: tgz_of(files={**FILES, "lib/flink-dist-1.20.5.jar": (0o644, b"x")} | {}),
        "Flink 1.20.5, the answers ask for 2.3.0",
    ),
    "no jar": (lambda: tgz_of(files={"bin/start-cluster.sh": (0o755, b"x")}), "no lib/flink-dist"),
    "no scripts": (
        lambda: tgz_of(files={f"lib/flink-dist-{VERSION}.jar": (0o644, b"x")}),
        "no bin/start-cluster.sh",
    ),
}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_or_wrong_archive_is_refused_with_what_is_wrong(tar: Path, damage: str) -> None:
    content, said = DAMAGED[damage]
    with pytest.raises(CommandFailed) as failed:
        from_path(tar, content())
    assert re.search(said, failed.value.evidence), failed.value.evidence
    assert sorted(os.listdir(tar.parent)) == [f".{tar.name}.lock", NAME]


@settings(deadline=None)
@given(at=st.integers(0, 10_239), bits=st.integers(1, 255))
def test_no_damage_of_a_plain_tar_is_more_than_a_refusal(at: int, bits: int) -> None:
    files = {name: FILES[name] for name in ("LICENSE", "bin/start-cluster.sh")}
    files |= {f"lib/flink-dist-{VERSION}.jar": (0o644, b"jar")}
    content = bytearray(tar_of(files=files))
    content[at] ^= bits
    with tempfile.TemporaryDirectory() as folder:
        tar = Path(folder) / "x.tar"
        try:
            from_path(tar, bytes(content))
            assert tar.exists()
        except CommandFailed as failed:
            assert failed.cause.startswith("No source gave")
            assert not tar.exists()


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        ("", "apache", "SHA-512 verified"),
        ("cut-once", "archive", "SHA-512 verified"),
        ("norange", "apache", "SHA-512 verified"),
        ("nosum", "url", "no checksum was published"),
    ],
)
def test_a_mirror_that_serves_it_in_the_end_is_enough(
    mirror: Mirror, tar: Path, fault: str, kind: str, told: str
) -> None:
    assert told in obtain(tar, choice(mirror, fault, kind))
    assert contents(tar)[f"./lib/flink-dist-{VERSION}.jar"][1] == JAR
    assert noted(tar)["archive_sha"] == hashlib.sha512(tgz_of()).hexdigest()
    assert sorted(os.listdir(tar.parent)) == [f".{tar.name}.lock", tar.name, f"{tar.name}.manifest.json"]


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("corrupt", "apache", "does not match its checksum"),
        ("badsum", "url", "does not match its checksum"),
        ("truncated", "archive", "bytes arrived"),
        ("reset", "apache", "was reset"),
        ("missing", "apache", "404"),
        ("missing", "url", "404"),
        ("forbidden", "url", "403"),
        ("broken", "apache", "503"),
        ("nosum", "apache", "its checksum: the server answered 404"),
        ("login", "apache", "is no checksum of"),
    ],
)
def test_a_mirror_that_fails_is_named_with_its_reason_and_the_next_one_serves(
    mirror: Mirror, tar: Path, fault: str, kind: str, said: str
) -> None:
    bad = choice(mirror, fault, kind)
    evidence = reasons(tar, bad)
    assert evidence.startswith(f"{bad.address}: ") and said in evidence
    assert mirror.base() in obtain(tar, bad, choice(mirror))


def test_every_place_that_failed_has_its_line(mirror: Mirror, tar: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/flink.tgz"
        said = reasons(
            tar,
            choice(mirror, "missing"),
            FetchChoice("url", closed),
            FetchChoice("url", "ftp://localhost/flink.tgz"),
            FetchChoice("path", "/nowhere/flink.tgz"),
            FetchChoice("pypi", "2.3.1"),
        ).splitlines()
    assert "404" in said[0]
    assert said[1] == f"{closed}: the connection was refused"
    assert said[2].endswith("only http and https addresses can be fetched")
    assert said[3] == "/nowhere/flink.tgz: there is no such file"
    assert "2.3.1" in said[4]


def test_what_a_broken_run_left_is_continued_by_the_next(mirror: Mirror, tar: Path) -> None:
    reasons(tar, choice(mirror, "reset"))
    part = tar.with_name(f"{NAME}.part")
    left = part.stat().st_size
    assert left > 0
    mirror.requests.clear()
    obtain(tar, choice(mirror))
    assert [request.start for request in mirror.requests if request.path.endswith(".tgz")] == [left]
    assert not part.exists()


def test_a_part_that_spoils_the_file_is_thrown_away_and_all_is_fetched_anew(
    mirror: Mirror, tar: Path
) -> None:
    reasons(tar, choice(mirror, "reset"))
    part = tar.with_name(f"{NAME}.part")
    part.write_bytes(bytes(part.stat().st_size))
    obtain(tar, choice(mirror))
    assert contents(tar)[f"./lib/flink-dist-{VERSION}.jar"][1] == JAR


def test_a_part_is_never_continued_where_nothing_could_tell_that_it_does_not_fit(
    mirror: Mirror, tar: Path
) -> None:
    reasons(tar, choice(mirror, "reset"))
    mirror.requests.clear()
    obtain(tar, FetchChoice("url", choice(mirror).address))
    assert [request.start for request in mirror.requests] == [0]


def test_a_stop_ends_a_slow_download_and_keeps_its_part(mirror: Mirror, tar: Path) -> None:
    mirror.slow_rate = 64 * 1024
    stop = threading.Event()
    seen: list[tuple[int, int | None]] = []

    def moved(done: int, total: int | None) -> None:
        seen.append((done, total))
        stop.set()

    with pytest.raises(ConnectionFailed) as ended:
        Obtainer()(Fetch(VERSION, (choice(mirror, "slow"), choice(mirror)), str(tar)), stop, moved)
    assert ended.value.kind == "cancelled"
    assert seen[-1][1] == len(tgz_of())
    assert tar.with_name(f"{NAME}.part").stat().st_size > 0
    assert not tar.exists()


def test_a_stop_ends_a_wait_for_a_server_that_says_nothing(
    tar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def stop_when_asked() -> None:
            connection, _ = silent.accept()
            connection.recv(1)
            stop.set()

        threading.Thread(target=stop_when_asked, daemon=True).start()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/{NAME}"
        with pytest.raises(ConnectionFailed, match="Stopped"):
            obtain(tar, FetchChoice("url", address), stop=stop)


def test_a_server_that_does_not_let_in_costs_no_more_than_the_time_to_connect(
    tar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}/{NAME}"
        assert "no answer in time" in reasons(tar, FetchChoice("apache", address, None, connect_timeout=0.2))


def test_an_index_that_is_not_reached_is_told_in_one_line(
    published: Path, tar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/simple")
        monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
        said = reasons(tar, FetchChoice("pypi", VERSION))
    assert (
        said == "Python packages, by pip: the package index was not reached: [Errno 111] Connection refused"
    )


def test_runs_at_once_fetch_once(mirror: Mirror, tar: Path) -> None:
    told: list[str] = []
    runs = [threading.Thread(target=lambda: told.append(obtain(tar, choice(mirror)))) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(told)[-3:] == ["the cache"] * 3
    assert len([request for request in mirror.requests if request.path.endswith(".tgz")]) == 1


def test_a_replaced_archive_is_read_again(tar: Path) -> None:
    from_path(tar, tgz_of())
    changed = tgz_of(files={**FILES, "NOTICE": (0o644, b"new")})
    assert from_path(tar, changed) != "the cache"
    assert "NOTICE" in noted(tar)["files"]


@pytest.mark.parametrize("full", [f".flink-{VERSION}-release.tar.new", f"{NAME}.part"])
def test_a_full_disk_is_said_and_not_taken_for_a_bad_mirror(mirror: Mirror, tar: Path, full: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tar.parent / full).symlink_to("/dev/full")
    with pytest.raises(CommandFailed) as failed:
        obtain(tar, choice(mirror), choice(mirror))
    assert "no room" in failed.value.cause and str(tar.parent) in failed.value.action
    assert not tar.exists()


def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandFailed, match="cannot be kept") as failed:
        obtain(tmp_path / "file" / "cache" / "x.tar", FetchChoice("path", "/nowhere"))
    assert "XDG_CACHE_HOME" in failed.value.action


def test_a_login_in_an_address_is_used_and_shown_nowhere(
    mirror: Mirror, tar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = choice(mirror).address.replace("://", "://operator:s3cret@") + "?token=s3cret"
    told = obtain(tar, FetchChoice("url", address))
    assert "s3cret" not in told + Path(manifest_path(str(tar))).read_text()
    assert shown_address(address) == choice(mirror).address
    tar.unlink()
    Path(manifest_path(str(tar))).unlink()
    assert "s3cret" not in reasons(tar, FetchChoice("url", address.replace("/flink/", "/missing/flink/", 1)))


names = st.from_regex(r"[a-z][a-z0-9._-]{0,30}\.tgz", fullmatch=True)
hashes = st.binary(min_size=64, max_size=64).map(bytes.hex)


@settings(deadline=None)
@given(file=names, digest=hashes, other=hashes, upper=st.booleans())
def test_a_checksum_is_found_in_every_form_it_is_published_in(
    file: str, digest: str, other: str, upper: bool
) -> None:
    shown = digest.upper() if upper else digest
    groups = [shown[at : at + 8] for at in range(0, 128, 8)]
    lines = [" ".join(groups[at : at + 4]) for at in range(0, 16, 4)]
    forms = [
        shown,
        f"{shown}\n",
        f"{shown}  {file}\n",
        f"{shown} *{file}\r\n",
        f"{shown}  ./target/{file}\n",
        f"{other}  x{file}\n{shown}  {file}\n",
        f"SHA512 ({file}) = {shown}\n",
        f"{file}: " + f"\n{' ' * (len(file) + 2)}".join(lines) + "\n",
        f"{file}:\n{' '.join(groups)}\n",
    ]
    assert {read_checksum(form, file, 128) for form in forms} == {digest}


@settings(deadline=None)
@given(file=names, digest=hashes, text=st.text())
def test_another_file_s_checksum_or_any_other_text_is_no_checksum(file: str, digest: str, text: str) -> None:
    assert read_checksum(f"{digest}  x{file}\n", file, 128) is None
    assert read_checksum(f"{digest[:-2]}  {file}\n", file, 128) is None
    assert read_checksum(f"{digest}00\n", file, 128) is None
    assert read_checksum(f"<html>{text}</html>", file, 128) is None


def wheel(folder: Path, package: str, version: str, tag: str, files: dict[str, tuple[int, bytes]]) -> None:
    info = f"{package}-{version}.dist-info"
    described = {
        f"{info}/METADATA": (0o644, f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode()),
        f"{info}/WHEEL": (0o644, f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()),
        f"{info}/RECORD": (0o644, b""),
    }
    with zipfile.ZipFile(folder / f"{package}-{version}-{tag}.whl", "w") as packed:
        for name, (mode, content) in {**files, **described}.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.external_attr = (stat.S_IFREG | mode) << 16
            packed.writestr(entry, content)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages in a folder, and a pip that looks nowhere else."""
    folder = tmp_path / "published"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


SCRIPTS = {
    "pyflink/bin/start-cluster.sh": (0o755, b"#!/bin/sh\n"),
    "pyflink/conf/config.yaml": (0o644, b"taskmanager:\n"),
    "pyflink/log/empty.txt": (0o644, b""),
    "pyflink/examples/table.py": (0o644, b""),
    "pyflink/table/api.py": (0o644, b""),
    "pyflink/README.txt": (0o644, b"read me"),
}
JARS = {
    f"pyflink/lib/flink-dist-{VERSION}.jar": (0o644, b"jar"),
    "pyflink/plugins/gpu/README.txt": (0o755, b"gpu"),
    "pyflink/README.txt": (0o644, b"read me too"),
}
HOME = {
    "README.txt",
    "bin/start-cluster.sh",
    "conf/config.yaml",
    f"lib/flink-dist-{VERSION}.jar",
    "plugins/gpu/README.txt",
}


@pytest.mark.parametrize("tag", ["py3-none-any", "cp39-cp39-manylinux1_x86_64"])
def test_two_packages_make_a_flink_also_where_one_is_for_another_python(
    published: Path, tar: Path, tag: str
) -> None:
    wheel(published, "apache_flink", VERSION, tag, SCRIPTS)
    wheel(published, "apache_flink_libraries", VERSION, "py3-none-any", JARS)
    assert "pip" in obtain(tar, FetchChoice("pypi", VERSION))
    assert set(noted(tar)["files"]) == HOME
    assert contents(tar)["./README.txt"][1] == b"read me"
    assert noted(tar)["files"]["bin/start-cluster.sh"][1:3] == [1767323046, "0755"]
    assert len(noted(tar)["archive_sha"]) == 128
    assert sorted(os.listdir(tar.parent)) == [f".{tar.name}.lock", tar.name, f"{tar.name}.manifest.json"]


def test_a_source_package_is_read_without_being_built(tmp_path: Path) -> None:
    package = tmp_path / "apache-flink-1.9.3.tar.gz"
    inner = {f"deps/{name}": content for name, content in FILES.items()}
    package.write_bytes(
        tgz_of(files={**inner, "setup.py": (0o644, b"raise SystemExit")}, top="apache-flink-1.9.3/")
    )
    found = {member.path: member.mode for member in members_of(package)}
    assert set(found) == {n for n in FILES if n.partition("/")[0] in ("bin", "conf", "lib", "plugins")}
    package.write_bytes(package.read_bytes()[:100_000])
    with pytest.raises(NotUsable, match="damaged"):
        list(members_of(package))


def test_packages_that_are_not_published_are_named_in_pip_s_words(published: Path, tar: Path) -> None:
    assert f"apache-flink=={VERSION}" in reasons(tar, FetchChoice("pypi", VERSION))
    assert sorted(os.listdir(tar.parent)) == [f".{tar.name}.lock"]


def test_a_stop_ends_pip_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("no_proxy", "*")
        asked = threading.Event()

        def stop_when_asked() -> None:
            connection, _ = silent.accept()
            connection.recv(1)
            asked.set()
            stop.set()

        threading.Thread(target=stop_when_asked, daemon=True).start()
        watch = Watch(stop, lambda done, total: None)
        with (
            pytest.raises(ConnectionFailed, match="Stopped"),
            fetch_packages(VERSION, tmp_path / "p", watch),
        ):
            pass
    assert asked.is_set()
    assert not (tmp_path / "p").exists()
