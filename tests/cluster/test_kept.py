"""What an operator wrote by hand stays: only the lines meant differ, and what stood there before is kept beside.

Every edit here is made on an installed cluster, which is then shown (and not touched), and then changed.
"""

import base64
import difflib
import json

from tests.cluster.conftest import MakeLab
from tests.cluster.driving import answers, archive_on_desk, operator_of, three_with_desk
from tests.lab import Host

CONF = "/home/flink/flink-2.3.0/conf"


def by_hand(text: str) -> str:
    """The file as an operator leaves it: other order, comments, keys nobody knows, CRLF, no end of the last line."""
    lines = text.rstrip("\n").split("\n")
    own = [
        "# --- tuned by Ada, ask before changing ---",
        "our.own.switch:   'on'   # nobody else knows it",
        "",
    ]
    return "\r\n".join([*own, *lines, "", "# the end, without a line end"])


def raw(host: Host, path: str) -> str:
    """The file with its line ends as they are: reading text would make them equal."""
    return host.exec(["base64", "-w0", path]).stdout


def content(host: Host, path: str) -> str:
    return base64.b64decode(raw(host, path)).decode()


def put(host: Host, path: str, text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    host.exec(["sh", "-c", 'base64 -d >"$1"', "sh", path], user="flink", stdin=encoded)


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in lines if line[0] in "+-"]


def test_only_the_lines_meant_differ_in_a_configuration_that_was_edited_by_hand(make_lab: MakeLab) -> None:
    lab = make_lab(three_with_desk())
    operator = operator_of(lab)
    flink = {"source": archive_on_desk("2.3.0", small=True)}
    wanted = answers(flink=flink, start={"flink": False})
    file = operator.write(wanted)
    first = operator.run("apply", file, "--yes")
    assert first.status == 0, first

    node = lab["node1"]
    put(node, f"{CONF}/config.yaml", by_hand(content(node, f"{CONF}/config.yaml")))
    put(node, f"{CONF}/logback.xml", "<!-- ours -->")
    # The cluster drifts in other places too.
    lab["node2"].exec(f"echo stranger >>{CONF}/workers; chmod 777 ~/.ssh", user="flink")
    before = content(node, f"{CONF}/config.yaml")
    assert "\r\n" in before

    wanted["flink"]["config"]["taskmanager.numberOfTaskSlots"] = 3
    file = operator.write(wanted)
    snapshot = lab.snapshot()
    shown = operator.run("apply", file, "--dry-run", FLINK_WIZARD_SUDO_PASSWORD=lab.password)
    assert shown.status == 0, shown
    assert "config.yaml" in shown.out and "workers" in shown.out, shown
    assert set(lab.changes_since(snapshot)) <= {"desk"}, lab.changes_since(snapshot)

    applied = operator.run("apply", file, "--yes")
    assert applied.status == 0, applied
    after = content(node, f"{CONF}/config.yaml")
    changed = [line.strip() for line in changed_lines(before, after)]
    assert changed == ["- taskmanager.numberOfTaskSlots: 2", "+ taskmanager.numberOfTaskSlots: 3"]
    assert content(node, f"{CONF}/logback.xml") == "<!-- ours -->"
    assert "stranger" not in lab["node2"].read(f"{CONF}/workers")

    records = [json.loads(line) for line in node.read("/home/flink/.flink-wizard/changes.log").splitlines()]
    last = [record for record in records if record["file"].endswith("conf/config.yaml")][-1]
    assert content(node, last["backup"]) == before
    assert last["who"] == "flink@desk" and last["when"].startswith("20") and last["why"], last
    kept = lab["node2"].exec(f"cat {CONF}/workers.*.bak").stdout
    assert "stranger" in kept

    again = operator.run("apply", file, "--yes")
    assert again.status == 0 and "Nothing to change" in again.out, again
