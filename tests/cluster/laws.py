"""The laws of a preview and of a second run, as lab tests ask for them: what changed on the hosts, which commands ran.

Knows the journal's form and what the wizard keeps where it runs; nothing of any plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.cluster.driving import Operator

PLACEHOLDER = re.compile(r"'*‹[^›]*›'*")
RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
OWNER = re.compile(r"run RUN by \S+ on \S+ as process \S+ since [\d:T+-]+")


def only_kept_state(changed: Mapping[str, list[str]], where: str) -> bool:
    """Whether nothing differs but what the wizard keeps for itself where it was run."""
    assert set(changed) <= {where}, changed
    kept = re.compile(r"/home/flink(/\.local(/.*)?)?")
    assert [path for path in changed.get(where, []) if not kept.fullmatch(path)] == []
    return True


def of_running_flink(path: str) -> bool:
    """Logs and temporary files, which a running Flink writes at any time."""
    return bool(re.match(r"/home/flink/flink-[\d.]+/log(/|$)|/tmp(/|$)", path))


Commands = Mapping[str, list[tuple[str, dict[str, Any]]]]


def commands_previewed(operator: Operator, file: str) -> Commands:
    words = operator.argv(file)
    words[words.index("wizard.cli")] = "tests.cluster.previewed"
    said = operator.host.exec(words, user=operator.user, timeout=120)
    return by_host(json.loads(said.stdout))


def by_host(started: list[dict[str, Any]]) -> Commands:
    """Host → its commands in order, each with the operation that it belongs to."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for event in started:
        found.setdefault(event["host"], []).append((event["operation"], event["command"]))
    return found


def same_commands(preview: Commands, run: Commands) -> None:
    """Per host, in order: equal but for the run's own name and for values that were born during the run."""
    assert set(preview) == set(run)
    for host, wanted in preview.items():
        assert [name for name, _ in wanted] == [name for name, _ in run[host]], host
        for (name, before), (_, after) in zip(wanted, run[host], strict=True):
            assert set(before) == set(after), (host, name)
            for part, text in before.items():
                known = [re.escape(piece) for piece in PLACEHOLDER.split(of_any_run(text))]
                assert re.fullmatch(".*".join(known), of_any_run(after[part]), re.DOTALL), (
                    f"{host}: {name}: previewed\n{text}\nbut ran\n{after[part]}"
                )


def of_any_run(text: str) -> str:
    return OWNER.sub("OWNER", RUN_ID.sub("RUN", text))


def files_in(command: Mapping[str, str]) -> str:
    """What a dry run says of a command that writes a file; "" for another."""
    found = re.match(r"(write \S+ \(mode \d+), \d+ lines\)$", command["line"])
    return f"{found[1]})" if found else ""
