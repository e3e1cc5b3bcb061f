"""Commands as text, and the programs behind uploads, transfers, lock and swap: run for real, by three shells."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.commands import (
    Fetch,
    FetchChoice,
    Later,
    Run,
    Transfer,
    Upload,
    fill_command,
    laters_in,
    lines_of,
    shell,
)
from wizard.operations import daemons, home, lock
from wizard.writing import discard_run, pack_run, unpack_run, upload_run

SHELLS = {
    "dash": ("dash",),
    "bash": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
}


@dataclass(frozen=True)
class Sh:
    """One shell in a home directory of its own."""

    argv: tuple[str, ...]
    home: Path

    def start(self, run: Run) -> subprocess.Popen[bytes]:
        assert run.argv[:2] == ("sh", "-c")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C", "USER": "flink"}
        return subprocess.Popen(
            (*self.argv, *run.argv[1:]),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, run: Run, stdin: bytes | None = None) -> tuple[int, str, str]:
        process = self.start(run)
        given = run.stdin.encode("utf-8", "surrogateescape") if stdin is None else stdin
        out, err = process.communicate(given, timeout=60)
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


@pytest.fixture(params=[name for name, argv in SHELLS.items() if shutil.which(argv[0])])
def sh(request: pytest.FixtureRequest, tmp_path: Path) -> Sh:
    place = tmp_path / "home"
    place.mkdir()
    return Sh(SHELLS[request.param], place)


# --- as text

KEY = Later("m", "public-key")


def test_a_later_value_is_found_in_any_text_and_never_reaches_a_host_unresolved() -> None:
    run = Run(("echo", f"it is '{KEY}' here"), stdin=str(KEY))
    assert laters_in(run.line()) == (KEY,)
    assert "\x00" in run.line() and "‹public key of m›" in lines_of(run)
    with pytest.raises(KeyError):
        fill_command(run, {})
    filled = fill_command(run, {KEY: "a $(b) 'c'"})
    assert isinstance(filled, Run)
    assert filled.argv[1] == "it is 'a $(b) 'c'' here" and filled.stdin == "a $(b) 'c'"


def test_a_later_value_of_a_host_with_colons_is_found_too() -> None:
    later = Later("fe80::1", "java-home")
    assert laters_in(f"x{later}y") == (later,)


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=1))
def test_every_word_reaches_the_program_as_it_is(words: list[str]) -> None:
    line = Run(("printf", "%s\\0", *words)).line()
    out = subprocess.run(["dash", "-c", line], capture_output=True, check=True).stdout
    assert out.decode() == "".join(word + "\0" for word in words)


def test_equal_commands_read_equal_and_different_ones_differ() -> None:
    commands = (
        Run(("a", "b")),
        Run(("a", "b"), sudo=True),
        Upload("/x", "1\n"),
        Upload("/x", "1\n2\n"),
        Upload("/x", "1\n", 0o600),
        Transfer("m", "/a", "w", "/b"),
        Fetch("2.3.0", (FetchChoice("pypi", "2.3.0"),), "/t"),
    )
    assert len({lines_of(command) for command in commands}) == len(commands)


def test_values_never_become_part_of_a_script() -> None:
    assert shell('echo "$1"', "$(touch /tmp/x)").argv == ("sh", "-c", 'echo "$1"', "sh", "$(touch /tmp/x)")


# --- writing files

NAMES = ("plain.yaml", "it's here", 'quo"te', "a b  c", "new\nline", "$(touch x)", "-n", "ünïcode")


def put(upload: Upload) -> Run:
    return upload_run(upload, "run7", "op@desk", "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_written_whole_with_its_mode(sh: Sh, name: str) -> None:
    path = sh.home / "new dir" / name
    status, _, said = sh.run(put(Upload(str(path), "a: 1\n", 0o640)))
    assert (status, said) == (0, "")
    assert path.read_text() == "a: 1\n" and path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir()] == [name]


def test_a_replaced_file_is_kept_beside_a_record_of_who_when_and_why(sh: Sh) -> None:
    path = sh.home / "it's config"
    path.write_text("old\n")
    path.chmod(0o600)
    assert sh.run(put(Upload(str(path), "new\n", 0o644, "old\n", why='the "why"')))[0] == 0
    kept = Path(f"{path}.run7.bak")
    assert (path.read_text(), kept.read_text()) == ("new\n", "old\n") and kept.stat().st_mode & 0o777 == 0o600
    record = json.loads((sh.home / ".flink-wizard/changes.log").read_text())
    assert record == {
        "when": "2026-01-01T00:00:00+00:00",
        "who": "op@desk",
        "run": "run7",
        "file": str(path),
        "backup": str(kept),
        "why": 'the "why"',
    }


def test_the_first_backup_of_a_run_stays(sh: Sh) -> None:
    path = sh.home / ".bashrc"
    path.write_text("mine\n")
    assert sh.run(put(Upload(str(path), "one\n", before="mine\n")))[0] == 0
    assert sh.run(put(Upload(str(path), "two\n", before="one\n")))[0] == 0
    assert Path(f"{path}.run7.bak").read_text() == "mine\n"


def test_a_file_that_nobody_knew_of_is_kept_even_without_the_wish(sh: Sh) -> None:
    path = sh.home / "appeared"
    path.write_text("precious\n")
    assert sh.run(put(Upload(str(path), "new\n", before=None, backup=False)))[0] == 0
    assert Path(f"{path}.run7.bak").read_text() == "precious\n"


def test_a_link_stays_a_link_and_its_target_is_written(sh: Sh) -> None:
    real = sh.home / "dotfiles" / "bashrc"
    real.parent.mkdir()
    real.write_text("old\n")
    link = sh.home / ".bashrc"
    link.symlink_to("dotfiles/bashrc")
    assert sh.run(put(Upload(str(link), "new\n", before="old\n")))[0] == 0
    assert link.is_symlink() and real.read_text() == "new\n"


def test_a_file_that_somebody_changed_in_the_meantime_is_left_alone(sh: Sh) -> None:
    path = sh.home / "f"
    path.write_text("theirs\n")
    status, _, said = sh.run(put(Upload(str(path), "ours\n", before="old\n")))
    assert status == 1 and "changed by somebody else" in said
    assert path.read_text() == "theirs\n" and [one.name for one in sh.home.iterdir()] == ["f"]


@pytest.mark.parametrize("arrived", [b"", b"half"])
def test_a_stream_that_ends_early_leaves_the_old_file(sh: Sh, arrived: bytes) -> None:
    path = sh.home / "f"
    path.write_text("old\n")
    status, _, said = sh.run(put(Upload(str(path), "half of it\n", before="old\n")), arrived)
    assert status == 1 and "only a part" in said
    assert path.read_text() == "old\n" and [one.name for one in sh.home.iterdir()] == ["f"]


def test_a_path_below_the_home_and_bytes_of_any_encoding_are_written(sh: Sh) -> None:
    text = b"# caf\xe9\n".decode("utf-8", "surrogateescape")
    (sh.home / "c").write_bytes(b"# caf\xe9 old\n")
    before = b"# caf\xe9 old\n".decode("utf-8", "surrogateescape")
    assert sh.run(put(Upload("~/c", text, before=before)))[0] == 0
    assert (sh.home / "c").read_bytes() == b"# caf\xe9\n" and (sh.home / "c.run7.bak").exists()


# --- trees


def test_a_tree_travels_with_modes_and_replaces_what_a_broken_copy_left(sh: Sh) -> None:
    source, target = sh.home / "src", sh.home / "it's new"
    (source / "bin").mkdir(parents=True)
    (source / "bin/run.sh").write_text("#!/bin/sh\n")
    (source / "bin/run.sh").chmod(0o755)
    (source / "link").symlink_to("bin/run.sh")
    target.mkdir()
    (target / "half").write_text("x")
    packed = subprocess.run([*sh.argv, *pack_run(str(source)).argv[1:]], capture_output=True, check=True)
    assert sh.run(unpack_run(str(target)), packed.stdout)[0] == 0
    assert sorted(str(one.relative_to(target)) for one in target.rglob("*")) == ["bin", "bin/run.sh", "link"]
    assert (target / "bin/run.sh").stat().st_mode & 0o777 == 0o755 and not (target / "link").is_symlink()
    assert sh.run(discard_run(str(target)))[0] == 0 and not target.exists()


def test_half_a_stream_is_no_tree(sh: Sh) -> None:
    source = sh.home / "src"
    source.mkdir()
    (source / "big").write_bytes(b"x" * 100_000)
    packed = subprocess.run([*sh.argv, *pack_run(str(source)).argv[1:]], capture_output=True, check=True)
    assert sh.run(unpack_run(str(sh.home / "new")), packed.stdout[:60_000])[0] != 0


# --- the lock


def take(directory: Path, owner: str, stale: str = "") -> Run:
    return shell(lock._TAKE, str(directory), owner, stale)  # pyright: ignore[reportPrivateUsage]


def release(directory: Path, owner: str) -> Run:
    return shell(lock._RELEASE, str(directory), owner)  # pyright: ignore[reportPrivateUsage]


def test_of_many_takers_exactly_one_wins(sh: Sh) -> None:
    directory = sh.home / "state" / "lock"
    for round_ in range(3):
        stale = f"dead {round_}" if round_ % 2 else ""
        if stale:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "owner").write_text(stale + "\n")
        takers = [(f"run {number}", sh.start(take(directory, f"run {number}", stale))) for number in range(8)]
        ended = [(owner, process.communicate()[1], process.returncode) for owner, process in takers]
        winners = [owner for owner, _, status in ended if status == 0]
        assert len(winners) == 1
        assert (directory / "owner").read_text().strip() == winners[0]
        assert all(b"locked by" in said for _, said, status in ended if status)
        assert [one.name for one in directory.parent.iterdir()] == ["lock"]
        assert sh.run(release(directory, winners[0]))[0] == 0 and not (directory / "owner").exists()


def test_a_foreign_lock_is_named_and_stays_after_a_release_of_ours(sh: Sh) -> None:
    directory = sh.home / "lock"
    assert sh.run(take(directory, "run 1 by o'hara"))[0] == 0
    status, _, said = sh.run(take(directory, "run 2", "run 0"))
    assert status == 1 and "locked by: run 1 by o'hara" in said
    assert sh.run(release(directory, "run 2"))[0] == 0
    assert (directory / "owner").read_text() == "run 1 by o'hara\n"
    assert sh.run(release(directory, "run 1 by o'hara"))[0] == 0 and not directory.exists()


def test_a_lock_without_an_owner_is_free(sh: Sh) -> None:
    (sh.home / "lock").mkdir()
    assert sh.run(take(sh.home / "lock", "run 1"))[0] == 0


# --- the swap of a home


def swap(sh: Sh, same: str = "yes", names: tuple[str, ...] = ()) -> Run:
    place = str(sh.home / "flink")
    beside = (home.staging_of(place), home.ready_of(place), f"{place}.run7.bak")
    return shell(home._SWAP, place, *beside, same, "conf", "log", *names)  # pyright: ignore[reportPrivateUsage]


def finish(sh: Sh) -> Run:
    place = str(sh.home / "flink")
    return shell(home._FINISH, home.ready_of(place), place)  # pyright: ignore[reportPrivateUsage]


def stage(sh: Sh, whole: bool = True) -> None:
    new = Path(home.staging_of(str(sh.home / "flink")))
    (new / "conf").mkdir(parents=True)
    (new / "conf/config.yaml").write_text("shipped\n")
    (new / "lib").mkdir()
    (new / "lib/flink-dist-2.3.0.jar").write_text("new")
    if whole:
        (new / ".flink-wizard").mkdir()
        (new / ".flink-wizard/manifest.json").write_text("{}")


def old_home(sh: Sh) -> Path:
    old = sh.home / "flink"
    for name, text in {"conf/config.yaml": "mine\n", "log/a.log": "log", "lib/it's own.jar": "own"}.items():
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_text(text)
    return old


def test_a_fresh_home_is_moved_into_place(sh: Sh) -> None:
    stage(sh)
    assert sh.run(swap(sh))[0] == 0
    assert sorted(one.name for one in sh.home.iterdir()) == ["flink"] and (sh.home / "flink/log").is_dir()


def test_a_copy_without_its_manifest_replaces_nothing(sh: Sh) -> None:
    stage(sh, whole=False)
    old_home(sh)
    status, _, said = sh.run(swap(sh))
    assert status == 1 and "not complete" in said
    assert (sh.home / "flink/conf/config.yaml").read_text() == "mine\n"


@pytest.mark.parametrize(("same", "config"), [("yes", "mine\n"), ("no", "shipped\n")])
def test_what_the_operator_added_goes_with_the_new_home(sh: Sh, same: str, config: str) -> None:
    stage(sh)
    old_home(sh)
    assert sh.run(swap(sh, same, ("lib/it's own.jar",)))[0] == 0
    new, kept = sh.home / "flink", sh.home / "flink.run7.bak"
    assert (new / "lib/it's own.jar").read_text() == "own" and (new / "log/a.log").read_text() == "log"
    assert (new / "conf/config.yaml").read_text() == config
    assert (kept / "conf/config.yaml").read_text() == "mine\n"


def test_a_swap_killed_between_its_renames_is_finished_and_loses_nothing(sh: Sh, tmp_path: Path) -> None:
    stage(sh)
    old_home(sh)
    place = tmp_path / "bin"
    place.mkdir()
    # A mv that kills its shell once the old home has been moved away: the worst moment there is.
    (place / "mv").write_text(
        f'#!/bin/sh\n{shutil.which("mv")} "$@"\ncase $2 in *.bak) kill -9 $PPID;; esac\n', encoding="utf-8"
    )
    (place / "mv").chmod(0o755)
    run = swap(sh, "yes", ("lib/it's own.jar",))
    argv = (*sh.argv, *run.argv[1:])
    if sh.argv[0] == "busybox":
        argv = ("dash", *run.argv[1:])  # its own mv is built in and cannot be ended in the middle
    environment = {"PATH": f"{place}:{os.environ['PATH']}", "HOME": str(sh.home)}
    killed = subprocess.run(argv, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (sh.home / "flink").exists()
    assert sh.run(finish(sh))[0] == 0
    new = sh.home / "flink"
    assert (new / "conf/config.yaml").read_text() == "mine\n" and (
        new / "lib/it's own.jar"
    ).read_text() == "own"
    assert (new / "lib/flink-dist-2.3.0.jar").exists()
    assert sh.run(finish(sh))[0] != 0


# --- starting and stopping


@pytest.fixture
def flink(sh: Sh) -> Path:
    place = sh.home / "fl ink"
    (place / "bin").mkdir(parents=True)
    (place / "bin/taskmanager.sh").write_text(
        'echo "$@|$FLINK_CONF_DIR|$USER|$(shopt -q login_shell && echo login)"; cat\n'
    )
    return place


@pytest.mark.parametrize("conf", ["", "/etc/it's conf"])
def test_a_daemon_is_started_by_a_login_shell_as_flink_does_it(sh: Sh, flink: Path, conf: str) -> None:
    status, out, _ = sh.run(shell(daemons.START, str(flink), conf, "taskmanager.sh", "start", "batch"), b"x")
    assert (status, out.strip()) == (0, f"start batch|{conf}|flink|login")


def test_a_start_is_over_only_when_the_jvm_is_no_longer_a_copy_of_the_script(sh: Sh, flink: Path) -> None:
    """Such a copy is no daemon to any look, so a look right after a start that did not wait sees none."""
    (flink / "bin/taskmanager.sh").write_text('exec "${0%/*}/flink-daemon.sh" "$1" taskexecutor\n')
    script = flink / "bin/flink-daemon.sh"
    # What will be the JVM stays a copy until somebody waits for it: the waiting is what lets it go on.
    script.write_text(
        '#!/usr/bin/env bash\n{ read -r go < "$HOME/waited"; exec tail -f /dev/null; } >/dev/null 2>&1 </dev/null &\n'
        'echo $! > "$HOME/pid"\n'
    )
    script.chmod(0o755)
    tools = sh.home / "tools"
    tools.mkdir()
    os.mkfifo(sh.home / "waited")
    (tools / "sleep").write_text(
        '#!/bin/sh\n[ -e "$HOME/gone" ] || { : > "$HOME/gone"; echo go > "$HOME/waited"; }\n'
    )
    (tools / "sleep").chmod(0o755)
    run = shell(f"PATH={tools}:$PATH\n{daemons.START}", str(flink), "", "taskmanager.sh", "start")
    status, _, said = sh.run(run)
    pid = int((sh.home / "pid").read_text())
    seen = os.readlink(f"/proc/{pid}/exe")
    os.kill(pid, signal.SIGKILL)
    assert (status, Path(seen).name, said) == (0, "tail", "")


def test_a_script_of_flink_that_fails_is_a_failure_and_nothing_is_waited_for(sh: Sh, flink: Path) -> None:
    (flink / "bin/taskmanager.sh").write_text("echo 'No lib directory' >&2; exit 3\n")
    status, _, said = sh.run(shell(daemons.START, str(flink), "", "taskmanager.sh", "start"))
    assert (status, said.strip()) == (3, "No lib directory")


def test_a_stop_waits_until_the_process_is_gone(sh: Sh) -> None:
    with subprocess.Popen(["sleep", "60"]) as lasting:
        waiting = sh.start(shell(daemons.GONE, "taskmanager", "30", str(lasting.pid)))
        assert waiting.poll() is None
        lasting.kill()
        lasting.wait()
        assert waiting.wait(60) == 0


def test_a_process_that_stays_is_named(sh: Sh) -> None:
    with subprocess.Popen(["sleep", "60"]) as lasting:
        status, _, said = sh.run(shell(daemons.GONE, "taskmanager", "0", str(lasting.pid)))
        lasting.kill()
    assert status == 1 and f"taskmanager with pid {lasting.pid} is still there" in said


def test_flinks_own_calculation_is_asked_and_its_refusal_is_a_failure(sh: Sh) -> None:
    (sh.home / "lib").mkdir()
    (sh.home / "lib/flink-dist-2.3.0.jar").touch()
    java = sh.home / "java"
    java.write_text(
        '#!/bin/sh\n[ "$6" = GET_TM_RESOURCE_PARAMS ] && echo "IllegalConfigurationException: too small $8" && exit 1\n'
        "exit 0\n"
    )
    java.chmod(0o755)
    words = (str(sh.home), "", str(java))
    status, _, said = sh.run(shell(daemons.CALCULATE, *words, "GET_TM_RESOURCE_PARAMS"))
    assert status == 1 and f"too small {sh.home}/conf" in said
    assert sh.run(shell(daemons.CALCULATE, *words, "GET_JM_RESOURCE_PARAMS"))[0] == 0
