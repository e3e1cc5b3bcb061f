"""What the answers alone show of an HDFS: what does not fit is refused with its line before a host is reached."""

from __future__ import annotations

import pytest

from validators.values import ValueProblem
from wizard.answers import BadAnswers, build_spec, parse_answers
from wizard.answers.editing import remove_datanode
from wizard.hadoop.jmx import JMX_PATHS, namenode_seen
from wizard.sources import hadoop_cache_name, hadoop_choices
from wizard.spec import HdfsSpec

FILE = (
    'version: 1\ncluster: demo\nmaster: n0\nworkers: ["n[1-3]"]\nflink: {{version: "2.3.0"}}\nhdfs: {{{}}}\n'
)


@pytest.mark.parametrize(
    ("hdfs", "says"),
    [
        ('mode: new, version: "4.1.0"', "there is no Hadoop 4.1.0"),
        ('mode: new, version: "3.3.6", replication: 4', "4 copies cannot be kept on 3 DataNodes"),
        (
            'mode: new, version: "3.3.6", datanodes: [n1], replication: 2',
            "2 copies cannot be kept on 1 DataNode",
        ),
        ('mode: new, version: "3.3.6", config: {dfs.replication: 9}', "9 copies cannot be kept"),
        ('mode: new, version: "3.3.6", name_dirs: [/tmp/name]', "below /tmp"),
        ('mode: new, version: "3.3.6", data_dirs: [/data, /tmp]', "below /tmp"),
        ('mode: new, version: "3.3.6", name_dirs: [/d], data_dirs: [/d]', "a directory of the NameNode too"),
        ('mode: new, version: "3.3.6", source: pypi', "Hadoop is not on PyPI"),
        ('mode: new, version: "3.3.6", distribute: shared', "is not carried out"),
        ('mode: new, version: "3.3.6", namenode: "n[1-2]"', "there is one NameNode"),
        ('mode: new, version: "3.3.6", config: {dfs.name.dir: /x}', "write hdfs.name_dirs instead"),
        ('mode: new, version: "3.3.6", config: {fs.default.name: "hdfs://x"}', "write hdfs.address instead"),
        ('mode: new, version: "3.3.6", format: always', "never or if-empty"),
    ],
)
def test_what_cannot_be_is_refused(hdfs: str, says: str) -> None:
    with pytest.raises(BadAnswers) as bad:
        parse_answers(FILE.format(hdfs), "cluster.yaml")
    assert says in str(bad.value) and "cluster.yaml:6: hdfs." in str(bad.value)


def test_nothing_is_formatted_by_default_and_hosts_are_called_as_the_cluster_calls_them() -> None:
    answers = parse_answers(
        FILE.format('mode: new, version: "2.7.3", namenode: N0, datanodes: ["N[1-2]", n2]')
    )
    hdfs = build_spec(answers, is_here=lambda host: False, login="flink").hdfs
    assert (hdfs.format, hdfs.namenode, hdfs.datanodes) == ("never", "n0", ("n1", "n2"))


def test_a_datanode_is_taken_out_of_its_list_where_there_is_one() -> None:
    listed = FILE.format('mode: new, version: "2.7.3", datanodes: ["n[1-2]", n3]')
    assert parse_answers(remove_datanode(listed, "n2")).list_at("hdfs.datanodes") == ("n1", "n3")
    left_open = FILE.format('mode: new, version: "2.7.3"')
    assert remove_datanode(left_open, "n2") == left_open
    with pytest.raises(ValueProblem, match="only DataNode"):
        remove_datanode(FILE.format('mode: new, version: "2.7.3", datanodes: [n1]'), "n1")


@pytest.mark.parametrize(
    ("version", "kinds"),
    [("1.2.1", ["md5", "md5"]), ("2.7.3", ["sha512", "sha512", "md5"]), ("3.3.6", ["sha512", "sha512"])],
)
def test_hadoop_is_verified_by_what_its_generation_publishes(
    version: str, kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINK_WIZARD_APACHE_MIRROR", "http://mirror.example")
    choices = hadoop_choices(HdfsSpec("new", version=version))
    assert [choice.algorithm for choice in choices] == kinds
    assert all(choice.checksum_url for choice in choices)
    name = "hadoop-1.2.1-bin.tar.gz" if version == "1.2.1" else f"hadoop-{version}.tar.gz"
    assert all(choice.address.endswith(f"/hadoop-{version}/{name}") for choice in choices)
    other = HdfsSpec("new", version=version, source="/srv/hadoop.tar.gz")
    assert hadoop_choices(other)[0].kind == "path" and hadoop_choices(HdfsSpec()) == ()
    assert hadoop_cache_name(other) != hadoop_cache_name(HdfsSpec("new", version=version))


def test_live_datanodes_are_counted_in_every_generation_s_words() -> None:
    old = {JMX_PATHS[1]: {"beans": [{"LiveNodes": '{"w1":{},"w2":{}}', "DeadNodes": "{}", "Safemode": ""}]}}
    seen = namenode_seen(old)
    assert seen is not None and (seen.live, seen.names, seen.safe_mode) == (2, ("w1", "w2"), "")
    new = {
        JMX_PATHS[0]: {"beans": [{"NumLiveDataNodes": 3, "FSState": "safeMode", "BlocksTotal": 5}]},
        JMX_PATHS[1]: {
            "beans": [{"LiveNodes": '{"w1:50010":{}}', "Safemode": "Safe mode is ON. The reported…"}]
        },
    }
    seen = namenode_seen(new)
    assert seen is not None and (seen.live, seen.names, seen.blocks) == (3, ("w1",), 5)
    assert seen.safe_mode.startswith("Safe mode is ON")
    for nothing in ({}, {JMX_PATHS[0]: None}, {JMX_PATHS[0]: {"beans": []}}, {JMX_PATHS[0]: {"beans": "x"}}):
        assert namenode_seen(nothing) is None
