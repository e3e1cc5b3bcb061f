"""The guard of a format at the moment of the format: the shell text itself, on directories of this machine."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.unit.worlds import cluster, host
from wizard.commands import Run
from wizard.facts import ClusterFacts, HomeFacts, PathFacts
from wizard.hadoop.catalogue import hadoop_of
from wizard.needs import Storage
from wizard.operations.hdfsformat import FormatNameNode
from wizard.probes import sections_for
from wizard.probes.script import merged_script, parse_output
from wizard.servicefacts import StorageFacts

HADOOP = """#!/bin/sh
echo "$@" >> {calls}
[ ! -t 0 ] || exit 3
{more}
for dir in {dirs}; do
  mkdir -p "$dir/current"
  printf 'namespaceID=1\\nclusterID=CID-1\\nstorageType=NAME_NODE\\n' > "$dir/current/VERSION"
  echo image > "$dir/current/fsimage_0"
done
"""


class Place:
    """A Hadoop home whose format only writes down that it was called, and the directories of a NameNode."""

    def __init__(self, root: Path, version: str, names: tuple[str, ...] = ("name",), more: str = "") -> None:
        self.root = root
        self.hadoop = hadoop_of(version)
        self.home = root / "hadoop"
        self.dirs = tuple(str(root / "disk" / name) for name in names)
        self.calls = root / "calls"
        client = self.home / self.hadoop.format[0]
        client.parent.mkdir(parents=True)
        client.write_text(
            HADOOP.format(calls=self.calls, dirs=" ".join(shlex.quote(path) for path in self.dirs), more=more)
        )
        client.chmod(0o755)

    @property
    def operation(self) -> FormatNameNode:
        conf = f"{self.home}/{self.hadoop.conf_dir}"
        return FormatNameNode(
            "m", self.hadoop, str(self.home), conf, self.dirs, (), True, f"{self.root}/state/note", "run7"
        )

    def stores(self) -> tuple[StorageFacts, ...]:
        (section,) = sections_for([Storage(self.dirs)])
        script = merged_script([section])
        done = subprocess.run(["sh", "-s"], input=script.text.encode(), capture_output=True, check=True)
        read = section.read(parse_output(done.stdout.decode(), script.mark).readings[0])["storage"]
        return tuple(read[path] for path in self.dirs)

    def facts(self) -> ClusterFacts:
        conf = f"{self.home}/{self.hadoop.conf_dir}"
        site = "<configuration><property><name>{}</name><value>{}</value></property></configuration>"
        text = site.format(self.hadoop.keys.name_dir, self.hadoop.directory_value(self.dirs))
        file = PathFacts(f"{conf}/hdfs-site.xml", "file", text=text)
        facts = cluster(host("m")).changed_storage("m", *self.stores())
        note = self.root / "state" / "note"
        if note.exists():
            facts = facts.changed_path("m", PathFacts(str(note), "file", text=note.read_text()))
        return facts.changed_home(
            "m", HomeFacts(str(self.home), True, conf={"hdfs-site.xml": file}, conf_dir=conf)
        )

    def run(self, facts: ClusterFacts) -> subprocess.CompletedProcess[str]:
        for command in self.operation.commands(facts):
            assert isinstance(command, Run)
            done = subprocess.run(command.argv, capture_output=True, text=True, check=False)
            if done.returncode:
                return done
        return done

    @property
    def called(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""


@pytest.mark.parametrize("version", ["1.2.1", "2.7.3", "3.3.6"])
@pytest.mark.parametrize("start", ["missing", "empty"])
def test_bare_directories_are_formatted_once(tmp_path: Path, version: str, start: str) -> None:
    place = Place(tmp_path, version, ("name", "second"))
    for path in place.dirs if start == "empty" else ():
        Path(path).mkdir(parents=True)
    facts = place.facts()
    assert not place.operation.satisfied(facts)
    done = place.run(facts)
    assert done.returncode == 0, done.stderr
    assert place.called.count("-format -nonInteractive") == 1
    assert place.operation.satisfied(place.facts())
    assert "CID-1" in (tmp_path / "state" / "note").read_text()
    assert sorted(path.name for path in (tmp_path / "disk").iterdir()) == ["name", "second"]
    assert all(Path(path).stat().st_mode & 0o777 == 0o700 for path in place.dirs)


@pytest.mark.parametrize("version", ["1.2.1", "2.7.3", "3.3.6"])
@pytest.mark.parametrize("late", ["a file", "a file in the second", "a directory", "a file instead"])
def test_what_comes_between_the_look_and_the_format_is_kept(tmp_path: Path, version: str, late: str) -> None:
    place = Place(tmp_path, version, ("name", "second"))
    facts = place.facts()
    first, second = Path(place.dirs[0]), Path(place.dirs[1])
    match late:
        case "a file":
            first.mkdir(parents=True)
            (first / "precious").write_text("1")
        case "a file in the second":
            second.mkdir(parents=True)
            (second / "precious").write_text("1")
        case "a directory":
            (first / "current").mkdir(parents=True)
        case _:
            first.parent.mkdir(parents=True)
            first.write_text("1")
    before = sorted(str(path) for path in (tmp_path / "disk").rglob("*"))
    done = place.run(facts)
    assert done.returncode != 0 and "nothing was formatted" in done.stderr
    assert place.called == ""
    assert sorted(str(path) for path in (tmp_path / "disk").rglob("*")) == before


@pytest.mark.parametrize("version", ["1.2.1", "2.7.3"])
@pytest.mark.parametrize(
    "left",
    [
        "mkdir -p {0}/current; exit 1",
        "mkdir -p {0}/current; echo storageType=NAME_NODE > {0}/current/VERSION; exit 1",
    ],
)
def test_a_format_that_was_killed_is_moved_aside_and_made_by_the_next_run(
    tmp_path: Path, version: str, left: str
) -> None:
    name = str(tmp_path / "disk" / "name")
    place = Place(tmp_path, version, more=left.format(name))
    assert place.run(place.facts()).returncode != 0
    (store,) = place.stores()
    assert (store.state, store.interrupted) == ("partial", True)
    client = place.home / place.hadoop.format[0]
    client.write_text(client.read_text().replace(left.format(name), ""))
    done = place.run(place.facts())
    assert done.returncode == 0, done.stderr
    assert place.operation.satisfied(place.facts())
    assert (tmp_path / "disk" / "name.run7.bak" / "current").is_dir()


def test_a_half_formatted_directory_without_our_mark_is_nobody_s_to_move(tmp_path: Path) -> None:
    place = Place(tmp_path, "2.7.3")
    Path(place.dirs[0], "current").mkdir(parents=True)
    (store,) = place.stores()
    assert (store.state, store.interrupted) == ("partial", False)
    with pytest.raises(Exception, match="half formatted"):
        place.run(place.facts())
    assert place.called == ""


def test_a_name_cannot_become_a_command(tmp_path: Path) -> None:
    place = Place(tmp_path, "2.7.3", ("a$(touch${IFS}owned)",))
    place.run(place.facts())
    assert not list(tmp_path.rglob("owned")) and not Path("owned").exists()
