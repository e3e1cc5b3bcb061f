"""What was observed of each ailment, kept line by line so that a long run goes on where it was broken off.

Knows the file of results and the table made from it. A row is written by the run that observed it, never by hand.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.cluster.ailments.ailment import Ailment
from tests.lab.settings import REPOSITORY

TABLE = REPOSITORY / "docs" / "ailments.md"

_HEAD = """# Ailments

What `flink-wizard check` finds and mends, as observed: each ailment was staged on a healthy cluster in the lab (three
hosts with sshd, Flink as named), `check` had to find it under this id on this host and nothing else, it was mended as
the table says, and then the cluster had to be healthy by the JobManager's own word and `check` clean.

`scripts/test --ailments` makes this page from its run; it goes on where it was broken off, `scripts/test --ailments again` starts
anew. A row that is missing was not observed. The numbers are those of our catalogue of ailments.

"""


def place() -> Path | None:
    """The file of results, None when none is kept."""
    named = os.environ.get("FLINK_WIZARD_AILMENTS")
    return Path(named) if named else None


def known() -> dict[str, dict[str, Any]]:
    """The newest result of each ailment."""
    file = place()
    if file is None or not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    return {row["key"]: row for row in rows}


def keep(ailment: Ailment, version: str, seconds: float, failure: str = "") -> None:
    """Append a result, where results are kept."""
    file = place()
    if file is None:
        return
    row = {
        "key": ailment.key,
        "passed": not failure,
        "failure": failure,
        "flink": version,
        "seconds": round(seconds, 1),
        "when": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    with file.open("a") as out:
        out.write(json.dumps(row) + "\n")


def table(ailments: Iterable[Ailment], rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, from the entries and what was observed of them."""
    told = sorted(ailments, key=lambda one: (one.number, one.kind, not one.quick))
    staged = [one for one in told if not one.waived]
    passed = [one for one in staged if rows.get(one.key, {}).get("passed")]
    lines = [
        f"{len(passed)} of {len(staged)} entries for the lab were found, mended and healthy afterwards.",
        "",
        "| no | ailment | staged | found | mended by | healthy after | Flink | date | s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in told:
        row = rows.get(one.key)
        number = str(one.number) if one.number else "–"
        if one.waived:
            lines.append(
                f"| {number} | {one.title} | not in the lab: {one.waived} | `{one.id}` | – | – | – | – | – |"
            )
        elif row is None:
            continue
        else:
            found = (
                "<br>".join(f"`{id}` on {host}" for id, host in sorted(one.found))
                or "nothing, as it does no harm"
            )
            healthy = "yes" if row["passed"] else f"FAILED: {row['failure']}"
            lines.append(
                f"| {number} | {one.title} | {_cell(one.how)} | {found} | {_cell(mended(one))} | {_cell(healthy)} "
                f"| {row['flink']} | {row['when']} | {row['seconds']:.0f} |"
            )
    return _HEAD + "\n".join(lines) + "\n"


def mended(one: Ailment) -> str:
    ids = " ".join(sorted({id for id, _ in one.found}))
    return {
        "fix": f"`--fix {ids}` ({one.grade})",
        "hand": f"by hand: {one.by_hand_how}",
        "none": "–",
    }[one.mend]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    from tests.cluster.ailments import AILMENTS

    rows = known()
    if not rows:
        print("No results are kept: nothing is written.")
        return 1
    TABLE.write_text(table(AILMENTS, rows))
    failed = [key for key, row in rows.items() if not row["passed"] and key in {one.key for one in AILMENTS}]
    missing = [one.key for one in AILMENTS if not one.waived and one.key not in rows]
    print(f"{TABLE.relative_to(REPOSITORY)}: {len(failed)} failed, {len(missing)} not observed")
    for key in (*failed, *missing):
        print(f"  {key}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
