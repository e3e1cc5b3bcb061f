"""Every screen of the walk and its main states, as they were accepted: a change of any of them is seen here first.

Accept a change with `.venv/bin/pytest tests/screens/test_snapshots.py --snapshot-update`, and look at what changed with
`git diff` (text) or with FLINK_WIZARD_PICTURES=DIRECTORY (an SVG of every picture). The main screens are kept as SVG by
pytest-textual-snapshot, the others in the compact form of `album.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from syrupy.assertion import SnapshotAssertion

from .album import Album, at, imagined, pictures_wanted
from .conftest import until

SIZES = ((80, 24), (140, 40))
both_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def album(snapshot: SnapshotAssertion) -> Iterator[Album]:
    album = Album(snapshot, pictures_wanted())
    yield album
    album.close()


@both_sizes
async def test_the_walk(album: Album, size: tuple[int, int]) -> None:
    with imagined() as app:
        walk = app.walk
        async with app.run_test(size=size) as pilot:
            for step in walk.steps:
                await until(pilot, lambda: app.frame.pane is not None and app.step.id == step.id)
                await album.keep(pilot, step.id)
                if step.id == "review":
                    await pilot.press("a", "enter")
                elif step.id != "done":
                    await pilot.press("f8")
