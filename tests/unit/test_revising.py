"""Answers written into a file that is there: it says what was decided, and nobody's comment is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers import Answers, BadAnswers, HostEntry, parse_answers, write_answers
from wizard.answers.declared import ROOT
from wizard.answers.keys import Hosts, Key, Pairs, Section
from wizard.answers.revising import revised, revision
from wizard.answers.writing import entry_text, pair_text, value_text

ROOT_DIR = Path(__file__).parents[2]
EXAMPLE = (ROOT_DIR / "assets/answers.example.yaml").read_text(encoding="utf-8")

# --- texts as operators write them ---

names = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
words = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=12).map(
    str.strip
)
paths = st.from_regex(r"/data(/[a-z]{1,6}){1,2}", fullmatch=True)
entries = st.builds(
    HostEntry,
    host=names.map(lambda name: f"h-{name}") | st.sampled_from(["n[1-4]", "me@m1:2222", "n[7,9]"]),
    slots=st.none() | st.integers(1, 64),
    memory=st.none() | st.integers(1, 1024 * 1024),
    java_home=st.none() | paths,
)
OPTIONAL = {
    "user": names,
    "ssh.port": st.integers(1, 65535),
    "ssh.host_keys": st.sampled_from(["ask", "accept-new", "strict"]),
    "ssh.key": paths | st.just("/keys/my own #1"),
    "ssh.admin.user": names,
    "java.set_in": st.sampled_from(
        [("flink-config",), ("shell-profile", "ssh-environment"), ("shell-profile",)]
    ),
    "java.allow_unsupported": st.booleans(),
    "flink.version": st.sampled_from(["0.10.2", "1.9.3", "1.20.5", "2.3.0"]),
    "flink.home": paths,
    "flink.source": st.sampled_from(["auto", "pypi"]) | paths,
    "flink.config": st.dictionaries(
        st.sampled_from("abcd").map("metrics.reporter.x.{}".format), words, min_size=1
    ),
    "start.hdfs": st.booleans(),
    "master": st.builds(
        HostEntry, host=names.map(lambda name: f"m-{name}"), port=st.none() | st.just(23)
    ).map(lambda entry: (entry,)),
    "workers": st.lists(entries, min_size=1, max_size=6, unique_by=lambda entry: entry.host).map(tuple),
}


@st.composite
def some_answers(draw) -> dict[str, object]:
    values: dict[str, object] = {"version": 1, "cluster": draw(names)}
    for path, strategy in OPTIONAL.items():
        if draw(st.booleans()):
            values[path] = draw(strategy)
    return values


class Hand:
    """Somebody who writes answers in any style, with comments that are all different."""

    def __init__(self, draw, newline: str) -> None:
        self.draw = draw
        self.newline = newline
        self.flow = st.booleans()
        self.lines: list[str] = []

    def beside(self) -> str:
        return self.draw(st.sampled_from(["", "", "   # beside"]))

    def above(self, indent: str) -> str:
        return self.draw(
            st.sampled_from(["", "", f"{indent}# above\n", "\n", f"\n{indent}# above, and: - more\n"])
        )

    def quoted(self, text: str, flow: bool) -> str:
        if re.fullmatch(r"[a-z][a-z0-9/-]*", text) and self.draw(st.booleans()):
            return self.draw(st.sampled_from([f"'{text}'", f'"{text}"']))
        return text

    def section(self, section: Section | Pairs, values: dict, indent: str) -> str:
        text = ""
        for name, item, value in members(section, values):
            text += self.above(indent)
            inner = indent + self.draw(st.sampled_from(["  ", "    "]))
            if isinstance(item, Section | Pairs):
                if self.draw(self.flow):
                    text += f"{indent}{name}: {self.braces(item, value)}{self.beside()}\n"
                else:
                    text += f"{indent}{name}:{self.beside()}\n" + self.section(item, value, inner)
            elif isinstance(item, Hosts) and item.many:
                text += self.hosts(name, value, indent, inner)
            elif isinstance(item, Hosts):
                text += f"{indent}{name}: {self.entry(value[0], True)}{self.beside()}\n"
            elif isinstance(item, Key) and item.many and self.draw(st.booleans()):
                text += f"{indent}{name}:\n" + "".join(f"{inner}- {one}{self.beside()}\n" for one in value)
            else:
                text += f"{indent}{name}: {self.plain(item, value, False)}{self.beside()}\n"
        return text

    def plain(self, item, value, flow: bool) -> str:
        if item is None:
            return pair_text(value)
        return self.quoted(value_text(item, value, flow=flow), flow)

    def braces(self, section: Section | Pairs, values: dict) -> str:
        return self.listed(
            "{}",
            [
                f"{name}: "
                + (
                    self.braces(item, value)
                    if isinstance(item, Section | Pairs)
                    else self.listed("[]", [self.entry(one, True) for one in value])
                    if isinstance(item, Hosts) and item.many
                    else self.entry(value[0], True)
                    if isinstance(item, Hosts)
                    else self.plain(item, value, True)
                )
                for name, item, value in members(section, values)
            ],
        )

    def listed(self, brackets: str, texts: list[str]) -> str:
        style = self.draw(st.sampled_from(["", "", " ", "lines", "trailing"]))
        if style == "lines":
            margin = "\n        "
            return (
                brackets[0]
                + "".join(
                    self.draw(st.sampled_from(["", f"{margin}# above"])) + margin + text + "," + self.beside()
                    for text in texts
                )
                + margin
                + brackets[1]
            )
        pad, comma = (style, "") if style != "trailing" else ("", ",")
        return brackets[0] + pad + ", ".join(texts) + comma + pad + brackets[1]

    def entry(self, entry: HostEntry, flow: bool) -> str:
        text = entry_text(entry, flow=flow)
        return self.quoted(text, flow)

    def hosts(self, name: str, value: tuple[HostEntry, ...], indent: str, inner: str) -> str:
        style = self.draw(st.sampled_from(["block", "block", "flush", "flow", "alone"]))
        if style == "alone" and len(value) == 1:
            return f"{indent}{name}: {self.entry(value[0], True)}{self.beside()}\n"
        if style == "flow":
            return f"{indent}{name}: {self.listed('[]', [self.entry(one, True) for one in value])}{self.beside()}\n"
        text, inner = f"{indent}{name}:{self.beside()}\n", indent if style == "flush" else inner
        for one in value:
            text += self.above(inner)
            if one != HostEntry(one.host) and self.draw(st.booleans()):
                lines = entry_text(one)[1:-1].split(", ")
                text += f"{inner}- " + f"\n{inner}  ".join(line + self.beside() for line in lines) + "\n"
            else:
                text += f"{inner}- {self.entry(one, True)}{self.beside()}\n"
        return text


def members(section: Section | Pairs, values: dict):
    """Name, declaration and value of everything in a section; of a free key the declaration is None."""
    if isinstance(section, Pairs):
        yield from ((name, None, value) for name, value in values.items())
        return
    for item in section.keys:
        lead = f"{item.name}."
        inner = {path.removeprefix(lead): one for path, one in values.items() if path.startswith(lead)}
        value = inner if isinstance(item, Section) else values.get(item.name)
        if value or value is False:
            yield item.name, item, value


@st.composite
def some_texts(draw) -> str:
    hand = Hand(draw, "\n")
    values = draw(some_answers())
    text = (
        hand.braces(ROOT, values) + "\n" if draw(st.integers(0, 5)) == 0 else hand.section(ROOT, values, "")
    )
    text += draw(st.sampled_from(["", "# the end\n"]))
    if draw(st.booleans()):
        text = text.rstrip("\n")
    count = iter(range(10**6))
    text = re.sub(r"# (above|beside)", lambda mark: f"# {mark[1]} no. {next(count)} ", text)
    text = draw(st.sampled_from(["", "\ufeff"])) + draw(st.sampled_from(["", "# heading\n"])) + text
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    assert dict(parse_answers(text, complete=False).values) == values
    return text


@st.composite
def changed(draw, values: dict[str, object]) -> dict[str, object]:
    """The answers with a few of them decided anew."""
    new = dict(values)
    for path in draw(st.lists(st.sampled_from(sorted(OPTIONAL)), min_size=1, max_size=4)):
        if path == "workers" and path in new and draw(st.booleans()):
            hosts = list(draw(st.permutations(new[path])))
            hosts = hosts[: draw(st.integers(1, len(hosts)))]
            if draw(st.booleans()) and HostEntry("brand-new") not in hosts:
                hosts.append(HostEntry("brand-new"))
            hosts[0] = replace(hosts[0], slots=draw(st.none() | st.just(5)))
            new[path] = tuple(hosts)
        elif path in new and draw(st.booleans()):
            del new[path]
        else:
            new[path] = draw(OPTIONAL[path])
    return new


@given(some_texts(), st.data())
def test_a_revised_text_says_what_was_decided_and_keeps_every_comment_that_has_a_line_of_its_own(text, data):
    before = parse_answers(text, complete=False)
    values = data.draw(changed(dict(before.values)))
    after = revised(text, Answers(values))
    assert dict(parse_answers(after, complete=False).values) == values
    assert set(re.findall(r"# above no\. \d+\b", text)) <= set(re.findall(r"# above no\. \d+\b", after))
    assert "could not be changed in place" not in after
    if "\n" in text:
        assert set(re.findall(r"\r?\n", after)) == set(re.findall(r"\r?\n", text))
    assert after.startswith("\ufeff") == text.startswith("\ufeff")


COMMENT = r"# (?:above|beside) no\. \d+.*"
REPLACED = ["cluster", "user", "ssh.port", "flink.version", "flink.home", "java.allow_unsupported", "master"]


@given(some_texts(), st.data())
def test_a_value_that_is_replaced_costs_no_comment_and_leaves_the_rest_of_the_text_as_it_was(text, data):
    before = parse_answers(text, complete=False)
    path = data.draw(st.sampled_from([path for path in REPLACED if path in before.values]))
    value = data.draw({"cluster": names, **OPTIONAL}[path])
    after = revised(text, before.with_value(path, value))
    assert re.findall(COMMENT, after) == re.findall(COMMENT, text)
    head = len(text) - len(text[len(common(text, after)) :])
    tail = len(common(text[::-1], after[::-1]))
    assert "\n" not in text[head : len(text) - tail]
    assert revised(text, before) == text


def common(one: str, other: str) -> str:
    length = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:length]


HEAD = "# mine\nversion: 1\ncluster: demo   # odd   spacing\nmaster: n0\n"
TAIL = '\n# the end\nflink: {version: "2.3.0"}  # keep'
LISTS = [
    (
        "workers:\n  # rack A\n  - n1   # one\n  - n2   # two\n  # rack B\n  - n3   # three\n",
        [HostEntry("n1"), HostEntry("n2", slots=4), HostEntry("n4"), HostEntry("n3")],
        "workers:\n  # rack A\n  - n1   # one\n  - {host: n2, slots: 4}   # two\n  - n4\n  # rack B\n  - n3   # three\n",
    ),
    (
        "workers:\n  # rack A\n  - n1   # one\n  - n2   # two\n  # rack B\n  - n3   # three\n",
        [HostEntry("n3"), HostEntry("n1")],
        "workers:\n  # rack A\n  # rack B\n  - n3   # three\n  - n1   # one\n",
    ),
    (
        "workers:\n  - host: n1   # one\n    slots: 2   # two\n    # not more\n    memory: 8g\n  - n2\n",
        [HostEntry("n1", memory=4096, port=23), HostEntry("n2")],
        "workers:\n  - host: n1   # one\n    port: 23\n    # not more\n    memory: 4g\n  - n2\n",
    ),
    (
        "workers:\n- n[1-3]   # all\n",
        [HostEntry("n[1-2]")],
        "workers:\n- n[1-2]   # all\n",
    ),
    (
        "workers: [\n  n1,  # one\n  # the second\n  n2,  # two\n  n3\n]\n",
        [HostEntry("n3"), HostEntry("n4"), HostEntry("n1")],
        "workers: [\n  # the second\n  n3,\n  n4,\n  n1  # one\n]\n",
    ),
    (
        "workers: ['n1', {host: n2, slots: 4}, n3]  # all\n",
        [HostEntry("n0"), HostEntry("me@n1"), HostEntry("n2"), HostEntry("n3", slots=1)],
        "workers: [n0, 'me@n1', n2, {host: n3, slots: 1}]  # all\n",
    ),
    (
        "workers: n[1-3]  # all\n",
        [HostEntry("n[1-3]"), HostEntry("n9")],
        'workers: ["n[1-3]", n9]  # all\n',
    ),
    (
        "workers:\n  host: n1  # alone\n  slots: 3\n",
        [HostEntry("n9"), HostEntry("n1", slots=4)],
        "workers:\n  - n9\n  - host: n1  # alone\n    slots: 4\n",
    ),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("written", "hosts", "expected"), LISTS)
def test_a_host_that_only_changed_keeps_its_place_and_its_comment(written, hosts, expected, newline):
    text = (HEAD + written + TAIL).replace("\n", newline)
    after = revised(text, parse_answers(text).with_value("workers", tuple(hosts)))
    assert after == (HEAD + expected + TAIL).replace("\n", newline)


SECTIONS = [
    ("ssh:\n  port: 22  # gone\nuser: me\n", {"ssh.port": None}, "user: me\n"),
    ("ssh:\n  # why\n  port: 22\nuser: me\n", {"ssh.port": None}, "ssh:\n  # why\nuser: me\n"),
    ("ssh: {port: 22}\nuser: me\n", {"ssh.port": None}, "user: me\n"),
    ("ssh: {port: 22}  # why\n", {"ssh.port": None}, "ssh: {}  # why\n"),
    ("ssh: {port: 22, key: ~/k}\n", {"ssh.port": None}, "ssh: {key: ~/k}\n"),
    ("ssh: {port: 22, admin: {user: a}}\n", {"ssh.admin.user": None}, "ssh: {port: 22}\n"),
    ("ssh:\n  admin:\n    user: a\n", {"ssh.admin.user": None}, ""),
    ("ssh:  # none\n", {"ssh.port": 23, "ssh.key": "~/k"}, "ssh:  # none\n  port: 23\n  key: ~/k\n"),
    ("ssh: ~  # none\n", {"ssh.port": 23}, "ssh: {port: 23}  # none\n"),
    ("", {"user": "me", "java.set_in": ("shell-profile",)}, "user: me\njava:\n  set_in: [shell-profile]\n"),
    ("user: me\nstart: {hdfs: no}\n", {"ssh.port": 23}, "user: me\nssh:\n  port: 23\nstart: {hdfs: no}\n"),
    ("java:\n  set_in:\n  - flink-config  # one\n", {"java.set_in": ("shell-profile", "flink-config")},
     "java:\n  set_in:\n  - shell-profile\n  - flink-config  # one\n"),
    ("java:\n  set_in: flink-config  # one\n", {"java.set_in": ("shell-profile",)},
     "java:\n  set_in: shell-profile  # one\n"),
    ("# How this machine reaches the hosts; left out: ~/.ssh/config, the agent and the default keys.\n"
     "ssh:\n  port: 22\n", {"ssh.port": None}, ""),
    ("flink:\n  config:\n    a.b: 1  # a\n    c.d: 'x'  # c\n", {"flink.config": {"c.d": "y", "e.f": "x: y"}},
     "flink:\n  config:\n    c.d: 'y'  # c\n    e.f: \"x: y\"\n"),
    ("flink: {config: {a.b: 1, c.d: 2}}\n", {"flink.config": {"a.b": "1"}}, "flink: {config: {a.b: 1}}\n"),
    ("hdfs:\n  mode: new\n  version: 3.3.6\n  config: {dfs.blocksize: 128m}  # c\n", {"hdfs.config": {"dfs.replication": "2"}},
     "hdfs:\n  mode: new\n  version: 3.3.6\n  config: {dfs.replication: 2}  # c\n"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "decided", "expected"), SECTIONS)
def test_a_section_grows_shrinks_and_goes_unless_it_holds_a_comment(written, decided, expected):
    head = "version: 1\ncluster: demo  # mine\n"
    answers = parse_answers(head + written, complete=False)
    for path, value in decided.items():
        answers = answers.with_value(path, value)
    after = revised(head + written, answers)
    assert after == head + expected
    assert parse_answers(after, complete=False) == answers


def test_a_file_that_nobody_wrote_in_is_written_in_the_declared_order():
    text = write_answers({"cluster": "demo", "master": (HostEntry("n0"),)})
    answers = parse_answers(text, complete=False).with_value("user", "me").with_value("ssh.port", 23)
    assert revised(text, answers) == write_answers(answers)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n? cluster\n: demo  # mine\n? user\n: me\n",
        "version: 1\u2028cluster: demo  # mine\u2028user: me\n",
        "version: 1\rcluster: demo  # mine\ruser: me\n",
    ],
)
def test_what_cannot_be_changed_in_place_is_kept_as_a_comment(text):
    answers = parse_answers(text, complete=False).with_value("user", None)
    after = revised(text, answers)
    assert parse_answers(after, complete=False) == answers
    assert "# mine" in after and after.startswith("# This could not be changed in place.")
    again = answers.with_value("ssh.port", 23)
    assert parse_answers(revised(after, again), complete=False) == again
    assert revised(after, again).count("could not be changed") == 1


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "---\n", "\ufeff# bom", "ssh:\n", "# a\n---\n# b\n"]
)
def test_a_text_that_says_nothing_keeps_what_it_holds(text):
    after = revised(text, Answers({"cluster": "demo"}))
    assert dict(parse_answers(after, complete=False).values) == {"version": 1, "cluster": "demo"}
    assert text in after


def test_answers_that_do_not_fit_together_are_told_with_the_lines_of_the_text():
    text = HEAD + "workers: [n1]  # one\n" + TAIL
    with pytest.raises(BadAnswers) as bad:
        revised(text, parse_answers(text).with_value("workers", (HostEntry("n1"), HostEntry("N1"))))
    assert "answers:5: workers[1]: N1 is listed twice" in str(bad.value)


def test_the_outcome_comes_with_its_warnings():
    after = revision(EXAMPLE, parse_answers(EXAMPLE).with_value("hdfs.replication", 2))
    assert [problem.path for problem in after.warnings] == ["hdfs.replication"]
    assert "replication: 2\n" in after.text
