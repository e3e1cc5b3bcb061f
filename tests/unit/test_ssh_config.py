"""The operator's ssh configuration: what ssh would do is what is done, with or without the ssh program."""

from __future__ import annotations

import getpass
import shutil
from pathlib import Path

import pytest

from wizard.connection import ConnectionFailed
from wizard.ssh.config import Route, expand, hop_target, resolve
from wizard.ssh.target import Target

WAYS = ["library", pytest.param("ssh", marks=pytest.mark.skipif(not shutil.which("ssh"), reason="needs ssh"))]


@pytest.fixture(params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "library":
        monkeypatch.setenv("PATH", str(tmp_path))
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder.parent))
    return folder


def route(home: Path, config: str, target: Target) -> Route:
    (home / "config").write_text(config)
    return resolve(target)


def test_a_host_block_gives_address_port_user_and_key(home: Path) -> None:
    (home / "special key").write_text("")
    text = 'Host node1\n HostName 10.1.2.3\n Port 2222\n User flink\n IdentityFile "~/.ssh/special key"\n'
    found = route(home, text + " IdentitiesOnly yes\n HostKeyAlias one\n", Target("node1"))
    assert (found.address, found.port, found.user, found.host_key_name) == ("10.1.2.3", 2222, "flink", "one")
    assert (found.identity_files, found.identities_only) == ((home / "special key",), True)
    assert (found.jumps, found.proxy_command, found.name) == ((), None, "node1")


def test_answers_win_over_the_configuration(home: Path, tmp_path: Path) -> None:
    target = Target("node1", user="me", port=23, address="10.9.9.9", key=tmp_path / "key")
    found = route(home, "Host node1\n HostName 10.1.2.3\n Port 2222\n User flink\n", target)
    assert (found.address, found.port, found.user, found.key) == ("10.9.9.9", 23, "me", tmp_path / "key")


def test_included_files_are_read_in_place(home: Path) -> None:
    (home / "conf.d").mkdir()
    (home / "conf.d" / "one").write_text("Host node1\n HostName 10.1.2.3\n")
    (home / "conf.d" / "two").write_text("Host *\n Port 2222\n")
    text = f"Host other\n Include {home}/conf.d/*\n User wrong\nHost *\n User right\n"
    assert route(home, f"Include {home}/conf.d/*\n{text}", Target("node1")).address == "10.1.2.3"
    found = route(home, f"Include {home}/conf.d/*\n{text}", Target("node1"))
    assert (found.port, found.user) == (2222, "right")


def test_match_blocks_count(home: Path) -> None:
    text = "Match host node1 user flink\n Port 2222\nMatch all\n Port 23\n"
    if shutil.which("ssh"):  # The library learns of a user in answers only afterwards.
        assert route(home, text, Target("node1", user="flink")).port == 2222
    assert route(home, text, Target("node2", user="flink")).port == 23


def test_jump_hosts_are_listed_nearest_first(home: Path) -> None:
    found = route(home, "Host node1\n ProxyJump me@gate:2222,inner\n", Target("node1"))
    assert found.jumps == ("me@gate:2222", "inner")
    assert route(home, "Host node1\n ProxyJump none\n", Target("node1")).jumps == ()


def test_a_proxy_command_is_filled_in(home: Path) -> None:
    text = "Host node1\n HostName 10.1.2.3\n User flink\n ProxyCommand nc -x proxy %h %p\n"
    assert route(home, text, Target("node1")).proxy_command == "nc -x proxy 10.1.2.3 22"


def test_without_a_configuration_the_defaults_hold(home: Path) -> None:
    (home / "id_ed25519").write_text("")
    found = resolve(Target("node1"))
    assert (found.address, found.port, found.user) == ("node1", 22, getpass.getuser())
    assert found.identity_files == (home / "id_ed25519",)
    assert home / "known_hosts" in found.known_hosts


def test_a_configuration_that_ssh_refuses_is_shown(home: Path) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        route(home, "Host node1\n Port lots\n", Target("node1"))
    assert (caught.value.host, caught.value.kind) == ("node1", "unreachable")
    assert caught.value.cause == "The ssh configuration for node1 cannot be read."
    assert "lots" in caught.value.evidence


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("gate", ("gate", None, None)),
        ("me@gate", ("gate", "me", None)),
        ("gate:2222", ("gate", None, 2222)),
        ("ssh://me@gate:2222", ("gate", "me", 2222)),
        ("me@corp@gate", ("gate", "me@corp", None)),
        ("[fe80::1]:2222", ("fe80::1", None, 2222)),
    ],
)
def test_a_jump_host_is_read_as_ssh_reads_it(
    spec: str, expected: tuple[str, str | None, int | None], tmp_path: Path
) -> None:
    like = Target("node1", "flink", 22, "10.0.0.1", tmp_path, "strict", tmp_path / "known")
    hop = hop_target(spec, like)
    assert (hop.name, hop.user, hop.port) == expected
    assert (hop.host_keys, hop.known_hosts, hop.address, hop.key) == (
        "strict",
        tmp_path / "known",
        None,
        None,
    )


def test_names_reach_a_proxy_command_only_quoted() -> None:
    tokens = {"h": "a;touch x", "p": "22", "r": "me", "n": "n", "%": "%"}
    assert expand("nc %h %p %% %d %n", tokens) == "nc 'a;touch x' 22 % %d n"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n", False),
        ("Host *\n    Port 2222\n", True),
        ("Host *.example.org\n    HashKnownHosts yes\n", True),
        ("Match all\n", True),
    ],
)
def test_ssh_is_asked_only_where_the_system_s_configuration_says_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, asks: bool
) -> None:
    """The first is what Debian and Ubuntu bring along."""
    system = tmp_path / "ssh_config"
    system.write_text(text)
    asked = tmp_path / "asked"
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\n: >{asked}\n")
    ssh.chmod(0o755)
    monkeypatch.setattr("wizard.ssh.config.SYSTEM_CONFIG", system)
    monkeypatch.setattr("wizard.ssh.config._passwd_home", lambda: tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    resolve(Target("node1"))
    assert asked.exists() is asks
