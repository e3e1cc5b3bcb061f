"""The real scripts, run by real shells of this machine: what they read is what is there, and nothing is left."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.connection import Connection, ConnectionFailed, OutputSink, Result, Stop
from wizard.events import Event, HostLooked, Note
from wizard.facts import HostFacts
from wizard.local import LocalConnection
from wizard.needs import (
    Account,
    Ask,
    Daemons,
    Home,
    Javas,
    Known,
    Listening,
    Logins,
    Logs,
    LogTail,
    Machine,
    Names,
    Need,
    Paths,
    Rest,
    Tcp,
)
from wizard.probes import sections_for
from wizard.probes.prober import HostProber
from wizard.probes.script import Section, in_bounded_waves, merged_script, parse_output

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
SURVEY: tuple[Need, ...] = (
    Machine(),
    Account(),
    Javas(),
    Names(("localhost", "no-such-name.invalid")),
    Listening(),
    Daemons(),
    Home("/no/such/flink"),
)


class ShellConnection:
    """This machine through another shell, with a PATH and a home of its own."""

    def __init__(self, path: str, home: Path) -> None:
        self._local = LocalConnection()
        self._before = f"PATH='{path}' HOME='{home}'; export PATH HOME; "

    @property
    def host(self) -> str:
        return "node"

    def run(
        self,
        command: str,
        *,
        stdin: bytes | Iterable[bytes] | None = None,
        timeout: float | None = 60.0,
        idle_timeout: float | None = None,
        on_output: OutputSink | None = None,
        keep_output: bool = True,
        stop: Stop | None = None,
    ) -> Result:
        return self._local.run(
            self._before + command,
            stdin=stdin,
            timeout=timeout,
            idle_timeout=idle_timeout,
            on_output=on_output,
            keep_output=keep_output,
            stop=stop,
        )

    def close(self) -> None:
        self._local.close()


def path_of(shell: str, directory: Path) -> str:
    """A PATH on which `sh` is this shell; for busybox there is nothing but its own programs."""
    directory.mkdir(exist_ok=True)
    program = shutil.which(shell)
    assert program
    if shell == "busybox":
        names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
        for name in names:
            (directory / name).symlink_to(program)
        return str(directory)
    (directory / "sh").symlink_to(program)
    return f"{directory}:/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(params=SHELLS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Connection:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    return ShellConnection(path_of(request.param, tmp_path / "bin"), home)


@pytest.fixture
def here(tmp_path: Path) -> Connection:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    return ShellConnection(os.environ["PATH"], home)


def look(connection: Connection, *needs: Need, report: list[Event] | None = None) -> HostFacts:
    events: list[Event] = [] if report is None else report
    facts = HostProber(lambda name: connection).read({"node": needs}, threading.Event(), events.append)[
        "node"
    ]
    if report is None:
        assert [event for event in events if isinstance(event, Note)] == []
    return facts


def listing(directory: Path) -> Mapping[str, tuple[int, float]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime) for path in directory.rglob("*")}


def test_a_survey_reads_every_part_under_every_shell(node: Connection, tmp_path: Path) -> None:
    before = listing(tmp_path)
    facts = look(node, *SURVEY)
    assert facts.failure is None
    assert facts.os and facts.os.kernel == os.uname().sysname
    assert facts.cores and facts.cores_total and facts.cores <= facts.cores_total
    assert facts.memory_mib and facts.memory_total_mib and facts.memory_mib <= facts.memory_total_mib
    assert facts.memory_available_mib
    assert facts.disks and any(disk.mount == "/" for disk in facts.disks)
    assert facts.tools and "tar" in facts.tools
    assert facts.nofile and facts.nproc
    assert facts.hostname == socket.gethostname()
    assert facts.uid == os.getuid()
    assert facts.home == str(tmp_path / "home")
    assert facts.ssh and facts.ssh.home_mode == 0o755 and facts.ssh.dir_mode is None
    assert facts.sudo
    assert facts.javas is not None and facts.java_command is not None
    assert facts.listening is not None and facts.daemons is not None
    assert facts.homes["/no/such/flink"].exists is False
    assert facts.now and facts.clock_offset is not None and abs(facts.clock_offset) < 5
    assert listing(tmp_path) == before


def test_names_are_resolved_as_the_host_sees_them(here: Connection) -> None:
    facts = look(here, Names(("localhost", "no-such-name.invalid", "a b; exit", "-x")))
    assert set(facts.names["localhost"]) & {"127.0.0.1", "::1"}
    assert [facts.names[name] for name in ("no-such-name.invalid", "a b; exit", "-x")] == [(), (), ()]


def test_a_listening_port_is_seen_with_and_without_ss(node: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        facts = look(node, Listening())
        assert ("127.0.0.1", server.getsockname()[1]) in {
            (one.address, one.port) for one in facts.listening or ()
        }


NASTY = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=30)
COMPONENT = NASTY.filter(
    lambda name: "/" not in name and name not in {".", ".."} and len(name.encode()) < 200
)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        COMPONENT
        | st.sampled_from(["$(touch canary)", "`touch canary`", "'; touch canary; '", '"\n', "-n", "é\n"]),
        st.binary(max_size=300),
        min_size=1,
        max_size=6,
    )
)
def test_any_path_is_read_literally_and_nothing_of_it_is_executed(
    shell: str, files: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        home = root / "home"
        home.mkdir()
        for file, content in files.items():
            (home / file).write_bytes(content)
        connection = ShellConnection(path_of(shell, root / "bin"), home)
        wanted = tuple(f"{home}/{file}" for file in files)
        facts = look(
            connection, Paths(texts=wanted, sums=("~/missing'",)), Home(f"{home}/x'\"$(touch canary)")
        )
        for file, content in files.items():
            found = facts.paths[f"{home}/{file}"]
            assert found.text is not None
            assert found.text.encode("utf-8", "surrogateescape") == content
            assert (found.kind, found.size) == ("file", len(content))
        assert facts.paths["~/missing'"].exists is False
        assert {path.name for path in home.iterdir()} == set(files)


def test_paths_tell_kind_mode_links_and_where_a_missing_one_could_be_made(
    node: Connection, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "plain").write_text("x\n")
    (home / "plain").chmod(0o640)
    (home / "link").symlink_to("plain")
    (home / "dangling").symlink_to("nowhere")
    (home / "large").write_bytes(b"a" * (1024 * 1024 + 1))
    facts = look(
        node,
        Paths(("~/plain", "~/link", "~/dangling", "~", "~/no/such/dir"), ("~/large", "~/link"), ("~/plain",)),
    )
    plain, link = facts.paths["~/plain"], facts.paths["~/link"]
    assert (plain.kind, plain.mode, plain.size, plain.writable) == ("file", 0o640, 2, True)
    assert plain.sha256 == "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
    assert plain.mtime == int((home / "plain").stat().st_mtime)
    assert plain.inode == f"{home.stat().st_dev}:{(home / 'plain').stat().st_ino}"
    assert (link.kind, link.mode, link.text) == ("link", 0o640, "x\n")
    assert facts.paths["~/dangling"].kind == "link"
    assert facts.paths["~"].kind == "directory"
    missing = facts.paths["~/no/such/dir"]
    assert (missing.kind, missing.writable, missing.free_mib is not None) == ("missing", True, True)
    assert (facts.paths["~/large"].size, facts.paths["~/large"].text) == (1024 * 1024 + 1, None)


def test_a_home_is_compared_with_its_own_record(node: Connection, tmp_path: Path) -> None:
    home = tmp_path / "home" / "flink 2"
    for name in ("bin", "lib", "conf", "log", "plugins/s3", ".flink-wizard", "data"):
        (home / name).mkdir(parents=True)
    (home / "bin/flink.sh").write_text("#!/bin/sh\n")
    (home / "bin/flink.sh").chmod(0o755)
    (home / "conf/config.yaml").write_text("a: b # é\n")
    (home / "conf/log4j.properties").write_text("x")
    (home / "lib/mine.jar").write_text("connector")
    with zipfile.ZipFile(home / "lib/flink-dist-2.3.0.jar", "w"):
        pass
    files: dict[str, Any] = {}
    for name in ("bin/flink.sh", "lib/flink-dist-2.3.0.jar"):
        seen = (home / name).stat()
        files[name] = [seen.st_size, int(seen.st_mtime), "0644", "0"]
    files["lib/gone.jar"] = [1, 1, "0644", "0"]
    record = {"version": "2.3.0", "archive_sha": "ab", "files": files}
    (home / ".flink-wizard/manifest.json").write_text(json.dumps(record))
    (tmp_path / "home/.flink 2.flink-wizard-new").mkdir()
    facts = look(node, Home(str(home))).homes[str(home)]
    assert (facts.exists, facts.version, facts.executable, facts.writable) == (True, "2.3.0", True, True)
    assert facts.manifest == record
    assert facts.changed_files == ("lib/gone.jar",)
    assert facts.operator_files == ("data", "lib/mine.jar")
    assert facts.leftovers == (".flink 2.flink-wizard-new",)
    assert facts.conf["config.yaml"].text == "a: b # é\n"
    assert facts.conf["log4j.properties"].text is None
    assert facts.conf_dir == f"{home}/conf"
    assert facts.fstype
    (home / "bin/flink.sh").chmod(0o644)
    assert look(node, Home(str(home))).homes[str(home)].executable is False


def test_the_account_s_keys_are_told_and_no_private_half_travels(node: Connection, tmp_path: Path) -> None:
    directory = tmp_path / "home/.ssh"
    directory.mkdir(mode=0o700)
    for name, phrase in (("id_ed25519", ""), ("locked", "secret")):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-C", name, "-f", directory / name],
            check=True,
        )
    blob = (directory / "id_ed25519.pub").read_text().split()[1]
    (directory / "authorized_keys").write_text(
        f'no-pty ssh-ed25519 {blob} one\n# no\nfrom="a b" ssh-rsa AAAA two'
    )
    (directory / "authorized_keys").chmod(0o600)
    facts = look(node, Account()).ssh
    assert facts is not None
    assert (facts.dir_mode, facts.authorized_keys_mode) == (0o700, 0o600)
    assert [(key.blob, key.options, key.comment) for key in facts.trusted] == [
        (blob, "no-pty", "one"),
        ("AAAA", 'from="a b"', "two"),
    ]
    assert facts.key_files[str(directory / "id_ed25519")].blob == blob
    assert facts.encrypted_keys == (str(directory / "locked"),)
    assert facts.key_files[str(directory / "locked")].comment == "locked"


def test_both_kinds_of_shell_are_asked_for_their_java(here: Connection, tmp_path: Path) -> None:
    java = tmp_path / "home/jdk one"
    (java / "bin").mkdir(parents=True)
    (java / "bin/java").write_text("#!/bin/sh\nexit 9\n")
    (java / "bin/java").chmod(0o755)
    (java / "release").write_text('IMPLEMENTOR="Acme"\nJAVA_VERSION="11.0.2"\n')
    (tmp_path / "home/current").symlink_to(java)
    (tmp_path / "home/.profile").write_text(
        f'export JAVA_HOME="{tmp_path}/home/current"\nFLINK_LOG_DIR=/l\nPATH="$JAVA_HOME/bin:$PATH"\necho noise\n'
    )
    facts = look(here, Javas((str(java),)))
    assert facts.login_shell_sane is True
    assert facts.login_environment and facts.login_environment["FLINK_LOG_DIR"] == "/l"
    assert facts.java_command and facts.java_command.home == ""
    assert facts.java_login and facts.java_login.home == f"{tmp_path}/home/current"
    assert facts.java_login.java == str(java / "bin/java")
    assert (facts.java_major(str(java)), facts.java_major(f"{tmp_path}/home/current")) == (11, 11)


@pytest.mark.parametrize("profile", ["exit 0\n", "exec sleep 0\n", "read x </dev/null; exit 3\n"])
def test_a_profile_that_ends_the_shell_is_noticed(here: Connection, tmp_path: Path, profile: str) -> None:
    (tmp_path / "home/.bash_profile").write_text(profile)
    facts = look(here, Javas())
    assert facts.login_shell_sane is False
    assert facts.java_login is None


def test_a_profile_that_leaves_a_child_behind_does_not_hold_the_reading(
    here: Connection, tmp_path: Path
) -> None:
    (tmp_path / "home/.bash_profile").write_text(f"sleep 60 &\necho $! >{tmp_path}/child\n")
    try:
        assert look(here, Javas()).login_shell_sane is True
    finally:
        os.kill(int((tmp_path / "child").read_text()), 9)


class _Daemon(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = {"/overview": b'{"taskmanagers": 2, "name": "\xc3\xa9"}', "/text": b"not json"}.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(found or b"{}")

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def daemon() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Daemon) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("contained", [False, True])
def test_a_daemon_in_a_container_is_none_of_this_host(
    here: Connection, tmp_path: Path, contained: bool
) -> None:
    log = tmp_path / "log"
    log.write_text("up\n")
    main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
    argv = ["bash", "-c", f"exec -a {tmp_path}/java tail -f {log} {main} 2>/dev/null"]
    own = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"] if contained else []
    if contained and subprocess.run([*own, "true"], capture_output=True).returncode:
        pytest.skip("no process namespaces for this user")
    with subprocess.Popen([*own, *argv], stdout=subprocess.PIPE, cwd=tmp_path) as run:
        assert run.stdout is not None and run.stdout.readline(), "tail did not start"
        found = [daemon for daemon in look(here, Daemons()).daemons or () if str(log) in daemon.command]
        run.terminate()
    assert len(found) == (0 if contained else 1)


def test_a_web_address_is_asked_from_the_host_itself(here: Connection, daemon: int) -> None:
    paths = ("/overview", "/nothing", "/text", "/bad\r\nHost: x")
    facts = look(here, Rest("127.0.0.1", daemon, paths)).rest[f"127.0.0.1:{daemon}"]
    assert facts.reachable
    assert facts.answers == {"/overview": {"taskmanagers": 2, "name": "é"}, **dict.fromkeys(paths[1:])}
    assert "404" in facts.evidence


def test_a_web_address_that_does_not_answer_is_told_with_evidence(here: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    facts = look(here, Rest("127.0.0.1", port, ("/overview",))).rest[f"127.0.0.1:{port}"]
    assert (facts.reachable, facts.answers) == (False, {"/overview": None})
    assert "refused" in facts.evidence


def test_ports_are_told_open_refused_or_unresolved(here: Connection, daemon: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    targets = (("127.0.0.1", daemon), ("127.0.0.1", closed), ("no-such-name.invalid", 1))
    assert [look(here, Tcp(targets)).tcp[target] for target in targets] == ["open", "refused", "unresolved"]


def test_a_login_is_seen_through_whatever_its_shell_prints(node: Connection, tmp_path: Path) -> None:
    (tmp_path / "home" / ".ssh").mkdir()
    # An ssh that runs the command here, in a shell that chats: without an end of line, and in letters of no encoding.
    ssh = tmp_path / "bin" / "ssh"
    ssh.unlink(missing_ok=True)
    ssh.write_text(
        "#!/bin/sh\nfor command; do :; done\nprintf 'FWOK? no end'; printf '\\377\\376 [red]' >&2\n"
        "sh -c \"$command\"; status=$?; printf 'and on\\377\\n' >&2; exit $status\n"
    )
    ssh.chmod(0o755)
    login = look(node, Logins(("a",), ())).logins["a"]
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert (login.ok, login.user, login.hostname) == (True, user, socket.gethostname())


def test_a_login_that_cannot_work_is_told_with_its_reason_and_makes_no_directory(
    here: Connection, tmp_path: Path
) -> None:
    facts = look(here, Logins(("127.0.0.1", "no-such-name.invalid"), ("-p", "1")))
    assert [facts.logins[name].ok for name in ("127.0.0.1", "no-such-name.invalid")] == [False, False]
    assert all(login.evidence for login in facts.logins.values())
    assert list((tmp_path / "home").iterdir()) == []


def test_known_hosts_are_found_by_name_and_port(here: Connection, tmp_path: Path) -> None:
    directory = tmp_path / "home/.ssh"
    directory.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "k"], check=True)
    blob = (tmp_path / "k.pub").read_text().split()[1]
    (directory / "known_hosts").write_text(f"node1 ssh-ed25519 {blob}\n[node2]:2222 ssh-ed25519 {blob}")
    subprocess.run(
        ["ssh-keygen", "-q", "-H", "-f", directory / "known_hosts"], check=True, capture_output=True
    )
    facts = look(here, Known(("node1", "[node2]:2222", "node3")))
    assert [len(facts.known[name]) for name in ("node1", "[node2]:2222", "node3")] == [1, 1, 0]
    assert facts.known["node1"][0].blob == blob


def test_the_newest_log_of_a_pattern_gives_its_last_lines(node: Connection, tmp_path: Path) -> None:
    logs = tmp_path / "home/lo'g"
    logs.mkdir()
    for number, name in enumerate(("flink-a-0.log", "flink-a-1.log", "other.log")):
        (logs / name).write_bytes(b"first\nsecond \xff\nlast without end")
        os.utime(logs / name, (1000 + number, 1000 + number))
    facts = look(node, LogTail((f"{logs}/flink-*-[0-9].log", f"{logs}/none*"), 2))
    assert facts.tails == {f"{logs}/flink-a-1.log": "second \ufffd\nlast without end"}


def test_a_log_is_searched_by_its_end_and_its_lines_have_their_numbers(
    node: Connection, tmp_path: Path
) -> None:
    logs = tmp_path / "home/lo'g"
    logs.mkdir()
    (logs / "a.log").write_bytes(b"one\nit's $bad \x00 \xff\nthree\nit's $bad too" + b"x" * 900)
    filler = b"nothing to see in this line\n" * 50_000
    (logs / "huge.log").write_bytes(b"it's $bad far away\n" + filler + b"it's $bad\n")
    facts = look(node, Logs((f"{logs}/a*", f"{logs}/huge*", f"{logs}/none*"), ("it's $bad", "-e other"))).logs
    small, huge = facts[f"{logs}/a.log"], facts[f"{logs}/huge.log"]
    assert [(line.number, line.text[:14]) for line in small.lines] == [
        (2, "it's $bad  \ufffd"),
        (4, "it's $bad toox"),
    ]
    assert len(small.lines[1].text) == 500 - len("4:") and small.last[0] == "one" and small.mtime is not None
    assert [(line.number, line.text) for line in huge.lines] == [(50_002, "it's $bad")]
    assert huge.size > 1024 * 1024 and len(huge.last) == 8


def test_a_question_gives_both_streams_and_its_status(node: Connection) -> None:
    argv = ("sh", "-c", 'printf "%s" "$1"; echo "$2" >&2; exit 3', "sh", "it's\n$HOME", "wrong")
    facts = look(node, Ask("calculation", argv), Ask("later", ("echo", "\0later:here:x\0"))).commands
    assert set(facts) == {"calculation"}
    assert (facts["calculation"].status, facts["calculation"].stdout) == (3, "it's\n$HOME")
    assert facts["calculation"].stderr == "wrong\n"


def test_a_section_that_hangs_or_crashes_takes_no_other_with_it(node: Connection) -> None:
    def body(reading: Any) -> Mapping[str, Any]:
        return {"hostname": reading.body("x").strip()}

    script = merged_script(
        (
            Section("good", "h x; echo one", body),
            Section("hanging", "h x; echo half; sleep 600", body, seconds=1),
            Section("crashing", "h x; echo half; exit 3", body),
            Section("broken", "if then fi (", body),
            Section("good too", "h x; printf two", body),
        )
    )
    result = node.run("sh -s", stdin=script.text.encode(), timeout=60)
    output = parse_output(result.stdout, script.mark)
    assert {number: reading.body("x") for number, reading in output.readings.items()} == {
        0: "one\n",
        4: "two",
    }
    assert output.whole
    assert output.ended[2] == 3


def test_a_call_that_hangs_ends_with_its_wave_and_takes_no_other_with_it(node: Connection) -> None:
    functions = """
    say() { printf '%s said %s\\n' "$m" "$1"; }
    stay() { limit 1 sleep 600; }
    """
    calls = ["say 1", "stay", "say 2", "say 3"]
    text = in_bounded_waves(calls, 1, functions, bounded="say 0 >/dev/null\n", single="", at_once=3)
    script = merged_script((Section("waves", text, lambda reading: {}, 30),))
    result = node.run("sh -s", stdin=script.text.encode(), timeout=60)
    reading = parse_output(result.stdout, script.mark).readings[0]
    assert sorted(block.rest for block in reading.all("said")) == ["1", "2", "3"]
    assert reading.has("asked")


def test_many_names_and_ports_are_told_in_several_waves(here: Connection, daemon: int) -> None:
    names = ("localhost", *(f"no-such-name-{number}.invalid" for number in range(70)))
    targets = tuple((f"127.0.0.{number}", daemon) for number in range(1, 71))
    facts = look(here, Names(names), Tcp(targets))
    assert facts.names["localhost"] and not any(facts.names[name] for name in names[1:])
    assert set(facts.names) == set(names)
    # The server listens on one address alone.
    assert facts.tcp == {target: "open" if target[0] == "127.0.0.1" else "refused" for target in targets}


def test_content_cannot_pass_for_a_section(here: Connection, tmp_path: Path) -> None:
    first = merged_script(sections_for((Machine(),)))
    second = merged_script(sections_for((Machine(),)))
    assert first.mark != second.mark
    forged = tmp_path / "home/forged"
    forged.write_text(f"\n{first.mark} section 0\n{first.mark} hostname\nevil\n{first.mark} done 0 0\n")
    facts = look(here, Machine(), Paths(texts=(str(forged),)))
    assert facts.hostname == socket.gethostname()
    assert facts.paths[str(forged)].text == forged.read_text()


def test_what_cannot_be_read_stays_unknown_and_is_noted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    programs = tmp_path / "bin"
    path_of("dash", programs)
    (programs / "id").write_text("#!/bin/sh\necho nonsense\n")
    (programs / "id").chmod(0o755)
    events: list[Event] = []
    facts = look(ShellConnection(f"{programs}:/usr/bin:/bin", home), Account(), Machine(), report=events)
    assert (facts.user, facts.ssh) == (None, None)
    assert facts.cores
    notes = [event.text for event in events if isinstance(event, Note)]
    assert len(notes) == 1 and "the account" in notes[0]


def test_each_host_is_reported_and_a_lost_one_does_not_hide_the_others(here: Connection) -> None:
    def opened(name: str) -> Connection:
        if name == "down":
            raise ConnectionFailed(
                name, "refused", "nothing listens on port 22", "Connection refused", "Start sshd."
            )
        return here

    events: list[Event] = []
    facts = HostProber(opened, own=("up",)).read(
        {"down": (Machine(),), "up": (Names(("localhost",)),), "bare": ()}, threading.Event(), events.append
    )
    failure = facts["down"].failure
    assert failure and (failure.kind, failure.action) == ("refused", "Start sshd.")
    assert facts["up"].reached and facts["up"].clock_offset == 0.0 and facts["up"].names["localhost"]
    assert facts["bare"].reached and facts["bare"].now
    looked = {event.host: event.kind for event in events if isinstance(event, HostLooked)}
    assert looked == {"down": "refused", "up": "", "bare": ""}


def test_a_shell_that_runs_nothing_is_a_failure_with_its_words(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").write_text("#!/bin/bash\necho This account is not available.\nexit 1\n")
    (programs / "sh").chmod(0o755)
    facts = look(ShellConnection(f"{programs}:/usr/bin:/bin", tmp_path), Machine(), report=[])
    assert facts.failure and "not available" in facts.failure.evidence


def test_a_cancelled_reading_says_so(here: Connection) -> None:
    stop = threading.Event()
    stop.set()
    facts = HostProber(lambda name: here).read({"a": (Machine(),), "b": (Machine(),)}, stop)
    assert {host.failure.kind for host in facts.values() if host.failure} == {"cancelled"}


def test_nothing_asked_is_nothing_read() -> None:
    assert HostProber(lambda name: LocalConnection()).read({}, threading.Event()) == {}
