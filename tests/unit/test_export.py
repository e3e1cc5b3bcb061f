"""Exported scripts do what a run does, byte for byte, and runbooks show it.

The scripts are run by real shells. An `ssh` of our own stands in for the hosts: it either records what it was
given or runs it on this machine.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mirror import Mirror
from wizard.commands import Command, Fetch, FetchChoice, Later, Run, Transfer, Upload, fill, shell
from wizard.connection import Connection
from wizard.desired import settle
from wizard.export import runbook_text, script_text
from wizard.facts import ClusterFacts, HostFacts, JavaFacts, OsFacts, PublicKey, SshFacts
from wizard.hands import Hands, Signature
from wizard.imagined import Done
from wizard.local import LocalConnection
from wizard.obtain import Obtainer
from wizard.operations.operation import Operation
from wizard.operations.record import WriteRecord
from wizard.plan import Plan, Stage
from wizard.plans.install import INSTALL, Context, plan_of
from wizard.preview import Preview, Previewed, preview
from wizard.runner import Outcome
from wizard.spec import HERE, ClusterSpec, FlinkSpec, HaSpec, HostSpec, SshSpec

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
VERSION = "2.3.0"
HOME = f"/home/flink/flink-{VERSION}"
KEY = PublicKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIB0JmKkQzM8mVd4mY0bS9w0u2uUqOqvG0e3m3sJb6t0p", "h")

RUNS_HERE = r"""#!/bin/sh
while [ "$1" != -- ]; do shift; done
cd "$FAKE_HOMES/$2" && HOME=$PWD exec sh -c "$3"
"""

RECORDS = r"""#!/bin/sh
sudo=
while [ "$1" != -- ]; do [ "$1" != -t ] || sudo=sudo; shift; done
count=$(ls "$FAKE_LOG" | wc -l)
until n=$(printf '%05d' "$count") && mkdir "$FAKE_LOG/$n" 2>/dev/null; do count=$((count + 1)); done
printf '%s' "$2" > "$FAKE_LOG/$n/host"
printf '%s' "$sudo" > "$FAKE_LOG/$n/sudo"
printf '%s' "$3" > "$FAKE_LOG/$n/line"
[ -n "$sudo" ] || cat > "$FAKE_LOG/$n/input"
case $3 in
  */dev/tcp/*/taskmanagers*)
    echo '{"taskmanagers":[{"path":"akka://flink@w:1/","dataPort":7}]}' ;;
  */dev/tcp/*) echo '{"flink-version":"2.3.0","taskmanagers":2, "slots-total": 4}' ;;
  *"'exported script'") printf 'exported script' ;;
  *ssh-keygen*) echo 'ssh-ed25519 AAAAnew flink@node0' ;;
  *'no Java '*) echo "/usr/lib/jvm/it's new" ;;
  *BatchMode=yes*) echo flink ;;
esac
"""

JAVA = JavaFacts("/usr/lib/jvm/java-17", "17.0.15", 17)
BORN_JAVA = "/usr/lib/jvm/it's new"


def facts_of(name: str, **changes: Any) -> HostFacts:
    values: dict[str, Any] = {
        "os": OsFacts("Linux", "x86_64", "debian", "12", "Debian GNU/Linux 12", "debian"),
        "user": "flink",
        "uid": 1000,
        "groups": ("flink",),
        "home": "/home/flink",
        "shell": "/bin/bash",
        "sudo": "nopasswd",
        "cores": 4,
        "cores_total": 4,
        "memory_mib": 16384,
        "memory_total_mib": 16384,
        "disks": (),
        "hostname": name,
        "tools": frozenset({"bash", "tar", "gzip", "ssh", "ssh-keygen"}),
        "ssh": SshFacts(0o755, "flink", 0o700, 0o600, host_keys=(replace(KEY, comment=name),)),
        "javas": (JAVA,),
        "daemons": (),
    }
    return HostFacts(name, **{**values, **changes})


def cluster(**changes: Any) -> tuple[ClusterSpec, ClusterFacts]:
    """A master and two workers, bare; `changes` are of every host's facts."""
    nodes = [HostSpec(name, name, slots=2) for name in ("node0", "node-1", "node_1")]
    spec = ClusterSpec(
        "demo",
        "flink",
        nodes[0],
        tuple(nodes[1:]),
        FlinkSpec(
            VERSION, HOME, config=MappingProxyType({"s3.secret-key": "a'b$(id)", "x": "`id`\\ é\u00c1"})
        ),
    )
    hosts = {name: facts_of(name, **changes) for name in spec.names}
    return spec, ClusterFacts(MappingProxyType({**hosts, HERE: HostFacts(HERE)}))


def install(spec: ClusterSpec, facts: ClusterFacts, tar: Path) -> Preview:
    """The preview of a first install; the distribution lies in the cache."""
    tar.write_bytes(b"a tar file")
    manifest = tar.with_name(tar.name + ".manifest.json")
    manifest.write_text(
        json.dumps({"version": VERSION, "archive_sha": "", "size": 10}, separators=(",", ":"))
    )
    context = Context(
        "20300101-000000-beef",
        "~/.flink-wizard/demo",
        str(tar),
        (FetchChoice("pypi", VERSION),),
        "run 20300101-000000-beef by op on here/boot as process 1/2 since then",
        records=(("answers.yaml", "version: 1\n"),),
    )
    return preview(plan_of("install", INSTALL, settle(spec, facts), context), facts)


def by_hand(*done: Done, hosts: tuple[str, ...] = ("node0", "node1")) -> tuple[Preview, ClusterSpec]:
    """A preview of just these commands."""
    nodes = [HostSpec(name, name) for name in hosts]
    spec = ClusterSpec("demo", "flink", nodes[0], tuple(nodes[1:]), FlinkSpec(VERSION, HOME))
    steps = tuple(WriteRecord(one.host, f"~/{one.operation}", "") for one in done)
    named = tuple(replace(one, operation=step.id) for one, step in zip(done, steps, strict=True))
    plan = Plan("20300101-000000-beef", "install", "demo", nodes[0].name, (Stage("Only", steps),))
    return Preview(plan, (Previewed("Only", named, ()),), (), Outcome(), ()), spec


def run_script(text: str, folder: Path, ssh: str, interpreter: str = "dash", **environment: str) -> str:
    """Run a script with this `ssh` first on the PATH; what it printed. Fails when the script fails."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "bin" / "ssh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(ssh)
    program.chmod(0o755)
    script = folder / "script.sh"
    script.write_text(text)
    words = ["busybox", "sh"] if interpreter == "busybox" else [interpreter]
    path = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*words, str(script)],
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def recorded(preview: Preview, spec: ClusterSpec, folder: Path) -> list[tuple[str, list[str], bytes]]:
    """What the hosts were given: (host, argv, standard input), in order."""
    log = folder / "log"
    log.mkdir(parents=True)
    run_script(script_text(preview, spec), folder, RECORDS, FAKE_LOG=str(log), HOME=str(folder))
    return [
        (
            (one / "host").read_text(),
            shlex.split((one / "line").read_text()),
            (one / "input").read_bytes() if (one / "input").exists() else b"",
        )
        for one in sorted(log.iterdir())
    ]


def born(later: Later) -> str:
    return {"public-key": "ssh-ed25519 AAAAnew flink@node0", "java-home": BORN_JAVA}.get(
        later.name, "exported script"
    )


BARE = {"tools": frozenset({"tar", "gzip"}), "javas": ()}
STATES = {"with Java": {}, "bare": BARE, "keys made": {"ssh": SshFacts(0o755, "flink", 0o700, None)}}


@pytest.mark.parametrize("state", STATES)
def test_every_command_of_a_preview_reaches_its_host_in_order(state: str, tmp_path: Path) -> None:
    spec, facts = cluster(**STATES[state])
    made = install(spec, facts, tmp_path / "flink.tar")
    assert not made.left and not made.outcome.dropped
    calls = recorded(made, spec, tmp_path / "run")
    position = 0
    for host, argv, stdin in wanted_calls(made):
        found = [n for n, call in enumerate(calls) if n >= position and same(call, host, argv, stdin)]
        assert found, f"{host}: {argv} is not there, or not after what comes before it"
        position = found[0] + 1


def test_a_script_for_high_availability_stops_for_no_value(tmp_path: Path) -> None:
    spec, facts = cluster()
    spec = replace(spec, standby=(spec.workers[0],), ha=HaSpec((), "/shared/ha", spec.names))
    made = install(spec, facts, tmp_path / "flink.tar")
    assert not made.left and not made.outcome.dropped
    notes = [argv[-1] for _, argv, _ in recorded(made, spec, tmp_path / "run") if "storage.json" in argv[-2]]
    assert notes == ['{"proof": "exported script"}']


def wanted_calls(made: Preview) -> list[tuple[str, list[str], bytes]]:
    wanted: list[tuple[str, list[str], bytes]] = []
    for done in made.done:
        for command in done.commands:
            filled = command.filled(born)
            match filled:
                case Run():
                    wanted.append((done.host, list(filled.argv), filled.stdin.encode()))
                case Upload():
                    wanted.append((done.host, ["sh", "-c", "", "sh", filled.path], filled.content.encode()))
                case Transfer():
                    wanted.append((filled.target, ["sh", "-c", "", "sh", filled.path], b""))
                case Fetch():
                    pass
    return wanted


def same(call: tuple[str, list[str], bytes], host: str, argv: list[str], stdin: bytes) -> bool:
    words = call[1]
    if words[:2] == ["sh", "-c"] and words[2].startswith('[ "$(id -u)" -ne 0 ]'):
        words = words[4:]
    if call[0] != host:
        return False
    if argv[:3] == ["sh", "-c", ""]:
        return words[4:5] == argv[4:] and (not stdin or call[2] == stdin)
    return [owned(word) for word in words] == [owned(word) for word in argv] and call[2] == stdin


def owned(word: str) -> str:
    """The lock names whoever runs the script, not whoever made it."""
    return re.sub(r"^run (\S+) by .* since .*$", r"run \1", word)


REGISTERED = """  */dev/tcp/*taskmanagers*)
    echo '{"taskmanagers":[{"id":"a","path":"pekko.tcp://flink@w1:1/user","dataPort":7,"x":1},{"id":"b",'
    echo '"path":"pekko.tcp://flink@w2:1/user","dataPort":8,"hardware":{"cpuCores":2}}]}' ;;
"""


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (REGISTERED, "ok: The TaskManagers reach each other"),
        (REGISTERED + "  *try*|*\"'w2' '8'\") exit 1 ;;\n", "closed: on_node_1:w2/8 on_node_1_2:w2/8"),
        ("  */dev/tcp/*/taskmanagers*) echo '{}' ;;\n", "closed: none is registered"),
    ],
    ids=["open", "one closed", "none"],
)
def test_a_script_judges_what_the_cluster_says(answers: str, said: str, tmp_path: Path) -> None:
    spec, facts = cluster()
    made = install(spec, facts, tmp_path / "flink.tar")
    ssh = RECORDS.replace("case $3 in\n", "case $3 in\n" + answers)
    log = tmp_path / "log"
    log.mkdir()
    environment = {"FAKE_LOG": str(log), "HOME": str(tmp_path)}
    if "ok" in said:
        assert said in run_script(script_text(made, spec), tmp_path / "run", ssh, **environment)
        return
    with pytest.raises(AssertionError, match=f"(?s){re.escape(said)}.*not all is well"):
        run_script(script_text(made, spec), tmp_path / "run", ssh, **environment)


@pytest.mark.parametrize("interpreter", SHELLS)
def test_a_script_is_valid_for_every_shell(interpreter: str, tmp_path: Path) -> None:
    spec, facts = cluster(**BARE)
    script = tmp_path / "script.sh"
    script.write_text(script_text(install(spec, facts, tmp_path / "flink.tar"), spec))
    words = ["busybox", "sh"] if interpreter == "busybox" else [interpreter]
    subprocess.run([*words, "-n", str(script)], check=True)


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("shellcheck is not installed")
    for name, state in STATES.items():
        spec, facts = cluster(**state)
        script = tmp_path / f"{name}.sh"
        script.write_text(script_text(install(spec, facts, tmp_path / "flink.tar"), spec))
        done = subprocess.run([program, "-s", "sh", str(script)], capture_output=True, text=True, check=False)
        assert done.stdout == ""


def test_a_script_names_secret_keys_and_hosts_that_take_no_part(tmp_path: Path) -> None:
    spec, facts = cluster()
    text = script_text(install(spec, facts, tmp_path / "flink.tar"), spec)
    head = text.partition("set -eu")[0]
    assert "chmod 600" in head and "# - s3.secret-key" in head
    assert "a'b" not in head


def test_hosts_whose_names_differ_by_a_sign_have_functions_of_their_own(tmp_path: Path) -> None:
    spec, facts = cluster()
    text = script_text(install(spec, facts, tmp_path / "flink.tar"), spec)
    assert len(set(re.findall(r"^on_\w+\(\)", text, re.MULTILINE))) == 3


def test_logins_are_made_as_the_answers_say() -> None:
    done = Done("node0", "x", "Something", (Run(("true",), sudo=True),))
    made, spec = by_hand(done)
    node = replace(spec.master, port=2222, key="~/.ssh/op key", user="oper", ssh_name="jump-name")
    text = script_text(made, replace(spec, master=node, ssh=SshSpec(host_keys="accept-new")))
    line = next(line for line in text.splitlines() if line.startswith("on_node0()"))
    for part in (
        "$ssh_options",
        "-p 2222",
        """-i "$HOME"/'.ssh/op key'""",
        "-l oper -- jump-name",
        "=accept-new",
    ):
        assert part in line
    assert "root_on_node0" in text and " -t " in text


def test_a_master_that_is_this_machine_needs_no_ssh(tmp_path: Path) -> None:
    target = tmp_path / "made"
    made, spec = by_hand(Done("node0", "x", "Something", (Run(("touch", str(target))),)))
    text = script_text(made, replace(spec, master=replace(spec.master, local=True)))
    run_script(text, tmp_path / "run", "#!/bin/sh\nexit 9\n")
    assert target.exists()


# --- byte for byte what a run writes

HOSTILE = (
    "plain\n",
    "no line end",
    "",
    "'single' \"double\" `id` $(touch pwned) ${HOME} $HOME !! \\ \\n \\\\ %s %d\n",
    "END_OF_FILE\nEND_OF_FILE_\n",
    "\n\n  leading and trailing \n\n\n",
    "-n -e\n",
    "é ü Á \u0081 \u0088 字 🙂\r\nCR\rLF\n",
    "tab\there; rm -rf / & | < > ( ) { } [ ] * ? # ~\n",
)


def written(
    commands: tuple[tuple[str, Command], ...], root: Path, *, how: str
) -> dict[str, tuple[int, bytes]]:
    """Carry these commands out in fake homes below `root`, as a run or by a script, and read all that is there."""
    for host in ("node0", "node1"):
        (root / host).mkdir(parents=True)
        (root / host / "old").write_text("what was there\n")
    if how == "run":
        run_as_hands(commands, root)
    else:
        done = [Done(host, str(n), "Write", (one,)) for n, (host, one) in enumerate(commands)]
        made, spec = by_hand(*done)
        run_script(script_text(made, spec), root.parent / "run", RUNS_HERE, how, FAKE_HOMES=str(root))
    found = {
        str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "changes.log"
    }
    shutil.rmtree(root)
    return found


def run_as_hands(commands: tuple[tuple[str, Command], ...], root: Path) -> None:
    class Anything(WriteRecord):
        pass

    def fetched(fetch: Fetch, stop: object, moved: object) -> str:
        raise AssertionError(fetch)

    def opened(host: str) -> Connection:
        return LocalConnection(host)

    hands = Hands(opened, fetched, Signature("20300101-000000-beef", "op@here", "2030-01-01T00:00:00+00:00"))
    facts = ClusterFacts(MappingProxyType({}))
    umask = os.umask(0o022)
    try:
        for host, command in commands:
            operation: Operation = Anything(host, "~/x", "")
            hands.perform(operation, (command,), facts, threading.Event(), lambda event: None)
    finally:
        os.umask(umask)


def hostile_commands(root: Path, texts: list[str]) -> tuple[tuple[str, Command], ...]:
    commands: list[tuple[str, Command]] = []
    born_here = Later("node0", "a-value")
    script = 'umask 022; printf "%s|" "$@" > "$HERE_ROOT"'
    commands.append(("node0", Run(("printf", "%s\n", "it's $(born) \\ `here`"), gives=born_here)))
    for n, text in enumerate(texts):
        host = f"node{n % 2}"
        base = root / host
        commands.append((host, Upload(str(base / f"dir {n}" / "it's $n"), text, 0o640)))
        target = str(base / f"arg{n}")
        commands.append((host, shell(script.replace('"$HERE_ROOT"', '"$1"'), target, text, f"a{text}b")))
        commands.append((host, shell('umask 022; cat > "$1"', str(base / f"in{n}"), stdin=text)))
        late = f"{text}{born_here}{text}"
        commands.append((host, Upload(str(base / f"late{n}"), late)))
        commands.append((host, shell('umask 022; printf %s "$2" > "$1"', str(base / f"larg{n}"), late)))
    commands.append(("node1", Upload(str(root / "node1" / "old"), "new\n", 0o600, "what was there\n")))
    return tuple(commands)


@pytest.mark.parametrize("interpreter", SHELLS)
def test_hostile_texts_stay_as_they_are(
    interpreter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "hosts"
    monkeypatch.setenv("HOME", str(tmp_path))
    commands = hostile_commands(root, list(HOSTILE))
    run = written(commands, root, how="run")
    assert len(run) == 2 * 1 + 1 + 5 * len(HOSTILE)
    assert written(commands, root, how=interpreter) == run
    assert not list(tmp_path.rglob("pwned"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40),
        min_size=1,
        max_size=3,
    )
)
def test_any_text_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> None:
    root = tmp_path / "hosts"
    monkeypatch.setenv("HOME", str(tmp_path))
    commands = hostile_commands(root, texts)
    assert written(commands, root, how="dash") == written(commands, root, how="run")


def test_a_backup_is_noted_with_who_and_when(tmp_path: Path) -> None:
    root = tmp_path / "hosts"
    (root / "node0").mkdir(parents=True)
    old = root / "node0" / "it's"
    old.write_text("old\n")
    made, spec = by_hand(
        Done("node0", "x", "Write", (Upload(str(old), "new\n", 0o600, "old\n", why="a 'why'"),))
    )
    run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE, FAKE_HOMES=str(root))
    note = json.loads((root / "node0" / ".flink-wizard" / "changes.log").read_text())
    assert note["run"] == "20300101-000000-beef" and note["why"] == "a 'why'" and note["file"] == str(old)
    assert "@" in note["who"] and re.match(r"\d{4}-\d\d-\d\dT", note["when"])
    assert Path(note["backup"]).read_text() == "old\n"


def test_a_file_that_somebody_changed_stops_the_script(tmp_path: Path) -> None:
    root = tmp_path / "hosts"
    (root / "node0").mkdir(parents=True)
    file = root / "node0" / "file"
    file.write_text("theirs\n")
    upload = Upload(str(file), "new\n", 0o600, "old\n")
    made, spec = by_hand(Done("node0", "x", "Write a file", (upload,)))
    with pytest.raises(AssertionError, match=r"(?s)changed by somebody else.*Stopped at node0: Write a file"):
        run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE, FAKE_HOMES=str(root))
    assert file.read_text() == "theirs\n"


def test_a_tree_goes_from_host_to_host_whole_or_not_at_all(tmp_path: Path) -> None:
    root = tmp_path / "hosts"
    source = root / "node0" / "a tree"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "it's").write_text("content")
    target = root / "node1" / "the copy"
    (root / "node1").mkdir()
    good = Transfer("node0", str(source), "node1", str(target))
    made, spec = by_hand(Done("node1", "x", "Copy", (good,)))
    run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE, FAKE_HOMES=str(root))
    assert (target / "inner" / "it's").read_text() == "content"
    broken = replace(good, source_path=str(source) + "-missing")
    made, spec = by_hand(Done("node1", "x", "Copy", (broken,)))
    with pytest.raises(AssertionError, match="Stopped at node1: Copy"):
        run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE, FAKE_HOMES=str(root))
    assert not target.exists()


# --- obtaining


def small_flink(folder: Path) -> Path:
    """An archive that looks like Flink."""
    home = folder / f"flink-{VERSION}"
    for name, text in (
        ("bin/start-cluster.sh", "#!/bin/sh\n"),
        ("bin/flink", "#!/bin/sh\n"),
        ("conf/config.yaml", "a: b\n"),
        ("conf/sub/deep.yaml", "a: c\n"),
        (f"lib/flink-dist-{VERSION}.jar", "jar"),
        ("plugins/one two/README.txt", "text"),
        ("LICENSE", "text"),
    ):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    archive = folder / f"flink-{VERSION}-bin-scala_2.12.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(home, home.name)
    return archive


def small_hadoop(folder: Path, version: str) -> Path:
    """An archive that looks like Hadoop of that generation."""
    home = folder / f"hadoop-{version}"
    old = version.startswith("1.")
    conf, jar = (
        ("conf", f"hadoop-core-{version}.jar")
        if old
        else ("etc/hadoop", f"share/hadoop/common/hadoop-common-{version}.jar")
    )
    names = ("bin/hadoop", "bin/hdfs", "sbin/start-dfs.sh", "libexec/hadoop-config.sh")
    for name in (*names, f"{conf}/core-site.xml", f"{conf}/slaves", f"{conf}/sub/deep", jar, "lib/x.jar"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    archive = folder / f"hadoop-{version}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(home, home.name)
    return archive


def manifests(
    folder: Path, choice: FetchChoice, version: str = VERSION, product: Literal["flink", "hadoop"] = "flink"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a run and what a script note of the same source."""
    ours, theirs = folder / "ours" / "flink.tar", folder / "theirs" / "flink.tar"
    fetches = [Fetch(version, (choice,), str(tar), product=product) for tar in (ours, theirs)]
    Obtainer()(fetches[0], threading.Event(), lambda done, total: None)
    made, spec = by_hand(Done(HERE, "x", "Obtain", (fetches[1],)))
    run_script(script_text(made, spec), folder / "run", RUNS_HERE)
    with tarfile.open(theirs) as tar:
        inner = tar.extractfile("./.flink-wizard/manifest.json")
        assert inner is not None
        inside = json.load(inner)
    beside = json.loads(theirs.with_name("flink.tar.manifest.json").read_text())
    assert {**beside, **inside} == beside
    assert beside["size"] == theirs.stat().st_size
    return json.loads(ours.with_name("flink.tar.manifest.json").read_text()), beside


def test_a_script_notes_of_an_archive_what_a_run_notes(tmp_path: Path) -> None:
    ours, theirs = manifests(tmp_path, FetchChoice("path", str(small_flink(tmp_path))))
    for key in ("version", "archive_sha", "shipped_conf", "files"):
        assert theirs[key] == ours[key], key
    assert all(theirs["source"][key] == ours["source"][key] for key in ("size", "mtime"))


@pytest.mark.parametrize("version", ["1.2.1", "2.7.3"])
def test_a_script_notes_of_hadoop_what_a_run_notes(tmp_path: Path, version: str) -> None:
    archive = FetchChoice("path", str(small_hadoop(tmp_path, version)))
    ours, theirs = manifests(tmp_path, archive, version, "hadoop")
    for key in ("version", "archive_sha", "shipped_conf", "files"):
        assert theirs[key] == ours[key], key
    assert set(ours["shipped_conf"]) == {"core-site.xml", "slaves"}


def test_a_downloaded_archive_must_match_its_checksum(tmp_path: Path) -> None:
    root = tmp_path / "served"
    root.mkdir()
    name = small_flink(tmp_path).rename(root / f"flink-{VERSION}-bin-scala_2.12.tgz").name
    with Mirror(root) as mirror:
        good = f"{mirror.base()}/flink/flink-{VERSION}/{name}"
        bad = f"{mirror.base('badsum')}/flink/flink-{VERSION}/{name}"
        ours, theirs = manifests(tmp_path, FetchChoice("apache", good, good + ".sha512"))
        assert theirs["archive_sha"] == ours["archive_sha"]
        tar = tmp_path / "refused" / "flink.tar"
        choice = FetchChoice("apache", bad, bad + ".sha512")
        made, spec = by_hand(Done(HERE, "x", "Obtain", (Fetch(VERSION, (choice,), str(tar)),)))
        with pytest.raises(AssertionError, match="does not match its checksum"):
            run_script(script_text(made, spec), tmp_path / "again", RUNS_HERE)
        assert not tar.exists()
        nosum = f"{mirror.base('nosum')}/flink/flink-{VERSION}/{name}"
        for kind, taken in (("apache", False), ("url", True)):
            tar = tmp_path / kind / "flink.tar"
            fetch = Fetch(VERSION, (FetchChoice(kind, nosum, nosum + ".sha512"), choice), str(tar))
            made, spec = by_hand(Done(HERE, "x", "Obtain", (fetch,)))
            if taken:
                run_script(script_text(made, spec), tmp_path / "again", RUNS_HERE)
            else:
                with pytest.raises(AssertionError, match="could not be obtained"):
                    run_script(script_text(made, spec), tmp_path / "again", RUNS_HERE)
            assert tar.exists() == taken


# --- values that are born later


def test_a_value_that_no_command_gives_is_asked_of_its_host(tmp_path: Path) -> None:
    root = tmp_path / "hosts"
    (root / "node0" / ".ssh").mkdir(parents=True)
    (root / "node0" / ".ssh" / "id_ed25519.pub").write_text("ssh-ed25519 AAAA it's\n")
    (root / "node1").mkdir()
    target = root / "node1" / "key"
    command = shell('printf %s "$1" > "$2"', str(Later("node0", "public-key")), str(target))
    made, spec = by_hand(Done("node1", "x", "Trust", (command,)))
    run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE, FAKE_HOMES=str(root))
    assert target.read_text() == "ssh-ed25519 AAAA it's"


def test_a_value_that_nobody_can_find_is_asked_of_the_operator(tmp_path: Path) -> None:
    command = shell('printf %s "$1"', str(Later("node0", "some-token")))
    made, spec = by_hand(Done("node0", "x", "Do", (command,)))
    with pytest.raises(AssertionError, match="set it to the some token of node0"):
        run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE)


# --- runbooks


def test_a_runbook_holds_every_command_and_every_file(tmp_path: Path) -> None:
    spec, facts = cluster(**BARE)
    made = install(spec, facts, tmp_path / "flink.tar")
    text = runbook_text(made, spec)
    for done in made.done:
        for command in done.commands:
            if isinstance(command, Run) and command.argv[:2] != ("sh", "-c"):
                assert fill(command.line(), lambda later: later.placeholder) in text
            if isinstance(command, Upload):
                assert command.path in text
    for _, title in (proof for stage in made.stages for proof in stage.proofs):
        assert title.replace("_", r"\_") in text
    assert "\0" not in text and "later:" not in text


def test_what_a_file_holds_cannot_end_its_block_in_a_runbook() -> None:
    hostile = "```\n# A heading\n````\n"
    made, spec = by_hand(Done("node0", "x", "*Write* <b>", (Upload("/etc/`x`", hostile),)))
    text = runbook_text(made, spec)
    assert "`````\n```\n# A heading\n````\n`````" in text
    assert r"\*Write\* \<b\>" in text


def test_a_script_of_nothing_says_so(tmp_path: Path) -> None:
    made, spec = by_hand()
    assert "Done." in run_script(script_text(made, spec), tmp_path / "run", RUNS_HERE)
    assert "Nothing has to be changed." in runbook_text(made, spec)
