"""Hadoop's configuration files: an edit changes the values that change and no other byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.hadoop.catalogue import directories_of, same_setting
from wizard.hadoop.sitexml import SiteUnreadable, edit_site, read_site

NAMES = ("fs.defaultFS", "dfs.replication", "dfs.namenode.name.dir", "x", "y.z")
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(str.strip)
BETWEEN = st.sampled_from(
    ("", "\n", "  ", "\n  ", "<!-- keep > me -->", "\n\t<!-- <property> -->\n", "<final>true</final>")
)


@st.composite
def files(draw: st.DrawFn) -> str:
    ending = draw(st.sampled_from(("\n", "\r\n")))
    body = ""
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True)):
        value = draw(st.sampled_from(("1", " a b ", "&lt;t&gt;", "<![CDATA[c & d]]>", "ü", "")))
        held = draw(st.sampled_from((f"<value>{value}</value>", "<value/>", "")))
        between = [draw(BETWEEN) for _ in range(3)]
        body += f"{between[0].replace('<final>true</final>', '')}<property>{between[1]}<name> {name} </name>"
        body += f"{held}{between[2] if 'final' not in between[1] else ''}</property>"
    head = draw(st.sampled_from(("", '<?xml version="1.0"?>\n', "<!-- License -->\n", "\ufeff")))
    return (head + "<configuration>" + body + "\n</configuration>\n<!-- end -->").replace("\n", ending)


def without(text: str) -> str:
    """The text without its properties' values and without line ends and blanks: what an edit must not touch."""
    return re.sub(r"\s+", "", re.sub(r"<value>.*?</value>|<value/>", "", text, flags=re.S))


@given(files(), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
def test_what_is_set_is_read_back_and_the_rest_stays(text: str, changes: dict[str, str]) -> None:
    edited = edit_site(text, dict(changes))
    before, after = read_site(text).values, read_site(edited).values
    assert dict(after) == {**before, **changes}
    assert edit_site(edited, dict(changes)) == edited
    if set(changes) <= set(before):
        assert without(edited) == without(text)
    for remark in re.findall(r"<!--.*?-->", text, re.S):
        assert remark in edited
    assert "\r" in text or "\r" not in edited


@given(files())
def test_an_edit_that_changes_nothing_is_no_edit(text: str) -> None:
    assert edit_site(text, dict(read_site(text).values)) == text


@given(files(), st.sampled_from(NAMES))
def test_what_is_taken_away_is_gone_and_nothing_else(text: str, name: str) -> None:
    left = dict(read_site(text).values)
    left.pop(name, None)
    assert dict(read_site(edit_site(text, {name: None})).values) == left


def test_only_the_value_changes_between_remarks() -> None:
    text = "<configuration>\r\n\t<!-- mine -->\r\n\t"
    text += "<property><name>a</name><value>1</value><!-- why --></property>\r\n</configuration>"
    assert edit_site(text, {"a": "2"}) == text.replace("<value>1<", "<value>2<")
    added = edit_site(text, {"b": "3"})
    assert added.startswith(text.removesuffix("</configuration>"))
    assert "\r\n\t<property>\r\n\t\t<name>b</name>\r\n" in added


def test_a_setting_is_changed_under_the_name_that_it_has() -> None:
    text = "<configuration><property><name>fs.default.name</name><value>file:///</value></property></configuration>"
    edited = edit_site(text, {"fs.defaultFS": "hdfs://n:8020"}, same_setting)
    assert edited == text.replace("file:///", "hdfs://n:8020")
    assert read_site(edited).get("fs.defaultFS", same_setting) == "hdfs://n:8020"


def test_a_later_property_wins_but_not_over_a_final_one() -> None:
    one = "<property><name>a</name><value>{}</value>{}</property>"
    both = f"<configuration>{one.format(1, '')}{one.format(2, '')}</configuration>"
    final = f"<configuration>{one.format(1, '<final>true</final>')}{one.format(2, '')}</configuration>"
    assert read_site(both).values["a"] == "2" and read_site(final).values["a"] == "1"
    assert read_site(edit_site(both, {"a": "3"})).values["a"] == "3"
    assert read_site(edit_site(final, {"a": "3"})).values["a"] == "3"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<configuration>\n<property>\n</configuration>", 3),
        ("<configuration>\n<property><name>a</name><value>1</value></property>\n", 3),
        ("", 1),
        ("<settings/>", 1),
        ("<configuration>\n&unknown;</configuration>", 2),
        ('<!DOCTYPE c [\n<!ENTITY a "b">]><configuration/>', 2),
        ('<?xml version="1.0" encoding="utf-16"?><configuration/>', 1),
    ],
)
def test_what_hadoop_would_refuse_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(SiteUnreadable) as refused:
        read_site(text)
    assert refused.value.line == line


def test_directories_are_read_without_scheme_and_kind() -> None:
    assert directories_of("[SSD]file:///a/b/, /c ,file:/d,") == ("/a/b", "/c", "/d")
