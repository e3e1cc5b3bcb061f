"""Operations on packages, Java, keys and shell files: their commands say what they do, and come true by
running.

The commands are run by a real sh in a home directory of their own; facts are read back from the files.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import MappingProxyType

import pytest

from wizard.commands import Command, Later, Run, Upload, fill_command, lines_of
from wizard.facts import (
    ClusterFacts,
    HostFacts,
    JavaFacts,
    JavaSeen,
    OsFacts,
    PathFacts,
    PublicKey,
    SshFacts,
    TrustedKey,
)
from wizard.javachoice import JavaWish
from wizard.operations.java import InstallJava
from wizard.operations.marked import has_block, with_block
from wizard.operations.operation import CannotOperate, Operation
from wizard.operations.packages import InstallTools, families
from wizard.operations.profile import SetJavaHomeInProfile, SetProfileVariable, UseSshInPdsh, login_file
from wizard.operations.sshclient import PinHostKeys, SshEntry, WriteSshConfig, known_name
from wizard.operations.sshenvironment import SetJavaHomeInSshEnvironment
from wizard.operations.sshkeys import AuthorizeKey, GenerateKey, effective_file
from wizard.operations.sshmodes import FixModes

DEBIAN = OsFacts("Linux", "x86_64", "debian", "12", "Debian GNU/Linux 12", "debian")
ALPINE = OsFacts("Linux", "x86_64", "alpine", "3.20", "Alpine 3.20", "alpine")
KEY = PublicKey(
    "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIB0JmKkQzM8mVd4mY0bS9w0u2uUqOqvG0e3m3sJb6t0p", "flink@m"
)
OTHER = PublicKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIFjP4w2oD3xS1d8y8hU1V5mVQy9v8rWc2m7bqg3b7w1Z", "op")
JAVA_17 = JavaFacts("/usr/lib/jvm/java-17", "17.0.15", 17)
WISH = JavaWish("auto", 17, (11, 17), (), (21,), 11, 24)


def account(home: str, **changes: object) -> SshFacts:
    values: dict[str, object] = {
        "home_mode": 0o755,
        "home_owner": "flink",
        "dir_mode": 0o700,
        "authorized_keys_mode": 0o600,
        "host_keys": (OTHER,),
    }
    return SshFacts(**{**values, **changes})  # type: ignore[arg-type]


def host(name: str, home: str = "/home/flink", **changes: object) -> HostFacts:
    values: dict[str, object] = {
        "os": DEBIAN,
        "user": "flink",
        "uid": 1000,
        "groups": ("flink",),
        "home": home,
        "shell": "/bin/bash",
        "sudo": "nopasswd",
        "tools": frozenset({"bash", "tar", "gzip", "ssh"}),
        "ssh": account(home),
        "javas": (JAVA_17,),
    }
    return HostFacts(name, **{**values, **changes})  # type: ignore[arg-type]


def cluster(*hosts: HostFacts) -> ClusterFacts:
    return ClusterFacts(MappingProxyType({item.name: item for item in hosts}))


def master_with_key(home: str = "/home/flink") -> HostFacts:
    ssh = account(home, key_files={f"{home}/.ssh/id_ed25519": KEY})
    return host("m", home, ssh=ssh)


def perform(commands: tuple[Command, ...], home: Path) -> list[str]:
    """Run them for real as the owner of `home`, writing uploads as they say; their outputs."""
    outputs: list[str] = []
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C"}
    for command in commands:
        if isinstance(command, Upload):
            path = Path(command.path)
            assert (path.read_text() if path.exists() else None) == command.before
            path.write_text(command.content)
            path.chmod(command.mode)
            continue
        assert isinstance(command, Run)
        done = subprocess.run(command.argv, env=environment, capture_output=True, text=True, check=True)
        outputs.append(done.stdout.strip())
    return outputs


# --- laws of every operation

BARE = host(
    "n",
    tools=frozenset({"tar"}),
    javas=(),
    ssh=account("/home/flink", home_mode=0o775, dir_mode=0o777, authorized_keys_mode=0o666),
    groups=("users",),
    pdsh_rcmd="rsh",
)
WITH_JAVA = host("n", pdsh_rcmd="rsh")

LAWFUL: tuple[tuple[str, Operation, ClusterFacts], ...] = (
    ("tools", InstallTools("n"), cluster(BARE)),
    ("java by package", InstallJava("n", WISH), cluster(BARE)),
    ("java from the master", InstallJava("n", WISH, "m"), cluster(BARE, master_with_key())),
    ("java from an archive", InstallJava("n", WISH, "m", "/tmp/jre.tar", "@here"), cluster(BARE)),
    ("key", GenerateKey("m"), cluster(host("m"))),
    ("key elsewhere", GenerateKey("m", "/srv/keys/cluster", "rsa"), cluster(host("m"))),
    ("authorize", AuthorizeKey("n", "m"), cluster(BARE, master_with_key())),
    ("authorize a key to come", AuthorizeKey("n", "m"), GenerateKey("m").expected(cluster(BARE, host("m")))),
    ("modes", FixModes("n"), cluster(BARE)),
    ("pin", PinHostKeys("m", (("n", "n"), ("[10.0.0.2]:2222", "n"))), cluster(BARE, host("m"))),
    ("ssh config", WriteSshConfig("m", (SshEntry("n", "10.0.0.2", 2222),)), cluster(host("m"))),
    ("profile", SetJavaHomeInProfile("n", WISH), cluster(WITH_JAVA)),
    (
        "profile of a Java to come",
        SetJavaHomeInProfile("n", WISH),
        InstallJava("n", WISH).expected(cluster(BARE)),
    ),
    ("environment", SetJavaHomeInSshEnvironment("n", WISH), cluster(WITH_JAVA)),
    ("variable", SetProfileVariable("n", "FLINK_CONF_DIR", "/etc/flink it's"), cluster(WITH_JAVA)),
    ("pdsh", UseSshInPdsh("n"), cluster(WITH_JAVA)),
)


@pytest.mark.parametrize(
    ("operation", "facts"), [case[1:] for case in LAWFUL], ids=[case[0] for case in LAWFUL]
)
def test_what_an_operation_expects_satisfies_it(operation: Operation, facts: ClusterFacts) -> None:
    assert not operation.satisfied(facts)
    commands = operation.commands(facts)
    assert commands
    assert all(lines_of(command) for command in commands)
    after = operation.expected(facts)
    assert operation.satisfied(after)
    assert {name for name in facts.hosts if facts[name] != after[name]} == {operation.host}


@pytest.mark.parametrize(
    ("operation", "facts"), [case[1:] for case in LAWFUL], ids=[case[0] for case in LAWFUL]
)
def test_an_operation_reads_its_own_host(operation: Operation, facts: ClusterFacts) -> None:
    assert operation.needs()[operation.host]
    assert operation.id == operation.id.lower()
    assert operation.title


# --- packages


@pytest.mark.parametrize(
    ("family", "line"),
    [
        ("debian", "apt-get -o DPkg::Lock::Timeout=120 -q -y install --no-install-recommends bash gzip"),
        ("suse", "zypper --non-interactive --quiet install --no-recommends bash gzip"),
        ("alpine", "apk --wait 120 add bash gzip"),
        ("arch", "pacman -Sy --noconfirm --needed bash gzip"),
        ("rhel", "sh bash gzip"),
    ],
)
def test_each_family_installs_without_asking(family: str, line: str) -> None:
    system = OsFacts("Linux", "x86_64", family, "1", family, family)
    facts = cluster(host("n", os=system, tools=frozenset({"tar"})))
    install = InstallTools("n").commands(facts)[-1]
    assert isinstance(install, Run)
    assert install.sudo
    assert install.line().endswith(line)


def test_homebrew_is_not_run_as_root() -> None:
    system = OsFacts("Darwin", "arm64", "macos", "14", "macOS 14", "macos")
    facts = cluster(host("n", os=system, tools=frozenset(), sudo="none"))
    assert not any(isinstance(command, Run) and command.sudo for command in InstallTools("n").commands(facts))


def test_without_sudo_the_line_for_root_is_said() -> None:
    with pytest.raises(CannotOperate) as refused:
        InstallTools("n").commands(cluster(host("n", tools=frozenset({"tar", "gzip"}), sudo="none")))
    assert refused.value.action.startswith("Run on n as root: apt-get")
    assert refused.value.action.endswith("bash")


def test_every_family_names_every_tool_and_a_java() -> None:
    for family in families().values():
        assert {"bash", "tar", "gzip", "ssh"} <= set(family.tools)
        assert "17" in family.java_package(17)


# --- Java


def test_a_worker_takes_the_masters_java_before_a_package() -> None:
    lines = [
        lines_of(command)
        for command in InstallJava("n", WISH, "m").commands(cluster(BARE, master_with_key()))
    ]
    target = "/home/flink/.local/share/flink-wizard/java/17"
    assert lines[1] == f"copy m:/usr/lib/jvm/java-17 to n:{target}.part"
    assert lines[2].endswith(f"{target}.part {target}")


def test_a_java_for_another_c_library_is_not_copied() -> None:
    facts = cluster(host("n", os=ALPINE, javas=()), master_with_key())
    lines = [lines_of(command) for command in InstallJava("n", WISH, "m").commands(facts)]
    assert not any(line.startswith("copy") for line in lines)
    assert any("openjdk17-jre-headless" in line for line in lines)


def test_a_named_home_that_is_wrong_is_not_installed_over() -> None:
    wish = JavaWish("/opt/java", 17, (11, 17))
    with pytest.raises(CannotOperate, match="No Java was found in /opt/java"):
        InstallJava("n", wish).commands(cluster(host("n")))
    old = host("n", javas=(JavaFacts("/opt/java", "1.7.0_55", 7),))
    with pytest.raises(CannotOperate, match="holds Java 7"):
        InstallJava("n", wish).commands(cluster(old))


# --- keys


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "it's a home"
    home.mkdir()
    return home


def test_the_pair_is_made_once_and_its_public_half_printed(home: Path) -> None:
    facts = cluster(host("m", str(home), ssh=account(str(home), dir_mode=None)))
    commands = GenerateKey("m").commands(facts)
    assert isinstance(commands[0], Run)
    assert commands[0].gives == Later("m", "public-key")
    first = perform(commands, home)
    private = (home / ".ssh/id_ed25519").read_bytes()
    assert perform(commands, home) == first
    assert (home / ".ssh/id_ed25519").read_bytes() == private
    assert (home / ".ssh/id_ed25519").stat().st_mode & 0o777 == 0o600
    assert (home / ".ssh").stat().st_mode & 0o777 == 0o700
    assert first[0].startswith("ssh-ed25519 ")


def test_a_key_with_a_passphrase_is_refused_not_replaced() -> None:
    path = "/home/flink/.ssh/id_ed25519"
    ssh = account("/home/flink", key_files={path: KEY}, encrypted_keys=(path,))
    facts = cluster(host("m", ssh=ssh))
    assert not GenerateKey("m").satisfied(facts)
    with pytest.raises(CannotOperate, match="passphrase"):
        GenerateKey("m").commands(facts)


@pytest.mark.parametrize(
    "before",
    [None, "", "ssh-rsa AAAAother op@desk\n", "ssh-rsa AAAAother op@desk", "# {blob}\nssh-rsa AAAAother\n"],
)
def test_the_key_is_appended_once_and_nothing_else_changes(home: Path, before: str | None) -> None:
    (home / ".ssh").mkdir(mode=0o700)
    file = home / ".ssh/authorized_keys"
    if before is not None:
        before = before.format(blob=KEY.blob)
        file.write_text(before)
    facts = cluster(host("n", str(home)), master_with_key())
    commands = AuthorizeKey("n", "m").commands(facts)
    perform(commands, home)
    perform(commands, home)
    text = file.read_text()
    assert text.startswith(before or "")
    assert text.splitlines()[-1] == KEY.line
    assert text.count(KEY.line) == 1
    assert text.endswith("\n")


def test_a_key_that_is_born_later_is_authorized_by_the_same_command(home: Path) -> None:
    unborn = AuthorizeKey("n", "m").commands(
        GenerateKey("m").expected(cluster(host("n", str(home)), host("m")))
    )
    born = AuthorizeKey("n", "m").commands(cluster(host("n", str(home)), master_with_key()))
    assert tuple(fill_command(command, {Later("m", "public-key"): KEY.line}) for command in unborn) == born
    assert "‹public key of m›" in lines_of(unborn[0])


@pytest.mark.parametrize(
    ("patterns", "file"),
    [
        ((".ssh/authorized_keys", ".ssh/authorized_keys2"), "/home/flink/.ssh/authorized_keys"),
        ((".ssh/authorized_keys2",), "/home/flink/.ssh/authorized_keys2"),
        (("/etc/ssh/keys/%u", "%h/.ssh/authorized_keys"), "/home/flink/.ssh/authorized_keys"),
        (("/etc/ssh/keys/%u",), "/etc/ssh/keys/flink"),
        (("/etc/ssh/keys/%U-100%%",), "/etc/ssh/keys/1000-100%"),
    ],
)
def test_the_key_goes_where_sshd_looks(patterns: tuple[str, ...], file: str) -> None:
    ssh = account("/home/flink", authorized_keys_files=patterns)
    facts = cluster(host("n", ssh=ssh), master_with_key())
    assert effective_file(facts["n"]) == file
    command = AuthorizeKey("n", "m").commands(facts)[0]
    assert isinstance(command, Run)
    assert command.argv[-2] == file
    assert command.sudo == file.startswith("/etc")


def test_a_key_in_a_file_that_sshd_does_not_read_is_not_trusted() -> None:
    dead = TrustedKey(KEY.type, KEY.blob, file="/home/flink/.ssh/authorized_keys2")
    ssh = account("/home/flink", authorized_keys_files=(".ssh/authorized_keys",), trusted=(dead,))
    assert not AuthorizeKey("n", "m").satisfied(cluster(host("n", ssh=ssh), master_with_key()))


@pytest.mark.parametrize(
    ("options", "good"),
    [("", True), ("no-pty,no-X11-forwarding", True), ('from="10.0.0.1"', True), ('command="echo no"', False)],
)
def test_a_restricted_key_is_not_trusted_for_flink(options: str, good: bool) -> None:
    entry = TrustedKey(KEY.type, KEY.blob, options=options)
    facts = cluster(host("n", ssh=account("/home/flink", trusted=(entry,))), master_with_key())
    assert AuthorizeKey("n", "m").satisfied(facts) is good
    if not good:
        with pytest.raises(CannotOperate, match="something else"):
            AuthorizeKey("n", "m").commands(facts)


@pytest.mark.parametrize(
    ("modes", "groups", "lines"),
    [
        ((0o755, 0o755, 0o644), ("flink",), []),
        ((0o775, 0o775, 0o664), ("flink",), []),
        ((0o775, 0o775, 0o664), ("users", "flink"), ["go-w", "700", "600"]),
        ((0o777, 0o700, None), ("flink",), ["go-w"]),
        ((0o755, 0o777, None), ("flink",), ["700"]),
        ((0o755, 0o700, 0o666), ("flink",), ["600"]),
    ],
)
def test_only_modes_that_sshd_refuses_are_changed(
    modes: tuple[int, int, int | None], groups: tuple[str, ...], lines: list[str]
) -> None:
    ssh = account("/home/flink", home_mode=modes[0], dir_mode=modes[1], authorized_keys_mode=modes[2])
    facts = cluster(host("n", groups=groups, ssh=ssh))
    commands = FixModes("n").commands(facts)
    assert [command.argv[1] for command in commands if isinstance(command, Run)] == lines
    assert FixModes("n").satisfied(facts) is not bool(lines)


# --- the master's own ssh


def test_host_keys_are_pinned_under_every_name_and_once(home: Path) -> None:
    names = (("n", "n"), (known_name("10.0.0.2", 2222), "n"))
    facts = cluster(host("m", str(home)), host("n"))
    commands = PinHostKeys("m", names).commands(facts)
    (home / ".ssh").mkdir()
    (home / ".ssh/known_hosts").write_text("old ssh-rsa AAAA")
    perform(commands, home)
    perform(commands, home)
    assert (home / ".ssh/known_hosts").read_text().splitlines() == [
        "old ssh-rsa AAAA",
        f"n {OTHER.type} {OTHER.blob}",
        f"[10.0.0.2]:2222 {OTHER.type} {OTHER.blob}",
    ]


def test_another_host_key_is_never_overwritten() -> None:
    facts = cluster(host("m", known={"n": (KEY,)}), host("n"))
    operation = PinHostKeys("m", (("n", "n"),))
    assert not operation.satisfied(facts)
    with pytest.raises(CannotOperate) as refused:
        operation.commands(facts)
    assert refused.value.evidence.count("SHA256:") == 2
    assert "ssh-keygen -R 'n'" in refused.value.action


def test_a_node_that_was_not_read_does_not_keep_the_others_from_being_pinned() -> None:
    facts = cluster(host("m", known={"n": (OTHER,)}), host("n"), HostFacts("lost"))
    assert PinHostKeys("m", (("n", "n"), ("lost", "lost"))).satisfied(facts)


def test_ssh_itself_reads_the_block_as_meant(home: Path) -> None:
    rest = "User operator\n\nHost n\n    Port 99\n"
    (home / ".ssh").mkdir()
    file = home / ".ssh/config"
    file.write_text(rest)
    before = PathFacts(str(file), "file", 0o600, text=rest)
    facts = cluster(host("m", str(home), paths={str(file): before}))
    operation = WriteSshConfig("m", (SshEntry("n", "10.0.0.2", 2222, "flink", "~/.ssh/cluster key"),))
    perform(operation.commands(facts), home)
    text = file.read_text()
    assert text.endswith(rest)

    def asked(name: str) -> dict[str, str]:
        answer = subprocess.run(
            ["ssh", "-G", "-F", str(file), name], capture_output=True, text=True, check=True
        )
        return dict(line.split(" ", 1) for line in answer.stdout.splitlines() if " " in line)

    node, stranger = asked("n"), asked("stranger")
    assert (node["hostname"], node["port"], node["user"]) == ("10.0.0.2", "2222", "flink")
    assert node["identityfile"] == "~/.ssh/cluster key"
    assert (stranger["port"], stranger["user"]) == ("22", "operator")


# --- shell files

GUARD = "case $- in *i*) ;; *) return;; esac\nalias ll='ls -l'\n"


def shells_see(home: Path, variable: str) -> tuple[str, str]:
    """What a shell started by sshd and what `bash -l` see, with nothing inherited."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "SSH_CLIENT": "10.0.0.1 1 22", "SHLVL": "0"}
    show = f'printf %s "${variable}"'
    plain = subprocess.run(
        ["bash", "-c", f'. "$HOME/.bashrc"; {show}'],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    login = subprocess.run(
        ["bash", "-l", "-c", show], env=environment, capture_output=True, text=True, check=True
    )
    return plain.stdout, login.stdout


@pytest.mark.parametrize("profile", [None, ".profile", ".bash_profile", ".bash_login"])
def test_both_kinds_of_shell_see_the_variable(home: Path, profile: str | None) -> None:
    (home / ".bashrc").write_text(GUARD)
    paths = {"~/.bashrc": PathFacts("~/.bashrc", "file", 0o640, text=GUARD)}
    if profile is not None:
        (home / profile).write_text("umask 022")
        paths[f"~/{profile}"] = PathFacts(f"~/{profile}", "file", 0o644, text="umask 022")
    facts = cluster(host("n", str(home), paths=paths))
    value = "/opt/it's here"
    perform(SetProfileVariable("n", "FLINK_CONF_DIR", value).commands(facts), home)
    assert shells_see(home, "FLINK_CONF_DIR") == (value, value)
    assert (home / ".bashrc").read_text().endswith(GUARD)
    assert (home / ".bashrc").stat().st_mode & 0o777 == 0o640
    if profile != ".bash_profile":
        assert not (home / ".bash_profile").exists()


def test_a_missing_login_file_becomes_one_that_hides_no_other() -> None:
    assert login_file(host("n")) == "~/.profile"


def test_a_java_home_that_both_shells_see_is_left_alone() -> None:
    seen = JavaSeen(JAVA_17.home + "/", "")
    facts = cluster(host("n", java_command=seen, java_login=seen))
    assert SetJavaHomeInProfile("n", WISH).satisfied(facts)


def test_the_ssh_environment_keeps_its_other_lines() -> None:
    old = PathFacts("~/.ssh/environment", "file", 0o600, text="PATH=/opt/bin\nJAVA_HOME=/old\nX=1")
    ssh = account("/home/flink", permit_user_environment=True)
    facts = cluster(host("n", ssh=ssh, paths={"~/.ssh/environment": old}))
    upload = SetJavaHomeInSshEnvironment("n", WISH).commands(facts)[-1]
    assert isinstance(upload, Upload)
    assert upload.content == f"PATH=/opt/bin\nJAVA_HOME={JAVA_17.home}\nX=1"


def test_sshd_is_told_only_with_sudo() -> None:
    facts = cluster(host("n", sudo="none"))
    with pytest.raises(CannotOperate, match="sshd on n does not read"):
        SetJavaHomeInSshEnvironment("n", WISH).commands(facts)


def test_pdsh_without_rsh_is_left_alone() -> None:
    assert UseSshInPdsh("n").satisfied(cluster(host("n", pdsh_rcmd="ssh")))
    assert UseSshInPdsh("n").satisfied(cluster(host("n", pdsh_rcmd="")))
    for transport, enough in (("ssh", True), ("exec", True), ("rsh", False)):
        there = host("n", pdsh_rcmd="rsh", login_environment={"PDSH_RCMD_TYPE": transport})
        assert UseSshInPdsh("n").satisfied(cluster(there)) is enough


@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("text", ["", "a\n", "a", "a\r\nb\r\n", "# >>> flink-wizard x >>>\nlost end\n"])
def test_a_block_comes_and_changes_and_the_rest_stays(text: str, top: bool) -> None:
    once = with_block(text, "x", ("one",), top)
    twice = with_block(once, "x", ("two",), top)
    assert has_block(once, "x", ("one",))
    assert has_block(twice, "x", ("two",))
    assert with_block(twice, "x", ("one",), top) == once
    rest = once.replace("# >>> flink-wizard x >>>\none\n# <<< flink-wizard x <<<\n", "")
    assert rest.rstrip("\n") == text.rstrip("\n")
