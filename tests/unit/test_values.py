"""One typed value at a time: what is accepted and becomes what, what is refused with which sentence."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from validators import values
from validators.values import ValueProblem

home = values.path_parser(for_scripts=True, own_directory=True)
key_file = values.path_parser(tilde=True)
slots = values.whole_number(1, 64, "a number of slots")
colour = values.one_of(("ask", "accept-new", "strict"))

ACCEPTED = [
    (values.parse_port, " 22 ", 22),
    (values.parse_port, "65535", 65535),
    (slots, "64", 64),
    (values.parse_memory, "8g", 8192),
    (values.parse_memory, "8192m", 8192),
    (values.parse_memory, "8192 MiB", 8192),
    (values.parse_memory, "1.5GB", 1536),
    (values.parse_memory, "2048k", 2),
    (values.parse_memory, "1048576b", 1),
    (values.parse_version, "2.3.0", "2.3.0"),
    (values.parse_version, "1.0.0-rc1", "1.0.0-rc1"),
    (values.parse_short_version, "2.11", "2.11"),
    (values.parse_hadoop_build, "hadoop27", "hadoop27"),
    (values.parse_bool, "Yes", True),
    (values.parse_bool, "off", False),
    (colour, "accept-new", "accept-new"),
    (values.parse_host_name, "node-1.example.org", "node-1.example.org"),
    (values.parse_host_name, "node1.", "node1."),
    (values.parse_host_name, "10.0.0.1", "10.0.0.1"),
    (values.parse_host_name, "2001:db8::1", "2001:db8::1"),
    (values.parse_user, "hadoop_2", "hadoop_2"),
    (values.parse_cluster_name, "prod.eu-1", "prod.eu-1"),
    (home, "/opt/flink/", "/opt/flink"),
    (home, "/opt//flink/./x", "/opt/flink/x"),
    (key_file, "~/.ssh/my key", "~/.ssh/my key"),
    (values.parse_source, "pypi", "pypi"),
    (values.parse_source, "/srv/flink.tgz", "/srv/flink.tgz"),
    (values.parse_source, "https://mirror.example.org/flink.tgz", "https://mirror.example.org/flink.tgz"),
    (values.parse_file_system, "file:///shared/ha", "file:///shared/ha"),
    (values.parse_hdfs_address, "hdfs://node0:8020", "hdfs://node0:8020"),
    (values.parse_host_and_port, "zk1:2181", "zk1:2181"),
]


@pytest.mark.parametrize(("parse", "text", "value"), ACCEPTED)
def test_a_good_value_becomes_itself(parse, text, value):
    assert parse(text) == value


REFUSED = [
    (values.parse_port, "99999", "99999 is not a TCP port (1-65535)"),
    (values.parse_port, "0", "0 is not a TCP port (1-65535)"),
    (values.parse_port, "", "an empty value is not a TCP port (1-65535)"),
    (values.parse_port, "22.0", "22.0 is not a TCP port (1-65535)"),
    (values.parse_port, "-1", "-1 is not a TCP port (1-65535)"),
    (values.parse_port, "٢٢", "٢٢ is not a TCP port (1-65535)"),
    (values.parse_port, "022", "022 starts with a zero"),
    (values.parse_port, "9" * 5000, "is not a TCP port"),
    (slots, "65", "65 is not a number of slots (1-64)"),
    (values.parse_memory, "8192", "8192 has no unit; write 8192m for MiB"),
    (values.parse_memory, "8", "8 has no unit; write 8g for GiB"),
    (values.parse_memory, "8q", "8q has an unknown unit"),
    (values.parse_memory, "0g", "0g is not a sensible memory size"),
    (values.parse_memory, "1000k", "not a whole number of MiB"),
    (values.parse_memory, "much", "much is not a memory size; write it like 8g or 8192m"),
    (values.parse_version, "1.20", "write all three numbers, like 1.20.0"),
    (values.parse_version, "latest", "latest is not a version; write it like 2.3.0"),
    (values.parse_bool, "maybe", "maybe is neither true nor false"),
    (colour, "acept-new", "is not one of ask, accept-new or strict; did you mean accept-new?"),
    (values.parse_host_name, "node_1", "has an underscore, which Flink cannot use"),
    (values.parse_host_name, "n" * 300, "is too long for a host name (300 characters, at most 253)"),
    (values.parse_host_name, "n" * 64, "has a part of 64 characters"),
    (values.parse_host_name, "-node", "-node is not a host name"),
    (values.parse_host_name, "a b", "a b is not a host name"),
    (values.parse_host_name, "256.1.1.1", "256.1.1.1 is not a host name or an IPv4 address"),
    (values.parse_host_name, "12", "12 is not a host name or an IPv4 address"),
    (values.parse_host_name, "fe80::zz", "fe80::zz is not an IPv6 address"),
    (values.parse_host_name, "fe80::1%eth0", "holds for one network card only"),
    (values.parse_host_name, "a\x1b[31m", "a\\x1b[31m is not a host name"),
    (values.parse_host_address, "flink:hunter2@node1", "passwords do not belong"),
    (values.parse_host_address, "node1:99999", "99999 is not a TCP port (1-65535)"),
    (values.parse_host_address, "@node1", "an empty value is not a user name"),
    (values.parse_host_address, "[node1]", "brackets hold an IPv6 address or follow a name"),
    (values.parse_user, "1st", "1st is not a user name"),
    (values.parse_user, "u" * 40, "is too long for a user name (40 characters, at most 32)"),
    (values.parse_cluster_name, "../x", "../x is not a cluster's name"),
    (values.parse_cluster_name, "x" * 64, "is too long for a cluster's name"),
    (home, "opt/flink", "opt/flink is not an absolute path; it must start with /"),
    (home, "~/flink", "starts with ~; write the whole path"),
    (home, "/opt/my flink", "holds a blank, which start scripts break on"),
    (home, "/opt/a:b", "holds :, which start scripts break on"),
    (home, "/opt/$(id)", "which start scripts break on"),
    (home, "/opt/../etc", "goes up with .."),
    (home, "/opt", "belongs to the system"),
    (home, "//", "belongs to the system"),
    (home, "/a\nb", "holds a control character"),
    (home, "/" + "x" * 2000, "is too long for a path"),
    (key_file, "~bob/key", "must start with /"),
    (values.parse_source, "apach", "is not a source"),
    (values.parse_source, "ftp://x/y", "is not an address this program can fetch"),
    (values.parse_source, "https://", "is not a URL"),
    (values.parse_source, "https://me:hunter2@x/y.tgz", "passwords do not belong in this file"),
    (values.parse_source, "https://x:port/y", "is not a URL"),
    (values.parse_hdfs_address, "node0:8020", "write it like hdfs://node0:8020"),
    (values.parse_host_and_port, "me@zk1", "names a user"),
    (values.parse_text, "a\nb", "is not a single line"),
]


@pytest.mark.parametrize(("parse", "text", "sentence"), REFUSED)
def test_a_bad_value_is_refused_in_one_sentence_that_names_it(parse, text, sentence):
    with pytest.raises(ValueProblem) as refused:
        parse(text)
    assert sentence in refused.value.sentence
    assert "\n" not in refused.value.sentence
    assert "hunter2" not in refused.value.sentence
    assert len(refused.value.sentence) < 250


RANGES = [
    ("node1", ["node1"]),
    ("node[1-3]", ["node1", "node2", "node3"]),
    ("node[08-11]", ["node08", "node09", "node10", "node11"]),
    ("node[1,3-5].rack[1-2]", [f"node{n}.rack{r}" for n in (1, 3, 4, 5) for r in (1, 2)]),
    ("flink@node[1-2]:2222", ["flink@node1:2222", "flink@node2:2222"]),
    ("[2001:db8::1]:22", ["[2001:db8::1]:22"]),
    ("2001:db8::1", ["2001:db8::1"]),
]


@pytest.mark.parametrize(("text", "hosts"), RANGES)
def test_a_range_stands_for_its_hosts_in_order(text, hosts):
    assert [str(address) for address in values.parse_hosts(text)] == hosts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("node[5-3]", "node[5-3] runs backwards; write [3-5]"),
        ("node[a-c]", "is not a range; write numbers in brackets"),
        ("node[]", "is not a range"),
        ("node[1-4", "has a bracket without its partner"),
        ("node[1-999999]", "stands for more than 2000 hosts"),
        ("n[1-2000]x[1-2000]", "stands for more than 2000 hosts"),
        ("node_[1-2]", "has an underscore"),
    ],
)
def test_a_bad_range_says_why(text, sentence):
    with pytest.raises(ValueProblem) as refused:
        values.parse_hosts(text)
    assert sentence in refused.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "localhost.localdomain.",
        "127.0.0.1",
        "127.0.1.1",
        "127.1",
        "::1",
        "[::1]",
        "0:0:0:0:0:0:0:1",
    ],
)
def test_loopback_is_told_by_its_spelling(text):
    assert values.is_loopback(text)


@pytest.mark.parametrize(
    "text", ["", None, "localhost7", "10.127.0.1", "127.example.org", "::", "fe80::1%lo", "0.0.0.0"]
)
def test_what_only_looks_like_loopback_is_not_it(text):
    assert not values.is_loopback(text)


def test_the_address_that_debian_gives_to_a_name_is_not_every_machines_own():
    assert (
        values.is_own_name("LOCALHOST.") and values.is_own_name("::1") and not values.is_own_name("127.0.1.1")
    )


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 4), st.booleans()).map(
        lambda t: f"{t[0]:0{2 if t[2] else 1}d}" + (f"-{t[0] + t[1]}" if t[1] else "")
    ),
    min_size=1,
    max_size=3,
).map(",".join)


@given(st.lists(spans, min_size=1, max_size=3), st.data())
def test_taking_a_host_out_of_a_range_leaves_all_others_in_order(brackets, data):
    text = "n" + "x".join(f"[{inside}]" for inside in brackets)
    try:
        names = list(values.expand(text))
    except ValueProblem:
        assume(False)  # more hosts than a range may stand for
        return
    gone = data.draw(st.sampled_from(names))
    rest = [name for piece in values.without(text, gone) for name in values.expand(piece)]
    names.remove(gone)
    assert rest == names


@given(st.integers(1, 64 * 1024 * 1024))
def test_a_memory_size_is_written_so_that_it_reads_back(mib):
    assert values.parse_memory(values.format_memory(mib)) == mib


PARSERS = [parse for parse, *_ in ACCEPTED] + [values.parse_hosts, values.parse_text]


@given(st.sampled_from(PARSERS), st.text(max_size=80))
def test_no_text_does_more_than_be_refused(parse, text):
    try:
        parse(text)
    except ValueProblem as problem:
        assert problem.sentence.isprintable()
