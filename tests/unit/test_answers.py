"""The answers file: every problem at once, one declaration for all, and edits that touch nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from validators.values import ValueProblem, format_memory
from wizard.answers import (
    Answers,
    BadAnswers,
    HostEntry,
    add_standby,
    add_worker,
    build_spec,
    default_answers,
    parse_answers,
    read_answers,
    read_password_file,
    remove_standby,
    remove_worker,
    set_value,
    write_answers,
)
from wizard.answers.declared import DECLARED
from wizard.answers.keys import Key
from wizard.answers.schema import answers_schema, schema_text
from wizard.secrets import Secret

ROOT = Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "tests/golden/answers").glob("*.yaml"))
EXAMPLE = (ROOT / "assets/answers.example.yaml").read_text(encoding="utf-8")


def elsewhere(host: str) -> bool:
    return host == "localhost"


def spec_of(text: str):
    return build_spec(parse_answers(text), is_here=elsewhere, login="me")


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_every_problem_of_a_file_is_told_at_once_with_its_line(file):
    try:
        problems = parse_answers(file.read_text(encoding="utf-8"), file.name).warnings
    except BadAnswers as bad:
        problems = bad.problems
    told = "".join(f"{problem}\n" for problem in problems)
    assert told == file.with_suffix(".problems").read_text(encoding="utf-8")
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_bytes(b"version: 1\ncluster: \xff\n"), "is not UTF-8 text"),
        (lambda path: path.write_bytes(b"# " + b"x" * (1024 * 1024)), "is larger than 1 MiB"),
        (lambda path: path.write_bytes(b""), "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, make, sentence):
    path = tmp_path / "cluster.yaml"
    make(path)
    with pytest.raises(BadAnswers) as bad:
        read_answers(path)
    assert sentence in str(bad.value)
    assert str(bad.value).startswith(str(path))


def test_the_lines_of_problems_count_from_one(tmp_path):
    with pytest.raises(BadAnswers) as bad:
        read_answers(_written(tmp_path, "version: 1\ncluster: \xff".encode("latin-1")))
    assert bad.value.problems[0].line == 2


def _written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "cluster.yaml"
    path.write_bytes(content)
    return path


def test_what_is_missing_is_no_problem_where_it_will_be_asked():
    assert parse_answers("", complete=False) == Answers()
    assert parse_answers("cluster: demo\nflink:\n", complete=False).get("cluster") == "demo"


def test_the_shipped_example_is_a_whole_cluster():
    spec = spec_of(EXAMPLE)
    assert spec.names == ("node0", "node1", "node2", "node3")
    node2, node3 = spec.host("node2"), spec.host("node3")
    assert (node2.slots, node2.memory_mib) == (4, 8192)
    assert (node3.address, node3.java_home) == ("10.0.0.13", "/opt/java/17")
    assert spec.flink.config == {"parallelism.default": "4"}
    assert spec.java.set_in == ("flink-config",)


def test_the_least_file_gets_every_default():
    spec = spec_of('version: 1\ncluster: demo\nmaster: n0\nworkers: [n1]\nflink: {version: "1.20.5"}\n')
    assert (spec.user, spec.flink.home) == ("me", "/home/me/flink-1.20.5")
    assert (spec.ssh.host_keys, spec.ssh.cluster_key, spec.java.home) == ("ask", "~/.ssh/id_ed25519", "auto")
    assert (spec.hdfs.mode, spec.start.flink, spec.ha, spec.standby) == ("none", True, None, ())


MINIMAL = 'version: 1\ncluster: demo\nuser: flink\nmaster: {0}\nworkers: {1}\nflink: {{version: "2.3.0"}}\n'


@pytest.mark.parametrize(
    ("master", "workers", "name", "expected"),
    [
        ("localhost", "[localhost]", "localhost", {"local": True}),
        ("n0", "['me@n1:2222']", "n1", {"user": "me", "port": 2222, "local": False}),
        (
            "n0",
            "[{host: n1, user: me, port: 2222, key: ~/k}]",
            "n1",
            {"user": "me", "port": 2222, "key": "~/k"},
        ),
        ("n0", "[{host: my_alias, address: 10.0.0.1}]", "my_alias", {"address": "10.0.0.1"}),
        ("n0", "['2001:db8::1']", "2001:db8::1", {"address": "2001:db8::1"}),
        ("{host: n0, address: 10.0.0.9, port: 23}", "[{host: n0, slots: 3}]", "n0", {"slots": 3, "port": 23}),
        ("n0", "[{host: n0, address: 10.0.0.9}]", "n0", {"address": "10.0.0.9"}),
        ("'localhost:2201'", "['localhost:2201']", "localhost", {"local": False, "port": 2201}),
        ("n0", "n1", "n1", {"address": "n1"}),
    ],
)
def test_a_host_may_be_written_in_many_ways(master, workers, name, expected):
    spec = spec_of(MINIMAL.format(master, workers))
    for host in (spec.host(name), *(worker for worker in spec.workers if worker.name == name)):
        assert {key: getattr(host, key) for key in expected} == expected


def test_a_range_with_settings_gives_them_to_every_host():
    spec = spec_of(MINIMAL.format("n0", "[{host: 'n[08-10]', slots: 4}]"))
    assert [(worker.name, worker.slots) for worker in spec.workers] == [("n08", 4), ("n09", 4), ("n10", 4)]


def test_a_new_hdfs_runs_on_the_master_and_the_workers_unless_told():
    spec = spec_of(MINIMAL.format("n0", "['n[1-2]']") + 'hdfs: {mode: new, version: "3.3.6"}\n')
    assert (spec.hdfs.namenode, spec.hdfs.datanodes) == ("n0", ("n1", "n2"))
    assert spec.hdfs.home == "/home/flink/hadoop-3.3.6"


def test_a_single_machine_has_a_file_ready_to_be_applied():
    spec = build_spec(
        parse_answers(default_answers(user="me", home="/home/me/flink-2.3.0")), is_here=elsewhere
    )
    assert (spec.cluster, spec.master.local, spec.names) == ("local", True, ("localhost",))
    assert (spec.flink.version, spec.flink.home) == ("2.3.0", "/home/me/flink-2.3.0")


def test_the_schema_in_assets_is_made_from_the_declaration():
    shipped = (ROOT / "assets/answers.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(), "run scripts/build-schema"
    schema = json.loads(shipped)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]["flink"]["properties"]) == {
        path.split(".")[1] for path in DECLARED if path.startswith("flink.")
    }
    assert schema == answers_schema()


@pytest.mark.parametrize("path", [path for path, key in DECLARED.items() if isinstance(key, Key)])
def test_every_default_and_example_is_a_value_that_its_own_key_takes(path):
    key = DECLARED[path]
    assert isinstance(key, Key)
    default = key.default if isinstance(key.default, tuple) else (key.default,)
    for value in (*key.examples, *key.choices, *(item for item in default if item is not None)):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert key.parse(text) == (value if key.kind != "memory" else key.parse(text))
    assert key.title and key.help.endswith(".")


# --- what is written reads back ---

names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
lines = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=30).map(
    str.strip
)
paths = st.from_regex(r"/data(/[A-Za-z0-9_.@+=-]{1,8}){1,3}", fullmatch=True).filter(
    lambda path: not {".", ".."} & set(path.split("/"))
)
entries = st.builds(
    HostEntry,
    host=names,
    user=st.none() | names,
    port=st.none() | st.integers(1, 65535),
    taskmanagers=st.none() | st.integers(1, 64),
    slots=st.none() | st.integers(1, 4096),
    memory=st.none() | st.integers(1, 1024 * 1024),
    java_home=st.none() | paths,
)
config_keys = st.from_regex(r"metrics\.reporter\.[a-z][a-z0-9-]{0,8}\.[a-z]{1,8}", fullmatch=True)


@st.composite
def answers(draw) -> dict[str, object]:
    hosts = draw(st.lists(entries, min_size=1, max_size=6, unique_by=lambda entry: entry.host))
    values: dict[str, object] = {
        "version": 1,
        "cluster": draw(names | st.sampled_from(["yes", "null", "1e3", "007", "0x1f"])),
        "master": (HostEntry("master-node"),),
        "workers": tuple(hosts),
        "flink.version": draw(st.sampled_from(["0.10.2", "1.9.3", "1.20.5", "2.3.0"])),
    }
    optional = {
        "user": names,
        "ssh.port": st.integers(1, 65535),
        "ssh.host_keys": st.sampled_from(["ask", "accept-new", "strict"]),
        "ssh.key": paths,
        "ssh.admin.user": names,
        "java.set_in": st.sampled_from([("flink-config",), ("shell-profile", "ssh-environment")]),
        "java.allow_unsupported": st.booleans(),
        "flink.home": paths,
        "flink.source": st.sampled_from(["auto", "pypi"]) | paths,
        "flink.config": st.dictionaries(config_keys, lines, min_size=1, max_size=4),
        "start.hdfs": st.booleans(),
    }
    for path, strategy in optional.items():
        if draw(st.booleans()):
            values[path] = draw(strategy)
    return values


@given(answers())
def test_what_is_written_reads_back_as_it_was(values):
    text = write_answers(values)
    assert dict(parse_answers(text).values) == values
    assert write_answers(parse_answers(text)) == text
    assert isinstance(yaml.safe_load(text), dict)


PIECES = [
    "version: 1\n",
    "workers:\n",
    "  - ",
    "node1",
    "node[1-",
    "ssh",
    "port",
    "99999",
    "host",
    "flink",
    "config",
]
SIGNS = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    ", ",
    "\n",
    "&a ",
    "*a",
    "!!x ",
    "'",
    '"',
    "#",
    "|",
    "\t",
    "? ",
    "---\n",
    "null",
    "<<",
]
pieces = st.sampled_from([*PIECES, *SIGNS])


@given(st.text(max_size=60) | st.lists(pieces, max_size=25).map("".join))
def test_no_text_does_more_than_be_refused(text):
    try:
        parse_answers(text, complete=False)
    except BadAnswers as bad:
        assert all(str(problem).isprintable() for problem in bad.problems)


@given(st.binary(max_size=60))
def test_no_file_does_more_than_be_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "some.yaml"
    path.write_bytes(content)
    with pytest.raises(BadAnswers):
        read_answers(path)


def test_a_bomb_of_aliases_or_brackets_is_only_a_problem():
    bomb = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a, *a]\n" for i in range(200))
    for text in (bomb, "[" * 5000, "{a: " * 5000, "- " * 5000):
        with pytest.raises(BadAnswers):
            parse_answers(text)


# --- edits ---


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that differ, without those that begin and end both texts."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


HEAD = "# mine\nversion: 1\ncluster: demo   # odd   spacing\nmaster: n0\n"
TAIL = '\n# the end\nflink: {version: "2.3.0"}  # keep'
LISTS = {
    "block": "workers:\n  # first\n  - n1   # one\n  - {host: n2, slots: 4}\n  - host: n3\n    slots: 2  # two\n",
    "flush": "workers:\n- n1\n- n2\n- n3\n",
    "flow": "workers: [n1, {host: n2, slots: 4}, n3]  # all\n",
    "lines": "workers: [\n  n1,  # one, really\n  n2,\n  n3\n]\n",
    "trailing comma": "workers: [n1, n2, n3,]\n",
    "quoted": "workers: ['n1', \"n2\", n3]\n",
    "range": "workers:\n  - n[1-3]  # all\n",
    "quoted range": "workers: ['n[1-3]']\n",
    "range of maps": "workers: [{host: 'n[1-3]', slots: 4}]\n",
    "alone": "workers: n[1-3]\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("written", LISTS.values(), ids=list(LISTS))
@pytest.mark.parametrize("gone", ["n1", "n2", "n3"])
def test_taking_out_a_worker_touches_the_list_alone(written, gone, newline):
    before = (HEAD + written + TAIL).replace("\n", newline)
    after = remove_worker(before, gone)
    kept = [worker for worker in spec_of(before).workers if worker.name != gone]
    assert list(spec_of(after).workers) == kept
    assert after.startswith(HEAD.replace("\n", newline)) and after.endswith(TAIL.replace("\n", newline))
    assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("written", LISTS.values(), ids=list(LISTS))
@pytest.mark.parametrize("new", [HostEntry("n9"), HostEntry("n[8-9]"), HostEntry("n9", slots=3, memory=2048)])
def test_a_new_worker_touches_the_list_alone(written, new, newline):
    before = (HEAD + written + TAIL).replace("\n", newline)
    after = add_worker(before, new)
    old = spec_of(before).workers
    assert spec_of(after).workers[: len(old)] == old
    assert [worker.name for worker in spec_of(after).workers[len(old) :]] == [a.host for a in new.addresses()]
    assert after.startswith(HEAD.replace("\n", newline)) and after.endswith(TAIL.replace("\n", newline))
    assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize("written", LISTS.values(), ids=list(LISTS))
def test_a_worker_that_came_and_went_leaves_the_list_as_it_was(written):
    before = HEAD + written + TAIL
    after = remove_worker(add_worker(before, "n9"), "n9")
    assert spec_of(after) == spec_of(before)
    if "alone" not in written and not written.startswith("workers: n["):
        assert after.replace(",]", "]") == before.replace(",]", "]")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: remove_worker(text, "n4"), "n4 is not a worker in this file"),
        (lambda text: add_worker(text, "bad_name"), "has an underscore"),
        (
            lambda text: remove_worker(remove_worker(remove_worker(text, "n1"), "n2"), "n3"),
            "is the only worker",
        ),
        (lambda text: set_value(text, "flink.home", "opt"), "is not an absolute path"),
        (lambda text: set_value(text, "ssh.port", 99999), "99999 is not a TCP port (1-65535)"),
    ],
)
def test_an_edit_that_reads_badly_is_refused(change, sentence):
    with pytest.raises(ValueProblem) as refused:
        change(HEAD + LISTS["block"] + TAIL)
    assert sentence in refused.value.sentence


@pytest.mark.parametrize(
    "change",
    [
        lambda text: add_worker(text, "N1"),
        lambda text: set_value(text, "flink.version", "2.3.99"),
        lambda text: add_worker("workers: [", "n1"),
        lambda text: add_standby(text, "n5"),
    ],
)
def test_an_edit_that_would_leave_a_bad_file_is_refused(change):
    with pytest.raises(BadAnswers):
        change(HEAD + LISTS["block"] + TAIL)


@pytest.mark.parametrize(
    "path", ["flink", "workers", "flink.nothing", "nothing", "flink.config", "flink.version.x"]
)
def test_only_declared_values_can_be_set(path):
    with pytest.raises(KeyError):
        set_value(HEAD + LISTS["block"] + TAIL, path, "x")


def test_a_standby_comes_and_goes():
    text = HEAD + LISTS["block"] + "ha: {zookeeper: [zk:2181], storage_dir: /shared/ha}" + TAIL
    one = add_standby(text, "n1")
    two = add_standby(one, "n5")
    assert [host.name for host in spec_of(two).standby] == ["n1", "n5"]
    assert remove_standby(remove_standby(two, "n5"), "n1").rstrip("\n") == text


SETTINGS = [
    ("flink.version", "1.20.5"),
    ("flink.home", "/srv/flink"),
    ("flink.config.parallelism.default", "7"),
    ("flink.config.env.java.opts.all", "-Da=b -Dc='d: e' # not a comment"),
    ("flink.build.hadoop", "2.7"),
    ("ssh.port", 2222),
    ("ssh.admin.user", "root"),
    ("java.set_in", ("shell-profile", "ssh-environment")),
    ("java.allow_unsupported", True),
    ("cluster", "other"),
    ("start.flink", False),
    ("user", "007x"),
    ("user", "hadoop"),
]
PLACES = {
    "bare": "",
    "empty": "ssh:\njava:   # none yet\n",
    "null": "ssh: ~\njava: null\n",
    "flow": "ssh: {key: ~/k}\njava: {set_in: [flink-config]}\nstart: {flink: yes}\n",
    "flow empty": "ssh: {}\njava: {}\nstart: {}\n",
    "block": "ssh:\n  key: ~/k  # mine\njava:\n    set_in:\n    - flink-config\nstart:\n  flink: yes\n",
    "quoted": "user: 'flink'\nstart: {flink: \"true\"}\n",
}


@pytest.mark.parametrize(("path", "value"), SETTINGS, ids=[path for path, _ in SETTINGS])
@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
@pytest.mark.parametrize(
    "flink",
    [
        'flink: {version: "2.3.0"}  # keep',
        "flink:\n  version: '2.3.0'  # keep\n  config:\n    taskmanager.numberOfTaskSlots: 2\n# end\n",
    ],
    ids=["flow", "block"],
)
def test_setting_a_value_touches_its_own_lines_alone(path, value, place, flink):
    before = HEAD + LISTS["range"] + place + flink
    if path == "flink.build.hadoop":
        before = before.replace("2.3.0", "1.3.3")
    if value == "007x":
        with pytest.raises(ValueProblem):
            set_value(before, path, value)
        return
    after = set_value(before, path, value)
    expected = dict(parse_answers(before).values)
    if path.startswith("flink.config."):
        name = path.removeprefix("flink.config.")
        expected["flink.config"] = {**expected.get("flink.config", {}), name: value}
    else:
        expected[path] = value
    assert dict(parse_answers(after).values) == expected
    old, new = changed_lines(before, after)
    assert len(old) <= 2 and len(new) <= 4
    assert set_value(after, path, value) == after


@given(answers(), st.data())
def test_edits_of_any_written_file_do_what_they_say(values, data):
    text = write_answers(values)
    worker = data.draw(st.sampled_from(values["workers"]))
    memory = data.draw(st.integers(1, 4096))
    grown = add_worker(text, HostEntry("brand-new", memory=memory))
    assert f"memory: {format_memory(memory)}" in grown
    assert parse_answers(grown).values["workers"] == (
        *values["workers"],
        HostEntry("brand-new", memory=memory),
    )
    shrunk = parse_answers(remove_worker(grown, worker.host)).values["workers"]
    assert shrunk == (*(w for w in values["workers"] if w != worker), HostEntry("brand-new", memory=memory))
    assert remove_worker(grown, "brand-new") == text


@given(st.integers(0, len(EXAMPLE)), st.integers(0, 8), st.sampled_from(["", *SIGNS]))
def test_an_edit_of_any_readable_text_changes_one_answer_or_is_refused(at, less, more):
    text = EXAMPLE[:at] + more + EXAMPLE[at + less :]
    try:
        before = parse_answers(text, complete=False)
    except BadAnswers:
        return
    for edit in (
        lambda: add_worker(text, "brand-new"),
        lambda: remove_worker(text, "node2"),
        lambda: set_value(text, "flink.version", "1.20.5"),
        lambda: set_value(text, "ssh.port", 44),
    ):
        try:
            after = parse_answers(edit(), complete=False)
        except (BadAnswers, ValueProblem):
            continue
        changed = {path for path in {*before.values, *after.values} if before.get(path) != after.get(path)}
        assert len(changed) <= 1


# --- passwords ---

PASSWORDS = [
    ("hunter2\n", {"n1": "hunter2", "n2": "hunter2"}, {}),
    ("a: b\n", {"a": "b", "n1": None}, {}),
    (" spaces kept \n", {"n1": " spaces kept "}, {}),
    ("n1: x: y \r\nN2: z\n", {"n1": "x: y ", "n2": "z", "n3": None}, {}),
    ("n[1-2]: p\n*: q\nn1 sudo: s\n", {"n1": "p", "n2": "p", "n9": "q"}, {"n1": "s", "n2": None}),
    ("*: q\n* sudo: r\n", {"n1": "q"}, {"n1": "r"}),
    ("not a host: x\n", {"n1": "not a host: x"}, {}),
]


@pytest.mark.parametrize(("text", "logins", "sudos"), PASSWORDS)
def test_a_password_file_serves_all_hosts_or_each_its_own(tmp_path, text, logins, sudos):
    path = _written(tmp_path, text.encode())
    path.chmod(0o600)
    passwords = read_password_file(path)
    for host, password in logins.items():
        assert passwords.login(host) == (Secret(password) if password is not None else None)
    for host, password in sudos.items():
        assert passwords.sudo(host) == (Secret(password) if password is not None else None)
    assert passwords.notes == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["holds no password"]),
        ("\n\n", ["holds no password"]),
        ("hunter2\nhunter22\n", [":1: is not of the form", ":2: is not of the form"]),
        (
            "n1: hunter2\nn2:\nN1: hunter2\n",
            [":2: has a host but no password", ":3: the same host has a password in line 1"],
        ),
        ("n1: \x00hunter2", ["is not a text file of passwords"]),
    ],
)
def test_a_bad_password_file_is_told_without_quoting_it(tmp_path, text, told):
    with pytest.raises(BadAnswers) as bad:
        read_password_file(_written(tmp_path, text.encode()))
    lines = str(bad.value).splitlines()
    assert len(lines) == len(told)
    assert all(words in line for words, line in zip(told, lines, strict=True))
    assert "hunter2" not in str(bad.value)


def test_a_password_file_that_others_may_read_is_noted(tmp_path):
    path = _written(tmp_path, b"hunter2\n")
    path.chmod(0o644)
    assert "chmod 600" in read_password_file(path).notes[0]


def test_a_missing_password_file_is_told():
    with pytest.raises(BadAnswers) as bad:
        read_password_file("/nonexistent/passwords")
    assert "No such file" in str(bad.value)
