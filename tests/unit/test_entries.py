"""Hosts as they are typed or pasted: every spelling that people use, and what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.values import ValueProblem
from wizard.answers import Answers, HostEntry, parse_answers, write_answers
from wizard.answers.entries import parse_host_entries
from wizard.questions import written

LISTS = [
    ("node1", ["node1"]),
    ("node1 node2,node3;node4\nnode5\r\nnode6", ["node1", "node2", "node3", "node4", "node5", "node6"]),
    ("node[01-16], n[1, 3-5] x", ["node[01-16]", "n[1, 3-5]", "x"]),
    (
        "flink@node1:2222 [2001:db8::1]:23 2001:db8::2",
        ["flink@node1:2222", "[2001:db8::1]:23", "2001:db8::2"],
    ),
    ("node1 # the first\n# node2\nnode3,# node4", ["node1", "node3"]),
    ("- node1\n- \"node[2-3]\"\n- 'node4'", ["node1", "node[2-3]", "node4"]),
    ("10.0.0.11 10.0.0.12", ["10.0.0.11", "10.0.0.12"]),
    ("10.0.0.11, node1", ["10.0.0.11", "node1"]),
    ("10.0.0.11 node[1-3]", ["10.0.0.11", "node[1-3]"]),
]
MAPS = [
    ("{host: node2, slots: 4, memory: 8g}", HostEntry("node2", slots=4, memory=8192)),
    ("{host: n[1,3], port: 22,}", HostEntry("n[1,3]", port=22)),
    ("{ slots: 1,\n  host: 'n1' }", HostEntry("n1", slots=1)),
    ("{host: my_alias, address: 10.0.0.1}", HostEntry("my_alias", address="10.0.0.1")),
    ('{host: n1, key: "~/my keys/a, #1 {x}"}', HostEntry("n1", key="~/my keys/a, #1 {x}")),
    ("{host: n1, key: '~/it''s'}", HostEntry("n1", key="~/it's")),
    ("{host: flink@n1:22, taskmanagers: 2}", HostEntry("flink@n1:22", taskmanagers=2)),
]
REFUSED = [
    ("", "name at least one host"),
    ("# node1", "name at least one host"),
    ("node1 no/de2", "no/de2 is not a host name"),
    ("node1:99999", "node1:99999: 99999 is not a TCP port"),
    ("node[1-", "node[1- has a bracket without its partner"),
    ("node[3-1]", "node[3-1] runs backwards"),
    ("my_alias", "my_alias has an underscore"),
    ("{host: n1, slts: 4}", "{host: n1, slts: 4}: slts is not a setting of a host; did you mean slots?"),
    ("{host: n1, slots: 0}", "{host: n1, slots: 0}: slots: 0 is not a number of slots"),
    ("{host: n1, slots: }", "slots has no value"),
    ("{host: n1, host: n2}", "host is given twice"),
    ("{slots: 4}", "{slots: 4} names no host"),
    ("{host: n1, slots: 4", "{host: n1, slots: 4 is not a host with its settings; write it like"),
    ("{host: {a: b}}", "{a: b}: {a is not a host name"),
    ("{host: n[1-2], address: 10.0.0.1}", "one address cannot serve a range"),
    ("host: node1", "host: is a setting; write those of a host in braces"),
    ("127.0.0.1 localhost", "127.0.0.1 localhost is a machine's name for itself"),
    ("10.0.0.11 node1 -bad-", "-bad- is not a host name"),
    ("node1\x1b[31m", "node1\\x1b[31m"),
]


@pytest.mark.parametrize(("text", "hosts"), LISTS)
def test_a_list_may_be_written_in_many_ways(text, hosts):
    assert parse_host_entries(text) == tuple(HostEntry(host) for host in hosts)


@pytest.mark.parametrize(("text", "entry"), MAPS)
def test_what_differs_on_a_host_stands_in_braces_as_in_the_file(text, entry):
    assert parse_host_entries(f"node1 {text} # x\nnode9") == (HostEntry("node1"), entry, HostEntry("node9"))


def test_a_line_of_the_hosts_file_is_one_host_at_its_address():
    text = "127.0.0.1\tlocalhost\n::1 localhost ip6-loopback\n10.0.0.11  node1 node1.local  # rack A\n10.0.0.12 node_2\n"
    assert parse_host_entries(text) == (
        HostEntry("node1", address="10.0.0.11"),
        HostEntry("node_2", address="10.0.0.12"),
    )


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_a_refusal_names_the_word(text, sentence):
    with pytest.raises(ValueProblem) as refused:
        parse_host_entries(text)
    assert sentence in refused.value.sentence and refused.value.sentence.isprintable()


def test_a_refusal_does_not_repeat_a_password():
    with pytest.raises(ValueProblem) as refused:
        parse_host_entries("node1 flink:hunter2@node2")
    assert "node2: what stands before the @" in refused.value.sentence
    assert "hunter2" not in refused.value.sentence


names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
hosts = names | st.sampled_from(
    ["n[01-16]", "a[1,3-5].b[1-2]", "me@n1:2222", "2001:db8::1", "[2001:db8::1]:22", "10.0.0.1"]
)
key_files = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=12)
    .map(lambda name: f"~/keys/k{name}".rstrip())
    .filter(
        lambda path: ".." not in path and "/." not in path and "//" not in path and not path.endswith("/")
    )
)
entries = st.builds(
    HostEntry,
    host=hosts,
    user=st.none() | names,
    port=st.none() | st.integers(1, 65535),
    key=st.none() | key_files,
    taskmanagers=st.none() | st.integers(1, 64),
    slots=st.none() | st.integers(1, 4096),
    memory=st.none() | st.integers(1, 1024 * 1024),
    java_home=st.none() | st.just("/opt/java/17"),
)  # fmt: skip


@given(st.lists(entries, min_size=1, max_size=5).map(tuple))
def test_what_is_written_for_an_answer_may_be_typed_again(given_entries):
    assert parse_host_entries(written("workers", given_entries)) == given_entries
    assert parse_host_entries(", ".join(written("workers", (one,)) for one in given_entries)) == given_entries


@given(st.lists(entries, min_size=1, max_size=3, unique_by=lambda entry: entry.host).map(tuple))
def test_lines_of_the_answers_file_may_be_pasted(given_entries):
    text = write_answers(Answers({"workers": given_entries}))
    lines = text.partition("workers:\n")[2]
    assert parse_host_entries(lines) == given_entries


PIECES = [
    "node1",
    "n[1-",
    "2]",
    "{",
    "}",
    "host",
    ": ",
    ",",
    " ",
    "\n",
    "'",
    '"',
    "#",
    "@",
    "\\",
    "10.0.0.1",
    "-",
    "\x00",
    "é",
]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused_with_a_sentence(text):
    try:
        read = parse_host_entries(text)
    except ValueProblem as problem:
        assert problem.sentence.isprintable()
    else:
        # What was read is what the file takes, unless hosts are named twice.
        for entry in read:
            assert parse_answers(write_answers(Answers({"workers": (entry,)})), complete=False).hosts_at(
                "workers"
            )


def test_two_thousand_hosts_may_be_pasted_with_their_settings():
    text = "\n".join(
        f"{{host: node{number}, slots: 4, memory: 8g, java_home: /opt/java}}" for number in range(2000)
    )
    assert len(parse_host_entries(text)) == 2000
