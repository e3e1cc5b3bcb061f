"""Known host keys: files are read as OpenSSH reads them, and only the wizard's own file grows."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import threading
from pathlib import Path

import pytest

from tests.unit.sshd import make_key
from wizard.ssh.hostkeys import HostKeys, fingerprint

PREFERRED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("keys")
    kinds = {"ed25519": "ed25519", "other": "ed25519", "ecdsa": "ecdsa", "rsa": "rsa"}
    made = {name: make_key(folder / name, kind) for name, kind in kinds.items()}
    return {name: " ".join(Path(f"{path}.pub").read_text().split()[:2]) for name, path in made.items()}


def blob(public: str) -> bytes:
    return base64.b64decode(public.split()[1])


def test_fingerprints_are_written_as_ssh_keygen_writes_them(keys: dict[str, str], tmp_path: Path) -> None:
    for public in keys.values():
        file = tmp_path / "key.pub"
        file.write_text(public + "\n")
        shown = subprocess.run(["ssh-keygen", "-lf", str(file)], capture_output=True, text=True, check=True)
        assert fingerprint(blob(public)) == shown.stdout.split()[1]


def test_md5_is_never_asked_for(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def forbidden(*_args: object, **_options: object) -> object:
        raise ValueError("disabled for FIPS")

    monkeypatch.setattr(hashlib, "md5", forbidden)
    fingerprint(blob(keys["rsa"]))
    HostKeys([], tmp_path / "own").accept("node1", 22, "ssh-ed25519", blob(keys["ed25519"]))


CASES = [
    # names in the file, host, port, verdict for the same key
    ("node1", "node1", 22, "known"),
    ("node1", "NODE1", 22, "known"),
    ("node1,10.0.0.1", "10.0.0.1", 22, "known"),
    ("node1", "node2", 22, "unknown"),
    ("node1", "node1.example.com", 22, "unknown"),
    ("[node1]:2222", "node1", 2222, "known"),
    ("[node1]:2222", "node1", 22, "unknown"),
    ("[node1]:2222", "node1", 2223, "unknown"),
    ("node1", "node1", 2222, "known"),
    ("node*", "node12", 22, "known"),
    ("node?", "node12", 22, "unknown"),
    ("*.example.com,!bad.example.com", "good.example.com", 22, "known"),
    ("*.example.com,!bad.example.com", "bad.example.com", 22, "unknown"),
    ("node[1]", "node1", 22, "unknown"),
    ("fe80::1", "fe80::1", 22, "known"),
]


@pytest.mark.parametrize(("names", "host", "port", "verdict"), CASES)
def test_names_match_as_in_openssh(
    keys: dict[str, str], tmp_path: Path, names: str, host: str, port: int, verdict: str
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{names} {keys['ed25519']} a comment\n")
    assert HostKeys([file]).check(host, port, blob(keys["ed25519"])).verdict == verdict


@pytest.mark.parametrize(("name", "port"), [("node1", 22), ("[node1]:2222", 2222)])
def test_hashed_names_are_found(keys: dict[str, str], tmp_path: Path, name: str, port: int) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{name} {keys['ed25519']}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    known = HostKeys([file])
    assert known.check("node1", port, blob(keys["ed25519"])).verdict == "known"
    assert known.check("node1", port, blob(keys["other"])).verdict == "changed"
    assert known.check("node2", port, blob(keys["other"])).verdict == "unknown"


def test_one_matching_line_among_several_is_enough(keys: dict[str, str], tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(f"node1 {keys['other']}\n")
    second.write_text(f"node1 {keys['ed25519']}\n")
    assert HostKeys([first, second]).check("node1", 22, blob(keys["ed25519"])).verdict == "known"


def test_a_new_type_in_place_of_a_known_one_is_a_change(keys: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"node1 {keys['ed25519']}\n")
    assert HostKeys([file]).check("node1", 22, blob(keys["rsa"])).verdict == "changed"


def test_a_type_that_cannot_be_negotiated_proves_no_change(keys: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("node1 ssh-dss AAAAB3NzaC1kc3MAAAAA\n")
    assert HostKeys([file]).check("node1", 22, blob(keys["rsa"])).verdict == "unknown"


def test_a_revoked_key_is_refused_even_where_it_is_also_known(keys: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"node1 {keys['ed25519']}\n@revoked * {keys['ed25519']}\n")
    known = HostKeys([file])
    assert known.check("node1", 22, blob(keys["ed25519"])).verdict == "revoked"
    assert known.check("node1", 2222, blob(keys["ed25519"])).verdict == "revoked"


def test_lines_that_mean_nothing_are_passed_over(keys: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_bytes(
        b"# comment\n\n   \nnode1\nnode1 ssh-ed25519 ???\n@cert-authority * ssh-ed25519 AAAA\n"
        b"\xff\xfe \x00\n|1|bad\n|1|a|b|c ssh-rsa AAAA\n" + f"node1 {keys['ed25519']}".encode()
    )
    known = HostKeys([file, tmp_path / "missing", tmp_path])
    assert known.check("node1", 22, blob(keys["ed25519"])).verdict == "known"


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("ed25519", ["ssh-ed25519"]),
        ("ecdsa", ["ecdsa-sha2-nistp256"]),
        ("rsa", ["rsa-sha2-512", "rsa-sha2-256"]),
    ],
)
def test_known_types_are_negotiated_first(
    keys: dict[str, str], tmp_path: Path, kind: str, first: list[str]
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"node1 {keys[kind]}\n")
    order = HostKeys([file]).algorithms("node1", 22, PREFERRED)
    assert list(order[: len(first)]) == first
    assert sorted(order) == sorted(PREFERRED)


def test_accepting_appends_and_changes_nothing_else(keys: dict[str, str], tmp_path: Path) -> None:
    theirs, own = tmp_path / "theirs", tmp_path / "state" / "own"
    theirs.write_text("# theirs")
    own.parent.mkdir()
    own.write_text("# mine, without a newline")
    known = HostKeys([theirs], own)
    known.accept("node1", 2222, "ssh-ed25519", blob(keys["ed25519"]))
    known.accept("node1", 2222, "ssh-ed25519", blob(keys["ed25519"]))
    assert known.check("node1", 2222, blob(keys["ed25519"])).verdict == "known"
    assert own.read_text() == f"# mine, without a newline\n[node1]:2222 {keys['ed25519']}\n"
    assert theirs.read_text() == "# theirs"


def test_many_threads_lose_no_line(keys: dict[str, str], tmp_path: Path) -> None:
    own = tmp_path / "own"

    def accept(number: int) -> None:
        HostKeys([], own).accept(f"node{number}", 22, "ssh-ed25519", blob(keys["ed25519"]))

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(own.read_text().splitlines()) == sorted(f"node{n} {keys['ed25519']}" for n in range(24))
    assert own.stat().st_mode & 0o777 == 0o600
