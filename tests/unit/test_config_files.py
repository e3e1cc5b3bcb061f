"""Configuration files: read as Flink reads them, edited so that only the lines meant differ."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.flink.catalogue import LINES, line_of
from wizard.flink.configfile import (
    MARK,
    ConfigUnreadable,
    ValueNotWritable,
    config_line,
    edit_config,
    read_config,
)
from wizard.flink.template import render_config
from wizard.flink.yamltree import java_double

GOLDEN = Path(__file__).parent.parent / "golden" / "config"
LATER = "\x00later:node0:java_home\x00"

NESTED = """\
# An operator's file.
jobmanager:
  bind-host: localhost   # why
  rpc:
    address: localhost
    # The port.
    port: 6123

taskmanager: # all of them
    memory:
        process: {size: 1728m}
    numberOfTaskSlots:    1
    # taskmanager host is left alone
    host: localhost
my.own: [a, b]   # kept
rest:
  address: localhost
"""

FLAT = """\
# An operator's file.
jobmanager.rpc.address:   localhost   # why
taskmanager.numberOfTaskSlots: 1
no-space:here
  my.own: a # kept
taskmanager.numberOfTaskSlots: 2
# taskmanager.host: x
"""


def lines_that_differ(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


# --- reading


def test_yaml_values_are_what_flink_answered() -> None:
    recorded = json.loads((GOLDEN / "scalars-2.3.0.json").read_text(encoding="utf-8"))
    assert read_config((GOLDEN / "scalars.yaml").read_text(encoding="utf-8"), "yaml").values == recorded


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: foo#bar\n", {"a": "foo"}),
        ("a: b: c\n", {"a": "b: c"}),
        ("a: 1\na: 2\n", {"a": "2"}),
        ('a: "q"\n', {"a": '"q"'}),
        ("nested:\n x: 1\n", {"x": "1"}),
        ("a: 1\r\nb: 2\rc: 3", {"a": "1", "b": "2", "c": "3"}),
        ("a:\tb\n", {}),
        ("a : b\n", {"a": "b"}),
        ("", {}),
    ],
)
def test_the_flat_parser_reads_by_the_old_rules(text: str, values: dict[str, str]) -> None:
    assert read_config(text, "flat").values == values


def test_a_flat_line_that_flink_skips_is_named_with_its_number() -> None:
    problems = read_config("a: 1\nkey:value\nkey:\n", "flat").problems
    assert [problem.line for problem in problems] == [2, 3]
    assert "no space after the colon" in problems[0].text
    assert "no value" in problems[1].text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2\n", 2),
        ("a:\n  b: 1\nc: 1\na:\n  d: 2\n", 4),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("- a\n", 1),
        ("word\n", 1),
        ("1: 2\n", 1),
        ("a: *z\n", 1),
        ("a: !foo 1\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: %x\n", 1),
        ("a: - b\n", 1),
        ('a: "x\n', 2),
        ("a: 1\nb: \x07\n", 2),
    ],
)
def test_yaml_that_flink_refuses_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ConfigUnreadable) as refused:
        read_config(text, "yaml")
    assert refused.value.line == line
    with pytest.raises(ConfigUnreadable):
        edit_config(text, {"x": "1"}, "yaml")


def test_a_key_without_a_value_is_a_problem_as_flink_will_not_start() -> None:
    config = read_config("a: 1\nb:\n", "yaml")
    assert config.values == {"a": "1"}
    assert [(problem.line, problem.text.split()[0]) for problem in config.problems] == [(2, "b")]


@pytest.mark.parametrize(
    "text",
    ["env:\n  java:\n    home: /j\n", 'env.java.home: "/j"\n', "env:\n  java.home: /j\n"],
)
def test_a_java_home_that_the_scripts_miss_is_a_problem(text: str) -> None:
    assert len(read_config(text, "yaml").problems) == 1
    edited = edit_config(text, {"env.java.home": "/k"}, "yaml")
    assert edited.splitlines()[-1] == "env.java.home: /k"
    assert read_config(edited, "yaml").values == {"env.java.home": "/k"}
    assert read_config(edited, "yaml").problems == ()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (1000.0, "1000.0"),
        (1e7, "1.0E7"),
        (1.5e-4, "1.5E-4"),
        (0.001, "0.001"),
        (1.25e10, "1.25E10"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number: float, text: str) -> None:
    assert java_double(number) == text


# --- editing


def test_only_the_lines_meant_differ_in_a_nested_file() -> None:
    after = edit_config(
        NESTED,
        {
            "jobmanager.rpc.address": "node0",
            "taskmanager.memory.process.size": "4g",
            "taskmanager.numberOfTaskSlots": "4",
            "taskmanager.host": None,
            "taskmanager.bind-host": "0.0.0.0",
            "parallelism.default": "8",
        },
        "yaml",
    )
    gone, new = lines_that_differ(NESTED, after)
    assert gone == [
        "    address: localhost",
        "        process: {size: 1728m}",
        "    numberOfTaskSlots:    1",
        "    host: localhost",
    ]
    assert new == [
        "    address: node0",
        "        process: {size: 4g}",
        "    numberOfTaskSlots:    4",
        "    bind-host: 0.0.0.0",
        MARK,
        "parallelism.default: 8",
    ]


def test_only_the_lines_meant_differ_in_a_flat_file() -> None:
    changes = {
        "jobmanager.rpc.address": "node0",
        "taskmanager.numberOfTaskSlots": "4",
        "env.pid.dir": "/run/f",
    }
    after = edit_config(FLAT, changes, "flat")
    gone, new = lines_that_differ(FLAT, after)
    assert gone == ["jobmanager.rpc.address:   localhost   # why", "taskmanager.numberOfTaskSlots: 2"]
    assert new == [
        "jobmanager.rpc.address:   node0   # why",
        "taskmanager.numberOfTaskSlots: 4",
        "",
        MARK,
        "env.pid.dir: /run/f",
    ]


def test_removing_the_last_key_of_a_block_removes_the_block() -> None:
    assert edit_config("a:\n  b:\n    c: 1\nd: 2\n", {"a.b.c": None}, "yaml") == "d: 2\n"
    assert edit_config("a: {b: 1}\nd: 2\n", {"a.b": None}, "yaml") == "d: 2\n"
    assert edit_config("a: {b: 1, c: 2}\n", {"a.c": None}, "yaml") == "a: {b: 1}\n"
    assert edit_config("a: {b: 1, c: 2}\n", {"a.b": None}, "yaml") == "a: {c: 2}\n"


def test_a_key_that_stands_nested_and_dotted_is_changed_where_it_counts_and_removed_everywhere() -> None:
    text = "a:\n  b: 1\na.b: 2\n"
    assert edit_config(text, {"a.b": "3"}, "yaml") == "a:\n  b: 1\na.b: 3\n"
    assert edit_config(text, {"a.b": None}, "yaml") == ""


def test_one_block_can_lose_its_only_key_and_gain_another() -> None:
    after = edit_config("rest:\n  port: 1\nz: 1\n", {"rest.port": None, "rest.address": "h"}, "yaml")
    assert after == "rest:\n  address: h\nz: 1\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: 1\r\nb: 2\r\n", "a: 5\r\nb: 2\r\n\r\n# Set by flink-wizard\r\nn: 7\r\n"),
        ("a: 1\nb: 2", "a: 5\nb: 2\n\n# Set by flink-wizard\nn: 7"),
        ("", "# Set by flink-wizard\na: 5\nn: 7\n"),
        ("# only\n", "# only\n\n# Set by flink-wizard\na: 5\nn: 7\n"),
        ("\ufeffa: 1\n", "\ufeffa: 5\n\n# Set by flink-wizard\nn: 7\n"),
    ],
)
@pytest.mark.parametrize("fmt", ["flat", "yaml"])
def test_line_endings_and_a_missing_last_one_are_kept(text: str, after: str, fmt: str) -> None:
    assert edit_config(text, {"a": "5", "n": "7"}, fmt) == after  # type: ignore[arg-type]


def test_the_marked_section_is_used_again() -> None:
    once = edit_config("a: 1\n", {"b": "2"}, "yaml")
    assert edit_config(once, {"c": "3"}, "yaml") == once + "c: 3\n"


@pytest.mark.parametrize(
    ("text", "changes", "after"),
    [
        ("a:   # why\nb: 1\n", {"a": "2"}, "a: 2   # why\nb: 1\n"),
        ("a: |\n  x\n  y\n\n# c\nb: 1\n", {"a": "2"}, "a: 2\n\n# c\nb: 1\n"),
        ("a:\n  - x\n  - y\n# c\nb: 1\n", {"a": "2"}, "a: 2\n# c\nb: 1\n"),
        ("a:\n- x\nb: 1\n", {"a": None}, "b: 1\n"),
        ("a: x\n  y\nb: 1\n", {"a": "2"}, "a: 2\nb: 1\n"),
        ("a: 'x'  # why\n", {"a": "yes: no"}, "a: 'yes: no'  # why\n"),
        ("a: {b: 1}\n", {"a.b": "x, y"}, "a: {b: 'x, y'}\n"),
        ("a: &x 1\n", {"b": "2"}, "a: &x 1\n\n# Set by flink-wizard\nb: 2\n"),
        ("a: &x 1\nb: *x\n", {"b": "2"}, "a: &x 1\nb: 2\n"),
        ('"a": 1\n', {"a": "2"}, '"a": 2\n'),
    ],
)
def test_every_form_of_a_value_can_be_replaced(text: str, changes: dict[str, str | None], after: str) -> None:
    assert edit_config(text, changes, "yaml") == after


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a: {b: 1}\n", {"a": "2"}),
        ("a:\n  b:\n    c: 1\n", {"a.b": "2"}),
        ("{a: 1}\n", {"b": "2"}),
        ("a: &x 1\nb: *x\n", {"a": "2"}),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(text: str, changes: dict[str, str | None]) -> None:
    with pytest.raises(ConfigUnreadable):
        edit_config(text, changes, "yaml")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1728m", "1728m"),
        ("8", "8"),
        ("0.5", "0.5"),
        ("true", "true"),
        ("file:///x", "file:///x"),
        ("[x, y]", "[x, y]"),
        ("-Dx=y -Xmx1g", "-Dx=y -Xmx1g"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("007", "'007'"),
        ("0.10", "'0.10'"),
        ("", "''"),
        ("null", "'null'"),
        ("it's", "it's"),
        ("*", "'*'"),
        ("{a: b}", "'{a: b}'"),
        ("a\nb", '"a\\nb"'),
        (LATER, LATER),
    ],
)
def test_a_yaml_value_is_quoted_only_when_it_must_be(value: str, written: str) -> None:
    assert config_line("key", value, "yaml") == f"key: {written}"


@pytest.mark.parametrize(
    ("fmt", "key", "value"),
    [("flat", "a", "x # y"), ("flat", "a", ""), ("flat", "a", "x\ny"), ("flat", "a", " x"),
     ("flat", "a: b", "x"), ("yaml", "env.java.home", "/a #b"), ("yaml", "a: b", "x"),
     ("yaml", "", "x"), ("yaml", "7", "x")],
)  # fmt: skip
def test_a_value_that_the_format_cannot_hold_is_refused(fmt: str, key: str, value: str) -> None:
    with pytest.raises(ValueNotWritable):
        config_line(key, value, fmt)  # type: ignore[arg-type]


@pytest.mark.parametrize("fmt", ["flat", "yaml"])
def test_a_value_that_comes_later_passes_untouched(fmt: str) -> None:
    once = edit_config("a: 1\n", {"env.java.home": LATER}, fmt)  # type: ignore[arg-type]
    assert f"env.java.home: {LATER}\n" in once
    assert edit_config(once, {"env.java.home": LATER}, fmt) == once  # type: ignore[arg-type]
    assert read_config(once, fmt).values["env.java.home"] == LATER  # type: ignore[arg-type]


# --- properties

WORD = st.text(alphabet=string.ascii_lowercase, min_size=1, max_size=3)
KEY = st.lists(WORD, min_size=1, max_size=3).map(".".join)
TREE = st.recursive(
    st.sampled_from(["1", "x # c", "'q'", '"d"  # c', "[1, 2]", "a b"]),
    lambda inner: st.dictionaries(WORD, inner, min_size=1, max_size=3),
    max_leaves=8,
)
COMMENT = st.sampled_from(["", "# note", "   ", "#x: 1"])


def _block(tree: object, indent: int, draw_comment: list[str]) -> list[str]:
    rows: list[str] = []
    assert isinstance(tree, dict)
    for key, value in tree.items():
        note = draw_comment.pop() if draw_comment else ""
        rows.append(" " * indent + note if note.strip() else note)
        if isinstance(value, dict):
            rows += [f"{' ' * indent}{key}:", *_block(value, indent + 2, draw_comment)]
        else:
            rows.append(f"{' ' * indent}{key}: {value}")
    return rows


@st.composite
def yaml_files(draw: st.DrawFn) -> str:
    tree = draw(st.dictionaries(WORD, TREE, max_size=4))
    rows = _block(tree, 0, draw(st.lists(COMMENT, max_size=8)))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return ending.join(rows) + draw(st.sampled_from(["", ending]))


VALUES = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["0.0.0.0", "1g", "-x", "a: b", LATER]))


@given(yaml_files(), st.dictionaries(KEY, VALUES, max_size=4))
def test_an_edited_yaml_file_says_what_it_said_and_the_changes(
    text: str, changes: dict[str, str | None]
) -> None:
    wanted = dict(read_config(text, "yaml").values)
    try:
        after = edit_config(text, changes, "yaml")
    except (ConfigUnreadable, ValueNotWritable):
        return
    for key, value in changes.items():
        wanted.pop(key, None)
        if value is not None:
            wanted[key] = value
    assert read_config(after, "yaml").values == wanted
    assert edit_config(after, changes, "yaml") == after
    before_lines, after_lines = text.splitlines(), after.splitlines()
    untouched = [line for line in before_lines if line.strip().startswith("#") or not line.strip()]
    remaining = iter(after_lines)
    assert all(line in remaining for line in untouched), "comments and blank lines keep their order"


FLAT_LINE = st.one_of(
    st.tuples(KEY, st.sampled_from(["1", "x # c", "a: b", ""])).map(lambda pair: f"{pair[0]}: {pair[1]}"),
    st.sampled_from(["", "# note", "broken:1", "  ind.ent: 3 ", "noise"]),
)


@given(
    st.lists(FLAT_LINE, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.dictionaries(KEY, st.one_of(st.none(), st.sampled_from(["1", "x y", "a: b", LATER])), max_size=4),
)
def test_an_edited_flat_file_says_what_it_said_and_the_changes(
    rows: list[str], ending: str, ended: bool, changes: dict[str, str | None]
) -> None:
    text = ending.join(rows) + (ending if ended else "")
    after = edit_config(text, changes, "flat")
    wanted = dict(read_config(text, "flat").values)
    for key, value in changes.items():
        wanted.pop(key, None)
        if value is not None:
            wanted[key] = value
    assert read_config(after, "flat").values == wanted
    assert edit_config(after, changes, "flat") == after
    touched = set(changes)
    kept = [row for row in text.splitlines() if not set(read_config(row, "flat").values) & touched]
    remaining = iter(after.splitlines())
    assert all(row in remaining for row in kept)


# --- new files


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_rendered_file_is_read_back_as_it_was_meant(line) -> None:  # type: ignore[no-untyped-def]
    values = {
        line.keys.rpc_address: "node0",
        line.memory.taskmanager.key: line.memory.taskmanager.text(4096),
        line.keys.slots: "4",
        line.keys.tmp_dirs: "/data/a,/data/b",
        "env.java.home": LATER,
        "my.own.key": "a: b",
    }
    text = render_config(line, values)
    assert read_config(text, line).values == values
    assert read_config(text, line).problems == ()
    assert f"env.java.home: {LATER}\n" in text


def test_a_rendered_file_is_edited_without_a_trace() -> None:
    line = line_of("2.3.0")
    values = {"jobmanager.rpc.address": "node0", "rest.port": "8081"}
    text = render_config(line, values)
    assert edit_config(text, values, line) == text
